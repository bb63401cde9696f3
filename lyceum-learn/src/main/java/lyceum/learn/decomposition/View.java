package lyceum.learn.decomposition;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.Eigen;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;

/**
 * One view of the cases for canonical analysis: the centred rows are {@code U diag(s) V^T}, directions without variance left out. With ridge l a
 * score {@code X a} counts as long by {@code a^T (X^T X + l I) a = 1}, so that its part along the i-th basis vector is at most
 * {@code f_i = s_i / (s_i^2 + l)^1/2}: 1 without ridge.
 *
 * @param basis U (n x r), orthonormal columns
 * @param values s (r), falling
 * @param filters f (r)
 * @param axes V (p x r); {@code null} for a kernel
 */
record View(Tensor basis, double[] values, double[] filters, Tensor axes) {
    private static final double RANK = 1e-12;

    /** @param centred rows (n x p), each times the root of its weight */
    static View of(Tensor centred, double ridge) {
        if (centred.size(0) <= centred.size(1)) {
            var svd = Svd.of(centred);
            return cut(svd.u(), svd.s().toDoubleArray(), svd.v(), ridge);
        }
        var qr = Qr.of(centred);
        var svd = Svd.of(qr.r());
        return cut(qr.q().matmul(svd.u()), svd.s().toDoubleArray(), svd.v(), ridge);
    }

    /** @param gram of centred rows (n x n) */
    static View ofGram(Tensor gram, double ridge) {
        var eigen = Eigen.symmetric(gram);
        double[] up = eigen.values().toDoubleArray(), s = new double[up.length];
        for (int i = 0; i < s.length; i++) s[i] = Math.sqrt(Math.max(0, up[s.length - 1 - i]));
        // An eigenvalue is a square and so known to half the digits only.
        return cut(eigen.vectors().flip(1), zeroed(s), null, ridge);
    }

    private static double[] zeroed(double[] s) {
        for (int i = 0; i < s.length; i++) if (s[i] <= 1e-7 * s[0]) s[i] = 0;
        return s;
    }

    private static View cut(Tensor u, double[] s, Tensor v, double ridge) {
        int r = 0;
        while (r < s.length && s[r] > RANK * s[0]) r++;
        double[] values = Arrays.copyOf(s, r), filters = new double[r];
        for (int i = 0; i < r; i++) filters[i] = s[i] / Math.sqrt(s[i] * s[i] + ridge);
        return new View(u.narrow(1, 0, r).contiguous(), values, filters, v == null ? null : v.narrow(1, 0, r).contiguous());
    }

    int rank() { return values.length; }

    /** {@code U diag(f)}. */
    Tensor filtered() { return basis.mul(Tensor.of(filters)).compute(); }

    /** Weights of columns (p x k) from weights of filtered basis vectors (r x k): {@code V (s^2 + l)^-1/2}. */
    Tensor weights(Tensor inBasis) { return axes.matmul(inBasis.mul(scale())).compute(); }

    private Tensor scale() {
        var scale = new double[rank()];
        for (int i = 0; i < scale.length; i++) scale[i] = filters[i] / values[i];
        return Tensor.of(scale).unsqueeze(1);
    }

    /** Weights of cases (n x k) for a kernel: {@code U (s (s^2 + l)^1/2)^-1}. */
    Tensor duals(Tensor inBasis) { return basis.matmul(inBasis.mul(scale()).div(Tensor.of(values).unsqueeze(1))).compute(); }

    /** The rows without their (weighted) mean. */
    static Tensor centred(Tensor rows, Tensor mean) { return rows.to(DType.F64).sub(mean).compute(); }
}
