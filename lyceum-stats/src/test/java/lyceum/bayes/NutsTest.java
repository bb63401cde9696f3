package lyceum.bayes;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.linalg.Linalg;
import lyceum.prob.Beta;
import lyceum.prob.Gamma;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.stats.HypothesisTest;
import lyceum.stats.Transform;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NutsTest {
    private interface WithGradient {
        double at(double[] x, double[] gradient);
    }

    private static LogDensity density(WithGradient f) { return LogDensity.of(x -> f.at(x, new double[x.length]), f::at); }

    /** Neither symmetric nor quadratic, in three dimensions. */
    private static final LogDensity BENT = density((x, g) -> {
        double v = x[1] - 0.5 * x[0] * x[0] + x[2], w = x[2] - Math.sin(x[0]);
        g[0] = -x[0] + v * x[0] * 2 + w * Math.cos(x[0]) * 0.5;
        g[1] = -2 * v;
        g[2] = -2 * v - 0.5 * w;
        return -x[0] * x[0] / 2 - v * v - 0.25 * w * w;
    });

    private static double mean(int i) { return i % 7 - 3; }

    private static final double[] SCALES = {0.1, 0.3, 1, 3, 10};

    private static double scale(int i) { return SCALES[i % 5]; }

    /** Autoregression of correlation rho between neighbours, with means and scales of 0.1 to 10. */
    private static LogDensity correlated(double rho) {
        return density((x, g) -> {
            double log = 0, before = 0, variance = 1;
            Arrays.fill(g, 0);
            for (int i = 0; i < x.length; i++) {
                double z = (x[i] - mean(i)) / scale(i), r = z - rho * before;
                log -= r * r / (2 * variance);
                g[i] -= r / variance / scale(i);
                if (i > 0) g[i - 1] += rho * r / variance / scale(i - 1);
                before = z;
                variance = 1 - rho * rho;
            }
            return log;
        });
    }

    private static final LogDensity STANDARD = density((x, g) -> {
        double log = 0;
        for (int i = 0; i < x.length; i++) {
            log -= x[i] * x[i] / 2;
            g[i] = -x[i];
        }
        return log;
    });

    private static final double[] EFFECTS = {28, 8, -3, 7, -1, 1, 18, 12}, ERRORS = {15, 10, 16, 11, 9, 11, 10, 18};

    /** Eight schools (Rubin 1981) of mu, tau and eta_j, with theta_j = mu + tau eta_j. */
    private static final LogDensity NON_CENTRED = density((x, g) -> {
        double log = -x[0] * x[0] / 50 - Math.log1p(x[1] * x[1] / 25);
        g[0] = -x[0] / 25;
        g[1] = -2 * x[1] / (25 + x[1] * x[1]);
        for (int j = 0; j < 8; j++) {
            double r = (EFFECTS[j] - x[0] - x[1] * x[j + 2]) / ERRORS[j];
            log -= (r * r + x[j + 2] * x[j + 2]) / 2;
            g[0] += r / ERRORS[j];
            g[1] += r / ERRORS[j] * x[j + 2];
            g[j + 2] = r / ERRORS[j] * x[1] - x[j + 2];
        }
        return log;
    });

    /** The same of mu, tau and theta_j themselves. */
    private static final LogDensity CENTRED = density((x, g) -> {
        double log = -x[0] * x[0] / 50 - Math.log1p(x[1] * x[1] / 25) - 8 * Math.log(x[1]);
        g[0] = -x[0] / 25;
        g[1] = -2 * x[1] / (25 + x[1] * x[1]) - 8 / x[1];
        for (int j = 0; j < 8; j++) {
            double r = (EFFECTS[j] - x[j + 2]) / ERRORS[j], s = (x[j + 2] - x[0]) / x[1];
            log -= (r * r + s * s) / 2;
            g[0] += s / x[1];
            g[1] += s * s / x[1];
            g[j + 2] = r / ERRORS[j] - s / x[1];
        }
        return log;
    });

    private static Constrained schools(LogDensity density) {
        var transforms = new Transform[10];
        Arrays.fill(transforms, Transform.IDENTITY);
        transforms[1] = Transform.LOG;
        return new Constrained(density, transforms);
    }

    /** The gradients of this test, by finite differences. */
    @Test void gradientsAreRight() {
        var targets = new LogDensity[] {BENT, correlated(0.7), STANDARD, NON_CENTRED, CENTRED, schools(CENTRED).unconstrained(),
                new Constrained(new GammaTimesBeta(), Transform.LOG, Transform.LOGIT).unconstrained()};
        int[] sizes = {3, 6, 4, 10, 10, 10, 2};
        for (int k = 0; k < targets.length; k++) {
            double[] x = Rng.of(k).doubles(sizes[k], 0.3, 1.5).toArray(), g = x.clone();
            double value = targets[k].at(x, g);
            assertThat(targets[k].at(x)).isEqualTo(value);
            for (int i = 0; i < x.length; i++) {
                double keep = x[i], h = 1e-5;
                x[i] = keep + h;
                double up = targets[k].at(x);
                x[i] = keep - h;
                double slope = (up - targets[k].at(x)) / (2 * h);
                x[i] = keep;
                assertThat(g[i]).isCloseTo(slope, within(1e-6 * (1 + Math.abs(slope))));
            }
        }
    }

    @Acceptance(topic = "hmc-nuts", clause = 1)
    @Test void leapfrogIsReversibleKeepsVolumeAndIsOfSecondOrder() {
        var metrics = new InverseMass[] {InverseMass.unit(3), InverseMass.diagonal(0.5, 1, 2),
                InverseMass.dense(new double[][] {{1, 0.4, 0}, {0.4, 2, 0.3}, {0, 0.3, 0.5}})};
        double back = 0, volume = 0, least = 9, most = 0, moved = 9;
        for (var metric : metrics) {
            var motion = new Leapfrog(BENT, metric);
            for (int k = 0; k < 5; k++) {
                var rng = Rng.of(10 + k);
                double[] q = {rng.nextGaussian(), rng.nextGaussian(), rng.nextGaussian()},
                        p = {rng.nextGaussian(), rng.nextGaussian(), rng.nextGaussian()};
                var from = motion.at(q, p);
                var to = motion.advance(from, 0.1, 50);
                var flipped = motion.advance(motion.at(to.position(), Arrays.stream(to.momentum()).map(v -> -v).toArray()), 0.1, 50);
                moved = Math.min(moved, Math.abs(to.position()[0] - q[0]) + Math.abs(to.position()[1] - q[1]));
                for (int i = 0; i < 3; i++)
                    back = Math.max(back, Math.max(Math.abs(flipped.position()[i] - q[i]), Math.abs(flipped.momentum()[i] + p[i])));

                var jacobian = new double[6][6];
                for (int j = 0; j < 6; j++) {
                    double h = 1e-5;
                    double[] up = flow(motion, q, p, j, h), down = flow(motion, q, p, j, -h), up2 = flow(motion, q, p, j, 2 * h),
                            down2 = flow(motion, q, p, j, -2 * h);
                    // fourth-order differences
                    for (int i = 0; i < 6; i++) jacobian[i][j] = (8 * (up[i] - down[i]) - up2[i] + down2[i]) / (12 * h);
                }
                volume = Math.max(volume, Math.abs(Linalg.det(Tensor.of(jacobian)).item() - 1));

                double[] steps = {0.04, 0.02, 0.01, 0.005}, errors = new double[4];
                for (int s = 0; s < 4; s++) {
                    var at = from;
                    for (int t = 0; t < Math.round(2 / steps[s]); t++) {
                        at = motion.step(at, steps[s]);
                        errors[s] = Math.max(errors[s], Math.abs(at.energy() - from.energy()));
                    }
                }
                double slope = Math.log(errors[0] / errors[3]) / Math.log(8);
                least = Math.min(least, slope);
                most = Math.max(most, slope);
            }
        }
        Evidence.of("largest distance from the start, there and back", back, below(1e-10));
        Evidence.of("least way between", moved, above(0.1));
        Evidence.of("largest |determinant - 1|", volume, below(1e-6));
        Evidence.of("least slope of the energy error in the step", least, equalTo(2, 0.1));
        Evidence.of("largest slope", most, equalTo(2, 0.1));
    }

    /** The article's picture: unit normals of correlation 0.95, 25 steps of 0.15. */
    @Test void theArticlesPathIsAcceptedNinetyNineTimesInAHundred() {
        // 1.95 |x|^2 - 0.95 (x_0 + x_1)^2 is x' S^-1 x times 1 - 0.95^2
        var narrow = LogDensity.of(x -> x.square().sum().mul(1.95).sub(x.sum().square().mul(0.95)).mul(-0.5 / 0.0975));
        var motion = new Leapfrog(narrow, InverseMass.unit(2));
        var from = motion.at(new double[] {-1.6, -1.5}, new double[] {0.3, -0.55});
        var to = motion.advance(from, 0.15, 25);
        assertThat(to.position()).containsExactly(new double[] {1.225, 1.405}, within(2e-3));
        assertThat(Math.exp(from.energy() - to.energy())).isCloseTo(0.988, within(1e-3));
    }

    private static double[] flow(Leapfrog motion, double[] q, double[] p, int j, double h) {
        double[] a = q.clone(), b = p.clone();
        if (j < 3) a[j] += h;
        else b[j - 3] += h;
        var to = motion.advance(motion.at(a, b), 0.2, 10);
        double[] all = Arrays.copyOf(to.position(), 6);
        System.arraycopy(to.momentum(), 0, all, 3, 3);
        return all;
    }

    private static double[] start(int d, long seed) {
        var x = new double[d];
        var rng = Rng.of(seed);
        for (int i = 0; i < d; i++) x[i] = mean(i) + 3 * scale(i) * rng.nextGaussian();
        return x;
    }

    @Tag("heavy")
    @Acceptance(topic = "hmc-nuts", clause = 2)
    @Test void momentsOfAHundredCorrelatedNormalsAreWithin4Mcse() {
        double worst = 0, rHat = 0, error = 0;
        int compared = 0;
        for (int d : new int[] {100, 20}) {
            var kind = d == 100 ? InverseMass.Kind.DIAGONAL : InverseMass.Kind.DENSE;
            var chains = new Mcmc(new Nuts(correlated(0.8)).withMass(kind)).run(Rng.of(20), start(d, 21), start(d, 22), start(d, 23),
                    start(d, 24));
            for (int i = 0; i < d; i++, compared += 2) {
                worst = Math.max(worst, Math.abs(chains.mean(i) - mean(i)) / chains.mcse(i));
                worst = Math.max(worst, Math.abs(chains.variance(i) - scale(i) * scale(i)) / chains.mcseOfVariance(i));
                rHat = Math.max(rHat, chains.rHat(i));
                error = Math.max(error, chains.mcse(i) / scale(i));
            }
            assertThat(chains.divergences()).isZero();
            int middle = d / 2;
            var product = chains
                    .map(x -> (x[middle] - mean(middle)) / scale(middle) * (x[middle + 1] - mean(middle + 1)) / scale(middle + 1));
            assertThat(product.mean(0)).isCloseTo(0.8, within(4 * product.mcse(0)));
        }
        Evidence.of("means and variances compared, 100 dimensions and 20 with a dense metric", compared, exactly(240));
        Evidence.of("largest distance in MCSE", worst, atMost(4));
        Evidence.of("largest MCSE of a mean in standard deviations", error, below(0.05));
        Evidence.of("largest R-hat", rHat, atMost(1.01));
    }

    private static double essPerEvaluation(Chains chains) {
        double sum = 0;
        for (int j = 0; j < chains.dimensions(); j++) sum += chains.ess(j) / chains.dimensions();
        return sum / chains.evaluations();
    }

    @Tag("slow")
    @Acceptance(topic = "hmc-nuts", clause = 3)
    @Test void aGradientIsWorthTenStepsOfARandomWalkInFiftyDimensions() {
        for (double rho : new double[] {0, 0.9}) {
            var target = correlated(rho);
            double[] from = start(50, 30);
            double nuts = essPerEvaluation(
                    new Mcmc(new Nuts(target).withMass(rho == 0 ? InverseMass.Kind.DIAGONAL : InverseMass.Kind.DENSE)).run(Rng.of(31),
                            from));
            // the walk is told what it could wish for: the target's covariance, and the best length
            var covariance = new double[50][50];
            for (int i = 0; i < 50; i++)
                for (int j = 0; j < 50; j++) covariance[i][j] = scale(i) * scale(j) * Math.pow(rho, Math.abs(i - j)) * 2.38 * 2.38 / 50;
            var walk = new MetropolisHastings(target::at, Proposal.normal(covariance));
            double steps = essPerEvaluation(new Mcmc(walk, 4, 5_000, 30_000, 1).run(Rng.of(32), from));
            Evidence.of("ESS per gradient over the random walk's per density", nuts / steps, atLeast(10));
            assertThat(steps).as("walk").isBetween(0.003, 0.01); // 0.331 / 50 is the best that theory knows
        }
    }

    @Acceptance(topic = "hmc-nuts", clause = 4)
    @Test void eightSchools() {
        var nonCentred = schools(NON_CENTRED);
        var chains = new Mcmc(new Nuts(nonCentred.unconstrained())).withDraws(10_000).run(Rng.of(40), new double[10])
                .transform(nonCentred::from);
        double rHat = 0;
        for (int j = 0; j < 10; j++) rHat = Math.max(rHat, chains.rHat(j));
        Evidence.of("posterior mean of mu", chains.mean(0), equalTo(4.4, 0.3));
        Evidence.of("posterior mean of tau", chains.mean(1), equalTo(3.6, 0.3));
        Evidence.of("larger of their MCSE", Math.max(chains.mcse(0), chains.mcse(1)), below(0.05));
        Evidence.of("largest R-hat of 10 parameters", rHat, atMost(1.01));
        int least = Integer.MAX_VALUE;
        for (int seed = 41; seed < 44; seed++)
            least = Math.min(least, new Mcmc(new Nuts(schools(CENTRED).unconstrained())).run(Rng.of(seed), new double[10]).divergences());
        Evidence.of("least divergences of the centred form, 3 seeds", least, atLeast(1));
        Evidence.of("share of divergences in the non-centred form", chains.divergences() / 40_000.0, below(0.001));
    }

    @Tag("slow")
    @Acceptance(topic = "hmc-nuts", clause = 5)
    @Test void acceptanceIsWhatWasAskedFor() {
        for (int seed = 50; seed < 52; seed++) {
            var chains = new Mcmc(new Nuts(correlated(0.8)).withFinalWindow(1_000)).withWarmup(2_000).run(Rng.of(seed), start(100, seed));
            Evidence.of("mean acceptance of 4,000 draws", chains.acceptance(), equalTo(0.8, 0.04));
        }
        var strict = new Mcmc(new Nuts(correlated(0.5)).withFinalWindow(1_000).withTarget(0.95)).withWarmup(2_000).run(Rng.of(53),
                start(10, 53));
        assertThat(strict.acceptance()).isCloseTo(0.95, within(0.03));
    }

    @Acceptance(topic = "hmc-nuts", clause = 6)
    @Test void ranksOfSimulationBasedCalibrationAreUniform() {
        // mu ~ N(1, 2^2), log sigma ~ N(-0.5, 0.7^2), five observations N(mu, sigma^2); ranks among 19 draws
        int simulations = 1_000;
        var counts = new double[3][20];
        for (int s = 0; s < simulations; s++) {
            var rng = Rng.of(60_000 + s);
            double[] truth = {1 + 2 * rng.nextGaussian(), -0.5 + 0.7 * rng.nextGaussian()};
            var y = new double[5];
            for (int i = 0; i < 5; i++) y[i] = truth[0] + Math.exp(truth[1]) * rng.nextGaussian();
            var posterior = density((x, g) -> {
                double a = (x[0] - 1) / 2, b = (x[1] + 0.5) / 0.7, log = -a * a / 2 - b * b / 2 - 5 * x[1];
                g[0] = -a / 2;
                g[1] = -b / 0.7 - 5;
                for (double v : y) {
                    double r = (v - x[0]) * Math.exp(-x[1]);
                    log -= r * r / 2;
                    g[0] += r * Math.exp(-x[1]);
                    g[1] += r * r;
                }
                return log;
            });
            var chain = new Mcmc(new Nuts(posterior), 1, 150, 19, 6).run(rng.split(1), new double[] {1, -0.5});
            int[] rank = new int[3];
            for (int t = 0; t < 19; t++) {
                double[] x = chain.state(0, t);
                for (int j = 0; j < 2; j++) if (x[j] < truth[j]) rank[j]++;
                if (x[0] * Math.exp(-x[1]) < truth[0] * Math.exp(-truth[1])) rank[2]++;
            }
            for (int j = 0; j < 3; j++) counts[j][rank[j]]++;
        }
        var expected = new double[20];
        Arrays.fill(expected, simulations / 20.0);
        double least = 1;
        for (double[] c : counts) least = Math.min(least, HypothesisTest.chiSquare(c, expected).pValue());
        Evidence.of("simulations", simulations, exactly(1_000));
        Evidence.of("least chi-square p of the ranks of mu, log sigma and mu / sigma", least, above(0.01));
    }

    /** Thinned draws of both samplers, through transforms, follow the laws. */
    @Test void constrainedDrawsFollowTheirLaws() {
        var constrained = new Constrained(new GammaTimesBeta(), Transform.LOG, Transform.LOGIT);
        UnivariateDistribution[] laws = {new Gamma(2.5, 3), new Beta(2, 0.8)};
        for (var kernel : new TransitionKernel[] {new Nuts(constrained.unconstrained()), new Hmc(constrained.unconstrained(), 5),
                new Nuts(constrained.unconstrained()).withMass(InverseMass.Kind.DENSE).withMaxDepth(2),
                new Hmc(constrained.unconstrained(), 4).withStep(0.9).withTarget(Double.NaN),
                // long steps: weights within a path differ much
                new Nuts(constrained.unconstrained()).withTarget(0.4)}) {
            var chain = new Mcmc(kernel, 1, 1_000, 4_000, 20).run(Rng.of(70), constrained.to(1, 0.5)).transform(constrained::from);
            for (int j = 0; j < 2; j++) {
                double[] counts = new double[20], expected = new double[20];
                Arrays.fill(expected, 200);
                for (double v : chain.trace(0, j)) counts[(int) Math.min(19, 20 * laws[j].cdf(v))]++;
                assertThat(HypothesisTest.chiSquare(counts, expected).pValue()).as(kernel + " " + j).isGreaterThan(0.005);
            }
        }
    }

    /** Exact draws of the target are moved by a single untuned step: their law stays, to the last part in a hundred. */
    @Test void aStepLeavesExactDrawsAsTheyAre() {
        UnivariateDistribution[] laws = {new Gamma(2.5, 3), new Beta(2, 0.8)};
        var constrained = new Constrained(new GammaTimesBeta(), Transform.LOG, Transform.LOGIT);
        var nuts = new Nuts(constrained.unconstrained()).withTarget(Double.NaN);
        var dense = InverseMass.dense(new double[][] {{0.3, 0.3}, {0.3, 1.5}});
        for (var kernel : new TransitionKernel[] {nuts.withStep(0.7), nuts.withStep(1.1), nuts.withStep(0.4).withMetric(dense),
                nuts.withStep(0.15).withMaxDepth(3),
                new Hmc(constrained.unconstrained(), 5).withTarget(Double.NaN).withStep(0.5).withMetric(dense)}) {
            int n = 60_000;
            double[] cells = new double[100], expected = new double[100];
            Arrays.fill(expected, n / 100.0);
            var rng = Rng.of(75);
            for (int k = 0; k < n; k++) {
                var walker = kernel.start(constrained.to(laws[0].sample(rng), laws[1].sample(rng)), 0, rng);
                walker.step();
                double[] x = constrained.from(walker.state());
                cells[10 * (int) Math.min(9, 10 * laws[0].cdf(x[0])) + (int) Math.min(9, 10 * laws[1].cdf(x[1]))]++;
            }
            assertThat(HypothesisTest.chiSquare(cells, expected).pValue()).as(kernel.toString()).isGreaterThan(0.01);
        }
    }

    @Test void pathsStopWhereTheyTurn() {
        // a path over a unit normal swings round in 2 pi; steps of about 0.9 need 3 or 7 leapfrogs
        var chains = new Mcmc(new Nuts(STANDARD)).run(Rng.of(80), new double[5]);
        assertThat(chains.evaluations() / 4_000.0).isBetween(2.5, 8.0);
        assertThat(chains.ess(0)).isGreaterThan(2_000);
        var shallow = new Mcmc(new Nuts(correlated(0.99)).withMaxDepth(3)).run(Rng.of(81), start(20, 82));
        assertThat(shallow.evaluations()).isLessThanOrEqualTo(4_000 * 7);
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> new Nuts(STANDARD).withTarget(1)).hasMessageContaining("target acceptance is 1.0");
        assertThatThrownBy(() -> new Nuts(density((x, g) -> Double.NaN)).start(new double[1], 0, Rng.of(1)))
                .hasMessageContaining("Nuts: the log density at the start");
        assertThatThrownBy(() -> new Nuts(density((x, g) -> 0)).start(new double[1], 0, Rng.of(1)))
                .hasMessageContaining("is the density proper");
        assertThatThrownBy(() -> new Nuts(STANDARD).withStep(0)).hasMessageContaining("Nuts: a step of 0.0");
        assertThatThrownBy(() -> new Hmc(STANDARD, 3).withTarget(1)).hasMessageContaining("Hmc: the target acceptance is 1.0");
        var narrow = new Nuts(STANDARD).withMetric(InverseMass.unit(2));
        assertThatThrownBy(() -> narrow.start(new double[3], 0, Rng.of(1))).hasMessageContaining("a metric of 2");
        assertThatThrownBy(() -> new Hmc(STANDARD, 0)).hasMessage("Hmc: 0 leapfrogs; at least 1 is needed");
        assertThatThrownBy(() -> InverseMass.diagonal(1, 0)).hasMessageContaining("a variance of 0.0");
        assertThatThrownBy(() -> schools(CENTRED).to(1, 2)).hasMessageContaining("2 numbers for 10 transforms");
    }
}
