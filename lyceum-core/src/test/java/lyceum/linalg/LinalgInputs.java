package lyceum.linalg;

import lyceum.DType;
import lyceum.linalg.dense.Dense;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;

/** Inputs and measures that the tests of this package share. */
final class LinalgInputs {
    private LinalgInputs() {}

    /** Longley's regression (1967) with the coefficients that the National Institute of Standards and Technology certifies. */
    record Longley(Tensor design, Tensor response, double[] certified) {
        /** As the golden files of least squares and QR hold it. */
        static Longley of(Golden golden) {
            var c = golden.cases("longley").getFirst();
            return new Longley(tensor(c.matrix("input.design")), Tensor.of(c.doubles("input.y")), c.doubles("expected.coef"));
        }

        /** Significant digits that the worst coefficient has right (the log relative error of NIST). */
        double digitsRight(Tensor coefficients) {
            double least = 16;
            double[] x = coefficients.toDoubleArray();
            for (int i = 0; i < x.length; i++) least = Math.min(least, -Math.log10(Math.abs(x[i] / certified[i] - 1)));
            return least;
        }
    }

    static Tensor tensor(double[][] rows) { return Tensor.of(Dense.toRowMajor(rows, rows[0].length), rows.length, rows[0].length); }

    static Tensor gaussian(Rng rng, int m, int n) { return Tensor.randn(rng, DType.F64, m, n); }

    /** {@code b b^T / n + 0.5 I} as the golden scripts form it. */
    static double[][] positive(double[][] b) {
        int n = b.length;
        var a = Recipe.product(b, Dense.transpose(b, n));
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) a[i][j] = a[i][j] / n + (i == j ? 0.5 : 0);
        return a;
    }

    static double[][] symmetric(double[][] b) {
        int n = b.length;
        var a = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) a[i][j] = (b[i][j] + b[j][i]) / 2;
        return a;
    }

    static double maxAbs(Tensor x) {
        double max = 0;
        for (double v : x.toDoubleArray()) max = Math.max(max, Math.abs(v));
        return max;
    }

    static double maxDifference(Tensor x, Tensor y) { return maxAbs(x.sub(y)); }

    static double maxDifference(double[] x, double[] y) {
        if (x.length != y.length) throw new AssertionError(x.length + " numbers against " + y.length);
        double max = 0;
        for (int i = 0; i < x.length; i++) max = Math.max(max, Math.abs(x[i] - y[i]));
        return max;
    }

    /** Frobenius norm. */
    static double norm(Tensor x) { return x.rank() == 2 ? Norms.frobenius(x) : Math.sqrt(x.square().sum().item()); }

    /** {@code |x - y| / |y|} in the Frobenius norm. */
    static double relative(Tensor x, Tensor y) {
        double size = norm(y);
        return norm(x.sub(y)) / (size == 0 ? 1 : size);
    }

    /** {@code max |Q^T Q - I|}. */
    static double orthonormality(Tensor q) {
        return q.size(1) == 0 ? 0 : maxDifference(q.transpose().matmul(q), Tensor.eye(DType.F64, q.size(1)));
    }
}
