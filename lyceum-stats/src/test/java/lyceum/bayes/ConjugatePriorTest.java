package lyceum.bayes;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.prob.Beta;
import lyceum.prob.Dirichlet;
import lyceum.prob.Distribution;
import lyceum.prob.Gamma;
import lyceum.prob.Multinomial;
import lyceum.prob.MultivariateDistribution;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.prob.Quadrature;
import lyceum.prob.UnivariateDistribution;
import lyceum.prob.Wishart;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ConjugatePriorTest {
    private static double[][] points(double... x) { return Arrays.stream(x).mapToObj(v -> new double[] {v}).toArray(double[][]::new); }

    private static double sum(double[] x, DoubleUnaryOperator f) { return Arrays.stream(x).map(f).sum(); }

    private static double lfact(double k) { return IntStream.rangeClosed(2, (int) k).mapToDouble(Math::log).sum(); }

    private record Line(ConjugatePrior<?> prior, UnivariateDistribution before, DoubleUnaryOperator logLikelihood, double[][] data,
            double low, double high) {}

    private static List<Line> lines(Rng rng) {
        double a = 1 + 3 * rng.nextDouble(), b = 1 + 3 * rng.nextDouble();
        var all = new ArrayList<Line>();
        int n = 5 + rng.nextInt(20), k = rng.nextInt(n + 1);
        all.add(new Line(new ProbabilityPrior(new Beta(a, b)), new Beta(a, b),
                p -> lfact(n) - lfact(k) - lfact(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p), new double[][] {{k, n}}, 0, 1));
        double[] counts = {rng.nextInt(9), rng.nextInt(9), rng.nextInt(9)},
                waits = {3 * rng.nextDouble(), rng.nextDouble(), 2 * rng.nextDouble()};
        all.add(new Line(new PoissonRatePrior(new Gamma(a, b)), new Gamma(a, b), r -> sum(counts, c -> c * Math.log(r) - r - lfact(c)),
                points(counts), 0, 60));
        all.add(new Line(new ExponentialRatePrior(new Gamma(a, b)), new Gamma(a, b), r -> sum(waits, w -> Math.log(r) - r * w),
                points(waits), 0, 80));
        double[] x = {rng.nextGaussian() + 2, rng.nextGaussian(), rng.nextGaussian()};
        var normal = new Normal(rng.nextGaussian(), Math.sqrt(a));
        all.add(new Line(new NormalMeanPrior(normal, b), normal, m -> sum(x, v -> new Normal(m, b).logDensity(v)), points(x), -40, 40));
        return all;
    }

    private static UnivariateDistribution after(ConjugatePrior<?> prior) { return prior.marginals().getFirst(); }

    private static double[] cuts(double low, double high) {
        return IntStream.rangeClosed(0, 40).mapToDouble(i -> low + (high - low) * i / 40).toArray();
    }

    private static double plane(DoubleBinaryOperator f, double[] outer, DoubleUnaryOperator low, DoubleUnaryOperator high) {
        return Quadrature.integrate(x -> {
            double[] inner = IntStream.rangeClosed(0, 4)
                    .mapToDouble(i -> low.applyAsDouble(x) + (high.applyAsDouble(x) - low.applyAsDouble(x)) * i / 4).toArray();
            return Quadrature.integrate(y -> f.applyAsDouble(x, y), inner, 1e-11, 1e-300);
        }, outer, 1e-10, 1e-300);
    }

    @Test
    @Acceptance(topic = "conjugate-priors", clause = 1)
    @Acceptance(topic = "conjugate-priors", clause = 3) void posteriorsAndEvidenceEqualQuadrature() {
        Gap densities = Gap.relative(), evidence = Gap.absolute();
        int models = 0;
        for (int k = 0; k < 20; k++) for (var line : lines(Rng.of(455 + k))) {
            models++;
            DoubleUnaryOperator joint = t -> Math.exp(line.before.logDensity(t) + line.logLikelihood.applyAsDouble(t));
            double whole = Quadrature.integrate(joint, cuts(line.low, line.high), 1e-12, 1e-300);
            evidence.see(line.prior + " evidence", line.prior.logEvidence(line.data), Math.log(whole));
            var posterior = after(line.prior.update(line.data));
            for (double p : new double[] {0.01, 0.3, 0.5, 0.9, 0.999}) {
                double t = line.before.quantile(0.2 + 0.6 * p);
                densities.see(line.prior + " at " + t, posterior.density(t), joint.applyAsDouble(t) / whole);
            }
        }
        for (int k = 0; k < 3; k++) {
            var rng = Rng.of(4_550 + k);
            models += 2;
            double[] alpha = {1 + rng.nextDouble(), 1 + 2 * rng.nextDouble(), 1 + rng.nextDouble()},
                    c = {rng.nextInt(5), rng.nextInt(5), rng.nextInt(5)};
            var shares = new ProbabilitiesPrior(new Dirichlet(alpha));
            double ways = Math.exp(lfact(c[0] + c[1] + c[2]) - lfact(c[0]) - lfact(c[1]) - lfact(c[2]));
            DoubleBinaryOperator joint = (p, q) -> p + q >= 1 || p <= 0 || q <= 0 ? 0
                    : ways * Math.exp(new Dirichlet(alpha).logDensity(new double[] {p, q, 1 - p - q})) * Math.pow(p, c[0])
                            * Math.pow(q, c[1]) * Math.pow(1 - p - q, c[2]);
            double whole = plane(joint, cuts(0, 1), p -> 0, p -> 1 - p);
            evidence.see("Dirichlet evidence", shares.logEvidence(c), Math.log(whole));
            var posterior = shares.update(c).prior();
            for (double[] p : new double[][] {{0.2, 0.3, 0.5}, {0.6, 0.25, 0.15}, {0.1, 0.8, 0.1}})
                densities.see("Dirichlet", Math.exp(posterior.logDensity(p)), joint.applyAsDouble(p[0], p[1]) / whole);

            var prior = new NormalInverseGamma(rng.nextGaussian(), 0.5 + rng.nextDouble(), 1.5 + rng.nextDouble(), 0.5 + rng.nextDouble());
            double[] x = {1 + rng.nextGaussian(), 1 + rng.nextGaussian(), rng.nextGaussian(), rng.nextGaussian()};
            // In the logarithm u of the variance, with the Jacobian exp(u)
            DoubleBinaryOperator both = (u, m) -> Math
                    .exp(prior.logDensity(m, Math.exp(u)) + sum(x, v -> new Normal(m, Math.exp(u / 2)).logDensity(v)));
            double center = sum(x, v -> v) / 4;
            double total = plane((u, m) -> Math.exp(u) * both.applyAsDouble(u, m), cuts(-6, 12), u -> center - 12 * Math.exp(u / 2) - 3,
                    u -> center + 12 * Math.exp(u / 2) + 3);
            evidence.see("normal-inverse-gamma evidence", prior.logEvidence(points(x)), Math.log(total));
            // One-dimensional Wishart: nu = 2 shape, psi = 2 scale
            var wishart = new NormalInverseWishart(new double[] {prior.mean()}, prior.count(), 2 * prior.shape(),
                    new double[][] {{2 * prior.scale()}});
            evidence.see("normal-inverse-Wishart evidence in one dimension", wishart.logEvidence(points(x)), Math.log(total));
            var updated = prior.update(points(x));
            for (double v : new double[] {0.3, 1, 3})
                for (double m : new double[] {-0.5, 0.4, 1.5})
                    densities.see("normal-inverse-gamma", Math.exp(updated.logDensity(m, v)), both.applyAsDouble(Math.log(v), m) / total);
        }
        Evidence.of("priors and data sets", models, exactly(86));
        Evidence.of("posterior densities against normalised quadrature, relative", densities, below(1e-8));
        Evidence.of("log evidence against quadrature", evidence, below(1e-8));
    }

    @Test
    @Acceptance(topic = "conjugate-priors", clause = 1) void wishartPosteriorsEqualImportanceSampling() {
        double worst = 0;
        int entries = 0;
        for (int k = 0; k < 3; k++) {
            var rng = Rng.of(1_000 + k);
            var prior = new NormalInverseWishart(new double[] {0.3, -0.2}, 1.5, 7, new double[][] {{4, 1}, {1, 3}});
            double[][] data = IntStream.range(0, 4).mapToObj(i -> new double[] {0.5 + rng.nextGaussian(), rng.nextGaussian()})
                    .toArray(double[][]::new);
            int n = 20_000;
            double[][] values = new double[n][];
            double[] weights = new double[n], sums = new double[5];
            double total = 0;
            for (int t = 0; t < n; t++) {
                var normal = prior.sample(rng);
                double log = 0;
                for (var x : data) log += normal.logDensity(x);
                total += weights[t] = Math.exp(log);
                double[][] s = normal.covariance();
                values[t] = new double[] {normal.mean()[0], normal.mean()[1], s[0][0], s[0][1], s[1][1]};
                for (int j = 0; j < 5; j++) sums[j] += weights[t] * values[t][j];
            }
            var posterior = prior.update(data);
            double[][] s = posterior.covariance().mean();
            double[] truth = {posterior.mean()[0], posterior.mean()[1], s[0][0], s[0][1], s[1][1]};
            for (int j = 0; j < 5; j++, entries++) {
                double square = 0, mean = sums[j] / total;
                for (int t = 0; t < n; t++) square += Math.pow(weights[t] * (values[t][j] - mean), 2);
                worst = Math.max(worst, Math.abs(mean - truth[j]) * total / Math.sqrt(square));
            }
        }
        Evidence.of("posterior means of means and covariances", entries, exactly(15));
        Evidence.of("against weighted prior draws, in standard errors", worst, atMost(4));
    }

    @Test
    @Acceptance(topic = "conjugate-priors", clause = 2) void predictivesEqualSciPys() {
        Gap gap = Gap.relativeBeyondOne();
        for (var c : Golden.load("golden/conjugate-priors.json").list("cases")) {
            double a = c.number("input.a"), b = c.number("input.b"), count = c.number("input.count"), mean = c.number("input.mean");
            double[] ks = c.doubles("input.ks"), xs = c.doubles("input.xs"),
                    data = Arrays.stream(c.matrix("input.data")).mapToDouble(r -> r[0]).toArray();
            var click = new ProbabilityPrior(new Beta(a, b)).update(new double[] {c.number("input.k"), c.number("input.n")});
            double third = Math.floor(c.number("input.sum") / 3);
            var rate = new PoissonRatePrior(new Gamma(a, b)).update(points(third, third, c.number("input.sum") - 2 * third));
            double quarter = c.number("input.time") / 4;
            var wait = new ExponentialRatePrior(new Gamma(a, b)).update(points(quarter / 2, quarter, 2 * quarter, quarter / 2));
            var shares = new ProbabilitiesPrior(new Dirichlet(c.doubles("input.alpha"))).update(c.doubles("input.c"));
            var center = new NormalMeanPrior(new Normal(mean, Math.sqrt(a)), Math.sqrt(b)).update(points(data));
            var both = new NormalInverseGamma(mean, count, a, b).update(points(data));
            var many = new NormalInverseWishart(c.doubles("input.m2"), count, c.number("input.nu"), c.matrix("input.psi"))
                    .update(c.matrix("input.z"));
            for (int i = 0; i < ks.length; i++) {
                gap.see("beta-binomial", click.predictive(c.integer("input.trials")).logDensity(ks[i]), c.doubles("expected.betabinom")[i]);
                gap.see("negative binomial", rate.predictive().logDensity(ks[i]), c.doubles("expected.nbinom")[i]);
            }
            for (int i = 0; i < xs.length; i++) {
                gap.see("Lomax", wait.predictive().logDensity(Math.abs(xs[i])), c.doubles("expected.lomax")[i]);
                gap.see("normal", center.predictive().logDensity(xs[i]), c.doubles("expected.norm")[i]);
                gap.see("t", both.predictive().logDensity(xs[i]), c.doubles("expected.t")[i]);
            }
            double[][] counts = c.matrix("input.counts"), points = c.matrix("input.points");
            for (int i = 0; i < 3; i++) {
                gap.see("Dirichlet-multinomial", shares.predictive(5).logDensity(counts[i]), c.doubles("expected.dirmult")[i]);
                gap.see("multivariate t", many.predictive().logDensity(points[i]), c.doubles("expected.mvt")[i]);
            }
        }
        Evidence.of("predictive log densities", gap.seen(), atLeast(200));
        Evidence.of("largest gap to SciPy's", gap, below(1e-10));
    }

    /** A prior, parameters and data drawn from it. */
    private record Drawn(ConjugatePrior<?> prior, double[] truth, double[][] data) {}

    private static final List<BiFunction<Rng, Integer, Drawn>> MODELS = List.of((r, n) -> {
        var beta = new Beta(0.4 + 3 * r.nextDouble(), 0.4 + 3 * r.nextDouble());
        double p = beta.sample(r);
        return new Drawn(new ProbabilityPrior(beta), new double[] {p}, draws(n, () -> new double[] {r.nextDouble() < p ? 1 : 0, 1}));
    }, (r, n) -> {
        var prior = new Dirichlet(0.4 + 3 * r.nextDouble(), 1, 0.4 + 3 * r.nextDouble());
        double[] p = prior.sample(r);
        return new Drawn(new ProbabilitiesPrior(prior), p, draws(n, () -> new Multinomial(3, p).sample(r)));
    }, (r, n) -> {
        var gamma = new Gamma(0.4 + 3 * r.nextDouble(), 0.2 + r.nextDouble());
        double rate = Math.max(1e-300, gamma.sample(r));
        return new Drawn(new PoissonRatePrior(gamma), new double[] {rate}, draws(n, () -> new double[] {new Poisson(rate).sample(r)}));
    }, (r, n) -> {
        var gamma = new Gamma(0.4 + 3 * r.nextDouble(), 0.2 + r.nextDouble());
        double rate = Math.max(1e-300, gamma.sample(r));
        return new Drawn(new ExponentialRatePrior(gamma), new double[] {rate},
                draws(n, () -> new double[] {-Math.log(r.nextDoublePositive()) / rate}));
    }, (r, n) -> {
        var normal = new Normal(r.nextGaussian(), 0.5 + r.nextDouble());
        double mean = normal.sample(r), noise = 0.3 + 2 * r.nextDouble();
        return new Drawn(new NormalMeanPrior(normal, noise), new double[] {mean},
                draws(n, () -> new double[] {mean + noise * r.nextGaussian()}));
    }, (r, n) -> {
        var prior = new NormalInverseGamma(r.nextGaussian(), 0.3 + r.nextDouble(), 1 + 2 * r.nextDouble(), 0.5 + r.nextDouble());
        double[] truth = prior.sample(r);
        return new Drawn(prior, truth, draws(n, () -> new double[] {truth[0] + Math.sqrt(truth[1]) * r.nextGaussian()}));
    }, (r, n) -> {
        double c = 0.6 * r.nextGaussian();
        var prior = new NormalInverseWishart(new double[] {r.nextGaussian(), 1}, 0.3 + r.nextDouble(), 2.5 + 4 * r.nextDouble(),
                new double[][] {{1 + c * c, c}, {c, 1}});
        var normal = prior.sample(r);
        double[][] s = normal.covariance();
        return new Drawn(prior, new double[] {normal.mean()[0], normal.mean()[1], s[0][0], s[1][1]}, draws(n, () -> normal.sample(r)));
    });

    private static double[][] draws(int n, Supplier<double[]> one) {
        var rows = new double[n][];
        for (int i = 0; i < n; i++) rows[i] = one.get();
        return rows;
    }

    private static double logDensity(Distribution d, double[] x) {
        return d instanceof MultivariateDistribution m ? m.logDensity(x) : ((UnivariateDistribution) d).logDensity(x[0]);
    }

    @Test
    @Acceptance(topic = "conjugate-priors", clause = 3)
    @Acceptance(topic = "conjugate-priors", clause = 4) void oneByOneIsAllAtOnce() {
        double evidence = 0;
        Gap updates = Gap.relativeBeyondOne();
        int sets = 0;
        for (int m = 0; m < MODELS.size(); m++) for (int k = 0; k < 30; k++, sets++) {
            var drawn = MODELS.get(m).apply(Rng.of(3_000 + 100 * m + k), 12);
            ConjugatePrior<?> now = drawn.prior;
            double log = 0;
            for (var x : drawn.data) {
                log += now instanceof ProbabilitiesPrior p ? p.predictive(3).logDensity(x) : logDensity(now.predictive(), x);
                now = now.update(x);
            }
            evidence = Math.max(evidence, Math.abs(log - drawn.prior.logEvidence(drawn.data)) / Math.max(1, Math.abs(log)));
            updates.see("model " + m, numbers(now), numbers(drawn.prior.update(drawn.data)));
        }
        Evidence.of("data sets of seven models", sets, exactly(210));
        Evidence.of("parameters after one-by-one and batch updates", updates, below(1e-12));
        Evidence.of("sum of log predictives against log evidence", evidence, below(1e-10));
    }

    private static double[] numbers(ConjugatePrior<?> prior) {
        return switch (prior) {
            case ProbabilityPrior p -> new double[] {p.prior().alpha(), p.prior().beta()};
            case ProbabilitiesPrior p -> p.prior().alpha();
            case PoissonRatePrior p -> new double[] {p.prior().shape(), p.prior().rate()};
            case ExponentialRatePrior p -> new double[] {p.prior().shape(), p.prior().rate()};
            case NormalMeanPrior p -> new double[] {p.prior().mean(), p.prior().standardDeviation()};
            case NormalInverseGamma p -> new double[] {p.mean(), p.count(), p.shape(), p.scale()};
            case NormalInverseWishart p -> {
                double[][] s = p.scale();
                yield new double[] {p.mean()[0], p.mean()[1], p.count(), p.degreesOfFreedom(), s[0][0], s[0][1], s[1][0], s[1][1]};
            }
        };
    }

    @Test
    @Acceptance(topic = "conjugate-priors", clause = 5) void intervalsCoverWhatThePriorDraws() {
        int runs = 5_000, parameters = 0;
        double least = 1, most = 0;
        for (int m = 0; m < MODELS.size(); m++) {
            var rng = Rng.of(5_500 + m);
            int[] covered = new int[4];
            int size = 0;
            for (int k = 0; k < runs; k++) {
                var drawn = MODELS.get(m).apply(rng, 8);
                var intervals = drawn.prior.update(drawn.data).credible(0.95);
                size = intervals.size();
                for (int j = 0; j < size; j++) if (intervals.get(j).contains(drawn.truth[j])) covered[j]++;
            }
            for (int j = 0; j < size; j++, parameters++) {
                least = Math.min(least, covered[j] / (double) runs);
                most = Math.max(most, covered[j] / (double) runs);
            }
        }
        Evidence.of("parameters of seven models", parameters, exactly(13));
        Evidence.of("least coverage in 5,000 runs", least, atLeast(0.935));
        Evidence.of("largest coverage", most, atMost(0.965));
    }

    @Test void wishartsHaveTheirMean() {
        double[][] scale = {{2, 0.5, 0}, {0.5, 1, -0.3}, {0, -0.3, 1.5}};
        for (var w : List.of(new Wishart(6.5, scale), Wishart.inverse(9, scale))) {
            var rng = Rng.of(11);
            int n = 20_000;
            double[][] sum = new double[3][3], square = new double[3][3];
            double surprise = 0, surprises = 0;
            for (int t = 0; t < n; t++) {
                double[][] x = w.sample(rng);
                for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) {
                    sum[i][j] += x[i][j] / n;
                    square[i][j] += x[i][j] * x[i][j] / n;
                }
                double s = -w.logDensity(x);
                surprise += s / n;
                surprises += s * s / n;
            }
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    assertThat(Math.abs(sum[i][j] - w.mean()[i][j])).isLessThan(4 * Math.sqrt((square[i][j] - sum[i][j] * sum[i][j]) / n));
            assertThat(Math.abs(surprise - w.entropy())).isLessThan(4 * Math.sqrt((surprises - surprise * surprise) / n));
        }
    }

    @Test void refusals() {
        var prior = new ProbabilityPrior(new Beta(2, 2));
        assertThat(prior.update(new double[] {7, 10}).prior()).isEqualTo(new Beta(9, 5));
        assertThatThrownBy(() -> prior.update(new double[] {11, 10})).hasMessageContaining("the count 11.0");
        assertThatThrownBy(() -> prior.update(new double[] {1})).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> prior.credible(1)).hasMessageContaining("level is 1.0");
        assertThatThrownBy(() -> new NormalMeanPrior(new Normal(0, 1), 0)).hasMessageContaining("noise is 0.0");
        assertThatThrownBy(() -> new ExponentialRatePrior(new Gamma(1, 1)).update(points(-1))).hasMessageContaining("-1.0 is negative");
        assertThatThrownBy(() -> new NormalInverseWishart(new double[2], 1, 1, new double[][] {{1, 0}, {0, 1}}))
                .hasMessageContaining("is 1.0; for 2");
        assertThat(new PoissonRatePrior(new Gamma(2, 1)).update(points(3, 5, 4)).prior().mean()).isEqualTo(3.5);
    }
}
