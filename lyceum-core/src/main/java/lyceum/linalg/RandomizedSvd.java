package lyceum.linalg;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.dense.Basis;
import lyceum.linalg.dense.CholeskySteps;
import lyceum.linalg.dense.HouseholderQr;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.SvdSteps;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The k largest singular triplets by a random projection: {@code Q} spans {@code (A A^T)^q A Omega}, and the small {@code Q^T A} is decomposed
 * (Halko, Martinsson and Tropp, 2011). {@code O(m n (k + oversampling))} a pass; the 2-norm error is near the optimal {@code s[k]} after two passes.
 *
 * @param k number of triplets
 * @param oversampling extra random directions, 10 by default
 * @param powerPasses products with {@code A A^T}, each with a new QR so that small directions survive; 2 by default
 */
@Withers
public record RandomizedSvd(int k, int oversampling, int powerPasses) implements RandomizedSvdWithers {
    /** Of a column's square outside those before it: below the first, reflectors; the second is left by a first pass that went well. */
    private static final double INDEPENDENT = 1e-10, NEARLY = 0.5;

    public RandomizedSvd {
        if (k < 1) throw new IllegalArgumentException("randomized svd: k is " + k + "; ask for at least one value");
        if (oversampling < 0)
            throw new IllegalArgumentException("randomized svd: oversampling is " + oversampling + "; it is not negative");
        if (powerPasses < 0) throw new IllegalArgumentException("randomized svd: powerPasses is " + powerPasses + "; it is not negative");
    }

    public RandomizedSvd(int k) { this(k, 10, 2); }

    /** @param rng gives the projection */
    public Svd run(Tensor a, Rng rng) {
        Matrices.requireMatrix("randomized svd", a);
        int m = Matrices.size("randomized svd", a.size(0)), n = Matrices.size("randomized svd", a.size(1)), least = Math.min(m, n);
        if (k > least) throw new IllegalArgumentException(
                "randomized svd: k is " + k + " but shape " + a.shape() + " has " + least + " singular values");
        int width = Math.min(least, k + oversampling);
        Tensor x = a.detach().to(DType.F64).compute(), transposed = x.transpose();
        if (!Double.isFinite(x.sum().item())) Matrices.requireFinite("randomized svd", x.toDoubleArray(), n);
        var omega = new double[n][];
        for (int i = 0; i < n; i++) omega[i] = Basis.gaussian(rng, width);
        var q = orthonormal(x.matmul(Tensor.of(omega)));
        for (int pass = 0; pass < powerPasses; pass++) {
            var z = orthonormal(transposed.matmul(q));
            q = orthonormal(x.matmul(z));
        }
        var small = SvdSteps.golubKahan(q.transpose().matmul(x).toRows(), n, SvdSteps.Vectors.THIN);
        var ut = Tensor.of(Arrays.copyOf(small.ut(), k)).matmul(q.transpose()).toRows();
        var parts = new SvdSteps.Parts(ut, Arrays.copyOf(small.s(), k), Arrays.copyOf(small.vt(), k));
        return new Svd(m, n, parts, Matrices.resultType(a));
    }

    /**
     * An orthonormal basis of the columns: {@code Y R^-1} for the Cholesky factor R of {@code Y^T Y}, which is products alone, and once more, because the first
     * leaves an error of the condition squared (Yamamoto and others, 2015). By reflectors where columns nearly depend on each other.
     */
    private static Tensor orthonormal(Tensor y) {
        Tensor once = nearlyOrthonormal(y, INDEPENDENT), twice = once == null ? null : nearlyOrthonormal(once, NEARLY);
        if (twice != null) return twice;
        int width = (int) y.size(1);
        return Tensor.of(HouseholderQr.of(y.toRows(), width).q(width));
    }

    /** Null where a column, made unit, has less than {@code least} of its square outside those before it. */
    private static Tensor nearlyOrthonormal(Tensor y, double least) {
        double[][] l = y.transpose().matmul(y).toRows();
        int width = l.length;
        var size = new double[width];
        for (int i = 0; i < width; i++) {
            size[i] = Math.sqrt(l[i][i]);
            if (!(size[i] > 0 && size[i] < Double.POSITIVE_INFINITY)) return null;
        }
        for (int i = 0; i < width; i++) for (int j = 0; j <= i; j++) l[i][j] = l[i][j] / size[i] / size[j];
        if (CholeskySteps.factor(l) >= 0) return null;
        var inverse = new double[width][width];
        for (int i = 0; i < width; i++) {
            if (l[i][i] * l[i][i] < least) return null;
            inverse[i][i] = 1;
        }
        TriangularSolve.lower(l, false, inverse, width, width);
        var right = new double[width][width];
        for (int i = 0; i < width; i++) for (int j = i; j < width; j++) right[i][j] = inverse[j][i] / size[i];
        return y.matmul(Tensor.of(right)).compute();
    }
}
