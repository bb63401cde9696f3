package lyceum.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.optim.AdamW;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class GrokkingExperimentTest {
    private static final GrokkingExperiment SETTING = new GrokkingExperiment(31);
    private static final int SEEDS = 5;

    @Tag("heavy")
    @Test
    @Acceptance(topic = "grokking", clause = 1)
    @Acceptance(topic = "grokking", clause = 2)
    @Acceptance(topic = "grokking", clause = 3) void testAccuracyComesLongAfterTrainingAccuracyAndByWeightDecay() {
        assertThat(((AdamW) SETTING.rule()).weightDecay()).isEqualTo(1);
        var free = SETTING.withRule(new AdamW(3e-3).withBetas(0.9, 0.98).withWeightDecay(0));
        int late = 0, decisive = 0;
        double before = 0, least = 1;
        for (int seed = 1; seed <= SEEDS; seed++) {
            var run = SETTING.run(2500, Rng.of(seed), Progress.SILENT);
            long t1 = run.firstTrain(0.99), t2 = run.firstTest(0.95);
            double then = run.records().stream().filter(r -> r.step() == t1).findFirst().orElseThrow().testAccuracy();
            if (t1 > 0 && then < 0.5 && t2 >= 5 * t1) late++;
            before = Math.max(before, run.records().getFirst().concentration());
            least = Math.min(least, run.records().getLast().concentration());
            if (t2 < 0) continue;
            // Up to 3 t2 without decay: the clause holds for this seed as soon as 0.95 is not reached before.
            var without = free.withEvery(50).run((int) (3 * t2), 0.95, Rng.of(seed), Progress.SILENT);
            long other = without.firstTest(0.95);
            if (other < 0 || other >= 3 * t2) decisive++;
        }
        Evidence.of("seeds of 5 with t2 >= 5 t1 and test accuracy under 0.5 at t1", late, atLeast(4));
        Evidence.of("seeds of 5 in which t2 without decay is at least 3 times later", decisive, atLeast(4));
        Evidence.of("concentration at the start, largest", before, below(0.2));
        Evidence.of("concentration at the end, least", least, atLeast(0.5));
    }

    /** The weights themselves tell what a run says of accuracy: 481 rows are seen, 480 are not, and by hand all 961 are asked. */
    @Tag("slow")
    @Test
    @Acceptance(topic = "grokking", clause = 1) void accuraciesAreThoseOfTheWeights() {
        double apart = 0, memorised = 0;
        for (int seed = 1; seed <= 2; seed++) for (int steps : new int[] {0, 100}) {
            var run = SETTING.run(steps == 0 ? 1500 : steps, steps == 0 ? 0.95 : 2, Rng.of(seed), Progress.SILENT);
            var last = run.records().getLast();
            long right = right(run, 31);
            apart = Math.max(apart, Math.abs(right - 481 * last.trainAccuracy() - 480 * last.testAccuracy()));
            if (steps == 100) memorised = Math.max(memorised, right / 961.0);
            else Evidence.of("seed " + seed + ": share of all 961 sums right when test accuracy is at 0.95", right / 961.0, atLeast(0.97));
        }
        Evidence.of("rows right by hand, less those that the records tell", apart, below(1e-6));
        Evidence.of("share of all sums right at step 100, largest", memorised, below(0.6));
    }

    private static long right(GrokkingExperiment.Run run, int p) {
        double[][] inner = run.inner().toRows(), outer = run.outer().toRows();
        long right = 0;
        for (int a = 0; a < p; a++) for (int b = 0; b < p; b++) {
            int best = 0;
            double most = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < p; c++) {
                double logit = 0;
                for (int u = 0; u < inner.length; u++) logit += outer[c][u] * Math.pow(inner[u][a] + inner[u][p + b], 2);
                if (logit > most) {
                    most = logit;
                    best = c;
                }
            }
            if (best == (a + b) % p) right++;
        }
        return right;
    }

    /** Waves of one frequency have ratio 1, of two alike 1/2; noise about 2 over the number of frequencies. */
    @Test void concentrationOfKnownSpectra() {
        int p = 31;
        double[] one = new double[2 * p], two = new double[2 * p];
        for (int i = 0; i < 2 * p; i++) {
            one[i] = Math.cos(2 * Math.PI * 3 * (i % p) / p + 0.4);
            two[i] = Math.cos(2 * Math.PI * 3 * (i % p) / p) + Math.sin(2 * Math.PI * 7 * (i % p) / p);
        }
        assertThat(GrokkingExperiment.concentration(Tensor.of(one, 1, 2 * p))).isCloseTo(1, within(1e-12));
        assertThat(GrokkingExperiment.concentration(Tensor.of(two, 1, 2 * p))).isCloseTo(0.5, within(1e-12));
        assertThat(GrokkingExperiment.concentration(Tensor.randn(Rng.of(1), DType.F64, 400, 2 * p))).isCloseTo(2.0 / 16, within(0.01));
    }

    /** Logits that are one circuit: restricted loss is theirs, and excluded loss that of a guess. */
    @Test void restrictedAndExcludedLossOfAPureCircuit() {
        int p = 7;
        var logits = new double[p * p * p];
        var y = new long[p * p];
        for (int i = 0; i < p * p; i++) {
            y[i] = (i / p + i % p) % p;
            for (int c = 0; c < p; c++) logits[i * p + c] = 5 * Math.cos(2 * Math.PI * 2 * (y[i] - c) / p);
        }
        Tensor all = Tensor.of(logits, p * p, p), labels = Tensor.of(y);
        var found = ModularCircuit.losses(p, 1, all.narrow(0, 0, 20), labels.narrow(0, 0, 20), all.narrow(0, 20, 29),
                labels.narrow(0, 20, 29));
        double sum = 0;
        for (int c = 0; c < p; c++) sum += Math.exp(5 * Math.cos(2 * Math.PI * 2 * c / p));
        assertThat(found[0]).isCloseTo(Math.log(sum) - 5, within(1e-9));
        assertThat(found[1]).isCloseTo(Math.log(p), within(1e-9));
    }

    @Test void runsAreRepeatableAndStopEarly() {
        var small = new GrokkingExperiment(5).withHidden(16).withOperation(GrokkingExperiment.Operation.MULTIPLY).withQuadratic(false);
        var a = small.run(30, Rng.of(1), Progress.SILENT);
        assertThat(a.records()).hasSize(4).isEqualTo(small.run(30, Rng.of(1), Progress.SILENT).records());
        assertThat(small.run(30, 0, Rng.of(1), Progress.SILENT).records()).hasSize(1);
        assertThat(a.firstTest(1.5)).isEqualTo(-1);
        assertThatThrownBy(() -> small.withTrainShare(1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("trainShare is 1.0");
    }
}
