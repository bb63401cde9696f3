package lyceum.random;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * A stream of random numbers: a key and a counter over {@link Philox}.
 *
 * <p>Every stochastic API of Lyceum takes one. {@link #split} derives independent streams, so that parallel work gives each item its own and
 * does not depend on the order of execution. {@link #reserve} claims a range of the sequence whose words may be computed in any order.
 *
 * {@snippet :
 * var rng = Rng.of(42);
 * var weights = Tensor.randn(rng, 784, 10);
 * var fold = rng.split(3);                  // the same stream for fold 3, every time
 * }
 *
 * <p>Not safe for concurrent use of one instance; split instead.
 */
public final class Rng implements RandomGenerator {
    private final long key;
    private long counter;
    private double spareGaussian = Double.NaN;

    private Rng(long key) { this.key = key; }

    public static Rng of(long seed) { return new Rng(mix(seed + 0x9E3779B97F4A7C15L)); }

    /** An independent stream named {@code stream}; depends on this stream's seed only, not on how much was drawn from it. */
    public Rng split(long stream) { return new Rng(mix(key ^ mix(stream + 0xD1B54A32D192ED03L))); }

    /** A stream that goes on from here as this one will. */
    public Rng copy() {
        var copy = new Rng(key);
        copy.counter = counter;
        copy.spareGaussian = spareGaussian;
        return copy;
    }

    /** The 64-bit key of this stream, for counter-based use with {@link Philox#word}. */
    public long key() { return key; }

    /** Claims {@code n} words and returns the index of the first. */
    public long reserve(long n) {
        long first = counter;
        counter += n;
        return first;
    }

    @Override public long nextLong() { return Philox.word(key, counter++); }

    @Override public double nextDouble() { return Philox.unit(nextLong()); }

    /** Uniform on (0, 1]: safe to take the logarithm of. */
    public double nextDoublePositive() { return 1 - nextDouble(); }

    /** Standard normal by Box and Muller (1958). */
    @Override public double nextGaussian() {
        if (!Double.isNaN(spareGaussian)) {
            double spare = spareGaussian;
            spareGaussian = Double.NaN;
            return spare;
        }
        double radius = Math.sqrt(-2 * StrictMath.log(nextDoublePositive())), angle = 2 * Math.PI * nextDouble();
        spareGaussian = radius * StrictMath.sin(angle);
        return radius * StrictMath.cos(angle);
    }

    /** Uniform on {@code 0 .. bound - 1}, without bias (Lemire 2019). */
    @Override public int nextInt(int bound) {
        if (bound <= 0) throw new IllegalArgumentException("nextInt: bound is " + bound + "; it must be positive");
        return (int) nextLong(bound);
    }

    @Override public long nextLong(long bound) {
        if (bound <= 0) throw new IllegalArgumentException("nextLong: bound is " + bound + "; it must be positive");
        long x = nextLong();
        long low = x * bound;
        if (Long.compareUnsigned(low, bound) < 0) {
            long threshold = Long.remainderUnsigned(-bound, bound);
            while (Long.compareUnsigned(low, threshold) < 0) {
                x = nextLong();
                low = x * bound;
            }
        }
        return Math.unsignedMultiplyHigh(x, bound);
    }

    /** A random ordering of {@code 0 .. n - 1} (Fisher and Yates). */
    public int[] permutation(int n) {
        var order = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        shuffle(order);
        return order;
    }

    public void shuffle(int[] items) {
        for (int i = items.length - 1; i > 0; i--) {
            int j = nextInt(i + 1), item = items[i];
            items[i] = items[j];
            items[j] = item;
        }
    }

    /** {@code k} distinct values of {@code 0 .. n - 1}, in random order. */
    public int[] sample(int n, int k) {
        if (k < 0 || k > n) throw new IllegalArgumentException("sample: " + k + " distinct values of " + n);
        var order = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        for (int i = 0; i < k; i++) {
            int j = i + nextInt(n - i), item = order[i];
            order[i] = order[j];
            order[j] = item;
        }
        return Arrays.copyOf(order, k);
    }

    /** The finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
