package lyceum.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.info.Divergences;
import lyceum.linalg.LinearMap;
import lyceum.optim.NaturalGradient;
import lyceum.optim.NaturalGradient.DualCoordinates;
import lyceum.optim.Objective;
import lyceum.prob.Exponential;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.prob.Quadrature;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class NaturalGradientTest {
    /** {@code (mean / variance, -1 / (2 variance))}. */
    private static final ParametricFamily NATURAL = new ParametricFamily("normal, natural", List.of("theta1", "theta2"),
            List.of(Transform.IDENTITY, Transform.IDENTITY), (t, x) -> t[0].mul(x).add(t[1].mul(x.square()))
                    .add(t[0].square().div(t[1]).mul(0.25)).add(t[1].mul(-2).log().mul(0.5)).sub(0.5 * Math.log(2 * Math.PI)),
            t -> new Normal(-t[0] / (2 * t[1]), Math.sqrt(-0.5 / t[1])));
    private static final ParametricFamily LOG_SCALE = ParametricFamily.NORMAL.in(Transform.IDENTITY, Transform.LOG);

    @Test
    @Acceptance(topic = "natural-gradient", clause = 1) void fisherIsTheHessianOfDivergence() {
        var gap = Gap.relativeBeyondOne();
        ParametricFamily[] families = {ParametricFamily.NORMAL, ParametricFamily.EXPONENTIAL, ParametricFamily.GAMMA, ParametricFamily.BETA,
                ParametricFamily.POISSON, ParametricFamily.binomial(9)};
        double[][] at = {{0.5, 1.5}, {0.8}, {2.5, 1.4}, {2, 4}, {3.7}, {0.3}};
        for (int k = 0; k < 6; k++) {
            var family = families[k];
            double[] theta = at[k];
            var f = FisherInformation.expected(family, theta).matrix();
            for (int i = 0; i < theta.length; i++) for (int j = 0; j < theta.length; j++) {
                // fourth-order differences of the divergence's closed form, which knows nothing of scores
                double[] steps = {-2, -1, 1, 2}, weights = {1, -8, 8, -1};
                double h = 2e-3, sum = 0;
                for (int a = 0; a < 4; a++) for (int b = 0; b < 4; b++) {
                    var moved = theta.clone();
                    moved[i] += steps[a] * h;
                    moved[j] += steps[b] * h;
                    sum += weights[a] * weights[b] * Divergences.kl(family.at(theta), family.at(moved));
                }
                gap.see(family.name() + " " + i + "," + j, f[i][j], sum / (144 * h * h));
            }
        }
        Evidence.of("largest gap from the Hessian of KL, relative beyond 1", gap, below(1e-6));
        Evidence.of("families", families.length, exactly(6));
    }

    /** The mean negative log-likelihood of data with this mean and deviation. */
    private static Objective loss(ParametricFamily family) {
        var law = ParametricFamily.NORMAL.expected(1, 0.5);
        var rule = Quadrature.rule(new Normal(1, 0.5));
        var l = family.logLikelihood(rule.nodes()).weighted(rule.weights());
        assertThat(law.observations()).isEqualTo(l.observations());
        return l.negated();
    }

    private static double[][] meansAndDeviations(ParametricFamily family, double[][] path) {
        var points = new double[path.length][];
        for (int k = 0; k < path.length; k++) {
            var p = (Normal) family.at(path[k]);
            points[k] = new double[] {p.mean(), p.standardDeviation()};
        }
        return points;
    }

    private static double apart(double[][] a, double[][] b) {
        double worst = 0;
        for (int k = 0; k < a.length; k++) for (int j = 0; j < 2; j++) worst = Math.max(worst, Math.abs(a[k][j] - b[k][j]));
        return worst;
    }

    @Test
    @Acceptance(topic = "natural-gradient", clause = 2) void theFlowIsOnePathInAllCoordinates() {
        double natural = 0, euclidean = Double.POSITIVE_INFINITY, walked = 0, off = 0;
        ParametricFamily[] families = {ParametricFamily.NORMAL, LOG_SCALE, NATURAL};
        for (double[] start : new double[][] {{-2, 1.5}, {2.5, 0.4}}) {
            double mean = start[0], sd = start[1];
            double[][] starts = {{mean, sd}, {mean, Math.log(sd)}, {mean / (sd * sd), -0.5 / (sd * sd)}};
            var fisher = new double[3][][];
            var plain = new double[3][][];
            for (int k = 0; k < 3; k++) {
                var family = families[k];
                var step = new NaturalGradient();
                fisher[k] = meansAndDeviations(family,
                        step.flow(loss(family), t -> FisherInformation.expected(family, t), starts[k], 2, 100));
                plain[k] = meansAndDeviations(family,
                        step.flow(loss(family), t -> LinearMap.symmetricArray(2, double[]::clone), starts[k], 2, 200));
            }
            for (int k = 1; k < 3; k++) natural = Math.max(natural, apart(fisher[0], fisher[k]));
            for (int k = 0; k < 3; k++) euclidean = Math.min(euclidean, apart(plain[k], plain[(k + 1) % 3]));
            walked = Math.max(walked, Math.abs(fisher[0][100][0] - mean));
            // in expectation coordinates (E x, E x^2) the flow is a straight line: what is left of the way shrinks like exp(-t)
            for (int t = 0; t <= 100; t++) {
                double left = Math.exp(-2.0 * t / 100), m = 1 + (mean - 1) * left, second = 1.25 + (mean * mean + sd * sd - 1.25) * left;
                off = Math.max(off, apart(new double[][] {fisher[0][t]}, new double[][] {{m, Math.sqrt(second - m * m)}}));
            }
        }
        Evidence.of("largest gap of natural flows in three coordinates", natural, below(1e-4));
        Evidence.of("largest gap of the path from its closed form", off, below(1e-4));
        Evidence.of("least gap of Euclidean flows in two of them", euclidean, above(0.1));
        Evidence.of("way of the mean", walked, above(1));
    }

    @Test
    @Acceptance(topic = "natural-gradient", clause = 3) void oneStepInExpectationCoordinatesReachesTheEstimate() {
        var gap = Gap.relativeBeyondOne();
        double start = 0;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            double[] data = new double[30 + seed], theta = {rng.nextGaussian(), -0.1 - rng.nextDouble()};
            double mean = 0, variance = 0;
            for (int i = 0; i < data.length; i++) mean += (data[i] = 3 * rng.nextGaussian() - 2) / data.length;
            for (double x : data) variance += (x - mean) * (x - mean) / data.length;
            var weights = new double[data.length];
            Arrays.fill(weights, 1.0 / data.length);
            var l = NATURAL.logLikelihood(data).weighted(weights).negated();
            var p = (Normal) NATURAL.at(new NaturalGradient().mirrorStep(l, DualCoordinates.NORMAL, theta));
            gap.see("mean " + seed, p.mean(), mean);
            gap.see("variance " + seed, p.variance(), variance);
            start = Math.max(start, Math.abs(((Normal) NATURAL.at(theta)).variance() - variance));
            // the same step with the matrix: in expectation coordinates F is the inverse of F in natural ones
            double[] gradient = new double[2], eta = DualCoordinates.NORMAL.toExpectation().apply(theta);
            l.at(theta, gradient);
            var f = FisherInformation.expected(NATURAL, theta);
            var inEta = FisherInformation.of(f.inverse());
            var next = new NaturalGradient().step(inEta, eta, FisherInformation.of(f.inverse()).times(gradient));
            for (int j = 0; j < 2; j++)
                gap.see("by the matrix", next[j], DualCoordinates.NORMAL.toExpectation()
                        .apply(new NaturalGradient().mirrorStep(l, DualCoordinates.NORMAL, theta))[j]);
        }
        Evidence.of("largest gap from the sample's mean and variance", gap, below(1e-10));
        Evidence.of("largest distance of a start", start, above(1));
    }

    @Test
    @Acceptance(topic = "natural-gradient", clause = 5) void normalsLieInTheHyperbolicPlane() {
        var closed = Gap.relativeBeyondOne();
        var numeric = Gap.relativeBeyondOne();
        double[][] pairs = {{0, 1, 1, 1}, {0, 100, 1, 100}, {0, 1, 0, 3}, {-1, 0.5, 2, 2}, {3, 1, 1, 0.4}, {0, 0.2, 0.5, 0.3},
                {-2, 1, 2, 1}};
        double middle = 0;
        for (double[] t : pairs) {
            Normal p = new Normal(t[0], t[1]), q = new Normal(t[2], t[3]);
            double da = (t[0] - t[2]) * (t[0] - t[2]) / 2, ds = (t[1] - t[3]) * (t[1] - t[3]), cosh = 1 + (da + ds) / (2 * t[1] * t[3]);
            double expected = Math.sqrt(2) * Math.log(cosh + Math.sqrt(cosh * cosh - 1));
            closed.see(p + " to " + q, FisherRao.distance(p, q), expected);
            var path = FisherRao.geodesic(x -> FisherInformation.of(new double[][] {{Math.exp(-2 * x[1]), 0}, {0, 2}}),
                    new double[] {t[0], Math.log(t[1])}, new double[] {t[2], Math.log(t[3])}, 40);
            numeric.see(p + " to " + q, path.length(), expected);
            var half = (Normal) LOG_SCALE.at(path.points()[20]);
            middle = Math.max(middle,
                    Math.abs(FisherRao.distance(p, half) - expected / 2) + Math.abs(FisherRao.distance(half, q) - expected / 2));
        }
        Evidence.of("largest gap of the closed form from sqrt 2 arcosh", closed, below(1e-4));
        Evidence.of("largest gap of the numeric geodesic's length", numeric, below(1e-4));
        Evidence.of("how far the geodesic's middle is from half way", middle, below(1e-4));
        Evidence.of("pairs", numeric.seen(), atLeast(7));
        assertThat(FisherRao.distance(new Normal(0, 1), new Normal(1, 1))).isCloseTo(0.980, within(5e-4));
    }

    @Test
    @Acceptance(topic = "natural-gradient", clause = 6) void coinsLieOnACircle() {
        var gap = Gap.absolute();
        var walked = Gap.absolute();
        double[] ps = {0, 1e-6, 0.01, 0.02, 0.3, 0.5, 0.51, 0.9, 0.999, 1};
        for (double p : ps) for (double q : ps) {
            gap.see(p + " to " + q, FisherRao.bernoulli(p, q), 2 * Math.abs(Math.asin(Math.sqrt(p)) - Math.asin(Math.sqrt(q))));
            if (p > 0.005 && q < 0.95 && p < q)
                walked.see(p + " to " + q, FisherRao.geodesic(t -> FisherInformation.of(new double[][] {{1 / (t[0] * (1 - t[0]))}}),
                        new double[] {p}, new double[] {q}, 100).length(), 2 * (Math.asin(Math.sqrt(q)) - Math.asin(Math.sqrt(p))));
        }
        Evidence.of("largest gap from 2 |asin sqrt p - asin sqrt q|", gap, below(1e-12));
        Evidence.of("largest gap of a numeric path's length from it", walked, below(1e-4));
        Evidence.of("pairs", gap.seen(), exactly(100));
        assertThat(FisherRao.categorical(new double[] {0.5, 0.3, 0.2}, new double[] {0.2, 0.3, 0.5}))
                .isCloseTo(2 * Math.acos(0.3 + 2 * Math.sqrt(0.1)), within(1e-14));
        assertThat(FisherRao.distance(new Poisson(4), new Poisson(9))).isCloseTo(2, within(1e-14));
        assertThat(FisherRao.distance(new Exponential(1), new Exponential(Math.E))).isCloseTo(1, within(1e-14));
    }

}
