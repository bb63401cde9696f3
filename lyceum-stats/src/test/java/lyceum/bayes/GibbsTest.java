package lyceum.bayes;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.linalg.Cholesky;
import lyceum.prob.Beta;
import lyceum.prob.Gamma;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Normal;
import lyceum.prob.StudentT;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.HypothesisTest;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class GibbsTest {
    /** All states of d variables with v values, a sixth of them impossible, and their probabilities. */
    private record Joint(int v, double[][] states, double[] pi, double[] table) {
        static Joint draw(Rng rng, int v, int d) {
            int all = (int) Math.pow(v, d), n = 0;
            double[] table = new double[all], pi = new double[all];
            var states = new double[all][];
            double sum = 0;
            for (int k = 0; k < all; k++) sum += table[k] = k > 0 && rng.nextInt(6) == 0 ? 0 : Math.exp(-4 * rng.nextDouble());
            for (int k = 0; k < all; k++) {
                table[k] /= sum;
                if (table[k] == 0) continue;
                pi[n] = table[k];
                states[n] = new double[d];
                for (int i = 0, rest = k; i < d; i++, rest /= v) states[n][i] = rest % v;
                n++;
            }
            return new Joint(v, Arrays.copyOf(states, n), Arrays.copyOf(pi, n), table);
        }

        double log(double[] x) {
            int k = 0;
            for (int i = x.length - 1; i >= 0; i--) k = k * v + (int) x[i];
            return 2 + Math.log(table[k]);
        }
    }

    @Acceptance(topic = "gibbs", clause = 1)
    @Test void everyUpdateIsAcceptedAndSweepsKeepTheJoint() {
        var rng = Rng.of(1);
        double ratio = 0, stationary = 0, rows = 0;
        int joints = 0, updates = 0, sweeps = 0;
        for (; joints < 50; joints++) {
            int v = 2 + joints % 3, d = 2 + joints % 2;
            var joint = Joint.draw(rng, v, d);
            var single = new Conditional[d];
            for (int i = 0; i < d; i++) single[i] = Conditional.finite(joint::log, v, i);
            var block = Conditional.finite(joint::log, v, d - 1, 0);
            for (var conditional : new Conditional[] {single[0], single[1], single[d - 1], block}) {
                for (int i = 0; i < joint.states.length; i++) for (int j = 0; j < joint.states.length; j++) {
                    double there = Math.exp(conditional.logProbability(joint.states[i], joint.states[j]));
                    double back = Math.exp(conditional.logProbability(joint.states[j], joint.states[i]));
                    if (there == 0 && back == 0) continue;
                    ratio = Math.max(ratio, Math.abs(joint.pi[j] * back / (joint.pi[i] * there) - 1));
                    updates++;
                }
            }
            var blocked = d == 2 ? new Gibbs(block) : new Gibbs(single[1], block);
            var backwards = new Gibbs(Arrays.asList(single).reversed(), Gibbs.Scan.SYSTEMATIC);
            for (var kernel : new Gibbs[] {new Gibbs(single), new Gibbs(single).withScan(Gibbs.Scan.RANDOM), blocked, backwards}) {
                double[][] p = kernel.transitionMatrix(joint.states);
                for (int j = 0; j < p.length; j++) {
                    double arrives = 0, row = 0;
                    for (int i = 0; i < p.length; i++) {
                        arrives += joint.pi[i] * p[i][j];
                        row += p[j][i];
                    }
                    stationary = Math.max(stationary, Math.abs(arrives - joint.pi[j]));
                    rows = Math.max(rows, Math.abs(row - 1));
                }
                sweeps++;
            }
        }
        Evidence.of("joints", joints, exactly(50));
        Evidence.of("updates compared", updates, above(5_000));
        Evidence.of("largest |Hastings ratio - 1|", ratio, below(1e-12));
        Evidence.of("sweeps", sweeps, exactly(200));
        Evidence.of("largest |pi P - pi|", stationary, below(1e-12));
        Evidence.of("largest |row sum - 1|", rows, below(1e-12));
    }

    /** Chains of all scans have the joint's frequencies. */
    @Test void finiteChainsFollowTheJoint() {
        var joint = Joint.draw(Rng.of(2), 3, 2);
        var single = List.of(Conditional.finite(joint::log, 3, 0), Conditional.finite(joint::log, 3, 1));
        for (var kernel : new Gibbs[] {new Gibbs(single, Gibbs.Scan.SYSTEMATIC), new Gibbs(single, Gibbs.Scan.RANDOM),
                new Gibbs(Conditional.finite(joint::log, 3, 1, 0))}) {
            var chain = new Mcmc(kernel, 1, 100, 5_000, 10).run(Rng.of(3), joint.states[0]);
            double[] counts = new double[joint.pi.length], expected = new double[joint.pi.length];
            for (int k = 0; k < expected.length; k++) expected[k] = 5_000 * joint.pi[k];
            for (int t = 0; t < 5_000; t++)
                for (int k = 0; k < expected.length; k++) if (Arrays.equals(joint.states[k], chain.state(0, t))) counts[k]++;
            assertThat(HypothesisTest.chiSquare(counts, expected).pValue()).isGreaterThan(0.01);
        }
    }

    private static double[][] covariance(double rho, double a, double b) {
        return new double[][] {{a * a, rho * a * b}, {rho * a * b, b * b}};
    }

    @Acceptance(topic = "gibbs", clause = 2)
    @Test void lagOneAutocorrelationIsRhoSquared() {
        for (double rho : new double[] {0.5, 0.9}) {
            double worst = 0, moments = 0;
            for (int sign = -1; sign <= 1; sign += 2) {
                var chains = new Mcmc(Gibbs.normal(new double[] {3, -1}, covariance(sign * rho, 2, 0.5)), 4, 100, 50_000, 1).run(Rng.of(10),
                        new double[2]);
                for (int j = 0; j < 2; j++) {
                    double mean = chains.mean(j), variance = 0, product = 0;
                    for (int c = 0; c < 4; c++) {
                        double[] x = chains.trace(c, j);
                        for (int t = 1; t < x.length; t++) {
                            product += (x[t] - mean) * (x[t - 1] - mean);
                            variance += (x[t] - mean) * (x[t] - mean);
                        }
                    }
                    worst = Math.max(worst, Math.abs(product / variance - rho * rho));
                    moments = Math.max(moments, Math.abs(mean - (j == 0 ? 3 : -1)) / chains.mcse(j));
                }
                double correlation = chains.map(x -> (x[0] - 3) * (x[1] + 1)).mean(0);
                assertThat(correlation).isCloseTo(sign * rho, within(0.03));
            }
            Evidence.of("largest distance of the lag-1 autocorrelation from rho^2 at rho " + rho, worst, atMost(0.02));
            Evidence.of("largest distance of a mean in MCSE", moments, atMost(4));
        }
    }

    @Acceptance(topic = "gibbs", clause = 3)
    @Test void marginalMeanOfTheNormalModelIsStudents() {
        double least = 1, other = 1;
        for (int set = 0; set < 3; set++) {
            var rng = Rng.of(20 + set);
            int n = 3 + 2 * set;
            double m0 = 1.5, k0 = 0.7, a = 1.2, b = 2;
            var y = new double[n];
            for (int i = 0; i < n; i++) y[i] = 4 + 2 * rng.nextGaussian();
            // Gelman et al. (2013), section 3.3, by the sums of squares about zero
            double sum = Arrays.stream(y).sum(), squares = Arrays.stream(y).map(v -> v * v).sum(), k = k0 + n, m = (k0 * m0 + sum) / k;
            double rate = b + (squares + k0 * m0 * m0 - k * m * m) / 2, degrees = 2 * a + n;
            var law = new StudentT(degrees, m, Math.sqrt(rate / (degrees / 2 * k)));
            var model = new NormalModel(m0, k0, a, b, n);
            var chain = new Mcmc(model.posterior(y), 1, 100, 10_000, 10).run(Rng.of(30 + set), new double[] {0, 1});
            least = Math.min(least, HypothesisTest.kolmogorovSmirnov(chain.trace(0, 0), law, Alternative.TWO_SIDED).pValue());
            other = Math.min(other,
                    HypothesisTest.kolmogorovSmirnov(chain.trace(0, 1), new Gamma(degrees / 2, rate), Alternative.TWO_SIDED).pValue());
            for (double p : new double[] {0.01, 0.3, 0.9}) {
                assertThat(model.meanGiven(y).quantile(p)).isCloseTo(law.quantile(p), within(1e-12 * Math.abs(law.quantile(p)) + 1e-12));
                assertThat(model.precisionGiven(y).quantile(p)).isCloseTo(new Gamma(degrees / 2, rate).quantile(p), within(1e-12));
            }
        }
        Evidence.of("least KS p-value of mu's draws against its t law, 3 data sets", least, above(0.01));
        Evidence.of("least KS p-value of tau's draws against its gamma law", other, above(0.01));
    }

    @Acceptance(topic = "gibbs", clause = 4)
    @Test void isingOnFourByFourEqualsItsEnumeration() {
        double worst = 0, error = 0;
        int compared = 0;
        for (double temperature : new double[] {1.5, 2.27, 4}) for (double h : new double[] {0, 0.15}) {
            // all 65,536 patterns, spins as +-1
            double z = 0, e = 0, m = 0, size = 0;
            for (int pattern = 0; pattern < 65_536; pattern++) {
                int energy = 0, spin = 0;
                for (int i = 0; i < 16; i++) {
                    int s = (pattern >> i & 1) == 1 ? 1 : -1;
                    spin += s;
                    if (i % 4 < 3) energy -= s * ((pattern >> i + 1 & 1) == 1 ? 1 : -1);
                    if (i < 12) energy -= s * ((pattern >> i + 4 & 1) == 1 ? 1 : -1);
                }
                double weight = Math.exp((-energy + h * spin) / temperature);
                z += weight;
                e += weight * energy;
                m += weight * spin / 16;
                size += weight * Math.abs(spin) / 16;
            }
            var magnet = PottsLattice.ising(4, 4, temperature, h);
            var chains = new Mcmc(magnet.kernel(), 4, 200, 20_000, 1).run(Rng.of(40), new double[16]);
            double[] truth = {e / z, m / z, size / z};
            var quantities = chains
                    .transform(x -> new double[] {magnet.energy(x), magnet.magnetisation(x), Math.abs(magnet.magnetisation(x))});
            for (int q = 0; q < 3; q++, compared++) {
                worst = Math.max(worst, Math.abs(quantities.mean(q) - truth[q]) / quantities.mcse(q));
                error = Math.max(error, quantities.mcse(q) / quantities.standardDeviation(q));
            }
        }
        Evidence.of("energies, magnetisations and their sizes compared, with and without a field", compared, exactly(18));
        Evidence.of("largest distance in MCSE", worst, atMost(3));
        Evidence.of("largest MCSE in standard deviations", error, below(0.1));
    }

    /** Three states on a periodic grid of 3 x 3, by enumeration. */
    @Test void pottsOnAPeriodicGridEqualsItsEnumeration() {
        var potts = new PottsLattice(3, 3, 3, 0.6, 0.4, true);
        double z = 0, mean = 0, ones = 0;
        var x = new double[9];
        for (int k = 0; k < 19_683; k++) {
            for (int i = 0, rest = k; i < 9; i++, rest /= 3) x[i] = rest % 3;
            double agree = 0, one = 0;
            for (int i = 0; i < 9; i++) {
                if (x[i] == x[i / 3 * 3 + (i + 1) % 3]) agree++;
                if (x[i] == x[(i + 3) % 9]) agree++;
                if (x[i] == 1) one++;
            }
            double weight = Math.exp(0.6 * agree + 0.4 * one);
            assertThat(potts.logDensity(x)).isCloseTo(Math.log(weight), within(1e-12));
            z += weight;
            mean += weight * agree;
            ones += weight * one;
        }
        var chains = new Mcmc(potts.kernel()).withDraws(20_000).run(Rng.of(50), new double[9])
                .transform(s -> new double[] {potts.agreements(s), potts.magnetisation(s)});
        assertThat(chains.mean(0)).isCloseTo(mean / z, within(4 * chains.mcse(0)));
        assertThat(chains.mean(1)).isCloseTo(2 * ones / z / 9 - 1, within(4 * chains.mcse(1)));
        assertThat(potts.kernel().conditionals().getFirst().logProbability(new double[9], new double[9]))
                .isCloseTo(2.4 - Math.log(Math.exp(2.4) + Math.exp(0.4) + 1), within(1e-12));
    }

    @Acceptance(topic = "gibbs", clause = 5)
    @Test void blockingTheCorrelatedPairRaisesTheEffectiveSize() {
        double[] mean = {1, -2, 0.5};
        double[][] covariance = {{1, 0.9, 0.3}, {0.9, 1, 0.2}, {0.3, 0.2, 1}};
        var pair = new Gibbs(Conditional.normal(mean, covariance, 0, 1), Conditional.normal(mean, covariance, 2));
        double least = Double.POSITIVE_INFINITY, worst = 0;
        for (int seed = 60; seed < 63; seed++) {
            var single = new Mcmc(Gibbs.normal(mean, covariance)).withDraws(10_000).run(Rng.of(seed), mean);
            var blocked = new Mcmc(pair).withDraws(10_000).run(Rng.of(seed), mean);
            for (int j = 0; j < 2; j++) {
                least = Math.min(least, blocked.ess(j) / single.ess(j));
                worst = Math.max(worst, Math.abs(blocked.mean(j) - mean[j]) / blocked.mcse(j));
                worst = Math.max(worst, Math.abs(blocked.variance(j) - 1) / blocked.mcseOfVariance(j));
            }
            var product = blocked.map(x -> (x[0] - 1) * (x[1] + 2));
            worst = Math.max(worst, Math.abs(product.mean(0) - 0.9) / product.mcse(0));
        }
        Evidence.of("least ESS of the blocked sampler over that of the other", least, atLeast(3));
        Evidence.of("largest distance of a moment in MCSE", worst, atMost(4));
    }

    /** Against the density of the joint: {@code p(b | a) = p(a, b) / p(a)}. */
    @Test void normalConditionalsAreRatiosOfDensities() {
        double[] mean = {1, -2, 0.5}, x = {0.3, 0.7, -1};
        double[][] covariance = {{1.5, 0.9, 0.3}, {0.9, 1, 0.2}, {0.3, 0.2, 0.8}};
        double joint = new MultivariateNormal(mean, covariance).logDensity(x);
        double rest = new MultivariateNormal(new double[] {-2}, new double[][] {{1}}).logDensity(new double[] {0.7});
        assertThat(Conditional.normal(mean, covariance, 2, 0).logProbability(new double[] {9, 0.7, 9}, x)).isCloseTo(joint - rest,
                within(1e-12));
        assertThat(Conditional.normal(mean, covariance, 2, 0).logProbability(new double[3], x)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(Conditional.normal(mean, covariance, 0, 1, 2).logProbability(new double[3], x)).isCloseTo(joint, within(1e-12));
    }

    private static final double[] ERRORS = {0.5, 1, 2, 1.5};

    private static List<GenerativeModel> models() {
        var hierarchical = new HierarchicalNormal(ERRORS, 1, 1.5, 3, 4, false);
        var mixture = new NormalMixture(3, 5, 0.8, 1.3, 0.5, 2, false);
        return List.of(new NormalModel(0.5, 0.8, 5, 4, 3), hierarchical, hierarchical.withCollapsed(true), mixture,
                mixture.withCollapsed(true));
    }

    /** Moments of the parameters and, for mixtures, how many labels agree. */
    private static UnaryOperator<double[]> quantities(GenerativeModel model) {
        return switch (model) {
            case NormalModel _ -> x -> new double[] {x[0], x[0] * x[0], x[1], x[1] * x[1], x[0] * x[0] * x[1]};
            case HierarchicalNormal _ -> x -> new double[] {x[0], x[0] * x[0], x[1], 1 / x[1], x[2], x[5] * x[5], x[3] * x[4], x[0] * x[2]};
            default -> x -> new double[] {x[0], x[0] * x[1], x[3], x[3] * x[3], x[3] * x[4], x[6] == x[7] ? 1 : 0,
                    x[6] == 0 && x[8] == 0 ? 1 : 0, x[3 + (int) x[6]] * x[3 + (int) x[10]], x[(int) x[7]]};
        };
    }

    @Acceptance(topic = "gibbs", clause = 6)
    @Test void gewekesTestPassesAllModels() {
        double worst = 0;
        int count = 0;
        for (var model : models()) {
            double[] z = GewekeTest.of(model, quantities(model), 40_000, Rng.of(70)).z();
            for (double v : z) worst = Math.max(worst, Math.abs(v));
            count += z.length;
        }
        Evidence.of("moments compared, 5 samplers of 3 models", count, exactly(39));
        Evidence.of("largest |z|", worst, atMost(3));
    }

    /** What the test is for: all parts of the hierarchical model drawn from the old values. */
    @Acceptance(topic = "gibbs", clause = 6)
    @Test void gewekesTestFailsASamplerThatUsesOldValues() {
        var right = models().get(1);
        var wrong = new GenerativeModel() {
            @Override public double[] prior(Rng rng) { return right.prior(rng); }

            @Override public double[] data(double[] state, Rng rng) { return right.data(state, rng); }

            @Override public TransitionKernel posterior(double[] data) {
                var parts = ((Gibbs) right.posterior(data)).conditionals();
                return new Gibbs((x, rng) -> {
                    double[] old = x.clone();
                    for (var part : parts) {
                        double[] fresh = old.clone();
                        part.draw(fresh, rng);
                        for (int i = 0; i < x.length; i++) if (fresh[i] != old[i]) x[i] = fresh[i];
                    }
                });
            }
        };
        Evidence.of("largest |z| of the wrong sampler", GewekeTest.of(wrong, quantities(right), 40_000, Rng.of(70)).largest(), above(5));
    }

    @Test void slicesFollowTheDensity() {
        var laws = new UnivariateDistribution[] {new Gamma(0.7, 2), new Beta(2, 0.6), new StudentT(1.5)};
        for (var law : laws) for (double width : new double[] {0.05, 1, 50}) {
            ToDoubleFunction<double[]> log = x -> x[1] <= law.low() || x[1] >= law.high() ? Double.NEGATIVE_INFINITY
                    : law.logDensity(x[1]) + 7;
            var chain = new Mcmc(new Gibbs(Conditional.slice(log, 1, width)), 1, 200, 2_000, width < 1 && law instanceof StudentT ? 40 : 15)
                    .run(Rng.of(80), new double[] {4, 0.5});
            assertThat(HypothesisTest.kolmogorovSmirnov(chain.trace(0, 1), law, Alternative.TWO_SIDED).pValue()).isGreaterThan(0.01);
            assertThat(chain.state(0, 1_999)[0]).isEqualTo(4);
        }
    }

    /** Exact draws of a law with two hills, whose slices come in two pieces, are moved once: their law stays. */
    @Test void aSliceLeavesExactDrawsAsTheyAre() {
        UnivariateDistribution left = new Normal(-1.5, 0.5), right = new Normal(1.5, 0.8);
        ToDoubleFunction<double[]> log = x -> Math.log(0.4 * left.density(x[0]) + 0.6 * right.density(x[0]));
        for (double width : new double[] {0.7, 2, 3.5}) {
            var slice = Conditional.slice(log, 0, width);
            double[] counts = new double[20], expected = new double[20];
            Arrays.fill(expected, 5_000);
            var rng = Rng.of(85);
            for (int k = 0; k < 100_000; k++) {
                double[] x = {(rng.nextDouble() < 0.4 ? left : right).sample(rng)};
                slice.draw(x, rng);
                counts[(int) (20 * (0.4 * left.cdf(x[0]) + 0.6 * right.cdf(x[0])))]++;
            }
            assertThat(HypothesisTest.chiSquare(counts, expected).pValue()).as("width %s", width).isGreaterThan(0.01);
        }
    }

    /** The collapsed draw of mu given tau, against conditioning the joint normal of mu and y. */
    @Test void theCollapsedMeanHasItsLaw() {
        double[] y = {2, -1, 3, 0.5};
        double prior = 1.5 * 1.5, tau = 0.5, mean = 1;
        var s = new double[4][4];
        for (int i = 0; i < 4; i++) for (int j = 0; j < 4; j++) s[i][j] = prior + (i == j ? ERRORS[i] * ERRORS[i] + 1 / tau : 0);
        double[] w = Cholesky.of(Tensor.of(s)).solve(Tensor.of(prior, prior, prior, prior)).toDoubleArray();
        for (int j = 0; j < 4; j++) mean += w[j] * (y[j] - 1);
        var mu = new HierarchicalNormal(ERRORS, 1, 1.5, 3, 4, true).posterior(y).conditionals().getFirst();
        double[] x = {0, tau, 0, 0, 0, 0}, draws = new double[100_000];
        var rng = Rng.of(86);
        for (int k = 0; k < draws.length; k++) {
            mu.draw(x, rng);
            draws[k] = x[0];
        }
        var law = new Normal(mean, Math.sqrt(prior * (1 - Arrays.stream(w).sum())));
        assertThat(HypothesisTest.kolmogorovSmirnov(draws, law, Alternative.TWO_SIDED).pValue()).isGreaterThan(0.01);
    }

    /** Both samplers of the mixture agree on what does not depend on names. */
    @Test void collapsedAndPlainMixturesAgree() {
        double[] y = {-2, -1.7, -0.4, 0.3, 1.8, 2.1, 2.5};
        var plain = new NormalMixture(2, 7, 0.7, 0.8, 0, 2, false);
        var a = new Mcmc(plain.posterior(y)).withDraws(20_000).run(Rng.of(90), plain.prior(Rng.of(91)));
        var b = new Mcmc(plain.withCollapsed(true).posterior(y)).withDraws(20_000).run(Rng.of(92), plain.prior(Rng.of(91)));
        for (int i = 1; i < 7; i++) {
            int other = 4 + i;
            ToDoubleFunction<double[]> together = x -> x[4] == x[other] ? 1 : 0;
            Chains p = a.map(together), q = b.map(together);
            assertThat(p.mean(0)).isCloseTo(q.mean(0), within(4 * Math.hypot(p.mcse(0), q.mcse(0))));
        }
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> new Gibbs()).hasMessageContaining("no conditional");
        assertThatThrownBy(() -> Conditional.normal(new double[2], covariance(0.5, 1, 1), 2)).hasMessageContaining("coordinate 2 of 2");
        assertThatThrownBy(() -> Conditional.slice(x -> 0, 0, 0)).hasMessageContaining("width is 0.0");
        assertThatThrownBy(() -> new NormalModel(0, 1, 1, 1, 2).posterior(new double[3]))
                .hasMessageContaining("3 observations for a model of 2");
        assertThatThrownBy(() -> new Gibbs((x, rng) -> x[0] = 1).transitionMatrix(new double[1])).hasMessageContaining("does not tell");
        assertThatThrownBy(() -> new PottsLattice(2, 4, 2, 1, 0, true)).hasMessageContaining("at least 3 x 3");
    }
}
