package lyceum.prob;

import static lyceum.math.Special.digamma;
import static lyceum.math.Special.polygamma;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import lyceum.ShapeException;
import lyceum.info.ClosedForms;
import lyceum.info.Divergences;
import lyceum.linalg.Eigen;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ExponentialFamilyTest {
    private static final int MEMBERS = 100, POINTS = 60;

    /** Mean and covariance of the statistic by textbook formula. */
    private record Textbook(double[] mean, double[][] covariance) {}

    private record Case<D extends Distribution>(ExponentialFamily<D> family, Function<Rng, D> draw, Function<D, Textbook> closed) {
        double[] point(D d, Rng rng) {
            return d instanceof MultivariateDistribution m ? m.sample(rng) : new double[] {((UnivariateDistribution) d).sample(rng)};
        }

        double direct(D d, double[] x) {
            return d instanceof MultivariateDistribution m ? m.logDensity(x) : ((UnivariateDistribution) d).logDensity(x[0]);
        }
    }

    private static final List<Case<?>> CASES = List.of(
            new Case<>(ExponentialFamily.BERNOULLI, r -> new Binomial(1, 0.03 + 0.94 * r.nextDouble()), b -> one(b.mean(), b.variance())),
            new Case<>(ExponentialFamily.categorical(4), r -> new Categorical(positive(r, 4, 0.3, 3)), c -> {
                double[] p = Arrays.copyOf(c.probabilities(), 3);
                var s = new double[3][3];
                for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) s[i][j] = (i == j ? p[i] : 0) - p[i] * p[j];
                return new Textbook(p, s);
            }), new Case<>(ExponentialFamily.POISSON, r -> new Poisson(positive(r, 0.2, 40)), p -> one(p.rate(), p.rate())),
            new Case<>(ExponentialFamily.EXPONENTIAL, r -> new Exponential(positive(r, 0.2, 5)),
                    e -> one(1 / e.rate(), 1 / (e.rate() * e.rate()))),
            new Case<>(ExponentialFamily.GAMMA, r -> new Gamma(positive(r, 0.4, 20), positive(r, 0.2, 5)), g -> {
                double a = g.shape(), b = g.rate();
                return new Textbook(new double[] {digamma(a) - Math.log(b), a / b},
                        new double[][] {{polygamma(1, a), 1 / b}, {1 / b, a / (b * b)}});
            }),
            new Case<>(ExponentialFamily.BETA, r -> new Beta(positive(r, 0.4, 20), positive(r, 0.4, 20)), b -> shares(b.alpha(), b.beta())),
            new Case<>(ExponentialFamily.dirichlet(4), r -> new Dirichlet(positive(r, 4, 0.4, 20)), d -> shares(d.alpha())),
            new Case<>(ExponentialFamily.NORMAL, r -> new Normal(2 * r.nextGaussian(), positive(r, 0.3, 3)),
                    n -> gaussian(new double[] {n.mean()}, new double[][] {{n.variance()}})),
            new Case<>(ExponentialFamily.multivariateNormal(3), ExponentialFamilyTest::gaussian, n -> gaussian(n.mean(), n.covariance())));

    private static Textbook one(double mean, double variance) { return new Textbook(new double[] {mean}, new double[][] {{variance}}); }

    private static Textbook shares(double... alpha) {
        double total = Arrays.stream(alpha).sum();
        var s = new double[alpha.length][alpha.length];
        for (int i = 0; i < alpha.length; i++)
            for (int j = 0; j < alpha.length; j++) s[i][j] = (i == j ? polygamma(1, alpha[i]) : 0) - polygamma(1, total);
        return new Textbook(Arrays.stream(alpha).map(a -> digamma(a) - digamma(total)).toArray(), s);
    }

    /** Moments up to the fourth, by Isserlis. */
    private static Textbook gaussian(double[] m, double[][] s) {
        int d = m.length, size = d + d * (d + 1) / 2;
        var index = new int[size][];
        for (int i = 0, at = d; i < d; i++) {
            index[i] = new int[] {i};
            for (int j = i; j < d; j++) index[at++] = new int[] {i, j};
        }
        var mean = new double[size];
        var covariance = new double[size][size];
        for (int a = 0; a < size; a++) {
            int[] p = index[a];
            mean[a] = p.length == 1 ? m[p[0]] : s[p[0]][p[1]] + m[p[0]] * m[p[1]];
            for (int b = 0; b < size; b++) {
                int[] q = index[b];
                for (int i : p) for (int j : q) covariance[a][b] += s[i][j] * others(m, p, i) * others(m, q, j);
                if (p.length == 2 && q.length == 2) covariance[a][b] += s[p[0]][q[0]] * s[p[1]][q[1]] + s[p[0]][q[1]] * s[p[1]][q[0]];
            }
        }
        return new Textbook(mean, covariance);
    }

    /** The mean of the factor beside i, which is i itself in a square. */
    private static double others(double[] m, int[] p, int i) { return p.length == 1 ? 1 : m[p[0] == i ? p[1] : p[0]]; }

    private static MultivariateNormal gaussian(Rng rng) {
        var mean = new double[3];
        var l = new double[3][3];
        for (int i = 0; i < 3; i++) {
            mean[i] = rng.nextGaussian();
            for (int j = 0; j < i; j++) l[i][j] = 0.6 * rng.nextGaussian();
            l[i][i] = positive(rng, 0.5, 2);
        }
        return new MultivariateNormal(mean, Tensor.of(l).matmul(Tensor.of(l).transpose()).toRows());
    }

    /** Uniform in the logarithm. */
    private static double positive(Rng rng, double low, double high) { return low * Math.pow(high / low, rng.nextDouble()); }

    private static double[] positive(Rng rng, int n, double low, double high) {
        var v = new double[n];
        for (int i = 0; i < n; i++) v[i] = positive(rng, low, high);
        return v;
    }

    private interface Check { <D extends Distribution> double worst(Case<D> c, D member, Rng rng); }

    private static double worst(long seed, Check check) {
        double worst = 0;
        int members = 0;
        for (var c : CASES) {
            var rng = Rng.of(seed);
            for (int m = 0; m < MEMBERS; m++, members++) worst = Math.max(worst, next(c, check, rng));
        }
        assertThat(members).isEqualTo(9 * MEMBERS);
        return worst;
    }

    private static <D extends Distribution> double next(Case<D> c, Check check, Rng rng) {
        double found = check.worst(c, c.draw.apply(rng), rng);
        return Double.isNaN(found) ? Double.POSITIVE_INFINITY : found;
    }

    private static double gap(double[] a, double[] b) {
        assertThat(a).hasSameSizeAs(b);
        double gap = 0;
        for (int i = 0; i < a.length; i++)
            gap = Math.max(gap, Double.isNaN(a[i] - b[i]) ? Double.POSITIVE_INFINITY : Math.abs(a[i] - b[i]));
        return gap;
    }

    @Test
    @Acceptance(topic = "exponential-family", clause = 1) void theLogDensityIsTheDirectClasses() {
        Evidence.of("families", CASES.size(), exactly(9));
        Evidence.of("gap over the largest term", worst(397, new Check() {
            @Override public <D extends Distribution> double worst(Case<D> c, D member, Rng rng) {
                double[] eta = c.family.natural(member);
                double worst = 0;
                for (int i = 0; i < 20; i++) {
                    double[] x = c.point(member, rng), t = c.family.statistic(x);
                    double scale = Math.max(1, Math.max(Math.abs(c.family.logPartition(eta)), Math.abs(c.family.logBase(x))));
                    for (int j = 0; j < t.length; j++) scale = Math.max(scale, Math.abs(eta[j] * t[j]));
                    worst = Math.max(worst, Math.abs(c.family.logDensity(eta, x) - c.direct(member, x)) / scale);
                }
                return worst;
            }
        }), atMost(1e-12));
    }

    @Test
    @Acceptance(topic = "exponential-family", clause = 2) void derivativesOfTheLogPartitionAreMeanAndCovariance() {
        Evidence.of("gradient less E T", worst(1, new Check() {
            @Override public <D extends Distribution> double worst(Case<D> c, D member, Rng rng) {
                return gap(c.family.mean(c.family.natural(member)), c.closed.apply(member).mean);
            }
        }), atMost(1e-8));
        Evidence.of("Hessian less Cov T", worst(2, new Check() {
            @Override public <D extends Distribution> double worst(Case<D> c, D member, Rng rng) {
                var closed = c.closed.apply(member).covariance;
                var found = c.family.covariance(c.family.natural(member));
                double worst = 0;
                for (int i = 0; i < closed.length; i++) worst = Math.max(worst, gap(found[i], closed[i]));
                return worst;
            }
        }), atMost(1e-8));
    }

    @Test
    @Acceptance(topic = "exponential-family", clause = 3) void maximumLikelihoodMatchesTheMeans() {
        Evidence.of("E T of the fit less the average T", worst(3, new Check() {
            @Override public <D extends Distribution> double worst(Case<D> c, D member, Rng rng) {
                var points = new double[POINTS][];
                double[] average;
                do {
                    average = new double[c.family.size()];
                    for (int i = 0; i < POINTS; i++) {
                        double[] t = c.family.statistic(points[i] = c.point(member, rng));
                        for (int j = 0; j < t.length; j++) average[j] += t[j] / POINTS;
                    }
                } while (!c.family.attains(average));
                double[] eta = c.family.fit(points);
                assertThat(likelihood(c.family, eta, points)).isGreaterThan(likelihood(c.family, c.family.natural(member), points));
                return gap(c.closed.apply(c.family.distribution(eta)).mean, average);
            }
        }), atMost(1e-10));
    }

    private static double likelihood(ExponentialFamily<?> family, double[] eta, double[][] points) {
        return Arrays.stream(points).mapToDouble(x -> family.logDensity(eta, x)).sum();
    }

    @Test
    @Acceptance(topic = "exponential-family", clause = 4) void theDivergenceIsBregmans() {
        Evidence.of("Bregman divergence less the formula", worst(4, new Check() {
            @Override public <D extends Distribution> double worst(Case<D> c, D member, Rng rng) {
                D other = c.draw.apply(rng);
                double formula = ClosedForms.STANDARD.kl(member, other).orElseThrow();
                return Math.abs(c.family.kl(c.family.natural(member), c.family.natural(other)) - formula);
            }
        }), atMost(1e-10));
        var integrals = new double[1];
        int[] pairs = {0};
        worst(8, new Check() {
            @Override public <D extends Distribution> double worst(Case<D> c, D member, Rng rng) {
                D other = c.draw.apply(rng);
                if (rng.nextInt(4) > 0 || !(member instanceof UnivariateDistribution p && other instanceof UnivariateDistribution q))
                    return 0;
                if (p instanceof Beta b && b.beta() < 1) return 0; // a pole at 1, where doubles are too far apart to integrate
                pairs[0]++;
                double found = c.family.kl(c.family.natural(member), c.family.natural(other));
                integrals[0] = Math.max(integrals[0], Math.abs(found - Divergences.klByIntegration(p, q)));
                return 0;
            }
        });
        Evidence.of("pairs against the sum or integral of p log(p/q)", pairs[0], atLeast(100));
        Evidence.of("Bregman divergence less that", integrals[0], atMost(1e-10));
    }

    @Test
    @Acceptance(topic = "exponential-family", clause = 5) void theLogPartitionIsConvex() {
        var least = new double[] {Double.POSITIVE_INFINITY};
        worst(5, new Check() {
            @Override public <D extends Distribution> double worst(Case<D> c, D member, Rng rng) {
                double[] values = Eigen.symmetricValues(Tensor.of(c.family.covariance(c.family.natural(member)))).toDoubleArray();
                double low = Arrays.stream(values).min().orElseThrow(), size = Arrays.stream(values).map(Math::abs).max().orElseThrow();
                least[0] = Math.min(least[0], low / size);
                return 0;
            }
        });
        Evidence.of("least eigenvalue over the largest", least[0], atLeast(-1e-12));
        Evidence.of("largest chord violation: A at the midpoint less the average", worst(6, new Check() {
            @Override public <D extends Distribution> double worst(Case<D> c, D member, Rng rng) {
                double[] a = c.family.natural(member), b = c.family.natural(c.draw.apply(rng)), middle = new double[a.length];
                for (int i = 0; i < a.length; i++) middle[i] = (a[i] + b[i]) / 2;
                double ends = (c.family.logPartition(a) + c.family.logPartition(b)) / 2;
                return Math.max(0, c.family.logPartition(middle) - ends) / Math.max(1, Math.abs(ends));
            }
        }), below(1e-12));
    }

    @Test void entropiesAndMembersComeBack() {
        assertThat(worst(7, new Check() {
            @Override public <D extends Distribution> double worst(Case<D> c, D member, Rng rng) {
                double[] eta = c.family.natural(member);
                assertThat(gap(c.family.natural(c.family.distribution(eta)), eta)).isLessThan(1e-10);
                return Math.abs(c.family.entropy(eta) - member.entropy());
            }
        })).isLessThan(1e-9);
    }

    @Test void theConjugatePriorOfACoinIsBeta() {
        var posterior = ExponentialFamily.BERNOULLI.prior(new double[] {0.5}, 4).update(new double[] {1}, new double[] {1},
                new double[] {0});
        assertThat(posterior.total()).containsExactly(4);
        assertThat(posterior.count()).isEqualTo(7);
        assertThat(posterior.mean()[0]).isCloseTo(new Beta(2 + 2, 2 + 1).mean(), within(1e-15));
        var beta = new Beta(4, 3);
        double first = Double.NaN;
        for (double p : new double[] {0.1, 0.4, 0.9}) {
            // Density in the logit: times dp/deta
            double constant = posterior.logDensity(Math.log(p / (1 - p))) - beta.logDensity(p) - Math.log(p * (1 - p));
            if (p > 0.1) assertThat(constant).isCloseTo(first, within(1e-12));
            first = constant;
        }
        assertThat(1 / (1 + Math.exp(-posterior.mode()[0]))).isCloseTo(4.0 / 7, within(1e-12));
    }

    @Test void theConjugatePriorOfARateIsGamma() {
        var posterior = ExponentialFamily.POISSON.prior(new double[] {1.5}, 2).update(new double[] {4}, new double[] {0}, new double[] {1});
        var gamma = new Gamma(3 + 5, 2 + 3);
        double[] constants = Arrays.stream(new double[] {0.3, 1.6, 4})
                .map(rate -> posterior.logDensity(Math.log(rate)) - gamma.logDensity(rate) - Math.log(rate)).toArray();
        assertThat(constants[1]).isCloseTo(constants[0], within(1e-12));
        assertThat(constants[2]).isCloseTo(constants[0], within(1e-12));
        assertThat(posterior.mean()).containsExactly(gamma.mean());
    }

    @Test void whatHasNoMaximumIsRefused() {
        assertThatThrownBy(() -> ExponentialFamily.BERNOULLI.fit(new double[][] {{1}, {1}}))
                .hasMessageContaining("the likelihood has no maximum");
        assertThatThrownBy(() -> ExponentialFamily.GAMMA.fit(new double[][] {{2}, {2}})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ExponentialFamily.multivariateNormal(2).fit(new double[][] {{1, 2}, {3, 4}}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ExponentialFamily.NORMAL.logPartition(0, 1)).hasMessageContaining("outside the domain");
        assertThatThrownBy(() -> ExponentialFamily.NORMAL.mean(0)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> ExponentialFamily.BERNOULLI.natural(new Binomial(2, 0.5))).hasMessageContaining("2 trials");
        assertThatThrownBy(() -> ExponentialFamily.dirichlet(3).natural(new Dirichlet(1, 1))).isInstanceOf(ShapeException.class);
        assertThat(ExponentialFamily.EXPONENTIAL.logDensity(new double[] {-1}, -0.5)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(ExponentialFamily.GAMMA.logDensity(new double[] {0, -2}, 0)).isCloseTo(Math.log(2), within(1e-15));
    }
}
