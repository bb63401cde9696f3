package lyceum.models.generative.flow;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * A stack of {@link AutoregressiveFlow} layers for rows; between two of them the order is reversed, and perhaps the batch normalised.
 *
 * @param features d
 * @param layers autoregressive ones
 * @param hidden widths of each network's hidden layers
 * @param activation in them
 * @param batchNorm whether a {@link FlowBatchNorm} stands between layers
 * @param limit of log scales in absolute value
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record MafConfig(int features, int layers, List<Integer> hidden, Activation activation, boolean batchNorm, double limit, DType dtype)
        implements MafConfigWithers {
    public MafConfig {
        hidden = List.copyOf(hidden);
        Objects.requireNonNull(activation, "activation");
        FlowLayer.requireLimit("MafConfig", limit);
        if (features < 1 || layers < 1)
            throw new IllegalArgumentException("MafConfig: " + features + " features and " + layers + " layers; at least 1 of each");
    }

    /** ReLU, no batch norm, log scales within 3, F32. */
    public MafConfig(int features, int layers, int... hidden) {
        this(features, layers, Arrays.stream(hidden).boxed().toList(), Activation.RELU, false, 3, DType.F32);
    }

    /** Each layer begins as the identity, except for the reversals. */
    public FlowChain build(AutoregressiveFlow.Direction direction, Rng rng) {
        var network = new MadeConfig(features, 2).withHidden(hidden).withActivation(activation).withDtype(dtype);
        var chain = new ArrayList<FlowLayer>();
        for (int k = 0; k < layers; k++) {
            if (k > 0 && batchNorm) chain.add(new FlowBatchNorm(features, dtype));
            if (k > 0) chain.add(Permutation.reversal(features));
            chain.add(new AutoregressiveFlow(network, direction, limit, rng));
        }
        return new FlowChain(chain);
    }
}
