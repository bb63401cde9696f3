package lyceum.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.linalg.dense.CholeskySteps;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Product;

/**
 * What {@link ExpectationMaximization} needs to learn the matrices of a {@link KalmanFilter} that does not change in time.
 *
 * {@snippet :
 * double[][] flow = HiddenMarkovModel.series(1120, 1160, 963, 1210, 1160, 1160, 813, 1230);
 * var first = new KalmanFilter(GaussianBelief.of(new double[] {1100}, new double[][] {{1e4}}), LinearGaussian.localLevel(1e4, 1e4));
 * var learning = new KalmanLearning(first, java.util.EnumSet.of(KalmanLearning.Part.Q, KalmanLearning.Part.R), flow);
 * var fit = new ExpectationMaximization().withTolerance(1e-6).fit(learning, learning.start());
 * KalmanFilter learnt = learning.model(fit.theta());
 * }
 *
 * <p>Flat parameters: F, Q, H, R, the first state's mean and its covariance, row by row, those that are not learnt included. States can be turned
 * and stretched without a change of what is seen: leave F or H out where the states should keep their meaning. No controls.
 *
 * @see <a href="https://doi.org/10.1111/j.1467-9892.1982.tb00349.x">Shumway and Stoffer (1982)</a>
 */
public final class KalmanLearning implements EmModel {
    /** What can be learnt. */
    public enum Part {
        F, Q, H, R, START
    }

    private final KalmanFilter first;
    private final Set<Part> parts;
    private final List<double[][]> series;
    private final int d, p;

    /** @param first where to begin; parts that are not named keep its values */
    public KalmanLearning(KalmanFilter first, Set<Part> parts, double[][]... series) {
        if (series.length == 0) throw new ShapeException("KalmanLearning: there are no series");
        if (parts.isEmpty()) throw new IllegalArgumentException("KalmanLearning: no part is to be learnt; name at least one");
        this.first = first;
        this.parts = EnumSet.copyOf(parts);
        this.series = List.of(series);
        d = first.step(0).states();
        p = first.step(0).measurements();
    }

    @Override public int size() { return series.size(); }

    /** The parameters of the model to begin at. */
    public double[] start() {
        var s = first.step(0);
        return flat(s.f, s.q, s.h, s.r, new double[][] {first.start().mean()}, first.start().covariance());
    }

    private static double[] flat(double[][]... parts) {
        return Arrays.stream(parts).flatMap(Arrays::stream).flatMapToDouble(Arrays::stream).toArray();
    }

    /** {@code sizes} are rows and columns, one matrix after the other. */
    private static List<double[][]> matrices(double[] flat, int... sizes) {
        var list = new ArrayList<double[][]>();
        for (int i = 0, at = 0; i < sizes.length; at += sizes[i] * sizes[i + 1], i += 2) {
            var m = new double[sizes[i]][];
            for (int row = 0; row < m.length; row++)
                m[row] = Arrays.copyOfRange(flat, at + row * sizes[i + 1], at + (row + 1) * sizes[i + 1]);
            list.add(m);
        }
        return list;
    }

    /** The filter with these parameters. */
    public KalmanFilter model(double[] theta) {
        var m = matrices(theta, d, d, d, d, p, d, p, p, 1, d, d, d);
        return new KalmanFilter(GaussianBelief.of(m.get(4)[0], m.get(5)), new LinearGaussian(m.get(0), m.get(1), m.get(2), m.get(3)));
    }

    /**
     * Sums of second moments given the series: steps and measurements counted, series counted, x x' before and after a step, x' x over a step, x x' of
     * measured states, y x', y y', and of first states x and x x'.
     */
    @Override public double[] expectation(double[] theta, int from, int to) {
        var model = model(theta);
        var step = model.step(0);
        double[][] counts = new double[1][3], before = new double[d][d], after = new double[d][d], over = new double[d][d],
                measured = new double[d][d], yx = new double[p][d], yy = new double[p][p], x1 = new double[1][d], xx1 = new double[d][d];
        for (var y : series.subList(from, to)) {
            var smoothed = model.filter(y).smooth();
            counts[0][2]++;
            for (int t = 0; t < y.length; t++) {
                double[] m = smoothed.beliefs().get(t).m();
                double[][] xx = moment(smoothed.beliefs().get(t));
                if (t > 0) {
                    counts[0][0]++;
                    double[] was = smoothed.beliefs().get(t - 1).m();
                    double[][] lagged = smoothed.lagged().get(t - 1);
                    for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) over[i][j] += lagged[i][j] + m[i] * was[j];
                    add(before, moment(smoothed.beliefs().get(t - 1)));
                    add(after, xx);
                } else {
                    for (int i = 0; i < d; i++) x1[0][i] += m[i];
                    add(xx1, xx);
                }
                if (measure(step, y[t], m, xx, yx, yy)) {
                    counts[0][1]++;
                    add(measured, xx);
                }
            }
        }
        return flat(counts, before, after, over, measured, yx, yy, x1, xx1);
    }

    private static double[][] moment(GaussianBelief belief) {
        double[] m = belief.m();
        double[][] xx = belief.covariance();
        for (int i = 0; i < m.length; i++) for (int j = 0; j < m.length; j++) xx[i][j] += m[i] * m[j];
        return xx;
    }

    private static void add(double[][] sum, double[][] a) {
        for (int i = 0; i < a.length; i++) for (int j = 0; j < a[i].length; j++) sum[i][j] += a[i][j];
    }

    /**
     * Adds {@code E y x'} and {@code E y y'}. What is missing of y follows from the state and from the noise of what is there: {@code y = c + D x + e}.
     */
    private boolean measure(LinearGaussian step, double[] y, double[] m, double[][] xx, double[][] yx, double[][] yy) {
        int[] seen = indices(y, true), missing = indices(y, false);
        if (seen.length == 0) return false;
        var c = new double[p];
        double[][] slope = new double[p][d], e = new double[p][p];
        for (int i : seen) c[i] = y[i];
        if (missing.length > 0) {
            double[][] a = GaussianBelief.rightDivide(part(step.r, missing, seen), part(step.r, seen, seen));
            for (int i = 0; i < missing.length; i++) {
                slope[missing[i]] = step.h[missing[i]].clone();
                for (int k = 0; k < seen.length; k++) {
                    c[missing[i]] += a[i][k] * y[seen[k]];
                    for (int j = 0; j < d; j++) slope[missing[i]][j] -= a[i][k] * step.h[seen[k]][j];
                }
                for (int j = 0; j < missing.length; j++) {
                    e[missing[i]][missing[j]] = step.r[missing[i]][missing[j]];
                    for (int k = 0; k < seen.length; k++) e[missing[i]][missing[j]] -= a[i][k] * step.r[seen[k]][missing[j]];
                }
            }
        }
        double[][] dxx = Product.of(slope, xx, d), dxxd = Product.timesTransposed(dxx, slope, d);
        double[] dm = Dense.times(slope, m);
        for (int i = 0; i < p; i++) {
            for (int j = 0; j < d; j++) yx[i][j] += c[i] * m[j] + dxx[i][j];
            for (int j = 0; j < p; j++) yy[i][j] += c[i] * c[j] + c[i] * dm[j] + dm[i] * c[j] + dxxd[i][j] + e[i][j];
        }
        return true;
    }

    private static int[] indices(double[] y, boolean seen) {
        return IntStream.range(0, y.length).filter(i -> seen == (y[i] == y[i])).toArray();
    }

    private static double[][] part(double[][] a, int[] rows, int[] columns) {
        var b = new double[rows.length][columns.length];
        for (int i = 0; i < rows.length; i++) for (int j = 0; j < columns.length; j++) b[i][j] = a[rows[i]][columns[j]];
        return b;
    }

    @Override public double[] maximisation(double[] statistics) {
        var s = matrices(statistics, 1, 3, d, d, d, d, d, d, d, d, p, d, p, p, 1, d, d, d);
        double[] counts = s.get(0)[0], mean = s.get(7)[0].clone();
        var now = matrices(start(), d, d, d, d, p, d, p, p, 1, d, d, d);
        double[][] f = now.get(0), q = now.get(1), h = now.get(2), r = now.get(3), m = now.get(4), c = now.get(5);
        if (parts.contains(Part.F)) f = GaussianBelief.rightDivide(s.get(3), s.get(1));
        if (parts.contains(Part.Q)) q = residual(s.get(2), s.get(3), s.get(1), f, counts[0]);
        if (parts.contains(Part.H)) h = GaussianBelief.rightDivide(s.get(5), s.get(4));
        if (parts.contains(Part.R)) r = residual(s.get(6), s.get(5), s.get(4), h, counts[1]);
        if (parts.contains(Part.START)) {
            for (int i = 0; i < d; i++) mean[i] /= counts[2];
            m = new double[][] {mean};
            c = new double[d][d];
            for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) c[i][j] = s.get(8)[i][j] / counts[2] - mean[i] * mean[j];
        }
        return flat(f, q, h, r, m, GaussianBelief.symmetric(c));
    }

    /** {@code (E y y' - A E x y' - E y x' A' + A E x x' A') / n}. */
    private static double[][] residual(double[][] yy, double[][] yx, double[][] xx, double[][] a, double n) {
        double[][] fitted = Product.timesTransposed(a, yx, xx.length), left = GaussianBelief.sandwich(a, xx, yy);
        for (int i = 0; i < left.length; i++)
            for (int j = 0; j < left.length; j++) left[i][j] = (left[i][j] - fitted[i][j] - fitted[j][i]) / n;
        return GaussianBelief.symmetric(left);
    }

    @Override public double objective(double[] theta) {
        var model = model(theta);
        double sum = 0;
        for (var y : series) sum += model.filter(y).logLikelihood();
        return sum;
    }

    /** {@code log p(y | under) + E[log p(x, y | theta) - log p(x, y | under)]} over the states under {@code under}; noise must be regular. */
    @Override public double bound(double[] theta, double[] under) {
        double[] statistics = expectation(under, 0, size());
        return objective(under) + complete(theta, statistics) - complete(under, statistics);
    }

    private double complete(double[] theta, double[] statistics) {
        var s = matrices(statistics, 1, 3, d, d, d, d, d, d, d, d, p, d, p, p, 1, d, d, d);
        var m = matrices(theta, d, d, d, d, p, d, p, p, 1, d, d, d);
        double[] counts = s.get(0)[0], mean = m.get(4)[0], x1 = s.get(7)[0];
        var about = new double[d][d];
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++) about[i][j] = s.get(8)[i][j] - x1[i] * mean[j] - mean[i] * x1[j] + counts[2] * mean[i] * mean[j];
        return expected(counts[0], residual(s.get(2), s.get(3), s.get(1), m.get(0), 1), m.get(1))
                + expected(counts[1], residual(s.get(6), s.get(5), s.get(4), m.get(2), 1), m.get(3)) + expected(counts[2], about, m.get(5));
    }

    /** {@code -(n log det S + tr S^-1 C) / 2}. */
    private static double expected(double n, double[][] scatter, double[][] covariance) {
        double[][] l = Dense.copy(covariance), ratio = GaussianBelief.rightDivide(scatter, covariance);
        double sum = 0;
        if (CholeskySteps.factor(l) >= 0) return Double.NaN;
        for (int i = 0; i < l.length; i++) sum -= n * Math.log(l[i][i]) + ratio[i][i] / 2;
        return sum;
    }

    @Override public boolean allows(double[] theta) {
        if (theta.length != 3 * d * d + p * d + p * p + d) return false;
        for (double v : theta) if (!Double.isFinite(v)) return false;
        try {
            model(theta);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
