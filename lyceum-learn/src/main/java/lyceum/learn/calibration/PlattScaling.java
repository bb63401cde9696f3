package lyceum.learn.calibration;

import lyceum.tensor.Tensor;

/**
 * Platt's sigmoid, {@code p = 1 / (1 + exp(-(a s + b)))}, by maximum likelihood with targets {@code (N+ + 1) / (N+ + 2)} and {@code 1 / (N- + 2)}
 * instead of 1 and 0, so that few cases give no certainty. More than two classes: each against the rest, scaled to sum 1.
 *
 * <p>Newton's method with step halving on standardised scores. Platt's A and B are {@code -a} and {@code -b}.
 *
 * @see "Platt (1999), Probabilistic Outputs for Support Vector Machines"
 * @see <a href="https://doi.org/10.1007/s10994-007-5018-6">Lin, Lin and Weng (2007)</a>
 */
public record PlattScaling() implements Calibrator {
    private static final int MAX_STEPS = 100;

    @Override public boolean takesLogits() { return false; }

    @Override public SigmoidMap fit(Tensor scores, Tensor truth) { return fit(scores, truth, null); }

    @Override public SigmoidMap fit(Tensor scores, Tensor truth, Tensor weights) {
        var s = Scores.of("PlattScaling.fit", scores);
        int[] classes = s.truth("PlattScaling.fit", truth);
        double[] w = s.weights("PlattScaling.fit", weights);
        int columns = s.single() ? 1 : s.classes();
        double[] slopes = new double[columns], intercepts = new double[columns];
        for (int c = 0; c < columns; c++) {
            int positive = s.single() ? 1 : c;
            double[] found = sigmoid(s.column(c), classes, positive, w);
            slopes[c] = found[0];
            intercepts[c] = found[1];
        }
        return new SigmoidMap(slopes, intercepts);
    }

    private static double[] sigmoid(double[] s, int[] classes, int positive, double[] w) {
        int n = s.length;
        double up = 0, down = 0, mean = 0, spread = 0;
        for (int i = 0; i < n; i++) {
            if (classes[i] == positive) up += w[i];
            else down += w[i];
            mean += w[i] * s[i];
        }
        mean /= up + down;
        for (int i = 0; i < n; i++) spread += w[i] * (s[i] - mean) * (s[i] - mean);
        double scale = spread > 0 ? Math.sqrt(spread / (up + down)) : 1;
        double[] x = new double[n], t = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = (s[i] - mean) / scale;
            t[i] = classes[i] == positive ? (up + 1) / (up + 2) : 1 / (down + 2);
        }
        double a = 0, b = Math.log((up + 1) / (down + 1)), loss = loss(x, t, w, a, b);
        for (int step = 0; step < MAX_STEPS; step++) {
            double ga = 0, gb = 0, haa = 1e-12, hab = 0, hbb = 1e-12;
            for (int i = 0; i < n; i++) {
                double p = SigmoidMap.sigmoid(a * x[i] + b), d = w[i] * (p - t[i]), h = w[i] * p * (1 - p);
                ga += d * x[i];
                gb += d;
                haa += h * x[i] * x[i];
                hab += h * x[i];
                hbb += h;
            }
            double determinant = haa * hbb - hab * hab;
            double da = -(hbb * ga - hab * gb) / determinant, db = -(haa * gb - hab * ga) / determinant, size = 1;
            double next = loss(x, t, w, a + da, b + db);
            while (!(next <= loss) && size > 1e-10) {
                size /= 2;
                next = loss(x, t, w, a + size * da, b + size * db);
            }
            if (!(next <= loss)) break;
            a += size * da;
            b += size * db;
            loss = next;
            if (Math.abs(size * da) <= 1e-14 * (1 + Math.abs(a)) && Math.abs(size * db) <= 1e-14 * (1 + Math.abs(b))) break;
        }
        return new double[] {a / scale, b - a * mean / scale};
    }

    /** Cross-entropy of the targets, {@code log(1 + exp(z)) - t z}. */
    private static double loss(double[] x, double[] t, double[] w, double a, double b) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            double z = a * x[i] + b;
            sum += w[i] * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - t[i] * z);
        }
        return sum;
    }
}
