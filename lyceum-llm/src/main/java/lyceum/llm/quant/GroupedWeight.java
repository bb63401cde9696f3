package lyceum.llm.quant;

import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.nn.StoredWeight;
import lyceum.tensor.Quantized;
import lyceum.tensor.Quantizer;
import lyceum.tensor.Tensor;

/**
 * A weight of 2 to 8 bits with a scale, and perhaps a zero point, for each group of inputs: {@code w = s (q - z)}. Codes stand one after the other without gaps,
 * each row from a byte of its own on; buffers are {@code codes} (outputs, bytes a row; U8), {@code scales} (outputs, groups; F32) and {@code zeros} (outputs,
 * groups; I8) where there are some. Immutable.
 */
public final class GroupedWeight extends StoredWeight {
    private final int bits, group;
    private final long inputs;
    private final Tensor codes, scales, zeros;

    private GroupedWeight(int bits, int group, long inputs, Tensor codes, Tensor scales, Tensor zeros) {
        this.bits = bits;
        this.group = group;
        this.inputs = inputs;
        this.codes = codes;
        this.scales = scales;
        this.zeros = zeros;
    }

    /** The same numbers, packed by row. @throws ShapeException unless it is a matrix that is quantised by groups */
    public static GroupedWeight of(Quantized matrix) {
        var how = matrix.quantizer();
        if (matrix.shape().rank() != 2 || !(how.sharing() instanceof Quantizer.Sharing.Group(int group)))
            throw new ShapeException("GroupedWeight: " + matrix + "; it is a matrix with scales by group");
        int rows = (int) matrix.shape().size(0), columns = (int) matrix.shape().size(1), bits = how.bits(),
                bytes = (columns * bits + 7) / 8;
        var q = matrix.integers().to(DType.I32).toIntArray();
        var packed = new int[rows * bytes];
        for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) {
            int code = q[i * columns + j] & (1 << bits) - 1, at = j * bits, b = i * bytes + at / 8, shifted = code << at % 8;
            packed[b] |= shifted & 0xFF;
            if (shifted > 0xFF) packed[b + 1] |= shifted >> 8;
        }
        int groups = (columns + group - 1) / group;
        return new GroupedWeight(bits, group, columns, Tensor.of(packed, rows, bytes).to(DType.U8).compute(),
                matrix.scales().reshape(rows, groups).compute(),
                how.symmetric() ? null : matrix.zeroPoints().to(DType.I8).reshape(rows, groups).compute());
    }

    /**
     * From its buffers, as a file holds them.
     *
     * @param zeros null for a symmetric grid
     * @throws FormatException if they do not fit each other
     */
    public static GroupedWeight stored(int bits, int group, long inputs, Tensor codes, Tensor scales, Tensor zeros) {
        if (bits < 2 || bits > 8 || group < 1 || inputs < 1)
            throw new FormatException("GroupedWeight: " + bits + " bits in groups of " + group + " of " + inputs + " inputs");
        long rows = codes.rank() == 2 ? codes.size(0) : -1, bytes = (inputs * bits + 7) / 8, groups = (inputs + group - 1) / group;
        need("codes", codes, DType.U8, rows, bytes);
        need("scales", scales, DType.F32, rows, groups);
        if (zeros != null) need("zeros", zeros, DType.I8, rows, groups);
        return new GroupedWeight(bits, group, inputs, codes, scales, zeros);
    }

    private static void need(String name, Tensor buffer, DType type, long rows, long columns) {
        if (buffer.dtype() != type || buffer.rank() != 2 || buffer.size(0) != rows || buffer.size(1) != columns)
            throw new FormatException("GroupedWeight: " + name + " are " + buffer.dtype() + " " + buffer.shape() + "; they are " + type
                    + " (" + rows + ", " + columns + ")");
    }

    public int bits() { return bits; }

    /** Inputs that share a scale. */
    public int group() { return group; }

    @Override public long outputs() { return codes.size(0); }

    @Override public long inputs() { return inputs; }

    /** All bits over all weights. */
    public double bitsPerWeight() { return 8.0 * bytes() / (outputs() * inputs); }

    @Override public Tensor rows(long from, long to) {
        int n = (int) (to - from), columns = (int) inputs, bytes = (int) codes.size(1), groups = (int) scales.size(1);
        var q = codes.narrow(0, from, n).to(DType.I32).toIntArray();
        var s = scales.narrow(0, from, n).toFloatArray();
        var z = zeros == null ? null : zeros.narrow(0, from, n).to(DType.I32).toIntArray();
        var w = new float[n * columns];
        for (int i = 0; i < n; i++) for (int j = 0; j < columns; j++) {
            int at = j * bits, b = i * bytes + at / 8, value = q[b] >> at % 8;
            if (at % 8 + bits > 8) value |= q[b + 1] << 8 - at % 8;
            int code = value << 32 - bits >> 32 - bits, g = i * groups + j / group;
            w[i * columns + j] = s[g] * (code - (z == null ? 0 : z[g]));
        }
        return Tensor.of(w, n, columns);
    }
}
