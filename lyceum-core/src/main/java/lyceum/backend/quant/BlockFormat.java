package lyceum.backend.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A format of weights in blocks: the layout of a block's bytes and what they mean. Rows are blocks one after the other.
 *
 * <p>All but the INT4 groups have exactly the bytes of GGUF files, so that those can be mapped. Float formats are blocks of one. Products with Q8_0, Q4_0, Q4_K, Q5_K and
 * Q6_K are machine code where there is some; those with the others are plain loops, which give the same bits.
 */
public sealed interface BlockFormat permits Floats, Q8_0, Q4_0, FlatBlock, Iq4Nl, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Int4 {
    BlockFormat F32 = Floats.F32;
    BlockFormat F16 = Floats.F16;
    BlockFormat BF16 = Floats.BF16;
    /** 32 signed bytes and an F16 scale. */
    BlockFormat Q8_0 = new Q8_0();
    /** 32 codes of 4 bits, 0 meaning -8, and an F16 scale. */
    BlockFormat Q4_0 = new Q4_0();
    /** 32 codes of 4 bits, an F16 scale and an F16 minimum. */
    BlockFormat Q4_1 = new FlatBlock("Q4_1", false, true);
    /** 32 codes of 5 bits, 0 meaning -16, and an F16 scale. */
    BlockFormat Q5_0 = new FlatBlock("Q5_0", true, false);
    /** 32 codes of 5 bits, an F16 scale and an F16 minimum. */
    BlockFormat Q5_1 = new FlatBlock("Q5_1", true, true);
    /** 32 codes of 4 bits that name integers denser near 0, and an F16 scale. */
    BlockFormat IQ4_NL = new Iq4Nl();
    /** 256 codes of 2 bits; each 16 have a scale and a minimum of 4 bits, which two F16 numbers scale. */
    BlockFormat Q2_K = new Q2_K();
    /** 256 codes of 3 bits, 0 meaning -4; each 16 have a signed scale of 6 bits, which an F16 number scales. */
    BlockFormat Q3_K = new Q3_K();
    /** 256 codes of 4 bits; each 32 have a scale and a minimum of 6 bits, which two F16 numbers scale. */
    BlockFormat Q4_K = new Q4_K();
    /** As {@link #Q4_K}, codes of 5 bits. */
    BlockFormat Q5_K = new Q5_K();
    /** 256 codes of 6 bits, 0 meaning -32; each 16 have a signed scale of 8 bits, which an F16 number scales. */
    BlockFormat Q6_K = new Q6_K();

    /** Groups of 32, 64 or 128 codes of 4 bits with an F16 scale; without a zero point code 0 means -8. @see Int4 */
    static BlockFormat int4(int group, boolean zeroPoint) { return new Int4(group, zeroPoint); }

    /** The formats that GGUF knows by name, the float ones among them. */
    static List<BlockFormat> named() { return List.of(F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, IQ4_NL, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K); }

    /** As GGUF calls it: {@code Q4_K}. */
    String name();

    /** Weights in a block. */
    int blockLength();

    /** Bytes of a block. */
    int blockBytes();

    /** Weights that share a scale: 16 or a multiple of 32; 1 for floats. */
    int groupLength();

    /** Quantises {@code blockLength()} weights, each to the nearest code. The values are finite. */
    void quantise(float[] x, int from, MemorySegment to, long at);

    /** The weights of a block, as floats: {@code scale (code - offset) - minimum}, each product rounded once. */
    void dequantise(MemorySegment from, long at, float[] to, int start);

    /** A block as integers and scales. Not for float formats, which have none. */
    void decode(MemorySegment from, long at, Codes to);

    /** Offset in a block of each of its F16 numbers: the bytes that a reader of foreign files must find finite. */
    int[] halves();

    default boolean isFloat() { return false; }

    default double bitsPerWeight() { return 8.0 * blockBytes() / blockLength(); }

    /** Bytes of a row of {@code k} weights. @throws IllegalArgumentException unless k is whole blocks */
    default long rowBytes(long k) {
        if (k < 0 || k % blockLength() != 0) throw new IllegalArgumentException(
                name() + ": a row of " + k + " weights does not divide into blocks of " + blockLength() + "; pad it, or take F16");
        return Math.multiplyExact(k / blockLength(), (long) blockBytes());
    }

    /** Quantises a row. */
    default void quantiseRow(float[] x, int from, int k, MemorySegment to, long at) {
        for (int i = 0; i < k; i += blockLength(), at += blockBytes()) quantise(x, from + i, to, at);
    }

    default void dequantiseRow(MemorySegment from, long at, int k, float[] to, int start) {
        for (int i = 0; i < k; i += blockLength(), at += blockBytes()) dequantise(from, at, to, start + i);
    }

    /** Little-endian access at any address: blocks of 18 or 210 bytes keep no alignment. */
    ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The F16 number at {@code at}. */
    static float half(MemorySegment from, long at) { return Float.float16ToFloat(from.get(SHORT, at)); }

    /** Stores {@code x} as F16 and returns what was stored. @throws IllegalArgumentException beyond F16's range */
    static float putHalf(MemorySegment to, long at, float x, BlockFormat format) {
        short bits = Float.floatToFloat16(x);
        float stored = Float.float16ToFloat(bits);
        if (!(Math.abs(stored) <= 65504)) throw new IllegalArgumentException(
                format.name() + ": a scale of " + x + " is beyond F16, in which scales are stored; divide the weights by a power of two");
        to.set(SHORT, at, bits);
        return stored;
    }

    static int unsigned(MemorySegment from, long at) { return from.get(ValueLayout.JAVA_BYTE, at) & 0xFF; }
}
