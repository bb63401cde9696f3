package lyceum.prob;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import lyceum.prob.LogOdds.OddsRatio;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class LogOddsTest {
    private static final Golden GOLDEN = Golden.load("golden/logit.json");

    @Test
    @Acceptance(topic = "logit", clause = 1) void theSigmoidUndoesTheLogit() {
        var rng = Rng.of(163);
        double back = 0, truth = 0;
        int points = 0;
        double[] ends = {1e-300, 1 - 1e-16, Math.nextDown(1.0), 0.5, Math.nextUp(0.5), Math.nextDown(0.5)};
        for (int i = 0; i < 100_000; i++) {
            // evenly in log p from 1e-300 to 1/2, evenly in p, and evenly in log(1 - p) down to 1e-16
            double p = i < ends.length ? ends[i] : switch (i % 3) {
                case 0 -> Math.pow(10, -300 * rng.nextDouble());
                case 1 -> rng.nextDoublePositive() * (1 - 1e-16);
                default -> 1 - Math.pow(10, -16 * rng.nextDouble());
            };
            if (p < 1e-300 || p > Math.nextDown(1.0)) continue;
            back = Math.max(back, Math.abs(LogOdds.probability(LogOdds.logit(p)) / p - 1));
            points++;
        }
        double[] ps = GOLDEN.doubles("cases.0.input.p"), logits = GOLDEN.doubles("cases.0.expected.logit");
        for (int i = 0; i < ps.length; i++)
            truth = Math.max(truth, Math.abs(LogOdds.logit(ps[i]) - logits[i]) / (logits[i] == 0 ? 1 : Math.abs(logits[i])));
        Evidence.of("sigmoid(logit(p)) / p less 1, " + points + " points", back, below(1e-12));
        Evidence.of("logit against 50 digits, relative", truth, below(1e-15));
        assertThat(LogOdds.logit(0)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(LogOdds.logit(1)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(LogOdds.logit(1, 1e-6)).isCloseTo(13.8, within(0.02)).isCloseTo(-LogOdds.logit(0, 1e-6), within(1e-9));
        assertThat(LogOdds.logit(0.3, 1e-6)).isEqualTo(LogOdds.logit(0.3));
        assertThat(LogOdds.fromOdds(LogOdds.odds(0.2))).isCloseTo(0.2, within(1e-16));
        assertThat(LogOdds.fromOdds(Double.POSITIVE_INFINITY)).isEqualTo(1);
        assertThatThrownBy(() -> LogOdds.logit(1.1)).hasMessage("logit: p is 1.1; it lies between 0 and 1");
    }

    @Test
    @Acceptance(topic = "logit", clause = 2) void evidenceAddsUpToTheNaiveBayesPosterior() {
        var rng = Rng.of(1702);
        double worst = 0;
        int models = 0;
        for (; models < 1_000; models++) {
            int features = 1 + rng.nextInt(30);
            double prior = 0.01 + 0.98 * rng.nextDouble();
            var evidence = new double[features];
            BigDecimal yes = new BigDecimal(prior), no = BigDecimal.ONE.subtract(yes);
            for (int f = 0; f < features; f++) {
                double ifTrue = 0.01 + 0.98 * rng.nextDouble(), ifFalse = 0.01 + 0.98 * rng.nextDouble();
                if (rng.nextInt(2) == 0) { // absent
                    ifTrue = 1 - ifTrue;
                    ifFalse = 1 - ifFalse;
                }
                yes = yes.multiply(new BigDecimal(ifTrue));
                no = no.multiply(new BigDecimal(ifFalse));
                evidence[f] = LogOdds.evidence(ifTrue, ifFalse);
            }
            double posterior = Math.log(yes.divide(no, MathContext.DECIMAL128).doubleValue());
            worst = Math.max(worst, Math.abs(LogOdds.add(LogOdds.logit(prior), evidence) - posterior));
        }
        Evidence.of("naive Bayes models", models, exactly(1_000));
        Evidence.of("sum of evidence against the exact product's logit", worst, below(1e-10));
        assertThatThrownBy(() -> LogOdds.add(0, LogOdds.evidence(0.5, 0), LogOdds.evidence(0, 0.5))).hasMessageContaining("contradict");
    }

    @Test
    @Acceptance(topic = "logit", clause = 3) void onlyDifferencesOfClassLogitsSpeak() {
        var rng = Rng.of(3);
        double moved = 0, differences = 0, others = 0, mean = 0;
        for (int k = 0; k < 500; k++) {
            int n = 2 + rng.nextInt(9);
            double constant = 300 * rng.nextGaussian(), sum = 0;
            double[] z = new double[n], shifted = new double[n], weights = new double[n];
            for (int i = 0; i < n; i++) {
                z[i] = 4 * rng.nextGaussian();
                shifted[i] = z[i] + constant;
                sum += weights[i] = Math.exp(z[i]);
            }
            double[] p = LogOdds.probabilities(z), q = LogOdds.probabilities(shifted), centred = LogOdds.centred(shifted),
                    back = LogOdds.logits(p);
            for (int i = 0; i < n; i++) {
                moved = Math.max(moved, Math.max(Math.abs(p[i] - q[i]), Math.abs(p[i] - weights[i] / sum)));
                mean += centred[i];
                double rest = 0;
                for (int j = 0; j < n; j++) {
                    differences = Math.max(differences, Math.abs(LogOdds.difference(z, i, j) - Math.log(p[i] / p[j])));
                    differences = Math.max(differences, Math.abs(LogOdds.difference(back, i, j) - (z[i] - z[j])));
                    if (j != i) rest += weights[j];
                }
                others = Math.max(others, Math.abs(LogOdds.against(shifted, i) - Math.log(weights[i] / rest)));
            }
            assertThat(mean / n).isCloseTo(0, within(1e-9));
            mean = 0;
        }
        Evidence.of("probabilities after adding a constant", moved, below(1e-10));
        Evidence.of("z_i - z_j against log(p_i / p_j)", differences, below(1e-10));
        Evidence.of("one class against all others", others, below(1e-10));
    }

    @Test
    @Acceptance(topic = "logit", clause = 5) void oddsRatiosEqualStatsmodels() {
        double worst = 0;
        int tables = 0;
        for (double[] row : GOLDEN.matrix("cases.1.expected.rows")) {
            OddsRatio ours = LogOdds.ratio(row[0], row[1], row[2], row[3], row[4]);
            double[] numbers = {ours.ratio(), ours.low(), ours.high(), ours.standardError(), ours.pValue()};
            for (int i = 0; i < 5; i++) worst = Math.max(worst, Math.abs(numbers[i] - row[5 + i]) / Math.max(1, Math.abs(row[5 + i])));
            tables++;
        }
        Evidence.of("tables", tables, exactly(40));
        Evidence.of("ratio, interval, error and p against Table2x2", worst, below(1e-8));
        assertThatThrownBy(() -> LogOdds.ratio(0, 1, 2, 3, 0.95)).hasMessageContaining("a count is 0.0");
    }
}
