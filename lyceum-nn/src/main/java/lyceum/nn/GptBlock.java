package lyceum.nn;

import lyceum.DType;
import lyceum.autograd.FlopCounter;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * A block of GPT-2: {@code x += attention(norm(x)); x += mlp(norm(x))}, with causal attention and a GELU between two linear layers of 4 widths.
 *
 * <p>Parameters are named as GPT-2's: {@code ln_1.weight}, {@code attn.c_attn.weight} (3 width, width), {@code attn.c_proj}, {@code ln_2},
 * {@code mlp.c_fc}, {@code mlp.c_proj}; published files hold the four matrices transposed.
 *
 * @see <a href="https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf">Radford et al. (2019)</a>
 */
public final class GptBlock extends Module {
    private final LayerNorm ln_1, ln_2;
    private final SelfAttention attn;
    private final FeedForward mlp;

    /** F32, without dropout. */
    public GptBlock(int width, int heads, Rng rng) { this(width, heads, 0, DType.F32, rng); }

    /** @param dropout on attention weights and on what each half adds */
    public GptBlock(int width, int heads, double dropout, DType dtype, Rng rng) {
        ln_1 = new LayerNorm(1e-5, dtype, width);
        attn = new SelfAttention(width, heads, dropout, dtype, rng);
        ln_2 = new LayerNorm(1e-5, dtype, width);
        mlp = new FeedForward(width, dropout, dtype, rng);
    }

    /** x (batch, T, width). */
    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, pass); }

    /** The positions that follow those in the cache. */
    public Tensor forward(Tensor x, KvCache cache, Pass pass) { return emit(x, through(x, cache, pass), pass); }

    private Tensor through(Tensor x, KvCache cache, Pass pass) {
        var h = x.add(FlopCounter.part("attn", () -> attn.forward(ln_1.forward(x, pass), cache, pass)));
        return h.add(FlopCounter.part("mlp", () -> mlp.forward(ln_2.forward(h, pass), pass)));
    }

    private static final class SelfAttention extends Module {
        private final int heads;
        private final Dropout dropout;
        private final Linear c_attn, c_proj;

        SelfAttention(int width, int heads, double dropout, DType dtype, Rng rng) {
            if (heads < 1 || width % heads != 0)
                throw new IllegalArgumentException("GptBlock: " + heads + " heads do not divide a width of " + width);
            this.heads = heads;
            this.dropout = new Dropout(dropout);
            c_attn = new Linear(width, 3L * width, true, dtype, Init.normal(0.02), rng);
            c_proj = new Linear(width, width, true, dtype, Init.normal(0.02), rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, pass); }

        Tensor forward(Tensor x, KvCache cache, Pass pass) { return emit(x, through(x, cache, pass), pass); }

        private Tensor through(Tensor x, KvCache cache, Pass pass) {
            long batch = x.size(0), length = x.size(1), width = x.size(2);
            var joint = c_attn.forward(x, pass).reshape(batch, length, 3, heads, width / heads).permute(2, 0, 3, 1, 4);
            Tensor q = joint.get(0), k = joint.get(1), v = joint.get(2);
            if (cache != null) {
                var past = cache.append(k, v);
                k = past.keys();
                v = past.values();
            }
            var causal = new Attention().withCausal(true);
            var attention = cache == null ? causal : cache.over(causal, null, length);
            var y = dropout.p() > 0 && pass.rng() != null ? attention.of(q, k, v, weights -> dropout.forward(weights, pass))
                    : attention.of(q, k, v);
            return dropout.forward(c_proj.forward(y.transpose(1, 2).reshape(batch, length, width), pass), pass);
        }
    }

    private static final class FeedForward extends Module {
        private final Dropout dropout;
        private final Linear c_fc, c_proj;

        FeedForward(int width, double dropout, DType dtype, Rng rng) {
            this.dropout = new Dropout(dropout);
            c_fc = new Linear(width, 4L * width, true, dtype, Init.normal(0.02), rng);
            c_proj = new Linear(4L * width, width, true, dtype, Init.normal(0.02), rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            return dropout.forward(c_proj.forward(Activation.GELU_TANH.forward(c_fc.forward(x, pass), pass), pass), pass);
        }
    }
}
