package lyceum.learn.leakage;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Column;
import lyceum.data.ColumnType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Frame;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.Ridge;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.selection.BestCorrelated;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.TimeSeriesSplit;
import lyceum.random.Rng;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.StandardScaler;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DataLeakageTest {
    private static final String TOPIC = "data-leakage";

    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("slow")
    @Test void selectionBeforeTheFoldsIsFlaggedAndSelectionInsideIsNot() {
        double leaky = 0, honest = 0;
        int flagged = 0, passed = 0, runs = 50;
        var learner = new KNeighborsClassifier(1);
        for (int run = 0; run < runs; run++) {
            var rng = Rng.of(600 + run);
            var x = Tensor.randn(rng, DType.F64, 50, 5_000);
            int[] order = rng.permutation(50);
            var labels = new long[50];
            for (int i = 0; i < 25; i++) labels[order[i]] = 1;
            var y = Tensor.of(labels);
            var cv = new CrossValidation(new KFold(5));
            var selector = new BestCorrelated(100);
            leaky += (1 - cv.score(learner, selector.fit(x, y, null).transform(x), y).mean()) / runs;
            honest += (1 - cv.score(Pipeline.of(selector).then(learner), x, y).mean()) / runs;
            var evaluation = Evaluation.of(x, y, cv.folds(x, y));
            if (new LeakageAudit().audit(evaluation.withPreparation(Preparation.outside(selector))).has(Finding.Kind.FITTED_ON_TEST_LABELS))
                flagged++;
            if (new LeakageAudit().audit(evaluation.withPreparation(Preparation.inside(selector))).isClean()) passed++;
        }
        Evidence.of("mean error with columns selected on all rows", leaky, below(0.10));
        Evidence.of("mean error with columns selected inside the folds", honest, between(0.45, 0.55));
        Evidence.of("runs of 50 in which the first is flagged", flagged, exactly(50));
        Evidence.of("runs of 50 in which the second is clean", passed, exactly(50));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void eightPlantedLeaksAreFoundAndTwentyDataSetsPass() {
        int found = 0;
        for (var leak : eight().entrySet()) {
            var report = new LeakageAudit().audit(leak.getValue());
            assertThat(report.dataLeakage()).extracting(Finding::kind).as(leak.getKey().toString()).contains(leak.getKey());
            found++;
        }
        Evidence.of("planted leaks found of 8", found, exactly(8));
        int clean = 0, findings = 0;
        for (var data : twenty()) {
            var evaluation = Evaluation.of(data, new KFold(5).shuffled(clean)).withPreparation(Preparation.inside(new StandardScaler()));
            var report = new LeakageAudit().audit(evaluation);
            assertThat(report.toString()).as("data set " + clean + " " + data).isEqualTo("no leak found");
            int half = data.size() / 2;
            var mixed = data.shuffled(Rng.of(clean));
            var split = new LeakageAudit().audit(Evaluation.of(mixed.range(0, half), mixed.range(half, data.size())));
            assertThat(split.toString()).as("halves of data set " + clean).isEqualTo("no leak found");
            findings += report.findings().size() + split.findings().size();
            clean++;
        }
        Evidence.of("clean data sets", clean, exactly(20));
        Evidence.of("findings on them", findings, exactly(0));
    }

    /** A leak of each kind that data leakage has, target leakage among them. */
    private static Map<Finding.Kind, Evaluation> eight() {
        var rng = Rng.of(11);
        int n = 400;
        var base = Datasets.classification(rng, n, 6, 3, 1, 2, 1, 0.1);
        var cv = Evaluation.of(base, new KFold(5).shuffled(1));
        int[] copied = IntStream.range(0, n).map(i -> i < 20 ? i + 200 : i).toArray();
        var twice = Evaluation.of(base.rows(copied), new KFold(5).shuffled(1));
        double[] nearly = twice.x().toDoubleArray(), told = base.x().toDoubleArray(), shifted = base.x().toDoubleArray();
        for (int i = 0; i < 20 * 6; i++) nearly[i] *= 1 + 1e-5 * rng.nextGaussian();
        for (int i = 0; i < n; i++) told[6 * i] = base.labels()[i] + 0.1 * rng.nextGaussian();
        for (int i = 0; i < 6 * 120; i += 6) shifted[i] += 0.8;
        var groups = IntStream.range(0, n).map(i -> i / 4).toArray();
        var moved = base.withX(Tensor.of(shifted, n, 6));
        var leaks = new LinkedHashMap<Finding.Kind, Evaluation>();
        leaks.put(Finding.Kind.DUPLICATES, twice);
        leaks.put(Finding.Kind.NEAR_DUPLICATES, Evaluation.of(twice.x().mul(0).add(Tensor.of(nearly, n, 6)), twice.y(), twice.folds()));
        leaks.put(Finding.Kind.SHARED_GROUPS, cv.withGroups(groups));
        leaks.put(Finding.Kind.TIME_ORDER, cv.withTimes(IntStream.range(0, n).asDoubleStream().toArray()));
        leaks.put(Finding.Kind.FITTED_ON_TEST_ROWS, cv.withPreparation(Preparation.outside(new StandardScaler())));
        leaks.put(Finding.Kind.FITTED_ON_TEST_LABELS, cv.withPreparation(Preparation.outside(new BestCorrelated(3))));
        leaks.put(Finding.Kind.PROXY, Evaluation.of(Tensor.of(told, n, 6), base.y(), cv.folds()));
        leaks.put(Finding.Kind.DISTINGUISHABLE, Evaluation.of(moved.range(0, 120), moved.range(120, n)));
        return leaks;
    }

    private static List<Dataset> twenty() {
        var all = new ArrayList<Dataset>(
                List.of(Datasets.wine(), Datasets.breastCancer(), Datasets.diabetes(), Datasets.digits().head(800)));
        for (int i = 0; i < 4; i++) {
            var rng = Rng.of(100 + i);
            all.add(Datasets.classification(rng, 300 + 100 * i, 8, 4, 2, 2 + i % 3, 1, 0.1));
            all.add(Datasets.moons(rng, 200 + 100 * i, 0.3));
            all.add(Datasets.blobs(rng, 400, 3, 2 + 2 * i, 4));
            all.add(Datasets.friedman1(rng, 300, 5 + i, 1));
        }
        return all;
    }

    /** Clause 3, by brute force over all pairs of documents, shingles cut by hand. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void nearDuplicatesOfJaccardFourFifthsAreFound() {
        var rng = Rng.of(5);
        var texts = new ArrayList<String>();
        for (int d = 0; d < 300; d++) {
            var words = new ArrayList<String>();
            for (int w = 0; w < 60 + rng.nextInt(100); w++) words.add("w" + (int) (2_000 * Math.pow(rng.nextDouble(), 3)));
            texts.add(String.join(" ", words));
            // copies with one to five words exchanged, put in or left out
            for (int copy = 0; copy < d % 3; copy++) {
                var edited = new ArrayList<>(words);
                for (int e = 0; e < 1 + rng.nextInt(5); e++) {
                    int at = rng.nextInt(edited.size());
                    switch (rng.nextInt(3)) {
                        case 0 -> edited.set(at, "x" + rng.nextInt(1_000));
                        case 1 -> edited.add(at, "x" + rng.nextInt(1_000));
                        default -> edited.remove(at);
                    }
                }
                texts.add(String.join(" ", edited).toUpperCase(Locale.ROOT));
            }
        }
        var sets = texts.stream().map(DataLeakageTest::triples).toList();
        var truth = new HashSet<List<Integer>>();
        for (int i = 0; i < sets.size(); i++) for (int j = i + 1; j < sets.size(); j++) {
            var both = new HashSet<>(sets.get(i));
            both.retainAll(sets.get(j));
            var either = new HashSet<>(sets.get(i));
            either.addAll(sets.get(j));
            if (both.size() >= 0.8 * either.size()) truth.add(List.of(i, j));
        }
        int half = texts.size() / 2, n = texts.size();
        var x = Tensor.randn(rng, DType.F64, n, 3);
        var evaluation = Evaluation.of(x, Tensor.randint(rng, 0, 2, n), new KFold(2).shuffled(3).folds(new FoldScheme.Rows(n, null, null)));
        var found = new HashSet<List<Integer>>();
        for (var pair : NearDuplicates.texts(texts, 3, 0.8)) found.add(List.of(pair.first(), pair.second()));
        var hit = new HashSet<>(truth);
        hit.retainAll(found);
        Evidence.of("pairs of Jaccard similarity at least 0.8", truth.size(), atLeast(200));
        Evidence.of("share of them found", (double) hit.size() / truth.size(), atLeast(0.95));
        Evidence.of("pairs found that are less alike", found.size() - hit.size(), exactly(0));
        // just 0.8, and of nine items only the second rarest is shared
        var tight = new ArrayList<Set<String>>();
        for (int g = 0; g < 50; g++) for (int own = 0; own < 2; own++) {
            var set = new HashSet<>(Set.of("own " + g + " " + own));
            for (int c = 0; c < 8; c++) set.add("shared " + g + " " + c);
            tight.add(set);
        }
        Evidence.of("pairs of 50 at exactly 0.8 found", NearDuplicates.sets(tight, 0.8).size(), exactly(50));
        // across the split: each such pair that the two folds part, in both directions
        var test = new HashSet<Integer>();
        for (int row : evaluation.folds().getFirst().test()) test.add(row);
        var parted = new HashSet<List<Integer>>();
        for (var pair : truth) if (test.contains(pair.get(0)) != test.contains(pair.get(1))) {
            parted.add(pair);
            parted.add(pair.reversed());
        }
        var told = new HashSet<List<Integer>>();
        for (var pair : new LeakageAudit().audit(evaluation.withTexts(texts)).of(Finding.Kind.NEAR_DUPLICATES).getFirst().pairs())
            told.add(List.of(pair.train(), pair.test()));
        Evidence.of("pairs across the split that the audit names less those there are", told.size() - parted.size(), exactly(0));
        assertThat(told).isEqualTo(parted);
        assertThat(half).isPositive();
    }

    private static Set<String> triples(String text) {
        String[] words = text.toLowerCase(Locale.ROOT).split(" ");
        var set = new HashSet<String>();
        for (int i = 2; i < words.length; i++) set.add(words[i - 2] + "|" + words[i - 1] + "|" + words[i]);
        return set;
    }

    @Test void aTableIsAuditedByItsColumns() {
        int n = 200;
        var rng = Rng.of(8);
        var age = new double[n];
        var ward = new String[n];
        var notes = new String[n];
        var died = new boolean[n];
        var discharge = new ArrayList<Object>();
        for (int i = 0; i < n; i++) {
            died[i] = rng.nextDouble() < 0.3;
            age[i] = 50 + 15 * rng.nextGaussian();
            ward[i] = rng.nextInt(2) == 0 ? "north" : "south";
            discharge.add(died[i] ? null : (Object) (double) rng.nextInt(9));
            notes[i] = "patient " + i + " number " + rng.nextInt(1_000_000) + " came with " + rng.nextInt(1_000_000)
                    + " complaints and more " + i;
        }
        notes[150] = notes[3];
        var frame = Frame.of(Column.of("age", age), Column.categories("ward", ward),
                Column.ofValues("discharge", ColumnType.F64, discharge), Column.of("notes", notes), Column.of("died", died));
        var report = new LeakageAudit().audit(Evaluation.of(frame, "died", new KFold(4)));
        assertThat(report.findings()).extracting(Finding::kind).containsExactly(Finding.Kind.PROXY, Finding.Kind.NEAR_DUPLICATES);
        assertThat(report.toString()).contains("PROXY (target leakage): 'discharge' alone ranks the answer with an area of 1.000");
        assertThat(report.of(Finding.Kind.NEAR_DUPLICATES).getFirst().pairs()).contains(new Finding.Pair(3, 150));
    }

    @Test void splitsForwardInTimeMayDriftAndAForestSeesWhatNoColumnShows() {
        int n = 600;
        var rng = Rng.of(9);
        var x = new double[n][2];
        for (int i = 0; i < n; i++) x[i] = new double[] {i + rng.nextGaussian(), rng.nextGaussian()};
        var y = Tensor.randint(rng, 0, 2, n);
        var forward = Evaluation.of(Tensor.of(x), y, new TimeSeriesSplit(4).folds(n));
        assertThat(new LeakageAudit().audit(forward).has(Finding.Kind.DISTINGUISHABLE)).isTrue();
        assertThat(new LeakageAudit().audit(forward.withTimes(IntStream.range(0, n).asDoubleStream().toArray())).isClean()).isTrue();
        // the same two columns, alike in the one part and opposite in the other
        var joint = new double[n][2];
        for (int i = 0; i < n; i++) {
            double a = rng.nextGaussian(), b = 0.5 * rng.nextGaussian();
            joint[i] = new double[] {a, i < 300 ? a + b : -a + b};
        }
        var data = Dataset.of(Tensor.of(joint), y);
        var report = new LeakageAudit().audit(Evaluation.of(data.range(0, 300), data.range(300, n)));
        assertThat(report.toString()).contains("a forest tells test rows from training rows");
    }

    @Test void repairsOfPlainSplitsAndNumbers() {
        var rng = Rng.of(10);
        var data = Datasets.classification(rng, 300, 4, 3, 0, 2, 1, 0.1);
        var split = Evaluation.of(data.range(0, 200), data.range(200, 300)).withLearner(new LogisticRegression());
        var groups = IntStream.range(0, 300).map(i -> i % 150).toArray();
        var shared = new LeakageAudit().audit(split.withGroups(groups)).of(Finding.Kind.SHARED_GROUPS).getFirst();
        assertThat(shared.inflation().after()).hasSize(1);
        assertThat(shared.measure()).isEqualTo(100.0 / 150);
        var late = new LeakageAudit().audit(split.withTimes(IntStream.range(0, 300).mapToDouble(i -> i == 5 ? 1_000 : i).toArray()));
        assertThat(late.of(Finding.Kind.TIME_ORDER).getFirst().pairs()).containsExactly(new Finding.Pair(5, 200));
        var numbers = Datasets.friedman1(rng, 200, 5, 1);
        var told = Tensor.concat(1, numbers.x(), numbers.y().mul(2).add(1).unsqueeze(1));
        var report = new LeakageAudit().audit(Evaluation.of(told, numbers.y(), new KFold(4).folds(200)).withLearner(new Ridge(1)));
        assertThat(report.targetLeakage()).hasSize(1);
        assertThat(report.targetLeakage().getFirst().columns()).containsExactly(5);
        assertThat(report.targetLeakage().getFirst().inflationOr(0)).isBetween(0.1, 0.6);
        assertThatThrownBy(() -> split.withGroups(new int[3])).hasMessageContaining("3 groups for 300 rows");
        assertThatThrownBy(() -> split.withWrittenAt(Map.of(0, new double[300]))).hasMessageContaining("without predictedAt");
        assertThatThrownBy(() -> new LeakageAudit().withProxy(0.3)).hasMessageContaining("proxy is 0.3");
        assertThatThrownBy(() -> NearDuplicates.texts(List.of("a"), 0, 0.5)).hasMessageContaining("0 words");
    }
}
