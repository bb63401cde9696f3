package lyceum.bayes;

import java.util.Arrays;

/** Mean and covariance of points that come one by one (Welford 1962). */
final class RunningCovariance {
    private final double[] mean, change;
    private final double[][] products;
    private int n;

    /** @param dense false for variances alone */
    RunningCovariance(int dimensions, boolean dense) {
        mean = new double[dimensions];
        change = new double[dimensions];
        products = new double[dimensions][];
        for (int i = 0; i < dimensions; i++) products[i] = new double[dense ? i + 1 : 1];
    }

    int count() { return n; }

    void add(double[] x) {
        n++;
        for (int i = 0; i < mean.length; i++) {
            change[i] = x[i] - mean[i];
            mean[i] += change[i] / n;
        }
        for (int i = 0; i < mean.length; i++) {
            double after = x[i] - mean[i];
            int width = products[i].length;
            // the last entry is the diagonal, in either layout
            for (int j = 0; j < width - 1; j++) products[i][j] += change[j] * after;
            products[i][width - 1] += change[i] * after;
        }
    }

    void clear() {
        n = 0;
        for (int i = 0; i < mean.length; i++) {
            mean[i] = 0;
            Arrays.fill(products[i], 0);
        }
    }

    /** Shrunk a little towards {@code 1e-3 I}, as Stan does, for windows are short. */
    double[][] shrunkCovariance() {
        double weight = n / (n + 5.0);
        var covariance = new double[mean.length][mean.length];
        for (int i = 0; i < mean.length; i++) {
            for (int j = 0; j < products[i].length - 1; j++) covariance[i][j] = covariance[j][i] = weight * products[i][j] / (n - 1);
            covariance[i][i] = shrunk(i);
        }
        return covariance;
    }

    double[] shrunkVariances() {
        var variances = new double[mean.length];
        for (int i = 0; i < mean.length; i++) variances[i] = shrunk(i);
        return variances;
    }

    private double shrunk(int i) { return n / (n + 5.0) * products[i][products[i].length - 1] / (n - 1) + 1e-3 * 5 / (n + 5.0); }
}
