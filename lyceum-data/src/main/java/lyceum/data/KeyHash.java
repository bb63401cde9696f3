package lyceum.data;

import java.nio.charset.StandardCharsets;

/**
 * The hash behind {@link Split#byKey}: FNV-1a over the key's UTF-8 bytes (Fowler, Noll and Vo 1991), then SplitMix64's finaliser. Frozen: another one
 * would move rows of data that people have split already.
 */
final class KeyHash {
    private static final long BASIS = 0xCBF29CE484222325L, PRIME = 0x100000001B3L;

    private KeyHash() {}

    /** Uniform on [0, 1). */
    static double unit(String key, long salt) {
        long hash = start(salt);
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) hash = (hash ^ (b & 0xFF)) * PRIME;
        return unit(hash);
    }

    /** Uniform on [0, 1). */
    static double unit(long key, long salt) {
        long hash = start(salt);
        for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ (key >>> shift & 0xFF)) * PRIME;
        return unit(hash);
    }

    private static long start(long salt) { return BASIS ^ mixed(salt); }

    private static double unit(long hash) { return (mixed(hash) >>> 11) * 0x1p-53; }

    private static long mixed(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
