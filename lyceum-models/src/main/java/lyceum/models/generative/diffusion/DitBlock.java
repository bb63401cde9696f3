package lyceum.models.generative.diffusion;

import lyceum.nn.Activation;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Attention and a network at each token, both conditioned as {@link DiffusionTransformerConfig.Conditioning} says. */
final class DitBlock extends Module {
    private final LayerNorm norm1;
    private final SelfAttention attn;
    private final LayerNorm normCross;
    private final Cross cross;
    private final LayerNorm norm2;
    private final Hidden mlp;
    private final Linear modulation;

    DitBlock(DiffusionTransformerConfig config, Rng rng) {
        boolean adaptive = config.conditioning() == DiffusionTransformerConfig.Conditioning.ADAPTIVE_NORM_ZERO;
        boolean crossed = config.conditioning() == DiffusionTransformerConfig.Conditioning.CROSS_ATTENTION;
        norm1 = DitHead.norm(config);
        attn = new SelfAttention(config, rng);
        normCross = crossed ? DitHead.norm(config) : null;
        cross = crossed ? new Cross(config, rng) : null;
        norm2 = DitHead.norm(config);
        mlp = new Hidden(config, rng);
        modulation = adaptive ? DitHead.zeros(config.width(), 6 * config.width(), config) : null;
    }

    @Override protected String nameOf(String field) {
        return switch (field) {
            case "modulation" -> "adaLN_modulation.1";
            case "normCross" -> "norm_cross";
            default -> field;
        };
    }

    /** @param vector (n, width) time and class @param memory (n, 1 or 2, width) the same as tokens, for cross-attention */
    Tensor forward(Tensor x, Tensor vector, Tensor memory, Pass pass) {
        Tensor y;
        if (modulation != null) {
            var m = modulation.forward(Activation.SILU.forward(vector, pass), pass).unsqueeze(1).chunk(-1, 6);
            y = x.add(attn.forward(norm1.forward(x, pass).mul(m[1].add(1)).add(m[0]), pass).mul(m[2]));
            y = y.add(mlp.forward(norm2.forward(y, pass).mul(m[4].add(1)).add(m[3]), pass).mul(m[5]));
        } else {
            y = x.add(attn.forward(norm1.forward(x, pass), pass));
            if (cross != null) y = y.add(cross.forward(normCross.forward(y, pass), memory, pass));
            y = y.add(mlp.forward(norm2.forward(y, pass), pass));
        }
        return emit(x, y, pass);
    }

    /** Without anything to condition it there is no such block: its input comes with a vector. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new UnsupportedOperationException("a block of a DiffusionTransformer needs the time; call the transformer's predict");
    }

    /** (n, T, width) as heads (n, heads, T, width / heads). */
    static Tensor heads(Tensor x, int heads) { return x.reshape(x.size(0), x.size(1), heads, -1).transpose(1, 2); }

    static Tensor joined(Tensor x) { return x.transpose(1, 2).reshape(x.size(0), x.size(2), -1); }

    static final class SelfAttention extends Module {
        private final int heads;
        private final Linear qkv, proj;

        SelfAttention(DiffusionTransformerConfig config, Rng rng) {
            heads = config.heads();
            qkv = DitHead.linear(config.width(), 3 * config.width(), config, rng);
            proj = DitHead.linear(config.width(), config.width(), config, rng);
        }

        /** Tokens of so many frames. */
        Tensor forward(Tensor x, SpaceTimeAttention kind, int frames, Pass pass) { return emit(x, seen(x, kind, frames, pass), pass); }

        @Override protected Tensor compute(Tensor x, Pass pass) { return seen(x, SpaceTimeAttention.JOINT, 1, pass); }

        private Tensor seen(Tensor x, SpaceTimeAttention kind, int frames, Pass pass) {
            var parts = qkv.forward(x, pass).chunk(-1, 3);
            return proj.forward(joined(kind.of(heads(parts[0], heads), heads(parts[1], heads), heads(parts[2], heads), frames)), pass);
        }
    }

    /** Tokens look at the condition's; its last map is zero at first. */
    static final class Cross extends Module {
        private final int heads;
        private final Linear q, kv, proj;

        Cross(DiffusionTransformerConfig config, Rng rng) {
            heads = config.heads();
            q = DitHead.linear(config.width(), config.width(), config, rng);
            kv = DitHead.linear(config.width(), 2 * config.width(), config, rng);
            proj = DitHead.zeros(config.width(), config.width(), config);
        }

        Tensor forward(Tensor x, Tensor memory, Pass pass) {
            var parts = kv.forward(memory, pass).chunk(-1, 2);
            var seen = new Attention().of(heads(q.forward(x, pass), heads), heads(parts[0], heads), heads(parts[1], heads));
            return emit(x, proj.forward(joined(seen), pass), pass);
        }

        /** How much each token looks at each vector of the condition, (n, heads, T, memory). */
        Tensor map(Tensor x, Tensor memory, Pass pass) {
            Tensor keys = heads(kv.forward(memory, pass).chunk(-1, 2)[0], heads), queries = heads(q.forward(x, pass), heads);
            return queries.matmul(keys.transpose()).div(Math.sqrt(queries.size(3))).softmax(3);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return forward(x, x, pass); }
    }

    static final class Hidden extends Module {
        private final Linear fc1, fc2;

        Hidden(DiffusionTransformerConfig config, Rng rng) {
            int width = config.width();
            fc1 = DitHead.linear(width, config.mlpRatio() * width, config, rng);
            fc2 = DitHead.linear(config.mlpRatio() * width, width, config, rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return fc2.forward(fc1.forward(x, pass).geluTanh(), pass); }
    }
}
