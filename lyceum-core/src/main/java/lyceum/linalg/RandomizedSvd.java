package lyceum.linalg;

import java.util.Arrays;
import lyceum.linalg.dense.Basis;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.HouseholderQr;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.SvdSteps;
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
    public RandomizedSvd {
        if (k < 1) throw new IllegalArgumentException("randomized svd: k is " + k + "; ask for at least one value");
        if (oversampling < 0)
            throw new IllegalArgumentException("randomized svd: oversampling is " + oversampling + "; it is not negative");
        if (powerPasses < 0) throw new IllegalArgumentException("randomized svd: powerPasses is " + powerPasses + "; it is not negative");
    }

    public RandomizedSvd(int k) { this(k, 10, 2); }

    /** @param rng gives the projection */
    public Svd run(Tensor a, Rng rng) {
        var rows = Matrices.rows("randomized svd", a);
        int m = rows.length, n = (int) a.size(1), least = Math.min(m, n);
        if (k > least) throw new IllegalArgumentException(
                "randomized svd: k is " + k + " but shape " + a.shape() + " has " + least + " singular values");
        int width = Math.min(least, k + oversampling);
        var transposed = Dense.transpose(rows, n);
        var omega = new double[n][];
        for (int i = 0; i < n; i++) omega[i] = Basis.gaussian(rng, width);
        var q = orthonormal(Product.of(rows, omega, width), width);
        for (int pass = 0; pass < powerPasses; pass++) {
            var z = orthonormal(Product.of(transposed, q, width), width);
            q = orthonormal(Product.of(rows, z, width), width);
        }
        var small = SvdSteps.golubKahan(Product.transposedTimes(q, width, rows, n), n, SvdSteps.Vectors.THIN);
        var ut = Product.timesTransposed(Arrays.copyOf(small.ut(), k), q, width);
        var parts = new SvdSteps.Parts(ut, Arrays.copyOf(small.s(), k), Arrays.copyOf(small.vt(), k));
        return new Svd(m, n, parts, Matrices.resultType(a));
    }

    private static double[][] orthonormal(double[][] y, int width) { return HouseholderQr.of(y, width).q(width); }
}
