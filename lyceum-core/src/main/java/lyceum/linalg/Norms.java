package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.linalg.dense.SvdSteps;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Sizes of vectors and matrices, and the directions in which they grow.
 *
 * {@snippet :
 * double taxi = Norms.p(x, 1), crow = Norms.p(x, 2), most = Norms.p(x, Double.POSITIVE_INFINITY);
 * double stretch = Norms.spectral(weight);
 * Tensor g = Norms.pGradient(x, 1);       // sign(x): <g, x> = |x|_1 and max |g_i| = 1
 * }
 *
 * <p>{@link #p} takes the entries of a tensor of any shape as one vector; the others take a matrix {@code (m, n)}. Everything is computed in F64
 * and scaled where squares or powers would leave its range. A {@code ...Gradient} has the shape and float type of its argument; at a corner it is
 * one of the subgradients, at 0 it is 0. Elsewhere its inner product with the argument is the norm and its {@linkplain #dual dual} norm is 1: for it
 * Hoelder's inequality is an equation. The spectral and the nuclear norm are dual; the Frobenius norm is its own dual.
 *
 * @see ProximalMaps
 * @see Projections
 * @see <a href="https://doi.org/10.1017/CBO9781139020411">Horn and Johnson, Matrix Analysis (2nd ed., 2013), chapter 5</a>
 */
public final class Norms {
    private Norms() {}

    /**
     * {@code (sum |x_i|^p)^(1/p)}; the largest {@code |x_i|} for an infinite p.
     *
     * @param p at least 1: below, the triangle inequality fails
     */
    public static double p(Tensor x, double p) {
        requireExponent(p);
        return p(flat("norm", x), p);
    }

    static double p(double[] x, double p) {
        if (p == 2) return Rows.norm(x, 0, x.length);
        double most = 0, sum = 0;
        for (double v : x) most = Math.max(most, Math.abs(v));
        if (most == 0 || Double.isInfinite(p)) return most;
        if (p == 1) {
            for (double v : x) sum += Math.abs(v);
            return sum;
        }
        for (double v : x) sum += Math.pow(Math.abs(v) / most, p);
        return most * Math.pow(sum, 1 / p);
    }

    /** The exponent q with {@code 1/p + 1/q = 1}: {@code |<x, y>| <= |x|_p |y|_q} (Hoelder), and {@code |x|_p} is the most of {@code <x, y>} over {@code |y|_q <= 1}. */
    public static double dual(double p) {
        requireExponent(p);
        return p == 1 ? Double.POSITIVE_INFINITY : Double.isInfinite(p) ? 1 : p / (p - 1);
    }

    /** Gradient of {@link #p}: {@code sign(x_i) (|x_i| / |x|_p)^(p-1)}; for an infinite p the sign of the first entry of largest size. */
    public static Tensor pGradient(Tensor x, double p) {
        requireExponent(p);
        double[] v = flat("norm gradient", x), g = new double[v.length];
        double norm = p(v, p);
        if (norm > 0 && Double.isInfinite(p)) {
            int first = 0;
            while (Math.abs(v[first]) < norm) first++;
            g[first] = Math.signum(v[first]);
        } else if (norm > 0) {
            for (int i = 0; i < v.length; i++)
                g[i] = p == 1 ? Math.signum(v[i]) : Math.signum(v[i]) * Math.pow(Math.abs(v[i]) / norm, p - 1);
        }
        return Tensor.of(g, x.shape().toArray()).to(Matrices.resultType(x));
    }

    private static void requireExponent(double p) {
        if (!(p >= 1)) throw new IllegalArgumentException("norm: p is " + p + "; it is at least 1");
    }

    static double[] flat(String operation, Tensor x) {
        double[] v = x.detach().toDoubleArray();
        Matrices.requireFinite(operation, v, 1);
        return v;
    }

    /** {@code sqrt(sum a_ij^2)}, the length of the vector of singular values, without overflow. */
    public static double frobenius(Tensor a) { return Dense.frobenius(Matrices.rows("frobenius norm", a)); }

    /** {@code A / |A|_F}. */
    public static Tensor frobeniusGradient(Tensor a) {
        frobenius(a);
        return pGradient(a, 2);
    }

    /** Largest column sum of sizes: {@code max |A x|_1} over {@code |x|_1 = 1}. */
    public static double one(Tensor a) { return Dense.oneNorm(Matrices.rows("one norm", a), (int) a.size(1)); }

    /** Signs of the first column of largest sum, 0 elsewhere. */
    public static Tensor oneGradient(Tensor a) { return infinityGradient(a.detach().transpose()).transpose(); }

    /** Largest row sum of sizes: {@code max |A x|_inf} over {@code |x|_inf = 1}. */
    public static double infinity(Tensor a) { return Dense.infinityNorm(Matrices.rows("infinity norm", a)); }

    /** Signs of the first row of largest sum, 0 elsewhere. */
    public static Tensor infinityGradient(Tensor a) {
        var rows = Matrices.rows("infinity norm gradient", a);
        int n = (int) a.size(1), most = 0;
        for (int i = 1; i < rows.length; i++) if (p(rows[i], 1) > p(rows[most], 1)) most = i;
        var g = Dense.zeros(rows.length, n);
        if (rows.length > 0) for (int j = 0; j < n; j++) g[most][j] = Math.signum(rows[most][j]);
        return Matrices.tensor(g, n, Matrices.resultType(a));
    }

    /** Largest singular value: {@code max |A x|_2} over {@code |x|_2 = 1}. */
    public static double spectral(Tensor a) {
        double[] s = singularValues(a);
        return s.length == 0 ? 0 : s[0];
    }

    /**
     * That of an operator which is known by its products alone, with its transpose: a convolution, a Jacobian. Accurate to about 1e-12 of itself.
     *
     * @see TruncatedSvd
     */
    public static double spectral(LinearMap a, Rng rng) {
        return a.rows() == 0 || a.cols() == 0 ? 0 : new TruncatedSvd(1).run(a, rng).singularValues()[0];
    }

    /** {@code u_1 v_1^T}, of the first singular vectors: the direction in which the largest stretch grows. */
    public static Tensor spectralGradient(Tensor a) { return polar(a, 1); }

    /** Sum of the singular values; the convex envelope of the rank where the spectral norm is at most 1. */
    public static double nuclear(Tensor a) { return Arrays.stream(singularValues(a)).sum(); }

    /** {@code U V^T} of the singular vectors up to the rank: what Muon makes of an update. */
    public static Tensor nuclearGradient(Tensor a) { return polar(a, Integer.MAX_VALUE); }

    private static double[] singularValues(Tensor a) { return Svd.values(a.to(DType.F64)).toDoubleArray(); }

    private static Tensor polar(Tensor a, int most) {
        var rows = Matrices.rows("norm gradient", a);
        int n = (int) a.size(1);
        var svd = Svd.of(rows, n, Svd.Method.GOLUB_KAHAN, SvdSteps.Vectors.THIN, DType.F64);
        return Matrices.tensor(svd.combine(Math.min(most, svd.rank()), s -> 1), n, Matrices.resultType(a));
    }
}
