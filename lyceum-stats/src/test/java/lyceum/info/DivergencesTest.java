package lyceum.info;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.prob.Beta;
import lyceum.prob.Binomial;
import lyceum.prob.Categorical;
import lyceum.prob.ChiSquare;
import lyceum.prob.Dirichlet;
import lyceum.prob.Distribution;
import lyceum.prob.Exponential;
import lyceum.prob.Gamma;
import lyceum.prob.Mixture;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.prob.Quadrature;
import lyceum.prob.StudentT;
import lyceum.prob.Uniform;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class DivergencesTest {
    private static Distribution of(Golden c, String side) {
        String at = "input." + side;
        return switch (c.text("input.family")) {
            case "normal" -> new Normal(c.doubles(at)[0], c.doubles(at)[1]);
            case "gamma" -> new Gamma(c.doubles(at)[0], c.doubles(at)[1]);
            case "beta" -> new Beta(c.doubles(at)[0], c.doubles(at)[1]);
            case "poisson" -> new Poisson(c.number(at));
            case "categorical" -> new Categorical(c.doubles(at));
            case "dirichlet" -> new Dirichlet(c.doubles(at));
            case "multivariateNormal" -> new MultivariateNormal(c.doubles(at + ".mean"), c.matrix(at + ".covariance"));
            default -> throw new AssertionError(c.text("input.family"));
        };
    }

    @Test
    @Acceptance(topic = "kl-divergence", clause = 1) void closedFormsEqualNumericalIntegration() {
        double gap = 0, own = 0;
        int pairs = 0;
        for (var c : Golden.load("golden/kl-divergence.json").list("cases")) {
            var p = of(c, "p");
            var q = of(c, "q");
            double expected = c.number("expected.kl");
            assertThat(ClosedForms.STANDARD.kl(p, q)).as(c.text("name")).isPresent();
            gap = Math.max(gap, Math.abs(Divergences.kl(p, q) - expected));
            if (p instanceof UnivariateDistribution a && q instanceof UnivariateDistribution b)
                own = Math.max(own, Math.abs(Divergences.klByIntegration(a, b) - expected));
            pairs++;
        }
        assertThat(pairs).isGreaterThan(20);
        Evidence.of("closed forms against quadrature of 30 digits", gap, below(1e-8));
        Evidence.of("own quadrature against it", own, below(1e-8));
        // and the vectors of SciPy's relative entropy, as arrays and as tensors of weights that do not add up to 1
        var tensors = Gap.absolute();
        for (var c : Golden.load("golden/shannon-entropy.json").list("cases")) {
            if (!c.has("expected.klBits")) continue;
            assertThat(Divergences.kl(c.doubles("input.p"), c.doubles("input.q"))).as(c.text("name")).isCloseTo(c.number("expected.klNats"),
                    within(1e-12));
            Tensor weights = Tensor.of(c.doubles("input.p")).mul(3).unsqueeze(1),
                    others = Tensor.of(c.doubles("input.q")).mul(0.7).unsqueeze(1);
            tensors.see(c.text("name"), Divergences.kl(weights, others, 0).item(), c.number("expected.klNats"));
        }
        var counts = Divergences.kl(Tensor.of(new long[] {3, 1, 0}), Tensor.of(new long[] {1, 1, 2}), 0);
        tensors.see("counts", counts.item(), 0.75 * Math.log(3));
        Evidence.of("tensors of weights against SciPy", tensors, below(1e-12));
    }

    @Test void otherPairsWithFormulasEqualIntegration() {
        var pairs = List.<UnivariateDistribution[]>of(new UnivariateDistribution[] {new Exponential(2), new Exponential(0.5)},
                new UnivariateDistribution[] {new Exponential(2), new Gamma(3, 1)},
                new UnivariateDistribution[] {new Gamma(3, 1), new Exponential(0.7)},
                new UnivariateDistribution[] {new ChiSquare(3), new ChiSquare(5)},
                new UnivariateDistribution[] {new Binomial(20, 0.3), new Binomial(20, 0.6)},
                new UnivariateDistribution[] {new Uniform(0, 1), new Uniform(-1, 3)});
        for (var pair : pairs)
            assertThat(Divergences.kl(pair[0], pair[1])).as(pair[0].toString()).isCloseTo(Divergences.klByIntegration(pair[0], pair[1]),
                    within(1e-8));
        // no formula: a t and its normal, from both sides by definition
        double kl = Divergences.kl(new Normal(0, 1), new StudentT(4));
        assertThat(kl).isCloseTo(-Normal.STANDARD.entropy() - Quadrature.expectation(Normal.STANDARD, new StudentT(4)::logDensity),
                within(1e-9));
    }

    private static Distribution random(int family, Rng rng) {
        double a = Math.exp(rng.nextGaussian()), b = Math.exp(rng.nextGaussian());
        return switch (family) {
            case 0 -> new Normal(rng.nextGaussian(), a);
            case 1 -> new Gamma(a, b);
            case 2 -> new Beta(a, b);
            case 3 -> new Poisson(a);
            case 4 -> new Categorical(a, b, rng.nextDoublePositive());
            case 5 -> new Dirichlet(a, b, Math.exp(rng.nextGaussian()));
            default -> {
                double c = 0.9 * (2 * rng.nextDouble() - 1) * Math.sqrt(a * b);
                yield new MultivariateNormal(new double[] {rng.nextGaussian(), rng.nextGaussian()}, new double[][] {{a, c}, {c, b}});
            }
        };
    }

    @Test
    @Acceptance(topic = "kl-divergence", clause = 2) void neverNegativeAndZeroOnlyForEqualPairs() {
        var rng = Rng.of(31);
        double least = Double.POSITIVE_INFINITY, self = 0;
        for (int i = 0; i < 10_000; i++) {
            var p = random(i % 7, rng);
            var q = random(i % 7, rng);
            least = Math.min(least, Divergences.kl(p, q));
            self = Math.max(self, Divergences.kl(p, p));
        }
        Evidence.of("least of 10,000 unequal pairs", least, above(0));
        Evidence.of("largest of equal pairs", self, exactly(0));
    }

    @Test
    @Acceptance(topic = "kl-divergence", clause = 3) void infiniteWhereQExcludesMassOfP() {
        var mismatches = new ArrayList<Double>();
        var gap = Gap.absolute();
        mismatches.add(Divergences.kl(new double[] {0.5, 0.5, 0}, new double[] {1, 0, 0}));
        gap.see("the other way round", Divergences.kl(new double[] {1, 0, 0}, new double[] {0.5, 0.5, 0}), Math.log(2));
        mismatches.add(Divergences.kl(new Categorical(1, 1), new Categorical(1, 0)));
        mismatches.add(Divergences.kl(new Uniform(0, 2), new Uniform(0, 1)));
        gap.see("the other way round", Divergences.kl(new Uniform(0, 1), new Uniform(0, 2)), Math.log(2));
        mismatches.add(Divergences.kl(new Normal(0, 1), new Gamma(2, 1)));
        mismatches.add(Divergences.kl(new Gamma(2, 1), new Beta(1, 1)));
        mismatches.add(Divergences.kl(new Poisson(1), new Normal(0, 1)));
        mismatches.add(Divergences.kl(new Binomial(5, 0.5), new Binomial(4, 0.5)));
        mismatches.add(Divergences.kl(Tensor.of(0.5, 0.5), Tensor.of(1.0, 0.0), 0).item());
        Evidence.that("gamma against normal is finite", Double.isFinite(Divergences.kl(new Gamma(2, 1), new Normal(2, 3))));
        mismatches.add(Divergences.klByIntegration(new Normal(0, 1), new Gamma(2, 1)));
        mismatches.add(Divergences.klByIntegration(new Gamma(2, 1), new Beta(1, 1)));
        mismatches.add(Divergences.klByIntegration(new Poisson(1), new Normal(0, 1)));
        mismatches.add(Divergences.klBySampling(new Uniform(0, 2), new Uniform(0, 1), 1000, Rng.of(3)).k1());
        mismatches.add(Divergences.klBySampling(new Uniform(0, 2), new Uniform(0, 1), 1000, Rng.of(3)).k3());
        Evidence.of("infinite, of 13 pairs whose supports do not match",
                mismatches.stream().filter(d -> d == Double.POSITIVE_INFINITY).count(), exactly(13));
        Evidence.of("the other way round, less log 2", gap, atMost(1e-15));
    }

    @Test
    @Acceptance(topic = "kl-divergence", clause = 4) void samplingEstimatesAreWithinThreeStandardErrors() {
        var pairs = List.<Distribution[]>of(new Distribution[] {new Normal(0, 1), new Normal(0.4, 1.3)},
                new Distribution[] {new Gamma(3, 2), new Gamma(4, 2.5)},
                new Distribution[] {new Categorical(3, 2, 1), new Categorical(1, 1, 1)},
                new Distribution[] {new Poisson(4), new Poisson(5)},
                new Distribution[] {new MultivariateNormal(new double[] {0, 0}, new double[][] {{1, 0.3}, {0.3, 1}}),
                        new MultivariateNormal(new double[] {0.3, 0}, new double[][] {{1.4, 0}, {0, 1.2}})},
                new Distribution[] {new Dirichlet(2, 3, 4), new Dirichlet(2.5, 3, 3.5)});
        double k1 = 0, k3 = 0, least = Double.POSITIVE_INFINITY;
        var hand = Gap.absolute();
        for (var pair : pairs) {
            double exact = Divergences.kl(pair[0], pair[1]);
            var estimate = Divergences.klBySampling(pair[0], pair[1], 20_000, Rng.of(7));
            k1 = Math.max(k1, Math.abs(estimate.k1() - exact) / estimate.k1Error());
            k3 = Math.max(k3, Math.abs(estimate.k3() - exact) / estimate.k3Error());
            least = Math.min(least, estimate.least());
            byHand(hand, pair[0], pair[1], estimate);
        }
        Evidence.of("estimates and standard errors less those by hand from the same draws", hand, atMost(1e-12));
        Evidence.of("k1 error in standard errors", k1, below(3));
        Evidence.of("k3 error in standard errors", k3, below(3));
        Evidence.of("least term of k3", least, atLeast(0));
        // p and q a hair apart: a term of r - 1 - log r must not round below 0
        assertThat(Divergences.klBySampling(new Normal(0, 1), new Normal(1e-9, 1), 5000, Rng.of(1)).least()).isGreaterThanOrEqualTo(0);
    }

    /** The same 20,000 draws, and the three formulas as they stand. */
    private static void byHand(Gap gap, Distribution p, Distribution q, Divergences.Sampled estimate) {
        var x = p.sample(Rng.of(7), 20_000);
        double[] logR = q.logDensity(x).sub(p.logDensity(x)).toDoubleArray();
        see(gap, p + " k1", Arrays.stream(logR).map(l -> -l).toArray(), estimate.k1(), estimate.k1Error());
        see(gap, p + " k2", Arrays.stream(logR).map(l -> l * l / 2).toArray(), estimate.k2(), estimate.k2Error());
        see(gap, p + " k3", Arrays.stream(logR).map(l -> Math.exp(l) - 1 - l).toArray(), estimate.k3(), estimate.k3Error());
    }

    private static void see(Gap gap, String name, double[] terms, double mean, double error) {
        double m = Arrays.stream(terms).average().orElseThrow();
        double variance = Arrays.stream(terms).map(t -> (t - m) * (t - m)).sum() / (terms.length - 1);
        gap.see(name, mean, m).see(name + ", error", error, Math.sqrt(variance / terms.length));
    }

    @Test
    @Acceptance(topic = "kl-divergence", clause = 5) void forwardProjectionTakesTheMomentsAndReverseAMode() {
        var bumps = new Mixture(new Categorical(0.4, 0.6), List.of(new Normal(-3, 0.7), new Normal(2.5, 0.9)));
        var forward = Projection.forward(bumps, Family.NORMAL).distribution();
        Evidence.of("mean gap", Math.abs(forward.mean() - bumps.mean()), below(1e-4));
        Evidence.of("variance gap", Math.abs(forward.variance() - bumps.variance()), below(1e-4));
        // it is the minimiser: every neighbour is worse
        double best = Divergences.kl(bumps, forward);
        for (double step : new double[] {-0.01, 0.01}) {
            assertThat(Divergences.kl(bumps, new Normal(forward.mean() + step, forward.standardDeviation()))).isGreaterThan(best);
            assertThat(Divergences.kl(bumps, new Normal(forward.mean(), forward.standardDeviation() + step))).isGreaterThan(best);
        }
        var reverse = Projection.reverse(bumps, Family.NORMAL);
        double mode = reverse.distribution().mean();
        Evidence.of("distance to the nearer mode", Math.min(Math.abs(mode + 3), Math.abs(mode - 2.5)), below(0.1));
        assertThat(mode).as("the heavier mode is the better one").isPositive();
        var other = Projection.reverseFrom(bumps, Family.NORMAL, new Normal(-2, 1));
        assertThat(other.distribution().mean()).isCloseTo(-3, within(0.1));
        assertThat(other.divergence()).isGreaterThan(reverse.divergence());
        var mirrored = new Mixture(new Categorical(0.6, 0.4), List.of(new Normal(-2.5, 0.9), new Normal(3, 0.7)));
        Evidence.of("the heavier mode of the mirror image, less minus that one",
                Projection.reverse(mirrored, Family.NORMAL).distribution().mean() + mode, between(-0.01, 0.01));
    }

    @Test void projectionsOntoOtherFamiliesMatchTheirStatistics() {
        var p = Mixture.of(new Gamma(2, 1), new Gamma(9, 2));
        var gamma = Projection.forward(p, Family.GAMMA).distribution();
        assertThat(gamma.mean()).isCloseTo(p.mean(), within(1e-9));
        assertThat(Quadrature.expectation(gamma, Math::log)).isCloseTo(Quadrature.expectation(p, Math::log), within(1e-8));
        assertThat(Projection.reverse(p, Family.GAMMA).divergence()).isPositive().isLessThan(Divergences.kl(gamma, p));
        var shares = Mixture.of(new Beta(2, 8), new Beta(7, 3));
        var beta = Projection.forward(shares, Family.BETA).distribution();
        assertThat(Quadrature.expectation(beta, Math::log)).isCloseTo(Quadrature.expectation(shares, Math::log), within(1e-8));
        assertThat(Projection.forward(new Gamma(3, 2), Family.GAMMA).distribution().shape()).as("a member is its own projection")
                .isCloseTo(3, within(1e-7));
        var same = Projection.reverse(new Beta(4, 6), Family.BETA).distribution();
        assertThat(same.alpha()).isCloseTo(4, within(1e-3));
        assertThat(Projection.forward(Mixture.of(new Poisson(2), new Poisson(6)), Family.POISSON).distribution().rate()).isCloseTo(4,
                within(1e-12));
    }

    @Test void unitsTensorsFormulasAndErrors() {
        assertThat(Divergences.kl(new Normal(0, 1), new Normal(1, 1), 2)).isCloseTo(0.5 / Math.log(2), within(1e-15));
        var p = Tensor.of(new double[][] {{1, 1}, {3, 1}});
        var q = Tensor.of(new double[][] {{1, 3}, {3, 1}});
        assertThat(Divergences.kl(p, q, 1).toDoubleArray())
                .containsExactly(new double[] {Divergences.kl(new double[] {1, 1}, new double[] {1, 3}), 0}, within(1e-15));
        var forms = ClosedForms.STANDARD.with(Normal.class, Uniform.class, (a, b) -> 42);
        assertThat(Divergences.kl(new Normal(0, 1), new Uniform(0, 1), forms)).isEqualTo(42);
        assertThatThrownBy(() -> Divergences.kl(new double[] {1}, new double[] {1, 2})).hasMessage("kl: vectors of 1 and 2 weights");
        assertThatThrownBy(
                () -> Divergences.kl(new Dirichlet(1, 1), new MultivariateNormal(new double[] {0, 0}, new double[][] {{1, 0}, {0, 1}})))
                .hasMessage("kl: no formula for Dirichlet and MultivariateNormal; use klBySampling");
    }
}
