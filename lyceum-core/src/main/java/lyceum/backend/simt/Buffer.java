package lyceum.backend.simt;

/** An array in the device's global memory, as its words; what a kernel's pointer points to. */
public final class Buffer {
    private final Type type;
    private final int[] words;

    private Buffer(Type type, int[] words) {
        this.type = type;
        this.words = words;
    }

    /** These numbers, copied. */
    public static Buffer of(float... values) {
        var buffer = floats(values.length);
        for (int i = 0; i < values.length; i++) buffer.words[i] = Float.floatToRawIntBits(values[i]);
        return buffer;
    }

    /** These numbers, copied. */
    public static Buffer of(int... values) { return new Buffer(Type.I32, values.clone()); }

    /** {@code n} zeros of F32. */
    public static Buffer floats(int n) { return new Buffer(Type.F32, new int[n]); }

    /** {@code n} zeros of I32. */
    public static Buffer ints(int n) { return new Buffer(Type.I32, new int[n]); }

    public Type type() { return type; }

    /** Elements. */
    public int length() { return words.length; }

    /** The elements' bits, shared with the caller: what a device copies in and out. */
    public int[] words() { return words; }

    /** A copy. @throws IllegalArgumentException if the elements are I32 */
    public float[] toFloats() {
        if (type != Type.F32) throw new IllegalArgumentException("toFloats of a buffer of I32; toInts() reads it");
        var values = new float[words.length];
        for (int i = 0; i < values.length; i++) values[i] = Float.intBitsToFloat(words[i]);
        return values;
    }

    /** A copy. @throws IllegalArgumentException if the elements are F32 */
    public int[] toInts() {
        if (type != Type.I32) throw new IllegalArgumentException("toInts of a buffer of F32; toFloats() reads it");
        return words.clone();
    }
}
