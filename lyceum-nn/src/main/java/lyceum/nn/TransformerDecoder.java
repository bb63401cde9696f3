package lyceum.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;

/**
 * A stack of causal {@link TransformerBlock}s, which may look at a memory (what an encoder made): the whole target at once, in chunks, or step by step with
 * a {@link State} that holds what was.
 *
 * {@snippet :
 * var decoder = new TransformerDecoder(TransformerConfig.original(256, 8, 1024).withCross(true), 6, rng);
 * Tensor y = decoder.forward(target, memory, pass);                  // training
 * var state = decoder.start(memory, null, pass);                     // decoding: the memory is projected once
 * Tensor next = decoder.forward(token, state, pass);
 * }
 *
 * <p>Children: {@code layers.0 ..}, {@code norm}, and {@code positions} where {@link AttentionConfig#positions} are a learned table.
 *
 * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani et al. (2017)</a>
 */
public final class TransformerDecoder extends Module {
    private final PositionLayer positions;
    private final List<TransformerBlock> layers;
    private final Layer norm;

    /** @param config of each block; it is made causal */
    public TransformerDecoder(TransformerConfig config, int layers, Rng rng) { this(Collections.nCopies(layers, config), rng); }

    /** @param blocks the configuration of each, as where windows and full attention take turns; each is made causal, positions and last norm are the first's */
    public TransformerDecoder(List<TransformerConfig> blocks, Rng rng) {
        if (blocks.isEmpty()) throw new IllegalArgumentException("TransformerDecoder: 0 layers; at least 1");
        layers = TransformerBlock.stack(blocks.stream().map(TransformerConfig::causal).toList(), rng);
        var causal = layers.getFirst().config();
        positions = layers.getFirst().positions(rng);
        norm = causal.placement().leavesStream() ? causal.norm().of(causal) : null;
    }

    /** What a decoder knows between steps: of each block's positions (keys and values, or what its mixer keeps), and of its memory. For one thread. */
    public static final class State {
        private final List<MixerState> caches;
        private final List<KvCache.Past> memories;
        private final Attention memoryMask;

        private State(List<MixerState> caches, List<KvCache.Past> memories, Attention memoryMask) {
            this.caches = caches;
            this.memories = memories;
            this.memoryMask = memoryMask;
        }

        /** Positions so far. */
        public long length() { return caches.getFirst().length(); }

        /** Whether a text may go on beyond all positions, since caches {@linkplain AttentionCache#isEndless tell them by place}. */
        public boolean isEndless() { return caches.stream().allMatch(c -> c instanceof AttentionCache a && a.isEndless()); }

        /** Bytes of what is known of the positions so far. */
        public long bytes() { return caches.stream().mapToLong(MixerState::bytes).sum(); }

        /** Targets with the positions that follow: the same for all rows, or each row's own after a truncation row by row. */
        Tensor placed(PositionLayer positions, Tensor x, Pass pass) {
            if (positions == null) return x;
            if (caches.getFirst() instanceof AttentionCache pieces && pieces.places() != null)
                return positions.forward(x, pieces.places(), pass);
            long[] lengths = switch (caches.getFirst()) {
                case KvCache cache -> cache.lengths();
                case DepthState depth -> depth.lengths();
                case MixerState other -> new long[] {other.length()};
            };
            if (lengths.length == 1) return positions.forward(x, lengths[0], pass);
            return positions.forward(x, Tensor.of(lengths).unsqueeze(1).add(Tensor.arange(x.size(1))), pass);
        }

        /** A state of its own that goes on from those batch entries: all of them, or those that beams came from. */
        public State fork(int... rows) {
            if (rows.length == 0) return new State(caches.stream().<MixerState>map(c -> c.fork()).toList(), memories, memoryMask);
            boolean lengths = memoryMask != null && memoryMask.keyLengths() != null;
            try (var kept = Scope.outside()) {
                var looked = memories == null ? null : memories.stream()
                        .map(m -> new KvCache.Past(m.keys().rows(rows).compute(), m.values().rows(rows).compute())).toList();
                return new State(caches.stream().<MixerState>map(c -> c.fork(rows)).toList(), looked,
                        lengths ? memoryMask.withKeyLengths(memoryMask.keyLengths().rows(rows).compute()) : memoryMask);
            }
        }

        /** Forgets the positions from there on: one length for all rows, or one each. */
        public void truncate(long... lengths) { caches.forEach(c -> c.truncate(lengths)); }
    }

    public List<TransformerBlock> layers() { return layers; }

    /** A decoder alone: x (batch, T, width). */
    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, null, null, null, null, pass); }

    /** Targets x (batch, T, width) beside a memory (batch, S, width). */
    public Tensor forward(Tensor x, Tensor memory, Pass pass) { return forward(x, memory, null, null, pass); }

    /** As above, with masks: of targets among themselves (causal if null), and of what they see of the memory (all if null). */
    public Tensor forward(Tensor x, Tensor memory, Attention mask, Attention memoryMask, Pass pass) {
        return emit(x, through(x, mask, memory, memoryMask, null, null, pass), pass);
    }

    /** A decoder alone over a batch whose sequences lie so. @throws IllegalArgumentException if a block's mixer does not know such a layout */
    public Tensor forward(Tensor x, SequenceLayout layout, Pass pass) {
        layout.check(x);
        return emit(x, through(x, null, null, null, layout, null, pass), pass);
    }

    /** What is done to a stream before it goes into a block. */
    @FunctionalInterface
    public interface Before {
        /** @param layer the block's number */
        Tensor of(int layer, Tensor x);
    }

    /**
     * As above, with something done before each block, as where blocks of others look at what this stack knows nothing of. Positions are placed first.
     *
     * @param layout null for sequences without one
     */
    public Tensor forward(Tensor x, SequenceLayout layout, Before before, Pass pass) {
        if (layout != null) layout.check(x);
        return emit(x, through(x, null, null, null, layout, before, pass), pass);
    }

    /** A state before the first position. @param memory (batch, S, width), or null if the blocks look at none; its keys and values are projected here, once */
    public State start(Tensor memory, Attention memoryMask, Pass pass) {
        return start(layer -> layers.get(layer).start(), memory, memoryMask, pass);
    }

    /** As above, with other caches than the layers' own: quantised, of a bounded length, paged. @param caches of each layer by number */
    public State start(IntFunction<? extends MixerState> caches, Tensor memory, Attention memoryMask, Pass pass) {
        checkMemory(memory);
        return new State(IntStream.range(0, layers.size()).<MixerState>mapToObj(caches).toList(),
                memory == null ? null : layers.stream().map(l -> l.project(memory, pass)).toList(), memoryMask);
    }

    /** The positions x (batch, T, width) that follow those of the state. */
    public Tensor forward(Tensor x, State state, Pass pass) { return forward(x, state, null, pass); }

    /** As above, with something done before each block; null for nothing. */
    public Tensor forward(Tensor x, State state, Before before, Pass pass) {
        var y = state.placed(positions, x, pass);
        for (int i = 0; i < layers.size(); i++) {
            if (before != null) y = before.of(i, y);
            var context = new TransformerBlock.Context(null, state.caches.get(i), state.memories == null ? null : state.memories.get(i),
                    state.memoryMask, null, null, null);
            y = layers.get(i).forward(y, context, pass);
        }
        return emit(x, norm == null ? y : norm.forward(y, pass), pass);
    }

    /** What a stack gives for a segment, and what went into each of its blocks. */
    public record Segment(Tensor output, List<Tensor> inputs) {}

    /**
     * A segment x (batch, T, width) behind positions whose states are known.
     *
     * @param before what went into each block at the M positions before, (batch, M, width); null for none
     */
    public Segment segment(Tensor x, List<Tensor> before, Pass pass) {
        if (before != null && before.size() != layers.size()) throw new IllegalArgumentException(
                "TransformerDecoder.segment: states before " + before.size() + " blocks of " + layers.size() + "; one of each");
        var inputs = new ArrayList<Tensor>();
        var y = positions == null ? x : positions.forward(x, pass);
        for (int i = 0; i < layers.size(); i++) {
            inputs.add(y);
            if (TransformerEncoder.isDropped(layers.get(i), pass)) continue;
            y = layers.get(i).forward(y, new TransformerBlock.Context().withBefore(before == null ? null : before.get(i)), pass);
        }
        return new Segment(emit(x, norm == null ? y : norm.forward(y, pass), pass), List.copyOf(inputs));
    }

    private void checkMemory(Tensor memory) {
        if (memory != null && layers.getFirst().crossAttention() == null) throw new IllegalArgumentException(
                "TransformerDecoder: these blocks look at no memory; give them cross-attention by withCross(true)");
    }

    private Tensor through(Tensor x, Attention mask, Tensor memory, Attention memoryMask, SequenceLayout layout, Before before, Pass pass) {
        checkMemory(memory);
        if (positions != null)
            x = layout == null || layout.isRightPadded() ? positions.forward(x, pass) : positions.forward(x, layout.positions(), pass);
        for (int i = 0; i < layers.size(); i++) {
            var layer = layers.get(i);
            if (before != null) x = before.of(i, x);
            if (TransformerEncoder.isDropped(layer, pass)) continue;
            var past = layer.crossAttention() == null || memory == null ? null : layer.project(memory, pass);
            x = through(layer, x, new TransformerBlock.Context(mask, null, past, memoryMask, layout, null, null), pass);
        }
        return norm == null ? x : norm.forward(x, pass);
    }

    /** What experts add to a loss is collected once, so that their blocks are kept as they are. */
    private static Tensor through(TransformerBlock layer, Tensor x, TransformerBlock.Context context, Pass pass) {
        if (!layer.config().recomputed() || layer.config().moe() != null || layer.depth() != null || pass.isWatched()
                || !GradMode.isRecording())
            return layer.forward(x, context, pass);
        if (pass.rng() == null) return Autograd.checkpoint(h -> layer.forward(h, context, pass), x);
        return Autograd.checkpoint((h, rng) -> layer.forward(h, context, pass.drawing(rng)), x, pass.rng());
    }
}
