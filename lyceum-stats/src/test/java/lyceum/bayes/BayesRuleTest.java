package lyceum.bayes;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import lyceum.prob.Beta;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class BayesRuleTest {

    @Test
    @Acceptance(topic = "bayes-theorem", clause = 1) void aPositiveScreeningTestMeansFifteenPercent() {
        var ill = BayesRule.prior(0.01, 0.99).update(0.9, 1 - 0.95);
        Evidence.of("gap to 2/13", Math.abs(ill.probability(0) - 2.0 / 13), below(1e-12));
        Evidence.of("gap to the number in the clause", Math.abs(ill.probability(0) - 0.153846153846), below(1e-12));
        assertThat(ill.odds(0, 1)).isCloseTo(18.0 / 99, within(1e-14));
        assertThat(ill.bayesFactor(0, 1)).isCloseTo(18, within(1e-13));
        assertThat(ill.logEvidence()).isCloseTo(Math.log(0.0585), within(1e-14));
        assertThat(ill.predictive(0.9, 0.05)).isCloseTo((2 * 0.9 + 11 * 0.05) / 13, within(1e-15));
        assertThat(ill.update(0.9, 0.05).probability(0)).isCloseTo(324.0 / 423, within(1e-14));
        assertThat(ill.best()).isEqualTo(1);
    }

    /** The posterior by exact arithmetic on the same likelihoods. */
    private static double[] exact(double[] prior, double[][] evidence) {
        var products = new BigDecimal[prior.length];
        var sum = BigDecimal.ZERO;
        for (int h = 0; h < prior.length; h++) {
            products[h] = new BigDecimal(prior[h]);
            for (var likelihood : evidence) products[h] = products[h].multiply(new BigDecimal(likelihood[h]), MathContext.DECIMAL128);
            sum = sum.add(products[h]);
        }
        var total = sum;
        return Arrays.stream(products).mapToDouble(p -> p.divide(total, MathContext.DECIMAL128).doubleValue()).toArray();
    }

    @Test
    @Acceptance(topic = "bayes-theorem", clause = 2) void oneByOneInAnyOrderEqualsAllAtOnce() {
        var rng = Rng.of(1763);
        double batch = 0, order = 0, truth = 0;
        int streams = 0;
        for (; streams < 1_000; streams++) {
            // Some streams are so long that plainly added logarithms would be off.
            boolean endless = streams % 50 == 0;
            int n = 2 + rng.nextInt(6), length = endless ? 5_000 : 1 + rng.nextInt(200);
            double[] prior = new double[n], logs = new double[n];
            double sum = 0;
            for (int h = 0; h < n; h++) sum += prior[h] = rng.nextDoublePositive();
            for (int h = 0; h < n; h++) prior[h] /= sum;
            var evidence = new double[length][n];
            var first = BigDecimal.ZERO;
            // Hypotheses whose likelihoods stay within some per cent of each other, so that all keep some probability.
            for (var row : evidence) {
                double common = Math.exp(-20 * rng.nextDouble());
                for (int h = 0; h < n; h++) row[h] = common * (1 + (endless ? 0.02 : 0.2) * rng.nextDouble());
            }
            BayesRule forward = BayesRule.prior(prior), shuffled = forward;
            for (var row : evidence) forward = forward.update(row);
            int[] permutation = rng.permutation(length);
            for (int at : permutation) shuffled = shuffled.update(evidence[at]);
            for (int h = 0; h < n; h++) {
                var total = BigDecimal.ZERO;
                for (var row : evidence) total = total.add(new BigDecimal(Math.log(row[h])));
                // As doubles only differences are exact enough: those to the first hypothesis.
                if (h == 0) first = total;
                logs[h] = total.subtract(first).doubleValue();
            }
            double[] all = BayesRule.prior(prior).updateLog(logs).probabilities(), exact = exact(prior, evidence);
            for (int h = 0; h < n; h++) {
                batch = Math.max(batch, Math.abs(forward.probability(h) - all[h]));
                order = Math.max(order, Math.abs(forward.probability(h) - shuffled.probability(h)));
                truth = Math.max(truth, Math.abs(forward.probability(h) - exact[h]));
            }
        }
        Evidence.of("streams", streams, exactly(1_000));
        Evidence.of("one by one against all at once", batch, below(1e-12));
        Evidence.of("against another order", order, below(1e-12));
        Evidence.of("against exact arithmetic", truth, below(1e-12));
    }

    @Test
    @Acceptance(topic = "bayes-theorem", clause = 3) void aGridOfTwoThousandPointsIsTheBetaPosterior() {
        double worst = 0;
        for (int[] c : new int[][] {{2, 2, 7, 3}, {1, 1, 0, 4}, {1, 1, 50, 100}, {5, 1, 3, 20}, {3, 8, 400, 600}}) {
            int k = c[2], misses = c[3];
            var coin = BayesRule.grid(new Beta(c[0], c[1]), 2_000).updateLog(p -> k * Math.log(p) + misses * Math.log1p(-p));
            var exact = new Beta(c[0] + k, c[1] + misses);
            double[] density = coin.density(), values = coin.values();
            double l1 = 0;
            for (int i = 0; i < 2_000; i++) l1 += Math.abs(density[i] - exact.density(values[i])) / 2_000;
            worst = Math.max(worst, l1);
            assertThat(coin.mean()).isCloseTo(exact.mean(), within(1e-6));
        }
        Evidence.of("largest L1 error of the density", worst, atMost(1e-4));
    }

    @Test
    @Acceptance(topic = "bayes-theorem", clause = 4) void tenThousandObservationsNeitherUnderflowNorMoveTheBest() {
        var rng = Rng.of(10_000);
        int streams = 0, same = 0;
        double finite = 0, ratio = 0;
        for (; streams < 20; streams++) {
            double truth = 0.1 + 0.8 * rng.nextDouble();
            int heads = 0;
            var coin = BayesRule.uniform(99);
            for (int t = 0; t < 10_000; t++) {
                boolean head = rng.nextDouble() < truth;
                if (head) heads++;
                var likelihood = new double[99];
                for (int h = 0; h < 99; h++) likelihood[h] = head ? (h + 1) / 100.0 : 1 - (h + 1) / 100.0;
                coin = coin.update(likelihood);
            }
            // The binomial likelihood falls away from heads / n on both sides.
            int best = 0;
            double most = Double.NEGATIVE_INFINITY;
            for (int h = 0; h < 99; h++) {
                double p = (h + 1) / 100.0, value = heads * Math.log(p) + (10_000 - heads) * Math.log1p(-p);
                if (value > most) {
                    most = value;
                    best = h;
                }
            }
            if (coin.best() == best) same++;
            if (Double.isFinite(coin.logEvidence()) && Math.abs(Arrays.stream(coin.probabilities()).sum() - 1) < 1e-12) finite++;
            ratio = Math.max(ratio,
                    Math.abs(coin.logEvidence() - (most - Math.log(99) - Math.log(coin.probability(best)))) / Math.abs(most));
        }
        Evidence.of("streams whose best is the binomial likelihood's", same, exactly(streams));
        Evidence.of("streams with finite evidence and posteriors that sum to 1", finite, exactly(streams));
        Evidence.of("log evidence against the closed form, relative", ratio, below(1e-12));
        Evidence.of("the product itself", Math.pow(0.5, 10_000), exactly(0));
    }

    @Test void whatCannotBeIsRefused() {
        assertThatThrownBy(() -> BayesRule.prior(0.5, 0.4)).hasMessageContaining("sum to 0.9");
        assertThatThrownBy(() -> BayesRule.prior(1.5, -0.5))
                .hasMessage("BayesRule: the prior probability of hypothesis 1 is -0.5; it is at least 0");
        var certain = BayesRule.prior(1, 0);
        assertThat(certain.update(1e-300, 1).probability(1)).isZero();
        assertThatThrownBy(() -> certain.update(0, 1)).hasMessageContaining("no hypothesis of positive probability allows this evidence");
        assertThatThrownBy(() -> certain.update(1, 1, 1)).hasMessage("BayesRule: 3 likelihoods for 2 hypotheses");
        assertThatThrownBy(() -> certain.update(Double.NaN, 1)).hasMessageContaining("likelihood of hypothesis 0 is NaN");
        assertThatThrownBy(certain::mean).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> BayesRule.grid(0, 1, 10, p -> Double.NEGATIVE_INFINITY))
                .hasMessage("BayesRule: the prior is 0 everywhere");
    }
}
