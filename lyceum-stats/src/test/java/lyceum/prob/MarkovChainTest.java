package lyceum.prob;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.linalg.Eigen;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class MarkovChainTest {
    /** P(1) after 00, 01, 10, 11. */
    private static final double[] ORDER_TWO = {0.2, 0.6, 0.5, 0.8};

    private static double[][] random(Rng rng, int n, double zeros) {
        var p = new double[n][n];
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++) sum += p[i][j] = j != (i + 1) % n && rng.nextDouble() < zeros ? 0 : rng.nextDoublePositive();
            for (int j = 0; j < n; j++) p[i][j] /= sum;
        }
        return p;
    }

    @Test
    @Acceptance(topic = "markov-property", clause = 1) void powersAreSimulatedFrequencies() {
        double[][] p = {{0.6, 0.3, 0.1}, {0.2, 0.2, 0.6}, {0.5, 0.1, 0.4}};
        var chain = new MarkovChain(p);
        var rng = Rng.of(60);
        double worst = 0;
        int compared = 0;
        for (int steps : new int[] {1, 2, 5}) {
            double[][] power = chain.after(steps);
            for (int from = 0; from < 3; from++) {
                var counts = new int[3];
                for (int i = 0; i < 20_000; i++) counts[chain.simulate(rng, from, steps + 1)[steps]]++;
                for (int to = 0; to < 3; to++, compared++)
                    worst = Math.max(worst, Math.abs(counts[to] / 20_000.0 - power[from][to])
                            / Math.sqrt(power[from][to] * (1 - power[from][to]) / 20_000));
            }
        }
        Evidence.of("frequencies compared", compared, exactly(27));
        Evidence.of("largest gap in standard errors", worst, atMost(3));
        // and the power is one: steps taken one at a time, by loops
        double[] law = {0, 1, 0};
        for (int t = 0; t < 13; t++) {
            var next = new double[3];
            for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) next[j] += law[i] * p[i][j];
            law = next;
        }
        assertThat(chain.after(13)[1]).containsExactly(law, within(1e-14));
        assertThat(chain.after(0)[1]).containsExactly(0, 1, 0);
    }

    @Test
    @Acceptance(topic = "markov-property", clause = 2) void theStationaryLawIsTheLeftEigenvector() {
        var rng = Rng.of(10);
        double worst = 0;
        int chains = 0;
        for (; chains < 200; chains++) {
            int n = 2 + rng.nextInt(10);
            double[][] p = random(rng, n, chains % 2 * 0.4);
            double[] pi = new MarkovChain(p).stationary();
            // The eigenvector of the transpose for the eigenvalue nearest 1, by the QR algorithm of linalg.
            var transposed = new double[n][n];
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) transposed[j][i] = p[i][j];
            var eigen = Eigen.general(Tensor.of(transposed));
            double[] re = eigen.real().toDoubleArray(), im = eigen.imaginary().toDoubleArray();
            int at = 0;
            for (int i = 1; i < n; i++) if (Math.hypot(re[i] - 1, im[i]) < Math.hypot(re[at] - 1, im[at])) at = i;
            double[][] vectors = eigen.vectors().toRows();
            double sum = 0;
            for (int i = 0; i < n; i++) sum += vectors[i][at];
            for (int i = 0; i < n; i++) worst = Math.max(worst, Math.abs(pi[i] - vectors[i][at] / sum));
        }
        Evidence.of("chains", chains, exactly(200));
        Evidence.of("stationary law against the left eigenvector", worst, below(1e-10));
        assertThat(new MarkovChain(new double[][] {{0.128 / 1, 0.872}, {0.663, 0.337}}).stationary()[0]).isCloseTo(0.663 / 1.535,
                within(1e-15));
    }

    private static int[] orderOne(Rng rng, double[] toOne, int length) {
        var x = new int[length];
        for (int t = 0; t < length; t++) x[t] = rng.nextDouble() < (t == 0 ? 0.5 : toOne[x[t - 1]]) ? 1 : 0;
        return x;
    }

    private static int[] orderTwo(Rng rng, int length) {
        var x = new int[length];
        for (int t = 0; t < length; t++) x[t] = rng.nextDouble() < (t < 2 ? 0.5 : ORDER_TWO[2 * x[t - 2] + x[t - 1]]) ? 1 : 0;
        return x;
    }

    private static double[] chances(Rng rng) { return new double[] {0.2 + 0.6 * rng.nextDouble(), 0.2 + 0.6 * rng.nextDouble()}; }

    @Test
    @Acceptance(topic = "markov-property", clause = 3) void theOrderTestHasItsLevelAndItsPower() {
        var rng = Rng.of(1_957);
        int falsely = 0, rightly = 0, bic = 0;
        for (int s = 0; s < 2_000; s++) {
            if (!MarkovOrder.test(2, 1, orderOne(rng, chances(rng), 1_000)).suffices(0.05)) falsely++;
            var test = MarkovOrder.test(2, 1, orderTwo(rng, 1_000));
            if (!test.suffices(0.05)) rightly++;
            if (test.bicOfNext() < test.bic()) bic++;
            assertThat(test.degreesOfFreedom()).isEqualTo(2);
        }
        Evidence.of("order-1 chains rejected, share of 2,000", falsely / 2_000.0, between(0.035, 0.065));
        Evidence.of("order-2 chains rejected, share of 2,000", rightly / 2_000.0, atLeast(0.99));
        Evidence.of("order-2 chains that BIC sees", bic / 2_000.0, atLeast(0.99));
    }

    @Test
    @Acceptance(topic = "markov-property", clause = 4) void stackedTheSeriesIsOfOrderOne() {
        var rng = Rng.of(36);
        int rejected = 0, tooMany = 0, four = 0;
        for (int s = 0; s < 2_000; s++) {
            var test = MarkovOrder.test(4, 1, MarkovOrder.stack(orderTwo(rng, 1_000), 2, 2));
            if (test.degreesOfFreedom() == 4) four++;
            if (!test.suffices(0.05)) rejected++;
            if (new ChiSquare(36).survival(test.statistic()) < 0.05) tooMany++;
        }
        Evidence.of("series with 4 degrees of freedom", four, exactly(2_000));
        Evidence.of("stacked series rejected, share of 2,000", rejected / 2_000.0, between(0.035, 0.065));
        Evidence.of("with 36 degrees", tooMany / 2_000.0, below(0.001));
    }

    @Test
    @Acceptance(topic = "markov-property", clause = 5) void heldOutTheRightStateWins() {
        var rng = Rng.of(500);
        double[] two = gain(rng, true), one = gain(rng, false);
        Evidence.of("order 2: mean gain of (s_t, s_(t-1)) in standard errors", two[0] / two[1], above(3));
        Evidence.of("order 1: the same", one[0] / one[1], below(-3));
    }

    /** Held-out log-likelihood from two symbols less that from one, over the same symbols: mean and standard error of 2,000 series. */
    private static double[] gain(Rng rng, boolean second) {
        double sum = 0, square = 0;
        for (int s = 0; s < 2_000; s++) {
            int[] x = second ? orderTwo(rng, 1_000) : orderOne(rng, chances(rng), 1_000), train = Arrays.copyOf(x, 500),
                    test = Arrays.copyOfRange(x, 500, 1_000);
            // Half a count for each symbol: a transition that 500 steps did not show would cost infinitely much.
            var smoothing = new AdditiveSmoothing(0.5);
            double one = MarkovChain.ofOrder(2, 1, smoothing, train).logLikelihood(Arrays.copyOfRange(test, 1, 500));
            double two = MarkovChain.ofOrder(2, 2, smoothing, train).logLikelihood(MarkovOrder.stack(test, 2, 2));
            sum += two - one;
            square += (two - one) * (two - one);
        }
        double mean = sum / 2_000;
        return new double[] {mean, Math.sqrt((square / 2_000 - mean * mean) / 2_000)};
    }

    @Test void countingAndStacking() {
        int[] x = {0, 1, 1, 0, 1, 0, 0, 1};
        double[][] p = MarkovChain.fit(2, x).transition();
        assertThat(p[0]).containsExactly(0.25, 0.75);
        assertThat(p[1]).containsExactly(new double[] {2 / 3.0, 1 / 3.0}, within(1e-15));
        assertThat(MarkovChain.fit(2, new AdditiveSmoothing(1), x).transition()[0]).containsExactly(new double[] {2 / 6.0, 4 / 6.0},
                within(1e-15));
        assertThat(MarkovChain.fit(2, x).logLikelihood(0, 1, 1)).isCloseTo(Math.log(0.75) + Math.log(1 / 3.0), within(1e-15));
        assertThat(MarkovChain.fit(2, x).logDensity(0, 1, 1)).isCloseTo(Math.log(0.75) + Math.log(1 / 3.0), within(1e-15));
        assertThat(MarkovOrder.stack(x, 2, 2)).containsExactly(1, 3, 2, 1, 2, 0, 1);
        assertThat(MarkovOrder.stack(new int[] {2, 0, 1}, 3, 3)).containsExactly(19);
        assertThat(MarkovChain.ofOrder(2, 2, new AdditiveSmoothing(0), x).transition())
                .isDeepEqualTo(MarkovChain.fit(4, MarkovOrder.stack(x, 2, 2)).transition());
        assertThat(MarkovChain.ofOrder(2, 2, new AdditiveSmoothing(1), x).transition()[1]).containsExactly(0, 0, 0.5, 0.5);
        assertThatThrownBy(() -> MarkovChain.fit(3, x)).hasMessageContaining("state 2 is never left");
        // the test by its formula, on all runs of three
        int[] z = {0, 1, 1, 0, 1, 0, 0, 1, 1, 1};
        var test = MarkovOrder.test(2, 1, z);
        double[][][] n = new double[2][2][2];
        for (int t = 2; t < 10; t++) n[z[t - 2]][z[t - 1]][z[t]]++;
        double statistic = 0;
        for (int a = 0; a < 2; a++) for (int b = 0; b < 2; b++) for (int c = 0; c < 2; c++) {
            double after = n[a][b][0] + n[a][b][1], all = n[0][b][c] + n[1][b][c],
                    afterB = n[0][b][0] + n[0][b][1] + n[1][b][0] + n[1][b][1];
            if (n[a][b][c] > 0) statistic += 2 * n[a][b][c] * Math.log(n[a][b][c] / after / (all / afterB));
        }
        assertThat(test.statistic()).isCloseTo(statistic, within(1e-12));
        assertThat(test.bicOfNext() - test.bic()).isCloseTo(2 * Math.log(8) - statistic, within(1e-12));
        var rng = Rng.of(4);
        assertThat(MarkovOrder.best(2, 4, orderTwo(rng, 5_000))).isEqualTo(2);
        assertThat(MarkovOrder.best(2, 4, orderOne(rng, new double[] {0.3, 0.6}, 5_000))).isEqualTo(1);
        assertThat(MarkovOrder.test(3, 0, new int[] {0, 1, 2, 0, 1, 2, 0}).degreesOfFreedom()).isEqualTo(4);
    }

    @Test void hittingTimesAndMixing() {
        // the gambler with a fair coin between 0 and 5: k (5 - k) tosses
        var walk = new double[6][6];
        walk[0][0] = walk[5][5] = 1;
        for (int i = 1; i < 5; i++) walk[i][i - 1] = walk[i][i + 1] = 0.5;
        var gambler = new MarkovChain(walk);
        assertThat(gambler.hittingTimes(0, 5)).containsExactly(new double[] {0, 4, 6, 6, 4, 0}, within(1e-12));
        assertThat(gambler.hittingTimes(5)).containsExactly(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY,
                Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 0);
        assertThatThrownBy(gambler::stationary).hasMessageContaining("states {0} and {5} are both closed");
        var two = new MarkovChain(new double[][] {{0.9, 0.1}, {0.3, 0.7}});
        assertThat(two.mixingRate()).isCloseTo(0.6, within(1e-12));
        assertThat(two.after(30)[0][1] - 0.25).isCloseTo(-0.25 * Math.pow(0.6, 30), within(1e-15));
        assertThat(two.hittingTimes(1)[0]).isCloseTo(10, within(1e-12));
        assertThat(new MarkovChain(new double[][] {{0, 1}, {1, 0}}).mixingRate()).isCloseTo(1, within(1e-12));
    }
}
