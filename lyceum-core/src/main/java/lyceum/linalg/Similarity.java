package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * How alike vectors are: by angle, distance, or what they share.
 *
 * {@snippet :
 * Tensor c = Similarity.cosine(x, y);                  // (..., d) and (..., d) to (...), as arrays broadcast
 * Tensor all = Similarity.cosines(queries, index);     // (m, d) and (n, d) to (m, n)
 * Tensor unit = Similarity.normalise(index);           // once, when indexing
 * var best = Similarity.cosinesOfUnit(Similarity.normalise(queries), unit).topk(10, 1);
 * }
 *
 * <p>Vectors lie along the last axis. Float types keep theirs, integers become F32 or F64. What takes dense vectors is made of tensor operations,
 * fused and, except for {@link #hamming} and {@link #jaccard}, differentiable. Rows are scaled by their largest entry first, so that neither 1e-30 nor
 * 1e30 leaves the range of F32. A vector of zeros has no direction: its cosine with any vector is 0, its angle a right one, and its gradient 0.
 *
 * @see Int8Rows
 * @see <a href="https://doi.org/10.1145/361219.361220">Salton, Wong and Yang (1975), A vector space model for automatic indexing</a>
 */
public final class Similarity {
    private static final int[] LAST = {-1};

    private Similarity() {}

    /** {@code sum x_i y_i}. */
    public static Tensor dot(Tensor x, Tensor y) {
        requireFitting("dot", x, y);
        return x.mul(y).sum(-1);
    }

    /** Each vector over its length; vectors of zeros stay. */
    public static Tensor normalise(Tensor x) {
        if (x.rank() == 0) throw new ShapeException("normalise: a scalar has no axis of coordinates; give (..., d)");
        var type = x.dtype().toFloat();
        var wide = x.to(type.bytes() < 4 ? DType.F32 : type);
        if (x.size(-1) == 0) return wide.to(type);
        var most = wide.detach().abs().max(LAST, true);
        var scaled = wide.div(most.maskedFill(most.eq(0), Double.POSITIVE_INFINITY)); // zeros, and so is their gradient
        return scaled.div(root(scaled.square().sum(LAST, true))).to(type);
    }

    /** The square root, 1 for 0: of a vector of zeros, or of one distance. */
    private static Tensor root(Tensor squares) { return squares.eq(0).where(squares.onesLike(), squares).sqrt(); }

    /** {@code x.y / (|x| |y|)}, between -1 and 1. */
    public static Tensor cosine(Tensor x, Tensor y) {
        requireFitting("cosine", x, y);
        return dot(normalise(x), normalise(y)).clamp(-1, 1);
    }

    /** Cosines of all rows of x {@code (m, d)} with all rows of y {@code (n, d)}: {@code (m, n)}. */
    public static Tensor cosines(Tensor x, Tensor y) { return cosinesOfUnit(normalise(x), normalise(y)); }

    /** The same for rows that are {@linkplain #normalise normalised} already: one matrix product. */
    public static Tensor cosinesOfUnit(Tensor x, Tensor y) {
        requireMatrices("cosines", x, y);
        return x.matmul(y.transpose()).clamp(-1, 1);
    }

    /** Cosines of all rows of a sparse x {@code (m, d)} with all rows of a sparse y {@code (n, d)}: {@code (m, n)} in F64, no gradient. Cost: the pairs of entries that meet. */
    public static Tensor cosines(Csr x, Csr y) {
        if (x.columns() != y.columns()) throw new ShapeException("cosines: rows of " + x.columns() + " and of " + y.columns() + " columns");
        int m = Math.toIntExact(x.rows()), n = Math.toIntExact(y.rows());
        double[] a = unitValues(x);
        var byColumn = y.withValues(Tensor.of(unitValues(y))).transpose();
        double[] b = byColumn.values().toDoubleArray(), out = new double[Math.multiplyExact(m, n)];
        for (int i = 0; i < m; i++) {
            for (int e = x.rowStart(i); e < x.rowStart(i + 1); e++) {
                int column = x.column(e);
                for (int f = byColumn.rowStart(column); f < byColumn.rowStart(column + 1); f++)
                    out[i * n + byColumn.column(f)] += a[e] * b[f];
            }
        }
        return Tensor.of(out, m, n).clamp(-1, 1);
    }

    /** Cosines of all rows of a sparse x {@code (m, d)} with all rows of a dense y {@code (n, d)}: {@code (m, n)}. Cost: entries of x times n. */
    public static Tensor cosines(Csr x, Tensor y) {
        if (y.rank() != 2 || y.size(1) != x.columns())
            throw new ShapeException("cosines: sparse rows of " + x.columns() + " columns and a matrix of shape " + y.shape());
        return x.withValues(Tensor.of(unitValues(x)).to(x.dtype())).matmul(normalise(y).transpose()).clamp(-1, 1);
    }

    private static double[] unitValues(Csr x) {
        double[] values = x.values().detach().toDoubleArray();
        for (int i = 0; i < x.rows(); i++) {
            int from = x.rowStart(i), to = x.rowStart(i + 1);
            double norm = Rows.norm(values, from, to);
            if (norm > 0) for (int e = from; e < to; e++) values[e] /= norm;
        }
        return values;
    }

    /**
     * The angle {@code arccos(cosine)} in radians, 0 to pi: a metric on directions, which {@code 1 - cosine} is not. By
     * {@code 2 atan2(|u - v|, |u + v|)} of the unit vectors, which keeps the digits of small angles that {@code arccos} loses (Kahan, 2006).
     */
    public static Tensor angle(Tensor x, Tensor y) {
        requireFitting("angle", x, y);
        Tensor u = normalise(x), v = normalise(y);
        return length(u.sub(v)).atan2(length(u.add(v))).mul(2);
    }

    /** {@code |x - y|_2}; its gradient is 0 where it is 0. */
    public static Tensor euclidean(Tensor x, Tensor y) {
        requireFitting("euclidean", x, y);
        return length(x.sub(y));
    }

    private static Tensor length(Tensor x) {
        var squares = x.square().sum(-1);
        return squares.eq(0).where(squares.zerosLike(), root(squares));
    }

    /** The share of entries that differ, 0 to 1; in F64. */
    public static Tensor hamming(Tensor x, Tensor y) {
        requireFitting("hamming", x, y);
        return x.ne(y).to(DType.F64).mean(-1);
    }

    /** Members of both sets over members of either, 1 for two empty sets; entries other than 0 are members. In F64. */
    public static Tensor jaccard(Tensor x, Tensor y) {
        requireFitting("jaccard", x, y);
        Tensor a = x.ne(0), b = y.ne(0), both = a.and(b).to(DType.F64).sum(-1), either = a.or(b).to(DType.F64).sum(-1);
        return either.eq(0).where(either.onesLike(), both.div(either.maximum(1)));
    }

    private static void requireFitting(String operation, Tensor x, Tensor y) {
        if (x.rank() == 0 || y.rank() == 0 || x.size(-1) != y.size(-1)) throw new ShapeException(
                operation + ": shapes " + x.shape() + " and " + y.shape() + "; vectors of one length lie along the last axis");
    }

    private static void requireMatrices(String operation, Tensor... tensors) {
        if (!Arrays.stream(tensors).allMatch(t -> t.rank() == 2 && t.size(1) == tensors[0].size(-1))) throw new ShapeException(
                operation + ": shapes " + tensors[0].shape() + " and " + tensors[1].shape() + "; they are (m, d) and (n, d)");
    }
}
