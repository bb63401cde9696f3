package lyceum.backend.quant;

/**
 * How the activations of a product with quantised weights are taken. Each block of {@value #BLOCK} of them is written as a step times
 * integers, so that the sums of products are exact integers; the step is the block's largest magnitude over the largest integer.
 *
 * <p>Weights in a float format (F16, BF16, F32) take the activations as they are, whatever is asked for. But beside {@link #Q8} a product of many rows with weights in F16 or
 * BF16 may be {@link lyceum.backend.Precision#F32_SPLIT3}, where that is faster.
 */
public enum Activations {
    /** 24-bit integers: a value moves by at most 2<sup>-24</sup> of its block's largest, less than a sum in F32 loses. The default. */
    F32(3),
    /** 16-bit integers: at most 2<sup>-16</sup> of the block's largest; finer than activations in F16 or BF16. */
    Q16(2),
    /**
     * 8-bit integers, as llama.cpp computes: at most 1/236 of the block's largest. Beside weights in super-blocks of {@value #SUPER_BLOCK} so many activations
     * share a step; steps of shorter blocks have the 11 bits of F16, though not its bounds.
     */
    Q8(1);

    /** Activations that share a step; of {@link #Q8} beside super-blocks of weights it is theirs. */
    public static final int BLOCK = 32, SUPER_BLOCK = 256;

    /** Rows that reach this magnitude, or hold NaN, are multiplied in plain F32, so that infinities travel as IEEE says. */
    public static final float LIMIT = 0x1p100f;

    /** What {@link #integers} rounds a step by: one more than a power of two. */
    public static final float SPLIT = (1 << 13) + 1;

    private final int digits;
    private final int largest;

    Activations(int digits) {
        this.digits = digits;
        int n = 127;
        for (int i = 1; i < digits; i++) n = n * 256 + 127;
        this.largest = n;
    }

    /** Number of signed bytes of an integer. */
    public int digits() { return digits; }

    /** The largest integer whose bytes all lie in -127 .. 127: 127, 32639 or 8355711. */
    public int largest() { return largest; }

    /** True if a row whose largest magnitude this is fits. */
    public static boolean fit(float largest) { return Float.floatToRawIntBits(largest) < Float.floatToRawIntBits(LIMIT); }

    /** True if every value of the row is finite and below {@link #LIMIT}, so that integers can stand for it. */
    public static boolean fit(float[] x, int from, int n) {
        int largest = 0; // of the bits without sign, which order floats, infinity and NaN
        for (int i = from; i < from + n; i++) largest = Math.max(largest, Float.floatToRawIntBits(x[i]) & Integer.MAX_VALUE);
        return largest < Float.floatToRawIntBits(LIMIT);
    }

    /** How many activations share a step beside weights in blocks of so many. */
    public int stepLength(int blockLength) { return this == Q8 && blockLength == SUPER_BLOCK ? SUPER_BLOCK : BLOCK; }

    /**
     * Writes n values, a {@link #stepLength}, as integers, nearest, ties to even, and returns the step. It is a normal float, so that its reciprocal is finite.
     */
    public float integers(float[] x, int from, int n, int[] to) {
        float max = 0;
        for (int i = 0; i < n; i++) max = Math.max(max, Math.abs(x[from + i]));
        float least = largest * Float.MIN_NORMAL, step, inverse;
        if (this == Q8) {
            max = Math.max(max, least);
            inverse = largest / max;
            step = n == BLOCK ? halved(max / largest) : 1 / inverse;
        } else {
            step = Math.max(max / largest, Float.MIN_NORMAL);
            inverse = 1 / step;
        }
        // The clamp: the largest value over the step can round to one more than the largest integer.
        for (int i = 0; i < n; i++) to[i] = Math.clamp((int) Math.rint(x[from + i] * inverse), -largest, largest);
        return step;
    }

    /** The nearest number of 11 bits (Veltkamp 1968), as F16 has them. */
    private static float halved(float x) {
        float high = x * SPLIT;
        return high - (high - x);
    }

    /** The lowest signed byte of {@code n}; {@code (n - digit(n)) >> 8} is what remains. */
    public static byte digit(int n) { return (byte) n; }
}
