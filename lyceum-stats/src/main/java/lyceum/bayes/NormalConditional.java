package lyceum.bayes;

import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A block of a normal vector given the rest.
 *
 * @param weights of the rest's coordinates in the block's mean, {@code [block][rest]}
 * @param factor lower triangular, of the conditional covariance
 */
record NormalConditional(double[] mean, int[] block, int[] rest, double[][] weights, double[][] factor) implements Conditional {
    static NormalConditional of(double[] mean, double[][] covariance, int... block) {
        int d = mean.length, n = block.length, at = 0;
        if (covariance.length != d)
            throw new ShapeException("Conditional.normal: a mean of " + d + " numbers, a covariance of " + covariance.length + " rows");
        var mine = new boolean[d];
        for (int b : block) {
            if (b < 0 || b >= d || mine[b])
                throw new IllegalArgumentException("Conditional.normal: coordinate " + b + " of " + d + ", each once");
            mine[b] = true;
        }
        var rest = new int[d - n];
        for (int i = 0; i < d; i++) if (!mine[i]) rest[at++] = i;
        double[][] q = Linalg.inverse(Tensor.of(covariance)).toRows(), inner = new double[n][n], weights = new double[n][rest.length];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) inner[i][j] = (q[block[i]][block[j]] + q[block[j]][block[i]]) / 2;
        double[][] conditional = Linalg.inverse(Tensor.of(inner)).toRows();
        for (int i = 0; i < n; i++)
            for (int j = 0; j < rest.length; j++) for (int k = 0; k < n; k++) weights[i][j] -= conditional[i][k] * q[block[k]][rest[j]];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++) conditional[i][j] = conditional[j][i] = (conditional[i][j] + conditional[j][i]) / 2;
        return new NormalConditional(mean.clone(), block.clone(), rest, weights, Cholesky.of(Tensor.of(conditional)).lower().toRows());
    }

    private double centre(double[] x, int i) {
        double m = mean[block[i]];
        for (int j = 0; j < rest.length; j++) m += weights[i][j] * (x[rest[j]] - mean[rest[j]]);
        return m;
    }

    @Override public void draw(double[] x, Rng rng) {
        for (int i = 0; i < block.length; i++) x[block[i]] = centre(x, i);
        for (int k = 0; k < block.length; k++) {
            double z = rng.nextGaussian();
            for (int i = k; i < block.length; i++) x[block[i]] += factor[i][k] * z;
        }
    }

    @Override public double logProbability(double[] x, double[] y) {
        for (int r : rest) if (x[r] != y[r]) return Double.NEGATIVE_INFINITY;
        var z = new double[block.length];
        double log = 0;
        for (int i = 0; i < z.length; i++) {
            double from = y[block[i]] - centre(x, i);
            for (int k = 0; k < i; k++) from -= factor[i][k] * z[k];
            z[i] = from / factor[i][i];
            log -= z[i] * z[i] / 2 + Math.log(factor[i][i]) + 0.91893853320467274178;
        }
        return log;
    }
}
