package lyceum.learn.gbdt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lyceum.FormatException;
import lyceum.data.Datasets;
import lyceum.learn.explain.TreeShap;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.SavedForm;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Rounds that are fitted without some of the earlier ones. */
class TreeDropoutTest {
    private static final Golden GOLDEN = Golden.load("golden/gbdt-options.json");

    @TestFactory Stream<DynamicTest> droppedRoundsKeepTheContract() {
        return LearnerContract.of(new GbdtRegressor().withBins(0).withRounds(60).withDropout(new TreeDropout(0.1))).tests();
    }

    /** Where every round is left out, no draw decides: XGBoost's weights and margins, both ways to normalise. */
    @Test void roundsLeftOutEqualXgboost() {
        var rows = RowObjectiveTest.rows();
        for (var way : TreeDropout.Normalization.values()) {
            var c = GOLDEN.named(way == TreeDropout.Normalization.TREE ? "dart tree" : "dart forest");
            var trees = new GbdtRegressor().withBins(0).withMaxDepth(3).withRounds(8).withBaseScore(Float.parseFloat(c.text("input.base")))
                    .withDropout(new TreeDropout(1).withNormalization(way)).fit(rows, Tensor.of(RowObjectiveTest.targets())).trees();
            var weights = Gap.relative().see(c, "expected.weights", trees.treeWeights());
            assertThat(weights.worst()).as("%s", weights).isLessThan(1e-6);
            var margins = Gap.relative().see(c, "expected.margins", trees.scores(rows).toDoubleArray());
            assertThat(margins.worst()).as("%s", margins).isLessThan(1e-5);
        }
    }

    @Test void dartModelsOfXgboostSayWhatTheySaidThere() {
        var rows = RowObjectiveTest.rows();
        for (var c : GOLDEN.cases("file")) {
            var trees = GradientBoostedTrees.fromXgboostJson(c.text("input.model"));
            assertThat(Arrays.stream(trees.treeWeights()).filter(w -> w < 1).count()).isPositive();
            var gap = Gap.relativeBeyondOne().see(c, "expected.margins", Arrays.copyOf(trees.scores(rows).toDoubleArray(), 90));
            assertThat(gap.worst()).as("%s", gap).isLessThan(2e-6);
            String json = trees.toXgboostJson();
            assertThat(json).contains("\"name\":\"dart\"", "\"weight_drop\":[");
            var again = GradientBoostedTrees.fromXgboostJson(json);
            assertThat(again.treeWeights()).isEqualTo(trees.treeWeights());
            assertThat(again.scores(rows).toDoubleArray()).isEqualTo(trees.scores(rows).toDoubleArray());
            assertThatThrownBy(() -> GradientBoostedTrees.fromXgboostJson(json.replaceFirst("\"weight_drop\":\\[", "\"weight_drop\":[1,")))
                    .isInstanceOf(FormatException.class).hasMessageContaining("weight_drop has");
        }
        assertThat(GOLDEN.cases("file")).hasSize(2);
    }

    /** By the definition, round by round: what is left out, what the tree was grown on, what everything weighs then. */
    @Test void aRoundIsFittedToWhatTheOthersLeave() {
        var rows = RowObjectiveTest.rows();
        double[] y = RowObjectiveTest.targets(), x = rows.toDoubleArray();
        int n = y.length, rounds = 15, left = 0;
        for (var way : TreeDropout.Normalization.values()) {
            for (boolean byWeight : new boolean[] {false, true}) {
                var dropout = new TreeDropout(0.3).withSkip(0.2).withAtLeastOne(true).withByWeight(byWeight).withNormalization(way);
                var trees = new GbdtRegressor().withRounds(rounds).withLearningRate(0.5).withDropout(dropout).withSeed(3)
                        .fit(rows, Tensor.of(y)).trees();
                var weights = new double[0];
                for (int t = 0; t < rounds; t++) {
                    int[] out = dropout.draw(weights, Rng.of(3).split(t).split(-1));
                    double sum = 0;
                    for (int i = 0; i < n; i++) {
                        double f = trees.baseScore()[0];
                        for (int r = 0; r < t; r++) {
                            int at = r;
                            if (Arrays.stream(out).noneMatch(d -> d == at)) f += weights[r] * trees.trees().get(r).answer(x, i * 10);
                        }
                        sum += f - y[i];
                    }
                    assertThat(trees.trees().get(t).gradient()[0]).isCloseTo(sum, within(1e-8));
                    int k = out.length;
                    double own = k == 0 ? 1 : way == TreeDropout.Normalization.TREE ? 1 / (k + 0.5) : 1 / 1.5;
                    for (int r : out) weights[r] *= way == TreeDropout.Normalization.TREE ? k / (k + 0.5) : 1 / 1.5;
                    weights = Arrays.copyOf(weights, t + 1);
                    weights[t] = own;
                    left += k;
                }
                assertThat(trees.treeWeights()).containsExactly(weights, within(1e-12));
            }
        }
        assertThat(left).isBetween(100, 250);
    }

    @Test void drawsAreAsLikelyAsAsked() {
        var weights = new double[] {1, 0.5, 0.25, 0.25};
        var counts = new double[4];
        int none = 0, draws = 20_000;
        for (int i = 0; i < draws; i++) {
            int[] out = new TreeDropout(0.3).withSkip(0.5).withByWeight(true).draw(weights, Rng.of(i));
            for (int t : out) counts[t]++;
            if (out.length == 0) none++;
            assertThat(new TreeDropout(0).withAtLeastOne(true).draw(weights, Rng.of(i))).hasSize(1);
            assertThat(new TreeDropout(0).draw(weights, Rng.of(i))).isEmpty();
        }
        for (int t = 0; t < 4; t++) assertThat(counts[t] / draws).isCloseTo(0.5 * 0.3 * 4 * weights[t] / 2, within(0.02));
        assertThat(none / (double) draws).isCloseTo(0.5 + 0.5 * 0.4 * 0.7 * 0.85 * 0.85, within(0.02));
        var one = new double[4];
        for (int i = 0; i < draws; i++) one[new TreeDropout(0).withAtLeastOne(true).withByWeight(true).draw(weights, Rng.of(i))[0]]++;
        for (int t = 0; t < 4; t++) assertThat(one[t] / draws).isCloseTo(weights[t] / 2, within(0.02));
    }

    /** The rounds up to the best keep the weights that they had there. */
    @Test void stoppedModelsKeepTheWeightsOfTheirBestRound() {
        var data = Datasets.friedman1(Rng.of(3), 300, 10, 3);
        var options = GbdtOptions.DEFAULT.withRounds(200).withDropout(new TreeDropout(0.1)).withValidationShare(0.3).withPatience(5);
        var trees = new GbdtRegressor(options).fit(data.x(), data.y()).trees();
        double[] losses = trees.validationLosses();
        assertThat(losses).hasSize(trees.rounds() + 5);
        var all = new GbdtRegressor(options.withRounds(trees.rounds())).fit(data.x(), data.y()).trees();
        assertThat(all.rounds()).isEqualTo(trees.rounds());
        assertThat(trees.treeWeights()).isEqualTo(all.treeWeights());
    }

    @Test void weightsAreSavedExplainedAndAskedFor(@TempDir Path folder) {
        var iris = Datasets.iris();
        var model = new GbdtClassifier().withRounds(6).withMaxDepth(3).withDropout(new TreeDropout(0.5)).fit(iris.x(), iris.y());
        var trees = model.trees();
        assertThat(trees.treeWeights()).hasSize(18);
        for (int t = 0; t < 18; t++) assertThat(trees.weight(t)).isEqualTo(trees.weight(t / 3 * 3));
        model.save(folder.resolve("dart"));
        assertThat(Model.load(folder.resolve("dart"), GbdtClassifierModel.class).predictProba(iris.x()).toDoubleArray())
                .isEqualTo(model.predictProba(iris.x()).toDoubleArray());
        double[] row = iris.x().select(0, 70).toDoubleArray();
        for (int c = 0; c < 3; c++) {
            var shares = TreeShap.of(trees, c).pathDependent(row);
            assertThat(shares.baseline() + Arrays.stream(shares.shares()).sum()).isCloseTo(shares.output(), within(1e-10));
            assertThat(shares.output()).isCloseTo(trees.scores(iris.x()).item(70, c), within(1e-10));
        }
        assertThatThrownBy(() -> new TreeDropout(1.5)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> GbdtOptions.symmetric().withDropout(new TreeDropout())).hasMessageContaining("dropout");
    }

    /** What was saved before trees had weights is read. */
    @Test void olderFilesAreRead() {
        var diabetes = Datasets.diabetes();
        var trees = new GbdtRegressor().withRounds(3).fit(diabetes.x(), diabetes.y()).trees();
        var form = SavedForm.of(trees);
        form.tree().remove(List.of("treeWeights", "objectiveParameter", "version"));
        assertThat(form.restore(GradientBoostedTrees.class).scores(diabetes.x()).toDoubleArray())
                .isEqualTo(trees.scores(diabetes.x()).toDoubleArray());
    }
}
