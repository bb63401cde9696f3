package lyceum.llm;

import java.util.ArrayList;
import java.util.Objects;
import lyceum.ShapeException;
import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.SegmentAttentionConfig;
import lyceum.nn.SegmentAttentionConfig.Store;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerDecoder;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A {@link DecoderLM} that reads a text in segments and has one of three memories of those before, or none:
 *
 * <pre>
 * {@link Kind.Recurrent}      m tokens around each segment, rewritten by it; gradients go back through them          RMT
 * {@link Kind.Neighbours}     keys and values of all that was, of which each query reads the k nearest              Memorizing Transformers
 * {@link Kind.Compressive}    a matrix a head, read and written as linear attention, by the delta rule or without    Infini-attention
 * </pre>
 *
 * {@snippet :
 * var config = DecoderConfig.llama(256, 1 << 20, 2, 64, 4, 4, 128);
 * var model = new MemoryTransformer(config, 128, new MemoryTransformer.Kind.Recurrent(4), Rng.of(1));
 * model.loss(ids, Pass.training(rng)).backward();                      // over all segments of ids
 * var step = model.read(segment, model.empty(1), Pass.inference());
 * long bytes = model.bytes(step.memory());
 * }
 *
 * <p>Children: {@code model}, and {@code tokens} (m, width), the first memory of the recurrent kind.
 *
 * @see <a href="https://arxiv.org/abs/2207.06881">Bulatov, Kuratov and Burtsev (2022)</a>
 * @see lyceum.nn.SegmentAttention
 */
public final class MemoryTransformer extends Module implements SegmentedLM<MemoryTransformer.Memory> {
    /** What is known of the segments before. */
    public sealed interface Kind {
        /** Nothing. */
        record None() implements Kind {}

        /** So many memory tokens. */
        record Recurrent(int tokens) implements Kind {
            public Recurrent {
                if (tokens < 1) throw new IllegalArgumentException("MemoryTransformer: " + tokens + " memory tokens; at least 1");
            }
        }

        /** The k nearest of up to {@code capacity} positions, in the last block alone, as published. */
        record Neighbours(int k, long capacity) implements Kind {}

        /** In all blocks. @param delta whether only what is not predicted yet is written */
        record Compressive(boolean delta) implements Kind {}
    }

    /** Memory tokens (rows, m, width), or what blocks keep; neither before the first segment. */
    public static final class Memory {
        private final Tensor tokens;
        private final TransformerDecoder.State state;

        private Memory(Tensor tokens, TransformerDecoder.State state) {
            this.tokens = tokens;
            this.state = state;
        }
    }

    private final DecoderLM model;
    private final int segment;
    private final Kind kind;
    private final Tensor tokens;

    /**
     * @param config of attention with rotary positions, which count from the beginning of a segment, or without
     * @param segment ids at a time
     */
    public MemoryTransformer(DecoderConfig config, int segment, Kind kind, Rng rng) {
        if (segment < 1) throw new IllegalArgumentException("MemoryTransformer: segments of " + segment + " ids; at least 1");
        this.segment = segment;
        this.kind = Objects.requireNonNull(kind, "kind");
        model = new DecoderLM(kind instanceof Kind.Recurrent ? config : segmented(config), rng);
        tokens = kind instanceof Kind.Recurrent own
                ? Init.begin(Init.normal(1), rng, config.dtype(), own.tokens(), config.width()).requiresGrad() : null;
    }

    private DecoderConfig segmented(DecoderConfig config) {
        var changed = new ArrayList<TransformerConfig>();
        for (int i = 0; i < config.layers(); i++) {
            var block = config.blocks().get(i);
            boolean last = i == config.layers() - 1;
            var local = new SegmentAttentionConfig(block.attention(), segment, Store.NONE);
            changed.add(block.withMixer(switch (kind) {
                case Kind.Neighbours own when last ->
                        local.withStore(Store.NEIGHBOURS).withNeighbours(own.k()).withCapacity(own.capacity());
                case Kind.Compressive own -> local.withStore(Store.COMPRESSIVE).withDelta(own.delta());
                default -> local;
            }));
        }
        return config.withBlocks(changed).withContextLength(Long.MAX_VALUE);
    }

    /** The decoder under it. */
    public DecoderLM decoder() { return model; }

    public Kind kind() { return kind; }

    @Override public int segment() { return segment; }

    @Override public int vocabulary() { return model.vocabulary(); }

    @Override public int startMark() { return model.startMark(); }

    @Override public int endMark() { return model.endMark(); }

    @Override protected Tensor compute(Tensor ids, Pass pass) {
        return kind instanceof Kind.Recurrent ? SegmentedLM.super.logits(ids, pass) : model.logits(ids, pass);
    }

    @Override public Tensor logits(Tensor ids, Pass pass) { return forward(ids, pass); }

    @Override public Memory empty(int rows) { return new Memory(null, null); }

    @Override public Step<Memory> read(Tensor ids, Memory before, Pass pass) {
        if (ids.rank() != 2 || ids.size(1) > segment)
            throw new ShapeException("MemoryTransformer: a segment " + ids.shape() + "; it is (rows, T) of at most " + segment + " ids");
        var x = model.embedding().forward(ids, pass);
        if (model.config().embeddingScale() != 1) x = x.mul(model.config().embeddingScale());
        if (kind instanceof Kind.Recurrent own) {
            var known = before.tokens == null ? tokens.unsqueeze(0).expand(ids.size(0), -1, -1) : before.tokens;
            var y = model.decoder().forward(Tensor.concat(1, known, x, known), pass);
            long n = ids.size(1), m = own.tokens();
            return new Step<>(model.unembedded(y.narrow(1, m, n), pass), new Memory(y.narrow(1, m + n, m), null));
        }
        var state = before.state == null ? model.decoder().start(null, null, pass) : before.state.fork();
        return new Step<>(model.unembedded(model.decoder().forward(x, state, pass), pass), new Memory(null, state));
    }

    @Override public long bytes(Memory memory) {
        if (memory.tokens != null) return memory.tokens.count() * memory.tokens.dtype().bytes();
        return memory.state == null ? 0 : memory.state.bytes();
    }
}
