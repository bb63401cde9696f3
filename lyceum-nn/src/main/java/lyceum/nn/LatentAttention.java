package lyceum.nn;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Multi-head latent attention: keys and values of all heads are linear in one small latent {@code c_t} of each position, which is all that is kept of it
 * beside one rotary key that the heads share.
 *
 * <pre>
 * c = norm(W_D x)    k_i = [W_UK_i c, rot(W_KR x)]    q_i = [W_UQ_i x, rot(W_QR_i x)]    v_i = W_UV_i c
 * </pre>
 *
 * {@snippet :
 * var layer = new LatentAttention(new LatentAttentionConfig(512, 8, 64, 32, 16), rng);
 * Tensor y = layer.forward(x, pass);                         // heads expanded: training and prefill
 * var state = layer.start();
 * Tensor next = layer.forward(token, state, pass);           // absorbed: heads look at latents
 * }
 *
 * <p>With a cache the up-projections are absorbed: {@code q_i' W_UK_i c = (W_UK_i' q_i)' c}, so that the heads are those of multi-query attention over
 * {@code latent + rotaryWidth} numbers a position, and nothing is expanded; that takes more multiplications and far less memory. A prompt into an empty
 * cache is expanded.
 *
 * <p>Parameters are named as DeepSeek's: {@code kv_a_proj_with_mqa.weight} (latent + rotaryWidth, width), {@code kv_a_layernorm.weight},
 * {@code kv_b_proj.weight} (heads (headWidth + valueWidth), latent), {@code q_proj.weight}, or {@code q_a_proj}, {@code q_a_layernorm} and
 * {@code q_b_proj}, and {@code o_proj}.
 *
 * @see <a href="https://arxiv.org/abs/2405.04434">DeepSeek-AI (2024): DeepSeek-V2, section 2.1</a>
 */
public final class LatentAttention extends SequenceMixer {
    private final LatentAttentionConfig config;
    private final Linear q_proj, q_a_proj, q_b_proj, kv_a_proj_with_mqa, kv_b_proj, o_proj;
    private final RMSNorm q_a_layernorm, kv_a_layernorm;

    public LatentAttention(LatentAttentionConfig config, Rng rng) {
        this.config = config;
        int queries = config.heads() * (config.headWidth() + config.rotaryWidth()), narrow = config.queryLatent();
        q_proj = narrow == 0 ? projection(config.width(), queries, config.bias(), rng) : null;
        q_a_proj = narrow == 0 ? null : projection(config.width(), narrow, false, rng);
        q_a_layernorm = narrow == 0 || !config.norm() ? null : new RMSNorm(narrow, config.epsilon(), false, config.dtype());
        q_b_proj = narrow == 0 ? null : projection(narrow, queries, false, rng);
        kv_a_proj_with_mqa = projection(config.width(), config.cached(), false, rng);
        kv_a_layernorm = config.norm() ? new RMSNorm(config.latent(), config.epsilon(), false, config.dtype()) : null;
        kv_b_proj = projection(config.latent(), config.expanded(), false, rng);
        o_proj = projection(config.heads() * config.valueWidth(), config.width(), config.bias(), rng);
    }

    private Linear projection(int inputs, int outputs, boolean bias, Rng rng) {
        return new Linear(inputs, outputs, bias, config.dtype(), Init.glorotUniform(), rng);
    }

    public LatentAttentionConfig config() { return config; }

    /** Latents and rotary keys of the positions so far, {@link LatentAttentionConfig#cached} numbers each. */
    @Override public KvCache start() { return KvCache.contiguous(); }

    /** Heads expanded. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        return expanded(queries(x, pass, 0), remembered(x, pass, 0), config.attention(), pass);
    }

    @Override public Tensor forward(Tensor x, MixerState state, Pass pass) {
        var cache = state(KvCache.class, state);
        long[] starts = cache.lengths();
        boolean first = starts.length == 1 && starts[0] == 0;
        // Where turns depend on the length, what is kept waits unturned.
        boolean late = config.rotary() != null && config.rotary().turnsLate();
        Tensor q = queries(x, pass, starts), kept = late ? latents(x, pass) : remembered(x, pass, starts);
        // One tensor is all there is: as keys, with values of no width.
        var all = cache.append(kept, kept.narrow(3, 0, 0)).keys();
        if (late) all = placed(all, 0);
        var seen = cache.over(config.attention(), null, x.size(1));
        return emit(x, first && x.size(1) > 1 ? expanded(q, late ? all : kept, seen, pass) : absorbed(q, all, seen, pass), pass);
    }

    /** x (batch, T, width) with heads that look at latents, as decoding does: what {@code forward} gives, within rounding. */
    public Tensor absorbed(Tensor x, Pass pass) { return absorbed(queries(x, pass, 0), remembered(x, pass, 0), config.attention(), pass); }

    /** (batch, heads, T, headWidth + rotaryWidth), the rotary part turned. */
    private Tensor queries(Tensor x, Pass pass, long... starts) {
        var q = q_proj != null ? q_proj.forward(x, pass) : q_b_proj.forward(normal(q_a_layernorm, q_a_proj.forward(x, pass), pass), pass);
        int own = config.headWidth(), shared = config.rotaryWidth();
        var heads = q.reshape(x.size(0), x.size(1), config.heads(), own + shared).transpose(1, 2);
        return pass.point(this, "q",
                shared == 0 ? heads : Tensor.concat(3, heads.narrow(3, 0, own), turned(heads.narrow(3, own, shared), starts)));
    }

    /** What is kept of each position: (batch, 1, T, latent + rotaryWidth). */
    private Tensor remembered(Tensor x, Pass pass, long... starts) { return pass.point(this, "latent", placed(latents(x, pass), starts)); }

    /** The same with a rotary key that is not turned. */
    private Tensor latents(Tensor x, Pass pass) {
        var both = kv_a_proj_with_mqa.forward(x, pass);
        var latent = normal(kv_a_layernorm, both.narrow(2, 0, config.latent()), pass);
        int shared = config.rotaryWidth();
        return (shared == 0 ? latent : Tensor.concat(2, latent, both.narrow(2, config.latent(), shared))).unsqueeze(1);
    }

    private Tensor placed(Tensor latents, long... starts) {
        int shared = config.rotaryWidth(), own = config.latent();
        return shared == 0 ? latents : Tensor.concat(3, latents.narrow(3, 0, own), turned(latents.narrow(3, own, shared), starts));
    }

    private Tensor turned(Tensor x, long... starts) { return config.rotary().from(x.size(2), x.dtype(), starts).of(x); }

    private static Tensor normal(RMSNorm norm, Tensor x, Pass pass) { return norm == null ? x : norm.forward(x, pass); }

    private Attention scaled(Attention attention) {
        return attention.scale() != 0 ? attention : attention.withScale(1 / Math.sqrt(config.headWidth() + config.rotaryWidth()));
    }

    private Tensor expanded(Tensor q, Tensor kept, Attention attention, Pass pass) {
        int own = config.headWidth(), shared = config.rotaryWidth();
        long batch = kept.size(0), length = kept.size(2);
        var heads = kv_b_proj.forward(kept.squeeze(1).narrow(2, 0, config.latent()), pass)
                .reshape(batch, length, config.heads(), own + config.valueWidth()).transpose(1, 2);
        var k = heads.narrow(3, 0, own);
        if (shared > 0) k = Tensor.concat(3, k, kept.narrow(3, config.latent(), shared).expand(batch, config.heads(), length, shared));
        return joined(scaled(attention).of(q, k, heads.narrow(3, own, config.valueWidth())), pass);
    }

    private Tensor absorbed(Tensor q, Tensor kept, Attention attention, Pass pass) {
        int own = config.headWidth(), shared = config.rotaryWidth();
        var up = kv_b_proj.weight().reshape(config.heads(), own + config.valueWidth(), config.latent());
        var looks = q.narrow(3, 0, own).matmul(up.narrow(1, 0, own));
        if (shared > 0) looks = Tensor.concat(3, looks, q.narrow(3, own, shared));
        var found = scaled(attention).of(looks, kept, kept.narrow(3, 0, config.latent()));
        return joined(found.matmul(up.narrow(1, own, config.valueWidth()).transpose()), pass);
    }

    private Tensor joined(Tensor z, Pass pass) {
        var heads = pass.point(this, "z", z);
        return o_proj.forward(heads.transpose(1, 2).reshape(z.size(0), z.size(2), (long) config.heads() * config.valueWidth()), pass);
    }

    /**
     * What an attention layer with its own keys and values becomes when these are taken from a latent: exact where its key and value weights, one under the other,
     * have a rank of at most {@code latent}, else the nearest in their Frobenius norm.
     *
     * @throws IllegalArgumentException if the layer turns or normalises keys, changes scores by positions, adds a bias to keys under a
     *         soft cap, or takes keys and values from other widths
     * @see <a href="https://arxiv.org/abs/2502.07864">Meng et al. (2025): TransMLA</a>
     */
    public static LatentAttention of(MultiHeadAttention layer, int latent) {
        var c = layer.config();
        if (c.rotary() != null || c.qkNorm() != null || c.pattern() != null || c.keyWidth() != c.width() || c.valueWidth() != c.width())
            throw new IllegalArgumentException(
                    "LatentAttention.of: the layer has rotary positions, norms of queries and keys, a pattern, or memories of "
                            + "another width; none of them passes through a latent");
        if (layer.positions() != null || c.positions() instanceof PositionalEncoding.Alibi || c.bias() && c.attention().softCap() > 0)
            throw new IllegalArgumentException("LatentAttention.of: the layer has positions in its scores, " + c.positions()
                    + ", or a bias of keys under a soft cap of " + c.attention().softCap() + "; a latent has no place for them");
        int d = c.headWidth(), group = c.heads() / c.keyHeads(), width = c.width();
        int rank = Math.min(latent, Math.min(width, 2 * c.keyHeads() * d));
        var p = layer.state();
        return Autograd.noGrad(() -> {
            Tensor k = p.get("k_proj.weight").to(DType.F64), v = p.get("v_proj.weight").to(DType.F64);
            var svd = Svd.of(Tensor.concat(0, k, v));
            var up = svd.u().narrow(1, 0, rank).mul(svd.s().narrow(0, 0, rank));
            var down = svd.vt().narrow(0, 0, rank);
            long keys = (long) c.keyHeads() * d;
            Tensor ofKeys = up.narrow(0, 0, keys).reshape(c.keyHeads(), d, rank),
                    ofValues = up.narrow(0, keys, keys).reshape(c.keyHeads(), d, rank);
            var heads = Tensor.concat(1, ofKeys, ofValues).repeatInterleave(0, group).reshape(2L * c.heads() * d, rank);
            var config = new LatentAttentionConfig(width, c.heads(), latent, d, 0, d, 0, false, 0,
                    c.attention().scale() != 0 ? c.attention() : c.attention().withScale(1 / Math.sqrt(d)), null, true, c.dtype());
            var made = new LatentAttention(config, Rng.of(0));
            var values = made.state();
            values.get("q_proj.weight").copy_(p.get("q_proj.weight"));
            values.get("kv_a_proj_with_mqa.weight").copy_(down.pad(0, 0, latent - rank, 0).to(c.dtype()));
            values.get("kv_b_proj.weight").copy_(heads.pad(1, 0, latent - rank, 0).to(c.dtype()));
            values.get("o_proj.weight").copy_(p.get("o_proj.weight"));
            // A key's bias is the same for all keys of a query, which the softmax ignores; a value's passes through it as it is.
            boolean biased = c.bias();
            values.get("q_proj.bias").copy_(biased ? p.get("q_proj.bias") : Tensor.zeros(c.dtype(), 1));
            values.get("o_proj.bias").copy_(!biased ? Tensor.zeros(c.dtype(), 1) : p.get("o_proj.bias").add(
                    p.get("o_proj.weight").matmul(p.get("v_proj.bias").reshape(c.keyHeads(), d).repeatInterleave(0, group).flatten())));
            return made;
        });
    }
}
