package lyceum.learn.ensemble;

import lyceum.tensor.Tensor;

/** {@code -log softmax(f)_y}, with one score a class. */
final class MultinomialLoss implements StageFit.StageLoss {
    private final int[] codes;
    private final int k;
    private double[] p;

    MultinomialLoss(int[] codes, int k) {
        this.codes = codes;
        this.k = k;
    }

    @Override public int count() { return k; }

    /** Log shares; a class that no row has counts as one row in a thousand times as many. */
    @Override public double[] start(double[] w) {
        var start = new double[k];
        double all = 0;
        for (int i = 0; i < codes.length; i++) {
            start[codes[i]] += w[i];
            all += w[i];
        }
        for (int c = 0; c < k; c++) start[c] = Math.log(Math.max(start[c] / all, 1e-3 / codes.length));
        return start;
    }

    @Override public void begin(double[] f, double[] w) { p = Tensor.of(f, codes.length, k).softmax(1).toDoubleArray(); }

    @Override public double gradient(int row, double[] f, int output) { return p[row * k + output] - (codes[row] == output ? 1 : 0); }

    /** Friedman's step, {@code (K - 1) / K sum r / sum p (1 - p)}. */
    @Override public double step(int output, double[] f, double[] w, int[] rows, int from, int to) {
        double slope = 0, curvature = 0;
        for (int i = from; i < to; i++) {
            double q = p[rows[i] * k + output];
            slope -= w[rows[i]] * gradient(rows[i], f, output);
            curvature += w[rows[i]] * q * (1 - q);
        }
        return (k - 1.0) / k * BoostingLosses.newton(slope, curvature);
    }

    @Override public double loss(double[] f, double[] w) {
        double sum = 0, weight = 0;
        for (int i = 0; i < codes.length; i++) {
            if (w[i] == 0) continue;
            double top = f[i * k], exps = 0;
            for (int c = 1; c < k; c++) top = Math.max(top, f[i * k + c]);
            for (int c = 0; c < k; c++) exps += Math.exp(f[i * k + c] - top);
            sum += w[i] * (top + Math.log(exps) - f[i * k + codes[i]]);
            weight += w[i];
        }
        return sum / weight;
    }
}
