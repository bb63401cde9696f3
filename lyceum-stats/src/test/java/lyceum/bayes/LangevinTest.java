package lyceum.bayes;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.prob.MultivariateNormal;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class LangevinTest {
    private static final LogDensity STANDARD = LogDensity.of(LangevinTest::standard, (x, g) -> {
        for (int i = 0; i < x.length; i++) g[i] = -x[i];
        return standard(x);
    });

    private static double standard(double[] x) {
        double sum = 0;
        for (double v : x) sum -= v * v / 2;
        return sum;
    }

    private static double bent(double[] x) {
        double v = x[1] - 0.5 * x[0] * x[0];
        return -x[0] * x[0] / 2 - v * v;
    }

    private static final LogDensity BENT = LogDensity.of(LangevinTest::bent, (x, g) -> {
        double v = x[1] - 0.5 * x[0] * x[0];
        g[0] = -x[0] + 2 * v * x[0];
        g[1] = -2 * v;
        return bent(x);
    });

    @Acceptance(topic = "langevin", clause = 1)
    @Test void uncorrectedVarianceIsThatOfTheDiscreteChain() {
        for (double h : new double[] {0.1, 0.5, 1}) {
            var chains = new Mcmc(new Langevin(STANDARD, h).withCorrected(false), 4, 200, 100_000, 1).run(Rng.of(1), new double[1]);
            double truth = 1 / (1 - h / 2);
            Evidence.of("variance over 1 / (1 - h / 2) at h " + h, chains.variance(0) / truth, equalTo(1, 0.02));
            Evidence.of("its MCSE, relative", chains.mcseOfVariance(0) / truth, below(0.01));
        }
    }

    @Acceptance(topic = "langevin", clause = 2)
    @Test void correctedVarianceIsThatOfTheTarget() {
        for (double h : new double[] {0.1, 0.5, 1}) {
            var chains = new Mcmc(new Langevin(STANDARD, h), 4, 200, 100_000, 1).run(Rng.of(2), new double[1]);
            Evidence.of("variance at h " + h, chains.variance(0), equalTo(1, 0.02));
            Evidence.of("its MCSE", chains.mcseOfVariance(0), below(0.01));
        }
    }

    private static final double[][] M = {{0.8, 0.3}, {0.3, 1.7}};

    @Acceptance(topic = "langevin", clause = 3)
    @Test void everyFlowIsMetByOneBack() {
        var rng = Rng.of(3);
        double worst = 0, formula = 0, acceptances = 1;
        int pairs = 0;
        for (double h : new double[] {0.1, 0.5, 2}) for (double[][] m : new double[][][] {null, M}) {
            var mala = new Langevin(BENT, h).withPreconditioner(m);
            for (int k = 0; k < 200; k++, pairs++) {
                double[] x = {1.5 * rng.nextGaussian(), 1 + rng.nextGaussian()}, y = {x[0] + rng.nextGaussian(), x[1] + rng.nextGaussian()};
                double there = Math.exp(BENT.at(x) + mala.logProposal(x, y)) * mala.acceptance(x, y);
                double back = Math.exp(BENT.at(y) + mala.logProposal(y, x)) * mala.acceptance(y, x);
                worst = Math.max(worst, Math.abs(there - back) / Math.max(there, 1e-300));
                formula = Math.max(formula, Math.abs(mala.logProposal(x, y) - proposal(x, h, m).logDensity(y)));
                acceptances = Math.min(acceptances, mala.acceptance(x, y));
            }
        }
        Evidence.of("pairs of points", pairs, exactly(1_200));
        Evidence.of("largest |pi q alpha there - back|, relative", worst, below(1e-12));
        Evidence.of("largest distance of log q from that of N(x + h M g, 2 h M)", formula, below(1e-11));
        Evidence.of("least acceptance among them", acceptances, below(1e-3));
    }

    /** {@code N(x + h M grad log pi, 2 h M)}. */
    private static MultivariateNormal proposal(double[] x, double h, double[][] m) {
        var g = new double[2];
        BENT.at(x, g);
        double[][] p = m == null ? new double[][] {{1, 0}, {0, 1}} : m;
        double[] mean = {x[0] + h * (p[0][0] * g[0] + p[0][1] * g[1]), x[1] + h * (p[1][0] * g[0] + p[1][1] * g[1])};
        return new MultivariateNormal(mean, new double[][] {{2 * h * p[0][0], 2 * h * p[0][1]}, {2 * h * p[1][0], 2 * h * p[1][1]}});
    }

    /** That the chain draws from the density that it tells: moments of one step, and how often it is taken. */
    @Acceptance(topic = "langevin", clause = 3)
    @Test void stepsAreDrawnFromTheProposalThatIsJudged() {
        double[] x = {1.2, -0.4};
        double h = 0.3;
        int n = 40_000;
        var law = proposal(x, h, M);
        var mala = new Langevin(BENT, h).withPreconditioner(M);
        double taken = 0, expected = 0;
        double[] sum = new double[2], squares = new double[3];
        for (int k = 0; k < n; k++) {
            var free = mala.withCorrected(false).start(x, 0, Rng.of(100 + k));
            free.step();
            double[] y = free.state();
            expected += mala.acceptance(x, y) / n;
            double a = y[0] - law.mean()[0], b = y[1] - law.mean()[1];
            sum[0] += a / n;
            sum[1] += b / n;
            squares[0] += a * a / n;
            squares[1] += a * b / n;
            squares[2] += b * b / n;
            var judged = mala.start(x, 0, Rng.of(100 + k));
            judged.step();
            assertThat(judged.acceptance()).isCloseTo(mala.acceptance(x, y), within(1e-12));
            if (judged.state()[0] != x[0]) taken += 1.0 / n;
        }
        double[][] c = law.covariance();
        Evidence.of("mean of steps less the law's, in standard errors",
                Math.max(Math.abs(sum[0]) / Math.sqrt(c[0][0] / n), Math.abs(sum[1]) / Math.sqrt(c[1][1] / n)), atMost(4));
        Evidence.of("largest distance of a second moment, relative", Math.max(Math.abs(squares[0] / c[0][0] - 1),
                Math.max(Math.abs(squares[1] / c[0][1] - 1), Math.abs(squares[2] / c[1][1] - 1))), below(0.05));
        Evidence.of("share of steps taken less the mean acceptance", Math.abs(taken - expected), below(0.01));
    }

    @Acceptance(topic = "langevin", clause = 4)
    @Test void warmupFindsTheStepForAnAcceptanceOf0574() {
        double low = 1, high = 0;
        int runs = 0;
        for (int d : new int[] {1, 10, 50}) for (double step : new double[] {1e-4, 0.1, 10}) {
            var chains = new Mcmc(new Langevin(STANDARD, step).withTarget(0.574)).withWarmup(2_000).run(Rng.of(20 + d), new double[d]);
            double moved = 0;
            for (int c = 0; c < 4; c++) for (int t = 1; t < 1_000; t++) if (chains.state(c, t)[0] != chains.state(c, t - 1)[0]) moved++;
            low = Math.min(low, moved / 3_996);
            high = Math.max(high, moved / 3_996);
            runs++;
        }
        var bent = new Mcmc(new Langevin(BENT, 1).withTarget(0.574).withPreconditioner(M)).withWarmup(2_000).withDraws(5_000)
                .run(Rng.of(30), new double[2]);
        Evidence.of("runs", runs, exactly(9));
        Evidence.of("least share of steps taken", low, equalTo(0.574, 0.05));
        Evidence.of("largest share of steps taken", high, equalTo(0.574, 0.05));
        Evidence.of("mean acceptance on a bent target with a preconditioner", bent.acceptance(), equalTo(0.574, 0.05));
    }

    @Acceptance(topic = "langevin", clause = 5)
    @Test void logisticPosteriorMeansAgreeWithThoseOfNuts() {
        int n = 200, d = 3;
        var rng = Rng.of(40);
        double[][] x = new double[n][d];
        var y = new int[n];
        double[] truth = {0.5, -1.2, 0.8};
        for (int i = 0; i < n; i++) {
            x[i][0] = 1;
            x[i][1] = rng.nextGaussian();
            x[i][2] = 0.6 * x[i][1] + 0.8 * rng.nextGaussian();
            double eta = 0;
            for (int j = 0; j < d; j++) eta += truth[j] * x[i][j];
            y[i] = rng.nextDouble() < 1 / (1 + Math.exp(-eta)) ? 1 : 0;
        }
        StochasticLangevin.Observation observation = (beta, i, g) -> {
            double eta = 0;
            for (int j = 0; j < d; j++) eta += beta[j] * x[i][j];
            double residual = y[i] - 1 / (1 + Math.exp(-eta));
            for (int j = 0; j < d; j++) g[j] += residual * x[i][j];
        };
        var posterior = LogDensity.of(beta -> {
            double log = 0;
            for (double b : beta) log -= b * b / 8;
            for (int i = 0; i < n; i++) {
                double eta = 0;
                for (int j = 0; j < d; j++) eta += beta[j] * x[i][j];
                log += y[i] * eta - Math.log1p(Math.exp(eta));
            }
            return log;
        }, (beta, g) -> {
            double log = 0;
            for (int j = 0; j < d; j++) g[j] = -beta[j] / 4;
            for (double b : beta) log -= b * b / 8;
            for (int i = 0; i < n; i++) {
                double eta = 0;
                for (int j = 0; j < d; j++) eta += beta[j] * x[i][j];
                log += y[i] * eta - Math.log1p(Math.exp(eta));
                observation.add(beta, i, g);
            }
            return log;
        });
        var nuts = new Mcmc(new Nuts(posterior)).withDraws(4_000).run(Rng.of(41), new double[d]);
        var mala = new Mcmc(new Langevin(posterior, 0.01).withTarget(0.574), 4, 1_000, 6_000, 1).run(Rng.of(42), new double[d]);
        var noisy = StochasticLangevin.minibatches(n, 20, (beta, g) -> {
            for (int j = 0; j < d; j++) g[j] = -beta[j] / 4;
            return 0;
        }, observation);
        var sgld = new Mcmc(new StochasticLangevin(noisy, 5e-4), 4, 10_000, 15_000, 20).run(Rng.of(43), new double[d]);
        double worstMala = 0, worstSgld = 0, error = 0, spread = 0;
        for (int j = 0; j < d; j++) {
            double sd = nuts.standardDeviation(j);
            worstMala = Math.max(worstMala, Math.abs(mala.mean(j) - nuts.mean(j)) / sd);
            worstSgld = Math.max(worstSgld, Math.abs(sgld.mean(j) - nuts.mean(j)) / sd);
            error = Math.max(error, Math.max(nuts.mcse(j), Math.max(mala.mcse(j), sgld.mcse(j))) / sd);
            spread = Math.max(spread, Math.abs(sgld.standardDeviation(j) / sd - 1));
        }
        Evidence.of("largest distance of a MALA mean from NUTS's in posterior deviations", worstMala, below(0.1));
        Evidence.of("largest distance of an SGLD mean", worstSgld, below(0.1));
        Evidence.of("largest MCSE of the three in deviations", error, below(0.04));
        assertThat(spread).isLessThan(0.1);
        assertThat(mala.rHat(1)).isLessThan(1.01);
    }

    @Test void stepsOfTheStochasticFormShrinkAsTold() {
        var walker = new StochasticLangevin((x, rng, g) -> g[0] = -x[0], 0.1, 50, 0.5).start(new double[1], 0, Rng.of(50));
        for (int t = 0; t < 151; t++) walker.step();
        assertThat(walker.stepSize()).isCloseTo(0.1 / Math.sqrt(1 + 150 / 50.0), within(1e-15));
        // with a constant step and an exact gradient it is ULA
        var kernel = new StochasticLangevin((x, rng, g) -> g[0] = -x[0], 0.5, 1, 0);
        assertThat(new Mcmc(kernel, 4, 200, 50_000, 1).run(Rng.of(51), new double[1]).variance(0)).isCloseTo(1 / 0.75, within(0.03));
    }

    @Test void minibatchGradientsAreUnbiased() {
        double[] y = {1, 5, -2, 7, 0.5};
        var noisy = StochasticLangevin.minibatches(5, 2, (x, g) -> {
            g[0] = -x[0] / 10;
            return 0;
        }, (x, i, g) -> g[0] += y[i] - x[0]);
        double sum = 0;
        var g = new double[1];
        var rng = Rng.of(60);
        for (int k = 0; k < 100_000; k++) {
            noisy.at(new double[] {0.7}, rng, g);
            sum += g[0] / 100_000;
        }
        // the sum of y - 5 x - x / 10; a draw's deviation is about 12
        assertThat(sum).isCloseTo(11.5 - 3.5 - 0.07, within(0.15));
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> new Langevin(STANDARD, 0)).hasMessageContaining("a step of 0.0");
        assertThatThrownBy(() -> new Langevin(STANDARD, 1).withTarget(2)).hasMessageContaining("target acceptance is 2.0");
        var far = new StochasticLangevin((x, rng, g) -> g[0] = -x[0], 3, 1e9, 0).start(new double[] {1}, 0, Rng.of(1));
        assertThatThrownBy(() -> {
            for (int t = 0; t < 10_000; t++) far.step();
        }).hasMessageContaining("take a shorter step than 3.0");
        assertThatThrownBy(() -> StochasticLangevin.minibatches(3, 4, STANDARD, (x, i, g) -> {})).hasMessageContaining("batches of 4 of 3");
    }
}
