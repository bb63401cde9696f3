package lyceum.stats.learner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class RowsTest {
    @Test void rowsOfWeightAndTheirValues() {
        int[] rows = Rows.ofWeight(new double[] {0, 2, 0.5, 0, 1e-300});
        assertThat(rows).containsExactly(1, 2, 4);
        assertThat(Rows.pick(new double[] {9, 8, 7, 6, 5}, rows)).containsExactly(8, 7, 5);
        assertThat(Rows.pick(new int[] {9, 8, 7, 6, 5}, rows)).containsExactly(8, 7, 5);
    }

    @Test void rowsHeldOutAreAShareOfAllAndWhatIsLeftIsKept() {
        double[] w = IntStream.range(0, 100).mapToDouble(i -> i < 10 ? 0 : 1).toArray();
        var seen = new int[100];
        for (int seed = 0; seed < 50; seed++) {
            var split = Rows.holdOut("fit", w, 0.3, Rng.of(seed));
            assertThat(split.judged().length).isBetween(20, 30);
            assertThat(split.judged()).isSorted();
            assertThat(split.kept()).isSorted();
            int[] both = IntStream.concat(Arrays.stream(split.kept()), Arrays.stream(split.judged())).sorted().toArray();
            assertThat(both).containsExactly(IntStream.range(10, 100).toArray());
            for (int row : split.judged()) seen[row]++;
        }
        // Binomial (50, 0.3) each: no row is always or never held out.
        assertThat(Arrays.stream(seen, 10, 100)).allMatch(c -> c > 0 && c < 35);
    }

    @Test void withoutAShareAllRowsOfWeightAreKept() {
        var split = Rows.holdOut("fit", new double[] {1, 0, 1}, 0, Rng.of(1));
        assertThat(split.kept()).containsExactly(0, 2);
        assertThat(split.judged()).isEmpty();
    }

    @Test void partsWithoutRowsAreRefused() {
        assertThatThrownBy(() -> Rows.holdOut("Boost.fit", new double[] {1, 1, 1}, 0.1, Rng.of(1)))
                .hasMessage("Boost.fit: validationShare 0.1 of 3 rows leaves a part empty");
        assertThatThrownBy(() -> Rows.holdOut("Boost.fit", new double[] {1, 1, 1}, 0.9, Rng.of(1))).hasMessageContaining("empty");
    }
}
