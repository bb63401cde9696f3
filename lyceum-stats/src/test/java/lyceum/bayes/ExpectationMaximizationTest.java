package lyceum.bayes;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import lyceum.prob.Beta;
import lyceum.prob.Binomial;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ExpectationMaximizationTest {

    /** 197 animals in four cells of probability 1/2 + t/4, (1 - t)/4, (1 - t)/4, t/4; the first is two cells that nobody told apart. */
    private static final EmModel LINKAGE = new EmModel() {
        @Override public int size() { return 1; }

        @Override public double[] expectation(double[] theta, int from, int to) {
            return new double[] {125 * theta[0] / (2 + theta[0]) + 34, 18 + 20};
        }

        @Override public double[] maximisation(double[] statistics) {
            return new double[] {statistics[0] / (statistics[0] + statistics[1])};
        }

        @Override public double objective(double[] theta) {
            double t = theta[0];
            return 125 * Math.log(0.5 + t / 4) + 38 * Math.log((1 - t) / 4) + 34 * Math.log(t / 4);
        }

        @Override public double bound(double[] theta, double[] under) {
            double t = theta[0], share = under[0] / (2 + under[0]);
            return 125 * (share * Math.log(t / 4 / share) + (1 - share) * Math.log(0.5 / (1 - share))) + 38 * Math.log((1 - t) / 4)
                    + 34 * Math.log(t / 4);
        }

        @Override public boolean allows(double[] theta) { return theta[0] > 0 && theta[0] < 1; }
    };

    /** The score's root by hand: 197 t^2 - 15 t - 68 = 0. */
    private static final double ROOT = (15 + Math.sqrt(15 * 15 + 4.0 * 197 * 68)) / (2 * 197);

    @Test
    @Acceptance(topic = "em", clause = 1) void theLinkageDataConvergeToTheirRoot() {
        double worst = 0;
        for (double start : new double[] {0.01, 0.5, 0.99}) {
            var fit = new ExpectationMaximization().withTolerance(1e-13).fit(LINKAGE, new double[] {start});
            assertThat(fit.converged()).isTrue();
            worst = Math.max(worst, Math.abs(fit.theta()[0] - 0.6268214979));
        }
        Evidence.of("distance from 0.6268214979, three starts", worst, below(1e-9));
        Evidence.of("that number less the root by hand", Math.abs(0.6268214979 - ROOT), below(1e-10));
        // The article's first rounds from 0.5.
        double[] theta = {0.5};
        for (double round : new double[] {0.60825, 0.62432, 0.62649, 0.62678}) {
            theta = LINKAGE.maximisation(LINKAGE.expectation(theta, 0, 1));
            assertThat(theta[0]).isCloseTo(round, within(5e-6));
        }
    }

    /** Three groups of four coins (0), of twelve throws of a die with four sides (1), of points in the plane (2). */
    private static double[][] data(int kind, Rng rng, int n) {
        var x = new double[n][kind == 2 ? 2 : 4];
        for (var row : x) {
            int k = rng.nextInt(3);
            for (int j = 0; j < row.length; j++) row[j] = switch (kind) {
                case 0 -> rng.nextDouble() < 0.2 + 0.25 * ((k + j) % 3) ? 1 : 0;
                case 1 -> 0;
                default -> 1.5 * k * (j == 0 ? 1 : -1) + rng.nextGaussian();
            };
            if (kind == 1) for (int t = 0; t < 12; t++) row[rng.nextDouble() < 0.6 ? k : rng.nextInt(4)]++;
        }
        return x;
    }

    private static FiniteMixture mixture(int kind, double[][] x) {
        var data = Tensor.of(x);
        return kind == 0 ? FiniteMixture.bernoulli(data, 3)
                : kind == 1 ? FiniteMixture.multinomial(data, 3) : FiniteMixture.gaussian(data, 3);
    }

    private static FiniteMixture draw(int kind, Rng rng, int n) { return mixture(kind, data(kind, rng, n)); }

    @Test
    @Acceptance(topic = "em", clause = 2) void theLikelihoodNeverFalls() {
        int runs = 0;
        double fall = 0, rise = Double.POSITIVE_INFINITY;
        var em = new ExpectationMaximization().withMaxIterations(60).withTolerance(0);
        for (; runs < 200; runs++) {
            var rng = Rng.of(1977).split(runs);
            var model = draw(runs % 3, rng, 120).withPseudoCounts(runs % 2 == 0 ? 0 : 3);
            double[] start = model.randomStart(rng);
            var counted = new Counted(model, new int[1]);
            var fast = em.withAcceleration(true).fit(counted, start);
            assertThat(fast.evaluations()).isEqualTo(counted.steps[0]);
            for (var fit : List.of(em.fit(model, start), fast)) {
                for (int i = 1; i < fit.path().size(); i++) fall = Math.max(fall, fit.path().get(i - 1) - fit.path().get(i));
                rise = Math.min(rise, fit.path().getLast() - fit.path().getFirst());
            }
        }
        Evidence.of("random starts of Bernoulli, multinomial and Gaussian mixtures, half of them MAP", runs, exactly(200));
        Evidence.of("largest fall in a cycle, plain and accelerated", fall, atMost(1e-10));
        Evidence.of("least rise over a run", rise, atLeast(1));
    }

    @Test
    @Acceptance(topic = "em", clause = 3) void theBoundTouchesTheLikelihood() {
        double tight = 0, above = Double.NEGATIVE_INFINITY, gap = 0, objective = 0, fromStep = 0;
        for (int run = 0; run < 60; run++) {
            var rng = Rng.of(3).split(run);
            double[][] x = data(run % 3, rng, 80);
            var model = mixture(run % 3, x);
            double[] theta = model.randomStart(rng), other = model.randomStart(rng);
            theta = model.maximisation(model.expectation(theta, 0, 80));
            double bound = model.bound(theta, theta);
            tight = Math.max(tight, Math.abs(bound - model.objective(theta)));
            fromStep = Math.max(fromStep, Math.abs(bound - energyAndEntropy(model, run % 3, theta)));
            double slack = model.objective(theta) - model.bound(theta, other);
            above = Math.max(above, -slack);
            gap = Math.max(gap, slack);
            objective = Math.max(objective, Math.abs(model.objective(theta) - byHand(run % 3, x, theta)));
        }
        Evidence.of("largest distance of the bound from the log-likelihood, q from theta itself", tight, below(1e-10));
        Evidence.of("and of the one made by hand of the E-step's statistics", fromStep, below(1e-10));
        Evidence.of("how far a bound from another q rises above it", above, below(1e-10));
        Evidence.of("and how far below it stays", gap, atLeast(1));
        Evidence.of("log-likelihood less the one by hand, densities of lyceum.prob", objective, below(1e-10));
        assertThat(LINKAGE.bound(new double[] {0.4}, new double[] {0.4})).isCloseTo(LINKAGE.objective(new double[] {0.4}), within(1e-12));
    }

    /** {@code sum_i log sum_k w_k p_k(x_i)}, in plain arithmetic; a count's probability without the coefficient. */
    private static double byHand(int kind, double[][] x, double[] theta) {
        int d = x[0].length, width = kind == 2 ? 2 * d : d;
        double sum = 0;
        for (var row : x) {
            double p = 0;
            for (int k = 0; k < 3; k++) {
                double component = theta[k];
                for (int j = 0; j < d; j++) {
                    double t = theta[3 + width * k + j];
                    component *= switch (kind) {
                        case 0 -> row[j] * t + (1 - row[j]) * (1 - t);
                        case 1 -> Math.pow(t, row[j]);
                        default -> new Normal(t, Math.sqrt(theta[3 + width * k + d + j])).density(row[j]);
                    };
                }
                p += component;
            }
            sum += Math.log(p);
        }
        return sum;
    }

    /** {@code E_q log p(x, z) - E_q log q}: the E step's sums (mass, x and x^2 of each component), and the entropy of its responsibilities. */
    private static double energyAndEntropy(FiniteMixture model, int kind, double[] theta) {
        double[] sums = model.expectation(theta, 0, model.size());
        int d = sums.length / 3 / 2, width = kind == 2 ? 2 * d : d;
        double bound = 0;
        for (int k = 0; k < 3; k++) {
            int at = k * (1 + 2 * d);
            double mass = sums[at];
            bound += mass * Math.log(theta[k]);
            for (int j = 0; j < d; j++) {
                double t = theta[3 + width * k + j], once = sums[at + 1 + j], twice = sums[at + 1 + d + j];
                bound += switch (kind) {
                    case 0 -> once * Math.log(t) + (mass - once) * Math.log(1 - t);
                    case 1 -> once == 0 ? 0 : once * Math.log(t);
                    default -> {
                        double v = theta[3 + width * k + d + j];
                        yield -0.5 * (mass * Math.log(2 * Math.PI * v) + (twice - 2 * t * once + mass * t * t) / v);
                    }
                };
            }
        }
        for (var r : model.responsibilities(theta)) for (double q : r) if (q > 0) bound -= q * Math.log(q);
        return bound;
    }

    /** Counts the EM steps that are really taken. */
    private record Counted(EmModel model, int[] steps) implements EmModel {
        @Override public int size() { return model.size(); }

        @Override public double[] expectation(double[] theta, int from, int to) { return model.expectation(theta, from, to); }

        @Override public double[] maximisation(double[] statistics) {
            steps[0]++;
            return model.maximisation(statistics);
        }

        @Override public double objective(double[] theta) { return model.objective(theta); }

        @Override public double bound(double[] theta, double[] under) { return model.bound(theta, under); }

        @Override public boolean allows(double[] theta) { return model.allows(theta); }
    }

    /** A cycle of SQUAREM, scheme S3, whose leap is not refused. */
    private static double[] squarem(EmModel model, double[] theta) {
        int n = theta.length;
        double[] first = step(model, theta), second = step(model, first), there = new double[n];
        double rr = 0, vv = 0;
        for (int i = 0; i < n; i++) {
            rr += Math.pow(first[i] - theta[i], 2);
            vv += Math.pow(second[i] - 2 * first[i] + theta[i], 2);
        }
        double length = Math.sqrt(rr / vv);
        for (int i = 0; i < n; i++)
            there[i] = theta[i] + 2 * length * (first[i] - theta[i]) + length * length * (second[i] - 2 * first[i] + theta[i]);
        return step(model, there);
    }

    private static double[] step(EmModel model, double[] theta) { return model.maximisation(model.expectation(theta, 0, model.size())); }

    private static int stepsTo(List<double[]> thetas, double target) {
        int i = 0;
        while (Math.abs(thetas.get(i)[0] - target) > 1e-9) i++;
        return i;
    }

    @Test
    @Acceptance(topic = "em", clause = 4) void squaremNeedsFewerSteps() {
        // Plain EM's steps to 1e-9 from 0.5, and cycles of SQUAREM.
        var plain = new ArrayList<double[]>(List.of(new double[] {0.5}));
        for (int i = 0; i < 40; i++) plain.add(LINKAGE.maximisation(LINKAGE.expectation(plain.getLast(), 0, 1)));
        int steps = stepsTo(plain, ROOT);
        var em = new ExpectationMaximization().withAcceleration(true);
        ExpectationMaximization.Fit fit = null;
        int cycles = 0;
        do fit = em.withMaxIterations(++cycles).withTolerance(0).fit(LINKAGE, new double[] {0.5});
        while (Math.abs(fit.theta()[0] - ROOT) > 1e-9);
        Evidence.of("cycles of SQUAREM to 1e-9", cycles, atMost(3));
        var counted = new Counted(LINKAGE, new int[1]);
        em.withMaxIterations(cycles).withTolerance(0).fit(counted, new double[] {0.5});
        Evidence.of("its EM steps, counted in the model, over plain EM's " + steps, (double) counted.steps[0] / steps, below(1));
        assertThat(fit.evaluations()).isEqualTo(counted.steps[0]);
        // Two Gaussians that overlap: means 1.5 deviations apart.
        var rng = Rng.of(44);
        var x = new double[500][1];
        for (var row : x) row[0] = (rng.nextDouble() < 0.5 ? 0 : 1.5) + rng.nextGaussian();
        var model = FiniteMixture.gaussian(Tensor.of(x), 2);
        double[] start = {0.5, 0.5, -0.5, 1, 2, 1};
        var slow = new ExpectationMaximization().withMaxIterations(100_000).withTolerance(1e-9).fit(model, start);
        counted = new Counted(model, new int[1]);
        var fast = em.withMaxIterations(100_000).withTolerance(1e-9).fit(counted, start);
        Evidence.of("steps of plain EM", slow.evaluations(), atLeast(501));
        Evidence.of("map evaluations of SQUAREM, counted in the model, over plain EM's", (double) counted.steps[0] / slow.evaluations(),
                atMost(0.5));
        assertThat(fast.evaluations()).isEqualTo(counted.steps[0]);
        Evidence.of("distance of the log-likelihoods", Math.abs(fast.objective() - slow.objective()), below(1e-6));
        double apart = 0;
        for (int i = 0; i < 6; i++) apart = Math.max(apart, Math.abs(fast.theta()[i] - slow.theta()[i]));
        Evidence.of("distance of the parameters", apart, below(1e-4));
        double[] near = new ExpectationMaximization().withMaxIterations(100).fit(model, start).theta();
        assertThat(em.withMaxIterations(1).fit(model, near).theta()).containsExactly(squarem(model, near), within(1e-12));
    }

    @Test void onlineStepsComeToTheSamePlaceAndRestartsKeepTheBest() {
        var rng = Rng.of(5);
        var x = new double[2_000][1];
        for (var row : x) row[0] = (rng.nextDouble() < 0.3 ? -2 : 2) + rng.nextGaussian();
        var model = FiniteMixture.gaussian(Tensor.of(x), 2);
        double[] start = {0.5, 0.5, -1, 1, 1, 1};
        var batch = new ExpectationMaximization().fit(model, start);
        var online = new ExpectationMaximization().online(model, start, 50, 5, 0.7);
        assertThat(online.objective()).isGreaterThan(batch.objective() - 2);
        assertThat(online.evaluations()).isEqualTo(200);
        var whole = new ExpectationMaximization().online(model, start, 2_000, 3, 1);
        assertThat(whole.path().get(1)).isEqualTo(model.objective(model.maximisation(model.expectation(start, 0, 2_000))));
        var coins = draw(0, Rng.of(6), 200);
        var em = new ExpectationMaximization().withMaxIterations(200);
        double best = em.best(coins, coins::randomStart, 6, Rng.of(7)).objective(), most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < 6; i++) most = Math.max(most, em.fit(coins, coins.randomStart(Rng.of(7).split(i))).objective());
        assertThat(best).isEqualTo(most);
        double[][] r = model.responsibilities(batch.theta());
        assertThat(r[0][0] + r[0][1]).isCloseTo(1, within(1e-14));
    }

    @Test void countsAreLikelyUpToTheirCoefficients() {
        var counts = FiniteMixture.multinomial(Tensor.of(new double[][] {{3, 1}, {0, 2}, {2, 2}}), 1);
        assertThat(counts.objective(new double[] {1, 0.3, 0.7}) + counts.logCoefficients()).isCloseTo(
                new Binomial(4, 0.3).logDensity(3) + new Binomial(2, 0.3).logDensity(0) + new Binomial(4, 0.3).logDensity(2),
                within(1e-12));
        assertThat(FiniteMixture.gaussian(Tensor.of(new double[][] {{3}, {1}}), 1).logCoefficients()).isZero();
    }

    /** One coin seen with three heads of four under two pseudo-observations: the mode of Beta(1 + 1 + 3, 1 + 1 + 1). */
    @Test void pseudoCountsAreABetaPrior() {
        var coin = FiniteMixture.bernoulli(Tensor.of(new double[][] {{1}, {1}, {0}, {1}}), 1).withPseudoCounts(2);
        var fit = new ExpectationMaximization().fit(coin, new double[] {1, 0.5});
        assertThat(fit.theta()[1]).isCloseTo(4.0 / 6, within(1e-12));
        var posterior = new Beta(5, 3);
        for (double p : new double[] {0.3, 0.6})
            assertThat(coin.objective(new double[] {1, p}) - coin.objective(new double[] {1, 0.5}))
                    .isCloseTo(posterior.logDensity(p) - posterior.logDensity(0.5), within(1e-12));
        assertThatThrownBy(() -> new ExpectationMaximization().fit(coin, new double[] {1, 2}))
                .hasMessageContaining("not a possible parameter");
        assertThatThrownBy(() -> FiniteMixture.bernoulli(Tensor.of(new double[][] {{0.5}}), 1))
                .hasMessage("FiniteMixture: row 0 has 0.5; coins fall 0 or 1");
        assertThatThrownBy(() -> new ExpectationMaximization().online(coin, new double[] {1, 0.5}, 1, 1, 0.5))
                .hasMessageContaining("decay 0.5");
    }
}
