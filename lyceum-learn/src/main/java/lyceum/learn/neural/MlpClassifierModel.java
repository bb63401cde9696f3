package lyceum.learn.neural;

import java.util.Map;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link MlpClassifier}.
 *
 * @param config of the network
 * @param parameters by name, as {@link Mlp} names them
 * @param columns what inputs are scaled by
 * @param classes the labels, ascending
 * @param losses mean training loss of each epoch
 */
public record MlpClassifierModel(MlpConfig config, Map<String, Tensor> parameters, ColumnScale columns, long[] classes, double[] losses)
        implements ClassificationModel {
    @Override public int nFeatures() { return config.inputs(); }

    @Override public long[] classes() { return classes.clone(); }

    /** A copy. */
    @Override public double[] losses() { return losses.clone(); }

    /** The network on scaled columns: a copy, to look into or to train further. */
    public Mlp network() { return Mlp.of(config, parameters); }

    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return network().predict(columns.apply(rows)).to(rows.dtype()).compute();
    }
}
