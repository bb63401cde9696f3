package lyceum.learn.selection;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.Datasets;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class FoldSchemeTest {
    private static final String TOPIC = "k-fold";
    private static final Golden GOLDEN = Golden.load("golden/k-fold.json");

    private static int[] testFold(List<Fold> folds, int n) {
        var of = new int[n];
        for (int f = 0; f < folds.size(); f++) for (int row : folds.get(f).test()) of[row] = f;
        return of;
    }

    private static int[] expected(Golden c) {
        return c.at("expected.testFold").toString().contains(",") ? c.ints("expected.testFold")
                : c.text("expected.testFold").chars().map(d -> d - '0').toArray();
    }

    private static long[] labels(Golden input) {
        return switch (input.text("data")) {
            case "iris" -> Datasets.iris().y().toLongArray();
            case "digits" -> Datasets.digits().y().toLongArray();
            case "wine" -> Datasets.wine().y().toLongArray();
            case "breast cancer", "breast_cancer", "breastCancer" -> Datasets.breastCancer().y().toLongArray();
            default -> input.longs("y");
        };
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void foldsEqualScikitLearn() {
        int checked = 0;
        for (var c : GOLDEN.list("cases")) {
            String name = c.text("name");
            var input = c.at("input");
            if (name.startsWith("KFold")) {
                int n = input.integer("n");
                assertThat(testFold(new KFold(input.integer("k")).folds(n), n)).as(name).isEqualTo(expected(c));
            } else if (name.startsWith("StratifiedKFold")) {
                long[] labels = labels(input);
                assertThat(testFold(new StratifiedKFold(input.integer("k")).folds(new FoldScheme.Rows(labels.length, labels, null)),
                        labels.length)).as(name).isEqualTo(expected(c));
            } else if (name.startsWith("GroupKFold")) {
                int[] groups = input.ints("groups");
                assertThat(
                        testFold(new GroupKFold(input.integer("k")).folds(new FoldScheme.Rows(groups.length, null, groups)), groups.length))
                        .as(name).isEqualTo(expected(c));
            } else if (name.startsWith("TimeSeriesSplit")) {
                timeSeries(c);
            } else {
                continue;
            }
            checked++;
        }
        Evidence.of("cases with equal folds", checked, above(20));
    }

    private static void timeSeries(Golden c) {
        var input = c.at("input");
        var scheme = new TimeSeriesSplit(input.integer("splits")).withGap(input.integer("gap"));
        if (!c.at("input.maxTrain").toString().contains("null")) scheme = scheme.withMaxTrain(input.integer("maxTrain"));
        if (!c.at("input.testSize").toString().contains("null")) scheme = scheme.withTestSize(input.integer("testSize"));
        var folds = scheme.folds(input.integer("n"));
        var expected = c.intMatrix("expected.trainFromToTestFromTo");
        assertThat(folds).hasSameSizeAs(expected);
        for (int f = 0; f < expected.length; f++) {
            assertThat(folds.get(f).train()).as(c.text("name")).isEqualTo(IntStream.range(expected[f][0], expected[f][1]).toArray());
            assertThat(folds.get(f).test()).isEqualTo(IntStream.range(expected[f][2], expected[f][3]).toArray());
        }
    }

    /** Of k-fold, stratified, group and leave-one-out schemes; repeated ones test a row once each time, and time series leave out the first rows. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void eachRowIsTestedExactlyOnceAndNeverTrainsThen() {
        int schemes = 0, unmoved = 0;
        var rng = Rng.of(5);
        for (int run = 0; run < 100; run++) {
            int n = 20 + rng.nextInt(60), k = 2 + rng.nextInt(4);
            long[] labels = rng.longs(n, 0, 3).toArray();
            int[] groups = rng.ints(n, 0, 8).toArray();
            for (int g = 0; g < 8; g++) groups[g] = g;
            for (int c = 0; c < 3 * k && c < n; c++) labels[c] = c % 3;
            var rows = new FoldScheme.Rows(n, labels, groups);
            for (var scheme : List.of(new KFold(k), new KFold(k).shuffled(run), new StratifiedKFold(k),
                    new StratifiedKFold(k).shuffled(run), new GroupKFold(k), new GroupKFold(k).shuffled(run), new LeaveOneOut())) {
                var times = new int[n];
                for (var fold : scheme.folds(rows)) {
                    for (int row : fold.test()) times[row]++;
                    var all = new HashSet<Integer>();
                    IntStream.concat(Arrays.stream(fold.train()), Arrays.stream(fold.test())).forEach(all::add);
                    assertThat(all).as(scheme.toString()).hasSize(n);
                    assertThat(fold.train().length + fold.test().length).isEqualTo(n);
                }
                assertThat(times).as(scheme.toString()).containsOnly(1);
                schemes++;
            }
            var repeated = new int[n];
            var again = new Repeated(new KFold(k), 3, run).folds(rows);
            for (var fold : again) for (int row : fold.test()) repeated[row]++;
            assertThat(repeated).containsOnly(3);
            // A shuffle is another cut than the plain one, and every repetition another than the one before.
            for (var scheme : List.<FoldScheme.Shuffled>of(new KFold(k), new StratifiedKFold(k), new GroupKFold(k)))
                if (Arrays.equals(testFold(scheme.shuffled(run).folds(rows), n), testFold(scheme.folds(rows), n))) unmoved++;
            for (int time = 1; time < 3; time++) if (Arrays.equals(again.get(time * k).test(), again.get(time * k - k).test())) unmoved++;
        }
        Evidence.of("cuts in which every row is tested once", schemes, exactly(700));
        Evidence.of("of 500 shuffles, those that changed nothing", unmoved, atMost(50)); // groups of distinct sizes leave little to shuffle
    }

    @Test void shufflingKeepsSharesAndGroupsAndFollowsItsSeed() {
        var rng = Rng.of(6);
        long[] labels = rng.longs(90, 0, 3).toArray();
        int[] groups = rng.ints(90, 0, 20).toArray();
        var rows = new FoldScheme.Rows(90, labels, groups);
        for (int seed = 0; seed < 20; seed++) {
            for (long label = 0; label < 3; label++) {
                long wanted = label;
                double all = Arrays.stream(labels).filter(l -> l == wanted).count();
                for (var fold : new StratifiedKFold(5).shuffled(seed).folds(rows))
                    assertThat(Arrays.stream(fold.test()).filter(r -> labels[r] == wanted).count() - all / 5).isBetween(-1.0, 1.0);
            }
            for (var fold : new GroupKFold(4).shuffled(seed).folds(rows)) {
                var tested = new HashSet<Integer>();
                for (int row : fold.test()) tested.add(groups[row]);
                for (int row : fold.train()) assertThat(tested).doesNotContain(groups[row]);
            }
        }
        assertThat(testFold(new KFold(5).shuffled(1).folds(90), 90)).isEqualTo(testFold(new KFold(5).shuffled(1).folds(90), 90))
                .isNotEqualTo(testFold(new KFold(5).shuffled(2).folds(90), 90));
    }

    @Test void whatCannotBeDividedIsRefusedByName() {
        assertThatThrownBy(() -> new KFold(1)).hasMessageContaining("k is 1");
        assertThatThrownBy(() -> new KFold(5).folds(4)).hasMessageContaining("5 parts of 4 rows");
        assertThatThrownBy(() -> new StratifiedKFold(3).folds(9)).hasMessageContaining("no class labels");
        assertThatThrownBy(() -> new StratifiedKFold(3).folds(new FoldScheme.Rows(4, new long[] {0, 1, 0, 1}, null)))
                .hasMessageContaining("largest class has 2 rows");
        assertThatThrownBy(() -> new GroupKFold(3).folds(new FoldScheme.Rows(4, null, new int[] {0, 0, 1, 1})))
                .hasMessageContaining("3 parts of 2 groups");
        assertThatThrownBy(() -> new TimeSeriesSplit(5).withTestSize(4).folds(20)).hasMessageContaining("leave no training rows of 20");
        assertThatThrownBy(() -> new FoldScheme.Rows(3, new long[2], null)).hasMessageContaining("2 labels for 3 rows");
    }
}
