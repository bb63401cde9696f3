package lyceum.bayes;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.prob.Binomial;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class McmcTest {
    @Acceptance(topic = "mcmc", clause = 1)
    @Test void randomTargetsOfSixStatesStayAsTheyAre() {
        var rng = Rng.of(1);
        double balance = 0, stationary = 0, unit = 0, unequal = 0;
        int targets = 0;
        for (; targets < 100; targets++) {
            var pi = new double[6];
            var q = new double[6][6];
            double sum = 0;
            for (int i = 0; i < 6; i++) sum += pi[i] = Math.pow(rng.nextDouble(), 3) + 1e-4;
            for (int i = 0; i < 6; i++) {
                pi[i] /= sum;
                double row = 0;
                for (int j = 0; j < 6; j++) row += q[i][j] = rng.nextDouble() * (i == j ? 0.2 : 1);
                for (int j = 0; j < 6; j++) q[i][j] /= row;
            }
            var states = new double[6][1];
            for (int i = 0; i < 6; i++) states[i][0] = i;
            ToDoubleFunction<double[]> log = x -> Math.log(pi[(int) x[0]]) - 3;
            var check = StationaryCheck.of(new MetropolisHastings(log, Proposal.matrix(q)), log, states);
            double[][] p = check.transition();
            double flows = 0, change = 0;
            for (int i = 0; i < 6; i++) {
                double arrives = 0;
                for (int j = 0; j < 6; j++) {
                    arrives += pi[j] * p[j][i];
                    flows = Math.max(flows, Math.abs(pi[i] * p[i][j] - pi[j] * p[j][i]));
                    unequal = Math.max(unequal, Math.abs(p[i][j] - p[j][i]));
                }
                change = Math.max(change, Math.abs(arrives - pi[i]));
            }
            balance = Math.max(balance, flows);
            stationary = Math.max(stationary, change);
            unit = Math.max(unit, Math.abs(check.detailedBalance() - flows) + Math.abs(check.stationarity() - change));
        }
        Evidence.of("targets", targets, exactly(100));
        Evidence.of("largest |pi_i P_ij - pi_j P_ji|", balance, below(1e-12));
        Evidence.of("largest |pi P - pi|", stationary, below(1e-12));
        Evidence.of("StationaryCheck's answers less the test's", unit, below(1e-15));
        Evidence.of("largest |P_ij - P_ji|", unequal, above(0.3));
    }

    /** A matrix that does not keep the target is seen by {@link StationaryCheck}, by how much it is off. */
    @Test void checksSeeWhatIsWrong() {
        var wrong = new StationaryCheck(new double[] {0.2, 0.8}, new double[][] {{0.5, 0.5}, {0.25, 0.75}});
        assertThat(wrong.detailedBalance()).isCloseTo(0.1, within(1e-15));
        assertThat(wrong.stationarity()).isCloseTo(0.1, within(1e-15));
        var turning = new StationaryCheck(new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0}, new double[][] {{0, 1, 0}, {0, 0, 1}, {1, 0, 0}});
        assertThat(turning.stationarity()).isZero();
        assertThat(turning.detailedBalance()).isCloseTo(1 / 3.0, within(1e-15));
    }

    @Acceptance(topic = "mcmc", clause = 2)
    @Test void effectiveSizesOfAutoregressionsAreTheirs() {
        for (double rho : new double[] {0, 0.5, 0.9}) {
            double plain = 0, bulk = 0;
            for (int replicate = 0; replicate < 20; replicate++) {
                var chains = new double[4][25_000];
                for (int c = 0; c < 4; c++) {
                    var rng = Rng.of(100 + replicate).split(c);
                    double x = rng.nextGaussian() / Math.sqrt(1 - rho * rho);
                    for (int t = 0; t < 25_000; t++) chains[c][t] = x = rho * x + rng.nextGaussian();
                }
                plain += ChainDiagnostics.ess(chains) / 20;
                bulk += ChainDiagnostics.bulkEss(chains) / 20;
            }
            double truth = 100_000 * (1 - rho) / (1 + rho);
            Evidence.of("mean ESS over n (1 - rho) / (1 + rho) - 1 at rho " + rho, Math.abs(plain / truth - 1), below(0.1));
            Evidence.of("the same of the bulk ESS", Math.abs(bulk / truth - 1), below(0.1));
        }
    }

    @Acceptance(topic = "mcmc", clause = 3)
    @Test void conjugatePosteriorsAreMatched() {
        double worst = 0, widest = 0;
        int compared = 0;
        for (int data = 0; data < 4; data++) {
            var rng = Rng.of(200 + data);
            int n = 5 + 10 * data, heads = rng.nextInt(n / 2);
            // y ~ N(theta, 2^2), theta ~ N(1, 3^2)
            var y = new double[n];
            double sum = 0;
            for (int i = 0; i < n; i++) sum += y[i] = 4 + 2 * rng.nextGaussian();
            double precision = n / 4.0 + 1 / 9.0, mean = (sum / 4 + 1 / 9.0) / precision;
            ToDoubleFunction<double[]> normal = x -> {
                double log = new Normal(1, 3).logDensity(x[0]);
                for (double v : y) log += new Normal(x[0], 2).logDensity(v);
                return log;
            };
            // heads of n tosses, p ~ Beta(2, 3)
            double a = 2 + heads, b = 3 + n - heads;
            ToDoubleFunction<double[]> beta = x -> x[0] <= 0 || x[0] >= 1 ? Double.NEGATIVE_INFINITY
                    : Math.log(x[0]) + 2 * Math.log1p(-x[0]) + new Binomial(n, x[0]).logDensity(heads);
            double[][] moments = {{mean, 1 / precision}, {a / (a + b), a * b / ((a + b) * (a + b) * (a + b + 1))}};
            for (int model = 0; model < 2; model++) {
                var kernel = new MetropolisHastings(model == 0 ? normal : beta, Proposal.normal(1)).withTarget(0.4);
                var chains = new Mcmc(kernel, 4, 1_000, 10_000, 1).run(Rng.of(210 + data), new double[] {0.5});
                worst = Math.max(worst, Math.abs(chains.mean(0) - moments[model][0]) / chains.mcse(0));
                worst = Math.max(worst, Math.abs(chains.variance(0) - moments[model][1]) / chains.mcseOfVariance(0));
                widest = Math.max(widest,
                        Math.max(chains.mcse(0) / Math.sqrt(moments[model][1]), chains.mcseOfVariance(0) / moments[model][1]));
                compared += 2;
            }
        }
        Evidence.of("means and variances compared", compared, exactly(16));
        Evidence.of("largest distance in MCSE", worst, atMost(4));
        Evidence.of("largest MCSE, of a mean in deviations or of a variance in variances", widest, below(0.03));
    }

    @Acceptance(topic = "mcmc", clause = 4)
    @Test void rHatSeesChainsInSeparateModes() {
        ToDoubleFunction<double[]> modes = x -> {
            double a = Math.exp(-(x[0] - 6) * (x[0] - 6) / 2), b = Math.exp(-(x[0] + 6) * (x[0] + 6) / 2);
            return Math.log(0.5 * a + 0.5 * b);
        };
        var walk = new Mcmc(new MetropolisHastings(modes, Proposal.normal(1.5)), 2, 200, 4_000, 1);
        double least = Double.POSITIVE_INFINITY, largest = 0;
        for (int seed = 0; seed < 10; seed++) {
            var stuck = walk.run(Rng.of(300 + seed), new double[] {-6}, new double[] {6});
            assertThat(Arrays.stream(stuck.trace(0, 0)).max().orElseThrow()).isNegative();
            least = Math.min(least, stuck.rHat(0));
            var converged = new Mcmc(new MetropolisHastings(modes, Proposal.normal(9)), 2, 200, 20_000, 1).run(Rng.of(300 + seed),
                    new double[] {-6}, new double[] {6});
            assertThat(converged.mean(0)).isCloseTo(0, within(4 * converged.mcse(0)));
            largest = Math.max(largest, converged.rHat(0));
        }
        Evidence.of("least R-hat of two chains stuck apart", least, above(1.5));
        Evidence.of("largest R-hat of two that go between", largest, below(1.01));
    }

    /** {@code chains(i)} of tools/golden/stats_mcmc.py. */
    private static double[][] chains(int i) {
        var g = new Recipe(61_000 + i);
        int n = new int[] {40, 75, 200, 333, 100, 128, 51, 240}[i], m = new int[] {1, 2, 4, 3, 2, 4, 2, 4}[i];
        double rho = new double[] {0.0, 0.5, 0.9, 0.3, 0.7, -0.6, 0.95, 0.2}[i];
        double[][] e = g.matrix(n, m), x = new double[m][n];
        for (int c = 0; c < m; c++) {
            x[c][0] = e[0][c];
            for (int t = 1; t < n; t++) x[c][t] = rho * x[c][t - 1] + e[t][c];
        }
        for (int c = 0; c < m; c++) for (int t = 0; t < n; t++) {
            if (i == 2 && c == 3) x[c][t] += 4;
            if (i == 3 && c == 1) x[c][t] *= 3;
            if (i == 4) x[c][t] = Math.rint(x[c][t]);
            if (i == 6) x[c][t] += 0.05 * t;
            if (i == 7) x[c][t] = x[c][t] * x[c][t] * x[c][t];
        }
        return x;
    }

    @Test void diagnosticsEqualThoseOfPosterior() {
        var gap = Gap.relative();
        for (var c : Golden.load("golden/mcmc.json").cases("chains")) {
            double[][] x = chains(c.integer("input.set"));
            gap.see(c, "expected.rHat", ChainDiagnostics.rHat(x));
            gap.see(c, "expected.splitRHat", ChainDiagnostics.splitRHat(x));
            gap.see(c, "expected.bulkEss", ChainDiagnostics.bulkEss(x));
            gap.see(c, "expected.tailEss", ChainDiagnostics.tailEss(x));
            gap.see(c, "expected.ess", ChainDiagnostics.ess(x));
            gap.see(c, "expected.mcse", ChainDiagnostics.mcse(x));
            gap.see(c, "expected.quantileEss", ChainDiagnostics.quantileEss(x, 0.3));
        }
        assertThat(gap.seen()).isEqualTo(56);
        assertThat(gap.worst()).as(gap.toString()).isLessThan(1e-11);
    }

    @Test void autocorrelationIsTheSumOfProducts() {
        for (int n : new int[] {12, 63, 64, 65}) {
            double[][] x = {new Recipe(n).bells(n), new Recipe(n + 1).bells(n), new Recipe(n + 2).bells(n)};
            double[] rho = ChainDiagnostics.autocorrelation(x, n - 1), expected = new double[n];
            for (double[] chain : x) {
                double mean = Arrays.stream(chain).average().orElseThrow();
                for (int t = 0; t < n; t++) for (int i = 0; i + t < n; i++) expected[t] += (chain[i] - mean) * (chain[i + t] - mean);
            }
            for (int t = 0; t < n; t++) assertThat(rho[t]).isCloseTo(expected[t] / expected[0], within(1e-14));
        }
    }

    /** A kernel that counts its steps, and tunes itself by adding 1000 to each step of warm-up. */
    private static final TransitionKernel COUNTER = (x, warmup, rng) -> new TransitionKernel.Walker() {
        private final double[] state = x.clone();
        private int steps;

        @Override public void step() {
            state[0] += 1;
            if (steps++ < warmup) state[1] += 1_000;
        }

        @Override public double[] state() { return state; }

        @Override public double acceptance() { return steps % 2; }

        @Override public boolean diverged() { return steps % 5 == 0; }

        @Override public long evaluations() { return 3L * steps; }

        @Override public double stepSize() { return warmup; }
    };

    @Test void driverWarmsUpThinsAndKeeps() {
        var chains = new Mcmc(COUNTER, 2, 10, 20, 3).run(Rng.of(1), new double[] {0, 0}, new double[] {100, 1});
        assertThat(chains.count()).isEqualTo(2);
        assertThat(chains.draws()).isEqualTo(20);
        assertThat(chains.dimensions()).isEqualTo(2);
        for (int t = 0; t < 20; t++) {
            assertThat(chains.state(0, t)).containsExactly(13 + 3 * t, 10_000);
            assertThat(chains.state(1, t)).containsExactly(113 + 3 * t, 10_001);
            assertThat(chains.diverged(0, t)).isEqualTo((13 + 3 * t) % 5 == 0);
        }
        assertThat(chains.acceptance()).isEqualTo(0.5);
        assertThat(chains.divergences()).isEqualTo(8);
        assertThat(chains.evaluations()).isEqualTo(2 * 180);
        assertThat(chains.stepSizes()).containsExactly(10, 10);
        assertThat(chains.pooled(0)).hasSize(40).startsWith(13, 16).endsWith(167, 170);
        assertThat(chains.toTensor().get(1, 2, 0).item()).isEqualTo(119);
        assertThat(chains.mean(0)).isCloseTo(91.5, within(1e-12));
        assertThat(chains.quantile(0, 0.5)).isEqualTo(91.5);
        assertThat(chains.map(x -> 2 * x[0] + x[1]).trace(1, 0)[1]).isEqualTo(2 * 116 + 10_001);
        assertThat(chains.rankHistogram(0, 4)).isDeepEqualTo(new int[][] {{10, 10, 0, 0}, {0, 0, 10, 10}});
        assertThat(Chains.of(new double[][][] {{{1, 2}, {3, 4}}}).state(0, 1)).containsExactly(3, 4);
        assertThat(chains.toString()).contains("2 chains of 20 draws, acceptance 0.50, 8 divergences").contains("R-hat");
    }

    private static List<TransitionKernel> tunedKernels() {
        var normal = LogDensity.of(x -> -x[0] * x[0] / 2 - x[1] * x[1] / 18, (x, g) -> {
            g[0] = -x[0];
            g[1] = -x[1] / 9;
            return -x[0] * x[0] / 2 - x[1] * x[1] / 18;
        });
        return List.of(new MetropolisHastings(normal::at, Proposal.normal(0.01)).withTarget(0.3), new Nuts(normal),
                new Nuts(normal).withMass(InverseMass.Kind.DENSE), new Hmc(normal, 5), new Langevin(normal, 0.01).withTarget(0.574));
    }

    /** Warm-up moves the step, and what is recorded comes from one and the same chain: a tuned kernel samples its target still. */
    @Test void kernelsAreTunedInWarmupAlone() {
        for (var kernel : tunedKernels()) {
            var walker = kernel.start(new double[2], 300, Rng.of(80));
            double before = walker.stepSize();
            for (int t = 0; t < 300; t++) walker.step();
            double settled = walker.stepSize();
            assertThat(settled).as(kernel.toString()).isNotEqualTo(before).isPositive();
            for (int t = 0; t < 300; t++) {
                walker.step();
                assertThat(walker.stepSize()).as(kernel.toString()).isEqualTo(settled);
            }
            var chains = new Mcmc(kernel, 4, 1_000, 10_000, 1).run(Rng.of(81), new double[2]);
            for (int j = 0; j < 2; j++) {
                double variance = j == 0 ? 1 : 9;
                assertThat(chains.mean(j)).as(kernel.toString()).isCloseTo(0, within(4 * chains.mcse(j)));
                assertThat(chains.variance(j)).as(kernel.toString()).isCloseTo(variance, within(4 * chains.mcseOfVariance(j)));
            }
        }
    }

    /** However short, a warm-up leaves a kernel that runs. */
    @Test void warmupsMayBeShort() {
        for (var kernel : tunedKernels()) for (int warmup = 0; warmup < 40; warmup++) {
            var chains = new Mcmc(kernel, 1, warmup, 20, 1).run(Rng.of(82), new double[2]);
            assertThat(chains.stepSizes()[0]).as(kernel + " " + warmup).satisfiesAnyOf(s -> assertThat(s).isPositive(),
                    s -> assertThat(s).isNaN());
        }
    }

    @Test void nothingCanBeSaidOfConstantChains() {
        assertThat(ChainDiagnostics.rHat(new double[2][20])).isNaN();
        assertThat(ChainDiagnostics.tailEss(new double[2][20])).isNaN();
        var holed = new double[2][20];
        holed[1][3] = Double.NaN;
        holed[0][2] = 1;
        assertThat(ChainDiagnostics.bulkEss(holed)).isNaN();
        assertThat(ChainDiagnostics.mcse(holed)).isNaN();
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> new Mcmc(COUNTER).withThin(0)).hasMessage("Mcmc: thin is 0; it is at least 1");
        assertThatThrownBy(() -> new Mcmc(COUNTER).run(Rng.of(1), new double[2], new double[2]))
                .hasMessageContaining("2 starts for 4 chains");
        assertThatThrownBy(() -> ChainDiagnostics.rHat(new double[1][11])).hasMessageContaining("1 chains of 11 draws");
        assertThatThrownBy(() -> COUNTER.transitionMatrix(new double[2])).hasMessageContaining("does not tell its probabilities");
    }
}
