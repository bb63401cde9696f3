package lyceum.data.dedup;

import lyceum.data.corpus.Words;

/**
 * 64 bits whose agreement tells the angle between two texts' word counts (Charikar 2002): each bit is the side of a random plane, so that two texts at the
 * angle {@code a} differ in {@code 64 a / pi} of them. Counts matter here, and order does not.
 */
public final class SimHash {
    private SimHash() {}

    /** The bits of a text; 0 where it has no word. */
    public static long of(String text) {
        var words = Words.of(text);
        var sums = new int[64];
        for (int i = 0; i < words.count(); i++) {
            long hash = words.hash(i);
            for (int bit = 0; bit < 64; bit++) sums[bit] += (int) (hash >>> bit & 1) * 2 - 1;
        }
        long bits = 0;
        for (int bit = 0; bit < 64; bit++) if (sums[bit] > 0) bits |= 1L << bit;
        return bits;
    }

    /** The cosine that two hashes suggest. */
    public static double cosine(long a, long b) { return Math.cos(Math.PI * Long.bitCount(a ^ b) / 64); }
}
