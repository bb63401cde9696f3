package lyceum.nn;

import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Attention to k learned mixtures of the keys and values of a sequence, {@code softmax(Q (E K)' / sqrt(d)) F V}: linear in the length for a fixed k. A mixture
 * holds all positions, so that it is not causal, and sequences have a greatest length.
 *
 * {@snippet :
 * var layer = new Linformer(new LinformerConfig(256, 4, 1024, 64), rng);
 * Tensor y = layer.forward(x);                                           // (batch, T, 256) with T up to 1024
 * }
 *
 * <p>Parameters: {@code q_proj}, {@code k_proj}, {@code v_proj}, {@code o_proj}, {@code e_proj} and {@code f_proj} (k, length); of a shorter sequence the first
 * columns count.
 *
 * @see <a href="https://arxiv.org/abs/2006.04768">Wang et al. (2020)</a>
 */
public final class Linformer extends SequenceMixer {
    private final LinformerConfig config;
    private final Linear q_proj, k_proj, v_proj, o_proj;
    private final Tensor e_proj, f_proj;

    public Linformer(LinformerConfig config, Rng rng) {
        this.config = config;
        q_proj = projection(rng);
        k_proj = projection(rng);
        v_proj = projection(rng);
        o_proj = projection(rng);
        e_proj = mixing(rng);
        f_proj = config.shared() ? null : mixing(rng);
    }

    private Linear projection(Rng rng) {
        return new Linear(config.width(), config.width(), config.bias(), config.dtype(), Init.glorotUniform(), rng);
    }

    private Tensor mixing(Rng rng) {
        return Init.normal(1 / Math.sqrt(config.rank())).sample(rng, config.dtype(), config.rank(), config.length()).compute()
                .requiresGrad();
    }

    /**
     * Attends to mixtures, without projections of the inputs.
     *
     * @param q (batch, heads, queries, d)
     * @param k (batch, heads, n, d)
     * @param v (batch, heads, n, w)
     * @param e (rank, n), what keys are mixed by
     * @param f (rank, n), what values are mixed by
     */
    public static Tensor of(Tensor q, Tensor k, Tensor v, Tensor e, Tensor f) { return new Attention().of(q, e.matmul(k), f.matmul(v)); }

    public LinformerConfig config() { return config; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        long n = x.size(1);
        if (n > config.length()) throw new ShapeException("Linformer: " + n + " positions; at most " + config.length());
        var e = e_proj.narrow(1, 0, n);
        var y = of(heads(q_proj, x, pass), heads(k_proj, x, pass), heads(v_proj, x, pass), e, f_proj == null ? e : f_proj.narrow(1, 0, n));
        return o_proj.forward(pass.point(this, "z", y).transpose(1, 2).reshape(x.size(0), n, config.width()), pass);
    }

    private Tensor heads(Linear projection, Tensor x, Pass pass) {
        return projection.forward(x, pass).reshape(x.size(0), x.size(1), config.heads(), config.width() / config.heads()).transpose(1, 2);
    }

    @Override public MixerState start() {
        throw new UnsupportedOperationException("Linformer: a mixture holds positions to come; there is no state of those before");
    }

    @Override public Tensor forward(Tensor x, MixerState state, Pass pass) {
        throw new UnsupportedOperationException("Linformer: it goes on from no state");
    }
}
