package lyceum.models.points;

import java.util.Objects;
import lyceum.DType;
import lyceum.models.graph.Aggregation;
import lyceum.nn.Activation;
import lyceum.withers.Withers;

/**
 * The shape of a {@link DeepSets}.
 *
 * @param inputs features of an element
 * @param hidden width of the hidden layers of both networks
 * @param code width of an element's code, which is pooled: at least as many numbers as a set has elements, for all functions of sets to be within reach
 * @param outputs of the set
 * @param layers hidden layers of each of the two networks, at least 1
 * @param pooling SUM, MEAN or MAX
 * @param activation of both networks
 * @param dtype F32 or F64
 */
@Withers
public record DeepSetsConfig(int inputs, int hidden, int code, int outputs, int layers, Aggregation pooling, Activation activation,
        DType dtype) implements DeepSetsConfigWithers {

    public DeepSetsConfig {
        if (inputs < 1 || hidden < 1 || code < 1 || outputs < 1 || layers < 1)
            throw new IllegalArgumentException("DeepSetsConfig: " + inputs + " inputs, " + hidden + " hidden, code " + code + ", " + outputs
                    + " outputs, " + layers + " layers; all are at least 1");
        if (pooling == Aggregation.ATTENTION) throw new IllegalArgumentException(
                "DeepSetsConfig: pooling is ATTENTION; it is SUM, MEAN or MAX (attention is SetTransformer's)");
        Objects.requireNonNull(pooling, "pooling");
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(dtype, "dtype");
    }

    /** Sums, two hidden layers of 64 with ReLU in each network, codes of 64, F32. */
    public DeepSetsConfig(int inputs, int outputs) { this(inputs, 64, 64, outputs, 2, Aggregation.SUM, Activation.RELU, DType.F32); }
}
