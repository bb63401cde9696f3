package lyceum.models.generative.diffusion;

import lyceum.autograd.Autograd;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Tokens to patches, by a map that is zero at first. */
final class DitHead extends Module {
    private final LayerNorm norm_final;
    private final Linear linear;
    private final Linear modulation;

    DitHead(DiffusionTransformerConfig config, Rng rng) {
        norm_final = norm(config);
        linear = zeros(config.width(), config.patch() * config.patch() * config.outputs(), config);
        boolean adaptive = config.conditioning() == DiffusionTransformerConfig.Conditioning.ADAPTIVE_NORM_ZERO;
        modulation = adaptive ? zeros(config.width(), 2 * config.width(), config) : null;
    }

    @Override protected String nameOf(String field) { return field.equals("modulation") ? "adaLN_modulation.1" : field; }

    Tensor forward(Tensor x, Tensor vector, Pass pass) {
        var y = norm_final.forward(x, pass);
        if (modulation != null) {
            var m = modulation.forward(Activation.SILU.forward(vector, pass), pass).unsqueeze(1).chunk(-1, 2);
            y = y.mul(m[1].add(1)).add(m[0]);
        }
        return emit(x, linear.forward(y, pass), pass);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return linear.forward(norm_final.forward(x, pass), pass); }

    /** The condition scales and shifts where norms are adaptive; elsewhere they learn that themselves. */
    static LayerNorm norm(DiffusionTransformerConfig config) {
        return config.conditioning() == DiffusionTransformerConfig.Conditioning.ADAPTIVE_NORM_ZERO ? LayerNorm.plain(1e-6, config.width())
                : new LayerNorm(1e-6, config.dtype(), config.width());
    }

    static Linear linear(int from, int to, DiffusionTransformerConfig config, Rng rng) {
        var linear = new Linear(from, to, true, config.dtype(), Init.glorotUniform(), rng);
        zero(linear.bias());
        return linear;
    }

    static Linear zeros(int from, int to, DiffusionTransformerConfig config) {
        var linear = new Linear(from, to, true, config.dtype(), Init.zeros(), Rng.of(0));
        zero(linear.bias());
        return linear;
    }

    static void zero(Tensor bias) { Autograd.noGrad(() -> bias.zero_()); }
}
