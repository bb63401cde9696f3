package lyceum.bayes;

import static lyceum.math.Special.digamma;
import static lyceum.math.Special.polygamma;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import lyceum.ShapeException;
import lyceum.prob.Beta;
import lyceum.prob.Binomial;
import lyceum.prob.Categorical;
import lyceum.prob.Dirichlet;
import lyceum.prob.Distribution;
import lyceum.prob.Exponential;
import lyceum.prob.ExponentialFamily;
import lyceum.prob.Gamma;
import lyceum.prob.Multinomial;
import lyceum.prob.MultivariateDistribution;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.NaturalPrior;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class SufficientStatisticsTest {
    private static final int SAMPLES = 100;

    /**
     * A family with its estimate from the whole sample by textbook formula.
     *
     * @param member at random
     * @param parameters numbers that tell a member
     * @param prior one of the textbook's, or null
     * @param natural a prior of the natural parameters, or null
     */
    private record Case<D extends Distribution>(String name, Supplier<SufficientStatistics<D>> empty, Function<Rng, D> member,
            Function<D, double[]> parameters, Function<double[][], double[]> estimate, ConjugatePrior<?> prior,
            ExponentialFamily<D> family) {

        double[][] sample(Rng rng) {
            D d = member.apply(rng);
            var points = new double[40 + rng.nextInt(60)][];
            for (int i = 0; i < points.length; i++)
                points[i] = d instanceof MultivariateDistribution m ? m.sample(rng)
                        : new double[] {((UnivariateDistribution) d).sample(rng)};
            return points;
        }

        double logLikelihood(D d, double[][] points) {
            double sum = 0;
            for (double[] x : points)
                sum += d instanceof MultivariateDistribution m ? m.logDensity(x) : ((UnivariateDistribution) d).logDensity(x[0]);
            return sum;
        }

        SufficientStatistics<D> of(double[][] points) {
            var s = empty.get();
            s.addAll(points);
            return s;
        }
    }

    private static double uniform(Rng rng, double low, double high) { return low + (high - low) * rng.nextDouble(); }

    private static double mean(double[][] x) { return Arrays.stream(x).mapToDouble(p -> p[0]).sum() / x.length; }

    private static final List<Case<?>> CASES = List.of(
            new Case<>("Bernoulli", SufficientStatistics::bernoulli, r -> new Binomial(1, uniform(r, 0.2, 0.8)),
                    b -> new double[] {b.probability()}, x -> new double[] {mean(x)}, null, ExponentialFamily.BERNOULLI),
            new Case<>("Poisson", SufficientStatistics::poisson, r -> new Poisson(uniform(r, 0.5, 30)), p -> new double[] {p.rate()},
                    x -> new double[] {mean(x)}, new PoissonRatePrior(new Gamma(2, 0.3)), ExponentialFamily.POISSON),
            new Case<>("exponential", SufficientStatistics::exponential, r -> new Exponential(uniform(r, 0.1, 5)),
                    e -> new double[] {e.rate()}, x -> new double[] {1 / mean(x)}, new ExponentialRatePrior(new Gamma(2, 3)),
                    ExponentialFamily.EXPONENTIAL),
            new Case<>("gamma", SufficientStatistics::gamma, r -> new Gamma(uniform(r, 0.5, 6), uniform(r, 0.2, 3)),
                    g -> new double[] {g.shape(), g.rate()}, SufficientStatisticsTest::gammaByBisection, null, ExponentialFamily.GAMMA),
            new Case<>("beta", SufficientStatistics::beta, r -> new Beta(uniform(r, 0.6, 5), uniform(r, 0.6, 5)),
                    b -> new double[] {b.alpha(), b.beta()}, SufficientStatisticsTest::betaByNewton, null, ExponentialFamily.BETA),
            new Case<>("categorical", () -> SufficientStatistics.categorical(3),
                    r -> new Categorical(uniform(r, 1, 2), uniform(r, 1, 3), uniform(r, 1, 2)), Categorical::probabilities, x -> {
                        var p = new double[3];
                        for (double[] k : x) p[(int) k[0]] += 1.0 / x.length;
                        return p;
                    }, null, ExponentialFamily.categorical(3)),
            new Case<>("multinomial", () -> SufficientStatistics.multinomial(3, 7),
                    r -> new Multinomial(7, uniform(r, 1, 2), uniform(r, 1, 3), uniform(r, 1, 2)), Multinomial::probabilities, x -> {
                        var p = new double[3];
                        for (double[] k : x) for (int i = 0; i < 3; i++) p[i] += k[i] / 7 / x.length;
                        return p;
                    }, new ProbabilitiesPrior(new Dirichlet(1, 2, 0.5)), null),
            new Case<>("normal", SufficientStatistics::normal, r -> new Normal(uniform(r, -50, 50), uniform(r, 0.3, 4)),
                    n -> new double[] {n.mean(), n.standardDeviation()}, x -> {
                        double m = mean(x);
                        return new double[] {m, Math.sqrt(Arrays.stream(x).mapToDouble(p -> (p[0] - m) * (p[0] - m)).sum() / x.length)};
                    }, new NormalInverseGamma(1, 0.5, 2, 3), ExponentialFamily.NORMAL),
            new Case<>("multivariate normal", () -> SufficientStatistics.multivariateNormal(2),
                    r -> new MultivariateNormal(new double[] {uniform(r, -9, 9), uniform(r, -9, 9)},
                            spread(uniform(r, 0.5, 3), uniform(r, 0.5, 3), uniform(r, -0.8, 0.8))),
                    n -> flat(n.mean(), n.covariance()), x -> {
                        double[] m = new double[2];
                        var c = new double[2][2];
                        for (double[] p : x) for (int i = 0; i < 2; i++) m[i] += p[i] / x.length;
                        for (double[] p : x)
                            for (int i = 0; i < 2; i++) for (int j = 0; j < 2; j++) c[i][j] += (p[i] - m[i]) * (p[j] - m[j]) / x.length;
                        return flat(m, c);
                    }, new NormalInverseWishart(new double[] {1, 0}, 0.7, 4, new double[][] {{2, 0.3}, {0.3, 1}}),
                    ExponentialFamily.multivariateNormal(2)));

    private static double[][] spread(double a, double b, double r) { return new double[][] {{a * a, r * a * b}, {r * a * b, b * b}}; }

    private static double[] flat(double[] m, double[][] c) { return new double[] {m[0], m[1], c[0][0], c[0][1], c[1][0], c[1][1]}; }

    /** {@code log a - digamma(a) = log mean - mean log}. */
    private static double[] gammaByBisection(double[][] x) {
        double s = Math.log(mean(x)) - Arrays.stream(x).mapToDouble(p -> Math.log(p[0])).sum() / x.length, low = 1e-3, high = 1e3;
        for (int i = 0; i < 200; i++) {
            double a = Math.sqrt(low * high);
            if (Math.log(a) - digamma(a) > s) low = a;
            else high = a;
        }
        return new double[] {low, low / mean(x)};
    }

    private static double[] betaByNewton(double[][] x) {
        double g = Arrays.stream(x).mapToDouble(p -> Math.log(p[0])).sum() / x.length,
                h = Arrays.stream(x).mapToDouble(p -> Math.log1p(-p[0])).sum() / x.length;
        double a = 1, b = 1;
        for (int i = 0; i < 200; i++) {
            double n = polygamma(1, a + b), f1 = digamma(a) - digamma(a + b) - g, f2 = digamma(b) - digamma(a + b) - h;
            double u = polygamma(1, a) - n, v = polygamma(1, b) - n, det = u * v - n * n, da = (v * f1 + n * f2) / det,
                    db = (n * f1 + u * f2) / det;
            double step = Math.min(1, 0.5 * Math.min(a / Math.abs(da), b / Math.abs(db)));
            a -= step * da;
            b -= step * db;
        }
        return new double[] {a, b};
    }

    private static double gap(double[] a, double[] b) {
        double gap = 0;
        for (int i = 0; i < a.length; i++) gap = Math.max(gap, Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(b[i])));
        return gap;
    }

    private static double[] numbers(ConjugatePrior<?> prior) {
        return switch (prior) {
            case PoissonRatePrior p -> new double[] {p.prior().shape(), p.prior().rate()};
            case ExponentialRatePrior p -> new double[] {p.prior().shape(), p.prior().rate()};
            case ProbabilitiesPrior p -> p.prior().alpha();
            case ProbabilityPrior p -> new double[] {p.prior().alpha(), p.prior().beta()};
            case NormalMeanPrior p -> new double[] {p.prior().mean(), p.prior().standardDeviation()};
            case NormalInverseGamma p -> new double[] {p.mean(), p.count(), p.shape(), p.scale()};
            case NormalInverseWishart p -> {
                double[] m = flat(p.mean(), p.scale()), all = Arrays.copyOf(m, m.length + 2);
                all[m.length] = p.count();
                all[m.length + 1] = p.degreesOfFreedom();
                yield all;
            }
        };
    }

    /** Gelman et al., Bayesian Data Analysis, chapters 2 and 3, from all points. */
    private static double[] textbook(ConjugatePrior<?> prior, double[][] x) {
        int n = x.length, d = x[0].length;
        double[] sum = new double[d];
        for (double[] p : x) for (int i = 0; i < d; i++) sum[i] += p[i];
        return switch (prior) {
            case PoissonRatePrior p -> new double[] {p.prior().shape() + sum[0], p.prior().rate() + n};
            case ExponentialRatePrior p -> new double[] {p.prior().shape() + n, p.prior().rate() + sum[0]};
            case ProbabilitiesPrior p -> {
                double[] alpha = p.prior().alpha().clone();
                for (int i = 0; i < d; i++) alpha[i] += sum[i];
                yield alpha;
            }
            case NormalInverseGamma p -> {
                double mean = sum[0] / n, squares = 0, off = mean - p.mean();
                for (double[] v : x) squares += (v[0] - mean) * (v[0] - mean);
                yield new double[] {(p.count() * p.mean() + sum[0]) / (p.count() + n), p.count() + n, p.shape() + n / 2.0,
                        p.scale() + squares / 2 + p.count() * n * off * off / (2 * (p.count() + n))};
            }
            case NormalInverseWishart p -> {
                double k = p.count();
                double[] m = new double[d], off = new double[d];
                var scale = new double[d][d];
                for (int i = 0; i < d; i++) {
                    m[i] = (k * p.mean()[i] + sum[i]) / (k + n);
                    off[i] = sum[i] / n - p.mean()[i];
                }
                for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) {
                    scale[i][j] = p.scale()[i][j] + k * n / (k + n) * off[i] * off[j];
                    for (double[] v : x) scale[i][j] += (v[i] - sum[i] / n) * (v[j] - sum[j] / n);
                }
                double[] first = flat(m, scale), all = Arrays.copyOf(first, first.length + 2);
                all[first.length] = k + n;
                all[first.length + 1] = p.degreesOfFreedom() + n;
                yield all;
            }
            default -> throw new AssertionError(prior);
        };
    }

    private double likelihoods, estimates, posteriors, natural;
    private int compared;

    private <D extends Distribution, P extends ConjugatePrior<P>> void compare(Case<D> c) {
        for (int i = 0; i < SAMPLES; i++) {
            var rng = Rng.of(1_000L * c.name.hashCode() + i);
            double[][] x = c.sample(rng);
            var s = c.of(x);
            estimates = Math.max(estimates, gap(c.parameters.apply(s.maximumLikelihood()), c.estimate.apply(x)));
            for (D d : List.of(c.member.apply(rng), s.maximumLikelihood())) {
                double full = c.logLikelihood(d, x);
                likelihoods = Math.max(likelihoods, Math.abs(s.logLikelihood(d) - full) / Math.max(1, Math.abs(full)));
            }
            if (c.prior != null) {
                @SuppressWarnings("unchecked") var prior = (P) c.prior;
                double[] after = numbers(s.posterior(prior));
                posteriors = Math.max(posteriors, Math.max(gap(after, numbers(prior.update(x))), gap(after, textbook(prior, x))));
                compared++;
            }
            if (c.family != null) {
                // Bayes' rule between two members: prior and likelihood of the whole sample, nothing of the statistics
                D here = c.member.apply(rng), there = c.member.apply(rng);
                double[] a = c.family.natural(here), b = c.family.natural(there);
                var prior = c.family.prior(c.family.mean(c.family.natural(c.member.apply(rng))), 2.5);
                double full = prior.logDensity(a) - prior.logDensity(b) + c.logLikelihood(here, x) - c.logLikelihood(there, x);
                NaturalPrior after = s.posterior(prior);
                natural = Math.max(natural, Math.abs(after.logDensity(a) - after.logDensity(b) - full) / Math.max(1, Math.abs(full)));
                compared++;
            }
        }
    }

    @Acceptance(topic = "sufficient-statistics", clause = 1)
    @Test void statisticsDoAllThatTheDataDo() {
        for (var c : CASES) compare(c);
        // Two more textbook priors
        for (int i = 0; i < SAMPLES; i++) {
            var rng = Rng.of(i);
            double[][] coins = CASES.getFirst().sample(rng), numbers = CASES.get(7).sample(rng);
            var trials = new double[coins.length][];
            for (int j = 0; j < trials.length; j++) trials[j] = new double[] {coins[j][0], 1};
            var heads = SufficientStatistics.bernoulli();
            heads.addAll(coins);
            var normal = SufficientStatistics.normal();
            normal.addAll(numbers);
            var p = new ProbabilityPrior(new Beta(2, 3));
            var m = new NormalMeanPrior(new Normal(3, 2), 1.5);
            posteriors = Math.max(posteriors, gap(numbers(heads.posterior(p)), numbers(p.update(trials))));
            double ones = Arrays.stream(coins).mapToDouble(v -> v[0]).sum();
            posteriors = Math.max(posteriors, gap(numbers(heads.posterior(p)), new double[] {2 + ones, 3 + coins.length - ones}));
            double precision = 1 / 4.0 + numbers.length / 2.25;
            double[] byHand = {(3 / 4.0 + numbers.length * mean(numbers) / 2.25) / precision, Math.sqrt(1 / precision)};
            posteriors = Math.max(posteriors, gap(numbers(normal.posterior(m)), byHand));
        }
        Evidence.of("families of 100 samples", CASES.size(), exactly(9));
        Evidence.of("estimates from the whole sample's", estimates, below(1e-10));
        Evidence.of("log-likelihoods from the whole sample's", likelihoods, below(1e-10));
        Evidence.of("posteriors from the textbook's formula for the whole sample", posteriors, below(1e-10));
        Evidence.of("posterior log ratios from prior and whole sample", natural, below(1e-10));
        Evidence.of("posteriors compared", compared, exactly(1_300));
    }

    private <D extends Distribution> double merging(Case<D> c) {
        double worst = 0;
        for (int i = 0; i < 30; i++) {
            var rng = Rng.of(77L * c.name.hashCode() + i);
            double[][] x = c.sample(rng);
            double[] whole = c.of(x).values();
            int k = 2 + rng.nextInt(6);
            var shards = new ArrayList<SufficientStatistics<D>>();
            for (int s = 0; s < k; s++) shards.add(c.empty.get());
            for (double[] p : x) shards.get(rng.nextInt(k)).add(p);
            // In a row; in a random order; as a random tree
            var row = shards.getFirst();
            for (int s = 1; s < k; s++) row = row.merge(shards.get(s));
            var reversed = shards.get(k - 1);
            for (int s = k - 2; s >= 0; s--) reversed = reversed.merge(shards.get(s));
            while (shards.size() > 1) {
                var a = shards.remove(rng.nextInt(shards.size()));
                var b = shards.remove(rng.nextInt(shards.size()));
                worst = Math.max(worst, gap(a.merge(b).values(), b.merge(a).values()));
                shards.add(a.merge(b));
            }
            for (var s : List.of(row, reversed, shards.getFirst())) worst = Math.max(worst, gap(s.values(), whole));
        }
        return worst;
    }

    @Acceptance(topic = "sufficient-statistics", clause = 2)
    @Test void mergingKnowsNoOrder() {
        double worst = 0;
        for (var c : CASES) worst = Math.max(worst, merging(c));
        Evidence.of("largest gap over 270 random shardings, each merged in three orders", worst, below(1e-12));
    }

    @Test void longStreamsAndLargeOffsetsKeepTheirDigits() {
        var far = SufficientStatistics.normal();
        for (int i = 0; i < 1_000_000; i++) far.add(1e9 + i % 2);
        assertThat(far.maximumLikelihood().standardDeviation()).isCloseTo(0.5, within(1e-9));
        var waits = SufficientStatistics.exponential();
        waits.add(1e16);
        for (int i = 0; i < 1_000; i++) waits.add(1.0);
        assertThat(waits.values()[1]).isEqualTo(1e16 + 1_000);
    }

    @Test void shippedAndRefused() {
        var gamma = SufficientStatistics.gamma();
        gamma.addAll(new double[] {1}, new double[] {2.5}, new double[] {0.3});
        var back = SufficientStatistics.gamma().restore(gamma.values());
        assertThat(back.maximumLikelihood()).isEqualTo(gamma.maximumLikelihood());
        var normal = SufficientStatistics.multivariateNormal(2);
        normal.addAll(new double[] {1, 2}, new double[] {3, -1}, new double[] {0, 0});
        assertThat(SufficientStatistics.multivariateNormal(2).restore(normal.values()).maximumLikelihood())
                .isEqualTo(normal.maximumLikelihood());
        assertThatThrownBy(() -> gamma.add(-1)).hasMessageContaining("[-1.0] is not possible, or at the edge, in the gamma family");
        assertThatThrownBy(() -> SufficientStatistics.poisson().add(1.5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SufficientStatistics.normal().add(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> SufficientStatistics.poisson().add(1, 2)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> SufficientStatistics.multinomial(3, 7).add(1, 2, 3)).hasMessageContaining("multinomial");
        assertThatThrownBy(() -> SufficientStatistics.poisson().maximumLikelihood()).hasMessageContaining("no points");
        assertThatThrownBy(() -> SufficientStatistics.poisson().posterior(new NormalInverseGamma(0, 1, 1, 1)))
                .hasMessageContaining("is not a prior of the Poisson family");
        var outcomes = SufficientStatistics.categorical(3);
        outcomes.addAll(new double[] {2}, new double[] {0}, new double[] {2});
        assertThat(outcomes.posterior(new ProbabilitiesPrior(new Dirichlet(1, 1, 1))).prior()).isEqualTo(new Dirichlet(2, 1, 3));
        var heads = SufficientStatistics.bernoulli();
        heads.addAll(new double[] {1}, new double[] {1});
        assertThatThrownBy(heads::maximumLikelihood).hasMessageContaining("no maximum");
    }
}
