package lyceum.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Formula;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A block of a transformer: attention to other positions, perhaps attention to a memory, and a feed-forward network at each position, every one of them
 * around a residual stream, as {@link TransformerConfig} says.
 *
 * {@snippet :
 * var block = new TransformerBlock(TransformerConfig.original(512, 8, 2048).causal(), rng);
 * Tensor y = block.forward(x, pass);                                                       // (batch, T, width)
 * Tensor next = block.forward(token, new TransformerBlock.Context().withCache(cache), pass);
 * }
 *
 * <p>Hooks find {@code resid_pre}, {@code attn_out}, {@code cross_out}, {@code resid_mid}, {@code mlp_out} and {@code resid_post} beside the modules' own
 * outputs. Children: {@code attention_norm}, {@code attention}, {@code cross_norm}, {@code cross_attention}, {@code mlp_norm}, {@code mlp}, and with
 * {@code SANDWICH} the norms {@code attention_out_norm}, {@code cross_out_norm}, {@code mlp_out_norm}.
 */
public final class TransformerBlock extends Module {
    private static final Formula SUM = Formula.of(in -> in[0].add(in[1]));

    private final TransformerConfig config;
    private final Layer attention_norm, attention_out_norm;
    private final SequenceMixer attention;
    private final Layer cross_norm, cross_out_norm;
    private final MultiHeadAttention cross_attention;
    private final Layer mlp_norm, mlp_out_norm, mlp;
    private final MixtureOfDepths depth;

    /**
     * What a call goes by beside its input.
     *
     * @param mask for the positions among themselves, with its scale and soft cap; null for the configuration's
     * @param cache what the {@linkplain SequenceMixer#start mixer} knows of the positions before, and then of these as well; or null
     * @param memory what cross-attention looks at, projected (see {@link #project}); or null
     * @param memoryMask for looking at it; null for all of it
     * @param layout where the sequences of the batch lie; null for whole rows. It goes without a cache
     * @param positions where the inputs stand, (T) or (batch, T), if not one behind the other; or null
     * @param before what went into this block at the positions before, (batch, M, width): attention sees them as well. It goes without a cache and a layout; or null
     */
    @Withers
    public record Context(Attention mask, MixerState cache, KvCache.Past memory, Attention memoryMask, SequenceLayout layout,
            Tensor positions, Tensor before) implements TransformerBlockContextWithers {
        public Context {
            if (layout != null && cache != null) throw new IllegalArgumentException(
                    "TransformerBlock.Context: a layout goes without a cache, whose rows are truncated instead");
            if (before != null && (cache != null || layout != null || positions != null)) throw new IllegalArgumentException(
                    "TransformerBlock.Context: states of positions before go without a cache, a layout and given positions");
        }

        /** The configuration's mask, no cache, no memory, whole rows. */
        public Context() { this(null, null, null, null, null, null, null); }
    }

    /** With the feed-forward half that the configuration names. */
    public TransformerBlock(TransformerConfig config, Rng rng) { this(config, feedForward(config, rng), rng); }

    /** With another feed-forward half: a mixture of experts, say. */
    public TransformerBlock(TransformerConfig config, Layer mlp, Rng rng) {
        this(config, mlp, config.attention().positions().atScores(config.attention(), rng), rng);
    }

    private TransformerBlock(TransformerConfig config, Layer mlp, RelativeBias positions, Rng rng) {
        this.config = config;
        boolean sandwich = config.placement() == TransformerConfig.Placement.SANDWICH;
        attention_norm = config.norm().of(config);
        attention_out_norm = sandwich ? config.norm().of(config) : null;
        attention = config.mixer() == null ? new MultiHeadAttention(config.attention(), positions, rng) : config.mixer().build(rng);
        cross_norm = config.cross() ? config.norm().of(config) : null;
        cross_out_norm = config.cross() && sandwich ? config.norm().of(config) : null;
        cross_attention = config.cross() ? new MultiHeadAttention(crossing(config.attention()), rng) : null;
        mlp_norm = config.parallel() && !config.normEach() ? null : config.norm().of(config);
        mlp_out_norm = sandwich ? config.norm().of(config) : null;
        this.mlp = mlp;
        depth = config.depth() == null ? null : new MixtureOfDepths(config.depth(), config, rng);
        if (config.firstWeightsOver() != 1) shrink(config.firstWeightsOver());
    }

    /** Blocks of a stack; they have one bias of positions where the configuration shares it. */
    static List<TransformerBlock> stack(TransformerConfig config, int count, Rng rng) {
        return stack(Collections.nCopies(count, config), rng);
    }

    static List<TransformerBlock> stack(List<TransformerConfig> configs, Rng rng) {
        var blocks = new ArrayList<TransformerBlock>();
        for (var config : configs) {
            boolean first = blocks.isEmpty() || config.mixer() != null || !config.attention().positions().isShared();
            blocks.add(first ? new TransformerBlock(config, rng)
                    : new TransformerBlock(config, feedForward(config, rng), blocks.getFirst().attention().positions(), rng));
        }
        return List.copyOf(blocks);
    }

    /** Looks at all of the memory, and at no positions of it. */
    private static AttentionConfig crossing(AttentionConfig own) {
        return own.withAttention(new Attention().withScale(own.attention().scale()).withSoftCap(own.attention().softCap()))
                .withPositions(PositionalEncoding.none());
    }

    private static Layer feedForward(TransformerConfig c, Rng rng) {
        return c.moe() == null ? feedForward(c, c.hidden(), rng) : c.moe().build(c, rng);
    }

    static Module feedForward(TransformerConfig c, int hidden, Rng rng) {
        return c.gated() ? new GatedFeedForward(c.width(), hidden, c.activation(), c.bias(), c.attention().dtype(), rng)
                : new FeedForward(c.width(), hidden, c.activation(), c.bias(), c.dropout(), c.attention().dtype(), rng);
    }

    private void shrink(double factor) {
        Autograd.noGrad(() -> parameters().forEach((name, p) -> {
            boolean narrow = name.endsWith("v_proj.weight") || name.endsWith("o_proj.weight")
                    || name.startsWith("mlp.") && name.endsWith("weight");
            if (narrow) p.copy_(p.div(factor));
        }));
    }

    public TransformerConfig config() { return config; }

    /** What a stack that begins with this block adds to its input, drawn by {@code rng}, or zeros if that is null; null if nothing. */
    PositionLayer positions(Rng rng) {
        var encoding = config.attention().positions();
        if (rng == null && encoding instanceof PositionalEncoding.Learned table)
            encoding = new PositionalEncoding.Learned(table.maximum(), table.dropout(), Init.zeros());
        return encoding.atEmbeddings(config.width(), config.attention().dtype(), rng);
    }

    /** The attention of positions to each other. @throws IllegalStateException if another {@link #mixer} stands in its place */
    public MultiHeadAttention attention() {
        if (attention instanceof MultiHeadAttention own) return own;
        throw new IllegalStateException(
                "TransformerBlock: positions are mixed by " + attention.getClass().getSimpleName() + ", not by attention");
    }

    /** What carries knowledge from position to position. */
    public SequenceMixer mixer() { return attention; }

    /** What lets tokens through this block or past it; null if all pass. */
    public MixtureOfDepths depth() { return depth; }

    /** Of no positions: what {@link Context#cache} wants. */
    public MixerState start() { return depth == null ? attention.start() : new DepthState(attention().start()); }

    /** The attention to a memory; null if there is none. */
    public MultiHeadAttention crossAttention() { return cross_attention; }

    /** A memory (batch, S, width) as this block's cross-attention looks at it, for {@link Context#withMemory}. */
    public KvCache.Past project(Tensor memory, Pass pass) { return cross_attention.project(memory, memory, pass); }

    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, new Context(), pass); }

    /** x (batch, T, width) under a context. @throws IllegalArgumentException if the block looks at a memory and there is none */
    public Tensor forward(Tensor x, Context context, Pass pass) { return emit(x, through(x, context, pass), pass); }

    private Tensor through(Tensor x, Context context, Pass pass) {
        if (config.cross() && context.memory() == null)
            throw new IllegalArgumentException("TransformerBlock: this block looks at a memory; give one with Context.withMemory");
        x = pass.point(this, "resid_pre", x);
        if (depth == null) return pass.point(this, "resid_post", worked(x, context, pass));
        var masked = context.mask() == null ? context.withMask(config.attention().attention()) : context;
        return pass.point(this, "resid_post", depth.through(x, masked, pass, (own, inner) -> worked(own, inner, pass)));
    }

    private Tensor worked(Tensor x, Context context, Pass pass) {
        if (context.layout() != null) context.layout().check(x);
        var mask = context.mask() == null ? config.attention().attention() : context.mask();
        if (config.parallel()) {
            Tensor normal = attention_norm.forward(x, pass), own = mlp_norm == null ? normal : mlp_norm.forward(x, pass);
            var both = pass.point(this, "attn_out", scaled(attend(normal, mask, context, pass), pass))
                    .add(pass.point(this, "mlp_out", scaled(fed(own, mask, context, pass), pass)));
            return x.add(both);
        }
        x = half(x, attention_norm, attention_out_norm, "attn_out", normal -> attend(normal, mask, context, pass), pass);
        if (config.cross()) {
            var memoryMask = context.memoryMask() == null ? cross_attention.config().attention() : context.memoryMask();
            x = half(x, cross_norm, cross_out_norm, "cross_out",
                    normal -> cross_attention.forward(normal, context.memory(), memoryMask, pass), pass);
        }
        x = pass.point(this, "resid_mid", x);
        return half(x, mlp_norm, mlp_out_norm, "mlp_out", normal -> fed(normal, mask, context, pass), pass);
    }

    private Tensor attend(Tensor x, Attention mask, Context context, Pass pass) {
        var cache = context.cache();
        var layout = context.layout();
        if (attention instanceof MultiHeadAttention own) {
            if (layout != null) return layout.isRightPadded() ? own.forward(x, x, layout.on(mask), pass)
                    : own.forward(x, layout.on(mask), layout.positions(), pass);
            if (context.before() != null) return recurrent(own, x, mask, context.before(), pass);
            if (context.positions() != null) return cache == null ? own.forward(x, mask, context.positions(), pass)
                    : own.forward(x, SequenceMixer.state(KvCache.class, cache), mask, context.positions(), pass);
            if (cache instanceof AttentionCache held && mask.equals(own.config().attention())) return own.forward(x, held, pass);
            return cache == null ? own.forward(x, x, mask, pass) : own.forward(x, SequenceMixer.state(KvCache.class, cache), mask, pass);
        }
        if (context.before() != null) throw new IllegalArgumentException(
                "TransformerBlock: states of positions before go with attention, not with " + attention.getClass().getSimpleName());
        if (!mask.equals(config.attention().attention()) || layout != null && (!layout.isRightPadded() || layout.hasPrefix()))
            throw new IllegalArgumentException("TransformerBlock: " + attention.getClass().getSimpleName()
                    + " has no mask beside its own; leave Context.mask out, and sequences begin where their rows do");
        return cache == null ? attention.forward(x, pass) : attention.forward(x, cache, pass);
    }

    /** Keys and values of states that were before as well: normalised here as x was, by weights as they are now. */
    private Tensor recurrent(MultiHeadAttention own, Tensor x, Attention mask, Tensor before, Pass pass) {
        if (own.config().rotary() != null) throw new IllegalArgumentException(
                "TransformerBlock: states of positions before go with encodings of distances at the scores, not with "
                        + own.config().positions());
        boolean first = config.placement() == TransformerConfig.Placement.PRE || config.placement() == TransformerConfig.Placement.SANDWICH;
        return own.forward(x, Tensor.concat(1, first ? attention_norm.forward(before, pass) : before, x), mask, pass);
    }

    /** Experts are told which positions are padding. */
    private Tensor fed(Tensor x, Attention mask, Context context, Pass pass) {
        if (context.cache() != null || mask == null || !(mlp instanceof MixtureOfExperts experts)) return mlp.forward(x, pass);
        if (context.layout() != null) return experts.forward(x, null, context.layout().real(), pass);
        var lengths = (attention instanceof MultiHeadAttention heads ? heads.lengthened(mask) : mask).keyLengths();
        if (lengths == null) return mlp.forward(x, pass);
        var real = Tensor.arange(x.size(1)).unsqueeze(0).lt(lengths.to(DType.I64).unsqueeze(1));
        return experts.forward(x, null, real, pass);
    }

    private Tensor half(Tensor x, Layer norm, Layer outNorm, String point, UnaryOperator<Tensor> f, Pass pass) {
        return switch (config.placement()) {
            case PRE -> SUM.at(stream(x), pass.point(this, point, scaled(f.apply(norm.forward(x, pass)), pass)));
            case SANDWICH ->
                    SUM.at(stream(x), pass.point(this, point, scaled(outNorm.forward(f.apply(norm.forward(x, pass)), pass), pass)));
            case BRANCH -> SUM.at(stream(x), pass.point(this, point, scaled(norm.forward(f.apply(x), pass), pass)));
            case POST -> norm.forward(SUM.at(stream(x), pass.point(this, point, scaled(f.apply(x), pass))), pass);
        };
    }

    private Tensor stream(Tensor x) { return config.streamScale() == 1 ? x : x.mul(config.streamScale()); }

    private Tensor scaled(Tensor y, Pass pass) {
        var dropped = new Dropout(config.dropout()).forward(y, pass);
        return config.branchScale() == 1 ? dropped : dropped.mul(config.branchScale());
    }
}
