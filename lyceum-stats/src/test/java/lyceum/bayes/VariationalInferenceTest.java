package lyceum.bayes;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lyceum.bayes.VariationalInference.Gradient;
import lyceum.linalg.Cholesky;
import lyceum.math.Special;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class VariationalInferenceTest {
    /** Linear regression with noise of a known deviation and coefficients from N(0, 4): posterior and evidence in closed form. */
    private static final class Regression {
        static final double NOISE = 0.7, PRIOR = 4;
        final double[][] x;
        final double[] y;
        final int d;

        Regression(Rng rng, int n, int d, boolean orthogonal) {
            this.d = d;
            x = new double[n][d];
            y = new double[n];
            for (int i = 0; i < n; i++) for (int j = 0; j < d; j++) {
                double common = orthogonal || j == 0 ? 0 : 0.8 * x[i][j - 1];
                x[i][j] = orthogonal ? (i % d == j ? 0.5 + i / d * 0.1 : 0) : common + rng.nextGaussian();
            }
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < d; j++) y[i] += (j - 1.5) * x[i][j];
                y[i] += NOISE * rng.nextGaussian();
            }
        }

        LogDensity target() { return target(0, x.length); }

        /** Of some rows, weighed as if they were all. */
        LogDensity target(int from, int to) {
            double scale = (double) x.length / (to - from);
            return LogDensity.of(b -> at(b, null, from, to, scale), (b, g) -> at(b, g, from, to, scale));
        }

        private double at(double[] b, double[] g, int from, int to, double scale) {
            double log = -0.5 * d * Math.log(2 * Math.PI * PRIOR);
            for (int j = 0; j < d; j++) log -= b[j] * b[j] / (2 * PRIOR);
            if (g != null) for (int j = 0; j < d; j++) g[j] = -b[j] / PRIOR;
            for (int i = from; i < to; i++) {
                double r = y[i];
                for (int j = 0; j < d; j++) r -= b[j] * x[i][j];
                log += scale * (-0.5 * Math.log(2 * Math.PI * NOISE * NOISE) - r * r / (2 * NOISE * NOISE));
                if (g != null) for (int j = 0; j < d; j++) g[j] += scale * r * x[i][j] / (NOISE * NOISE);
            }
            return log;
        }

        double[][] precision() {
            var p = new double[d][d];
            for (int j = 0; j < d; j++) {
                p[j][j] = 1 / PRIOR;
                for (int k = 0; k < d; k++) for (var row : x) p[j][k] += row[j] * row[k] / (NOISE * NOISE);
            }
            return p;
        }

        double[][] covariance() { return Cholesky.of(Tensor.of(precision())).inverse().toRows(); }

        double[] mean() {
            var xy = new double[d];
            for (int i = 0; i < y.length; i++) for (int j = 0; j < d; j++) xy[j] += x[i][j] * y[i] / (NOISE * NOISE);
            return Cholesky.of(Tensor.of(precision())).solve(Tensor.of(xy)).toDoubleArray();
        }

        /** {@code log N(y; 0, noise I + prior X X')}. */
        double evidence() {
            var c = new double[y.length][y.length];
            for (int i = 0; i < y.length; i++) for (int k = 0; k < y.length; k++) {
                c[i][k] = i == k ? NOISE * NOISE : 0;
                for (int j = 0; j < d; j++) c[i][k] += PRIOR * x[i][j] * x[k][j];
            }
            return new MultivariateNormal(new double[y.length], c).logDensity(y);
        }
    }

    @Test
    @Acceptance(topic = "variational-inference", clause = 1) void coordinateAscentReachesTheKnownFixedPoint() {
        var rng = Rng.of(10);
        double worst = 0, fall = 0, evidence = Double.POSITIVE_INFINITY;
        int sets = 0;
        for (; sets < 20; sets++) {
            int n = 2 + 3 * sets;
            double m0 = rng.nextGaussian(), strength = 0.2 + 2 * rng.nextDouble(), shape = 0.5 + 2 * rng.nextDouble(),
                    rate = 0.3 + rng.nextDouble();
            var x = new double[n];
            double sum = 0;
            for (int i = 0; i < n; i++) sum += x[i] = 3 * rng.nextGaussian() + sets - 7;
            var fit = new CoordinateAscent().fit(CoordinateAscent.normal(x, m0, strength, shape, rate));
            assertThat(fit.converged()).isTrue();
            // The fixed point in closed form: b = rate + C/2 + b / (2 a), C the squares about the posterior mean
            double mean = (strength * m0 + sum) / (strength + n), a = shape + (n + 1) / 2.0, c = strength * (mean - m0) * (mean - m0);
            for (double v : x) c += (v - mean) * (v - mean);
            double b = (rate + c / 2) / (1 - 1 / (2 * a)), precision = (strength + n) * a / b;
            double[][] found = fit.factors();
            for (double gap : new double[] {found[0][0] / mean - 1, found[0][1] / precision - 1, found[1][0] / a - 1, found[1][1] / b - 1})
                worst = Math.max(worst, Math.abs(gap));
            for (int i = 1; i < fit.path().size(); i++) fall = Math.max(fall, fit.path().get(i - 1) - fit.path().get(i));
            // log p(x) of the normal-gamma model
            double an = shape + n / 2.0, bn = rate + c / 2;
            double exact = Special.lgamma(an) - Special.lgamma(shape) + shape * Math.log(rate) - an * Math.log(bn)
                    + 0.5 * Math.log(strength / (strength + n)) - n / 2.0 * Math.log(2 * Math.PI);
            evidence = Math.min(evidence, exact - fit.elbo());
            assertThat(exact - fit.elbo()).isLessThan(0.5);
        }
        Evidence.of("data sets", sets, exactly(20));
        Evidence.of("parameters from the fixed point, relative", worst, below(1e-10));
        Evidence.of("largest fall of the bound in a sweep", fall, below(1e-10));
        Evidence.of("least gap below the evidence", evidence, above(0));
    }

    @Test
    @Acceptance(topic = "variational-inference", clause = 2) void fullRankFindsTheRegressionsPosterior() {
        double means = 0, covariances = 0;
        for (int s = 0; s < 4; s++) {
            var regression = new Regression(Rng.of(20 + s), 40 + 20 * s, 4, false);
            var fit = new VariationalInference().fit(regression.target(), VariationalFamily.fullRank(4), Rng.of(30 + s));
            double[] mean = regression.mean(), found = fit.q().mean();
            double[][] exact = regression.covariance(), c = fit.q().covariance();
            for (int i = 0; i < 4; i++) {
                means = Math.max(means, Math.abs(found[i] - mean[i]) / Math.sqrt(exact[i][i]));
                for (int j = 0; j < 4; j++)
                    covariances = Math.max(covariances, Math.abs(c[i][j] - exact[i][j]) / Math.sqrt(exact[i][i] * exact[j][j]));
            }
        }
        Evidence.of("means, posterior deviations", means, atMost(0.01));
        Evidence.of("covariances, over the deviations' product", covariances, atMost(0.02));
    }

    @Test
    @Acceptance(topic = "variational-inference", clause = 3) void meanFieldVariancesAreOneOverThePrecision() {
        double means = 0, variances = 0, shrunk = 0;
        for (int s = 0; s < 4; s++) {
            var regression = new Regression(Rng.of(50 + s), 50, 4, false);
            var fit = new VariationalInference().withSteps(3_000).withSamples(100).fit(regression.target(), VariationalFamily.meanField(4),
                    Rng.of(60 + s));
            double[][] precision = regression.precision(), exact = regression.covariance(), c = fit.q().covariance();
            double[] mean = regression.mean(), found = fit.q().mean();
            for (int i = 0; i < 4; i++) {
                variances = Math.max(variances, Math.abs(c[i][i] * precision[i][i] - 1));
                means = Math.max(means, Math.abs(found[i] - mean[i]) / Math.sqrt(exact[i][i]));
                shrunk = Math.max(shrunk, c[i][i] / exact[i][i]);
            }
        }
        Evidence.of("variances times the precision's diagonal, less 1", variances, atMost(0.02));
        Evidence.of("means, posterior deviations", means, atMost(0.05));
        Evidence.of("largest variance over the true one", shrunk, below(0.9));
    }

    /** Two coefficients of a logistic regression on twelve points; evidence by a sum over a grid. */
    private static final double[][] POINTS = {{1, -2}, {1, -1.4}, {1, -1}, {1, -0.5}, {1, -0.2}, {1, 0.1}, {1, 0.4}, {1, 0.8}, {1, 1.1},
            {1, 1.7}, {1, 2}, {1, 2.6}};
    private static final int[] LABELS = {0, 0, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1};
    private static final LogDensity LOGISTIC = LogDensity.of(b -> logistic(b, new double[2]), VariationalInferenceTest::logistic);

    private static double logistic(double[] b, double[] g) {
        double log = -Math.log(2 * Math.PI * 9) - (b[0] * b[0] + b[1] * b[1]) / 18;
        for (int j = 0; j < 2; j++) g[j] = -b[j] / 9;
        for (int i = 0; i < 12; i++) {
            double m = b[0] * POINTS[i][0] + b[1] * POINTS[i][1], p = 1 / (1 + Math.exp(-m));
            log += LABELS[i] * m - (m > 0 ? m + Math.log1p(Math.exp(-m)) : Math.log1p(Math.exp(m)));
            for (int j = 0; j < 2; j++) g[j] += (LABELS[i] - p) * POINTS[i][j];
        }
        return log;
    }

    @Test
    @Acceptance(topic = "variational-inference", clause = 4) void theBoundStaysBelowTheEvidenceAndTouchesIt() {
        double grid = 0, h = 0.02;
        for (double a = -9; a < 12; a += h) for (double b = -6; b < 16; b += h) grid += h * h * Math.exp(LOGISTIC.at(new double[] {a, b}));
        var regression = new Regression(Rng.of(70), 30, 2, false);
        double[] evidence = {Math.log(grid), regression.evidence()};
        LogDensity[] targets = {LOGISTIC, regression.target()};
        var rng = Rng.of(71);
        double most = Double.NEGATIVE_INFINITY, fitted = Double.POSITIVE_INFINITY, order = Double.POSITIVE_INFINITY;
        int compared = 0;
        for (int t = 0; t < 2; t++)
            for (var family : List.of(VariationalFamily.meanField(2), VariationalFamily.fullRank(2), VariationalFamily.flow(2))) {
                var best = new VariationalInference().withSteps(800).fit(targets[t], family, rng.split(compared));
                for (int k = 0; k < 10; k++, compared++) {
                    double[] lambda = best.q().parameters();
                    if (k > 0) for (int i = 0; i < lambda.length; i++) lambda[i] += 0.03 * k * rng.nextGaussian();
                    var bound = new VariationalInference.Fit(best.q().with(lambda), List.of(), targets[t]).elbo(2_000, rng);
                    most = Math.max(most, (bound.mean() - evidence[t]) / (bound.standardError() + 1e-9));
                    if (k == 0 && t == 0) fitted = Math.min(fitted, bound.mean() - evidence[t]);
                }
                var one = best.elbo(4_000, Rng.of(5));
                var ten = best.importanceWeighted(10, 4_000, Rng.of(6));
                if (t == 0) order = Math.min(order, ten.mean() - one.mean());
            }
        Evidence.of("bounds compared", compared, exactly(60));
        Evidence.of("largest excess over the evidence, SE", most, atMost(3));
        Evidence.of("fitted bounds from the evidence, none contains the posterior", fitted, above(-0.4));
        Evidence.of("least gain of ten draws over one", order, above(0));
        // families that contain the posterior: independent coefficients, correlated ones, and the flow without bends
        double touch = 0;
        var independent = new Regression(Rng.of(72), 30, 3, true);
        var correlated = new Regression(Rng.of(73), 30, 3, false);
        for (var family : List.of(VariationalFamily.meanField(3), VariationalFamily.fullRank(3), VariationalFamily.flow(3)))
            touch = Math.max(touch, gap(independent, family));
        for (var family : List.of(VariationalFamily.fullRank(3), VariationalFamily.flow(3)))
            touch = Math.max(touch, gap(correlated, family));
        Evidence.of("largest gap where the family contains the posterior", touch, below(1e-6));
    }

    private static double gap(Regression regression, VariationalFamily family) {
        var fit = new VariationalInference().withSteps(6_000).fit(regression.target(), family, Rng.of(74));
        return Math.abs(fit.elbo(1_000, Rng.of(75)).mean() - regression.evidence());
    }

    @Test
    @Acceptance(topic = "variational-inference", clause = 5) void bothEstimatorsOfTheGradientAgree() {
        var rng = Rng.of(90);
        double between = 0, closed = 0;
        int compared = 0;
        for (var family : List.of(VariationalFamily.meanField(2), VariationalFamily.fullRank(2), VariationalFamily.flow(2))) {
            double[] lambda = family.parameters();
            for (int i = 0; i < lambda.length; i++) lambda[i] = 0.4 * rng.nextGaussian();
            lambda[1] += 1;
            double[][] a = moments(Gradient.REPARAMETERISED, LOGISTIC, family.with(lambda), rng),
                    b = moments(Gradient.SCORE, LOGISTIC, family.with(lambda), rng);
            for (int i = 0; i < lambda.length; i++, compared++)
                between = Math.max(between, Math.abs(a[0][i] - b[0][i]) / Math.hypot(a[1][i], b[1][i]));
        }
        // and on a normal target both give the closed form: -P (m - mu), and 1 - s^2 P_ii for the log widths
        double[][] precision = {{2, -0.8}, {-0.8, 1}};
        double[] m = {0.5, -0.3, Math.log(0.7), Math.log(1.4)};
        LogDensity normal = LogDensity.of(z -> normal(precision, z, new double[2]), (z, g) -> normal(precision, z, g));
        for (var kind : Gradient.values()) {
            double[][] found = moments(kind, normal, VariationalFamily.meanField(2).with(m), rng);
            double[] exact = {-(2 * (0.5 - 1) - 0.8 * (-0.3 + 1)), -(-0.8 * (0.5 - 1) + (-0.3 + 1)), 1 - 0.49 * 2, 1 - 1.96};
            for (int i = 0; i < 4; i++) closed = Math.max(closed, Math.abs(found[0][i] - exact[i]) / found[1][i]);
        }
        Evidence.of("entries compared", compared, exactly(4 + 5 + 7));
        Evidence.of("largest difference of the two, SE", between, atMost(3));
        Evidence.of("largest distance from the closed form, SE", closed, atMost(3));
    }

    /** Around (1, -1). */
    private static double normal(double[][] p, double[] z, double[] g) {
        double a = z[0] - 1, b = z[1] + 1;
        g[0] = -(p[0][0] * a + p[0][1] * b);
        g[1] = -(p[1][0] * a + p[1][1] * b);
        return 0.5 * (a * g[0] + b * g[1]);
    }

    /** Mean and standard error of 2,000 estimates from ten draws each. */
    private static double[][] moments(Gradient kind, LogDensity target, VariationalFamily q, Rng rng) {
        var inference = new VariationalInference().withGradient(kind);
        double[][] found = new double[2][q.parameters().length];
        for (int r = 0; r < 2_000; r++) {
            double[] g = inference.gradient(target, q, rng).gradient();
            for (int i = 0; i < g.length; i++) {
                found[0][i] += g[i] / 2_000;
                found[1][i] += g[i] * g[i] / 2_000;
            }
        }
        for (int i = 0; i < found[0].length; i++) found[1][i] = Math.sqrt((found[1][i] - found[0][i] * found[0][i]) / 2_000);
        return found;
    }

    @Test void familiesHaveTheirDensitiesGradientsAndMoments() {
        var rng = Rng.of(100);
        for (var family : List.of(VariationalFamily.meanField(3), VariationalFamily.fullRank(3), VariationalFamily.flow(3))) {
            double[] lambda = family.parameters();
            for (int i = 0; i < lambda.length; i++) lambda[i] = 0.3 * rng.nextGaussian();
            var q = family.with(lambda);
            double[] z = q.sample(rng), e = q.pull(z), score = q.score(e), slope = q.slope(e);
            for (int i = 0; i < lambda.length; i++) {
                double[] up = lambda.clone(), down = lambda.clone();
                up[i] += 1e-5;
                down[i] -= 1e-5;
                assertThat(score[i]).isCloseTo((q.with(up).logDensity(z) - q.with(down).logDensity(z)) / 2e-5, within(1e-7));
            }
            for (int i = 0; i < 3; i++) {
                double[] up = z.clone(), down = z.clone();
                up[i] += 1e-5;
                down[i] -= 1e-5;
                assertThat(slope[i]).isCloseTo((q.logDensity(up) - q.logDensity(down)) / 2e-5, within(1e-7));
            }
            int n = 200_000;
            double entropy = 0;
            double[] mean = new double[3];
            double[][] square = new double[3][3], covariance = q.covariance();
            for (int r = 0; r < n; r++) {
                double[] x = q.sample(rng);
                entropy -= q.logDensity(x) / n;
                for (int i = 0; i < 3; i++) {
                    mean[i] += x[i] / n;
                    for (int j = 0; j < 3; j++) square[i][j] += x[i] * x[j] / n;
                }
            }
            assertThat(entropy).isCloseTo(q.entropy(), within(0.02));
            for (int i = 0; i < 3; i++) {
                assertThat(mean[i]).isCloseTo(q.mean()[i], within(0.02));
                for (int j = 0; j < 3; j++) assertThat(square[i][j] - mean[i] * mean[j]).isCloseTo(covariance[i][j], within(0.04));
            }
        }
        // one dimension has no triangle, and the density is a normal's
        assertThat(VariationalFamily.flow(1).with(1, Math.log(2)).logDensity(new double[] {4})).isCloseTo(new Normal(1, 2).logDensity(4),
                within(1e-14));
    }

    @Test void aFlowBendsAroundABanana() {
        LogDensity banana = LogDensity.of(z -> bananaAt(z, new double[2]), VariationalInferenceTest::bananaAt);
        var inference = new VariationalInference().withSteps(1_500);
        var straight = inference.fit(banana, VariationalFamily.fullRank(2), Rng.of(1));
        var bent = inference.fit(banana, VariationalFamily.flow(2), Rng.of(1));
        // normalised, so the evidence is 0
        assertThat(bent.elbo(2_000, Rng.of(2)).mean()).isBetween(-1e-4, 1e-4);
        assertThat(straight.elbo(2_000, Rng.of(2)).mean()).isLessThan(-0.3);
        assertThat(bent.reliability(2_000, Rng.of(3)).k()).isLessThan(0.5);
        assertThat(straight.reliability(2_000, Rng.of(3)).k()).isGreaterThan(0.5);
    }

    private static double bananaAt(double[] z, double[] g) {
        double r = (z[1] - z[0] * z[0]) / 0.5;
        g[0] = -z[0] + 2 * z[0] * r / 0.5;
        g[1] = -r / 0.5;
        return -0.5 * z[0] * z[0] - 0.5 * r * r - Math.log(2 * Math.PI * 0.5);
    }

    @Test void scoresAndMinibatchesFindThePosteriorToo() {
        var regression = new Regression(Rng.of(110), 60, 2, false);
        double[] mean = regression.mean();
        double[][] exact = regression.covariance();
        var score = new VariationalInference().withGradient(Gradient.SCORE).withSamples(50).withSteps(1_500).fit(regression.target(),
                VariationalFamily.fullRank(2), Rng.of(111));
        var batches = new VariationalInference().withSteps(3_000).fit(step -> regression.target(step % 4 * 15, step % 4 * 15 + 15),
                regression.target(), VariationalFamily.fullRank(2), Rng.of(112));
        for (var fit : List.of(score, batches)) for (int i = 0; i < 2; i++) {
            assertThat(fit.q().mean()[i]).isCloseTo(mean[i], within(0.3 * Math.sqrt(exact[i][i])));
            assertThat(fit.q().covariance()[i][i] / exact[i][i]).isBetween(0.8, 1.25);
        }
    }

    @Test void theParetoShape() {
        for (double k : new double[] {0.3, 0.7, 1.1}) {
            var x = new double[2_000];
            for (int i = 0; i < x.length; i++) x[i] = 1.7 * Math.expm1(-k * Math.log1p(-(i + 0.5) / x.length)) / k;
            double[] fit = ParetoSmoothing.fit(x);
            assertThat(fit[0]).isCloseTo(k, within(0.02));
            assertThat(fit[1]).isCloseTo(1.7, within(0.03));
        }
        // q = N(0, s^2) for p = N(0, 1): ratios with tail shape 1 - s^2; they smooth to weights that sum to 1 and keep their order
        var rng = Rng.of(120);
        var logs = new double[20_000];
        for (int i = 0; i < logs.length; i++) {
            double z = 0.4 * rng.nextGaussian();
            logs[i] = new Normal(0, 1).logDensity(z) - new Normal(0, 0.4).logDensity(z);
        }
        var smooth = ParetoSmoothing.of(logs);
        assertThat(smooth.k()).isBetween(0.6, 1.0);
        double sum = 0;
        for (double w : smooth.logWeights()) sum += Math.exp(w);
        assertThat(sum).isCloseTo(1, within(1e-12));
        var narrow = new double[1_000];
        for (int i = 0; i < narrow.length; i++) narrow[i] = 0.3 * Math.sin(i);
        assertThat(ParetoSmoothing.of(narrow).k()).isLessThan(0.2);
        assertThat(ParetoSmoothing.of(new double[100]).k()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThatThrownBy(() -> ParetoSmoothing.of(new double[10])).hasMessageContaining("at least 25");
    }

    @Test void errorsSayWhat() {
        assertThatThrownBy(() -> new VariationalInference().withSamples(1).withGradient(Gradient.SCORE)).hasMessageContaining("need 2");
        LogDensity half = LogDensity.of(z -> z[0] > 0 ? -z[0] : Double.NEGATIVE_INFINITY,
                (z, g) -> z[0] > 0 ? -z[0] + (g[0] = -1) - g[0] : Double.NEGATIVE_INFINITY);
        assertThatThrownBy(() -> new VariationalInference().fit(half, VariationalFamily.meanField(1), Rng.of(1)))
                .hasMessageContaining("must be finite");
        assertThatThrownBy(() -> VariationalFamily.fullRank(2).with(1, 2)).hasMessageContaining("2 parameters for 5");
        assertThatThrownBy(() -> CoordinateAscent.normal(new double[0], 0, 1, 1, 1)).hasMessageContaining("no observations");
    }
}
