package lyceum.data;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;

class SplitTest {

    @Test
    @Acceptance(topic = "data-split", clause = 1) void partsAreDisjointCoverAllRowsAndHaveTheirSizesOverThousandSettings() {
        var rng = Rng.of(719);
        double worst = 0;
        for (int setting = 0; setting < 1000; setting++) {
            var shares = shares(rng, 2 + rng.nextInt(3));
            int n = 40 + rng.nextInt(2000), classes = 1 + rng.nextInt(6);
            var labels = IntStream.range(0, n).map(i -> rng.nextInt(classes)).toArray();
            for (var split : List.of(Split.random(n, rng, shares), Split.stratified(labels, rng, shares))) {
                assertPartition(split, n);
                for (int p = 0; p < shares.length; p++) worst = Math.max(worst, Math.abs(split.get(p).length - shares[p] * n));
            }
        }
        Evidence.of("largest distance from the request in rows", worst, below(1));
        // Which rows a part gets is chance, and so is their order.
        int seeds = 400, ascending = 0, firstOfClassZero = 0;
        var labels = IntStream.range(0, 40).map(row -> row % 3).toArray();
        int[] drawn = new int[40], drawnByClass = new int[40];
        for (int seed = 0; seed < seeds; seed++) {
            Split plain = Split.random(40, Rng.of(seed), 0.75, 0.25), stratified = Split.stratified(labels, Rng.of(seed), 0.75, 0.25);
            for (int row : plain.get(1)) drawn[row]++;
            for (int row : stratified.get(1)) drawnByClass[row]++;
            if (labels[stratified.get(1)[0]] == 0) firstOfClassZero++;
            for (var split : List.of(plain, stratified)) if (isAscending(split.get(1))) ascending++;
        }
        // Five deviations of a share of 400 draws.
        for (int row = 0; row < 40; row++) {
            assertThat(drawn[row] / (double) seeds).as("row %d, random", row).isBetween(0.14, 0.36);
            assertThat(drawnByClass[row] / (double) seeds).as("row %d, stratified", row).isBetween(0.14, 0.36);
        }
        Evidence.of("stratified parts, of 400, whose first row has the first of three classes", firstOfClassZero, between(80, 200));
        Evidence.of("parts of 10 rows, of 800, in ascending order", ascending, exactly(0));
    }

    @Test
    @Acceptance(topic = "data-split", clause = 2) void everyClassHasItsShareWithinOneItemInEveryPart() {
        var rng = Rng.of(2);
        double worst = 0;
        for (int setting = 0; setting < 300; setting++) {
            var shares = shares(rng, 2 + rng.nextInt(4));
            int n = 50 + rng.nextInt(1000), classes = 1 + rng.nextInt(40);
            var labels = IntStream.range(0, n).map(i -> 7 * Math.min(rng.nextInt(classes), rng.nextInt(classes)) - 50).toArray();
            var split = Split.stratified(labels, rng, shares);
            var strata = Strata.of(labels);
            for (int c = 0; c < strata.size(); c++) {
                int value = labels[strata.rows(c)[0]], count = strata.counts()[c];
                for (int p = 0; p < shares.length; p++) {
                    long have = Arrays.stream(split.get(p)).filter(row -> labels[row] == value).count();
                    worst = Math.max(worst, Math.abs(have - shares[p] * count));
                }
            }
        }
        Evidence.of("largest distance of a class from its share in items", worst, below(1));
    }

    @Test
    @Acceptance(topic = "data-split", clause = 2) void everyOfSeveralLabelsHasItsShareWithinOneItemInEveryPart() {
        var rng = Rng.of(3);
        double worst = 0;
        for (int setting = 0; setting < 100; setting++) {
            var shares = shares(rng, 2 + rng.nextInt(2));
            int n = 200 + rng.nextInt(800), count = 2 + rng.nextInt(7);
            var labels = new boolean[n][count];
            for (var row : labels)
                for (int l = 0; l < count; l++) row[l] = rng.nextDouble() < 0.5 / (1 + l) || l > 0 && row[l - 1] && rng.nextDouble() < 0.3;
            var split = Split.stratified(labels, rng, shares);
            assertPartition(split, n);
            for (int l = 0; l < count; l++) {
                int label = l;
                long all = Arrays.stream(labels).filter(row -> row[label]).count();
                for (int p = 0; p < shares.length; p++) {
                    assertThat((double) split.get(p).length).isBetween(shares[p] * n - 1, shares[p] * n + 1);
                    long have = Arrays.stream(split.get(p)).filter(row -> labels[row][label]).count();
                    worst = Math.max(worst, Math.abs(have - shares[p] * all));
                }
            }
        }
        Evidence.of("largest distance of a label from its share in items", worst, atMost(1));
    }

    @Test void aRareClassReachesTheTestPartAsOftenAsItsShareSays() {
        var labels = new int[100];
        labels[7] = 1;
        int inTest = 0;
        for (int seed = 0; seed < 2000; seed++) if (Split.stratified(labels, Rng.of(seed), 0.8, 0.2).assignment()[7] == 1) inTest++;
        assertThat(inTest / 2000.0).isBetween(0.17, 0.23);
    }

    @Test
    @Acceptance(topic = "data-split", clause = 3) void groupsNeverStraddleAndSizesStayWithinTheLargestGroup() {
        int straddling = 0;
        double excess = Double.NEGATIVE_INFINITY;
        var rng = Rng.of(4);
        for (int setting = 0; setting < 300; setting++) {
            int groups = 4 + rng.nextInt(60), n = groups * (1 + rng.nextInt(20));
            var group = IntStream.range(0, n).map(i -> i < groups ? i : rng.nextInt(groups)).toArray();
            var shares = shares(rng, 2 + rng.nextInt(2));
            var split = Split.grouped(group, rng, shares);
            assertPartition(split, n);
            var partOf = new HashMap<Integer, Integer>();
            var assignment = split.assignment();
            for (int i = 0; i < n; i++) partOf.putIfAbsent(group[i], assignment[i]);
            for (int i = 0; i < n; i++) if (assignment[i] != partOf.get(group[i])) straddling++;
            int largest = Arrays.stream(Strata.of(group).counts()).max().getAsInt();
            for (int p = 0; p < shares.length; p++) excess = Math.max(excess, Math.abs(split.get(p).length - shares[p] * n) - largest);
        }
        // No part stays empty, though the largest share has room for all small groups.
        int empty = 0;
        for (int seed = 0; seed < 50; seed++) {
            for (int small = 2; small <= 4; small++) {
                int few = small;
                var groups = IntStream.range(0, 30 + few).map(row -> Math.min(row, few)).toArray();
                for (int size : Split.grouped(groups, Rng.of(seed), 0.1, 0.1, 0.8).sizes()) if (size == 0) empty++;
            }
        }
        Evidence.of("empty parts of few groups", empty, exactly(0));
        Evidence.of("rows apart from their group, 300 settings", straddling, exactly(0));
        Evidence.of("distance from the request beyond the largest group, in rows", excess, atMost(0));
    }

    @Test
    @Acceptance(topic = "data-split", clause = 3) void noTrainingTimeIsAfterATestTimeMinusTheGap() {
        long latest = Long.MIN_VALUE;
        var rng = Rng.of(5);
        int unused = 0, wasted = 0;
        for (int setting = 0; setting < 300; setting++) {
            int n = 100 + rng.nextInt(500);
            long gap = rng.nextInt(20);
            var times = IntStream.range(0, n).mapToLong(i -> rng.nextInt(2000) - 1000).toArray();
            var split = Split.byTime(times, gap, 0.5, 0.2, 0.3);
            for (int p = 0; p < 2; p++) for (int q = p + 1; q < 3; q++) {
                long last = Arrays.stream(split.get(p)).mapToLong(i -> times[i]).max().getAsLong();
                long first = Arrays.stream(split.get(q)).mapToLong(i -> times[i]).min().getAsLong();
                latest = Math.max(latest, last - Math.min(first - gap, first - 1));
            }
            unused += split.unused().length;
            for (int row : split.unused()) {
                boolean needed = false;
                for (int q = 1; q < 3; q++) {
                    long first = Arrays.stream(split.get(q)).mapToLong(i -> times[i]).min().getAsLong();
                    needed |= times[row] > first - gap && times[row] < first;
                }
                if (!needed) wasted++;
            }
            assertThat(split.unused().length + Arrays.stream(split.sizes()).sum()).isEqualTo(n);
        }
        Evidence.of("rows that fell into a gap", unused, above(0));
        Evidence.of("of them those that the gap does not ask for", wasted, exactly(0));
        // Ten rows a time: a cut goes to the nearest place between two times.
        var tens = LongStream.range(0, 100).map(row -> row / 10).toArray();
        assertThat(Split.byTime(tens, 0, 0.5, 0.2, 0.3).sizes()).containsExactly(50, 20, 30);
        assertThat(Split.byTime(tens, 0, 0.46, 0.54).sizes()).containsExactly(50, 50);
        assertThat(Split.byTime(tens, 0, 0.44, 0.56).sizes()).containsExactly(40, 60);
        assertThat(Split.byTime(tens, 0, 0.04, 0.96).sizes()).containsExactly(10, 90);
        assertThat(Split.byTime(tens, 0, 0.96, 0.04).sizes()).containsExactly(90, 10);
        Evidence.of("latest training time less the first that is not allowed", latest, atMost(0));
    }

    @Test void timesWithoutTiesAndGapGiveTheSizesAskedFor() {
        var times = Rng.of(1).permutation(1000);
        var split = Split.byTime(Arrays.stream(times).asLongStream().toArray(), 0, 0.7, 0.3);
        assertThat(split.sizes()).containsExactly(700, 300);
        assertThat(Arrays.stream(split.get(1)).map(i -> times[i]).toArray()).isSorted().startsWith(700);
        assertThatThrownBy(() -> Split.byTime(new long[10], 0, 0.5, 0.5)).hasMessageContaining("leave part 0 empty");
        assertThatThrownBy(() -> Split.byTime(new long[] {1, 2, 3, 4}, 9, 0.5, 0.5)).hasMessageContaining("gap 9");
    }

    @Test
    @Acceptance(topic = "data-split", clause = 4) void hashSplitKeepsEveryOldAssignmentAfterRowsAreAdded() {
        var rng = Rng.of(6);
        var keys = new ArrayList<String>();
        for (int i = 0; i < 5000; i++) keys.add("user-" + i);
        var before = Split.byKey(keys, 42, 0.7, 0.1, 0.2).assignment();
        var grown = new ArrayList<>(keys);
        for (int i = 0; i < 5000; i++) grown.add(rng.nextInt(grown.size()), "new-" + i);
        var after = Split.byKey(grown, 42, 0.7, 0.1, 0.2).assignment();
        var ofKey = new HashMap<String, Integer>();
        for (int i = 0; i < grown.size(); i++) ofKey.put(grown.get(i), after[i]);
        int kept = 0;
        for (int i = 0; i < keys.size(); i++) if (ofKey.get(keys.get(i)) == before[i]) kept++;
        Evidence.of("old assignments kept", kept / 5000.0, exactly(1));
    }

    @Test
    @Acceptance(topic = "data-split", clause = 4) void hashSplitFollowsItsSharesAndNeverChangesBetweenVersions() {
        var keys = IntStream.range(0, 20000).mapToLong(i -> i).toArray();
        var sizes = Split.byKey(keys, 0, 0.7, 0.1, 0.2).sizes();
        Evidence.of("rows of 20,000 in the first part, of share 0.7", sizes[0], between(13_800, 14_200));
        Evidence.of("rows of 20,000 in the second part, of share 0.1", sizes[1], between(1_870, 2_130));
        assertThat(Split.byKey(List.of("a", "b", "c", "d", "ä", "", "a"), 1, 0.5, 0.5).assignment()).containsExactly(1, 1, 0, 1, 1, 0, 1);
        assertThat(Split.byKey(keys, 1, 0.5, 0.5).assignment()).isNotEqualTo(Split.byKey(keys, 2, 0.5, 0.5).assignment());
    }

    /** In JVMs of their own, whose pools have 1, 2 and 5 threads: the same seed gives the same splits, of few rows and of many; another seed gives others. */
    @Test
    @Acceptance(topic = "data-split", clause = 5) void sameSeedGivesTheSameSplitOnAnyNumberOfThreads() {
        var here = SplitsMain.splits(9);
        var printed = new ArrayList<String>();
        for (int threads : new int[] {1, 2, 5}) {
            var result = ForkedJvm.of(SplitsMain.class).withFlags("-Dlyceum.threads=" + threads).withArguments("9").run();
            assertThat(result.exitCode()).as(result.output()).isZero();
            var lines = result.output().lines().filter(line -> line.startsWith("split ")).toList();
            assertThat(lines).hasSameSizeAs(here);
            printed.addAll(lines);
        }
        int equal = (int) IntStream.range(0, printed.size()).filter(i -> printed.get(i).equals(here.get(i % here.size()))).count();
        var other = SplitsMain.splits(10);
        Evidence.of("splits in JVMs of 1, 2 and 5 threads", printed.size(), exactly(30));
        Evidence.of("of them as here", equal, exactly(30));
        Evidence.of("of those of another seed as here", IntStream.range(0, 10).filter(i -> other.get(i).equals(here.get(i))).count(),
                exactly(0));
    }

    @Test
    @Acceptance(topic = "data-split", clause = 6) void bestOfTwoHundredRandomModelsLooksGoodOnValidationAndIsChanceOnTheSealedTestSet() {
        int repeats = 100, n = 4000;
        double validation = 0, test = 0;
        for (int r = 0; r < repeats; r++) {
            var rng = Rng.of(100 + r);
            var labels = IntStream.range(0, n).map(i -> rng.nextInt(2)).toArray();
            var split = Split.random(n, rng, 0.7, 0.05, 0.25);
            var sealed = SealedTestSet.of(split.get(2), 1);
            double best = 0;
            int chosen = 0;
            for (int model = 0; model < 200; model++) {
                double accuracy = accuracy(model, r, split.get(1), labels);
                if (accuracy > best) {
                    best = accuracy;
                    chosen = model;
                }
            }
            int winner = chosen, seed = r;
            validation += best / repeats;
            test += sealed.score("the chosen model", rows -> accuracy(winner, seed, rows, labels)) / repeats;
            assertThat(sealed.accesses()).isEqualTo(1);
        }
        Evidence.of("mean validation accuracy of the best", validation, above(0.55));
        Evidence.of("its mean test accuracy", test, between(0.49, 0.51));
    }

    /** A model that guesses a label from the row number alone. */
    private static double accuracy(int model, int repeat, int[] rows, int[] labels) {
        var guesses = Rng.of(repeat).split(model);
        int right = 0;
        for (int row : rows) if ((guesses.split(row).nextLong() & 1) == labels[row]) right++;
        return right / (double) rows.length;
    }

    @Test void splitsCutDatasets() {
        var parts = Split.stratified(Datasets.iris(), Rng.of(1), 0.6, 0.2, 0.2);
        assertThat(parts).hasSize(3).allSatisfy(part -> assertThat(part.classCounts()).containsOnly(part.size() / 3));
        assertThat(Split.random(Datasets.iris(), Rng.of(1), 0.5, 0.5).get(1).size()).isEqualTo(75);
        var spam = Datasets.spamAssassin();
        assertThat(Split.grouped(spam.groups(), Rng.of(1), 0.7, 0.3).of(spam)).hasSize(2);
        assertThatThrownBy(() -> Split.random(10, Rng.of(1), 0.5, 0.5).of(Datasets.iris()))
                .hasMessage("Split.of: a split of 10 rows does not fit data of 150");
    }

    @Test void wrongSharesAreRefusedWithASentence() {
        assertThatThrownBy(() -> Split.random(10, Rng.of(1), 0.8, 0.3)).hasMessageContaining("not 1");
        assertThatThrownBy(() -> Split.random(10, Rng.of(1), 1.2, -0.2)).hasMessage("Split.random: share 1.2; shares lie between 0 and 1");
        assertThatThrownBy(() -> Split.random(10, Rng.of(1), 0.99, 0.01)).hasMessageContaining("leaves part 1 empty");
        assertThatThrownBy(() -> Split.grouped(new int[] {1, 1, 1}, Rng.of(1), 0.5, 0.5)).hasMessageContaining("1 groups for 2 parts");
        assertThat(Split.random(1000, Rng.of(1), 0.1, 0.2, 0.7).sizes()).containsExactly(100, 200, 700);
    }

    @Test void aSealedTestSetCountsAndRefusesAndNamesPurposes() {
        var sealed = SealedTestSet.of("rows", 2);
        sealed.open("first look");
        assertThat(sealed.score("second look", String::length)).isEqualTo(4);
        assertThat(sealed.purposes()).containsExactly("first look", "second look");
        assertThatThrownBy(() -> sealed.open("third")).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("2 of 2 times (first look; second look)");
    }

    private static double[] shares(Rng rng, int parts) {
        var shares = new double[parts];
        double sum = 0;
        for (int p = 0; p < parts; p++) sum += shares[p] = 0.15 + rng.nextDouble();
        for (int p = 0; p < parts; p++) shares[p] /= sum;
        return shares;
    }

    private static boolean isAscending(int[] rows) {
        for (int i = 1; i < rows.length; i++) if (rows[i] < rows[i - 1]) return false;
        return true;
    }

    private static void assertPartition(Split split, int n) {
        var rows = IntStream.range(0, split.size()).flatMap(p -> Arrays.stream(split.get(p))).sorted().toArray();
        assertThat(rows).isEqualTo(IntStream.range(0, n).toArray());
    }
}
