package lyceum.learn.gbdt;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import lyceum.backend.Parallel;

/**
 * The loss that boosted trees with one score minimise: a function of a row's target y and score f, with its first and second derivative by f.
 * The built-in losses are static methods; one of your own needs three functions.
 *
 * {@snippet :
 * var rows = Datasets.diabetes();
 * var logCosh = RowObjective.of((y, f) -> Math.log(Math.cosh(f - y)), (y, f) -> Math.tanh(f - y),
 *         (y, f) -> 1 - Math.pow(Math.tanh(f - y), 2));
 * var model = new GbdtRegressor(logCosh, GbdtOptions.DEFAULT.withMinChildWeight(0)).fit(rows.x(), rows.y());
 * var high = new GbdtRegressor(RowObjective.quantile(0.9), GbdtOptions.DEFAULT).fit(rows.x(), rows.y());
 * }
 *
 * <p>Implement the interface to set more: what scores mean, where they begin, which values leaves take, what early stopping watches. Methods
 * are called from several threads at once.
 *
 * @see <a href="https://arxiv.org/abs/1603.02754">Chen and Guestrin (2016), section 2</a>
 */
public interface RowObjective {
    double loss(double y, double f);

    /** {@code dL/df} */
    double gradient(double y, double f);

    /** {@code d^2L/df^2}, or a positive stand-in where that is 0 or below */
    double hessian(double y, double f);

    /**
     * Writes gradient and hessian of rows {@code from} to {@code to - 1}, times their weights, one after the other. Override it where both share
     * work.
     */
    default void derivatives(double[] y, double[] f, double[] w, int from, int to, double[] gh) {
        for (int i = from; i < to; i++) {
            gh[2 * i] = w[i] * gradient(y[i], f[i]);
            gh[2 * i + 1] = w[i] * hessian(y[i], f[i]);
        }
    }

    /**
     * Under which of the objectives of one score a model reads its scores: {@link BoostingObjective#SQUARED_ERROR}, the default, for scores that
     * are predictions, {@link BoostingObjective#POISSON} for their logarithms, {@link BoostingObjective#LOGISTIC} for log odds. XGBoost's file
     * names it as well.
     */
    default BoostingObjective meaning() { return BoostingObjective.SQUARED_ERROR; }

    /** Why y cannot be a target, such as {@code it is below 0}; null if it can. */
    default String objection(double y) { return null; }

    /** The score that all rows begin with: the constant of least loss, by default where the sum of gradients changes its sign. */
    default double start(double[] y, double[] w) { return Constants.leastLoss(this, y, w); }

    /** Whether {@link #leaf} gives the values of leaves; by default they are {@code -G / (H + lambda)}. */
    default boolean refitsLeaves() { return false; }

    /** What a leaf of rows with these targets, scores and weights adds to them, before the learning rate. */
    default double leaf(double[] y, double[] f, double[] w) { throw new UnsupportedOperationException("leaves are not refitted here"); }

    /** What is reported after each round and early stopping watches, lower being better: by default the weighted mean loss. */
    default double measure(double[] y, double[] f, double[] w) {
        int piece = 8192;
        var sums = new double[2][(y.length + piece - 1) / piece];
        Parallel.range(y.length, piece, 20, (from, to) -> {
            double sum = 0, weight = 0;
            for (int i = (int) from; i < to; i++) {
                weight += w[i];
                sum += w[i] * loss(y[i], f[i]);
            }
            sums[0][(int) from / piece] = sum;
            sums[1][(int) from / piece] = weight;
        });
        return Arrays.stream(sums[0]).sum() / Arrays.stream(sums[1]).sum();
    }

    /** {@code (y - f)^2 / 2}: the mean. */
    static RowObjective squaredError() { return new RowObjectives.SquaredError(); }

    /** {@code log(1 + exp(f)) - y f}, y of 0 and 1: f is the log odds. */
    static RowObjective logistic() { return new RowObjectives.Logistic(); }

    /** {@code exp(f) - y f}: counts with mean exp(f). */
    static RowObjective poisson() { return new RowObjectives.Poisson(); }

    /** {@code f + y exp(-f)}: positive amounts with mean exp(f). */
    static RowObjective gamma() { return new RowObjectives.Gamma(); }

    /**
     * {@code exp((2 - p) f) / (2 - p) - y exp((1 - p) f) / (1 - p)}: amounts of at least 0 with mean exp(f), many of them 0, such as insurance
     * claims.
     *
     * @param power p, between 1 (nearly Poisson) and 2 (nearly gamma), such as 1.5
     */
    static RowObjective tweedie(double power) { return new RowObjectives.Tweedie(power); }

    /** {@code |y - f|}: the median, which leaves take of their rows. */
    static RowObjective absoluteError() { return new RowObjectives.Quantile(0.5, true); }

    /**
     * {@code alpha max(y - f, 0) + (1 - alpha) max(f - y, 0)}: the alpha quantile, which leaves take of their rows.
     *
     * @param alpha between 0 and 1
     */
    static RowObjective quantile(double alpha) { return new RowObjectives.Quantile(alpha, false); }

    /** A loss of your own with scores that are predictions: each is a function of y and f. */
    static RowObjective of(DoubleBinaryOperator loss, DoubleBinaryOperator gradient, DoubleBinaryOperator hessian) {
        return new RowObjectives.Given(loss, gradient, hessian);
    }

    /** The loss of this name. @throws IllegalArgumentException if it is of several scores or rows, or needs a number */
    static RowObjective of(BoostingObjective named) {
        return switch (named) {
            case SQUARED_ERROR -> squaredError();
            case LOGISTIC -> logistic();
            case POISSON -> poisson();
            case GAMMA -> gamma();
            case ABSOLUTE_ERROR -> absoluteError();
            case QUANTILE, TWEEDIE -> throw new IllegalArgumentException("RowObjective: " + named + " needs a number; write RowObjective."
                    + (named == BoostingObjective.QUANTILE ? "quantile(0.5)" : "tweedie(1.5)"));
            case SOFTMAX, LAMBDA_RANK ->
                    throw new IllegalArgumentException("RowObjective: " + named + " is not a loss of one row and one score");
        };
    }
}
