package lyceum.learn.recommend;

import lyceum.random.Rng;

/** What fits a {@link MatrixFactorizationModel}. Rows of factors have the bias last. */
public sealed interface Factorizer permits MatrixFactorization, ImplicitFactorization, BayesianPersonalizedRanking {
    int factors();

    /**
     * The exact solution of a row while the other side stands.
     *
     * @throws UnsupportedOperationException if this method has none
     */
    AlsStep step(double[][] fixed, double mean);

    /** Small normal factors, and biases of 0. */
    static double[][] start(Rng rng, int n, int k) {
        var rows = new double[n][k + 1];
        double scale = 1 / Math.sqrt(Math.max(1, k));
        for (var row : rows) for (int c = 0; c < k; c++) row[c] = scale * rng.nextGaussian();
        return rows;
    }

    static double square(double[] x) {
        double sum = 0;
        for (double v : x) sum += v * v;
        return sum;
    }

    static void check(String name, double regularization, int iterations, double tolerance) {
        if (!(regularization >= 0 && regularization < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(name + ": regularization is " + regularization + "; it is finite and at least 0");
        if (iterations < 1) throw new IllegalArgumentException(name + ": iterations is " + iterations + "; it is at least 1");
        if (!(tolerance >= 0)) throw new IllegalArgumentException(name + ": tolerance is " + tolerance + "; it is at least 0");
    }
}
