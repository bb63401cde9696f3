package lyceum.learn.ensemble;

import java.util.function.DoubleBinaryOperator;

/** The losses of {@link BoostingLoss}. */
final class BoostingLosses {
    private BoostingLosses() {}

    record Given(DoubleBinaryOperator loss, DoubleBinaryOperator slope) implements BoostingLoss {
        @Override public double value(double y, double f) { return loss.applyAsDouble(y, f); }

        @Override public double gradient(double y, double f) { return slope.applyAsDouble(y, f); }
    }

    record Squared() implements BoostingLoss {
        @Override public double value(double y, double f) { return (y - f) * (y - f) / 2; }

        @Override public double gradient(double y, double f) { return f - y; }

        @Override public double step(double[] y, double[] f, double[] w, int[] rows, int from, int to) {
            double mean = 0, weight = 0;
            for (int i = from; i < to; i++) {
                int r = rows[i];
                if (w[r] == 0) continue;
                weight += w[r];
                mean += w[r] / weight * (y[r] - f[r] - mean);
            }
            return mean;
        }
    }

    record Absolute() implements BoostingLoss {
        @Override public double value(double y, double f) { return Math.abs(y - f); }

        @Override public double gradient(double y, double f) { return Math.signum(f - y); }

        @Override public double step(double[] y, double[] f, double[] w, int[] rows, int from, int to) {
            return quantile(y, f, w, rows, from, to, 0.5);
        }
    }

    record Quantile(double alpha) implements BoostingLoss {
        Quantile {
            if (!(alpha > 0 && alpha < 1)) throw new IllegalArgumentException("quantile: alpha is " + alpha + "; it lies between 0 and 1");
        }

        @Override public double value(double y, double f) { return y >= f ? alpha * (y - f) : (1 - alpha) * (f - y); }

        @Override public double gradient(double y, double f) { return y >= f ? -alpha : 1 - alpha; }

        @Override public double step(double[] y, double[] f, double[] w, int[] rows, int from, int to) {
            return quantile(y, f, w, rows, from, to, alpha);
        }
    }

    record Huber(double alpha, double d) implements BoostingLoss {
        Huber {
            if (!(alpha > 0 && alpha < 1)) throw new IllegalArgumentException("huber: alpha is " + alpha + "; it lies between 0 and 1");
        }

        @Override public BoostingLoss at(double[] y, double[] f, double[] w) {
            double[] off = new double[y.length], none = new double[y.length];
            var rows = new int[y.length];
            for (int i = 0; i < off.length; i++) {
                off[i] = Math.abs(y[i] - f[i]);
                rows[i] = i;
            }
            return new Huber(alpha, quantile(off, none, w, rows, 0, rows.length, alpha));
        }

        @Override public double start(double[] y, double[] w) { return new Absolute().start(y, w); }

        @Override public double value(double y, double f) {
            double off = Math.abs(y - f);
            return off <= d ? off * off / 2 : d * (off - d / 2);
        }

        @Override public double gradient(double y, double f) { return Math.max(-d, Math.min(d, f - y)); }

        /** From the median the mean of the clipped rest: one step of Friedman's algorithm 4, not the minimum itself. */
        @Override public double step(double[] y, double[] f, double[] w, int[] rows, int from, int to) {
            double median = quantile(y, f, w, rows, from, to, 0.5), sum = 0, weight = 0;
            for (int i = from; i < to; i++) {
                int r = rows[i];
                sum += w[r] * Math.max(-d, Math.min(d, y[r] - f[r] - median));
                weight += w[r];
            }
            return median + sum / weight;
        }
    }

    record Poisson() implements BoostingLoss {
        @Override public void check(double y) {
            if (!(y >= 0)) throw new IllegalArgumentException("target " + y + "; the Poisson loss needs counts of at least 0");
        }

        @Override public Link link() { return Link.LOG; }

        @Override public double value(double y, double f) { return Math.exp(f) - y * f; }

        @Override public double gradient(double y, double f) { return Math.exp(f) - y; }

        /** {@code log(sum w y / sum w exp(f))}; where all counts are 0 the minimum is infinitely far and a Newton step, -1, is taken. */
        @Override public double step(double[] y, double[] f, double[] w, int[] rows, int from, int to) {
            double counts = 0, means = 0;
            for (int i = from; i < to; i++) {
                counts += w[rows[i]] * y[rows[i]];
                means += w[rows[i]] * Math.exp(f[rows[i]]);
            }
            return counts > 0 ? Math.log(counts / means) : -1;
        }
    }

    record Logistic() implements BoostingLoss {
        @Override public Link link() { return Link.LOGIT; }

        @Override public double value(double y, double f) { return Math.max(f, 0) + Math.log1p(Math.exp(-Math.abs(f))) - y * f; }

        @Override public double gradient(double y, double f) { return Link.LOGIT.of(f) - y; }

        @Override public double start(double[] y, double[] w) { return logOdds(y, w); }

        /** One Newton step, {@code sum w (y - p) / sum w p (1 - p)}. */
        @Override public double step(double[] y, double[] f, double[] w, int[] rows, int from, int to) {
            double slope = 0, curvature = 0;
            for (int i = from; i < to; i++) {
                int r = rows[i];
                double p = Link.LOGIT.of(f[r]);
                slope += w[r] * (y[r] - p);
                curvature += w[r] * p * (1 - p);
            }
            return newton(slope, curvature);
        }
    }

    record Exponential() implements BoostingLoss {
        @Override public Link link() { return Link.HALF_LOGIT; }

        @Override public double value(double y, double f) { return Math.exp((1 - 2 * y) * f); }

        @Override public double gradient(double y, double f) { return (1 - 2 * y) * Math.exp((1 - 2 * y) * f); }

        @Override public double start(double[] y, double[] w) { return logOdds(y, w) / 2; }

        /** One Newton step; the second derivative is the loss itself. */
        @Override public double step(double[] y, double[] f, double[] w, int[] rows, int from, int to) {
            double slope = 0, curvature = 0;
            for (int i = from; i < to; i++) {
                int r = rows[i];
                slope -= w[r] * gradient(y[r], f[r]);
                curvature += w[r] * value(y[r], f[r]);
            }
            return newton(slope, curvature);
        }
    }

    /** 0 where a leaf is flat: its rows are certain already. */
    static double newton(double slope, double curvature) { return Math.abs(curvature) < 1e-150 ? 0 : slope / curvature; }

    static double logOdds(double[] y, double[] w) {
        double ones = 0, all = 0;
        for (int i = 0; i < y.length; i++) {
            ones += w[i] * y[i];
            all += w[i];
        }
        return Math.log(ones / (all - ones));
    }

    /** The least {@code y - f} up to which the share alpha of the weight lies. */
    static double quantile(double[] y, double[] f, double[] w, int[] rows, int from, int to, double alpha) {
        int n = to - from;
        var residual = new double[n];
        for (int i = 0; i < n; i++) residual[i] = y[rows[from + i]] - f[rows[from + i]];
        int[] order = Ordering.of(residual);
        double all = 0, below = 0;
        for (int i : order) all += w[rows[from + i]];
        for (int i : order) {
            below += w[rows[from + i]];
            if (below >= alpha * all && w[rows[from + i]] > 0) return residual[i];
        }
        return residual[order[n - 1]];
    }
}
