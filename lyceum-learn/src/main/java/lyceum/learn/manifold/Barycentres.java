package lyceum.learn.manifold;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.linalg.dense.CholeskySteps;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** Rows as weighted means of their neighbours. */
final class Barycentres {
    private Barycentres() {}

    static Csr weights(Tensor rows, NeighborLists lists, double regularization) {
        return weights(rows, rows, lists.rows(), lists.k(), regularization);
    }

    /**
     * Weights (m x n): with the local Gram matrix {@code C_jl = (x - z_j) . (x - z_l)}, {@code (C + r tr(C) I) w = 1}, scaled to sum 1.
     *
     * @param near k rows of z for each of x
     */
    static Csr weights(Tensor x, Tensor z, int[] near, int k, double regularization) {
        int m = (int) x.size(0), p = (int) x.size(1);
        double[] points = x.toDoubleArray(), others = z.toDoubleArray(), values = new double[m * k];
        Parallel.range(m, 16, (from, to) -> {
            double[][] c = new double[k][k], d = new double[k][p];
            for (int i = (int) from; i < to; i++) {
                differences(points, i, others, near, k, p, d);
                gram(d, c);
                double trace = 0;
                for (int j = 0; j < k; j++) trace += c[j][j];
                for (int j = 0; j < k; j++) c[j][j] += regularization * (trace > 0 ? trace : 1);
                var w = new double[k];
                Arrays.fill(w, 1);
                int pivot = CholeskySteps.factor(c);
                if (pivot >= 0) throw new IllegalArgumentException("locally linear embedding: the neighbours of row " + i
                        + " have a singular Gram matrix; raise regularization, which is " + regularization);
                TriangularSolve.lower(c, false, w, k);
                TriangularSolve.lowerTransposed(c, false, w, k);
                double sum = 0;
                for (double v : w) sum += v;
                for (int j = 0; j < k; j++) values[i * k + j] = w[j] / sum;
            }
        });
        var owner = new int[m * k];
        for (int e = 0; e < owner.length; e++) owner[e] = e / k;
        return Csr.fromEntries(m, z.size(0), owner, near, values);
    }

    static void differences(double[] points, int i, double[] others, int[] near, int k, int p, double[][] d) {
        for (int j = 0; j < k; j++) for (int c = 0, at = near[i * k + j] * p; c < p; c++) d[j][c] = others[at + c] - points[i * p + c];
    }

    static void gram(double[][] d, double[][] out) {
        for (int a = 0; a < d.length; a++) {
            for (int b = 0; b <= a; b++) {
                double sum = 0;
                for (int c = 0; c < d[a].length; c++) sum += d[a][c] * d[b][c];
                out[a][b] = out[b][a] = sum;
            }
        }
    }

    /** {@code (I - W)^T (I - W)}. */
    static Csr cost(Csr w) {
        int n = (int) w.rows();
        var all = new int[n];
        var ones = new double[n];
        for (int i = 0; i < n; i++) all[i] = i;
        Arrays.fill(ones, 1);
        var left = Csr.fromEntries(n, n, all, all, ones).sub(w);
        return left.transpose().matmul(left);
    }
}
