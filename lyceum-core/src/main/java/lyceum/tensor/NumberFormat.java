package lyceum.tensor;

import java.util.List;
import lyceum.DType;

/**
 * A float format of at most 16 bits, bit for bit: a sign, {@code exponentBits}, then {@code mantissaBits}. With exponent field e, mantissa
 * field m of M bits and bias b the value is {@code 2^(e - b) (1 + m / 2^M)}, and for e = 0 it is {@code 2^(1 - b) m / 2^M}.
 *
 * {@snippet :
 * int code = NumberFormat.E4M3.encode(0.3);               // 0x2A
 * double value = NumberFormat.E4M3.decode(code);          // 0.3125
 * Encoded small = NumberFormat.E5M2.encode(gradients, Rounding.stochastic(rng), NumberFormat.Overflow.SATURATE);
 * }
 *
 * @param name as the field writes it
 * @param exponentBits at least 2
 * @param mantissaBits at least 1
 * @param specials which codes are not numbers
 * @see <a href="https://arxiv.org/abs/2209.05433">Micikevicius and others (2022)</a>
 * @see <a href="https://www.opencompute.org/documents/ocp-microscaling-formats-mx-v1-0-spec-final-pdf">OCP Microscaling Formats 1.0</a>
 */
public record NumberFormat(String name, int exponentBits, int mantissaBits, Specials specials) {
    public static final NumberFormat BF16 = new NumberFormat("bf16", 8, 7, Specials.IEEE);
    public static final NumberFormat FP16 = new NumberFormat("fp16", 5, 10, Specials.IEEE);
    /** Largest value 448; no infinity. PyTorch's {@code float8_e4m3fn}. */
    public static final NumberFormat E4M3 = new NumberFormat("fp8 E4M3", 4, 3, Specials.ONE_NAN);
    /** Largest value 57,344. PyTorch's {@code float8_e5m2}. */
    public static final NumberFormat E5M2 = new NumberFormat("fp8 E5M2", 5, 2, Specials.IEEE);
    /** 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives; neither infinity nor NaN. */
    public static final NumberFormat E2M1 = new NumberFormat("fp4 E2M1", 2, 1, Specials.NONE);

    /** Which codes of a format are set aside. */
    public enum Specials {
        /** All with the largest exponent: infinity with mantissa 0, NaN with any other. */
        IEEE,
        /** The one with all bits of exponent and mantissa set is NaN; there is no infinity. */
        ONE_NAN,
        /** None: every code is a finite number. */
        NONE
    }

    /** What becomes of numbers that are beyond the largest after rounding. */
    public enum Overflow {
        /** Infinity, or NaN where the format has none; the largest number where it has neither. As PyTorch's eager casts did until 2026. */
        SPECIAL,
        /** The largest number with that sign, for infinities too; NaN stays NaN. */
        SATURATE
    }

    public NumberFormat {
        if (exponentBits < 2 || mantissaBits < 1 || exponentBits + mantissaBits > 15) throw new IllegalArgumentException("NumberFormat: "
                + exponentBits + " bits of exponent, " + mantissaBits + " of mantissa; at least 2 and 1, together at most 15");
    }

    /** The formats named here, from wide to narrow. */
    public static List<NumberFormat> named() { return List.of(BF16, FP16, E4M3, E5M2, E2M1); }

    /** Bits of a code, the sign among them. */
    public int bits() { return 1 + exponentBits + mantissaBits; }

    /** Number of codes. */
    public int codes() { return 1 << bits(); }

    public int bias() { return (1 << exponentBits - 1) - 1; }

    /** The largest finite number. */
    public double max() { return decode(maxCode()); }

    /** The smallest positive number whose mantissa has its leading one. */
    public double minNormal() { return Math.scalb(1.0, 1 - bias()); }

    /** The smallest positive number. */
    public double minPositive() { return Math.scalb(1.0, 1 - bias() - mantissaBits); }

    /** The distance from 1 to the next number above. */
    public double epsilon() { return Math.scalb(1.0, -mantissaBits); }

    /** The exponent of the largest number: 8 for E4M3, 15 for E5M2, 2 for E2M1. */
    public int maxExponent() { return (maxCode() >> mantissaBits) - bias(); }

    private int maxCode() {
        int all = (1 << exponentBits + mantissaBits) - 1;
        return switch (specials) {
            case IEEE -> all - (1 << mantissaBits);
            case ONE_NAN -> all - 1;
            case NONE -> all;
        };
    }

    /** The value of a code; of one that is set aside, infinity or NaN. Exact. */
    public double decode(int code) {
        int magnitude = code & codes() / 2 - 1;
        double value = magnitude > maxCode() ? special(magnitude) : finite(magnitude);
        return (code & codes() / 2) == 0 ? value : -value;
    }

    private double special(int magnitude) {
        return specials == Specials.IEEE && magnitude == maxCode() + 1 ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    private double finite(int magnitude) {
        int e = magnitude >> mantissaBits, m = magnitude & (1 << mantissaBits) - 1;
        return Math.scalb((double) (e == 0 ? m : m + (1 << mantissaBits)), Math.max(e, 1) - bias() - mantissaBits);
    }

    /** The code of the nearest number, halves to the even one, {@link Overflow#SPECIAL}. */
    public int encode(double x) { return encode(x, Rounding.NEAREST_EVEN, Overflow.SPECIAL); }

    /**
     * The code of a number next to {@code x}. {@link Rounding#TOWARD_ZERO} never takes a finite number beyond the largest.
     *
     * @throws IllegalArgumentException for NaN where the format has none
     */
    public int encode(double x, Rounding rounding, Overflow overflow) {
        int sign = Double.doubleToRawLongBits(x) < 0 ? codes() / 2 : 0;
        if (x != x) return sign | nan();
        double a = Math.abs(x);
        if (a == Double.POSITIVE_INFINITY) return sign | beyond(overflow);
        // One step of the grid around x is 2^e / 2^M. Rounding up to a power of two carries into the exponent field, as it should.
        int e = Math.max(Math.getExponent(a), 1 - bias());
        long code = ((long) (e + bias() - 1) << mantissaBits) + (long) rounding.round(Math.scalb(a, mantissaBits - e));
        if (code <= maxCode()) return sign | (int) code;
        return sign | (rounding == Rounding.TOWARD_ZERO ? maxCode() : beyond(overflow));
    }

    private int beyond(Overflow overflow) { return overflow == Overflow.SATURATE || specials == Specials.NONE ? maxCode() : maxCode() + 1; }

    private int nan() {
        return switch (specials) {
            case IEEE -> maxCode() + 1 | 1 << mantissaBits - 1;
            case ONE_NAN -> maxCode() + 1;
            case NONE -> throw new IllegalArgumentException(name + ": NaN cannot be written; fill it before");
        };
    }

    /** The finite numbers, ascending, 0 once. */
    public double[] values() {
        int top = maxCode();
        var values = new double[2 * top + 1];
        for (int code = 0; code <= top; code++) {
            values[top + code] = finite(code);
            values[top - code] = code == 0 ? 0 : -finite(code);
        }
        return values;
    }

    /** A tensor in this format, nearest, halves to even, {@link Overflow#SPECIAL}. */
    public Encoded encode(Tensor x) { return encode(x, Rounding.NEAREST_EVEN, Overflow.SPECIAL); }

    /** A tensor in this format, {@link #bits()} an element. */
    public Encoded encode(Tensor x, Rounding rounding, Overflow overflow) {
        var values = x.detach().to(DType.F64).toDoubleArray();
        var codes = new PackedCodes(bits(), values.length);
        for (int i = 0; i < values.length; i++) codes.set(i, encode(values[i], rounding, overflow));
        return new Encoded(this, x.shape(), codes, null, 0);
    }

    /** The values that a tensor has after a way through this format, in its dtype: fake quantisation. No gradient. */
    public Tensor round(Tensor x) { return encode(x).decode().to(x.dtype()); }

    @Override public String toString() { return name; }

    /** How far stored values are from exact ones. Where either is NaN or infinite the pair is left out. */
    public record Errors(double meanAbsolute, double maxAbsolute, double rootMeanSquareRelative) {

        /**
         * @param rootMeanSquareRelative is the root of the summed squares of the errors over that of the exact values
         */
        public Errors {}

        /** @throws IllegalArgumentException if the shapes differ */
        public static Errors of(Tensor exact, Tensor stored) {
            if (!exact.shape().equals(stored.shape()))
                throw new IllegalArgumentException("Errors: exact values " + exact.shape() + ", stored ones " + stored.shape());
            double[] x = exact.detach().toDoubleArray(), y = stored.detach().toDoubleArray();
            double sum = 0, max = 0, squares = 0, size = 0;
            int n = 0;
            for (int i = 0; i < x.length; i++) {
                double error = Math.abs(y[i] - x[i]);
                if (!Double.isFinite(error)) continue;
                n++;
                sum += error;
                max = Math.max(max, error);
                squares += error * error;
                size += x[i] * x[i];
            }
            return new Errors(sum / n, max, Math.sqrt(squares / size));
        }

        /** Signal to noise in decibels. */
        public double signalToNoise() { return -20 * Math.log10(rootMeanSquareRelative); }
    }
}
