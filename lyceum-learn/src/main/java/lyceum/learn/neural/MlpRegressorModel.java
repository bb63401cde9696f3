package lyceum.learn.neural;

import java.util.Map;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link MlpRegressor}.
 *
 * @param config of the network
 * @param parameters by name, as {@link Mlp} names them
 * @param columns what inputs are scaled by
 * @param outputs what targets were scaled by
 * @param vector true if it was fitted on one target without an axis of its own
 * @param losses mean training loss of each epoch, half the squared error of scaled targets
 */
public record MlpRegressorModel(MlpConfig config, Map<String, Tensor> parameters, ColumnScale columns, ColumnScale outputs, boolean vector,
        double[] losses) implements RegressionModel {
    @Override public int nFeatures() { return config.inputs(); }

    /** A copy. */
    @Override public double[] losses() { return losses.clone(); }

    /** The network between scaled columns and scaled targets: a copy, to look into or to train further. */
    public Mlp network() { return Mlp.of(config, parameters); }

    @Override public Tensor predict(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        var out = outputs.undo(network().predict(columns.apply(rows)).to(rows.dtype()));
        return (vector ? out.squeeze(1) : out).compute();
    }
}
