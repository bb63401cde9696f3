package lyceum.llm.quant;

import java.util.function.IntFunction;
import lyceum.withers.Withers;

/**
 * How keys and values are kept in a few bits: {@code x = s q + z} with a step s and, where it is not symmetric, an offset z for each group of values.
 *
 * {@snippet :
 * var decoding = model.begin(KvQuantization.kivi(2, 32).caches());
 * var careful = model.begin(KvQuantization.perToken(8, 32).withRecent(16).caches());
 * double bits = KvQuantization.perToken(4, 32).bitsPerValue(128, 128);             // 5
 * }
 *
 * <p>A symmetric group's step is its largest magnitude over {@code 2^(b-1) - 1}; another's is its range over {@code 2^b - 1} and its offset the least value.
 * Codes are rounded with regard to the step as it is stored. Keys are kept as they are scored, after they were turned.
 *
 * @param keyBits 2, 4 or 8
 * @param valueBits 2, 4 or 8
 * @param symmetric without an offset
 * @param keys which keys share a step
 * @param values which values share a step
 * @param group values that share one; a run of channels is at most a head
 * @param recent latest positions that stay as they came; those of a group of tokens that is not full wait there too
 * @param halfScales steps and offsets in F16, as KIVI has them; else F32
 * @see <a href="https://arxiv.org/abs/2402.02750">Liu et al. (2024): KIVI</a>
 */
@Withers
public record KvQuantization(int keyBits, int valueBits, boolean symmetric, Grouping keys, Grouping values, int group, int recent,
        boolean halfScales) implements KvQuantizationWithers {

    /** What shares a step. */
    public enum Grouping {
        /** All channels of a head at one position. */
        HEAD,
        /** Runs of channels of a head at one position. */
        TOKEN,
        /** Runs of positions in one channel: for keys, a few channels of which are large everywhere. */
        CHANNEL
    }

    public KvQuantization {
        for (int bits : new int[] {keyBits, valueBits})
            if (bits != 2 && bits != 4 && bits != 8) throw new IllegalArgumentException("KvQuantization: " + bits + " bits; 2, 4 or 8");
        if (group < 1 || recent < 0)
            throw new IllegalArgumentException("KvQuantization: groups of " + group + " and " + recent + " recent positions");
    }

    /** A step and an offset for each run of channels at each position, none recent. */
    public static KvQuantization perToken(int bits, int group) {
        return new KvQuantization(bits, bits, false, Grouping.TOKEN, Grouping.TOKEN, group, 0, true);
    }

    /** Keys by channel along positions, values by position along channels, none recent. */
    public static KvQuantization kivi(int bits, int group) { return perToken(bits, group).withKeys(Grouping.CHANNEL); }

    /** A cache of one layer. */
    public QuantizedKvCache cache() { return new QuantizedKvCache(this); }

    /** One of each layer, as {@link lyceum.llm.DecoderLM#begin(IntFunction)} takes them. */
    public IntFunction<QuantizedKvCache> caches() { return layer -> cache(); }

    /** Bytes of a position's step, and its offset. */
    int groupBytes() { return (halfScales ? 2 : 4) * (symmetric ? 1 : 2); }

    /** Bytes of n packed positions of one head of d channels; n is a multiple of the group where that runs along positions. */
    static long packedBytes(long n, int d, int bits, Grouping grouping, int group, int groupBytes) {
        long groups = switch (grouping) {
            case HEAD -> n;
            case TOKEN -> n * ((d + group - 1) / group);
            case CHANNEL -> n / group * d;
        };
        return n * ((d * bits + 7) / 8) + groups * groupBytes;
    }

    /** Positions of n that are packed: all but the recent, and whole groups of them. */
    long packed(long n, Grouping grouping) {
        long old = Math.max(0, n - recent);
        return grouping == Grouping.CHANNEL ? old / group * group : old;
    }

    /**
     * Bytes that n positions of one head take: codes, steps and offsets of the packed, 4 for each number of the others.
     *
     * @param d channels of a key @param e channels of a value
     */
    public long bytes(long n, int d, int e) {
        long k = packed(n, keys), v = packed(n, values);
        return packedBytes(k, d, keyBits, keys, group, groupBytes()) + packedBytes(v, e, valueBits, values, group, groupBytes())
                + 4 * ((n - k) * d + (n - v) * e);
    }

    /** Bits for each number of a long text, the recent left out. */
    public double bitsPerValue(int d, int e) {
        long n = 8L * group;
        return 8.0 * (packedBytes(n, d, keyBits, keys, group, groupBytes()) + packedBytes(n, e, valueBits, values, group, groupBytes()))
                / (n * (d + e));
    }
}
