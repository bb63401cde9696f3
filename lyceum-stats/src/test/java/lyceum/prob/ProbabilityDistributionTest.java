package lyceum.prob;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.autograd.Mode;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.HypothesisTest;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ProbabilityDistributionTest {
    private static final Golden GOLDEN = Golden.load("golden/probability-distribution.json");

    private static UnivariateDistribution member(String family, double... a) {
        return switch (family) {
            case "normal" -> new Normal(a[0], a[1]);
            case "uniform" -> new Uniform(a[0], a[1]);
            case "exponential" -> new Exponential(a[0]);
            case "gamma" -> new Gamma(a[0], a[1]);
            case "beta" -> new Beta(a[0], a[1]);
            case "studentT" -> new StudentT(a[0], a[1], a[2]);
            case "chiSquare" -> new ChiSquare(a[0]);
            case "fisherF" -> new FisherF(a[0], a[1]);
            case "inverseGamma" -> new InverseGamma(a[0], a[1]);
            case "lomax" -> new Lomax(a[0], a[1]);
            case "logNormal" -> new LogNormal(a[0], a[1]);
            case "laplace" -> new Laplace(a[0], a[1]);
            case "logistic" -> new Logistic(a[0], a[1]);
            case "gumbel" -> new Gumbel(a[0], a[1]);
            case "weibull" -> new Weibull(a[0], a[1]);
            case "rayleigh" -> new Rayleigh(a[0]);
            case "halfNormal" -> new HalfNormal(a[0]);
            case "cauchy" -> new Cauchy(a[0], a[1]);
            case "pareto" -> new Pareto(a[0], a[1]);
            case "generalizedPareto" -> new GeneralizedPareto(a[0], a[1]);
            case "generalizedExtremeValue" -> new GeneralizedExtremeValue(a[0], a[1], a[2]);
            case "inverseGaussian" -> new InverseGaussian(a[0], a[1]);
            case "triangle" -> new Triangle(a[0], a[1], a[2]);
            case "truncatedNormal" -> new Truncated(new Normal(a[0], a[1]), a[2], a[3]);
            case "poisson" -> new Poisson(a[0]);
            case "binomial" -> new Binomial((long) a[0], a[1]);
            case "bernoulli" -> new Bernoulli(a[0]);
            case "negativeBinomial" -> new NegativeBinomial(a[0], a[1]);
            case "geometric" -> new Geometric(a[0]);
            case "hypergeometric" -> new Hypergeometric((long) a[0], (long) a[1], (long) a[2]);
            case "betaBinomial" -> new BetaBinomial((long) a[0], a[1], a[2]);
            case "discreteUniform" -> new DiscreteUniform((long) a[0], (long) a[1]);
            default -> new Categorical(a);
        };
    }

    /** Every family with SciPy's parameters, and the wrappers over some. */
    private static final List<UnivariateDistribution> ALL = all();

    private static List<UnivariateDistribution> all() {
        var all = new ArrayList<UnivariateDistribution>();
        for (var c : GOLDEN.list("cases")) all.add(member(c.text("name"), c.doubles("input.parameters")));
        all.addAll(List.of(Mixture.of(new Normal(-2, 0.5), new Gamma(3, 1)),
                new Mixture(new Categorical(1, 3), List.of(new Poisson(2), new Binomial(9, 0.7))), new Truncated(new Gamma(2, 1), 1, 5),
                new Truncated(new Poisson(4), 3, 11), new Transformed(new Normal(0.2, 0.6), Bijection.SIGMOID),
                new Transformed(new Gamma(3, 2), Bijection.power(-1)), new Transformed(new Beta(2, 3), Bijection.affine(-4, 1)),
                FiniteDistribution.empirical(0, 2, 2, 5, 7, 7, 7)));
        return List.copyOf(all);
    }

    @Acceptance(topic = "probability-distribution", clause = 1)
    @Test void familiesEqualSciPy() {
        Gap density = Gap.relativeBeyondOne(), cdf = Gap.relativeBeyondOne(), quantile = Gap.relativeBeyondOne(),
                moments = Gap.relativeBeyondOne();
        Gap entropy = Gap.relativeBeyondOne(), integrated = Gap.relativeBeyondOne();
        var families = new HashSet<String>();
        for (var c : GOLDEN.list("cases")) {
            String name = c.text("name");
            var d = member(name, c.doubles("input.parameters"));
            families.add(name);
            double[] x = c.doubles("input.x"), p = c.doubles("input.p");
            density.see(c, "expected.density", Arrays.stream(x).map(d::density).toArray());
            cdf.see(c, "expected.cdf", Arrays.stream(x).map(d::cdf).toArray());
            quantile.see(c, "expected.quantile", Arrays.stream(p).map(d::quantile).toArray());
            if (d instanceof Cauchy) assertThat(d.mean()).isNaN();
            else {
                moments.see(c, "expected.mean", d.mean());
                moments.see(c, "expected.variance", d.variance());
            }
            (c.flag("expected.numeric") ? integrated : entropy).see(c, "expected.entropy", d.entropy());
        }
        Evidence.of("families", families.size(), atLeast(25));
        Evidence.of("density", density, atMost(1e-9));
        Evidence.of("cdf", cdf, atMost(1e-9));
        Evidence.of("quantile", quantile, atMost(1e-9));
        Evidence.of("mean and variance", moments, atMost(1e-9));
        Evidence.of("entropy", entropy, atMost(1e-9));
        Evidence.of("entropy that SciPy integrates", integrated, atMost(1e-7));
    }

    @Acceptance(topic = "probability-distribution", clause = 2)
    @Test void quantilesUndoCdfsAndDensitiesIntegrateToOne() {
        double worst = 0, mass = 0;
        int wrong = 0, steps = 0, points = 0;
        for (var d : ALL) {
            if (d.isDiscrete()) {
                double sum = 0;
                var atoms = d instanceof FiniteDistribution f ? f.values() : null;
                double from = Math.max(d.low(), -1_000), to = Math.min(d.high(), 1_000);
                for (double k = from; k <= to; k++) {
                    if (atoms != null && Arrays.binarySearch(atoms, k) < 0) continue;
                    sum += d.density(k);
                    if (d.cdf(k) < 1e-6 || d.cdf(k) > 1 - 1e-6 || d.density(k) == 0) continue;
                    if (d.quantile(d.cdf(k)) != k) wrong++;
                    steps++;
                }
                mass = Math.max(mass, Math.abs(sum - 1));
                continue;
            }
            double low = d.quantile(1e-6), high = d.upperQuantile(1e-6), middle = d.quantile(0.5),
                    reach = Math.log((high - middle) / (middle - low));
            for (int i = 0; i <= 200; i++) {
                // Even in x between the ends, and even in probability
                for (double x : new double[] {low + (high - low) * i / 200, d.quantile(1e-6 + (1 - 2e-6) * i / 200)}) {
                    if (d.cdf(x) < 1e-6 || d.cdf(x) > 1 - 1e-6) continue;
                    worst = Math.max(worst, Math.abs(d.quantile(d.cdf(x)) - x) / Math.max(1, Math.abs(x)));
                    points++;
                }
            }
            assertThat(reach).as(d.toString()).isFinite();
            mass = Math.max(mass, Math.abs(integral(d) - 1));
        }
        Evidence.of("distributions", ALL.size(), above(35));
        Evidence.of("quantile of cdf, largest gap of " + points + " points", worst, atMost(1e-8));
        Evidence.of("steps that the quantile of the cdf misses, of " + steps, wrong, exactly(0));
        Evidence.of("largest distance of a total mass from 1", mass, atMost(1e-8));
    }

    /** By the double exponential rule on each side of one point, in x alone: it knows nothing of the cdf. */
    private static double integral(UnivariateDistribution d) {
        // from the median, or from where the density has a corner
        double m = d instanceof Triangle t ? t.mode() : d instanceof Mixture ? 0 : d.quantile(0.5), sum = 0, h = 1 / 64.0;
        for (int side = -1; side <= 1; side += 2) {
            double end = side < 0 ? d.low() : d.high(), scale = Math.abs(d.quantile(side < 0 ? 0.25 : 0.75) - d.quantile(0.5));
            for (int i = -8 * 64; i <= 8 * 64; i++) {
                double t = i * h, x, slope;
                if (Double.isInfinite(end)) {
                    double s = Math.exp(Math.PI / 2 * Math.sinh(t));
                    x = m + side * scale * s;
                    slope = scale * s * Math.PI / 2 * Math.cosh(t);
                } else {
                    // from the end inwards, so that what is left to it keeps its digits
                    double away = Math.abs(end - m) / (1 + Math.exp(Math.PI * Math.sinh(t)));
                    x = end - side * away;
                    slope = away * (1 - away / Math.abs(end - m)) * Math.PI * Math.cosh(t);
                }
                double density = d.density(x);
                if (slope > 0 && Double.isFinite(density) && Double.isFinite(slope)) sum += h * slope * density;
            }
        }
        return sum;
    }

    @Acceptance(topic = "probability-distribution", clause = 3)
    @Test void samplesPassTheirTests() {
        int n = 50_000, tests = 0;
        double least = 1;
        for (var d : ALL) {
            double[] x = d.sample(Rng.of(7), n).toDoubleArray();
            double p = d.isDiscrete() ? chiSquare(d, x) : HypothesisTest.kolmogorovSmirnov(x, d, Alternative.TWO_SIDED).pValue();
            assertThat(p).as(d.toString()).isGreaterThan(0.001);
            least = Math.min(least, p);
            tests++;
        }
        // Vectors and matrices, by one entry each and by sums of entries, whose laws are known; sums see how entries hang together
        record Entry(Distribution whole, double[] of, UnivariateDistribution law) {
            Entry(Distribution whole, int at, UnivariateDistribution law) { this(whole, unit(at), law); }

            private static double[] unit(int at) {
                var unit = new double[at + 1];
                unit[at] = 1;
                return unit;
            }
        }
        double[][] spread = {{2, 0.8}, {0.8, 1}};
        double[] centre = {1, -2};
        for (var e : List.of(new Entry(new MultivariateNormal(centre, spread), 1, new Normal(-2, 1)),
                new Entry(new MultivariateStudentT(5, centre, spread), 0, new StudentT(5, 1, Math.sqrt(2))),
                new Entry(new Dirichlet(0.7, 2, 1), 1, new Beta(2, 1.7)),
                new Entry(new Multinomial(12, 1, 2, 5), 2, new Binomial(12, 0.625)),
                new Entry(new DirichletMultinomial(9, new Dirichlet(0.7, 2, 1)), 1, new BetaBinomial(9, 2, 1.7)),
                new Entry(Independent.of(new Gamma(2, 1), new Laplace(0, 1)), 1, new Laplace(0, 1)),
                new Entry(new MatrixNormal(new double[][] {{1, 2}, {3, 4}}, spread, new double[][] {{1, 0.3}, {0.3, 4}}), 3,
                        new Normal(4, 2)),
                new Entry(new Wishart(6.5, spread), 0, new Gamma(3.25, 0.25)),
                new Entry(Wishart.inverse(6.5, spread), 0, new InverseGamma(2.75, 1)),
                // a'x has variance a'Sa: 2 - 1.6 + 1 and 2 + 1.6 + 1
                new Entry(new MultivariateNormal(centre, spread), new double[] {1, -1}, new Normal(3, Math.sqrt(1.4))),
                new Entry(new MultivariateStudentT(5, centre, spread), new double[] {1, -1}, new StudentT(5, 3, Math.sqrt(1.4))),
                new Entry(new MultivariateStudentT(5, centre, spread), new double[] {1, 1}, new StudentT(5, -1, Math.sqrt(4.6))),
                new Entry(new Dirichlet(0.7, 2, 1), new double[] {1, 0, 1}, new Beta(1.7, 2)),
                new Entry(new Multinomial(12, 1, 2, 5), new double[] {1, 0, 1}, new Binomial(12, 0.75)),
                new Entry(new DirichletMultinomial(9, new Dirichlet(0.7, 2, 1)), new double[] {1, 0, 1}, new BetaBinomial(9, 1.7, 2)),
                // a sum of two gammas, which hang together in nothing
                new Entry(Independent.of(new Gamma(2, 1), new Gamma(1.5, 1)), new double[] {1, 1}, new Gamma(3.5, 1)),
                // rows: entries 0 and 2 covary by 0.8, columns: 0 and 1 by 0.3 times 2, and 0 and 3 by 0.8 times 0.3
                new Entry(new MatrixNormal(new double[][] {{1, 2}, {3, 4}}, spread, new double[][] {{1, 0.3}, {0.3, 4}}),
                        new double[] {1, 0, -1}, new Normal(-2, Math.sqrt(1.4))),
                new Entry(new MatrixNormal(new double[][] {{1, 2}, {3, 4}}, spread, new double[][] {{1, 0.3}, {0.3, 4}}),
                        new double[] {1, -1}, new Normal(-1, Math.sqrt(2 + 8 - 1.2))),
                new Entry(new MatrixNormal(new double[][] {{1, 2}, {3, 4}}, spread, new double[][] {{1, 0.3}, {0.3, 4}}),
                        new double[] {1, 0, 0, -1}, new Normal(-3, Math.sqrt(2 + 4 - 0.48))),
                // a'Wa with a = (1, -1): a chi-square of 6.5 degrees times a'Sa
                new Entry(new Wishart(6.5, spread), new double[] {1, -1, -1, 1}, new Gamma(3.25, 1 / 2.8)))) {
            var draws = e.whole.sample(Rng.of(8), n);
            double[] all = draws.toDoubleArray(), x = new double[n];
            int width = all.length / n;
            for (int i = 0; i < n; i++) for (int j = 0; j < e.of.length; j++) x[i] += e.of[j] * all[i * width + j];
            double p = e.law.isDiscrete() ? chiSquare(e.law, x)
                    : HypothesisTest.kolmogorovSmirnov(x, e.law, Alternative.TWO_SIDED).pValue();
            assertThat(p).as(e.whole.toString()).isGreaterThan(0.001);
            least = Math.min(least, p);
            tests++;
        }
        Evidence.of("samples of 50,000 tested", tests, above(50));
        Evidence.of("least p-value", least, above(0.001));
    }

    /** Steps with fewer than 20 expected draws are put together. */
    private static double chiSquare(UnivariateDistribution d, double[] x) {
        Arrays.sort(x);
        var observed = new ArrayList<Double>();
        var expected = new ArrayList<Double>();
        double mass = 0, seen = 0, total = 0;
        int at = 0;
        for (double k = Math.max(d.low(), -1_000); k <= Math.min(d.high(), 1_000); k++) {
            mass += d.density(k) * x.length;
            for (; at < x.length && x[at] == k; at++) seen++;
            if (mass < 20 || total + mass > x.length - 20) continue;
            expected.add(mass);
            observed.add(seen);
            total += mass;
            mass = seen = 0;
        }
        assertThat(at).as("draws on steps").isEqualTo(x.length);
        expected.add(x.length - total);
        observed.add(x.length - observed.stream().mapToDouble(v -> v).sum());
        return HypothesisTest.chiSquare(observed.stream().mapToDouble(v -> v).toArray(), expected.stream().mapToDouble(v -> v).toArray())
                .pValue();
    }

    /** Against densities that are written out by hand, one for each map and both directions. */
    @Acceptance(topic = "probability-distribution", clause = 4)
    @Test void transformedDensitiesAreTheJacobiansAndMixturesHaveTheirMoments() {
        record Case(Transformed law, DoubleUnaryOperator byHand, double from, double to) {}
        double root = Math.sqrt(2 * Math.PI);
        var cases = List.of(
                new Case(new Transformed(new Normal(0.3, 0.7), Bijection.EXP),
                        y -> Math.exp(-Math.pow((Math.log(y) - 0.3) / 0.7, 2) / 2) / (0.7 * root * y), 0.05, 8),
                new Case(new Transformed(new Normal(-0.4, 1.2), Bijection.SIGMOID),
                        y -> Math.exp(-Math.pow((Math.log(y / (1 - y)) + 0.4) / 1.2, 2) / 2) / (1.2 * root * y * (1 - y)), 0.01, 0.99),
                new Case(new Transformed(new Normal(0, 1), Bijection.TANH),
                        y -> Math.exp(-Math.pow(0.5 * Math.log((1 + y) / (1 - y)), 2) / 2) / (root * (1 - y * y)), -0.99, 0.99),
                new Case(new Transformed(new Uniform(0, 1), Bijection.power(2)), y -> 1 / (2 * Math.sqrt(y)), 0.01, 0.99),
                new Case(new Transformed(new Exponential(2), Bijection.power(-1)), y -> 2 * Math.exp(-2 / y) / (y * y), 0.1, 20),
                new Case(new Transformed(new Exponential(1), Bijection.affine(-3, 5)), y -> Math.exp(-(5 - y) / 3) / 3, -20, 4.9),
                new Case(new Transformed(new Exponential(1), Bijection.LOG), y -> Math.exp(y - Math.exp(y)), -5, 3),
                new Case(new Transformed(new Transformed(new Normal(0, 1), Bijection.EXP), Bijection.power(-0.5)),
                        y -> 2 * Math.exp(-2 * Math.pow(Math.log(y), 2)) / (root * y), 0.1, 6));
        double worst = 0, slope = 0;
        int points = 0;
        for (var c : cases) for (int i = 0; i <= 100; i++) {
            double y = c.from + (c.to - c.from) * i / 100, expected = c.byHand.applyAsDouble(y);
            worst = Math.max(worst, Math.abs(c.law.density(y) - expected) / Math.max(1, expected));
            double e = 1e-5 * Math.min(1, Math.min(y - c.law.low(), c.law.high() - y));
            double difference = (Math.log(c.byHand.applyAsDouble(y + e)) - Math.log(c.byHand.applyAsDouble(y - e))) / (2 * e);
            slope = Math.max(slope, Math.abs(c.law.logDensitySlope(y) - difference) / Math.max(1, Math.abs(difference)));
            points++;
        }
        Evidence.of("transformed density from the one by hand, largest gap of " + points, worst, atMost(1e-10));
        assertThat(slope).isLessThan(1e-6);
        double moments = 0;
        var rng = Rng.of(4);
        for (int c = 0; c < 50; c++) {
            var w = new double[3];
            var parts = new UnivariateDistribution[3];
            double total = 0, mean = 0, second = 0;
            for (int i = 0; i < 3; i++) total += w[i] = 0.1 + rng.nextDouble();
            for (int i = 0; i < 3; i++) {
                double a = 4 * rng.nextDouble() - 2, b = 0.3 + rng.nextDouble();
                parts[i] = i == 0 ? new Normal(a, b) : i == 1 ? new Laplace(a, b) : new Gamma(3 * b, 2);
                double m = i < 2 ? a : 1.5 * b, v = i == 0 ? b * b : i == 1 ? 2 * b * b : 0.75 * b;
                mean += w[i] / total * m;
                second += w[i] / total * (v + m * m);
            }
            var mixture = new Mixture(new Categorical(w), List.of(parts));
            moments = Math.max(moments, Math.max(Math.abs(mixture.mean() - mean), Math.abs(mixture.variance() - second + mean * mean)));
        }
        Evidence.of("mean and variance of 50 mixtures from their closed form", moments, atMost(1e-10));
    }

    @Acceptance(topic = "probability-distribution", clause = 5)
    @Test void truncatedDrawsStayInsideFarOut() {
        record Case(UnivariateDistribution base, double low, double high) {}
        double infinity = Double.POSITIVE_INFINITY;
        var cases = List.of(new Case(Normal.STANDARD, 10, infinity), new Case(Normal.STANDARD, -infinity, -10),
                new Case(Normal.STANDARD, 10, 10.001), new Case(new Normal(5, 2), 25, 26), new Case(Normal.STANDARD, -30, -29.5),
                new Case(new StudentT(4), 15, infinity), new Case(new Laplace(0, 1), 10 * Math.sqrt(2), 15),
                new Case(new Gamma(4, 1), 24, 25), new Case(new Logistic(0, 1), -30, -19), new Case(new Gumbel(0, 1), 14, infinity),
                new Case(new Poisson(9), 39, infinity), new Case(new Exponential(1), 11, 11.5));
        int outside = 0, draws = 0;
        double farthest = infinity, least = 1;
        for (var c : cases) {
            var d = new Truncated(c.base, c.low, c.high);
            double near = Math.min(Math.abs(c.low - c.base.mean()), Math.abs(c.high - c.base.mean())) / c.base.standardDeviation();
            farthest = Math.min(farthest, near);
            double[] x = d.sample(Rng.of(5), 20_000).toDoubleArray();
            for (double v : x) if (!(v >= c.low && v <= c.high)) outside++;
            draws += x.length;
            // and they are spread as they should be: by the tail of the base, not by the wrapper's own cdf
            double beyond = c.base.survival(c.high), upTo = c.base.cdf(c.low),
                    sum = c.base.cdf(c.low) > 0.5 ? c.base.survival(c.low) - beyond : c.base.cdf(c.high) - upTo;
            if (!d.isDiscrete()) least = Math.min(least,
                    HypothesisTest.kolmogorovSmirnov(x,
                            v -> Math.clamp(upTo > 0.5 ? 1 - (c.base.survival(v) - beyond) / sum : (c.base.cdf(v) - upTo) / sum, 0, 1),
                            Alternative.TWO_SIDED).pValue());
        }
        Evidence.of("draws outside, of " + draws, outside, exactly(0));
        Evidence.of("least distance of a support from the mean, deviations", farthest, atLeast(9.99));
        Evidence.of("least p-value of Kolmogorov's test", least, above(0.001));
        assertThat(new Truncated(Normal.STANDARD, 10, infinity).mean()).isCloseTo(10.0980932339625, within(1e-9));
        assertThatThrownBy(() -> new Truncated(Normal.STANDARD, 50, 60))
                .hasMessageContaining("no mass that a double can hold between 50.0 and 60.0");
    }

    @Test void tensorsAreDifferentiable() {
        for (var d : ALL) {
            if (d.isDiscrete()) continue;
            double[] x = {d.quantile(0.13), d.quantile(0.42), d.quantile(0.81)};
            double[] log = slopes(d::logDensity, x), cdf = slopes(d::cdf, x), density = slopes(d::density, x),
                    survival = slopes(d::survival, x);
            double[] p = {0.13, 0.42, 0.81}, quantile = slopes(d::quantile, p);
            for (int i = 0; i < 3; i++) {
                double e = 1e-5 * (d.quantile(0.85) - d.quantile(0.8));
                double expected = (d.logDensity(x[i] + e) - d.logDensity(x[i] - e)) / (2 * e);
                assertThat(log[i]).as(d + " at " + x[i]).isCloseTo(expected, within(1e-5 * Math.max(1, Math.abs(expected))));
                assertThat(cdf[i]).isCloseTo(d.density(x[i]), within(1e-12 * Math.max(1, cdf[i])));
                assertThat(survival[i]).isCloseTo(-d.density(x[i]), within(1e-12 * Math.max(1, cdf[i])));
                assertThat(density[i]).isCloseTo(d.density(x[i]) * log[i], within(1e-10 * Math.max(1, Math.abs(density[i]))));
                double near = (d.quantile(p[i] + 1e-6) - d.quantile(p[i] - 1e-6)) / 2e-6;
                assertThat(quantile[i]).as(d + " quantile").isCloseTo(near, within(1e-4 * Math.max(1, near)));
            }
        }
        // Forward mode as well
        assertThat(Autograd.jacobian(new Gamma(2, 3)::logDensity, Tensor.of(0.5, 2.0), Mode.FORWARD).diagonal().toDoubleArray())
                .containsExactly(new double[] {1 / 0.5 - 3, 1 / 2.0 - 3}, within(1e-14));
        assertThatThrownBy(
                () -> Autograd.grad(x -> Autograd.grad(y -> new Gamma(2, 1).logDensity(y).sum()).apply(x).sum()).apply(Tensor.of(1.0, 2.0)))
                .hasMessageContaining("differentiated twice");
    }

    private static double[] slopes(UnaryOperator<Tensor> f, double[] x) {
        return Autograd.grad(y -> f.apply(y).sum()).apply(Tensor.of(x)).toDoubleArray();
    }
}
