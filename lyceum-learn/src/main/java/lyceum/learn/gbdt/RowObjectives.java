package lyceum.learn.gbdt;

import java.util.function.DoubleBinaryOperator;

/** The built-in losses. */
final class RowObjectives {
    private static final double LEAST_HESSIAN = 1e-16;

    private RowObjectives() {}

    /** The number that goes with the objective's name in a model, NaN if none does. */
    static double parameter(RowObjective objective) {
        return switch (objective) {
            case Tweedie t -> t.power;
            case Quantile q when !q.absolute -> q.alpha;
            default -> Double.NaN;
        };
    }

    /** Scores mean a number, its logarithm or its log odds; leaves that take their values from their rows are not for ordered boosting. */
    static void check(String learner, RowObjective objective, GbdtOptions options) {
        var meaning = objective.meaning();
        boolean named = objective instanceof Tweedie || objective instanceof Quantile || objective instanceof Gamma;
        if (!named && meaning != BoostingObjective.SQUARED_ERROR && meaning != BoostingObjective.LOGISTIC
                && meaning != BoostingObjective.POISSON)
            throw new IllegalArgumentException(learner + ": the objective reads scores as " + meaning
                    + "; one of your own reads them as SQUARED_ERROR, LOGISTIC or POISSON");
        if (options.ordered() && objective.refitsLeaves()) throw new IllegalArgumentException(
                learner + ": ordered boosting steps by second derivatives; the leaves of this objective take their values from their rows");
    }

    record SquaredError() implements RowObjective {
        @Override public double loss(double y, double f) { return (y - f) * (y - f) / 2; }

        @Override public double gradient(double y, double f) { return f - y; }

        @Override public double hessian(double y, double f) { return 1; }

        @Override public double start(double[] y, double[] w) { return Constants.mean(y, w); }
    }

    record Logistic() implements RowObjective {
        @Override public double loss(double y, double f) {
            // log1p(e) by what rounding makes of 1 + e (Kahan): Math.log is one machine sequence, Math.log1p a long way.
            double e = Math.exp(-Math.abs(f)), u = 1 + e;
            return Math.max(f, 0) + (u == 1 ? e : Math.log(u) * (e / (u - 1))) - y * f;
        }

        @Override public double gradient(double y, double f) { return BoostingObjective.sigmoid(f) - y; }

        @Override public double hessian(double y, double f) {
            double p = BoostingObjective.sigmoid(f);
            return Math.max(p * (1 - p), LEAST_HESSIAN);
        }

        @Override public void derivatives(double[] y, double[] f, double[] w, int from, int to, double[] gh) {
            for (int i = from; i < to; i++) {
                double p = BoostingObjective.sigmoid(f[i]);
                gh[2 * i] = w[i] * (p - y[i]);
                gh[2 * i + 1] = w[i] * Math.max(p * (1 - p), LEAST_HESSIAN);
            }
        }

        @Override public BoostingObjective meaning() { return BoostingObjective.LOGISTIC; }

        @Override public String objection(double y) { return y < 0 || y > 1 ? "it lies between 0 and 1" : null; }

        @Override public double start(double[] y, double[] w) {
            double mean = Constants.mean(y, w);
            return Math.log(mean / (1 - mean));
        }
    }

    record Poisson() implements RowObjective {
        @Override public double loss(double y, double f) { return Math.exp(f) - y * f; }

        @Override public double gradient(double y, double f) { return Math.exp(f) - y; }

        @Override public double hessian(double y, double f) { return Math.exp(f); }

        @Override public void derivatives(double[] y, double[] f, double[] w, int from, int to, double[] gh) {
            for (int i = from; i < to; i++) {
                double mean = Math.exp(f[i]);
                gh[2 * i] = w[i] * (mean - y[i]);
                gh[2 * i + 1] = w[i] * mean;
            }
        }

        @Override public BoostingObjective meaning() { return BoostingObjective.POISSON; }

        @Override public String objection(double y) { return y < 0 ? "the Poisson objective needs counts of at least 0" : null; }

        @Override public double start(double[] y, double[] w) { return Math.log(Constants.mean(y, w)); }
    }

    record Gamma() implements RowObjective {
        @Override public double loss(double y, double f) { return f + y * Math.exp(-f); }

        @Override public double gradient(double y, double f) { return 1 - y * Math.exp(-f); }

        @Override public double hessian(double y, double f) { return y * Math.exp(-f); }

        @Override public BoostingObjective meaning() { return BoostingObjective.GAMMA; }

        @Override public String objection(double y) { return y > 0 ? null : "the gamma objective needs amounts above 0"; }

        @Override public double start(double[] y, double[] w) { return Math.log(Constants.mean(y, w)); }
    }

    record Tweedie(double power) implements RowObjective {
        Tweedie {
            if (!(power > 1 && power < 2))
                throw new IllegalArgumentException("Tweedie objective: power is " + power + "; it lies between 1 and 2");
        }

        @Override public double loss(double y, double f) {
            return Math.exp((2 - power) * f) / (2 - power) - y * Math.exp((1 - power) * f) / (1 - power);
        }

        @Override public double gradient(double y, double f) { return Math.exp((2 - power) * f) - y * Math.exp((1 - power) * f); }

        @Override public double hessian(double y, double f) {
            return (2 - power) * Math.exp((2 - power) * f) - (1 - power) * y * Math.exp((1 - power) * f);
        }

        @Override public void derivatives(double[] y, double[] f, double[] w, int from, int to, double[] gh) {
            for (int i = from; i < to; i++) {
                double a = Math.exp((2 - power) * f[i]), b = y[i] * Math.exp((1 - power) * f[i]);
                gh[2 * i] = w[i] * (a - b);
                gh[2 * i + 1] = w[i] * ((2 - power) * a - (1 - power) * b);
            }
        }

        @Override public BoostingObjective meaning() { return BoostingObjective.TWEEDIE; }

        @Override public String objection(double y) { return y < 0 ? "the Tweedie objective needs amounts of at least 0" : null; }

        @Override public double start(double[] y, double[] w) { return Math.log(Constants.mean(y, w)); }
    }

    /** Curvature is 1, since it has none; leaves take their values from their rows. @param absolute whether it is named and scaled as the absolute error */
    record Quantile(double alpha, boolean absolute) implements RowObjective {
        Quantile {
            if (!(alpha > 0 && alpha < 1))
                throw new IllegalArgumentException("quantile objective: alpha is " + alpha + "; it lies between 0 and 1");
        }

        @Override public double loss(double y, double f) {
            if (absolute) return Math.abs(y - f);
            return y > f ? alpha * (y - f) : (1 - alpha) * (f - y);
        }

        @Override public double gradient(double y, double f) {
            if (absolute) return Math.signum(f - y);
            return f >= y ? 1 - alpha : -alpha;
        }

        @Override public double hessian(double y, double f) { return 1; }

        @Override public BoostingObjective meaning() { return absolute ? BoostingObjective.ABSOLUTE_ERROR : BoostingObjective.QUANTILE; }

        @Override public double start(double[] y, double[] w) { return Constants.quantile(y, w, alpha); }

        @Override public boolean refitsLeaves() { return true; }

        @Override public double leaf(double[] y, double[] f, double[] w) {
            var residuals = new double[y.length];
            for (int i = 0; i < y.length; i++) residuals[i] = y[i] - f[i];
            return Constants.quantile(residuals, w, alpha);
        }
    }

    record Given(DoubleBinaryOperator loss, DoubleBinaryOperator gradient, DoubleBinaryOperator hessian) implements RowObjective {
        @Override public double loss(double y, double f) { return loss.applyAsDouble(y, f); }

        @Override public double gradient(double y, double f) { return gradient.applyAsDouble(y, f); }

        @Override public double hessian(double y, double f) { return hessian.applyAsDouble(y, f); }
    }
}
