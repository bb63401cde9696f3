package lyceum.linalg;

import lyceum.DType;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Matrices;
import lyceum.tensor.Tensor;

/** Sizes of matrices {@code (m, n)}: how far a map can stretch, or how large its entries are together. All of them in F64. */
public final class Norms {
    private Norms() {}

    /** {@code sqrt(sum a_ij^2)}, without overflow. */
    public static double frobenius(Tensor a) { return Dense.frobenius(Matrices.rows("frobenius norm", a)); }

    /** Largest column sum of sizes: {@code max |A x|_1} over {@code |x|_1 = 1}. */
    public static double one(Tensor a) { return Dense.oneNorm(Matrices.rows("one norm", a), (int) a.size(1)); }

    /** Largest row sum of sizes: {@code max |A x|_inf} over {@code |x|_inf = 1}. */
    public static double infinity(Tensor a) { return Dense.infinityNorm(Matrices.rows("infinity norm", a)); }

    /** Largest singular value: {@code max |A x|_2} over {@code |x|_2 = 1}. */
    public static double spectral(Tensor a) {
        double[] s = Svd.values(a.to(DType.F64)).toDoubleArray();
        return s.length == 0 ? 0 : s[0];
    }

    /** Sum of the singular values; the convex envelope of the rank. */
    public static double nuclear(Tensor a) {
        double sum = 0;
        for (double s : Svd.values(a.to(DType.F64)).toDoubleArray()) sum += s;
        return sum;
    }
}
