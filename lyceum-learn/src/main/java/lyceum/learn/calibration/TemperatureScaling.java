package lyceum.learn.calibration;

import lyceum.tensor.Tensor;

/**
 * Divides logits by one number: {@code softmax(z / T)}, T by maximum likelihood. The order of classes within a row stays, and with it accuracy.
 *
 * <p>In {@code b = 1 / T} the loss is convex, and its slope {@code sum_i w_i (sum_k p_ik z_ik - z_iy)} is sought for its zero by Newton's method within a bracket.
 * T lies between 0.001 and 1000: the ends are taken where the slope has no zero, as with rows that are all right, or no better than chance.
 *
 * @see <a href="https://arxiv.org/abs/1706.04599">Guo, Pleiss, Sun and Weinberger (2017)</a>
 */
public record TemperatureScaling() implements Calibrator {
    private static final double LEAST = 1e-3, LARGEST = 1e3;

    @Override public boolean takesLogits() { return true; }

    @Override public TemperatureMap fit(Tensor scores, Tensor truth) { return fit(scores, truth, null); }

    @Override public TemperatureMap fit(Tensor scores, Tensor truth, Tensor weights) {
        var s = Scores.of("TemperatureScaling.fit", scores);
        int[] classes = s.truth("TemperatureScaling.fit", truth);
        double[] w = s.weights("TemperatureScaling.fit", weights);
        double low = 1 / LARGEST, high = 1 / LEAST, b = 1;
        if (!(slope(s, classes, w, low)[0] < 0)) return new TemperatureMap(LARGEST, s.single() ? 1 : s.classes());
        if (!(slope(s, classes, w, high)[0] > 0)) return new TemperatureMap(LEAST, s.single() ? 1 : s.classes());
        for (int step = 0; step < 200; step++) {
            double[] at = slope(s, classes, w, b);
            if (at[0] == 0) break;
            if (at[0] > 0) high = b;
            else low = b;
            double next = b - at[0] / at[1];
            if (!(next > low && next < high)) next = Math.sqrt(low * high);
            double change = Math.abs(next - b);
            b = next;
            if (change <= 1e-15 * b || high - low <= 1e-15 * b) break;
        }
        return new TemperatureMap(1 / b, s.single() ? 1 : s.classes());
    }

    /** First and second derivative of the loss by b: what the model expects of the true logit less what it was, and the variance of the logits. */
    private static double[] slope(Scores s, int[] classes, double[] w, double b) {
        double first = 0, second = 0;
        var p = new double[s.classes()];
        for (int i = 0; i < classes.length; i++) {
            double[] z = s.rows()[i];
            TemperatureMap.softmax(z, b, p);
            double mean = 0, square = 0;
            for (int k = 0; k < p.length; k++) {
                double zk = s.single() ? k == 1 ? z[0] : 0 : z[k] - z[classes[i]];
                mean += p[k] * zk;
                square += p[k] * zk * zk;
            }
            first += w[i] * (mean - (s.single() && classes[i] == 1 ? z[0] : 0));
            second += w[i] * (square - mean * mean);
        }
        return new double[] {first, second};
    }
}
