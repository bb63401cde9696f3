package lyceum.learn.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.bayes.NaiveBayes;
import lyceum.learn.linear.Ridge;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ScorePermutationTestTest {
    private static final CrossValidation FOLDS = new CrossValidation(new KFold(4).shuffled(2));

    private static Tensor normals(int seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape); }

    @Test void whatIsThereIsFoundAndCountsForAll() {
        var iris = Datasets.iris();
        var found = new ScorePermutationTest(new CrossValidation(new StratifiedKFold(5).shuffled(1)), 39, 1).of(NaiveBayes.gaussian(),
                iris.x(), iris.y(), Scorer.ACCURACY);
        assertThat(found.score()).isGreaterThan(0.93);
        assertThat(found.pValue()).isEqualTo(1.0 / 40);
        assertThat(found.permuted()).hasSize(39);
        for (double s : found.permuted()) assertThat(s).isLessThan(0.55);
        // Errors count the other way.
        var x = normals(1, 60, 3);
        var y = x.select(1, 0).add(normals(2, 60));
        assertThat(new ScorePermutationTest(FOLDS, 39, 1).of(new Ridge(1.0), x, y, Scorer.MEAN_SQUARED_ERROR).pValue()).isEqualTo(1.0 / 40);
    }

    /** Where there is nothing, p is as likely to be small as it says: uniform on its steps. */
    @Test void ofNoiseEveryPIsAsLikely() {
        int small = 0, trials = 200;
        double sum = 0;
        for (int t = 0; t < trials; t++) {
            var found = new ScorePermutationTest(FOLDS, 19, t).of(new Ridge(1.0), normals(1000 + t, 24, 2), normals(5000 + t, 24),
                    Scorer.R2);
            sum += found.pValue() / trials;
            if (found.pValue() <= 0.1001) small++;
            long better = Arrays.stream(found.permuted()).filter(s -> s >= found.score()).count();
            assertThat(found.pValue()).isEqualTo((1.0 + better) / 20);
        }
        assertThat(sum).isCloseTo(0.525, within(0.07));
        assertThat(small).isBetween(8, 34);
    }

    /** Within groups targets change places, between them they do not: a difference of groups alone is nothing then. */
    @Test void targetsStayInTheirGroups() {
        int n = 40;
        double[] x = new double[n], y = new double[n];
        var groups = new int[n];
        var rng = Rng.of(4);
        for (int i = 0; i < n; i++) {
            groups[i] = i % 8;
            x[i] = groups[i] + 0.1 * rng.nextGaussian();
            y[i] = groups[i] + 0.1 * rng.nextGaussian();
        }
        Tensor rows = Tensor.of(x, n, 1), targets = Tensor.of(y);
        var grouped = new CrossValidation(new GroupKFold(4)).withGroups(groups);
        assertThat(new ScorePermutationTest(FOLDS, 19, 1).of(new Ridge(0.1), rows, targets, Scorer.R2).pValue()).isEqualTo(0.05);
        var within = new ScorePermutationTest(grouped, 19, 1).of(new Ridge(0.1), rows, targets, Scorer.R2);
        assertThat(within.pValue()).isGreaterThan(0.05);
        for (double s : within.permuted()) assertThat(s).isGreaterThan(0.9);
        assertThat(within.permuted()).doesNotHaveDuplicates();
    }

    /** A pass over all rows for each group would be twenty thousand million steps here. */
    @Test void manyGroupsAreShuffledAsFew() {
        int n = 200_000;
        var groups = new int[n];
        for (int i = 0; i < n; i++) groups[i] = i % (n / 2) - n / 4; // pairs, half of them of negative names
        int[] order = ScorePermutationTest.order(n, ScorePermutationTest.byGroup(groups, n), Rng.of(3));
        int changed = 0, strange = 0;
        for (int i = 0; i < n / 2; i++) {
            boolean stays = order[i] == i && order[i + n / 2] == i + n / 2, turns = order[i] == i + n / 2 && order[i + n / 2] == i;
            if (turns) changed++;
            else if (!stays) strange++;
        }
        assertThat(strange).isZero();
        assertThat(changed / (n / 2.0)).isCloseTo(0.5, within(0.01));
    }

    @Test void aGroupsShuffleIsThatOfItsName() {
        int[] groups = {7, -2, 7, 7, -2}, sevens = {0, 2, 3};
        int[] order = ScorePermutationTest.order(5, ScorePermutationTest.byGroup(groups, 5), Rng.of(11)),
                places = Rng.of(11).split(7).permutation(3);
        for (int k = 0; k < 3; k++) assertThat(order[sevens[k]]).isEqualTo(sevens[places[k]]);
        assertThat(ScorePermutationTest.order(5, null, Rng.of(11))).isEqualTo(Rng.of(11).permutation(5));
    }

    @Test void itIsHeardAndStopped() {
        Tensor x = normals(1, 20, 2), y = normals(2, 20);
        var steps = new ArrayList<Long>();
        Progress heard = update -> {
            synchronized (steps) {
                steps.add(update.step());
            }
        };
        var test = new ScorePermutationTest(FOLDS, 9, 1);
        double[] first = test.of(new Ridge(1.0), x, y, Scorer.R2, heard).permuted();
        assertThat(steps).containsExactlyInAnyOrderElementsOf(List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L));
        assertThat(test.of(new Ridge(1.0), x, y, Scorer.R2).permuted()).isEqualTo(first);
        assertThatThrownBy(() -> test.of(new Ridge(1.0), x, y, Scorer.R2, heard.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
        assertThatThrownBy(() -> new ScorePermutationTest(FOLDS, 0, 1)).hasMessageContaining("0 permutations");
    }
}
