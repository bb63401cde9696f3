package lyceum.learn.manifold;

import java.util.Map;
import lyceum.ShapeException;
import lyceum.learn.neural.ColumnScale;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link AutoencoderMap}.
 *
 * @param encoder its network's shape
 * @param encoderState its parameters, as {@link Mlp} names them
 * @param decoder its network's shape
 * @param decoderState its parameters
 * @param columns what rows are scaled by
 */
public record AutoencoderMapModel(MlpConfig encoder, Map<String, Tensor> encoderState, MlpConfig decoder, Map<String, Tensor> decoderState,
        ColumnScale columns) implements FittedTransformer {
    @Override public int nFeatures() { return encoder.inputs(); }

    @Override public int nOutputs() { return encoder.outputs(); }

    @Override public Tensor transform(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return Mlp.of(encoder, encoderState).predict(columns.apply(rows)).to(rows.dtype()).compute();
    }

    /** Rows (m x p) from places of the map (m x components). Not the inverse of {@link #transform}, only as near to it as training came. */
    public Tensor decode(Tensor places) {
        if (places.rank() != 2 || places.size(1) != nOutputs()) throw new ShapeException(
                "AutoencoderMapModel.decode: places have shape " + places.shape() + "; the map has " + nOutputs() + " columns");
        return columns.undo(Mlp.of(decoder, decoderState).predict(places)).compute();
    }
}
