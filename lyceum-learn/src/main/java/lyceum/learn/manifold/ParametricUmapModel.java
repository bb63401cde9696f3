package lyceum.learn.manifold;

import java.util.Map;
import lyceum.learn.neural.ColumnScale;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link ParametricUmap}.
 *
 * @param config of the network
 * @param parameters by name, as {@link Mlp} names them
 * @param columns what inputs are scaled by
 * @param embedding of the training rows (n x components), in their type
 */
public record ParametricUmapModel(MlpConfig config, Map<String, Tensor> parameters, ColumnScale columns, Tensor embedding)
        implements FittedTransformer {
    @Override public int nFeatures() { return config.inputs(); }

    @Override public int nOutputs() { return config.outputs(); }

    /** The network from scaled columns to places: a copy. */
    public Mlp network() { return Mlp.of(config, parameters); }

    @Override public Tensor transform(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return network().predict(columns.apply(rows)).to(rows.dtype()).compute();
    }
}
