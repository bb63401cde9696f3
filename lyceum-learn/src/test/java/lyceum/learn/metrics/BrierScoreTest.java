package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.learn.calibration.Calibrator;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.HypothesisTest;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class BrierScoreTest {
    private static final String TOPIC = "brier-score";

    private record Sample(boolean[] truth, double[] p, double[] w) {
        static Sample of(int i) {
            var r = new Recipe(73700 + i);
            int n = 1 + r.below(40);
            boolean[] truth = new boolean[n];
            double[] p = new double[n], w = new double[n];
            for (int k = 0; k < n; k++) truth[k] = r.uniform() < 0.4;
            for (int k = 0; k < n; k++) p[k] = i % 3 == 0 ? r.below(11) / 10.0 : r.uniform();
            for (int k = 0; k < n; k++) w[k] = 0.25 + r.uniform();
            return new Sample(truth, p, i % 2 == 1 ? w : null);
        }

        double weight(int i) { return w == null ? 1 : w[i]; }

        double score() { return ScoringRules.brier(truth, p, w); }
    }

    private static double square(double v) { return v * v; }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void equalsScikitLearn() {
        Gap gap = Gap.absolute(), twice = Gap.absolute();
        double[] expected = Golden.load("golden/brier-score.json").named("random").doubles("expected.scores");
        for (int i = 0; i < expected.length; i++) {
            var s = Sample.of(i);
            gap.see("set " + i, s.score(), expected[i]);
            // Two columns, which Brier's own definition adds up.
            var both = new double[s.p.length][];
            var classes = new int[s.p.length];
            for (int k = 0; k < both.length; k++) {
                both[k] = new double[] {1 - s.p[k], s.p[k]};
                classes[k] = s.truth[k] ? 1 : 0;
            }
            twice.see("set " + i, ScoringRules.BRIER.mean(Tensor.of(classes), Tensor.of(both), s.w == null ? null : Tensor.of(s.w)),
                    2 * expected[i]);
        }
        Evidence.of("sets, half of them weighted", expected.length, exactly(200));
        Evidence.of("score less scikit-learn's", gap, atMost(1e-14));
        Evidence.of("score of two classes less twice that", twice, atMost(1e-14));
    }

    /** Binnings that have nothing to do with the forecasts, equal ones, one bin, a bin a row, empty bins. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void fivePartsAddUpForAnyBinning() {
        Gap sum = Gap.absolute(), parts = Gap.absolute();
        var rng = Rng.of(2);
        for (int i = 0; i < 400; i++) {
            var s = Sample.of(i % 200);
            int n = s.p.length, most = 1 + rng.nextInt(12);
            var bins = new int[n];
            for (int k = 0; k < n; k++)
                bins[k] = i % 4 == 0 ? (int) (s.p[k] * most) : i % 4 == 1 ? 3 * rng.nextInt(most) : i % 4 == 2 ? k : 5;
            var d = BrierDecomposition.of(s.truth, s.p, s.w, bins);
            double brier = 0, all = 0, rate = 0;
            for (int k = 0; k < n; k++) {
                brier += s.weight(k) * square(s.p[k] - (s.truth[k] ? 1 : 0));
                all += s.weight(k);
                rate += s.truth[k] ? s.weight(k) : 0;
            }
            rate /= all;
            sum.see("binning " + i, d.reliability() - d.resolution() + d.uncertainty() + d.withinVariance() - d.withinCovariance(),
                    brier / all);
            sum.see("score of binning " + i, d.score(), brier / all);
            // Each part row by row, from the means of the rows in the same bin.
            var own = new double[5];
            own[2] = rate * (1 - rate);
            for (int k = 0; k < n; k++) {
                double mass = 0, said = 0, came = 0;
                for (int j = 0; j < n; j++) {
                    if (bins[j] != bins[k]) continue;
                    mass += s.weight(j);
                    said += s.weight(j) * s.p[j];
                    came += s.truth[j] ? s.weight(j) : 0;
                }
                double f = said / mass, o = came / mass, w = s.weight(k) / all;
                own[0] += w * square(f - o);
                own[1] += w * square(o - rate);
                own[3] += w * square(s.p[k] - f);
                own[4] += 2 * w * (s.p[k] - f) * ((s.truth[k] ? 1 : 0) - o);
            }
            parts.see("binning " + i,
                    new double[] {d.reliability(), d.resolution(), d.uncertainty(), d.withinVariance(), d.withinCovariance()}, own);
        }
        Evidence.of("five parts less the score, 400 binnings", sum, atMost(1e-14));
        Evidence.of("each part less its definition", parts, atMost(1e-14));
        assertThatThrownBy(() -> BrierDecomposition.of(new boolean[] {true, false}, new double[] {1, 0.5}, new double[] {2, -1}))
                .hasMessageContaining("weight 1 is -1.0");
        assertThatThrownBy(() -> BrierDecomposition.of(new boolean[] {true}, new double[] {1}, null, new int[] {-1}))
                .hasMessageContaining("a bin is -1");
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aConfidentMistakeCostsMoreThanAHesitantOne() {
        boolean[] not = {false}, came = {true};
        Evidence.of("0.99 said and nothing came, less 0.9801", Math.abs(ScoringRules.brier(not, new double[] {0.99}, null) - 0.9801),
                atMost(1e-15));
        Evidence.of("0.6 said and nothing came, less 0.36", Math.abs(ScoringRules.brier(not, new double[] {0.6}, null) - 0.36),
                atMost(1e-15));
        Evidence.of("0.01 said and it came, less 0.9801", Math.abs(ScoringRules.brier(came, new double[] {0.01}, null) - 0.9801),
                atMost(1e-15));
        Evidence.of("0.4 said and it came, less 0.36", Math.abs(ScoringRules.brier(came, new double[] {0.4}, null) - 0.36), atMost(1e-15));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void theBaseRateEarnsItsVariance() {
        var gap = Gap.absolute();
        for (int came = 0; came <= 50; came++) {
            var truth = new boolean[50];
            var p = new double[50];
            Arrays.fill(truth, 0, came, true);
            Arrays.fill(p, came / 50.0);
            gap.see(came + " of 50", ScoringRules.brier(truth, p, null), came * (50 - came) / 2500.0);
        }
        Evidence.of("score of the base rate less p (1 - p), p = 0, 0.02, .. 1", gap, atMost(1e-15));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void sureAndRightForecastsCostNothing() {
        var rng = Rng.of(5);
        double most = 0, least = 2;
        for (int run = 0; run < 100; run++) {
            int n = 1 + rng.nextInt(50), k = 2 + rng.nextInt(5);
            boolean[] truth = new boolean[n];
            double[] p = new double[n];
            var rows = new double[n][k];
            var classes = new int[n];
            for (int i = 0; i < n; i++) {
                p[i] = (truth[i] = rng.nextInt(2) == 1) ? 1 : 0;
                rows[i][classes[i] = rng.nextInt(k)] = 1;
            }
            most = Math.max(most,
                    Math.max(ScoringRules.brier(truth, p, null), ScoringRules.BRIER.mean(Tensor.of(classes), Tensor.of(rows))));
            // One row turned round: 1 of n, and 2 of n for the sum over classes.
            p[0] = 1 - p[0];
            rows[0] = new double[k];
            rows[0][(classes[0] + 1) % k] = 1;
            least = Math.min(least,
                    Math.min(n * ScoringRules.brier(truth, p, null), n * ScoringRules.BRIER.mean(Tensor.of(classes), Tensor.of(rows)) / 2));
        }
        Evidence.of("score of sure and right forecasts, two or more classes", most, exactly(0));
        Evidence.of("n times the score where one of n rows is wrong", least, above(1 - 1e-12));
    }

    /** Expectations by the penalties of either outcome; the loss of a report q is (q - p)^2, twice that over both classes. */
    @Acceptance(topic = TOPIC, clause = 6)
    @Test void noReportBeatsTheTruth() {
        var rng = Rng.of(6);
        int truths = 0, beaten = 0;
        var loss = Gap.absolute();
        for (; truths < 1000; truths++) {
            double p = rng.nextDouble();
            double[] many = simplex(rng, 3 + truths % 4);
            double honest = expected(p, p), honestMany = expected(many, many);
            for (int report = 0; report < 50; report++) {
                double q = report % 2 == 0 ? rng.nextDouble() : Math.clamp(p + 0.02 * rng.nextGaussian(), 0, 1);
                loss.see("p " + p + ", q " + q, expected(p, q) - honest, square(q - p));
                if (expected(p, q) < honest - 1e-15) beaten++;
                double[] other = simplex(rng, many.length);
                for (int k = 0; k < other.length; k++) other[k] = report % 2 == 0 ? other[k] : 0.98 * many[k] + 0.02 * other[k];
                if (expected(many, other) < honestMany) beaten++;
            }
        }
        Evidence.of("truths, each of two and of several classes, with 50 reports", truths, exactly(1000));
        Evidence.of("reports that beat the truth", beaten, exactly(0));
        Evidence.of("what a report q loses, less (q - p)^2", loss, atMost(1e-15));
    }

    private static double expected(double p, double q) {
        double[] said = {q};
        return p * ScoringRules.brier(new boolean[] {true}, said, null) + (1 - p) * ScoringRules.brier(new boolean[] {false}, said, null);
    }

    private static double expected(double[] p, double[] q) {
        double sum = 0;
        for (int y = 0; y < p.length; y++) sum += p[y] * ScoringRules.BRIER.penalty(q, y);
        return sum;
    }

    private static double[] simplex(Rng rng, int k) {
        var p = new double[k];
        double sum = 0;
        for (int i = 0; i < k; i++) sum += p[i] = -Math.log(rng.nextDoublePositive());
        for (int i = 0; i < k; i++) p[i] /= sum;
        return p;
    }

    @Acceptance(topic = TOPIC, clause = 7)
    @Test void temperatureScalingOfAnOverconfidentModelLowersItAndKeepsAccuracy() {
        int runs = 20, fell = 0, changed = 0;
        double least = 1;
        for (int run = 0; run < runs; run++) {
            var rng = Rng.of(100 + run);
            int n = 4000, k = 2 + run % 4;
            var z = new double[n][k];
            var truth = new int[n];
            for (int i = 0; i < n; i++) {
                double sum = 0, u = rng.nextDouble();
                for (int c = 0; c < k; c++) sum += Math.exp(z[i][c] = 1.5 * rng.nextGaussian());
                for (double below = Math.exp(z[i][0]); below < u * sum; below += Math.exp(z[i][truth[i]])) truth[i]++;
                for (int c = 0; c < k; c++) z[i][c] *= 2 + run % 3;
            }
            Tensor logits = Tensor.of(z), y = Tensor.of(truth), test = logits.narrow(0, 2000, 2000), rest = y.narrow(0, 2000, 2000);
            var map = Calibrator.temperature().fit(logits.narrow(0, 0, 2000), y.narrow(0, 0, 2000));
            Tensor before = test.softmax(1), after = map.apply(test);
            double fall = 1 - ScoringRules.BRIER.mean(rest, after) / ScoringRules.BRIER.mean(rest, before);
            least = Math.min(least, fall);
            if (fall > 0) fell++;
            if (ScoringRules.ZERO_ONE.mean(rest, after) != ScoringRules.ZERO_ONE.mean(rest, before)) changed++;
            // The difference is no chance: a paired test over the rows.
            var paired = HypothesisTest.paired(ScoringRules.BRIER.each(rest, before), ScoringRules.BRIER.each(rest, after),
                    Alternative.GREATER);
            assertThat(paired.pValue()).isLessThan(1e-3);
        }
        Evidence.of("models, logits sharpened by 2, 3 or 4, whose score falls", fell, exactly(runs));
        Evidence.of("share by which it falls at least", least, above(0.02));
        Evidence.of("models whose accuracy changes", changed, exactly(0));
    }

    @Test void numbersOfTheArticle() {
        // A constant 1% for what happens 1% of the time, and skill against a climatology of one half.
        var rare = new boolean[100];
        rare[3] = true;
        var p = new double[100];
        Arrays.fill(p, 0.01);
        assertThat(ScoringRules.brier(rare, p, null)).isCloseTo(0.0099, within(1e-16));
        assertThatThrownBy(() -> ScoringRules.brier(rare, new double[] {1}, null)).hasMessageContaining("100 labels and 1 probabilities");
        assertThatThrownBy(() -> ScoringRules.brier(new boolean[] {true}, new double[] {-0.1}, null))
                .hasMessageContaining("probability 0 is -0.1");
    }
}
