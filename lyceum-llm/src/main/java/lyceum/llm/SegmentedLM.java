package lyceum.llm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/**
 * A model that reads a text in segments and takes what it knows of those before along as a memory, so that no length bounds it.
 *
 * {@snippet :
 * M memory = model.empty(rows);
 * for (Tensor segment : segments) {                                   // (rows, T) each, row r goes on where row r ended
 *     var step = model.read(segment, memory, Pass.training(rng));
 *     memory = step.memory();
 * }
 * double nats = model.evaluate(text, Progress.SILENT);
 * }
 *
 * @param <M> what is known of the segments before; a value: reading does not change it
 */
public interface SegmentedLM<M> extends CausalLM {
    /** Logits (rows, T, vocabulary), and the memory behind the segment. */
    record Step<M>(Tensor logits, M memory) {}

    /** Ids of a segment at most. */
    int segment();

    /** Before the first segment. */
    M empty(int rows);

    /** Reads a segment (rows, T), not longer than {@link #segment}, behind what the memory knows. */
    Step<M> read(Tensor ids, M memory, Pass pass);

    /** Bytes of a memory. */
    long bytes(M memory);

    @Override default long contextLength() { return Long.MAX_VALUE; }

    /** Segment by segment. */
    @Override default Tensor logits(Tensor ids, Pass pass) {
        if (ids.rank() != 2) throw new ShapeException(getClass().getSimpleName() + ": ids " + ids.shape() + "; they are (batch, T)");
        var memory = empty((int) ids.size(0));
        var parts = new ArrayList<Tensor>();
        for (long at = 0; at == 0 || at < ids.size(1); at += segment()) {
            var step = read(ids.narrow(1, at, Math.min(segment(), ids.size(1) - at)), memory, pass);
            parts.add(step.logits);
            memory = step.memory;
        }
        return parts.size() == 1 ? parts.getFirst() : Tensor.concat(1, parts.toArray(Tensor[]::new));
    }

    /** Mean of {@code -log p} of each id but the first of a text of any length, in one go over its segments: no more than one and the memory is held. */
    default double evaluate(int[] text, Progress progress) {
        if (text.length < 2) throw new IllegalArgumentException("evaluate: a text of " + text.length + " ids; at least 2");
        return Autograd.noGrad(() -> {
            var memory = empty(1);
            double sum = 0;
            int count = text.length - 1;
            for (int at = 0; at < count; at += segment()) {
                progress.step("evaluation", at, count);
                int n = Math.min(segment(), count - at);
                var step = read(Tensor.of(Arrays.copyOfRange(text, at, at + n), 1, n), memory, Pass.inference());
                sum += n * new CrossEntropy().of(step.logits.squeeze(0), Tensor.of(Arrays.copyOfRange(text, at + 1, at + n + 1))).item();
                memory = step.memory;
            }
            return sum / count;
        });
    }

    @Override default Decoding begin() { return new SegmentDecoding<>(this, List.of()); }
}
