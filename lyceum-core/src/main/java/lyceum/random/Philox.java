package lyceum.random;

/**
 * The Philox-4x32-10 bijection: 128 random bits from a 64-bit key and a 128-bit counter, without state.
 *
 * @see <a href="https://www.thesalmons.org/john/random123/papers/random123sc11.pdf">Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3</a>
 */
public final class Philox {
    private static final long M0 = 0xD2511F53L, M1 = 0xCD9E8D57L;
    private static final int W0 = 0x9E3779B9, W1 = 0xBB67AE85;

    private Philox() {}

    /** The 64-bit word number {@code index} of the sequence that {@code key} names; half of block {@code index / 2}. */
    public static long word(long key, long index) {
        long block = index >>> 1;
        int x0 = (int) block, x1 = (int) (block >>> 32), x2 = 0, x3 = 0;
        int k0 = (int) key, k1 = (int) (key >>> 32);
        for (int round = 0; round < 10; round++) {
            long p0 = M0 * (x0 & 0xFFFFFFFFL), p1 = M1 * (x2 & 0xFFFFFFFFL);
            int y0 = (int) (p1 >>> 32) ^ x1 ^ k0, y2 = (int) (p0 >>> 32) ^ x3 ^ k1;
            x1 = (int) p1;
            x3 = (int) p0;
            x0 = y0;
            x2 = y2;
            k0 += W0;
            k1 += W1;
        }
        return (index & 1) == 0 ? (x0 & 0xFFFFFFFFL) | ((long) x1 << 32) : (x2 & 0xFFFFFFFFL) | ((long) x3 << 32);
    }

    /** A block of four 32-bit words for the known-answer test of the paper. */
    static int[] block(int[] counter, int[] key) {
        int[] x = counter.clone();
        int k0 = key[0], k1 = key[1];
        for (int round = 0; round < 10; round++) {
            long p0 = M0 * (x[0] & 0xFFFFFFFFL), p1 = M1 * (x[2] & 0xFFFFFFFFL);
            x = new int[] {(int) (p1 >>> 32) ^ x[1] ^ k0, (int) p1, (int) (p0 >>> 32) ^ x[3] ^ k1, (int) p0};
            k0 += W0;
            k1 += W1;
        }
        return x;
    }

    /** The top 53 bits of a word as a double in [0, 1). */
    public static double unit(long word) { return (word >>> 11) * 0x1p-53; }
}
