package lyceum.bayes;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;
import lyceum.bayes.KalmanFilter.Correction;
import lyceum.bayes.KalmanFilter.Form;
import lyceum.linalg.dense.CholeskySteps;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.TriangularSolve;

/**
 * Kalman filters for curved motion and curved measurement, {@code x' = f(x) + w}, {@code y = h(x) + v}: one normal distribution all the same.
 *
 * {@snippet :
 * double[][] q = {{0.01, 0}, {0, 0.01}}, r = {{0.1}};
 * var start = GaussianBelief.of(new double[] {3, 4}, new double[][] {{1, 0}, {0, 1}});
 * var range = NonlinearKalmanFilter.unscented(start, (t, x) -> x, q, (t, x) -> new double[] {Math.hypot(x[0], x[1])}, r);
 * var run = range.filter(HiddenMarkovModel.series(5.1, 4.9, 5.2));
 * }
 *
 * <p>Functions get a state that is theirs to keep, and give a new array. Immutable if they are pure.
 *
 * @see <a href="https://doi.org/10.1109/JPROC.2003.823141">Julier and Uhlmann (2004), Unscented Filtering and Nonlinear Estimation</a>
 */
public final class NonlinearKalmanFilter {
    /** A function of the state at step t. */
    @FunctionalInterface
    public interface Step {
        double[] at(int t, double[] x);
    }

    /** Its derivatives: {@code [i][j]} of output i by state j. */
    @FunctionalInterface
    public interface Slope {
        double[][] at(int t, double[] x);
    }

    /**
     * How sigma points spread: d-dimensional states get {@code 2 d + 1} of them, {@code sqrt(alpha^2 (d + kappa))} standard deviations out.
     *
     * @param alpha above 0; small keeps them near the mean
     * @param beta what is known of the shape: 2 for a normal distribution
     * @param kappa above {@code -d}
     */
    public record Spread(double alpha, double beta, double kappa) {
        public Spread {
            if (!(alpha > 0)) throw new IllegalArgumentException("Spread: alpha is " + alpha + "; it is above 0");
        }

        /** Alpha 1, beta 2, kappa 0: equal weights around a mean of weight 0. */
        public Spread() { this(1, 2, 0); }
    }

    private final GaussianBelief start;
    private final Step move, see;
    private final Slope moveSlope, seeSlope;
    private final double[][] q, r, rootQ, rootR;
    private final Spread spread;

    private NonlinearKalmanFilter(GaussianBelief start, Step move, Slope moveSlope, double[][] q, Step see, Slope seeSlope, double[][] r,
            Spread spread) {
        GaussianBelief.requireSymmetric("NonlinearKalmanFilter: Q", q, start.dimensions());
        GaussianBelief.requireSymmetric("NonlinearKalmanFilter: R", r, r.length);
        if (spread != null && !(start.dimensions() + spread.kappa > 0)) throw new IllegalArgumentException(
                "Spread: kappa is " + spread.kappa + " for " + start.dimensions() + " states; their sum is above 0");
        this.start = start;
        this.move = move;
        this.see = see;
        this.moveSlope = moveSlope;
        this.seeSlope = seeSlope;
        this.q = Dense.copy(q);
        this.r = Dense.copy(r);
        this.rootQ = GaussianBelief.squareRoot("NonlinearKalmanFilter: Q", q);
        this.rootR = GaussianBelief.squareRoot("NonlinearKalmanFilter: R", r);
        this.spread = spread;
    }

    /** Functions replaced by their tangents at the mean. */
    public static NonlinearKalmanFilter extended(GaussianBelief start, Step move, Slope moveSlope, double[][] q, Step see, Slope seeSlope,
            double[][] r) {
        return new NonlinearKalmanFilter(start, move, moveSlope, q, see, seeSlope, r, null);
    }

    /** Functions applied to sigma points, whose mean and covariance are taken. No derivatives. */
    public static NonlinearKalmanFilter unscented(GaussianBelief start, Step move, double[][] q, Step see, double[][] r) {
        return unscented(start, move, q, see, r, new Spread());
    }

    /** The same with another spread. */
    public static NonlinearKalmanFilter unscented(GaussianBelief start, Step move, double[][] q, Step see, double[][] r, Spread spread) {
        return new NonlinearKalmanFilter(start, move, null, q, see, null, r, spread);
    }

    /** The belief about the first state. */
    public GaussianBelief start() { return start; }

    /** The belief about state t + 1. */
    public GaussianBelief predict(GaussianBelief belief, int t) {
        double[] m = belief.m();
        if (spread == null) return KalmanFilter.moved(move.at(t, m.clone()), belief, moveSlope.at(t, m.clone()), q, rootQ, Form.JOSEPH);
        var cloud = cloud(belief, move, t);
        return GaussianBelief.ofCovariance(cloud.mean, cloud.covariance(cloud.images, cloud.mean, q));
    }

    /** Corrects the belief about state t by its measurement; entries that are NaN are left out. */
    public Correction correct(GaussianBelief belief, int t, double... y) {
        double[] m = belief.m();
        if (spread == null) return KalmanFilter.correct(belief, seeSlope.at(t, m.clone()), r, rootR, see.at(t, m.clone()), y, Form.JOSEPH);
        return unscented(belief, t, y);
    }

    private Correction unscented(GaussianBelief belief, int t, double[] y) {
        int p = r.length, d = belief.dimensions(), seen = 0;
        if (y.length != p) throw new ShapeException("NonlinearKalmanFilter: a measurement of " + y.length + " numbers; R has " + p);
        var index = new int[p];
        for (int i = 0; i < p; i++) if (y[i] == y[i]) index[seen++] = i;
        var cloud = cloud(belief, see, t);
        double[][] s = cloud.covariance(cloud.images, cloud.mean, r), cross = cloud.cross(belief.m()), gain = new double[d][p];
        var innovation = new double[p];
        for (int i = 0; i < p; i++) innovation[i] = y[i] - cloud.mean[i];
        if (seen == 0) return new Correction(belief, innovation, s, gain, 0, 0, 0);
        double[][] l = new double[seen][seen], k = new double[d][seen];
        var z = new double[seen];
        for (int i = 0; i < seen; i++) {
            z[i] = innovation[index[i]];
            for (int j = 0; j < seen; j++) l[i][j] = s[index[i]][index[j]];
            for (int j = 0; j < d; j++) k[j][i] = cross[j][index[i]];
        }
        if (CholeskySteps.factor(l) >= 0) throw new IllegalArgumentException(
                "NonlinearKalmanFilter: the covariance of the measurement is not positive definite; give it noise in R, or an alpha nearer to 1");
        // With U = C L^-T, gain U L^-1 and P - U U'
        double[][] after = belief.covariance();
        for (var row : k) TriangularSolve.lower(l, false, row, seen);
        for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) for (int a = 0; a < seen; a++) after[i][j] -= k[i][a] * k[j][a];
        double squared = 0, logDet = 0;
        var m = belief.mean();
        TriangularSolve.lower(l, false, z, seen);
        for (int a = 0; a < seen; a++) {
            squared += z[a] * z[a];
            logDet += 2 * Math.log(l[a][a]);
            for (int i = 0; i < d; i++) m[i] += k[i][a] * z[a];
        }
        for (int i = 0; i < d; i++) {
            TriangularSolve.lowerTransposed(l, false, k[i], seen);
            for (int a = 0; a < seen; a++) gain[i][index[a]] = k[i][a];
        }
        return new Correction(GaussianBelief.ofCovariance(m, GaussianBelief.symmetric(after)), innovation, s, gain,
                -0.5 * (seen * Math.log(2 * Math.PI) + logDet + squared), squared, seen);
    }

    /** Filters a series. @param y (T x p), NaN where nothing was measured */
    public Run filter(double[][] y) {
        if (y.length == 0) throw new ShapeException("filter: the series is empty");
        var predicted = new ArrayList<GaussianBelief>(y.length);
        var corrections = new ArrayList<Correction>(y.length);
        var belief = start;
        for (int t = 0; t < y.length; t++) {
            predicted.add(belief);
            var correction = correct(belief, t, y[t]);
            corrections.add(correction);
            if (t + 1 < y.length) belief = predict(correction.belief(), t);
        }
        return new Run(predicted, corrections);
    }

    /** Beliefs before each measurement, and what each said. */
    public record Run(List<GaussianBelief> predicted, List<Correction> corrections) {
        /** {@code log p(y)}, as the approximation has it. */
        public double logLikelihood() {
            double sum = 0;
            for (var c : corrections) sum += c.logDensity();
            return sum;
        }
    }

    /** Sigma points, their images under a function, and the images' weighted mean. */
    private record Cloud(double[][] points, double[][] images, double[] mean, double[] weights) {
        double[][] covariance(double[][] x, double[] centre, double[][] noise) {
            double[][] c = Dense.copy(noise);
            for (int s = 0; s < x.length; s++)
                for (int i = 0; i < c.length; i++)
                    for (int j = 0; j < c.length; j++) c[i][j] += weights[s] * (x[s][i] - centre[i]) * (x[s][j] - centre[j]);
            return GaussianBelief.symmetric(c);
        }

        double[][] cross(double[] centre) {
            var c = new double[centre.length][mean.length];
            for (int s = 0; s < images.length; s++)
                for (int i = 0; i < centre.length; i++)
                    for (int j = 0; j < mean.length; j++) c[i][j] += weights[s] * (points[s][i] - centre[i]) * (images[s][j] - mean[j]);
            return c;
        }
    }

    private Cloud cloud(GaussianBelief belief, Step function, int t) {
        int d = belief.dimensions();
        double[][] root = belief.root(), points = new double[2 * d + 1][], images = new double[2 * d + 1][];
        double scale = spread.alpha * spread.alpha * (d + spread.kappa), out = Math.sqrt(scale);
        double[] meanWeights = new double[points.length], weights = new double[points.length];
        for (int s = 0; s < points.length; s++) {
            points[s] = belief.mean();
            if (s > 0) for (int i = 0; i < d; i++) points[s][i] += (s <= d ? out : -out) * root[i][(s - 1) % d];
            images[s] = function.at(t, points[s].clone());
            weights[s] = meanWeights[s] = s == 0 ? 1 - d / scale : 0.5 / scale;
        }
        weights[0] += 1 - spread.alpha * spread.alpha + spread.beta;
        var mean = new double[images[0].length];
        // Around the first image, for weights of small alpha are huge and of both signs
        for (int s = 1; s < points.length; s++)
            for (int i = 0; i < mean.length; i++) mean[i] += meanWeights[s] * (images[s][i] - images[0][i]);
        for (int i = 0; i < mean.length; i++) mean[i] += images[0][i];
        return new Cloud(points, images, mean, weights);
    }
}
