package lyceum.learn.manifold;

import lyceum.DType;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Eigen;
import lyceum.linalg.Lanczos;
import lyceum.linalg.LinearMap;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** The lowest eigenvectors of a positive semi-definite matrix that maps the constant vector to 0, except for that one. */
final class NullSpace {
    /** Up to so many rows all eigenvectors are computed. */
    private static final int DENSE = 600;

    /** @param values ascending @param vectors (n x k) of length 1, their largest entry positive */
    record Pairs(Tensor values, Tensor vectors) {}

    private NullSpace() {}

    static Pairs below(Csr m, int k) {
        int n = (int) m.rows();
        var dense = m.toDense();
        dense = dense.add(dense.transpose()).mul(0.5).compute();
        Tensor vectors;
        if (n <= DENSE) {
            // The constant vector, as one among several of eigenvalue 0, might come out mixed with others: it is lifted above all.
            double top = dense.diagonal().sum().item() / n;
            vectors = Eigen.symmetric(dense.add(top)).vectors().narrow(1, 0, k).transpose().contiguous();
        } else {
            // The lowest of M are the largest of its inverse, far apart there; the shift makes one, the constant vector is projected out.
            double shift = 1e-13 * dense.diagonal().sum().item();
            var factor = Cholesky.of(dense.add(Tensor.eye(DType.F64, n).mul(shift)));
            var inverse = LinearMap.symmetricArray(n, x -> centred(factor.solve(Tensor.of(centred(x.clone()))).toDoubleArray()));
            vectors = new Lanczos(k).withTolerance(1e-10).run(inverse, Rng.of(0)).vectors().transpose().contiguous();
        }
        double[][] rows = vectors.toRows();
        var values = new double[k];
        for (int c = 0; c < k; c++) {
            double largest = 0;
            for (double v : rows[c]) if (Math.abs(v) > Math.abs(largest)) largest = v;
            if (largest < 0) for (int i = 0; i < n; i++) rows[c][i] = -rows[c][i];
            var column = Tensor.of(rows[c]);
            values[c] = m.matmul(column.unsqueeze(1)).squeeze(1).mul(column).sum().item();
        }
        return new Pairs(Tensor.of(values), Tensor.of(rows).transpose().contiguous());
    }

    private static double[] centred(double[] x) {
        double mean = 0;
        for (double v : x) mean += v / x.length;
        for (int i = 0; i < x.length; i++) x[i] -= mean;
        return x;
    }
}
