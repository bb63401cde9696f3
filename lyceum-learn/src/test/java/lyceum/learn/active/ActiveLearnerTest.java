package lyceum.learn.active;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.bayes.NaiveBayes;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.train.uncertainty.PredictiveEntropy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ActiveLearnerTest {
    private static final String TOPIC = "active-learning";

    /** Labels until the accuracy on the test rows is 95%. */
    private static double labelsNeeded(Query query, long seed) {
        var digits = Datasets.digits().scaled(1 / 16.0).shuffled(Rng.of(seed));
        var pool = digits.range(0, 1297);
        var test = digits.range(1297, 1797);
        var start = new int[20];
        Arrays.setAll(start, i -> i);
        var learner = new ActiveLearner(new LogisticRegression(), query, 10, 1297);
        var run = learner.run(pool.x(), Oracle.of(pool.y()), start, p -> p.hasModel() && p.model().score(test.x(), test.y()) >= 0.95,
                Rng.of(seed), Progress.SILENT);
        return run.stopped() ? run.asked().length : 1297;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("slow")
    @Test void marginQueriesNeedFewerLabelsOnDigits() {
        double margin = 0, random = 0;
        for (int seed = 0; seed < 10; seed++) {
            margin += labelsNeeded(Uncertainty.MARGIN, seed) / 10;
            random += labelsNeeded(Queries.random(), seed) / 10;
        }
        Evidence.of("mean labels of random sampling to 95%", random, below(1297));
        Evidence.of("mean labels of margin queries to 95%", margin, above(20));
        Evidence.of("margin queries over random sampling", margin / random, atMost(0.6));
    }

    /** The Bayes rule of a line with one cut, all cuts that fit the labels being equally likely. */
    private record Cut() implements Classifier {
        @Override public ClassificationModel fit(Tensor x, Tensor labels, Tensor weights) {
            double[] at = x.toDoubleArray();
            long[] y = labels.toLongArray();
            double low = -1, high = 1_000;
            for (int i = 0; i < at.length; i++) {
                if (y[i] == 0) low = Math.max(low, at[i]);
                else high = Math.min(high, at[i]);
            }
            return new CutModel(low, high);
        }
    }

    private record CutModel(double low, double high) implements ClassificationModel {
        @Override public int nFeatures() { return 1; }

        @Override public long[] classes() { return new long[] {0, 1}; }

        @Override public Tensor predictProba(Tensor x) {
            double[] at = x.toDoubleArray();
            var p = new double[at.length][2];
            for (int i = 0; i < at.length; i++) {
                p[i][1] = at[i] <= low ? 0 : at[i] >= high ? 1 : (at[i] - low) / (high - low);
                p[i][0] = 1 - p[i][1];
            }
            return Tensor.of(p);
        }
    }

    private static long[] truth(int cut) {
        var labels = new long[1_000];
        Arrays.fill(labels, cut, 1_000, 1);
        return labels;
    }

    /** Whether these labels leave one cut only. */
    private static boolean isFound(long[] truth, int[] rows) {
        int low = -1, high = 1_000;
        for (int row : rows) {
            if (truth[row] == 0) low = Math.max(low, row);
            else high = Math.min(high, row);
        }
        return high == low + 1;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Tag("slow")
    @Test void theCutOfALineIsFoundByHalving() {
        var line = Tensor.arange(1_000).to(DType.F64).reshape(-1, 1);
        var active = new ActiveLearner(new Cut(), Uncertainty.MARGIN, 1, 1_000);
        int most = 0, wrong = 0;
        for (int cut = 0; cut <= 1_000; cut++) {
            long[] truth = truth(cut);
            // Labels of one class leave nothing to fit: the ends agree, and so does all between them.
            StoppingRule sure = pool -> !pool.hasModel() || StoppingRule.whenSure(0).isDone(pool);
            var run = active.run(line, Oracle.of(Tensor.of(truth)), new int[] {0, 999}, sure, Rng.of(1), Progress.SILENT);
            most = Math.max(most, run.asked().length);
            boolean ends = cut == 0 || cut == 1_000;
            if (!isFound(truth, run.asked())) wrong++;
            if (!ends && !Arrays.equals(run.model().predict(line).toLongArray(), truth)) wrong++;
        }
        Evidence.of("most labels asked for, over 1,001 cuts", most, atMost(12));
        Evidence.of("cuts that were not found exactly", wrong, exactly(0));

        double mean = 0;
        var random = active.withQuery(Queries.random());
        for (int cut = 0; cut <= 1_000; cut++) {
            long[] truth = truth(cut);
            var bounds = new int[] {-1, 1_000};
            var oracle = Oracle.of(Tensor.of(truth));
            Oracle watched = rows -> {
                for (int row : rows) bounds[(int) truth[row]] = truth[row] == 0 ? Math.max(bounds[0], row) : Math.min(bounds[1], row);
                return oracle.labels(rows);
            };
            var run = random.run(line, watched, new int[0], pool -> bounds[1] == bounds[0] + 1, Rng.of(cut), Progress.SILENT);
            if (!isFound(truth, run.asked())) wrong++;
            mean += run.asked().length / 1_001.0;
        }
        Evidence.of("mean labels of random sampling over 2 (n + 1) / 3", mean / (2 * 1_001 / 3.0), between(0.95, 1.05));
        assertThat(wrong).isZero();
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void baldIsTheMutualInformationOfTheJointTable() {
        Gap gap = Gap.absolute(), zero = Gap.absolute();
        double least = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 500; seed++) {
            var rng = Rng.of(seed);
            int members = 2 + rng.nextInt(9), classes = 2 + rng.nextInt(9);
            var p = new double[members][classes];
            for (var row : p) {
                double sum = 0;
                for (int c = 0; c < classes; c++) sum += row[c] = rng.nextInt(6) == 0 ? 0 : Math.exp(3 * rng.nextGaussian());
                if (sum == 0) sum = row[0] = 1;
                for (int c = 0; c < classes; c++) row[c] /= sum;
            }
            double direct = 0;
            for (int c = 0; c < classes; c++) {
                double py = 0;
                for (var row : p) py += row[c] / members;
                for (var row : p) {
                    double joint = row[c] / members;
                    if (joint > 0) direct += joint * Math.log(joint / (py / members));
                }
            }
            gap.see("seed " + seed, Committee.bald(p), direct);
            gap.see("as divergences, seed " + seed, PredictiveEntropy.of(p).epistemic(), direct);
            least = Math.min(least, direct);
            var same = new double[members][];
            Arrays.fill(same, p[0]);
            zero.see("seed " + seed, Committee.bald(same), 0);
        }
        Evidence.of("gap to the joint table's sum, 500 committees", gap, below(1e-10));
        Evidence.of("least mutual information among them", least, above(1e-4));
        Evidence.of("size of BALD for identical members", zero, below(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void greedyCentresAreWithinTwiceTheBest() {
        double worst = 0;
        int cases = 0, better = 0;
        for (int seed = 0; seed < 200; seed++) {
            var rng = Rng.of(seed);
            int n = 6 + rng.nextInt(7), k = 1 + rng.nextInt(4), given = rng.nextInt(2);
            var rows = Tensor.randn(rng, DType.F64, n, 1 + rng.nextInt(3)).toRows();
            if (rng.nextInt(4) == 0) rows[1] = rows[0].clone();
            int[] centres = given == 1 ? new int[] {rng.nextInt(n)} : new int[0];
            int[] chosen = KCenter.greedy(rows, centres, k), all = Arrays.copyOf(centres, given + k);
            System.arraycopy(chosen, 0, all, given, k);
            double greedy = radius(rows, all), best = Double.POSITIVE_INFINITY;
            for (int mask = 0; mask < 1 << n; mask++) {
                if (Integer.bitCount(mask) != k || given == 1 && (mask >> centres[0] & 1) == 1) continue;
                var some = Arrays.copyOf(centres, given + k);
                for (int i = 0, at = given; i < n; i++) if ((mask >> i & 1) == 1) some[at++] = i;
                best = Math.min(best, radius(rows, some));
            }
            assertThat(KCenter.radius(rows, all)).isCloseTo(greedy, offset(1e-12));
            if (best > 0) worst = Math.max(worst, greedy / best);
            if (greedy <= 2 * best * (1 + 1e-12)) better++;
            cases++;
        }
        Evidence.of("cases within twice the optimum", better, exactly(200));
        Evidence.of("largest radius over the optimum", worst, between(1.2, 2 + 1e-9));
        assertThat(cases).isEqualTo(200);
    }

    private static double radius(double[][] rows, int[] centres) {
        double far = 0;
        for (var row : rows) {
            double near = Double.POSITIVE_INFINITY;
            for (int c : centres) {
                double sum = 0;
                for (int j = 0; j < row.length; j++) sum += Math.pow(row[j] - rows[c][j], 2);
                near = Math.min(near, Math.sqrt(sum));
            }
            far = Math.max(far, near);
        }
        return far;
    }

    @Test void scoresByHand() {
        assertThat(Uncertainty.LEAST_CONFIDENT.of(0.5, 0.3, 0.2)).isCloseTo(0.5, offset(1e-15));
        assertThat(Uncertainty.MARGIN.of(0.3, 0.5, 0.2)).isCloseTo(-0.2, offset(1e-15));
        assertThat(Uncertainty.ENTROPY.of(0.5, 0.5, 0)).isCloseTo(Math.log(2), offset(1e-15));
        // Members of one opinion, all unsure: nothing to learn, though the entropy is the largest there is.
        assertThat(Committee.bald(new double[][] {{0.5, 0.5}, {0.5, 0.5}})).isCloseTo(0, offset(1e-15));
        assertThat(Committee.bald(new double[][] {{1, 0}, {0, 1}})).isCloseTo(Math.log(2), offset(1e-15));
    }

    @Test void everyQueryChoosesOpenRowsAndLearns() {
        var blobs = Datasets.blobs(Rng.of(5), 120, 3, 2, 1.0);
        var naive = NaiveBayes.gaussian();
        int[] start = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        for (var query : List.of(Queries.random(), Uncertainty.LEAST_CONFIDENT, Uncertainty.MARGIN, Uncertainty.ENTROPY, Committee.bald(4),
                Committee.votes(4),
                new Committee(0, List.of(new KNeighborsClassifier(3), new LogisticRegression()), Committee.Disagreement.BALD),
                new KCenter(), Queries.densityWeighted(Uncertainty.ENTROPY, 1), Queries.diverse(Uncertainty.MARGIN, 3),
                Queries.expectedErrorReduction(5))) {
            var active = new ActiveLearner(new LogisticRegression(), query, 7, 40);
            var run = active.run(blobs.x(), Oracle.of(blobs.y()), start, Rng.of(2));
            assertThat(run.asked()).hasSize(40).doesNotHaveDuplicates();
            assertThat(run.rounds()).containsExactly(10, 17, 24, 31, 38, 40);
            for (int i = 0; i < 40; i++) assertThat(run.labels()[i]).isEqualTo(blobs.y().toLongArray()[run.asked()[i]]);
            assertThat(run.curve(naive, blobs.x(), blobs.x(), blobs.y())[5]).isGreaterThan(0.8);
            assertThat(active.run(blobs.x(), Oracle.of(blobs.y()), start, Rng.of(2)).asked()).isEqualTo(run.asked());
        }
    }

    @Test void aDiverseBatchAsksDifferentQuestions() {
        var rng = Rng.of(3);
        var rows = new double[60][1];
        // Forty copies of the least sure point, and others a little surer.
        for (int i = 0; i < 60; i++) rows[i][0] = i < 40 ? 0 : 0.1 * (i - 39) * (i % 2 == 0 ? 1 : -1);
        rows[58][0] = 5;
        rows[59][0] = -5;
        var labels = Tensor.of(Arrays.stream(rows).mapToLong(r -> r[0] > 0 ? 1 : 0).toArray());
        var top = new ActiveLearner(new LogisticRegression(), Uncertainty.MARGIN, 4, 6).run(Tensor.of(rows), Oracle.of(labels),
                new int[] {58, 59}, rng);
        var diverse = new ActiveLearner(new LogisticRegression(), Queries.diverse(Uncertainty.MARGIN, 13), 4, 6).run(Tensor.of(rows),
                Oracle.of(labels), new int[] {58, 59}, rng);
        assertThat(Arrays.stream(top.asked()).mapToObj(i -> rows[i][0]).distinct().count()).isEqualTo(3);
        assertThat(Arrays.stream(diverse.asked()).mapToObj(i -> rows[i][0]).distinct().count()).isEqualTo(6);
    }

    @Test void expectedErrorReductionPrefersTheRowThatSettlesMost() {
        // Two gaps: one with a crowd in it, one with a single row. Asking in the crowd settles more.
        var x = Tensor.of(new double[][] {{-4}, {4}, {-0.4}, {-0.2}, {0}, {0.2}, {0.4}, {30}});
        var labels = Tensor.of(new long[] {0, 1, 0, 0, 0, 1, 1, 1});
        var run = new ActiveLearner(new LogisticRegression(), Queries.expectedErrorReduction(6), 1, 3).run(x, Oracle.of(labels),
                new int[] {0, 1}, Rng.of(1));
        assertThat(run.asked()[2]).isBetween(2, 6);
    }

    @Test void stableAndSureRunsStop() {
        var blobs = Datasets.blobs(Rng.of(5), 200, 2, 2, 0.5);
        var active = new ActiveLearner(new LogisticRegression(), Uncertainty.MARGIN, 5, 200);
        var run = active.run(blobs.x(), Oracle.of(blobs.y()), new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, StoppingRule.whenStable(0.99, 3),
                Rng.of(1), Progress.SILENT);
        assertThat(run.stopped()).isTrue();
        assertThat(run.asked().length).isLessThan(100);
        assertThat(run.model().score(blobs.x(), blobs.y())).isGreaterThan(0.95);
    }

    @Test void badInputIsRefused() {
        var x = Tensor.of(new double[][] {{0}, {1}, {2}});
        var oracle = Oracle.of(Tensor.of(0, 1, 1));
        var active = new ActiveLearner(new LogisticRegression(), Uncertainty.MARGIN, 1, 3);
        assertThatThrownBy(() -> active.run(x, oracle, new int[] {0, 0}, Rng.of(1))).hasMessageContaining("row 0 is asked for twice");
        assertThatThrownBy(() -> active.run(x, oracle, new int[] {5}, Rng.of(1))).hasMessageContaining("row 5");
        assertThatThrownBy(() -> active.run(x, oracle, new int[0], Rng.of(1))).hasMessageContaining("not yet of two classes");
        assertThatThrownBy(() -> active.run(x, rows -> new long[0], new int[] {0}, Rng.of(1))).hasMessageContaining("0 labels for 1 rows");
        assertThatThrownBy(() -> active.withBudget(0)).hasMessageContaining("budget is 0");
        assertThatThrownBy(() -> Oracle.of(Tensor.of(0.5))).hasMessageContaining("integers");
        assertThatThrownBy(() -> Committee.bald(1)).hasMessageContaining("1 members");
        assertThatThrownBy(() -> Committee.bald(new double[] {0.5, 0.2})).hasMessageContaining("sum to 0.7");
        assertThatThrownBy(
                () -> active.run(x, oracle, new int[] {0, 1}, StoppingRule.never(), Rng.of(1), Progress.SILENT.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
    }
}
