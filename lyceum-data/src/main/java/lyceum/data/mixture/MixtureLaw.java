package lyceum.data.mixture;

import java.util.Arrays;
import lyceum.linalg.LeastSquares;
import lyceum.tensor.Tensor;

/**
 * A law of losses over mixtures (Ye and others 2024), fitted to small runs: on domain {@code i} a model that learned at weights {@code r} has the loss
 *
 * <p>{@code L_i(r) = c_i + exp(t_i . r)},
 *
 * <p>the paper's {@code c_i + k_i exp(t_i . r)} with {@code k_i} in {@code t_i}, since weights sum to 1. Every such loss is convex in {@code r}, so the best
 * mixture is found, not searched.
 *
 * @param floors   {@code c_i}, a domain's loss that no mixture removes
 * @param exponents {@code t_i}, a row a domain whose loss is told
 */
public record MixtureLaw(double[] floors, double[][] exponents) {
    private static final int GRID = 60, STEPS = 5000;

    /**
     * Fits the law to runs by least squares of the losses: the floor by a search, the exponents by weighted least squares of
     * {@code log(L - c)}, three times.
     *
     * @param weights a run's weights a row, (runs, sources); each is normalised
     * @param losses  what the run lost on each domain, (runs, domains)
     * @throws IllegalArgumentException with fewer runs than sources and one
     */
    public static MixtureLaw fit(double[][] weights, double[][] losses) {
        int runs = weights.length;
        if (runs != losses.length)
            throw new IllegalArgumentException("MixtureLaw.fit: " + runs + " mixtures, " + losses.length + " losses");
        if (runs == 0 || runs < weights[0].length + 1) throw new IllegalArgumentException(
                "MixtureLaw.fit: " + runs + " runs; there are as many unknowns a domain as sources and one more, so make more runs");
        var rows = new double[runs][];
        for (int r = 0; r < runs; r++) rows[r] = normalised(weights[r], weights[0].length);
        int domains = losses[0].length;
        var floors = new double[domains];
        var exponents = new double[domains][];
        for (int d = 0; d < domains; d++) {
            var y = new double[runs];
            for (int r = 0; r < runs; r++) {
                y[r] = losses[r][d];
                if (!Double.isFinite(y[r])) throw new IllegalArgumentException("MixtureLaw.fit: run " + r + " has the loss " + y[r]);
            }
            floors[d] = floor(rows, y);
            exponents[d] = exponents(rows, y, floors[d]);
        }
        return new MixtureLaw(floors, exponents);
    }

    private static double[] normalised(double[] weights, int sources) {
        if (weights.length != sources)
            throw new IllegalArgumentException("MixtureLaw: " + weights.length + " weights where there are " + sources + " sources");
        double sum = 0;
        for (double weight : weights) {
            if (!(weight >= 0)) throw new IllegalArgumentException("MixtureLaw: the weight " + weight + " is negative or not a number");
            sum += weight;
        }
        if (!(sum > 0)) throw new IllegalArgumentException("MixtureLaw: all weights are zero");
        var row = weights.clone();
        for (int i = 0; i < sources; i++) row[i] /= sum;
        return row;
    }

    /** The floor below the least loss whose fit leaves the least: a grid in the logarithm of the distance, then twice a finer one. */
    private static double floor(double[][] rows, double[] y) {
        double least = Arrays.stream(y).min().orElseThrow(), most = Arrays.stream(y).max().orElseThrow();
        double spread = Math.max(most - least, 1e-12 * Math.max(1, Math.abs(most)));
        double from = Math.log(1e-4 * spread), to = Math.log(100 * spread), best = to;
        for (int round = 0; round < 3; round++) {
            double step = (to - from) / GRID, leastError = Double.POSITIVE_INFINITY;
            for (int g = 0; g <= GRID; g++) {
                double error = error(rows, y, least - Math.exp(from + g * step));
                if (error < leastError) {
                    leastError = error;
                    best = from + g * step;
                }
            }
            from = best - step;
            to = best + step;
        }
        return least - Math.exp(best);
    }

    private static double error(double[][] rows, double[] y, double floor) {
        var t = exponents(rows, y, floor);
        double error = 0;
        for (int r = 0; r < y.length; r++) {
            double gap = floor + Math.exp(dot(t, rows[r])) - y[r];
            error += gap * gap;
        }
        return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
    }

    /** Least squares of log(L - c) weighted by the fitted (L - c), which is least squares of L to first order. */
    private static double[] exponents(double[][] rows, double[] y, double floor) {
        int runs = y.length, k = rows[0].length;
        double[] scale = new double[runs], t = null;
        for (int r = 0; r < runs; r++) scale[r] = y[r] - floor;
        for (int round = 0; round < 3; round++) {
            double[] a = new double[runs * k], b = new double[runs];
            for (int r = 0; r < runs; r++) {
                double value = t == null ? Math.log(y[r] - floor) : dot(t, rows[r]) + (y[r] - floor - scale[r]) / scale[r];
                b[r] = scale[r] * value;
                for (int j = 0; j < k; j++) a[r * k + j] = scale[r] * rows[r][j];
            }
            t = LeastSquares.solve(Tensor.of(a, runs, k), Tensor.of(b)).coefficients().toDoubleArray();
            for (int r = 0; r < runs; r++) scale[r] = Math.exp(dot(t, rows[r]));
        }
        return t;
    }

    /** The losses that the law expects of a mixture, one a domain. */
    public double[] losses(double[] weights) {
        var r = normalised(weights, exponents[0].length);
        var losses = new double[floors.length];
        for (int d = 0; d < losses.length; d++) losses[d] = floors[d] + Math.exp(dot(exponents[d], r));
        return losses;
    }

    /** The loss over domains of given importance, {@code sum_i v_i L_i(r)}. */
    public double loss(double[] weights, double[] importance) { return dot(importance, losses(weights)); }

    /**
     * The weights of the least such loss, by exponentiated gradients with halved steps; the loss is convex, so it is the least of all.
     *
     * @param importance of each domain, not negative
     */
    public double[] best(double[] importance) {
        if (importance.length != floors.length)
            throw new IllegalArgumentException("MixtureLaw.best: " + importance.length + " importances for " + floors.length + " domains");
        int k = exponents[0].length;
        var r = new double[k];
        Arrays.fill(r, 1.0 / k);
        double value = loss(r, importance), step = 1;
        for (int i = 0; i < STEPS && step > 1e-12; i++) {
            var gradient = new double[k];
            for (int d = 0; d < floors.length; d++) {
                double slope = importance[d] * Math.exp(dot(exponents[d], r));
                for (int j = 0; j < k; j++) gradient[j] += slope * exponents[d][j];
            }
            double least = Arrays.stream(gradient).min().orElseThrow();
            var next = new double[k];
            for (int j = 0; j < k; j++) next[j] = Math.max(1e-12, r[j]) * Math.exp(-step * (gradient[j] - least));
            next = normalised(next, k);
            double then = loss(next, importance);
            if (then < value) {
                r = next;
                value = then;
                step *= 1.5;
            } else step /= 2;
        }
        return r;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
