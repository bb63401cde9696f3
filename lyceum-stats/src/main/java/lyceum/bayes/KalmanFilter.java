package lyceum.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.IntFunction;
import lyceum.ConvergenceException;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.linalg.dense.CholeskySteps;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Product;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.optim.Lbfgs;
import lyceum.optim.Minimum;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The exact posterior of a linear state with normal noise, measurement by measurement:
 * {@code K = P H' (H P H' + R)^-1}, {@code m <- m + K (y - H m)}.
 *
 * {@snippet :
 * double[][] flow = HiddenMarkovModel.series(1120, 1160, 963, Double.NaN, 1160, 1160, 813, 1230);   // NaN: not measured
 * var start = GaussianBelief.of(new double[] {1000}, new double[][] {{1e7}});
 * var filter = new KalmanFilter(start, LinearGaussian.localLevel(1469, 15099));
 * var run = filter.filter(flow);
 * run.logLikelihood();
 * run.filtered().getLast().mean();
 * run.smooth().beliefs().get(3).standardDeviations();    // given all measurements, earlier and later
 * }
 *
 * <p>The start is the belief about the first state before its measurement. Entries of a measurement that are NaN are left out. Immutable.
 *
 * @see <a href="https://doi.org/10.1115/1.3662552">Kalman (1960)</a>
 * @see <a href="https://doi.org/10.1093/acprof:oso/9780199641178.001.0001">Durbin and Koopman (2012), Time Series Analysis by State Space Methods</a>
 */
public final class KalmanFilter {
    private static final double LOG_2PI = Math.log(2 * Math.PI);

    /** How the covariance is carried. */
    public enum Form {
        /** {@code (I - K H) P (I - K H)' + K R K'}, symmetric at each step. */
        JOSEPH,
        /** A factor of the covariance, by orthogonal transformations: half the digits are lost to squaring in the other, none here. */
        SQUARE_ROOT
    }

    private final GaussianBelief start;
    private final IntFunction<LinearGaussian> steps;
    private final Form form;

    /** The same matrices at each step. */
    public KalmanFilter(GaussianBelief start, LinearGaussian step) { this(start, t -> step); }

    /** @param steps the matrices of steps 0, 1, 2, ... */
    public KalmanFilter(GaussianBelief start, IntFunction<LinearGaussian> steps) { this(start, steps, Form.JOSEPH); }

    private KalmanFilter(GaussianBelief start, IntFunction<LinearGaussian> steps, Form form) {
        this.start = start;
        this.steps = steps;
        this.form = form;
    }

    public KalmanFilter withForm(Form form) { return new KalmanFilter(start, steps, form); }

    /** The belief about the first state. */
    public GaussianBelief start() { return start; }

    /** The matrices of step t. */
    public LinearGaussian step(int t) {
        var step = steps.apply(t);
        if (step.states() != start.dimensions())
            throw new ShapeException("KalmanFilter: step " + t + " has " + step.states() + " states, the start " + start.dimensions());
        return step;
    }

    /**
     * One correction.
     *
     * @param belief after the measurement
     * @param innovation {@code y - H m}, NaN where nothing was measured
     * @param covariance of the innovation, {@code H P H' + R}
     * @param gain K, (d x p), columns of 0 where nothing was measured
     * @param logDensity of the measurement as it was predicted; 0 if there was none
     * @param squaredDistance {@code v' S^-1 v} of innovation v, chi-square with {@code seen} degrees of freedom if the model is right
     * @param seen how many entries were measured
     */
    public record Correction(GaussianBelief belief, double[] innovation, double[][] covariance, double[][] gain, double logDensity,
            double squaredDistance, int seen) {}

    /** Corrects the belief about state t by its measurement. */
    public Correction correct(GaussianBelief belief, int t, double... y) {
        var step = step(t);
        double[] expected = Dense.times(step.h, belief.m());
        return correct(belief, step.h, step.r, step.rootR, expected, y, form);
    }

    /** With {@code expected} in place of {@code H m}, as the extended filter needs it. */
    static Correction correct(GaussianBelief belief, double[][] h, double[][] r, double[][] rootR, double[] expected, double[] y,
            Form form) {
        int p = h.length, d = belief.dimensions(), seen = 0;
        if (y.length != p) throw new ShapeException("KalmanFilter: a measurement of " + y.length + " numbers; the model has " + p);
        var index = new int[p];
        for (int i = 0; i < p; i++) if (y[i] == y[i]) index[seen++] = i;
        var innovation = new double[p];
        Arrays.fill(innovation, Double.NaN);
        var gain = new double[d][p];
        double[][] s = GaussianBelief.sandwich(h, belief.p(), r);
        if (seen == 0) return new Correction(belief, innovation, s, gain, 0, 0, 0);
        double[][] hs = new double[seen][], rs = new double[seen][seen], roots = new double[seen][];
        var v = new double[seen];
        for (int i = 0; i < seen; i++) {
            hs[i] = h[index[i]];
            roots[i] = rootR[index[i]];
            v[i] = innovation[index[i]] = y[index[i]] - expected[index[i]];
            for (int j = 0; j < seen; j++) rs[i][j] = r[index[i]][index[j]];
        }
        var part = form == Form.JOSEPH ? joseph(belief.p(), hs, rs) : array(belief.root(), hs, roots);
        double[] z = v.clone(), m = belief.mean();
        TriangularSolve.lower(part.l, false, z, seen);
        double squared = 0, logDet = 0;
        for (int i = 0; i < seen; i++) {
            squared += z[i] * z[i];
            logDet += 2 * Math.log(part.l[i][i]);
            for (int k = 0; k < d; k++) {
                gain[k][index[i]] = part.k[k][i];
                m[k] += part.k[k][i] * v[i];
            }
        }
        var after = part.factor ? GaussianBelief.ofFactor(m, part.after) : GaussianBelief.ofCovariance(m, part.after);
        return new Correction(after, innovation, s, gain, -0.5 * (seen * LOG_2PI + logDet + squared), squared, seen);
    }

    /** Factor of the innovation's covariance, gain, and what is left of the state's covariance. */
    private record Part(double[][] l, double[][] k, double[][] after, boolean factor) {}

    private static Part joseph(double[][] p, double[][] h, double[][] r) {
        int d = p.length, seen = h.length;
        double[][] cross = Product.timesTransposed(p, h, d), l = GaussianBelief.sandwich(h, p, r);
        requireFactor(CholeskySteps.factor(l));
        for (var row : cross) {
            TriangularSolve.lower(l, false, row, seen);
            TriangularSolve.lowerTransposed(l, false, row, seen);
        }
        double[][] keep = Product.of(cross, h, d);
        for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) keep[i][j] = (i == j ? 1 : 0) - keep[i][j];
        double[][] after = GaussianBelief.sandwich(keep, p, GaussianBelief.sandwich(cross, r, null));
        return new Part(l, cross, after, false);
    }

    private static void requireFactor(int bad) {
        if (bad >= 0) throw new IllegalArgumentException(
                "KalmanFilter: measurement entry " + bad + " is certain before it is made; give it noise in R, or leave it out");
    }

    /** {@code [R^1/2, H S; 0, S]} turned lower triangular: {@code [L, 0; K L, S_after]}. */
    private static Part array(double[][] s, double[][] h, double[][] rootR) {
        int d = s.length, seen = h.length, wide = rootR[0].length, n = seen + d;
        double[][] hs = Product.of(h, s, s[0].length), rows = new double[wide + s[0].length][n];
        for (int j = 0; j < wide; j++) for (int i = 0; i < seen; i++) rows[j][i] = rootR[i][j];
        for (int j = 0; j < s[0].length; j++) {
            for (int i = 0; i < seen; i++) rows[wide + j][i] = hs[i][j];
            for (int i = 0; i < d; i++) rows[wide + j][seen + i] = s[i][j];
        }
        double[][] lower = GaussianBelief.lower(rows, n), l = Dense.block(lower, 0, seen, 0, seen);
        for (int i = 0; i < seen; i++) requireFactor(l[i][i] > 0 ? -1 : i);
        double[][] k = Dense.block(lower, seen, n, 0, seen);
        for (var row : k) TriangularSolve.lowerTransposed(l, false, row, seen);
        return new Part(l, k, Dense.block(lower, seen, n, seen, n), true);
    }

    /** The belief about state t + 1 from that about state t. @param control u, nothing for none */
    public GaussianBelief predict(GaussianBelief belief, int t, double... control) {
        var step = step(t);
        double[] m = Dense.times(step.f, belief.m());
        if (control.length > 0) {
            if (step.b == null || step.b[0].length != control.length) throw new ShapeException("KalmanFilter: a control of "
                    + control.length + " numbers; step " + t + " has " + (step.b == null ? "no B" : step.b[0].length + " columns of B"));
            for (int i = 0; i < m.length; i++) for (int j = 0; j < control.length; j++) m[i] += step.b[i][j] * control[j];
        }
        return moved(m, belief, step.f, step.q, step.rootQ, form);
    }

    static GaussianBelief moved(double[] m, GaussianBelief belief, double[][] f, double[][] q, double[][] rootQ, Form form) {
        if (form == Form.JOSEPH) return GaussianBelief.ofCovariance(m, GaussianBelief.sandwich(f, belief.p(), q));
        double[][] s = belief.root(), fs = Product.of(f, s, s[0].length);
        int d = m.length, wide = s[0].length;
        var rows = new double[wide + rootQ[0].length][d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < wide; j++) rows[j][i] = fs[i][j];
            for (int j = 0; j < rootQ[0].length; j++) rows[wide + j][i] = rootQ[i][j];
        }
        return GaussianBelief.ofFactor(m, GaussianBelief.lower(rows, d));
    }

    /** Filters a series. @param y (T x p), NaN where nothing was measured */
    public KalmanRun filter(double[][] y) { return filter(y, null); }

    /** @param controls u after each measurement, as many as there are measurements; null for none */
    public KalmanRun filter(double[][] y, double[][] controls) {
        if (y.length == 0) throw new ShapeException("filter: the series is empty");
        if (controls != null && controls.length != y.length)
            throw new ShapeException("filter: " + controls.length + " controls for " + y.length + " measurements");
        var predicted = new ArrayList<GaussianBelief>(y.length);
        var corrections = new ArrayList<Correction>(y.length);
        var belief = start;
        for (int t = 0; t < y.length; t++) {
            predicted.add(belief);
            var correction = correct(belief, t, y[t]);
            corrections.add(correction);
            if (t + 1 < y.length) belief = controls == null ? predict(correction.belief, t) : predict(correction.belief, t, controls[t]);
        }
        return new KalmanRun(predicted, corrections, t -> step(t).f, t -> step(t).q);
    }

    /** A run of states and of what is measured of them, without controls. */
    public record Sample(double[][] states, double[][] measurements) {}

    /** Draws {@code length} steps. */
    public Sample sample(Rng rng, int length) {
        double[][] x = new double[length][], y = new double[length][];
        for (int t = 0; t < length; t++) {
            var step = step(t);
            x[t] = t == 0 ? noisy(start.mean(), start.root(), rng) : noisy(Dense.times(step(t - 1).f, x[t - 1]), step(t - 1).rootQ, rng);
            y[t] = noisy(Dense.times(step.h, x[t]), step.rootR, rng);
        }
        return new Sample(x, y);
    }

    static double[] noisy(double[] mean, double[][] root, Rng rng) {
        for (int j = 0; j < root[0].length; j++) {
            double z = rng.nextGaussian();
            for (int i = 0; i < mean.length; i++) mean[i] += root[i][j] * z;
        }
        return mean;
    }

    /** Where the covariances settle: of the state before and after a measurement, and the gain between them. */
    public record SteadyState(double[][] predicted, double[][] filtered, double[][] gain) {}

    /**
     * The covariances that a step does not change, {@code P = F P F' - F P H' (H P H' + R)^-1 H P F' + Q}, by doubling: k rounds are 2^k steps.
     *
     * @throws ConvergenceException if they never settle, or not where a filter goes: something that grows is not seen, or has no noise
     */
    public static SteadyState steadyState(LinearGaussian step) {
        int d = step.states();
        double[][] x = Dense.copy(step.q), a = Dense.transpose(step.f, d);
        double[][] g = GaussianBelief.symmetric(Product.of(GaussianBelief.rightDivide(Dense.transpose(step.h, d), step.r), step.h, d));
        for (int round = 0; round < 60 && Dense.maxAbs(x) < 1e200 && Dense.maxAbs(a) < 1e100; round++) {
            // W = (I + G X)^-1; X <- X + A' X W A, G <- G + A W G A', A <- A W A
            double[][] w = Product.of(g, x, d);
            for (int i = 0; i < d; i++) w[i][i] += 1;
            w = Linalg.inverse(Tensor.of(w)).toRows();
            double[][] wa = Product.of(w, a, d), added = GaussianBelief.symmetric(Product.transposedTimes(a, d, Product.of(x, wa, d), d));
            double[][] seen = GaussianBelief.sandwich(a, GaussianBelief.symmetric(Product.of(w, g, d)), g);
            a = Product.of(a, wa, d);
            g = seen;
            double change = Dense.maxAbs(added), size = Dense.maxAbs(x);
            for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) x[i][j] += added[i][j];
            // A is 2^k steps of what the steady filter does not see away: where it grows, this P is a fixed point that the filter leaves
            if (change <= 1e-16 * size && (Dense.maxAbs(a) < 1e-3 || round == 59)) {
                var part = joseph(x, step.h, step.r);
                return new SteadyState(x, part.after, part.k);
            }
        }
        throw new ConvergenceException("steadyState: the covariance does not settle; a part of the state that grows is never measured, "
                + "or never disturbed: give it noise in Q");
    }

    /** What maximum likelihood found. */
    public record Fit(double[] parameters, KalmanFilter filter, double logLikelihood, boolean converged) {}

    /**
     * Maximum likelihood over any parameters, by L-BFGS on central differences. Give variances by their logarithms.
     *
     * {@snippet :
     * double[][] y = HiddenMarkovModel.series(1120, 1160, 963, 1210, 1160, 1160, 813, 1230);
     * var start = GaussianBelief.of(new double[] {0}, new double[][] {{1e7}});
     * var fit = KalmanFilter.maximumLikelihood(
     *         v -> new KalmanFilter(start, LinearGaussian.localLevel(Math.exp(v[0]), Math.exp(v[1]))), new double[] {7, 9}, y);
     * }
     */
    public static Fit maximumLikelihood(Function<double[], KalmanFilter> model, double[] start, double[][]... series) {
        Minimum best = new Lbfgs().withGradientTolerance(1e-5).withValueTolerance(1e-13).minimize((v, gradient) -> {
            for (int i = 0; i < v.length; i++) {
                double h = 1e-5 * Math.max(1, Math.abs(v[i]));
                double[] up = v.clone(), down = v.clone();
                up[i] += h;
                down[i] -= h;
                gradient[i] = (loss(model, down, series) - loss(model, up, series)) / (down[i] - up[i]);
            }
            return loss(model, v, series);
        }, start);
        return new Fit(best.x(), model.apply(best.x()), -best.value(), best.converged());
    }

    private static double loss(Function<double[], KalmanFilter> model, double[] v, double[][][] series) {
        double sum = 0;
        for (var y : series) sum -= model.apply(v).filter(y).logLikelihood();
        return sum;
    }
}
