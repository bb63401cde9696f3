package lyceum.learn.decomposition;

import java.util.Arrays;

/** What one row says about its k latent values, from the columns that it has. */
final class Observed {
    private final int p, k;
    private final double[] loadings, mean;
    /** One over the deviation of each column's noise: in these units every column has noise of variance 1. */
    private final double[] scale;
    /** Lower Cholesky factor of {@code M = W_o^T W_o + I} (k x k). */
    private final double[] factor;
    final double[] latent;
    int count;
    double logDensity;

    /** @param noise variance of each column's noise (p) */
    Observed(double[] loadings, double[] mean, double[] noise, int k) {
        this.mean = mean;
        this.p = mean.length;
        this.k = k;
        this.loadings = new double[p * k];
        this.scale = new double[p];
        for (int j = 0; j < p; j++) {
            scale[j] = 1 / Math.sqrt(noise[j]);
            for (int a = 0; a < k; a++) this.loadings[j * k + a] = loadings[j * k + a] * scale[j];
        }
        this.factor = new double[k * k];
        this.latent = new double[k];
    }

    /** Reads the row at {@code x[at]}: posterior mean of the latent values, their precision's factor, and the density of what is there. */
    void read(double[] x, int at) {
        Arrays.fill(factor, 0);
        Arrays.fill(latent, 0);
        count = 0;
        double squares = 0, logDet = 0;
        for (int j = 0; j < p; j++) {
            if (Double.isNaN(x[at + j])) continue;
            count++;
            double d = (x[at + j] - mean[j]) * scale[j];
            logDet -= 2 * Math.log(scale[j]);
            squares += d * d;
            for (int a = 0, w = j * k; a < k; a++) {
                latent[a] += loadings[w + a] * d;
                for (int b = 0; b <= a; b++) factor[a * k + b] += loadings[w + a] * loadings[w + b];
            }
        }
        for (int a = 0; a < k; a++) {
            factor[a * k + a] += 1;
            for (int b = 0; b <= a; b++) {
                double v = factor[a * k + b];
                for (int c = 0; c < b; c++) v -= factor[a * k + c] * factor[b * k + c];
                factor[a * k + b] = a == b ? Math.sqrt(v) : v / factor[b * k + b];
            }
            logDet += 2 * Math.log(factor[a * k + a]);
        }
        forward(latent);
        double explained = 0;
        for (double v : latent) explained += v * v;
        backward(latent);
        logDensity = -0.5 * (count * Math.log(2 * Math.PI) + logDet + Math.max(0, squares - explained));
    }

    private void forward(double[] v) {
        for (int a = 0; a < k; a++) {
            for (int b = 0; b < a; b++) v[a] -= factor[a * k + b] * v[b];
            v[a] /= factor[a * k + a];
        }
    }

    private void backward(double[] v) {
        for (int a = k - 1; a >= 0; a--) {
            for (int b = a + 1; b < k; b++) v[a] -= factor[b * k + a] * v[b];
            v[a] /= factor[a * k + a];
        }
    }

    /** The posterior covariance {@code M^-1} (k x k). */
    void covariance(double[] out, double[] column) {
        for (int c = 0; c < k; c++) {
            Arrays.fill(column, 0);
            column[c] = 1;
            forward(column);
            backward(column);
            for (int a = 0; a < k; a++) out[a * k + c] = column[a];
        }
    }
}
