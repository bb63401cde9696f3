package lyceum.stats;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.linalg.LeastSquares;
import lyceum.prob.ChiSquare;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The likelihood ratio test of nested models, {@code 2 (l - l_0)} against a chi-square of as many degrees as the smaller model fixes parameters, with its
 * companions: Wald's test, from the larger fit alone, and the score test, from the smaller.
 *
 * {@snippet :
 * var full = new Glm(Glm.Family.POISSON).fit(x, y);
 * var small = new Glm(Glm.Family.POISSON).fit(fewerColumns, y);
 * LikelihoodRatioTest.of(full, small).pValue();
 * LikelihoodRatioTest.chiBar(statistic, 0.5, 0.5);              // a variance component of zero: on the edge
 * }
 *
 * @see <a href="https://doi.org/10.1214/aoms/1177732360">Wilks (1938)</a>
 * @see <a href="https://doi.org/10.1080/01621459.1987.10478472">Self and Liang (1987), on the edge of the parameter space</a>
 */
public final class LikelihoodRatioTest {
    private LikelihoodRatioTest() {}

    /** Against a chi-square. A statistic that rounding made negative counts as 0. */
    public static TestResult chiSquare(double statistic, double degreesOfFreedom) {
        return new TestResult("chi-square", statistic, statistic <= 0 ? 1 : new ChiSquare(degreesOfFreedom).survival(statistic),
                degreesOfFreedom);
    }

    /**
     * Against a mixture of chi-squares of 0, 1, 2, ... degrees: the law where the null lies on the edge. {@code (0.5, 0.5)} is one parameter there, such as a
     * variance of zero.
     *
     * @param weights of 0, 1, ... degrees; they sum to 1
     */
    public static TestResult chiBar(double statistic, double... weights) {
        double sum = Descriptive.sum(weights), p = 0;
        if (Math.abs(sum - 1) > 1e-9 || Arrays.stream(weights).anyMatch(w -> !(w >= 0)))
            throw new IllegalArgumentException("chiBar: weights " + Arrays.toString(weights) + "; they are at least 0 and sum to 1");
        for (int k = 1; k < weights.length; k++) if (statistic > 0) p += weights[k] * new ChiSquare(k).survival(statistic);
        return new TestResult("mixture of chi-squares", statistic, statistic <= 0 ? 1 : p, Double.NaN);
    }

    /**
     * Against statistics of data simulated from the null fit (parametric bootstrap), for nulls without a known law: {@code (1 + #{as large}) / (1 + draws)}.
     *
     * @param simulate draws data from the null fit, fits both models to them and returns {@code 2 (l - l_0)}
     */
    public static TestResult bootstrap(double statistic, ToDoubleFunction<Rng> simulate, int draws, Rng rng) {
        if (draws < 1) throw new IllegalArgumentException("bootstrap: draws is " + draws + "; it is at least 1");
        int large = 0;
        for (int d = 0; d < draws; d++) if (simulate.applyAsDouble(rng.split(d)) >= statistic) large++;
        return new TestResult("parametric bootstrap", statistic, (1.0 + large) / (1.0 + draws), Double.NaN);
    }

    /**
     * Of two fits of one log-likelihood's data.
     *
     * @param nested its parameters are a restriction of the others'; the log-likelihoods tell only how many are fixed, and that nothing got worse
     * @throws IllegalArgumentException if they are not of equally many observations of equal weight, or the nested one has as many parameters or a larger
     *         likelihood: it is then not nested, or the search failed
     */
    public static TestResult of(LikelihoodFit full, LikelihoodFit nested) {
        if (full.likelihood().observations() != nested.likelihood().observations()
                || !Arrays.equals(full.likelihood().weights(), nested.likelihood().weights()))
            throw new IllegalArgumentException("LikelihoodRatioTest: " + full.likelihood().observations() + " and "
                    + nested.likelihood().observations() + " observations, or other weights; both models are fitted to the same data");
        return compared(full.logLikelihood(), full.estimate().length, nested.logLikelihood(), nested.estimate().length);
    }

    /**
     * Of two generalised linear models.
     *
     * @throws IllegalArgumentException if they differ in family, responses, offsets or weights, or a column of the nested design is no combination of the full
     *         one's
     */
    public static TestResult of(GlmFit full, GlmFit nested) {
        requireFewer(full.parameters(), nested.parameters());
        requireNested(full, nested);
        return compared(full.logLikelihood(), full.parameters(), nested.logLikelihood(), nested.parameters());
    }

    private static TestResult compared(double l, int p, double l0, int p0) {
        requireFewer(p, p0);
        if (l0 > l + 1e-7 * Math.max(1, Math.abs(l)))
            throw new IllegalArgumentException("LikelihoodRatioTest: the nested model's log-likelihood " + l0 + " is above the full one's "
                    + l + "; it is not nested, or a search failed");
        return chiSquare(2 * (l - l0), p - p0);
    }

    private static void requireFewer(int p, int p0) {
        if (p0 >= p) throw new IllegalArgumentException("LikelihoodRatioTest: the nested model has " + p0 + " parameters, the full one " + p
                + "; it has fewer (are the two in the wrong order?)");
    }

    private static void requireNested(GlmFit full, GlmFit nested) {
        GlmFit.Data a = full.data(), b = nested.data();
        if (full.family() != nested.family()) throw new IllegalArgumentException(
                "LikelihoodRatioTest: families " + full.family() + " and " + nested.family() + "; they are the same");
        if (a.y().length != b.y().length) throw new IllegalArgumentException("LikelihoodRatioTest: " + a.y().length + " rows and "
                + b.y().length + "; both models are fitted to the same rows (were some with missing values dropped?)");
        if (!Arrays.equals(a.y(), b.y()) || !Arrays.equals(a.offset(), b.offset()) || !Arrays.equals(a.weights(), b.weights()))
            throw new IllegalArgumentException(
                    "LikelihoodRatioTest: responses, offsets or weights differ; both models are fitted to the same data");
        double[][] rest = LeastSquares.solve(Tensor.of(a.x()), Tensor.of(b.x())).residuals().toRows();
        for (int j = 0; j < rest[0].length; j++) {
            double left = 0, size = 0;
            for (int i = 0; i < rest.length; i++) {
                left = Math.max(left, Math.abs(rest[i][j]));
                size = Math.max(size, Math.abs(b.x()[i][j]));
            }
            if (left > 1e-8 * size) throw new IllegalArgumentException("LikelihoodRatioTest: column " + nested.names().get(j)
                    + " of the smaller design is not a combination of the full one's columns; the models are not nested");
        }
    }

    /** Wald's test that these coefficients are zero: {@code b' V^-1 b}. It changes with the way in which a parameter is written. */
    public static TestResult wald(GlmFit full, int... coefficients) {
        var b = new double[coefficients.length];
        var v = new double[b.length][b.length];
        for (int i = 0; i < b.length; i++) {
            b[i] = full.coefficients()[coefficients[i]];
            for (int j = 0; j < b.length; j++) v[i][j] = full.covariance()[coefficients[i]][coefficients[j]];
        }
        var scaled = Cholesky.of(Tensor.of(v)).solve(Tensor.of(b)).toDoubleArray();
        double statistic = 0;
        for (int i = 0; i < b.length; i++) statistic += b[i] * scaled[i];
        return chiSquare(statistic, b.length);
    }

    /**
     * Rao's score test of a larger design from the nested fit alone: {@code U' F^-1 U / scale} with U the score and F the information of the larger model at the
     * nested fit.
     *
     * @param x the full design, whose columns combine to the nested one's
     */
    public static TestResult score(GlmFit nested, double[][] x) {
        var d = nested.data();
        if (x.length != d.y().length)
            throw new ShapeException("LikelihoodRatioTest.score: " + x.length + " rows for a fit of " + d.y().length);
        requireFewer(x[0].length, nested.coefficients().length);
        double[] mean = nested.means(), rows = new double[mean.length], u = new double[x[0].length];
        for (int i = 0; i < mean.length; i++) {
            rows[i] = d.weights()[i] * nested.family().weight(mean[i]);
            double g = rows[i] * nested.family().working(d.y()[i], mean[i]);
            for (int j = 0; j < u.length; j++) u[j] += g * x[i][j];
        }
        var step = Cholesky.of(Tensor.of(Glm.gram(x, rows))).solve(Tensor.of(u)).toDoubleArray();
        double statistic = 0;
        for (int j = 0; j < u.length; j++) statistic += u[j] * step[j];
        return chiSquare(statistic / nested.scale(), u.length - nested.coefficients().length);
    }

    /** Every value of coefficient j that the likelihood ratio test does not reject at {@code 1 - level}: refits with the coefficient held, then bisection. */
    public static Interval profile(GlmFit full, int j, double level) {
        double cut = new ChiSquare(1).quantile(Arguments.level("profile", level)), error = full.standardErrors()[j],
                centre = full.coefficients()[j];
        var ends = new double[2];
        for (int side = 0; side < 2; side++) {
            double sign = 2 * side - 1, inside = centre, outside = centre + sign * error;
            for (int k = 0; k < 60 && statistic(full, j, outside) <= cut; k++) {
                inside = outside;
                outside = centre + 1.6 * (outside - centre);
            }
            for (int k = 0; k < 60 && Math.abs(outside - inside) > 1e-12 * Math.max(1, Math.abs(inside)); k++) {
                double middle = (inside + outside) / 2;
                if (statistic(full, j, middle) <= cut) inside = middle;
                else outside = middle;
            }
            ends[side] = (inside + outside) / 2;
        }
        return new Interval(ends[0], ends[1]);
    }

    /** {@code 2 (l - l_0)} of the null that coefficient j has this value. */
    public static double statistic(GlmFit full, int j, double value) {
        var d = full.data();
        int n = d.y().length, p = full.coefficients().length;
        var x = new double[n][p - 1];
        var offset = d.offset().clone();
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < p - 1; k++) x[i][k] = d.x()[i][k < j ? k : k + 1];
            offset[i] += value * d.x()[i][j];
        }
        return 2 * (full.logLikelihood() - new Glm(full.family()).fit(x, d.y(), offset, d.weights()).logLikelihood());
    }
}
