package lyceum.llm;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.AttentionConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RelativePosition;
import lyceum.nn.TransformerConfig;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A {@link DecoderLM} that reads a text in segments and lets each block look at what went into it at the last M positions before:
 *
 * <pre>
 * h~ = [SG(memory); h]      q = h W_q      k, v = h~ W_k, h~ W_v      score(i, j) = (q_i + u) . k_j + (q_i + v) . W_r r(i - j)
 * </pre>
 *
 * {@snippet :
 * var model = TransformerXl.of(256, 4, 64, 4, 256, 32, 32, Rng.of(1));         // segments of 32, a memory of 32
 * var step = model.read(segment, memory, Pass.training(rng));
 * new CrossEntropy().of(step.logits().reshape(-1, 256), next.flatten()).backward();
 * memory = step.memory();                                                      // row r of the next batch goes on where row r ended
 * double nats = model.evaluate(text, Progress.SILENT);
 * }
 *
 * <p>No gradient enters the memory: a model learns to read it, not to write it. N blocks reach {@code N M} positions back. A memory that begins with a document is
 * {@link #empty}; one that goes on into another document misleads. Child: {@code model}.
 *
 * @see <a href="https://arxiv.org/abs/1901.02860">Dai et al. (2019)</a>
 */
public final class TransformerXl extends Module implements SegmentedLM<TransformerXl.Memory> {
    private final DecoderLM model;
    private final int segment, memory;

    /** What went into each block at the last positions: (rows, up to M, width) each; none before the first. */
    public record Memory(List<Tensor> states) {
        /** Positions that are remembered. */
        public long length() { return states.isEmpty() ? 0 : states.getFirst().size(1); }
    }

    /**
     * @param config positions told at the scores: {@link RelativePosition#transformerXl}, others that are relative, ALiBi or none
     * @param segment ids at a time
     * @param memory M, positions that are remembered; 0 for none
     * @param sameLength whether each query sees itself and its M latest predecessors, wherever it stands in its segment; else all of its segment up to it as well
     */
    public TransformerXl(DecoderConfig config, int segment, int memory, boolean sameLength, Rng rng) {
        if (segment < 1 || memory < 0) throw new IllegalArgumentException(
                "TransformerXl: segments of " + segment + " and a memory of " + memory + " positions; at least 1 and 0");
        for (var block : config.blocks()) {
            var positions = block.attention().positions();
            boolean fits = positions instanceof RelativePosition || positions instanceof PositionalEncoding.Alibi
                    || positions instanceof PositionalEncoding.None;
            if (!fits || block.mixer() != null || block.depth() != null || block.attention().pattern() != null)
                throw new IllegalArgumentException(
                        "TransformerXl: blocks of attention with positions told at the scores, without patterns; not " + positions);
        }
        this.segment = segment;
        this.memory = memory;
        model = new DecoderLM(sameLength ? config.withWindow(memory + 1) : config, rng);
    }

    /** As published: norms behind each half, ReLU, the paper's positions; an own head. @param hidden units of the feed-forward half */
    public static TransformerXl of(int vocabulary, int layers, int width, int heads, int hidden, int segment, int memory, Rng rng) {
        return new TransformerXl(config(vocabulary, layers, width, heads, hidden), segment, memory, false, rng);
    }

    /** Blocks as published. */
    public static DecoderConfig config(int vocabulary, int layers, int width, int heads, int hidden) {
        var attention = new AttentionConfig(width, heads).withBias(false).withPositions(RelativePosition.transformerXl());
        var block = TransformerConfig.original(width, heads, hidden).withAttention(attention).causal();
        return new DecoderConfig(vocabulary, Long.MAX_VALUE, layers, block).withTied(false);
    }

    /** The decoder under it. */
    public DecoderLM decoder() { return model; }

    /** M. */
    public int memory() { return memory; }

    @Override public int segment() { return segment; }

    @Override public int vocabulary() { return model.vocabulary(); }

    @Override public int startMark() { return model.startMark(); }

    @Override public int endMark() { return model.endMark(); }

    @Override protected Tensor compute(Tensor ids, Pass pass) { return SegmentedLM.super.logits(ids, pass); }

    @Override public Tensor logits(Tensor ids, Pass pass) { return forward(ids, pass); }

    @Override public Memory empty(int rows) { return new Memory(List.of()); }

    @Override public Step<Memory> read(Tensor ids, Memory before, Pass pass) {
        if (ids.rank() != 2 || ids.size(1) > segment)
            throw new ShapeException("TransformerXl: a segment " + ids.shape() + "; it is (rows, T) of at most " + segment + " ids");
        var known = before.length() == 0 ? null : before.states;
        if (known != null && known.getFirst().size(0) != ids.size(0))
            throw new ShapeException("TransformerXl: " + ids.size(0) + " rows behind a memory of " + known.getFirst().size(0));
        var x = model.embedding().forward(ids, pass);
        if (model.config().embeddingScale() != 1) x = x.mul(model.config().embeddingScale());
        var read = model.decoder().segment(x, known, pass);
        return new Step<>(model.unembedded(read.output(), pass), after(before, read.inputs()));
    }

    /** The last M of what was and what came, without its history. */
    private Memory after(Memory before, List<Tensor> inputs) {
        if (memory == 0) return before;
        return Autograd.noGrad(() -> {
            try (var kept = Scope.outside()) {
                var states = new ArrayList<Tensor>();
                for (int i = 0; i < inputs.size(); i++) {
                    var own = inputs.get(i).detach();
                    var all = before.length() == 0 ? own : Tensor.concat(1, before.states.get(i), own);
                    long length = Math.min(memory, all.size(1));
                    states.add(all.narrow(1, all.size(1) - length, length).copy().compute());
                }
                return new Memory(List.copyOf(states));
            }
        });
    }

    @Override public long bytes(Memory memory) { return memory.states.stream().mapToLong(s -> s.count() * s.dtype().bytes()).sum(); }
}
