package lyceum.backend.quant;

/**
 * A block of weights as integers and scales: weight {@code i} of group {@code g} is {@code scale[g] (code[i] - offset) - minimum[g]}.
 *
 * <p>Scales and minima are exact: an F16 number times an integer of at most 8 bits has room in F32.
 */
public final class Codes {
    /** Unsigned, at most 255. */
    public final int[] code;
    public final float[] scale;
    public final float[] minimum;
    public int offset;

    public Codes(BlockFormat format) {
        code = new int[format.blockLength()];
        scale = new float[format.blockLength() / format.groupLength()];
        minimum = new float[scale.length];
    }

    /** Writes what the block means, for every format alike. */
    void values(float[] to, int start) {
        int group = code.length / scale.length;
        for (int i = 0; i < code.length; i++) to[start + i] = scale[i / group] * (code[i] - offset) - minimum[i / group];
    }
}
