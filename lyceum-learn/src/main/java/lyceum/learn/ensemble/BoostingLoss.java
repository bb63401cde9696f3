package lyceum.learn.ensemble;

import java.util.function.DoubleBinaryOperator;

/**
 * What gradient boosting lowers: a loss of the target y and the score f, convex in f. The trees fit its negative gradient; each leaf then takes
 * the step that lowers the loss most.
 *
 * <p>The losses at hand are static methods; another one needs a value and a gradient: {@code BoostingLoss.of((y, f) -> Math.log(Math.cosh(f - y)),
 * (y, f) -> Math.tanh(f - y))}.
 *
 * @see <a href="https://doi.org/10.1214/aos/1013203451">Friedman (2001), Greedy Function Approximation: A Gradient Boosting Machine</a>
 */
public interface BoostingLoss {
    /** {@code L(y, f)} */
    double value(double y, double f);

    /** {@code dL/df} */
    double gradient(double y, double f);

    /** Whether y may be such a target; the reason goes into the message. */
    default void check(double y) {}

    /** What a score says about y. */
    default Link link() { return Link.IDENTITY; }

    /** The loss of a stage that begins at these scores; for losses that look at all residuals. */
    default BoostingLoss at(double[] y, double[] f, double[] w) { return this; }

    /** The constant that all begin with. */
    default double start(double[] y, double[] w) {
        var rows = new int[y.length];
        for (int i = 0; i < rows.length; i++) rows[i] = i;
        return step(y, new double[y.length], w, rows, 0, rows.length);
    }

    /**
     * The step of a leaf: {@code argmin_g sum w L(y, f + g)} over {@code rows[from .. to - 1]}. By default found by bisection of the gradient's
     * sum, to the last bits.
     */
    default double step(double[] y, double[] f, double[] w, int[] rows, int from, int to) {
        double low = -1, high = 1;
        for (int k = 0; k < 60 && slope(y, f, w, rows, from, to, low) > 0; k++) low *= 2;
        for (int k = 0; k < 60 && slope(y, f, w, rows, from, to, high) < 0; k++) high *= 2;
        for (int k = 0; k < 200; k++) {
            double middle = low + (high - low) / 2;
            if (!(middle > low && middle < high)) break;
            if (slope(y, f, w, rows, from, to, middle) < 0) low = middle;
            else high = middle;
        }
        return low + (high - low) / 2;
    }

    private double slope(double[] y, double[] f, double[] w, int[] rows, int from, int to, double step) {
        double sum = 0;
        for (int i = from; i < to; i++) sum += w[rows[i]] * gradient(y[rows[i]], f[rows[i]] + step);
        return sum;
    }

    /** From scores to predictions. */
    enum Link {
        /** The score itself. */
        IDENTITY,
        /** {@code exp(f)} */
        LOG,
        /** {@code 1 / (1 + exp(-f))}, a probability */
        LOGIT,
        /** {@code 1 / (1 + exp(-2 f))}, the probability under the exponential loss */
        HALF_LOGIT;

        public double of(double f) {
            return switch (this) {
                case IDENTITY -> f;
                case LOG -> Math.exp(f);
                case LOGIT -> 1 / (1 + Math.exp(-f));
                case HALF_LOGIT -> 1 / (1 + Math.exp(-2 * f));
            };
        }
    }

    /** {@code (y - f)^2 / 2}: the mean. */
    static BoostingLoss squared() { return new BoostingLosses.Squared(); }

    /** {@code |y - f|}: the median. */
    static BoostingLoss absolute() { return new BoostingLosses.Absolute(); }

    /**
     * Squared up to d and linear beyond, {@code d (|y - f| - d / 2)}, with d the alpha quantile of the stage's absolute residuals.
     *
     * @param alpha between 0 and 1, such as 0.9
     */
    static BoostingLoss huber(double alpha) { return new BoostingLosses.Huber(alpha, Double.NaN); }

    /** {@code alpha max(y - f, 0) + (1 - alpha) max(f - y, 0)}: the alpha quantile. */
    static BoostingLoss quantile(double alpha) { return new BoostingLosses.Quantile(alpha); }

    /** {@code exp(f) - y f}: counts with mean exp(f). */
    static BoostingLoss poisson() { return new BoostingLosses.Poisson(); }

    /** {@code log(1 + exp(f)) - y f} for y of 0 and 1: f is the log odds. */
    static BoostingLoss logistic() { return new BoostingLosses.Logistic(); }

    /** {@code exp(-(2 y - 1) f)} for y of 0 and 1: half the log odds, as AdaBoost. */
    static BoostingLoss exponential() { return new BoostingLosses.Exponential(); }

    /** A loss of your own. @param gradient {@code dL/df} as a function of y and f, rising in f */
    static BoostingLoss of(DoubleBinaryOperator value, DoubleBinaryOperator gradient) { return new BoostingLosses.Given(value, gradient); }
}
