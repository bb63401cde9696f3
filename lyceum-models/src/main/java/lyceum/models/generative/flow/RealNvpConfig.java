package lyceum.models.generative.flow;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * A RealNVP for rows: couplings whose masks take turns. Pictures are better served by {@link GlowConfig}, or by couplings of one's own with
 * {@link Coupling#checkerboard} and {@link Coupling#channels} masks.
 *
 * @param features d, at least 2
 * @param layers couplings
 * @param hidden widths of each conditioner's hidden layers
 * @param activation in the conditioners
 * @param kind of the couplings
 * @param limit of log scales in absolute value
 * @param norm before each coupling but the first
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record RealNvpConfig(int features, int layers, List<Integer> hidden, Activation activation, Coupling.Kind kind, double limit,
        Norm norm, DType dtype) implements RealNvpConfigWithers {

    /** What stands between couplings. */
    public enum Norm {
        NONE,
        /** {@link FlowBatchNorm}. */
        BATCH,
        /** {@link ActNorm}. */
        ACT
    }

    public RealNvpConfig {
        hidden = List.copyOf(hidden);
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(norm, "norm");
        FlowLayer.requireLimit("RealNvpConfig", limit);
        if (features < 2 || layers < 1)
            throw new IllegalArgumentException("RealNvpConfig: " + features + " features and " + layers + " layers; at least 2 and 1");
    }

    /** Affine, ReLU, log scales within 3, no norm, F32. */
    public RealNvpConfig(int features, int layers, int... hidden) {
        this(features, layers, Arrays.stream(hidden).boxed().toList(), Activation.RELU, Coupling.Kind.AFFINE, 3, Norm.NONE, DType.F32);
    }

    /** Each coupling begins as the identity. */
    public FlowChain build(Rng rng) {
        var chain = new ArrayList<FlowLayer>();
        int outputs = kind == Coupling.Kind.AFFINE ? 2 * features : features;
        for (int k = 0; k < layers; k++) {
            if (k > 0 && norm == Norm.BATCH) chain.add(new FlowBatchNorm(features, dtype));
            if (k > 0 && norm == Norm.ACT) chain.add(new ActNorm(features, dtype));
            var network = new Mlp(MlpConfig.regressor(features, outputs).withHidden(hidden).withActivation(activation).withDtype(dtype),
                    rng);
            var last = network.layers().getLast();
            Autograd.noGrad(() -> {
                last.weight().zero_();
                last.bias().zero_();
            });
            chain.add(new Coupling(Coupling.alternating(features, k % 2 == 0, dtype), network, kind, limit));
        }
        return new FlowChain(chain);
    }
}
