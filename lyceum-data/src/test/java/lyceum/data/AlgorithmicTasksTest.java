package lyceum.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** The tasks of the neural Turing machine's paper. */
class AlgorithmicTasksTest {
    private static Tensor cut(Tensor x, int b, int from, int steps, int channels) {
        return x.get(b).narrow(0, from, steps).narrow(1, 0, channels);
    }

    private static void same(Tensor a, Tensor b) { assertThat(a.toDoubleArray()).isEqualTo(b.toDoubleArray()); }

    @Test void copiesAreTheRowsThatWereShown() {
        var task = SequenceTasks.copy(Rng.of(1), 5, 4, 3);
        assertThat(task.x().shape().toArray()).containsExactly(5, 7, 5);
        assertThat(task.y().shape().toArray()).containsExactly(5, 3, 4);
        for (int b = 0; b < 5; b++) {
            same(cut(task.x(), b, 0, 3, 4), task.y().get(b));
            assertThat(task.x().get(b).select(1, 4).toDoubleArray()).containsExactly(0, 0, 0, 1, 0, 0, 0);
            assertThat(cut(task.x(), b, 3, 4, 4).abs().max().item()).isZero();
        }
        assertThat(task.y().mean().item()).isBetween(0.3, 0.7);
    }

    @Test void repeatedCopiesEndWithAMark() {
        var task = SequenceTasks.repeatCopy(Rng.of(1), 2, 3, 2, 3, 6);
        assertThat(task.x().shape().toArray()).containsExactly(2, 10, 5);
        assertThat(task.y().shape().toArray()).containsExactly(2, 7, 4);
        for (int b = 0; b < 2; b++) {
            for (int c = 0; c < 3; c++) same(cut(task.x(), b, 0, 2, 3), cut(task.y(), b, 2 * c, 2, 3));
            assertThat(task.x().get(b).get(2).toDoubleArray()).containsExactly(0, 0, 0, 1, 0.5);
            assertThat(task.y().get(b).select(1, 3).toDoubleArray()).containsExactly(0, 0, 0, 0, 0, 0, 1);
        }
        assertThatThrownBy(() -> SequenceTasks.repeatCopy(Rng.of(1), 2, 3, 2, 7, 6)).hasMessageContaining("7");
    }

    @Test void theItemAfterTheOneThatIsShownIsAskedFor() {
        var task = SequenceTasks.associativeRecall(Rng.of(1), 20, 6, 3, 4);
        assertThat(task.x().shape().toArray()).containsExactly(20, 4 * 4 + 8, 8);
        for (int b = 0; b < 20; b++) {
            var query = cut(task.x(), b, 17, 3, 6).toDoubleArray();
            int found = 0;
            for (int i = 0; i < 3; i++) {
                if (!Arrays.equals(cut(task.x(), b, 4 * i + 1, 3, 6).toDoubleArray(), query)) continue;
                same(cut(task.x(), b, 4 * i + 5, 3, 6), task.y().get(b));
                found++;
            }
            assertThat(found).isEqualTo(1);
            assertThat(task.x().get(b).select(1, 7).toDoubleArray()[16]).isEqualTo(1);
            assertThat(task.x().get(b).select(1, 7).sum().item()).isEqualTo(2);
            assertThat(task.x().get(b).select(1, 6).sum().item()).isEqualTo(4);
        }
    }

    @Test void rowsComeInTheOrderOfTheirPriorities() {
        var task = SequenceTasks.prioritySort(Rng.of(1), 3, 4, 6, 4);
        assertThat(task.x().shape().toArray()).containsExactly(3, 11, 6);
        for (int b = 0; b < 3; b++) {
            double[][] rows = task.x().get(b).narrow(0, 0, 6).toRows();
            var order = new ArrayList<>(List.of(rows));
            order.sort(Comparator.comparingDouble((double[] r) -> r[4]).reversed());
            for (int t = 0; t < 4; t++) assertThat(task.y().get(b).get(t).toDoubleArray()).containsExactly(Arrays.copyOf(order.get(t), 4));
            assertThat(task.x().get(b).get(6).toDoubleArray()).containsExactly(0, 0, 0, 0, 0, 1);
        }
        assertThatThrownBy(() -> SequenceTasks.prioritySort(Rng.of(1), 3, 4, 6, 7)).hasMessageContaining("7");
    }
}
