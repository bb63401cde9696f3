package lyceum.stats;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.math.Incomplete;
import lyceum.random.Rng;

/**
 * The bootstrap: how a statistic varies when the sample is drawn again from itself (Efron 1979).
 *
 * {@snippet :
 * var boot = Bootstrap.of(waits, Descriptive::median, 2_000, Rng.of(1));
 * boot.standardError();
 * boot.bca(0.95);
 * boot.warnings();      // what this bootstrap should not be trusted with
 * }
 *
 * <p>Resample b draws from {@code rng.split(b)}: results depend neither on the number of threads nor on the order of work. Statistics may be
 * called by several threads at once, and may overwrite the array they are given. Immutable.
 *
 * @see <a href="https://doi.org/10.1201/9780429246593">Efron and Tibshirani (1993), An Introduction to the Bootstrap</a>
 */
public final class Bootstrap {
    /** Beyond 7^7 = 823,543 resamples nobody wants to enumerate. */
    private static final int EXHAUSTIVE_UP_TO = 7;

    private final double estimate;
    /** In the order of the draws, and without NaN sorted. */
    private final double[] values, sorted;
    /** Standard errors of the sample and of each resample; NaN and null where none were asked for. */
    private final double error;
    private final double[] errors;
    /** Leave-one-out values, computed when asked for; null where nothing can be left out. */
    private final Supplier<double[]> jackknife;
    private final List<String> warnings;

    private Bootstrap(double estimate, double[] values, double error, double[] errors, Supplier<double[]> jackknife,
            List<String> dataWarnings) {
        this.estimate = estimate;
        this.values = values;
        this.error = error;
        this.errors = errors;
        this.jackknife = jackknife;
        sorted = Arrays.stream(values).filter(v -> v == v).sorted().toArray();
        warnings = BootstrapWarnings.of(estimate, values, sorted, dataWarnings);
    }

    /** Independent draws. */
    public static Bootstrap of(double[] x, ToDoubleFunction<double[]> statistic, int resamples, Rng rng) {
        return of(x, statistic, ResamplingPlan.independent(x.length), resamples, rng);
    }

    /** Draws by a plan for rows, blocks or clusters. */
    public static Bootstrap of(double[] x, ToDoubleFunction<double[]> statistic, ResamplingPlan plan, int resamples, Rng rng) {
        return studentised(x, statistic, null, plan, resamples, rng);
    }

    /** Independent draws with a standard error of each, for {@link #studentised(double)}. @param standardError of the statistic, by the sample alone */
    public static Bootstrap studentised(double[] x, ToDoubleFunction<double[]> statistic, ToDoubleFunction<double[]> standardError,
            int resamples, Rng rng) {
        return studentised(x, statistic, standardError, ResamplingPlan.independent(x.length), resamples, rng);
    }

    private static Bootstrap studentised(double[] x, ToDoubleFunction<double[]> statistic, ToDoubleFunction<double[]> standardError,
            ResamplingPlan plan, int resamples, Rng rng) {
        if (x.length != plan.size()) throw new ShapeException("bootstrap: " + x.length + " values but a plan for " + plan.size() + " rows");
        double[] values = new double[count(resamples)], errors = standardError == null ? null : new double[resamples];
        Parallel.range(resamples, 32, 20.0 * x.length, (from, to) -> {
            for (int b = (int) from; b < to; b++) {
                int[] rows = plan.draw(rng.split(b));
                values[b] = statistic.applyAsDouble(pick(x, rows));
                if (errors != null) errors[b] = standardError.applyAsDouble(pick(x, rows));
            }
        });
        double error = standardError == null ? Double.NaN : standardError.applyAsDouble(x.clone());
        return new Bootstrap(statistic.applyAsDouble(x.clone()), values, error, errors,
                leaveOut(plan, rows -> statistic.applyAsDouble(pick(x, rows))), BootstrapWarnings.ofSample(x, plan.independentRows()));
    }

    /** For data of any kind: a statistic of row numbers. */
    public static Bootstrap rows(ResamplingPlan plan, ToDoubleFunction<int[]> statistic, int resamples, Rng rng) {
        var values = new double[count(resamples)];
        Parallel.range(resamples, 32, 20.0 * plan.size(), (from, to) -> {
            for (int b = (int) from; b < to; b++) values[b] = statistic.applyAsDouble(plan.draw(rng.split(b)));
        });
        return new Bootstrap(statistic.applyAsDouble(everyRow(plan.size())), values, Double.NaN, null, leaveOut(plan, statistic),
                BootstrapWarnings.ofSize(plan.size()));
    }

    /** Resamples that were drawn elsewhere. @param resamples row numbers, one array a resample */
    public static Bootstrap ofRows(double[] x, ToDoubleFunction<double[]> statistic, int[]... resamples) {
        var values = new double[count(resamples.length)];
        for (int b = 0; b < values.length; b++) values[b] = statistic.applyAsDouble(pick(x, resamples[b]));
        return new Bootstrap(statistic.applyAsDouble(x.clone()), values, Double.NaN, null,
                leaveOut(ResamplingPlan.independent(x.length), rows -> statistic.applyAsDouble(pick(x, rows))),
                BootstrapWarnings.ofSize(x.length));
    }

    /** All {@code n^n} resamples, each once: the bootstrap without its randomness. @throws IllegalArgumentException beyond 7 values */
    public static Bootstrap exhaustive(double[] x, ToDoubleFunction<double[]> statistic) {
        int n = x.length;
        if (n < 1 || n > EXHAUSTIVE_UP_TO)
            throw new IllegalArgumentException("exhaustive bootstrap: " + n + " values; it takes 1 to " + EXHAUSTIVE_UP_TO);
        var resamples = new int[(int) Math.pow(n, n)][n];
        for (int b = 0; b < resamples.length; b++) for (int i = 0, rest = b; i < n; i++, rest /= n) resamples[b][i] = rest % n;
        return ofRows(x, statistic, resamples);
    }

    /** Draws from a fitted model. @param sample one data set from the model, as large as the real one */
    public static Bootstrap parametric(double estimate, Function<Rng, double[]> sample, ToDoubleFunction<double[]> statistic, int resamples,
            Rng rng) {
        return new Bootstrap(estimate, each(resamples, rng, r -> statistic.applyAsDouble(sample.apply(r))), Double.NaN, null, null,
                List.of());
    }

    /**
     * Independent draws with normal noise on each value: for statistics, such as the median, whose resamples take few values.
     *
     * @param bandwidth deviation of the noise; {@code 0} is the plain bootstrap
     */
    public static Bootstrap smoothed(double[] x, double bandwidth, ToDoubleFunction<double[]> statistic, int resamples, Rng rng) {
        if (!(bandwidth >= 0))
            throw new IllegalArgumentException("smoothed bootstrap: the bandwidth is " + bandwidth + "; it is at least 0");
        var plan = ResamplingPlan.independent(x.length);
        return new Bootstrap(statistic.applyAsDouble(x.clone()), each(resamples, rng, r -> {
            double[] draw = pick(x, plan.draw(r));
            for (int i = 0; i < draw.length; i++) draw[i] += bandwidth * r.nextGaussian();
            return statistic.applyAsDouble(draw);
        }), Double.NaN, null, leaveOut(plan, rows -> statistic.applyAsDouble(pick(x, rows))), BootstrapWarnings.ofSample(x, true));
    }

    /**
     * The Bayesian bootstrap (Rubin 1981): weights uniform on the simplex instead of counts.
     *
     * @param statistic of n weights that sum to 1
     */
    public static Bootstrap bayesian(int n, ToDoubleFunction<double[]> statistic, int resamples, Rng rng) {
        var equal = new double[n];
        Arrays.fill(equal, 1.0 / n);
        return new Bootstrap(statistic.applyAsDouble(equal), each(resamples, rng, r -> {
            var w = new double[n];
            double sum = 0;
            for (int i = 0; i < n; i++) sum += w[i] = -Math.log(r.nextDoublePositive());
            for (int i = 0; i < n; i++) w[i] /= sum;
            return statistic.applyAsDouble(w);
        }), Double.NaN, null, null, BootstrapWarnings.ofSize(n));
    }

    /**
     * The wild bootstrap for regression with unequal variances (Wu 1986): responses {@code fitted[i] +- residual[i]} by a fair coin.
     *
     * @param statistic of the new responses
     */
    public static Bootstrap wild(double[] fitted, double[] residuals, ToDoubleFunction<double[]> statistic, int resamples, Rng rng) {
        if (fitted.length != residuals.length)
            throw new ShapeException("wild bootstrap: " + fitted.length + " fitted values and " + residuals.length + " residuals");
        var y = new double[fitted.length];
        for (int i = 0; i < y.length; i++) y[i] = fitted[i] + residuals[i];
        return new Bootstrap(statistic.applyAsDouble(y), each(resamples, rng, r -> {
            var draw = new double[fitted.length];
            for (int i = 0; i < draw.length; i++) draw[i] = fitted[i] + (r.nextLong() < 0 ? -residuals[i] : residuals[i]);
            return statistic.applyAsDouble(draw);
        }), Double.NaN, null, null, BootstrapWarnings.ofSize(fitted.length));
    }

    private static double[] each(int resamples, Rng rng, ToDoubleFunction<Rng> replicate) {
        var values = new double[count(resamples)];
        Parallel.range(resamples, 32, 2_000, (from, to) -> {
            for (int b = (int) from; b < to; b++) values[b] = replicate.applyAsDouble(rng.split(b));
        });
        return values;
    }

    private static int count(int resamples) {
        if (resamples < 1)
            throw new IllegalArgumentException("bootstrap: " + resamples + " resamples; there is at least 1, and some thousands are usual");
        return resamples;
    }

    private static double[] pick(double[] x, int[] rows) {
        var picked = new double[rows.length];
        for (int i = 0; i < rows.length; i++) picked[i] = x[rows[i]];
        return picked;
    }

    private static int[] everyRow(int n) {
        var rows = new int[n];
        for (int i = 0; i < n; i++) rows[i] = i;
        return rows;
    }

    private static Supplier<double[]> leaveOut(ResamplingPlan plan, ToDoubleFunction<int[]> statistic) {
        int[][] units = plan.units();
        if (units == null || units.length < 2) return null;
        return () -> {
            var values = new double[units.length];
            Parallel.range(units.length, 32, 20.0 * plan.size(), (from, to) -> {
                var out = new boolean[plan.size()];
                for (int u = (int) from; u < to; u++) {
                    var kept = new int[plan.size() - units[u].length];
                    for (int row : units[u]) out[row] = true;
                    for (int row = 0, at = 0; row < plan.size(); row++) if (!out[row]) kept[at++] = row;
                    for (int row : units[u]) out[row] = false;
                    values[u] = statistic.applyAsDouble(kept);
                }
            });
            return values;
        };
    }

    /** Leave-one-out values of a statistic (Quenouille 1956), row by row. */
    public static double[] jackknife(double[] x, ToDoubleFunction<double[]> statistic) {
        if (x.length < 2) throw new IllegalArgumentException("jackknife: " + x.length + " values; it needs 2");
        return leaveOut(ResamplingPlan.independent(x.length), rows -> statistic.applyAsDouble(pick(x, rows))).get();
    }

    /** Tukey's (1958) standard error from leave-one-out values: {@code sqrt((n - 1) / n sum (t_i - mean t)^2)}. */
    public static double jackknifeError(double[] leaveOneOut) {
        double n = leaveOneOut.length;
        return (n - 1) * Math.sqrt(Descriptive.variance(leaveOneOut) / n);
    }

    /** The statistic of the sample. */
    public double estimate() { return estimate; }

    /** The statistic of each resample, in the order of the draws. A copy. */
    public double[] values() { return values.clone(); }

    /** Standard deviation of the values, divisor B - 1; NaN if one of them is. */
    public double standardError() { return Descriptive.standardDeviation(values); }

    /** Mean of the values less the estimate. */
    public double bias() { return Descriptive.mean(values) - estimate; }

    /** Known failures that this bootstrap shows signs of; empty if none. */
    public List<String> warnings() { return warnings; }

    /** {@code [q_a, q_(1-a)]}, quantiles of the values. */
    public Interval percentile(double level) {
        double tail = tail(level);
        return new Interval(quantile(tail), quantile(1 - tail));
    }

    /** {@code [2 t - q_(1-a), 2 t - q_a]}: errors of resamples imitate those of the sample. */
    public Interval basic(double level) {
        var p = percentile(level);
        return new Interval(2 * estimate - p.high(), 2 * estimate - p.low());
    }

    /** Estimate less bias, give or take z standard errors. */
    public Interval normal(double level) {
        double half = -Incomplete.normalQuantile(tail(level)) * standardError(), centre = estimate - bias();
        return new Interval(centre - half, centre + half);
    }

    /**
     * Bias-corrected and accelerated (Efron 1987): quantiles at {@code Phi(z0 + (z0 + z_a) / (1 - a (z0 + z_a)))}. NaN ends where all resamples
     * lie on one side of the estimate.
     *
     * @throws IllegalStateException if nothing can be left out: after parametric, Bayesian, wild or block draws
     */
    public Interval bca(double level) {
        double z = -Incomplete.normalQuantile(tail(level)), z0 = biasCorrection(), a = acceleration();
        return new Interval(shifted(z0 - z, z0, a), shifted(z0 + z, z0, a));
    }

    private double shifted(double sum, double z0, double a) {
        double p = Incomplete.normalCdf(z0 + sum / (1 - a * sum));
        return Double.isNaN(p) || Double.isInfinite(z0) ? Double.NaN : quantile(p);
    }

    /** {@code z0}: the normal quantile of the share of values below the estimate, those equal to it counted half. */
    public double biasCorrection() {
        double below = 0;
        for (double v : sorted) below += v < estimate ? 1 : v == estimate ? 0.5 : 0;
        return Incomplete.normalQuantile(below / sorted.length);
    }

    /** {@code a}: a sixth of the skewness of the leave-one-out values. */
    public double acceleration() {
        if (jackknife == null)
            throw new IllegalStateException("bca: nothing can be left out one by one after such draws; take percentile or basic");
        double[] t = jackknife.get();
        double mean = Descriptive.mean(t), squares = 0, cubes = 0;
        for (double v : t) {
            double d = mean - v;
            squares += d * d;
            cubes += d * d * d;
        }
        return cubes / (6 * Math.pow(squares, 1.5));
    }

    /**
     * {@code [t - q_(1-a) se, t - q_a se]} with quantiles of {@code (t* - t) / se*}.
     *
     * @throws IllegalStateException unless it was made by {@link #studentised(double[], ToDoubleFunction, ToDoubleFunction, int, Rng)}
     */
    public Interval studentised(double level) {
        if (errors == null)
            throw new IllegalStateException("studentised interval: no standard errors; make the bootstrap by Bootstrap.studentised(...)");
        double tail = tail(level);
        var t = new double[values.length];
        for (int b = 0; b < t.length; b++) t[b] = (values[b] - estimate) / errors[b];
        // a resample of one repeated value has no error; it says nothing
        double[] q = Descriptive.quantiles(Arrays.stream(t).filter(Double::isFinite).toArray(), tail, 1 - tail);
        return new Interval(estimate - q[1] * error, estimate - q[0] * error);
    }

    /**
     * The percentile interval at the nominal level that makes a bootstrap of the bootstrap cover {@code level} (Hall 1986, Loh 1987). Costs
     * {@code resamples * inner} evaluations.
     */
    public static Interval calibrated(double[] x, ToDoubleFunction<double[]> statistic, double level, int resamples, int inner, Rng rng) {
        double outside = 2 * tail(level), estimate = statistic.applyAsDouble(x.clone());
        var plan = ResamplingPlan.independent(x.length);
        double[] values = new double[count(resamples)], reach = new double[resamples];
        Parallel.range(resamples, 4, 20.0 * x.length * count(inner), (from, to) -> {
            for (int b = (int) from; b < to; b++) {
                var stream = rng.split(b);
                double[] draw = pick(x, plan.draw(stream));
                values[b] = statistic.applyAsDouble(draw.clone());
                double below = 0;
                for (int i = 0; i < inner; i++) {
                    double v = statistic.applyAsDouble(pick(draw, plan.draw(stream)));
                    below += v < estimate ? 1 : v == estimate ? 0.5 : 0;
                }
                // the inner interval holds the estimate as long as its tails are no larger than this
                reach[b] = Math.min(below, inner - below) / inner;
            }
        });
        double tail = Math.min(0.5, Descriptive.quantile(reach, outside));
        double[] q = Descriptive.quantiles(values, tail, 1 - tail);
        return new Interval(q[0], q[1]);
    }

    private static double tail(double level) {
        Tails.level("bootstrap interval", level);
        return (1 - level) / 2;
    }

    private double quantile(double p) { return sorted.length == 0 ? Double.NaN : Descriptive.quantile(sorted, p); }
}
