package lyceum.nn;

import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Attention of several heads side by side: inputs (batch, T, width) are projected to queries, keys and values of each head, every head attends, and
 * what they find is projected back.
 *
 * {@snippet :
 * var attention = new MultiHeadAttention(new AttentionConfig(512, 8).withAttention(new Attention().withCausal(true)), rng);
 * var y = attention.forward(x);                     // self-attention
 * var z = cross.forward(x, memory, pass);           // queries from x, keys and values from memory
 * var next = attention.forward(token, cache, pass); // one more position
 * }
 *
 * <p>Parameters are named as in Llama's checkpoints: {@code q_proj.weight} (heads d, width), {@code k_proj}, {@code v_proj}, {@code o_proj}.
 *
 * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani et al. (2017)</a>
 * @see <a href="https://arxiv.org/abs/2305.13245">Ainslie et al. (2023): grouped queries</a>
 */
public final class MultiHeadAttention extends Module {
    private final AttentionConfig config;
    private final Linear q_proj, k_proj, v_proj, o_proj;

    public MultiHeadAttention(AttentionConfig config, Rng rng) {
        this.config = config;
        int width = config.width(), queries = config.heads() * config.headWidth(), keys = config.keyHeads() * config.headWidth();
        q_proj = new Linear(width, queries, config.bias(), config.dtype(), Init.glorotUniform(), rng);
        k_proj = new Linear(width, keys, config.bias(), config.dtype(), Init.glorotUniform(), rng);
        v_proj = new Linear(width, keys, config.bias(), config.dtype(), Init.glorotUniform(), rng);
        o_proj = new Linear(queries, width, config.bias(), config.dtype(), Init.torchLinear(queries), rng);
    }

    public AttentionConfig config() { return config; }

    /** Self-attention of x (batch, T, width). */
    @Override protected Tensor compute(Tensor x, Pass pass) { return attend(x, x, config.attention(), null, pass); }

    /** Queries from x (batch, T, width), keys and values from memory (batch, S, width). */
    public Tensor forward(Tensor x, Tensor memory, Pass pass) { return emit(x, attend(x, memory, config.attention(), null, pass), pass); }

    /** The positions that follow those in the cache, which then holds them as well. */
    public Tensor forward(Tensor x, KvCache cache, Pass pass) { return emit(x, attend(x, x, config.attention(), cache, pass), pass); }

    /** As above, with a mask for this call: key lengths of a padded batch, a bias. */
    public Tensor forward(Tensor x, Tensor memory, Attention attention, Pass pass) {
        return emit(x, attend(x, memory, attention, null, pass), pass);
    }

    private Tensor attend(Tensor x, Tensor memory, Attention attention, KvCache cache, Pass pass) {
        var q = split(q_proj.forward(x, pass), config.heads());
        var k = split(k_proj.forward(memory, pass), config.keyHeads());
        var v = split(v_proj.forward(memory, pass), config.keyHeads());
        if (config.rotary() != null) {
            var turn = config.rotary().at(cache == null ? 0 : cache.length(), x.size(1), x.dtype());
            q = turn.of(q);
            k = turn.of(k);
        }
        if (cache != null) {
            var past = cache.append(k, v);
            k = past.keys();
            v = past.values();
        }
        var dropout = new Dropout(config.dropout());
        var y = config.dropout() > 0 && pass.rng() != null ? attention.of(q, k, v, weights -> dropout.forward(weights, pass))
                : attention.of(q, k, v);
        return o_proj.forward(y.transpose(1, 2).reshape(x.size(0), x.size(1), (long) config.heads() * config.headWidth()), pass);
    }

    /** (batch, T, heads d) to (batch, heads, T, d). */
    private Tensor split(Tensor x, int heads) { return x.reshape(x.size(0), x.size(1), heads, config.headWidth()).transpose(1, 2); }
}
