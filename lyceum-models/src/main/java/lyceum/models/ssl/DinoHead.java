package lyceum.models.ssl;

import lyceum.DType;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Logits over prototypes: three linear maps with GELU between them, a vector of length 1, and its cosines with the prototypes.
 *
 * <p>(.., width) to (.., prototypes). Names as published: {@code mlp.0}, {@code mlp.2}, {@code mlp.4}, {@code last_layer.weight_v}.
 *
 * @see <a href="https://arxiv.org/abs/2104.14294">Caron et al. (2021)</a>
 */
public final class DinoHead extends Module {
    private final Linear first, second, third;
    private final Tensor prototypes;

    public DinoHead(int width, int hidden, int bottleneck, int prototypes, DType dtype, Rng rng) {
        var init = Init.truncatedNormal(0.02, -2, 2);
        first = new Linear(width, hidden, true, dtype, init, rng);
        second = new Linear(hidden, hidden, true, dtype, init, rng);
        third = new Linear(hidden, bottleneck, true, dtype, init, rng);
        this.prototypes = Init.begin(init, rng, dtype, prototypes, bottleneck).requiresGrad();
    }

    static DinoHead of(VisionTransformerConfig backbone, DinoV2Config config, Rng rng) {
        return new DinoHead(backbone.width(), config.hidden(), config.bottleneck(), config.prototypes(), backbone.dtype(), rng);
    }

    @Override protected String nameOf(String field) {
        return switch (field) {
            case "first" -> "mlp.0";
            case "second" -> "mlp.2";
            case "third" -> "mlp.4";
            case "prototypes" -> "last_layer.weight_v";
            default -> field;
        };
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var y = third.forward(second.forward(first.forward(x, pass).gelu(), pass).gelu(), pass);
        return unit(y).affine(unit(prototypes), null);
    }

    /** Rows of length 1. */
    static Tensor unit(Tensor x) {
        int last = x.rank() - 1;
        return x.div(x.square().sum(last, true).sqrt().maximum(1e-12));
    }
}
