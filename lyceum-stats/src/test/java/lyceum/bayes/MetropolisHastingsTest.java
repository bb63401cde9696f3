package lyceum.bayes;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import lyceum.backend.Parallel;
import lyceum.prob.Gamma;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Poisson;
import lyceum.prob.StudentT;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.stats.HypothesisTest;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class MetropolisHastingsTest {
    /** A target and a proposal over n states; a fifth of the proposals are impossible, often one way only. */
    private record FiniteCase(double[] pi, double[][] q) {
        static FiniteCase draw(Rng rng, int n) {
            var pi = new double[n];
            var q = new double[n][n];
            for (int i = 0; i < n; i++) {
                pi[i] = Math.exp(-5 * rng.nextDouble());
                for (int j = 0; j < n; j++) q[i][j] = rng.nextInt(5) == 0 && j != (i + 1) % n ? 0 : rng.nextDouble();
                normalise(q[i]);
            }
            normalise(pi);
            return new FiniteCase(pi, q);
        }

        MetropolisHastings kernel() { return new MetropolisHastings(x -> Math.log(17 * pi[(int) x[0]]), Proposal.matrix(q)); }

        double[][] states() {
            var states = new double[pi.length][1];
            for (int i = 0; i < pi.length; i++) states[i][0] = i;
            return states;
        }
    }

    private static void normalise(double[] p) {
        double sum = Arrays.stream(p).sum();
        for (int i = 0; i < p.length; i++) p[i] /= sum;
    }

    @Acceptance(topic = "metropolis-hastings", clause = 1)
    @Test void balancesEveryFlowOn50FiniteTargets() {
        var rng = Rng.of(1);
        double balance = 0, stationary = 0, formula = 0, asymmetry = 0, worstP = 1;
        int targets = 0;
        for (; targets < 50; targets++) {
            var c = FiniteCase.draw(rng, 2 + rng.nextInt(7));
            int n = c.pi.length;
            double[][] p = c.kernel().transitionMatrix(c.states());
            for (int i = 0; i < n; i++) {
                double arrives = 0, row = 0;
                for (int j = 0; j < n; j++) {
                    arrives += c.pi[j] * p[j][i];
                    row += p[i][j];
                    asymmetry = Math.max(asymmetry, Math.abs(c.q[i][j] - c.q[j][i]));
                    balance = Math.max(balance, Math.abs(c.pi[i] * p[i][j] - c.pi[j] * p[j][i]));
                    double taken = Math.min(c.q[i][j], c.pi[j] * c.q[j][i] / c.pi[i]);
                    if (i != j) formula = Math.max(formula, Math.abs(p[i][j] - taken));
                }
                stationary = Math.max(stationary, Math.abs(arrives - c.pi[i]));
                formula = Math.max(formula, Math.abs(row - 1));
            }
            if (targets % 5 == 0) worstP = Math.min(worstP, transitionsPValue(c.kernel(), p, targets));
        }
        Evidence.of("targets", targets, exactly(50));
        Evidence.of("largest |pi_i P_ij - pi_j P_ji|", balance, below(1e-12));
        Evidence.of("largest |pi P - pi|", stationary, below(1e-12));
        Evidence.of("largest distance from min(q, pi q / pi)", formula, below(1e-14));
        Evidence.of("largest asymmetry of a proposal", asymmetry, above(0.5));
        Evidence.of("least p-value of 10 chains' steps against their matrix", worstP, above(1e-3));
    }

    /** Counts of steps from each state against the matrix. */
    private static double transitionsPValue(MetropolisHastings kernel, double[][] p, long seed) {
        int n = p.length;
        var counts = new double[n][n];
        var walker = kernel.start(new double[1], 0, Rng.of(900 + seed));
        for (int t = 0; t < 20_000; t++) {
            int from = (int) walker.state()[0];
            walker.step();
            counts[from][(int) walker.state()[0]]++;
        }
        double least = 1;
        for (int i = 0; i < n; i++) {
            double sum = Arrays.stream(counts[i]).sum(), rest = 0, restExpected = 0;
            double[] seen = new double[n + 1], expected = new double[n + 1];
            int cells = 0;
            for (int j = 0; j < n; j++) {
                if (p[i][j] < 1e-15) assertThat(counts[i][j]).isZero();
                if (sum * p[i][j] < 5) {
                    rest += counts[i][j];
                    restExpected += sum * p[i][j];
                } else {
                    seen[cells] = counts[i][j];
                    expected[cells++] = sum * p[i][j];
                }
            }
            if (restExpected > 5) {
                seen[cells] = rest;
                expected[cells++] = restExpected;
            }
            if (cells < 2) continue;
            double[] o = Arrays.copyOf(seen, cells), e = Arrays.copyOf(expected, cells);
            double scale = Arrays.stream(o).sum() / Arrays.stream(e).sum();
            for (int k = 0; k < cells; k++) e[k] *= scale;
            least = Math.min(least, HypothesisTest.chiSquare(o, e).pValue());
        }
        return least;
    }

    /** P-value of draws, 20 steps apart, over 20 bins that the law gives equal probability. */
    private static double fit(MetropolisHastings kernel, UnivariateDistribution law, double start, long seed) {
        double[] draws = new Mcmc(kernel, 1, 200, 5_000, 20).run(Rng.of(seed), new double[] {start}).trace(0, 0);
        double[] counts = new double[20], expected = new double[20];
        Arrays.fill(expected, 250);
        for (double x : draws) counts[(int) Math.min(19, 20 * law.cdf(x))]++;
        return HypothesisTest.chiSquare(counts, expected).pValue();
    }

    @Acceptance(topic = "metropolis-hastings", clause = 2)
    @Test void hastingsRatioIsNeededAndIsThere() {
        var law = new Gamma(3, 1);
        ToDoubleFunction<double[]> target = x -> x[0] > 0 ? law.logDensity(x[0]) : Double.NEGATIVE_INFINITY;
        var multiply = Proposal.logNormal(1);
        // pushes upwards by an amount that depends on where it stands
        Proposal.Draw push = (x, y, rng) -> y[0] = x[0] + 0.3 + (0.5 + 0.2 * x[0]) * rng.nextGaussian();
        var drift = Proposal.of(push, (x, y) -> {
            double s = 0.5 + 0.2 * x[0], z = (y[0] - x[0] - 0.3) / s;
            return -z * z / 2 - Math.log(s);
        });
        double with = 1, without = 0;
        for (var q : new Proposal[] {multiply, drift}) {
            var unchecked = Proposal.symmetric(q::draw, q::logDensity);
            with = Math.min(with, fit(new MetropolisHastings(target, q), law, 3, 11));
            without = Math.max(without, fit(new MetropolisHastings(target, unchecked), law, 3, 12));
        }
        Evidence.of("least p-value with the ratio", with, above(0.01));
        Evidence.of("largest p-value without it", without, below(1e-6));
        // what the wrong chain samples: pi(x) / x, as the article has it
        Evidence.of("p-value of the wrong chain against Gamma(2, 1)",
                fit(new MetropolisHastings(target, Proposal.symmetric(multiply::draw, multiply::logDensity)), new Gamma(2, 1), 3, 13),
                above(0.01));
    }

    private static double banana(double[] x) {
        double u = x[0] / 2, v = x[1] - 0.4 * (x[0] * x[0] - 4);
        return -u * u / 2 - v * v / 2;
    }

    private static double mixture(double[] x) {
        double a = 0, b = 0;
        for (int i = 0; i < 2; i++) {
            a += (x[i] - 1.5) * (x[i] - 1.5);
            b += (x[i] + 1) * (x[i] + 1) / 0.25;
        }
        return Math.log(0.7 * Math.exp(-a / 2) + 0.3 / 0.25 * Math.exp(-b / 2));
    }

    @Acceptance(topic = "metropolis-hastings", clause = 3)
    @Test void momentsOfBananaAndMixtureAreWithin4Mcse() {
        // x0 ~ N(0, 4), x1 = v + 0.4 (x0^2 - 4): variance 1 + 0.16 * 2 * 16
        double[][] bananaMoments = {{0, 4}, {0, 6.12}};
        // 0.7 * 1.5 - 0.3; 0.7 (1 + 2.25) + 0.3 (0.25 + 1) - 0.75^2
        double[][] mixtureMoments = {{0.75, 2.0875}, {0.75, 2.0875}};
        var wide = Proposal.independent(new StudentT(3, 0, 2.5));
        double worst = 0, largestError = 0;
        int compared = 0;
        for (int target = 0; target < 2; target++) {
            ToDoubleFunction<double[]> log = target == 0 ? MetropolisHastingsTest::banana : MetropolisHastingsTest::mixture;
            double[][] moments = target == 0 ? bananaMoments : mixtureMoments;
            var walk = new MetropolisHastings(log, Proposal.normal(2));
            var kernels = new MetropolisHastings[] {walk, walk.withTarget(0.3),
                    new MetropolisHastings(log, Proposal.normal(2.5).on(0), Proposal.normal(1.5).on(1)), new MetropolisHastings(log, wide)};
            for (var kernel : kernels) {
                var chains = new Mcmc(kernel, 4, 1_000, 40_000, 1).run(Rng.of(20), new double[] {0.5, 0.5});
                for (int j = 0; j < 2; j++, compared += 2) {
                    worst = Math.max(worst, Math.abs(chains.mean(j) - moments[j][0]) / chains.mcse(j));
                    worst = Math.max(worst, Math.abs(chains.variance(j) - moments[j][1]) / chains.mcseOfVariance(j));
                    largestError = Math.max(largestError, chains.mcse(j) / Math.sqrt(moments[j][1]));
                }
            }
        }
        Evidence.of("moments compared", compared, exactly(32));
        Evidence.of("largest distance in MCSE", worst, atMost(4));
        Evidence.of("largest MCSE of a mean in standard deviations", largestError, below(0.05));
    }

    @Acceptance(topic = "metropolis-hastings", clause = 4)
    @Test void bestJumpsAreAcceptedAQuarterOfTheTimeInTwentyDimensions() {
        var cauchyLike = new StudentT(5);
        ToDoubleFunction<double[]> normal = x -> {
            double sum = 0;
            for (double v : x) sum -= v * v / 2;
            return sum;
        }, heavy = x -> {
            double sum = 0;
            for (double v : x) sum -= 3 * Math.log1p(v * v / 5);
            return sum;
        };
        for (var target : new ToDoubleFunction[] {normal, heavy}) {
            double best = 0, at = 0, least = 1, most = 0;
            for (double scale = 0.15; scale < 2; scale *= 1.2) {
                @SuppressWarnings("unchecked") var kernel = new MetropolisHastings((ToDoubleFunction<double[]>) target,
                        Proposal.normal(scale));
                var chains = new Mcmc(kernel, 2, 1_000, 20_000, 1).run(Rng.of(30), startIn20(cauchyLike));
                double jump = 0, moved = 0;
                for (int c = 0; c < 2; c++) for (int t = 1; t < 20_000; t++) {
                    double[] a = chains.state(c, t - 1), b = chains.state(c, t);
                    for (int j = 0; j < 20; j++) jump += (b[j] - a[j]) * (b[j] - a[j]);
                    if (a[0] != b[0]) moved++;
                }
                double acceptance = moved / 2 / 19_999;
                if (jump > best) {
                    best = jump;
                    at = acceptance;
                }
                least = Math.min(least, acceptance);
                most = Math.max(most, acceptance);
            }
            Evidence.of("acceptance at the best squared jump", at, between(0.15, 0.35));
            Evidence.of("least acceptance tried", least, below(0.05));
            Evidence.of("largest acceptance tried", most, above(0.7));
        }
    }

    private static double[] startIn20(UnivariateDistribution law) {
        var x = new double[20];
        var rng = Rng.of(31);
        for (int j = 0; j < 20; j++) x[j] = law.sample(rng);
        return x;
    }

    @Acceptance(topic = "metropolis-hastings", clause = 5)
    @Test void warmupFindsTheScaleForAnAcceptanceOf0234() {
        double low = 1, high = 0;
        int runs = 0;
        for (int d : new int[] {2, 5, 20}) for (double start : new double[] {1e-3, 1, 1e3}) for (double rho : new double[] {0, 0.9}) {
            double[][] covariance = new double[d][d];
            for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) covariance[i][j] = (i + 1) * (j + 1) * Math.pow(rho, Math.abs(i - j));
            var law = new MultivariateNormal(new double[d], covariance);
            var kernel = new MetropolisHastings(law::logDensity, Proposal.normal(start)).withTarget(0.234);
            var chains = new Mcmc(kernel, 1, 3_000, 4_000, 1).run(Rng.of(40 + d), new double[d]);
            double moved = 0;
            for (int t = 1; t < 4_000; t++) if (chains.state(0, t)[0] != chains.state(0, t - 1)[0]) moved++;
            low = Math.min(low, moved / 3_999);
            high = Math.max(high, moved / 3_999);
            runs++;
        }
        Evidence.of("runs", runs, exactly(18));
        Evidence.of("least acceptance", low, equalTo(0.234, 0.05));
        Evidence.of("largest acceptance", high, equalTo(0.234, 0.05));
    }

    @Acceptance(topic = "metropolis-hastings", clause = 6)
    @Test void sameSeedSameChain() {
        var kernel = new MetropolisHastings(MetropolisHastingsTest::banana, Proposal.normal(2)).withTarget(0.3);
        var mcmc = new Mcmc(kernel, 4, 300, 500, 1);
        var first = mcmc.run(Rng.of(50), new double[2]);
        double differences = 0;
        var used = Rng.of(50);
        used.nextGaussian();
        for (var rng : new Rng[] {Rng.of(50), used}) differences += differences(first, mcmc.run(rng, new double[2]));
        var alone = new Chains[1];
        Parallel.sequentially(() -> alone[0] = mcmc.run(Rng.of(50), new double[2]));
        differences += differences(first, alone[0]);
        Evidence.of("numbers that differ between runs of one seed", differences, exactly(0));
        Evidence.of("numbers that differ under another seed", differences(first, mcmc.run(Rng.of(51), new double[2])), above(3_900));
        var chains = new double[4][];
        for (int c = 0; c < 4; c++) chains[c] = first.trace(c, 0);
        Evidence.of("chains of one run that are equal", 4 - Arrays.stream(chains).map(Arrays::toString).distinct().count(), exactly(0));
    }

    private static int differences(Chains a, Chains b) {
        double[] x = a.toTensor().toDoubleArray(), y = b.toTensor().toDoubleArray();
        int n = 0;
        for (int i = 0; i < x.length; i++) if (x[i] != y[i]) n++;
        return n;
    }

    /** A walk on integers that knows the mass function alone, and one on pairs that only moves a block. */
    @Test void discreteStatesAndBlocks() {
        var law = new Poisson(3.5);
        ToDoubleFunction<double[]> mass = x -> x[0] < 0 ? Double.NEGATIVE_INFINITY : law.logDensity(x[0]);
        double[] draws = new Mcmc(new MetropolisHastings(mass, Proposal.integer(3)), 1, 100, 5_000, 20).run(Rng.of(60), new double[] {3})
                .trace(0, 0);
        double[] counts = new double[9], expected = new double[9];
        for (double x : draws) counts[(int) Math.min(8, x)]++;
        for (int k = 0; k < 8; k++) expected[k] = 5_000 * law.density(k);
        expected[8] = 5_000 * law.survival(7);
        assertThat(HypothesisTest.chiSquare(counts, expected).pValue()).isGreaterThan(0.01);

        double[][] states = new double[12][];
        for (int i = 0; i < 12; i++) states[i] = new double[] {i / 4, i % 4};
        ToDoubleFunction<double[]> pair = x -> x[0] < 0 || x[0] > 2 || x[1] < 0 || x[1] > 3 ? Double.NEGATIVE_INFINITY
                : Math.sin(3 * x[0] + 5 * x[1]) + 0.3 * x[0] * x[1];
        var blocks = new MetropolisHastings(pair, Proposal.integer(1).on(0), Proposal.integer(2).on(1));
        var exact = StationaryCheck.of(blocks, pair, states);
        assertThat(exact.stationarity()).isLessThan(1e-15);
        assertThat(exact.detailedBalance()).isGreaterThan(1e-3); // a sweep of two is not reversible
        assertThat(StationaryCheck.of(new MetropolisHastings(pair, Proposal.integer(1).on(0)), pair, states).detailedBalance())
                .isLessThan(1e-15);
    }

    /** Warm-up learns the target's shape, of a block too: a tilted ellipse of 1 to 100 is walked as a circle would be. */
    @Test void warmupFindsTheShape() {
        double[][] covariance = {{1, 0, 95}, {0, 1, 0}, {95, 0, 10_000}};
        var law = new MultivariateNormal(new double[3], covariance);
        var kernel = new MetropolisHastings(law::logDensity, Proposal.normal(1).on(2, 0), Proposal.normal(2.4).on(1)).withTarget(0.3);
        var chains = new Mcmc(kernel, 4, 2_000, 5_000, 1).run(Rng.of(45), new double[3]);
        for (int j = 0; j < 3; j++) {
            assertThat(chains.ess(j)).as("coordinate %d", j).isGreaterThan(1_500);
            assertThat(chains.variance(j)).isCloseTo(covariance[j][j], within(4 * chains.mcseOfVariance(j)));
        }
    }

    /** Walks' densities against the normal's. */
    @Test void proposalsTellTheirDensity() {
        double[][] covariance = {{2, 0.6}, {0.6, 0.5}};
        double[] x = {1, 7, -2}, y = {1.5, 7, -2.7};
        double expected = new MultivariateNormal(new double[] {1, -2}, covariance).logDensity(new double[] {1.5, -2.7});
        assertThat(Proposal.normal(covariance).on(0, 2).logDensity(x, y)).isCloseTo(expected, within(1e-13));
        assertThat(Proposal.normal(covariance).on(0, 1).logDensity(x, y)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(Proposal.normal(2, 0.3, 1).logDensity(x, new double[] {2, 7.3, -1}))
                .isCloseTo(-0.125 - 0.5 - 0.5 - Math.log(0.6) - 1.5 * Math.log(2 * Math.PI), within(1e-12));
        var log = Proposal.logNormal(0.5).on(1);
        double z = Math.log(8.0 / 7) / 0.5;
        assertThat(log.logDensity(x, new double[] {1, 8, -2})).isCloseTo(-z * z / 2 - Math.log(0.5 * 8) - 0.5 * Math.log(2 * Math.PI),
                within(1e-12));
        assertThatThrownBy(() -> new Mcmc(new MetropolisHastings(v -> 0, Proposal.normal(1, 2))).run(Rng.of(1), new double[3]))
                .hasMessageContaining("steps of 2 coordinates for 3");
        assertThatThrownBy(
                () -> new Mcmc(new MetropolisHastings(v -> Double.NEGATIVE_INFINITY, Proposal.normal(1))).run(Rng.of(1), new double[1]))
                .hasMessageContaining("start where it is finite");
    }

    /** The standard normal's acceptance rate that the article tells: 2/pi arctan(2/s). */
    @Test void acceptanceOfANormalWalkHasItsClosedForm() {
        for (double s : new double[] {0.1, 1, 2.4, 10}) {
            var chains = new Mcmc(new MetropolisHastings(x -> -x[0] * x[0] / 2, Proposal.normal(s)), 4, 100, 20_000, 1).run(Rng.of(70),
                    new double[1]);
            assertThat(chains.acceptance()).isCloseTo(2 / Math.PI * Math.atan(2 / s), within(0.01));
            assertThat(chains.evaluations()).isEqualTo(80_000);
        }
    }
}
