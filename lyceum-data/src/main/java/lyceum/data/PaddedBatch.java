package lyceum.data;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * What {@link PadCollator} makes.
 *
 * @param ids (rows, width), I64
 * @param mask (rows, width), BOOL: true on tokens, false on filler
 * @param positions (rows, width), I64: a row's tokens count from 0, wherever they begin; filler has 0
 * @param lengths (rows), I64: tokens of each row
 */
public record PaddedBatch(Tensor ids, Tensor mask, Tensor positions, Tensor lengths) {
    /** The target that a loss leaves out: {@code CrossEntropy}'s own default. */
    public static final long IGNORED = -100;

    /** Rows. */
    public int rows() { return (int) ids.size(0); }

    /** Slots a row. */
    public int width() { return (int) ids.size(1); }

    /** The share of slots that hold filler. */
    public double waste() { return 1 - lengths.to(DType.F64).sum().item() / ids.count(); }

    /** For {@code Attention.withBias}: (rows, 1, 1, width), false on filler, which no query then sees. */
    public Tensor keyMask() { return mask.reshape(rows(), 1, 1, width()); }

    /** The next token of every token, (rows, width), I64; {@link #IGNORED} on filler and on each row's last token. */
    public Tensor targets() { return targets(new int[rows()]); }

    /**
     * As {@link #targets()}, where the first {@code prompts[i]} tokens of row i are not learned: a prompt is read, its answer is learned.
     */
    public Tensor targets(int... prompts) {
        int rows = rows(), width = width();
        if (prompts.length != rows) throw new ShapeException("PaddedBatch.targets: " + prompts.length + " prompts for " + rows + " rows");
        long[] token = ids.toLongArray(), at = positions.toLongArray(), next = new long[token.length];
        var real = mask.toBooleanArray();
        for (int i = 0; i < next.length; i++)
            next[i] = (i + 1) % width != 0 && real[i] && real[i + 1] && at[i + 1] >= prompts[i / width] ? token[i + 1] : IGNORED;
        return Tensor.of(next).reshape(rows, width);
    }

    /** The column of each row's last token, (rows), I64: where the next one is predicted. */
    public Tensor lastColumns() {
        var real = mask.toBooleanArray();
        var last = new long[rows()];
        for (int i = 0; i < real.length; i++) if (real[i]) last[i / width()] = i % width();
        return Tensor.of(last);
    }
}
