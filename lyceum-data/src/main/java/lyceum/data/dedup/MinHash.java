package lyceum.data.dedup;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * Signatures whose agreement estimates the Jaccard similarity of sets (Broder 1997): value {@code i} is the least hash {@code h_i} over the set, and two
 * sets agree in it with probability {@code |A n B| / |A u B|}. With {@code k} values the standard error is {@code sqrt(J (1 - J) / k)}.
 *
 * <p>{@link Scheme#PERMUTATIONS} hashes each member {@code k} times. {@link Scheme#ONE_PERMUTATION} hashes it once, and takes the least in each of
 * {@code k} ranges; an empty range borrows from another that a hash of its number chooses (Shrivastava 2017), so that the estimate stays unbiased and
 * large sets cost {@code k} times less. An empty set has no least member and no signature.
 *
 * @param values {@code k}, of a signature
 * @param scheme how they are made
 * @param seed   signatures of other seeds do not compare
 */
public record MinHash(int values, Scheme scheme, long seed) {

    /** How often a member is hashed. */
    public enum Scheme {
        PERMUTATIONS, ONE_PERMUTATION
    }

    /** By permutations. */
    public MinHash(int values, long seed) { this(values, Scheme.PERMUTATIONS, seed); }

    public MinHash {
        if (values < 1 || values > 1 << 20) throw new IllegalArgumentException("MinHash: " + values + " values; 1 to " + (1 << 20));
    }

    /** Keys for {@link #sign}: made once, shared by all sets and threads. */
    public Signer signer() { return new Signer(this); }

    /** The signature of one set of hashes, such as {@link Shingles} gives; null for the empty set. */
    public int[] sign(long[] set) { return signer().sign(set); }

    /** The share of equal values: an estimate of the Jaccard similarity without bias. */
    public static double similarity(int[] a, int[] b) {
        if (a.length != b.length) throw new IllegalArgumentException("MinHash.similarity: " + a.length + " and " + b.length + " values");
        int equal = 0;
        for (int i = 0; i < a.length; i++) if (a[i] == b[i]) equal++;
        return (double) equal / a.length;
    }

    static long mixed(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** Signs sets. Safe to share between threads. */
    public static final class Signer {
        private final MinHash hash;
        private final long[] keys, factors;

        private Signer(MinHash hash) {
            this.hash = hash;
            var rng = Rng.of(hash.seed);
            keys = new long[hash.values];
            factors = new long[hash.values];
            for (int i = 0; i < keys.length; i++) {
                keys[i] = rng.nextLong();
                factors[i] = rng.nextLong() | 1;
            }
        }

        /** The signature of a set; null for the empty one. */
        public int[] sign(long[] set) {
            if (set.length == 0) return null;
            return hash.scheme == Scheme.PERMUTATIONS ? permutations(set) : onePermutation(set);
        }

        private int[] permutations(long[] set) {
            var signature = new int[keys.length];
            for (int i = 0; i < signature.length; i++) {
                long key = keys[i], factor = factors[i];
                int least = Integer.MAX_VALUE;
                for (long member : set) {
                    long z = (member ^ key) * factor;
                    z = (z ^ z >>> 32) * 0x94D049BB133111EBL;
                    least = Math.min(least, (int) (z >>> 32));
                }
                signature[i] = least;
            }
            return signature;
        }

        private int[] onePermutation(long[] set) {
            int k = keys.length;
            var least = new long[k];
            Arrays.fill(least, Long.MAX_VALUE);
            for (long member : set) {
                long z = mixed((member ^ keys[0]) * factors[0]);
                int bin = (int) Math.unsignedMultiplyHigh(z, k);
                least[bin] = Math.min(least[bin], mixed(z ^ factors[0]) >>> 1);
            }
            var signature = new int[k];
            for (int bin = 0; bin < k; bin++) {
                int from = bin;
                for (long attempt = 1; least[from] == Long.MAX_VALUE; attempt++)
                    from = (int) Math.unsignedMultiplyHigh(mixed(keys[0] + bin * 0x9E3779B97F4A7C15L + attempt * 0xD1B54A32D192ED03L), k);
                signature[bin] = (int) (least[from] >>> 31);
            }
            return signature;
        }
    }
}
