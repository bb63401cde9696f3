package lyceum.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import lyceum.ShapeException;
import lyceum.random.Rng;

/**
 * A vector as its stored positions, ascending and distinct, each with a value. Costs depend on the number of stored entries, never on the
 * dimension. Values are doubles. Immutable and safe for threads.
 *
 * {@snippet :
 * var mail = SparseVector.of(30_000, new int[] {4, 711, 29_000}, new double[] {2.1, 1.4, 0.7});
 * double score = mail.dot(query);
 * var why = mail.match(query).terms(i -> vocabulary[i]);  // the terms of that score, largest first
 * }
 */
public final class SparseVector {
    private final int dimension;
    private final int[] index;
    private final double[] value;
    private final int from, to; // a row of a matrix is a part of its arrays

    private SparseVector(int dimension, int[] index, double[] value, int from, int to) {
        this.dimension = dimension;
        this.index = index;
        this.value = value;
        this.from = from;
        this.to = to;
    }

    /** A part of arrays that nobody changes. */
    static SparseVector view(int dimension, int[] index, double[] value, int from, int to) {
        return new SparseVector(dimension, index, value, from, to);
    }

    /**
     * From positions in any order, which are copied; values at one position are added.
     *
     * @throws ShapeException if a position lies outside the dimension, or the arrays differ in length
     */
    public static SparseVector of(int dimension, int[] index, double[] value) {
        if (dimension < 0 || index.length != value.length) throw new ShapeException(
                "SparseVector: dimension " + dimension + ", " + index.length + " positions, " + value.length + " values; as many of each");
        var keys = new long[index.length]; // position, then place: sorts as pairs
        for (int e = 0; e < keys.length; e++) {
            if (index[e] < 0 || index[e] >= dimension)
                throw new ShapeException("SparseVector: position " + index[e] + " in dimension " + dimension);
            keys[e] = (long) index[e] << 32 | e;
        }
        Arrays.sort(keys);
        var positions = new int[keys.length];
        var sums = new double[keys.length];
        int n = 0;
        for (long key : keys) {
            int i = (int) (key >> 32);
            if (n == 0 || positions[n - 1] != i) positions[n++] = i;
            sums[n - 1] += value[(int) key];
        }
        return new SparseVector(dimension, positions, sums, 0, n);
    }

    /** The elements of a vector that are not 0. */
    public static SparseVector of(double... dense) {
        int n = 0;
        var index = new int[dense.length];
        var value = new double[dense.length];
        for (int i = 0; i < dense.length; i++) {
            if (dense[i] == 0) continue;
            index[n] = i;
            value[n++] = dense[i];
        }
        return new SparseVector(dense.length, index, value, 0, n);
    }

    /**
     * Names as positions without a dictionary: the projection of {@link #hashed}, of a hash of the characters that is the same in every process
     * and version.
     */
    public static SparseVector ofNames(Map<String, Double> weights, int buckets, long seed) {
        var names = new long[weights.size()];
        var value = new double[names.length];
        int n = 0;
        for (var entry : weights.entrySet()) {
            String name = entry.getKey();
            for (int i = 0; i < name.length(); i++) names[n] = 1_000_003 * names[n] + name.charAt(i);
            value[n++] = entry.getValue();
        }
        return hashed(buckets, seed, names, value);
    }

    public int dimension() { return dimension; }

    /** Number of stored entries; explicit zeros count. */
    public int entries() { return to - from; }

    /** Position of stored entry {@code e}, 0 the first. */
    public int index(int e) { return index[from + e]; }

    /** Value of stored entry {@code e}. */
    public double value(int e) { return value[from + e]; }

    /** The element at a position, stored or 0. */
    public double get(int i) {
        int e = Arrays.binarySearch(index, from, to, i);
        return e < 0 ? 0 : value[e];
    }

    public double sum() {
        double sum = 0;
        for (int e = from; e < to; e++) sum += value[e];
        return sum;
    }

    /** Euclidean norm. */
    public double norm() {
        double sum = 0;
        for (int e = from; e < to; e++) sum += value[e] * value[e];
        return Math.sqrt(sum);
    }

    /** {@code sum of x_i y_i} over the positions that both store, by merging: at most {@code entries() + y.entries()} steps. */
    public double dot(SparseVector y) { return merge(y, null); }

    /** {@code x . y / (|x| |y|)}; 0 if either is 0. */
    public double cosine(SparseVector y) {
        double norms = norm() * y.norm();
        return norms == 0 ? 0 : dot(y) / norms;
    }

    /** The dot product term by term. */
    public Match match(SparseVector y) {
        var match = new Match(new int[Math.min(entries(), y.entries())]);
        match.score = merge(y, match);
        return match;
    }

    private double merge(SparseVector y, Match into) {
        requireSame("dot", y.dimension);
        double sum = 0;
        int a = from, b = y.from, steps = 0;
        for (; a < to && b < y.to; steps++) {
            int i = index[a], j = y.index[b];
            if (i == j) {
                double term = value[a++] * y.value[b++];
                sum += term;
                if (into != null) into.add(i, term);
            } else if (i < j) {
                a++;
            } else {
                b++;
            }
        }
        if (into != null) into.steps = steps;
        return sum;
    }

    private void requireSame(String operation, long other) {
        if (dimension != other) throw new ShapeException(
                "SparseVector." + operation + ": dimensions " + dimension + " and " + other + "; are they of one vocabulary?");
    }

    /** Which positions made a dot product, and how much each gave. */
    public static final class Match {
        private final int[] index;
        private final double[] term;
        private int count, steps;
        private double score;

        private Match(int[] index) {
            this.index = index;
            this.term = new double[index.length];
        }

        private void add(int i, double t) {
            index[count] = i;
            term[count++] = t;
        }

        /** The dot product. */
        public double score() { return score; }

        /** Comparisons that the merge took. */
        public int steps() { return steps; }

        /** A named position and what it gave to the score. */
        public record Term(String name, double contribution) {}

        /** All terms, those of the largest magnitude first. They sum to the score. */
        public List<Term> terms(IntFunction<String> names) {
            var terms = new ArrayList<Term>(count);
            for (int k = 0; k < count; k++) terms.add(new Term(names.apply(index[k]), term[k]));
            terms.sort(Comparator.comparingDouble(t -> -Math.abs(t.contribution)));
            return terms;
        }
    }

    /** Dot product with a dense vector. */
    public double dot(double[] dense) {
        requireSame("dot", dense.length);
        double sum = 0;
        for (int e = from; e < to; e++) sum += value[e] * dense[index[e]];
        return sum;
    }

    /** {@code dense += a x}, in place. */
    public void axpy(double a, double[] dense) {
        requireSame("axpy", dense.length);
        for (int e = from; e < to; e++) dense[index[e]] += a * value[e];
    }

    /** {@code x + a y}: positions of either. */
    public SparseVector add(double a, SparseVector y) {
        requireSame("add", y.dimension);
        var i = new int[entries() + y.entries()];
        var v = new double[i.length];
        int n = 0;
        for (int p = from, q = y.from; p < to || q < y.to; n++) {
            int left = p < to ? index[p] : Integer.MAX_VALUE, right = q < y.to ? y.index[q] : Integer.MAX_VALUE;
            i[n] = Math.min(left, right);
            if (left == i[n]) v[n] = value[p++];
            if (right == i[n]) v[n] += a * y.value[q++];
        }
        return new SparseVector(dimension, i, v, 0, n);
    }

    public SparseVector mul(double a) {
        var v = Arrays.copyOfRange(value, from, to);
        for (int e = 0; e < v.length; e++) v[e] *= a;
        return new SparseVector(dimension, from == 0 ? index : Arrays.copyOfRange(index, from, to), v, 0, v.length);
    }

    /** The k entries of largest magnitude; of equal ones those with the lower positions. All if there are no more than k. */
    public SparseVector top(int k) {
        if (k < 0) throw new IllegalArgumentException("SparseVector.top: k is " + k + "; at least 0");
        if (k >= entries()) return this;
        var order = Tensor.of(Arrays.copyOfRange(value, from, to)).abs().argsort(0, true).toIntArray();
        var kept = Arrays.copyOf(order, k);
        Arrays.sort(kept);
        var i = new int[k];
        var v = new double[k];
        for (int e = 0; e < k; e++) {
            i[e] = index(kept[e]);
            v[e] = value(kept[e]);
        }
        return new SparseVector(dimension, i, v, 0, k);
    }

    /**
     * Signed hashing into {@code buckets} dimensions: {@code phi_j = sum over i with h(i) = j of xi(i) x_i}. Inner products are right on average
     * over seeds; both vectors take the same one.
     *
     * @see <a href="https://arxiv.org/abs/0902.2206">Weinberger and others (2009)</a>
     */
    public SparseVector hashed(int buckets, long seed) {
        var names = new long[entries()];
        for (int e = 0; e < names.length; e++) names[e] = index(e);
        return hashed(buckets, seed, names, values());
    }

    /** Bits for the bucket and the sign are mixed from the name and the seed. */
    private static SparseVector hashed(int buckets, long seed, long[] names, double[] value) {
        if (buckets < 1) throw new IllegalArgumentException("SparseVector: hashing into " + buckets + " dimensions; at least 1");
        long key = Rng.of(seed).key();
        var bucket = new int[names.length];
        for (int e = 0; e < names.length; e++) {
            long h = mixed(mixed(names[e] ^ key) + key);
            bucket[e] = (int) Math.unsignedMultiplyHigh(h & -2, buckets);
            if ((h & 1) == 1) value[e] = -value[e];
        }
        return of(buckets, bucket, value);
    }

    private static long mixed(long z) {
        z = (z ^ z >>> 33) * 0xFF51AFD7ED558CCDL;
        z = (z ^ z >>> 33) * 0xC4CEB9FE1A85EC53L;
        return z ^ z >>> 33;
    }

    /** The positions as gaps, each in groups of seven bits, the low ones first; the high bit of a byte says that more follow. */
    public byte[] encodeIndex() {
        var bytes = new byte[5 * entries()];
        int n = 0, last = -1;
        for (int e = from; e < to; e++) {
            int gap = index[e] - last - 1;
            for (; gap >= 128; gap >>>= 7) bytes[n++] = (byte) (gap | 128);
            bytes[n++] = (byte) gap;
            last = index[e];
        }
        return Arrays.copyOf(bytes, n);
    }

    /**
     * From gaps as {@link #encodeIndex} writes them.
     *
     * @throws ShapeException if the bytes are not as many positions as there are values, each within the dimension
     */
    public static SparseVector decode(int dimension, byte[] gaps, double[] value) {
        var index = new int[value.length];
        long position = -1;
        int at = 0;
        for (int e = 0; e < index.length; e++) {
            long gap = 0;
            int shift = 0;
            boolean more = true;
            for (; more; shift += 7) {
                if (at == gaps.length || shift > 28)
                    throw new ShapeException("SparseVector.decode: position " + e + " of " + index.length + " breaks off at byte " + at);
                gap |= (long) (gaps[at] & 127) << shift;
                more = gaps[at++] < 0;
            }
            position += gap + 1;
            if (position >= dimension)
                throw new ShapeException("SparseVector.decode: position " + position + " in dimension " + dimension + " at byte " + at);
            index[e] = (int) position;
        }
        if (at != gaps.length) throw new ShapeException("SparseVector.decode: " + (gaps.length - at) + " bytes after the last position");
        return new SparseVector(dimension, index, value.clone(), 0, index.length);
    }

    /** A copy of the stored positions. */
    public int[] indices() { return Arrays.copyOfRange(index, from, to); }

    /** A copy of the stored values. */
    public double[] values() { return Arrays.copyOfRange(value, from, to); }

    public Tensor toDense() {
        var dense = new double[dimension];
        axpy(1, dense);
        return Tensor.of(dense);
    }

    @Override public String toString() { return "SparseVector of dimension " + dimension + ", " + entries() + " entries"; }
}
