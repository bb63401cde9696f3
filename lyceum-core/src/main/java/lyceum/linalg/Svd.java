package lyceum.linalg;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import lyceum.DType;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.JacobiSvd;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.SvdSteps;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.tensor.Tensor;

/**
 * Singular value decomposition {@code A = U diag(s) V^T}: {@code U} and {@code V} with orthonormal columns, {@code s} falling and not negative.
 *
 * {@snippet :
 * var svd = Svd.of(a);                    // u (m, k), s (k), v (n, k), k = min(m, n)
 * Tensor best = svd.lowRank(20);          // nearest matrix of rank 20
 * double cond = svd.condition();
 * Tensor s = Svd.values(a);               // values alone
 * var top = new RandomizedSvd(10).run(a, rng);
 * }
 *
 * <p>{@link Method#GOLUB_KAHAN} (default) bidiagonalises and iterates with implicit shifts: every value to {@code eps s[0]}.
 * {@link Method#JACOBI} costs several times more and finds tiny values of graded matrices to full relative accuracy. {@code O(m n min(m, n))};
 * computed in F64, returned in the input's type. Immutable. For a gradient see {@link Linalg#svd}; for a few values of a large operator
 * {@link TruncatedSvd} and {@link RandomizedSvd}.
 *
 * @see <a href="https://doi.org/10.1137/0702016">Golub and Kahan (1965)</a>
 * @see <a href="https://doi.org/10.1137/050639193">Drmac and Veselic (2008)</a>
 */
public final class Svd {
    /** How to compute: see {@link Svd}. */
    public enum Method {
        GOLUB_KAHAN, JACOBI
    }

    private final int m, n;
    private final double[][] ut, vt;
    private final double[] s;
    private final DType type;

    Svd(int m, int n, SvdSteps.Parts parts, DType type) {
        this.m = m;
        this.n = n;
        this.ut = parts.ut();
        this.vt = parts.vt();
        this.s = parts.s();
        this.type = type;
    }

    /** The thin decomposition. */
    public static Svd of(Tensor a) { return of(a, Method.GOLUB_KAHAN); }

    public static Svd of(Tensor a, Method method) { return of(a, method, SvdSteps.Vectors.THIN); }

    /** With square {@code u (m, m)} and {@code v (n, n)}. */
    public static Svd full(Tensor a) {
        Matrices.requireMatrix("svd", a);
        for (int axis = 0; axis < 2; axis++) Matrices.requireElements("full svd", a.size(axis), a.size(axis));
        return of(a, Method.GOLUB_KAHAN, SvdSteps.Vectors.FULL);
    }

    /** The singular values alone {@code (min(m, n))}: about a third of the time. */
    public static Tensor values(Tensor a) { return values(a, Method.GOLUB_KAHAN); }

    public static Tensor values(Tensor a, Method method) { return of(a, method, SvdSteps.Vectors.NONE).s(); }

    private static Svd of(Tensor a, Method method, SvdSteps.Vectors want) {
        var rows = Matrices.rows("svd", a);
        return of(rows, (int) a.size(1), method, want, Matrices.resultType(a));
    }

    /** Overwrites {@code rows}. */
    static Svd of(double[][] rows, int n, Method method, SvdSteps.Vectors want, DType type) {
        var parts = method == Method.JACOBI ? JacobiSvd.decompose(rows, n, want) : SvdSteps.golubKahan(rows, n, want);
        return new Svd(rows.length, n, parts, type);
    }

    /** Left singular vectors as columns {@code (m, k)}, {@code (m, m)} if full. */
    public Tensor u() { return Matrices.tensor(Dense.transpose(ut, m), ut.length, type); }

    /** Singular values {@code (k)}, falling. */
    public Tensor s() { return Matrices.tensor(s, type); }

    /** Right singular vectors as columns {@code (n, k)}, {@code (n, n)} if full. */
    public Tensor v() { return Matrices.tensor(Dense.transpose(vt, n), vt.length, type); }

    /** {@code V^T (k, n)}, as NumPy returns it. */
    public Tensor vt() { return Matrices.tensor(vt, n, type); }

    double[] singularValues() { return s; }

    double[][] leftRows() { return ut; }

    double[][] rightRows() { return vt; }

    /** Number of values above {@code max(m, n) eps s[0]}, with the machine epsilon of the input's type. */
    public int rank() { return rank(defaultTolerance(m, n, type)); }

    static double defaultTolerance(int m, int n, DType type) {
        double eps = switch (type) {
            case F64 -> Math.ulp(1.0);
            case F32 -> Math.ulp(1f);
            case F16 -> 0x1p-10;
            default -> 0x1p-7;
        };
        return Math.max(m, n) * eps;
    }

    /** Number of values above {@code rcond s[0]}. */
    public int rank(double rcond) {
        int rank = 0;
        while (rank < s.length && s[rank] > rcond * s[0]) rank++;
        return rank;
    }

    /** {@code s[0] / s[k-1]}, the 2-norm condition number; infinite for a singular matrix. */
    public double condition() { return s.length == 0 ? 0 : s[s.length - 1] == 0 ? Double.POSITIVE_INFINITY : s[0] / s[s.length - 1]; }

    /**
     * The nearest matrix of rank at most k, {@code sum_{i<k} s_i u_i v_i^T}, in the 2-norm and the Frobenius norm (Eckart and Young, 1936). What
     * is left has Frobenius norm {@code sqrt(sum_{i>=k} s_i^2)} and 2-norm {@code s_k}.
     */
    public Tensor lowRank(int k) {
        if (k < 0 || k > s.length) throw new IllegalArgumentException("lowRank: k is " + k + "; it lies between 0 and " + s.length);
        return Matrices.tensor(combine(k, DoubleUnaryOperator.identity()), n, type);
    }

    /** {@code sum over i < k} of {@code f(s_i) u_i v_i^T}, {@code m x n}. */
    double[][] combine(int k, DoubleUnaryOperator f) {
        var scaled = new double[k][];
        for (int i = 0; i < k; i++) {
            scaled[i] = ut[i].clone();
            Rows.scale(f.applyAsDouble(s[i]), scaled[i], 0, m);
        }
        return Product.transposedTimes(scaled, m, Arrays.copyOf(vt, k), n);
    }

    /** {@code sum over i < k} of {@code v_i u_i^T / s_i}, {@code n x m}. */
    double[][] inverse(int k) {
        var scaled = new double[k][];
        for (int i = 0; i < k; i++) {
            scaled[i] = vt[i].clone();
            TriangularSolve.divide(scaled[i], s[i], n);
        }
        return Product.transposedTimes(scaled, n, Arrays.copyOf(ut, k), m);
    }

    /** {@code A^+ (n, m)}, treating values up to {@code max(m, n) eps s[0]} as 0. See {@link PseudoInverse}. */
    public Tensor pseudoInverse() { return pseudoInverse(defaultTolerance(m, n, type)); }

    /** {@code A^+ (n, m)}, treating values up to {@code rcond s[0]} as 0. */
    public Tensor pseudoInverse(double rcond) { return Matrices.tensor(inverse(rank(rcond)), m, type); }
}
