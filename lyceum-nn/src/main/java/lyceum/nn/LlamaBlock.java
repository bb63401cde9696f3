package lyceum.nn;

import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * A block of Llama: {@code x += attention(norm(x)); x += mlp(norm(x))}, with RMS norms, rotary positions, grouped queries and SwiGLU, all without biases.
 *
 * {@snippet :
 * var rotary = new RotaryEmbedding(64, 500_000);
 * var block = new LlamaBlock(LlamaBlock.attention(2048, 32, 8, rotary), 8192, 1e-5, rng);
 * }
 *
 * <p>Parameters are named as Llama's: {@code input_layernorm.weight}, {@code self_attn.q_proj.weight}, {@code k_proj}, {@code v_proj}, {@code o_proj},
 * {@code post_attention_layernorm.weight}, {@code mlp.gate_proj.weight}, {@code up_proj}, {@code down_proj}.
 *
 * @see <a href="https://arxiv.org/abs/2302.13971">Touvron et al. (2023)</a>
 */
public final class LlamaBlock extends Module {
    private final RMSNorm input_layernorm, post_attention_layernorm;
    private final MultiHeadAttention self_attn;
    private final GatedFeedForward mlp;

    /**
     * @param attention see {@link #attention}
     * @param hidden units of the feed-forward half
     * @param epsilon of the norms
     */
    public LlamaBlock(AttentionConfig attention, int hidden, double epsilon, Rng rng) {
        input_layernorm = new RMSNorm(attention.width(), epsilon, false, attention.dtype());
        self_attn = new MultiHeadAttention(attention, rng);
        post_attention_layernorm = new RMSNorm(attention.width(), epsilon, false, attention.dtype());
        mlp = new GatedFeedForward(attention.width(), hidden, Activation.SILU, false, attention.dtype(), rng);
    }

    /** Llama's attention: causal, without biases. @param rotary shared by the blocks of a model, so that its tables are */
    public static AttentionConfig attention(int width, int heads, int keyHeads, RotaryEmbedding rotary) {
        return new AttentionConfig(width, heads).withKeyHeads(keyHeads).withBias(false).withAttention(new Attention().withCausal(true))
                .withPositions(rotary);
    }

    /** x (batch, T, width). */
    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, pass); }

    /** The positions that follow those in the cache. */
    public Tensor forward(Tensor x, KvCache cache, Pass pass) { return emit(x, through(x, cache, pass), pass); }

    private Tensor through(Tensor x, KvCache cache, Pass pass) {
        var normal = input_layernorm.forward(x, pass);
        x = x.add(cache == null ? self_attn.forward(normal, pass) : self_attn.forward(normal, cache, pass));
        return x.add(mlp.forward(post_attention_layernorm.forward(x, pass), pass));
    }
}
