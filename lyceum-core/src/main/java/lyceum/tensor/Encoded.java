package lyceum.tensor;

/**
 * A tensor's numbers as codes of a {@link NumberFormat}, packed without gaps, with a scale for each block if {@link Microscaling} made it.
 * Immutable.
 */
public final class Encoded {
    private final NumberFormat format;
    private final Shape shape;
    private final PackedCodes codes;
    private final byte[] scales;
    private final int block;

    Encoded(NumberFormat format, Shape shape, PackedCodes codes, byte[] scales, int block) {
        this.format = format;
        this.shape = shape;
        this.codes = codes;
        this.scales = scales;
        this.block = block;
    }

    public NumberFormat format() { return format; }

    public Shape shape() { return shape; }

    /** Code of element {@code i}, counted along the last axis first. */
    public int code(int i) { return codes.get(i); }

    /** Bytes of all codes and scales. */
    public long bytes() { return codes.size() + (scales == null ? 0L : scales.length); }

    /** The codes as they lie in memory: lowest bits first. A copy. */
    public byte[] codes() { return codes.toArray(); }

    /** E8M0 scales of the blocks, each {@code 2^(code - 127)}, 255 for NaN; empty without blocks. A copy. */
    public byte[] scales() { return scales == null ? new byte[0] : scales.clone(); }

    /** The values in F32, which holds all of them. */
    public Tensor decode() {
        var table = new double[format.codes()];
        for (int c = 0; c < table.length; c++) table[c] = format.decode(c);
        var values = new float[codes.count()];
        int last = shape.rank() == 0 ? 1 : (int) shape.size(-1);
        for (int i = 0, at = 0; i < values.length; at++) {
            int end = scales == null ? values.length : Math.min(i + block, (i / last + 1) * last);
            double scale = scales == null ? 1 : Microscaling.scale(scales[at] & 0xFF);
            for (; i < end; i++) values[i] = (float) (scale * table[codes.get(i)]);
        }
        return Tensor.of(values, shape.sizes());
    }

    @Override public String toString() { return "Encoded " + shape + " in " + format + ", " + bytes() + " bytes"; }
}
