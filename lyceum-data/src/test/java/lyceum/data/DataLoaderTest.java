package lyceum.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class DataLoaderTest {

    @Test void everyRowComesOncePerPassAndStepsAreAsCounted() {
        var rng = Rng.of(96);
        for (int setting = 0; setting < 1000; setting++) {
            int n = 1 + rng.nextInt(300), b = 1 + rng.nextInt(40);
            var loader = DataLoader.of(n, b, Rng.of(setting));
            var rows = loader.pass(0).stream().flatMapToInt(Arrays::stream).sorted().toArray();
            assertThat(rows).isEqualTo(IntStream.range(0, n).toArray());
            assertThat(loader.pass(0)).hasSize((n + b - 1) / b);
            assertThat(loader.withLast(DataLoader.Last.DROP).pass(0)).hasSize(n / b).allSatisfy(batch -> assertThat(batch).hasSize(b));
            assertThat(loader.withLast(DataLoader.Last.PAD).pass(0)).hasSize((n + b - 1) / b)
                    .allSatisfy(batch -> assertThat(batch).hasSize(b));
        }
    }

    @Test void passesDifferAndTheSameSeedRepeatsThem() {
        var loader = DataLoader.of(100, 100, Rng.of(1));
        assertThat(loader.pass(0).getFirst()).isNotEqualTo(loader.pass(1).getFirst());
        assertThat(loader.pass(1).getFirst()).isEqualTo(DataLoader.of(100, 100, Rng.of(1)).pass(1).getFirst());
    }

    @Test void resumingAtAnyStepGivesTheIdenticalRest() {
        var loader = DataLoader.of(23, 5, Rng.of(7));
        var whole = take(loader.endless(0, 0), 30);
        for (int at = 0; at < 10; at++) {
            var rest = take(loader.endless(at / 5, at % 5), 30 - at);
            for (int i = 0; i < rest.size(); i++) assertThat(rest.get(i)).isEqualTo(whole.get(at + i));
        }
    }

    private static List<int[]> take(Iterator<int[]> batches, int n) {
        var taken = new ArrayList<int[]>();
        for (int i = 0; i < n; i++) taken.add(batches.next());
        return taken;
    }

    @Test void ranksAreDisjointCoverAllAndDifferByOneRowAtMost() {
        for (int ranks = 1; ranks < 9; ranks++) {
            var counts = new int[ranks];
            var seen = new ArrayList<Integer>();
            for (int r = 0; r < ranks; r++) for (var batch : DataLoader.of(101, 8, Rng.of(3)).withRank(r, ranks).pass(2)) {
                counts[r] += batch.length;
                for (int row : batch) seen.add(row);
            }
            assertThat(seen).hasSize(101).doesNotHaveDuplicates();
            assertThat(Arrays.stream(counts).max().getAsInt() - Arrays.stream(counts).min().getAsInt()).isLessThanOrEqualTo(1);
        }
    }

    @Test void accumulationGroupsTheSameBatches() {
        var loader = DataLoader.of(50, 8, Rng.of(1));
        var updates = loader.accumulated(0, 3);
        assertThat(updates).hasSize(3);
        assertThat(updates.get(2)).hasSize(1);
        assertThat(updates.get(1).get(0)).isEqualTo(loader.pass(0).get(3));
    }

    @Test void replacementRepeatsRowsAndWeightsSetTheirShares() {
        var drawn = DataLoader.of(1000, 1000, Rng.of(1)).withOrder(DataLoader.Order.REPLACEMENT).pass(0).getFirst();
        assertThat((int) Arrays.stream(drawn).distinct().count()).isBetween(590, 680);
        var weights = new double[10000];
        Arrays.fill(weights, 0, 5000, 3);
        Arrays.fill(weights, 5000, 9999, 1);
        var weighted = DataLoader.of(10000, 10000, Rng.of(1)).withWeights(weights).pass(0).getFirst();
        assertThat((int) Arrays.stream(weighted).filter(row -> row < 5000).count()).isBetween(7300, 7700);
        assertThat(weighted).doesNotContain(9999);
        assertThat(DataLoader.of(5, 2, Rng.of(1)).withOrder(DataLoader.Order.SEQUENTIAL).pass(4).get(1)).containsExactly(2, 3);
    }

    @Test void batchesOfADatasetAreItsRows() {
        var iris = Datasets.iris();
        int rows = 0;
        for (var batch : DataLoader.of(150, 64, Rng.of(1)).pass(0, iris)) {
            rows += batch.size();
            assertThat(batch.features()).isEqualTo(4);
        }
        assertThat(rows).isEqualTo(150);
    }

    @Test void wrongArgumentsAreRefusedWithASentence() {
        assertThatThrownBy(() -> DataLoader.of(10, 0, Rng.of(1))).hasMessage("DataLoader: batch size 0; at least 1");
        assertThatThrownBy(() -> DataLoader.of(3, 4, Rng.of(1)).withLast(DataLoader.Last.DROP).endless(0, 0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> DataLoader.of(2, 1, Rng.of(1)).withWeights(0, 0)).hasMessageContaining("all weights are 0");
    }
}
