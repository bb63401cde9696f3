package lyceum.data;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class DataLoaderTest {

    private static final String TOPIC = "epoch";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void everyRowComesExactlyOnceAPass() {
        var rng = Rng.of(96);
        int settings = 0, wrong = 0;
        for (; settings < 1000; settings++) {
            int n = 1 + rng.nextInt(300), b = 1 + rng.nextInt(40), workers = 1 + rng.nextInt(4), pass = rng.nextInt(5);
            var loader = DataLoader.of(n, b, Rng.of(settings)).withSampler(sampler(settings, n));
            var counts = new int[n];
            try (var batches = loader.prefetch(pass, 0, workers, rows -> rows)) {
                while (batches.hasNext()) for (int row : batches.next()) counts[row]++;
            }
            for (int count : counts) if (count != 1) wrong++;
        }
        Evidence.of("settings of n, batch and workers", settings, exactly(1_000));
        Evidence.of("rows that came another number of times than once", wrong, exactly(0));
    }

    private static Sampler sampler(int setting, int n) {
        var codes = IntStream.range(0, n).map(i -> i * i % 7).toArray();
        return switch (setting % 4) {
            case 0 -> Sampler.sequential();
            case 1 -> Sampler.stratified(codes);
            case 2 -> Sampler.grouped(codes);
            default -> Sampler.shuffled();
        };
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void stepsAreTheCeilingOrTheFloor() {
        var rng = Rng.of(2);
        int wrong = 0, settings = 0;
        for (; settings < 1000; settings++) {
            int n = 1 + rng.nextInt(300), b = 1 + rng.nextInt(40), whole = n / b, all = n % b == 0 ? whole : whole + 1;
            var loader = DataLoader.of(n, b, Rng.of(settings));
            for (var last : DataLoader.Last.values()) {
                var batches = loader.withLast(last).pass(0);
                int steps = 0, rows = 0;
                for (var batch : batches) {
                    steps++;
                    rows += batch.length;
                }
                int expectedRows = last == DataLoader.Last.KEEP ? n : steps * b;
                if (steps != (last == DataLoader.Last.DROP ? whole : all) || steps != loader.withLast(last).steps() || rows != expectedRows)
                    wrong++;
            }
        }
        Evidence.of("settings times three rules", 3 * settings, exactly(3_000));
        Evidence.of("with another number of steps", wrong, exactly(0));
        Evidence.of("60,000 images by 128, kept", DataLoader.of(60_000, 128, Rng.of(1)).pass(0).size(), exactly(469));
        Evidence.of("60,000 images by 128, dropped", DataLoader.of(60_000, 128, Rng.of(1)).withLast(DataLoader.Last.DROP).pass(0).size(),
                exactly(468));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void passesDifferInOrderAndTheSameSeedRepeatsThem() {
        int equal = 0, repeated = 0, pairs = 0;
        for (int n = 20; n <= 100; n++) for (int pass = 0; pass < 10; pass++) {
            var loader = DataLoader.of(n, 7, Rng.of(n));
            pairs++;
            if (Arrays.equals(rows(loader, pass), rows(loader, pass + 1))) equal++;
            if (Arrays.equals(rows(loader, pass), rows(DataLoader.of(n, 7, Rng.of(n)), pass))) repeated++;
        }
        Evidence.of("neighbouring passes of 20 to 100 rows", pairs, exactly(810));
        Evidence.of("of one order", equal, exactly(0));
        Evidence.of("repeated by another loader of the same seed", repeated, exactly(pairs));
        assertThat(rows(DataLoader.of(20, 7, Rng.of(1)), 0)).isNotEqualTo(rows(DataLoader.of(20, 7, Rng.of(2)), 0));
    }

    private static int[] rows(DataLoader loader, int pass) { return loader.pass(pass).stream().flatMapToInt(Arrays::stream).toArray(); }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void resumingAtAnyStepGivesTheIdenticalRest() {
        int resumed = 0, differing = 0;
        for (var last : DataLoader.Last.values()) for (int setting = 0; setting < 4; setting++) {
            var loader = DataLoader.of(23, 5, Rng.of(7)).withLast(last).withSampler(sampler(setting, 23));
            var cursor = loader.cursor();
            var batches = new ArrayList<int[]>();
            var saved = new ArrayList<String>();
            long rows = 0;
            for (int i = 0; i < 30; i++) {
                saved.add(cursor.position().toString());
                assertThat(cursor.position().steps()).isEqualTo(i);
                assertThat(cursor.position().examples()).isEqualTo(rows);
                batches.add(cursor.next());
                rows += batches.getLast().length;
            }
            for (int at = 0; at < 30; at++) {
                var again = DataLoader.of(23, 5, Rng.of(7)).withLast(last).withSampler(sampler(setting, 23))
                        .cursor(DataLoader.Position.parse(saved.get(at)));
                for (int i = at; i < 30; i++) if (!Arrays.equals(again.next(), batches.get(i))) differing++;
                if (!again.position().toString().equals(cursor.position().toString())) differing++;
                resumed++;
            }
        }
        Evidence.of("resumptions", resumed, exactly(360));
        Evidence.of("batches or positions that differ from the uninterrupted run", differing, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void ranksAreDisjointCoverAllAndDifferByOneRowAtMost() {
        int wrong = 0, widest = 0, settings = 0;
        var rng = Rng.of(5);
        for (; settings < 300; settings++) {
            int n = 1 + rng.nextInt(200), ranks = 1 + rng.nextInt(Math.min(n, 16));
            int[] seen = new int[n], counts = new int[ranks];
            for (int r = 0; r < ranks; r++)
                for (var batch : DataLoader.of(n, 8, Rng.of(settings)).withSampler(sampler(settings, n)).withRank(r, ranks).pass(2)) {
                    counts[r] += batch.length;
                    for (int row : batch) seen[row]++;
                }
            for (int s : seen) if (s != 1) wrong++;
            widest = Math.max(widest, Arrays.stream(counts).max().getAsInt() - Arrays.stream(counts).min().getAsInt());
        }
        Evidence.of("settings of n and ranks", settings, exactly(300));
        Evidence.of("rows that other than one rank had", wrong, exactly(0));
        Evidence.of("largest difference of two ranks' counts", widest, atMost(1));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void orderDoesNotDependOnPrefetchThreads() {
        int differing = 0;
        var ends = new HashSet<Integer>();
        for (int threads : new int[] {1, 2, 3, 4, 8}) {
            var loader = DataLoader.of(1_000, 13, Rng.of(1));
            var finished = new AtomicInteger();
            int late = 0;
            try (var batches = loader.prefetch(3, 5, threads, rows -> {
                double busy = 0; // the earlier a batch of four, the longer it takes, so that they end out of order
                for (int i = 0; i < (4 - rows[0] % 4) * 40_000; i++) busy += Math.sin(i);
                return new int[][] {rows, {finished.getAndIncrement(), (int) (busy * 0)}};
            })) {
                for (int step = 5; batches.hasNext(); step++) {
                    var batch = batches.next();
                    if (!Arrays.equals(batch[0], loader.pass(3).get(step))) differing++;
                    if (batch[1][0] != step - 5) late++;
                }
            }
            ends.add(finished.get());
            if (threads == 8) Evidence.of("batches that 8 threads finished out of turn", late, atLeast(1));
        }
        Evidence.of("batches in another order or with other rows, 1 to 8 threads", differing, exactly(0));
        assertThat(ends).containsExactly(72);
    }

    @Test void prefetchPassesErrorsOnAndStopsItsThreads() {
        var loader = DataLoader.of(100, 10, Rng.of(1));
        try (var batches = loader.prefetch(0, 0, 2, rows -> {
            if (Arrays.equals(rows, loader.pass(0).get(3))) throw new IllegalStateException("picture 3 is damaged");
            return rows;
        })) {
            for (int i = 0; i < 3; i++) batches.next();
            assertThatThrownBy(batches::next).hasMessage("picture 3 is damaged");
            assertThatThrownBy(batches::next).hasMessageContaining("closed");
        }
        assertThatThrownBy(() -> loader.prefetch(0, 0, 0, rows -> rows)).hasMessageContaining("0 threads");
        try (var rest = loader.prefetch(0, 10, 1, rows -> rows)) {
            assertThat(rest.hasNext()).isFalse();
        }
    }

    @Test void stratifiedBatchesHaveTheSharesOfAllAndGroupsStayTogether() {
        var labels = IntStream.range(0, 600).map(i -> i % 6 == 0 ? 1 : 0).toArray();
        for (var batch : DataLoader.of(600, 60, Rng.of(1)).withSampler(Sampler.stratified(labels)).pass(0))
            assertThat((int) Arrays.stream(batch).filter(row -> labels[row] == 1).count()).isBetween(9, 11);
        var groups = IntStream.range(0, 60).map(i -> i % 12).toArray();
        var order = rows(DataLoader.of(60, 60, Rng.of(1)).withSampler(Sampler.grouped(groups)), 0);
        int changes = 0;
        for (int i = 1; i < 60; i++) if (groups[order[i]] != groups[order[i - 1]]) changes++;
        assertThat(changes).isEqualTo(11);
        assertThatThrownBy(() -> DataLoader.of(5, 1, Rng.of(1)).withSampler(Sampler.stratified(1, 2)).pass(0))
                .hasMessage("Sampler.stratified: 2 labels for 5 rows");
        assertThatThrownBy(() -> DataLoader.Position.parse("pass x")).hasMessageContaining("is not a position such as");
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
