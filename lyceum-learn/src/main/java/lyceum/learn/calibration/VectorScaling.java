package lyceum.learn.calibration;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.optim.Newton;
import lyceum.optim.SecondOrderObjective;
import lyceum.tensor.Tensor;

/**
 * A factor and a shift for each class, {@code softmax(a_k z_k + b_k)} by maximum likelihood (Newton's method), {@code b_0 = 0}. Can mend classes that are wrong
 * in opposite directions, at the price of changing which one wins.
 *
 * @see <a href="https://arxiv.org/abs/1706.04599">Guo, Pleiss, Sun and Weinberger (2017)</a>
 */
public record VectorScaling() implements Calibrator {
    @Override public boolean takesLogits() { return true; }

    @Override public VectorMap fit(Tensor scores, Tensor truth) { return fit(scores, truth, null); }

    @Override public VectorMap fit(Tensor scores, Tensor truth, Tensor weights) {
        var s = Scores.of("VectorScaling.fit", scores);
        if (s.single()) throw new ShapeException(
                "VectorScaling.fit: scores are (n); it takes (n x classes), and for one column there is Platt's sigmoid");
        int[] classes = s.truth("VectorScaling.fit", truth);
        double[] w = s.weights("VectorScaling.fit", weights);
        int k = s.classes();
        var start = new double[2 * k - 1];
        Arrays.fill(start, 0, k, 1);
        var found = new Newton().withMaxIterations(100).withGradientTolerance(1e-10).minimize(new Loss(s.rows(), classes, w, k), start).x();
        var shift = new double[k];
        System.arraycopy(found, k, shift, 1, k - 1);
        return new VectorMap(Arrays.copyOf(found, k), shift);
    }

    /** Mean cross-entropy as a function of (a_0 .. a_{k-1}, b_1 .. b_{k-1}). */
    private record Loss(double[][] z, int[] classes, double[] w, int k) implements SecondOrderObjective {
        private double[] probabilities(double[] x, int i) {
            double[] p = new double[k], u = new double[k];
            for (int c = 0; c < k; c++) u[c] = x[c] * z[i][c] + (c == 0 ? 0 : x[k + c - 1]);
            TemperatureMap.softmax(u, 1, p);
            return p;
        }

        private double total() { return Arrays.stream(w).sum(); }

        @Override public double at(double[] x, double[] gradient) {
            Arrays.fill(gradient, 0);
            double loss = 0, total = total();
            for (int i = 0; i < w.length; i++) {
                double[] p = probabilities(x, i);
                loss -= w[i] / total * Math.log(Math.max(p[classes[i]], Double.MIN_NORMAL));
                for (int c = 0; c < k; c++) {
                    double d = w[i] / total * (p[c] - (c == classes[i] ? 1 : 0));
                    gradient[c] += d * z[i][c];
                    if (c > 0) gradient[k + c - 1] += d;
                }
            }
            return loss;
        }

        @Override public double[] hessianTimes(double[] x, double[] v) {
            var product = new double[v.length];
            double total = total();
            for (int i = 0; i < w.length; i++) {
                double[] p = probabilities(x, i), u = new double[k];
                double mean = 0;
                for (int c = 0; c < k; c++) {
                    u[c] = v[c] * z[i][c] + (c == 0 ? 0 : v[k + c - 1]);
                    mean += p[c] * u[c];
                }
                for (int c = 0; c < k; c++) {
                    double d = w[i] / total * p[c] * (u[c] - mean);
                    product[c] += d * z[i][c];
                    if (c > 0) product[k + c - 1] += d;
                }
            }
            return product;
        }
    }
}
