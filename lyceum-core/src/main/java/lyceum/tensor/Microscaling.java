package lyceum.tensor;

import lyceum.DType;
import lyceum.tensor.NumberFormat.Overflow;

/**
 * Blocks of numbers in a small format that share a power of two: {@code x_i = 2^(s - 127) e_i}. The shared exponent is
 * {@code floor(log2 max |x|) - emax}, emax being the exponent of the element format's largest number; it is kept within -127 .. 127 and stored
 * as E8M0. Elements are rounded after division by it and saturate. Blocks lie along the last axis; the last of a row may be shorter.
 *
 * <p>A block of zeros has the smallest scale. One that holds NaN or an infinity has the scale NaN, and all of it is read as NaN.
 *
 * @param element format of the numbers in a block
 * @param block numbers that share a scale
 * @param rounding of the elements
 * @see <a href="https://arxiv.org/abs/2310.10537">Rouhani and others (2023)</a>, algorithm 1
 */
public record Microscaling(NumberFormat element, int block, Rounding rounding) {
    public static final Microscaling MXFP8_E4M3 = of(NumberFormat.E4M3);
    public static final Microscaling MXFP8_E5M2 = of(NumberFormat.E5M2);
    public static final Microscaling MXFP4 = of(NumberFormat.E2M1);

    private static final int BIAS = 127, NAN = 255;

    /** @throws IllegalArgumentException for a block of less than one number */
    public Microscaling {
        if (block < 1) throw new IllegalArgumentException("Microscaling: blocks of " + block + " numbers; at least 1");
    }

    /** Blocks of 32, nearest, halves to even. */
    public static Microscaling of(NumberFormat element) { return new Microscaling(element, 32, Rounding.NEAREST_EVEN); }

    public Microscaling withRounding(Rounding rounding) { return new Microscaling(element, block, rounding); }

    /** Bits a number with its part of the scale: 4.25 for MXFP4. */
    public double bitsPerElement() { return element.bits() + 8.0 / block; }

    public Encoded encode(Tensor x) {
        var values = x.detach().to(DType.F64).toDoubleArray();
        var codes = new PackedCodes(element.bits(), values.length);
        int last = x.rank() == 0 ? 1 : (int) x.size(-1), rows = last == 0 ? 0 : values.length / last, perRow = (last + block - 1) / block;
        var scales = new byte[rows * perRow];
        for (int row = 0, b = 0; row < rows; row++) {
            for (int from = 0; from < last; from += block, b++) {
                int start = row * last + from, end = row * last + Math.min(last, from + block);
                int scale = scaleOf(values, start, end);
                scales[b] = (byte) scale;
                if (scale == NAN) continue;
                for (int i = start; i < end; i++) codes.set(i, element.encode(values[i] / scale(scale), rounding, Overflow.SATURATE));
            }
        }
        return new Encoded(element, x.shape(), codes, scales, block);
    }

    private int scaleOf(double[] values, int from, int to) {
        double max = 0;
        for (int i = from; i < to; i++) max = Math.max(max, Math.abs(values[i])); // NaN stays NaN
        if (!Double.isFinite(max)) return NAN;
        return max == 0 ? 0 : BIAS + Math.clamp(Math.getExponent(max) - element.maxExponent(), -BIAS, BIAS);
    }

    /** The number that an E8M0 code means. */
    static double scale(int code) { return code == NAN ? Double.NaN : Math.scalb(1.0, code - BIAS); }

    @Override public String toString() { return "MX " + element + " by " + block; }
}
