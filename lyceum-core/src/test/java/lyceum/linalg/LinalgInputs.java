package lyceum.linalg;

import lyceum.DType;
import lyceum.linalg.dense.Dense;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Recipe;

/** Inputs and measures that the tests of this package share. */
final class LinalgInputs {
    /**
     * J. W. Longley (1967), Statistical Reference Datasets of the National Institute of Standards and Technology: deflator, GNP, unemployed,
     * armed forces, population, year, and total employment.
     */
    static final double[][] LONGLEY = {{83.0, 234289, 2356, 1590, 107608, 1947, 60323}, {88.5, 259426, 2325, 1456, 108632, 1948, 61122},
            {88.2, 258054, 3682, 1616, 109773, 1949, 60171}, {89.5, 284599, 3351, 1650, 110929, 1950, 61187},
            {96.2, 328975, 2099, 3099, 112075, 1951, 63221}, {98.1, 346999, 1932, 3594, 113270, 1952, 63639},
            {99.0, 365385, 1870, 3547, 115094, 1953, 64989}, {100.0, 363112, 3578, 3350, 116219, 1954, 63761},
            {101.2, 397469, 2904, 3048, 117388, 1955, 66019}, {104.6, 419180, 2822, 2857, 118734, 1956, 67857},
            {108.4, 442769, 2936, 2798, 120445, 1957, 68169}, {110.8, 444546, 4681, 2637, 121950, 1958, 66513},
            {112.6, 482704, 3813, 2552, 123366, 1959, 68655}, {114.2, 502601, 3931, 2514, 125368, 1960, 69564},
            {115.7, 518173, 4806, 2572, 127852, 1961, 69331}, {116.9, 554894, 4007, 2827, 130081, 1962, 70551}};

    /** Certified coefficients: constant, then the columns in order. */
    static final double[] LONGLEY_CERTIFIED = {-3482258.63459582, 15.0618722713733, -0.0358191792925910, -2.02022980381683,
            -1.03322686717359, -0.0511041056535807, 1829.15146461355};

    private LinalgInputs() {}

    static Tensor longleyDesign() {
        var x = new double[16][7];
        for (int i = 0; i < 16; i++) {
            x[i][0] = 1;
            System.arraycopy(LONGLEY[i], 0, x[i], 1, 6);
        }
        return tensor(x);
    }

    static Tensor longleyResponse() {
        var y = new double[16];
        for (int i = 0; i < 16; i++) y[i] = LONGLEY[i][6];
        return Tensor.of(y);
    }

    /** Significant digits that the worst coefficient has right (the log relative error of NIST). */
    static double digitsRight(Tensor found, double[] certified) {
        double least = 16;
        double[] x = found.toDoubleArray();
        for (int i = 0; i < x.length; i++) least = Math.min(least, -Math.log10(Math.abs(x[i] / certified[i] - 1)));
        return least;
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
