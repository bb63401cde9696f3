package lyceum.data;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Sequences of different lengths as one rectangle of ids, filled up with a padding id, and the masks that make the filler harmless.
 *
 * {@snippet :
 * var batch = new PadCollator(0).collate(List.of(new int[] {5, 6}, new int[] {7, 8, 9}));
 * batch.ids();          // ((5, 6, 0), (7, 8, 9))
 * var y = attention.forward(x, x, new Attention().withCausal(true).withBias(batch.keyMask()), pass);
 * var loss = new CrossEntropy().of(logits, batch.targets());     // filler counts nowhere
 * }
 *
 * <p>Pad right to train. Pad left to generate: the next token is then read off the last column in every row. Batches of similar lengths:
 * {@link Sampler#byLength}.
 *
 * @param padId the filler, which may be an id that the text uses too: masks tell them apart
 * @param side where it goes; right by default
 * @param multiple the width is rounded up to a multiple of this; 1 by default
 * @param maximum longer sequences are cut; 0, as by default, is no maximum
 * @param cut the side that a longer sequence loses; right by default
 */
@Withers
public record PadCollator(int padId, Side side, int multiple, int maximum, Side cut) implements PadCollatorWithers {

    /** Of a sequence. */
    public enum Side {
        /** Before the first token. */
        LEFT,
        /** After the last. */
        RIGHT
    }

    public PadCollator {
        Objects.requireNonNull(side, "side");
        Objects.requireNonNull(cut, "cut");
        if (multiple < 1 || maximum < 0) throw new IllegalArgumentException(
                "PadCollator: multiple " + multiple + ", maximum " + maximum + "; the first is at least 1, the second at least 0");
        if (maximum > 0 && maximum % multiple != 0)
            throw new IllegalArgumentException("PadCollator: maximum " + maximum + " is not a multiple of " + multiple);
    }

    public PadCollator(int padId) { this(padId, Side.RIGHT, 1, 0, Side.RIGHT); }

    /**
     * @throws IllegalArgumentException if there are no sequences, or one is empty: a row of filler alone would be NaN in a softmax
     */
    public PaddedBatch collate(List<int[]> sequences) {
        if (sequences.isEmpty()) throw new IllegalArgumentException("PadCollator.collate: no sequences");
        int rows = sequences.size(), longest = 0, from = 0;
        var kept = new int[rows][];
        for (int i = 0; i < rows; i++) {
            kept[i] = cut(sequences.get(i));
            if (kept[i].length == 0)
                throw new IllegalArgumentException("PadCollator.collate: sequence " + i + " is empty; drop it, or give it an end mark");
            longest = Math.max(longest, kept[i].length);
        }
        int width = Math.ceilDiv(longest, multiple) * multiple;
        long[] ids = new long[rows * width], positions = new long[rows * width], lengths = new long[rows];
        var mask = new boolean[rows * width];
        Arrays.fill(ids, padId);
        for (int i = 0; i < rows; i++) {
            lengths[i] = kept[i].length;
            from = i * width + (side == Side.LEFT ? width - kept[i].length : 0);
            for (int t = 0; t < kept[i].length; t++) {
                ids[from + t] = kept[i][t];
                positions[from + t] = t;
                mask[from + t] = true;
            }
        }
        return new PaddedBatch(Tensor.of(ids).reshape(rows, width), Tensor.of(mask).reshape(rows, width),
                Tensor.of(positions).reshape(rows, width), Tensor.of(lengths));
    }

    private int[] cut(int[] sequence) {
        if (maximum == 0 || sequence.length <= maximum) return sequence;
        return cut == Side.RIGHT ? Arrays.copyOf(sequence, maximum)
                : Arrays.copyOfRange(sequence, sequence.length - maximum, sequence.length);
    }
}
