package lyceum.nn;

import java.util.LinkedHashMap;
import java.util.function.UnaryOperator;
import lyceum.DType;
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
 * var look = attention.weights(x, x).entropy();     // hooks at "weights" see and change them
 * }
 *
 * <p>Parameters are named as in Llama's checkpoints: {@code q_proj.weight} (heads d, width), {@code k_proj}, {@code v_proj}, {@code o_proj}.
 * Hooks find {@code q}, {@code k}, {@code weights} and {@code z} (what each head found, before {@code o_proj}).
 *
 * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani et al. (2017)</a>
 * @see <a href="https://arxiv.org/abs/2305.13245">Ainslie et al. (2023): grouped queries</a>
 */
public final class MultiHeadAttention extends SequenceMixer {
    private final AttentionConfig config;
    private final AttentionMask pattern;
    private final Linear q_proj, k_proj, v_proj, o_proj;
    private final RMSNorm q_norm, k_norm;
    private final RelativeBias positions;

    public MultiHeadAttention(AttentionConfig config, Rng rng) { this(config, config.positions().atScores(config, rng), rng); }

    /** With a bias of positions that other layers may have as well. */
    MultiHeadAttention(AttentionConfig config, RelativeBias positions, Rng rng) {
        this.config = config;
        pattern = planned(config.pattern());
        this.positions = positions;
        int queries = config.heads() * config.headWidth(), keys = config.keyHeads() * config.headWidth();
        q_proj = projection(config.width(), queries, rng);
        k_proj = projection(config.keyWidth(), keys, rng);
        v_proj = projection(config.valueWidth(), keys, rng);
        o_proj = new Linear(queries, config.width(), config.bias() && config.outputBias(), config.dtype(), Init.torchLinear(queries), rng);
        q_norm = config.qkNorm() == null ? null : config.qkNorm().of(config, config.heads());
        k_norm = config.qkNorm() == null ? null : config.qkNorm().of(config, config.keyHeads());
    }

    private Linear projection(int inputs, int outputs, Rng rng) {
        return new Linear(inputs, outputs, config.bias(), config.dtype(), Init.glorotUniform(), rng);
    }

    /** A pattern that remembers its tiles; a window alone has a kernel. */
    private static AttentionMask planned(AttentionMask pattern) {
        boolean asItIs = pattern == null || pattern instanceof SparseAttention
                || pattern instanceof SlidingWindowAttention band && band.globals() == 0;
        return asItIs ? pattern : new SparseAttention(pattern);
    }

    public AttentionConfig config() { return config; }

    /** What positions change in the scores here; null if they do not, or without parameters. */
    public RelativeBias positions() { return positions; }

    /** Self-attention of x (batch, T, width). */
    @Override protected Tensor compute(Tensor x, Pass pass) { return attend(x, x, x, config.attention(), null, pass); }

    /** Queries from x (batch, T, width), keys and values from memory (batch, S, memory's width). */
    public Tensor forward(Tensor x, Tensor memory, Pass pass) { return forward(x, memory, memory, config.attention(), pass); }

    /** Of the last positions alone if the pattern is a causal {@link SlidingWindowAttention} and scores take keys in any order. */
    @Override public KvCache start() {
        return config.pattern() instanceof SlidingWindowAttention band && band.causal() && !asksForOrder() ? band.cache()
                : KvCache.contiguous();
    }

    /** Whether keys are met by their number: those of a rolling cache lie in its slots. */
    private boolean asksForOrder() {
        return positions != null || config.positions() instanceof PositionalEncoding.Alibi || config.positions().turnsLate();
    }

    @Override public Tensor forward(Tensor x, MixerState state, Pass pass) {
        return state instanceof AttentionCache cache ? emit(x, attend(x, cache, pass), pass)
                : forward(x, state(KvCache.class, state), pass);
    }

    private Tensor attend(Tensor x, AttentionCache cache, Pass pass) {
        if (positions != null || config.pattern() != null || prefixLength() > 0) throw new IllegalArgumentException("MultiHeadAttention: a "
                + cache.getClass().getSimpleName() + " goes without relative positions, patterns and prefixes; take KvCache.contiguous()");
        var found = cache.attend(plainQueries(x, pass), plainKeys(x, pass), split(v_proj.forward(x, pass), config.keyHeads()),
                config.positions(), config.positions().on(config.attention(), config.heads()));
        return projected(found, pass);
    }

    /** The positions that follow those in the cache, which then holds them as well. */
    public Tensor forward(Tensor x, KvCache cache, Pass pass) { return forward(x, cache, config.attention(), pass); }

    /** As above, with a mask for this call. */
    public Tensor forward(Tensor x, KvCache cache, Attention attention, Pass pass) {
        return emit(x, attend(x, x, x, attention, cache, pass), pass);
    }

    /** As above, where the positions are given, (T) or (batch, T), and need not be one behind the other. */
    public Tensor forward(Tensor x, KvCache cache, Attention attention, Tensor positions, Pass pass) {
        if (!cache.isWhole() || pattern != null || prefixLength() > 0 || !config.positions().isOfTokens())
            throw new IllegalArgumentException(
                    "MultiHeadAttention: given positions go with a whole cache, without patterns, prefixes and encodings of distances");
        var q = pass.point(this, "q", turned(plainQueries(x, pass), positions));
        var k = pass.point(this, "k", turned(plainKeys(x, pass), positions));
        var past = cache.append(k, split(v_proj.forward(x, pass), config.keyHeads()));
        return emit(x, attend(q, past, cache.over(attention, null, x.size(1)), null, pass), pass);
    }

    /** Self-attention of x (batch, T, width) under a mask, positions being those that are given: (T) or (batch, T), as of packed or left-padded sequences. */
    public Tensor forward(Tensor x, Attention attention, Tensor positions, Pass pass) {
        var q = pass.point(this, "q", turned(plainQueries(x, pass), positions));
        var k = pass.point(this, "k", turned(plainKeys(x, pass), positions));
        var v = split(v_proj.forward(x, pass), config.keyHeads());
        return emit(x, attend(q, prefixed(new KvCache.Past(k, v)), behind(prefixLength(), attention), pattern, pass), pass);
    }

    /** As above, with a mask for this call: key lengths of a padded batch, a bias. */
    public Tensor forward(Tensor x, Tensor memory, Attention attention, Pass pass) { return forward(x, memory, memory, attention, pass); }

    /** Keys from one stream (batch, S, keyWidth), values from another (batch, S, valueWidth). */
    public Tensor forward(Tensor x, Tensor keys, Tensor values, Attention attention, Pass pass) {
        return emit(x, attend(x, keys, values, attention, null, pass), pass);
    }

    /** Keys and values of a memory, projected once for all the calls that look at it. */
    public KvCache.Past project(Tensor keys, Tensor values, Pass pass) {
        return new KvCache.Past(keyed(keys, pass, 0), split(v_proj.forward(values, pass), config.keyHeads()));
    }

    /** Queries from x (batch, T, width) to a memory that was {@linkplain #project projected}. */
    public Tensor forward(Tensor x, KvCache.Past memory, Attention attention, Pass pass) {
        return emit(x, attend(queries(x, pass, 0), prefixed(memory), behind(prefixLength(), attention), pattern, pass), pass);
    }

    /** The weights with which x (batch, T, width) looks at memory (batch, S, width): (batch, heads, T, S), quadratic in the lengths. */
    public AttentionWeights weights(Tensor x, Tensor memory) { return weights(x, memory, config.attention()); }

    /** As above, under a mask for this call. */
    public AttentionWeights weights(Tensor x, Tensor memory, Attention attention) {
        var seen = config.pattern() == null ? attention : config.pattern().on(attention, x.size(1), memory.size(1));
        Tensor q = queries(x, Pass.inference(), 0), k = keyed(memory, Pass.inference(), 0);
        return new AttentionWeights(positioned(seen, q, k).weights(content(q), k));
    }

    /**
     * The matrices of one head, as they act on row vectors.
     *
     * @param query (width, d)
     * @param key (keyWidth, d): the one that the head shares with its group
     * @param value (valueWidth, d)
     * @param output (d, width)
     */
    public record Head(Tensor query, Tensor key, Tensor value, Tensor output) {
        /** {@code W_Q W_K'} (width, keyWidth), of rank d at most: which pairs of positions fit. */
        public Tensor qk() { return query.matmul(key.transpose()); }

        /** {@code W_V W_O} (valueWidth, width), of rank d at most: what is carried over from a position that is looked at. */
        public Tensor ov() { return value.matmul(output); }
    }

    /** The matrices of head h. @see <a href="https://transformer-circuits.pub/2021/framework/">Elhage et al. (2021)</a> */
    public Head head(int h) {
        if (h < 0 || h >= config.heads()) throw new IndexOutOfBoundsException("head " + h + " of " + config.heads());
        int d = config.headWidth(), shared = h / (config.heads() / config.keyHeads());
        return new Head(rows(q_proj, h, d), rows(k_proj, shared, d), rows(v_proj, shared, d),
                o_proj.weight().narrow(1, (long) h * d, d).transpose());
    }

    private static Tensor rows(Linear projection, int head, int d) { return projection.weight().narrow(0, (long) head * d, d).transpose(); }

    /**
     * A layer with fewer heads of keys and values: each is the mean of those that its group had. Lossless where they agreed; else trained on for
     * a while.
     *
     * @throws IllegalArgumentException unless {@code keyHeads} divides this layer's
     * @see <a href="https://arxiv.org/abs/2305.13245">Ainslie et al. (2023), section 2.1</a>
     */
    public MultiHeadAttention grouped(int keyHeads) {
        if (keyHeads < 1 || config.keyHeads() % keyHeads != 0)
            throw new IllegalArgumentException("grouped: " + keyHeads + " heads do not divide the " + config.keyHeads() + " of keys");
        var fewer = new MultiHeadAttention(config.withKeyHeads(keyHeads), Rng.of(0));
        var values = new LinkedHashMap<String, Tensor>(state());
        values.replaceAll((name, tensor) -> {
            if (!name.startsWith("k_proj") && !name.startsWith("v_proj")) return tensor;
            var shape = tensor.shape().toArray();
            var pooled = tensor.detach().reshape(keyHeads, config.keyHeads() / keyHeads, config.headWidth(), -1).mean(1, false);
            shape[0] = (long) keyHeads * config.headWidth();
            return pooled.reshape(shape);
        });
        fewer.load(values);
        return fewer;
    }

    /**
     * An adapter that puts keys and values before all others: positions that every query sees, as if a cache had held them at the start.
     *
     * @see <a href="https://arxiv.org/abs/2101.00190">Li and Liang (2021): prefix-tuning</a>
     */
    public interface Prefix extends Adapter {
        /** How many positions it adds. */
        long length();

        /** The past with those positions in front. */
        KvCache.Past before(KvCache.Past past);

        /** Leaves what the attention gives as it is. */
        @Override default Tensor adapt(Tensor x, Tensor y, Pass pass) { return y; }
    }

    /** An adapter that says that the sequences a mask speaks of have grown: by a prompt before them. */
    public interface Grown extends Adapter {
        /** By how many positions. */
        long length();

        /** Leaves what the attention gives as it is. */
        @Override default Tensor adapt(Tensor x, Tensor y, Pass pass) { return y; }
    }

    /** A mask whose key lengths count the prompts before them. */
    Attention lengthened(Attention mask) {
        long sum = 0;
        for (var adapter : adapters()) if (adapter instanceof Grown grown) sum += grown.length();
        return sum == 0 || mask.keyLengths() == null ? mask : mask.withKeyLengths(mask.keyLengths().add(sum));
    }

    private long prefixLength() {
        long sum = 0;
        for (var adapter : adapters()) if (adapter instanceof Prefix prefix) sum += prefix.length();
        return sum;
    }

    /** The mask of the positions without a prefix, for those with n positions before them, which all queries see. */
    private Attention behind(long n, Attention given) {
        var mask = lengthened(given);
        if (n == 0) return mask;
        if (config.pattern() != null || mask.blocks() != null || mask.blockTable() != null || mask.packing() != null || mask.window() > 0)
            throw new IllegalArgumentException(
                    "MultiHeadAttention: a prefix of " + n + " positions goes with causal masks, biases and key lengths, "
                            + "not with patterns, windows, blocks, pages or packed sequences");
        var bias = mask.bias();
        if (bias != null && bias.size(-1) > 1)
            bias = bias.dtype() == DType.BOOL ? bias.to(DType.U8).pad(-1, n, 0, 1).to(DType.BOOL) : bias.pad(-1, n, 0, 0);
        return mask.withBias(bias).withKeyLengths(mask.keyLengths() == null ? null : mask.keyLengths().add(n))
                .withQueryStarts(mask.queryStarts() == null ? null : mask.queryStarts().add(n));
    }

    private Tensor attend(Tensor x, Tensor keys, Tensor values, Attention attention, KvCache cache, Pass pass) {
        long prefix = prefixLength();
        long[] starts = cache == null ? new long[] {0} : cache.lengths();
        for (int i = 0; i < starts.length; i++) starts[i] += prefix;
        if (cache != null && !cache.isWhole() && asksForOrder()) throw new IllegalArgumentException("MultiHeadAttention: scores by "
                + config.positions() + " need all keys in order, a rolling cache has the last ones by slot; take KvCache.contiguous()");
        var q = queries(x, pass, starts);
        boolean late = cache != null && config.positions().turnsLate();
        var k = late ? plainKeys(keys, pass) : keyed(keys, pass, starts);
        var v = split(v_proj.forward(values, pass), config.keyHeads());
        var past = cache == null ? new KvCache.Past(k, v) : cache.append(k, v);
        if (late) past = new KvCache.Past(turned(past.keys(), prefix), past.values());
        var seen = cache == null ? attention : cache.over(attention, config.pattern(), x.size(1));
        return attend(q, prefixed(past), behind(prefix, seen), cache == null || cache.isWhole() ? pattern : null, pass);
    }

    private KvCache.Past prefixed(KvCache.Past past) {
        for (var adapter : adapters()) if (adapter instanceof Prefix prefix) past = prefix.before(past);
        return past;
    }

    private Tensor attend(Tensor q, KvCache.Past past, Attention attention, AttentionMask pattern, Pass pass) {
        return projected(mixed(attention, pattern, q, past.keys(), past.values(), pass), pass);
    }

    private Tensor projected(Tensor found, Pass pass) {
        var y = pass.point(this, "z", found);
        var rows = y.size(2) == 1 ? y : y.transpose(1, 2);
        return o_proj.forward(rows.reshape(y.size(0), y.size(2), (long) config.heads() * config.headWidth()), pass);
    }

    private Tensor queries(Tensor x, Pass pass, long... starts) { return pass.point(this, "q", turned(plainQueries(x, pass), starts)); }

    private Tensor plainQueries(Tensor x, Pass pass) { return normal(q_norm, q_proj.forward(x, pass), config.heads(), pass); }

    private Tensor keyed(Tensor x, Pass pass, long... starts) { return pass.point(this, "k", turned(plainKeys(x, pass), starts)); }

    private Tensor plainKeys(Tensor x, Pass pass) { return normal(k_norm, k_proj.forward(x, pass), config.keyHeads(), pass); }

    /** Projected (batch, T, heads d), normalised where it is to be, by head. */
    private Tensor normal(RMSNorm norm, Tensor x, int heads, Pass pass) {
        if (norm == null) return split(x, heads);
        return config.qkNorm().whole() ? split(norm.forward(x, pass), heads) : norm.forward(split(x, heads), pass);
    }

    private Tensor turned(Tensor x, Tensor positions) {
        return config.rotary() == null ? x : config.rotary().at(positions, x.dtype()).of(x);
    }

    /** @param starts place of the first position, of all rows or of each */
    private Tensor turned(Tensor x, long... starts) {
        if (starts.length == 1) return config.positions().turned(x, starts[0]);
        return config.rotary() == null ? x : config.rotary().from(x.size(2), x.dtype(), starts).of(x);
    }

    private Tensor content(Tensor q) { return positions == null ? q : positions.content(q); }

    private Attention positioned(Attention mask, Tensor q, Tensor k) {
        var sloped = config.positions().on(mask, config.heads());
        return positions == null ? sloped : positions.on(sloped, q, k.size(2));
    }

    /** By the kernel, unless the weights are changed or needed on the way. */
    private Tensor mixed(Attention mask, AttentionMask pattern, Tensor q, Tensor k, Tensor v, Pass pass) {
        var dropout = new Dropout(config.dropout());
        boolean changes = config.dropout() > 0 && pass.rng() != null;
        var query = content(q);
        if (pattern != null && positions == null && !changes && !pass.wants(this, "weights"))
            return pattern.attend(positioned(mask, q, k), query, k, v);
        if (pattern != null) mask = pattern.on(mask, q.size(2), k.size(2));
        var attention = positioned(mask, q, k);
        UnaryOperator<Tensor> change = weights -> dropout.forward(weights, pass);
        if (pass.wants(this, "weights")) {
            var weights = attention.weights(query, k);
            var seen = pass.point(this, "weights", weights);
            if (seen != weights) {
                change = w -> dropout.forward(seen, pass);
                changes = true;
            }
        }
        if (positions == null || !positions.hasValues()) return changes ? attention.of(query, k, v, change) : attention.of(query, k, v);
        var used = new Tensor[1];
        var last = change;
        var y = attention.of(query, k, v, weights -> used[0] = last.apply(weights));
        return y.add(positions.found(used[0], attention).to(y.dtype()));
    }

    /** (batch, T, heads d) to (batch, heads, T, d), by one view where T is 1. */
    private Tensor split(Tensor x, int heads) {
        return x.size(1) == 1 ? x.reshape(x.size(0), heads, 1, config.headWidth())
                : x.reshape(x.size(0), x.size(1), heads, config.headWidth()).transpose(1, 2);
    }
}
