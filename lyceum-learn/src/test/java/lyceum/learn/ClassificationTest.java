package lyceum.learn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.kernel.Rbf;
import lyceum.learn.ensemble.RandomForestClassifier;
import lyceum.learn.linear.LinearDiscriminantAnalysis;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.neural.MlpClassifier;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.Fold;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.League;
import lyceum.learn.selection.Scorer;
import lyceum.learn.svm.LinearSvm;
import lyceum.learn.svm.Svm;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ClassificationTest {
    private static final String TOPIC = "classification";

    /**
     * The share of rows that relabelling leaves alike, 1 for all others: each class of the perceptron has its own shuffle by its place, the tree
     * of splits halves the classes in order, networks begin at random, ties of votes go to the smaller label. A threshold that serves the F1 of the larger
     * label, and a matrix in which missing it costs three times as much, are other tasks once the labels are the other way round.
     */
    private static final Map<String, Double> BY_ORDER = Map.of("perceptron", 0.8, "nested dichotomies", 0.9, "network of classes", 0.95,
            "AdaBoost", 0.95, "nearest neighbours", 0.95, "logistic regression with a moved threshold", 0.9,
            "logistic regression by expected cost", 0.7);

    @Test
    @Acceptance(topic = TOPIC, clause = 1) void everyClassifierIsAClassifier() {
        int checked = 0;
        double sums = 0;
        var wrong = new ArrayList<String>();
        var names = List.of("zebra", "ant", "mouse"); // not in the order of the numbers
        for (var entry : Learners.classifiers().entrySet()) for (int k : new int[] {2, 3}) {
            if (k == 3 && entry.getValue().tags().contains(lyceum.stats.learner.Tag.BINARY_ONLY)) continue;
            var rng = Rng.of(k);
            double[][] rows = new double[90][3];
            var labels = new long[90];
            var texts = new ArrayList<String>();
            for (int i = 0; i < 90; i++) {
                labels[i] = i * k / 90;
                texts.add(names.get((int) labels[i]));
                for (int j = 0; j < 3; j++) rows[i][j] = 0.9 * rng.nextGaussian() + (labels[i] == j ? 1.5 : 0);
            }
            Tensor x = Tensor.of(rows), y = Tensor.of(labels), moved = y.mul(-3).add(40); // the other way round, elsewhere
            var model = entry.getValue().fit(x, y);
            if (model.hasProbabilities()) {
                var p = model.predictProba(x);
                sums = Math.max(sums, p.sum(1).sub(1).abs().max().item());
                long[] best = p.argmax(1, false).toLongArray(), said = model.predict(x).toLongArray();
                // Votes of pairs, and hard votes, have a rule of their own that their page tells.
                if (!entry.getKey().equals("one against one") && !Arrays.equals(best, said))
                    wrong.add(entry.getKey() + ": not the most probable");
            } else if (!Arrays.equals(model.predict(x).toLongArray(), byScore(model.decisionFunction(x))))
                wrong.add(entry.getKey() + ": not the highest score");
            double relabelled = entry.getValue().fit(x, moved).predict(x).sub(40).div(-3.0).sub(model.predict(x)).abs().lt(0.5)
                    .to(DType.F64).mean().item();
            if (relabelled < BY_ORDER.getOrDefault(entry.getKey(), 1.0))
                wrong.add(entry.getKey() + ": relabelling changes " + (1 - relabelled));
            var ordered = entry.getValue().fit(x, y.mul(7).add(-100)).predict(x).sub(-100).div(7.0).sub(model.predict(x)).abs().max()
                    .item();
            if (ordered > 0) wrong.add(entry.getKey() + ": other numbers in the same order change it");
            var sorted = texts.stream().distinct().sorted().toList();
            long[] codes = texts.stream().mapToLong(sorted::indexOf).toArray();
            var byName = NamedClasses.fit(entry.getValue(), x, texts).predict(x);
            long[] byNumber = entry.getValue().fit(x, Tensor.of(codes)).predict(x).toLongArray();
            for (int i = 0; i < 90; i++) if (!byName.get(i).equals(sorted.get((int) byNumber[i]))) {
                wrong.add(entry.getKey() + ": names and numbers differ");
                break;
            }
            checked++;
        }
        assertThat(wrong).isEmpty();
        Evidence.of("classifiers times two and three classes", checked, atLeast(40));
        Evidence.of("largest distance of a row of probabilities from 1", sums, atMost(1e-6));
        Evidence.of("claims that fail", wrong.size(), exactly(0));
        assertThatThrownBy(() -> NamedClasses.fit(new LogisticRegression(), Tensor.of(new double[][] {{0}, {1}}), List.of("a", "b"))
                .score(Tensor.of(new double[][] {{0}}), List.of("c"))).hasMessageContaining("label c in row 0 is none of [a, b]");
    }

    private static long[] byScore(Tensor scores) {
        return scores.rank() == 1 ? scores.gt(0).to(DType.I64).toLongArray() : scores.argmax(1, false).toLongArray();
    }

    private static FoldScheme dealt(int number) {
        return rows -> {
            int[] order = new Recipe(16400 + number).shuffle(rows.n());
            var folds = new ArrayList<Fold>();
            for (int k = 0; k < 5; k++) {
                var tested = new boolean[rows.n()];
                for (int i = k; i < order.length; i += 5) tested[order[i]] = true;
                int[] train = new int[rows.n()], test = new int[rows.n()];
                int a = 0, b = 0;
                for (int i = 0; i < tested.length; i++) {
                    if (tested[i]) test[b++] = i;
                    else train[a++] = i;
                }
                folds.add(new Fold(Arrays.copyOf(train, a), Arrays.copyOf(test, b)));
            }
            return folds;
        };
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 2) void accuraciesEqualScikitLearnsOnTheSameFolds() {
        var golden = Golden.load("golden/classification.json");
        Map<String, Dataset> sets = new LinkedHashMap<>();
        sets.put("iris", Datasets.iris());
        sets.put("wine", Datasets.wine());
        sets.put("breast-cancer", Datasets.breastCancer());
        sets.put("digits", Datasets.digits());
        double worst = 0;
        int compared = 0, number = 0;
        for (var set : sets.entrySet()) {
            Tensor raw = set.getValue().x().to(DType.F64), spread = raw.sub(raw.mean(0)).square().mean(0).sqrt(),
                    x = raw.sub(raw.mean(0)).div(spread.eq(0).where(spread.onesLike(), spread)).compute();
            var learners = new LinkedHashMap<String, Classifier>(Learners.classifiers());
            learners.put("logistic regression", new LogisticRegression().withC(1));
            learners.put("support vectors", new Svm(Rbf.ofGamma(1.0 / x.size(1)), 1));
            learners.put("linear support vectors", new LinearSvm(1));
            learners.put("random forest", new RandomForestClassifier().withTrees(100));
            learners.put("network of classes", new MlpClassifier(32));
            var e = golden.named(set.getKey()).at("expected");
            learners.keySet().removeIf(name -> !e.has(name));
            var league = League.play(new CrossValidation(dealt(number++)), learners, x, set.getValue().y(), Scorer.ACCURACY);
            for (var entry : league.entries()) {
                assertThat(entry.error()).as(entry.name()).isNull();
                // A reference that depends on its random state is a range.
                double[] theirs = e.doubles(entry.name());
                double apart = Math.max(0, Math.max(Arrays.stream(theirs).min().orElseThrow() - entry.mean(),
                        entry.mean() - Arrays.stream(theirs).max().orElseThrow()));
                assertThat(apart).as(set.getKey() + ", " + entry.name() + ": ours " + entry.mean()).isLessThanOrEqualTo(0.02);
                worst = Math.max(worst, apart);
                compared++;
            }
        }
        Evidence.of("accuracies compared, of sixteen classifiers on four data sets", compared, exactly(58));
        Evidence.of("largest distance", worst, atMost(0.02));
    }

    private static Tensor[] gaussians(Rng rng, int n) {
        double[][] x = new double[n][2];
        var labels = new long[n];
        for (int i = 0; i < n; i++) {
            labels[i] = rng.nextInt(2);
            x[i][0] = (labels[i] == 1 ? 1 : -1) + rng.nextGaussian();
            x[i][1] = rng.nextGaussian();
        }
        return new Tensor[] {Tensor.of(x), Tensor.of(labels)};
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 3) void theBoundaryIsNearTheBayesLine() {
        double mean = 0;
        int places = 0;
        for (int run = 0; run < 20; run++) {
            Tensor[] data = gaussians(Rng.of(100 + run), 5_000);
            var boundary = DecisionBoundary.of(new LinearDiscriminantAnalysis().fit(data[0], data[1]), -3, 3, -2, 2, 41);
            double sum = 0;
            for (double[] p : boundary.points()) sum += Math.abs(p[0]);
            mean += sum / boundary.points().length / 20;
            places += boundary.points().length;
        }
        Evidence.of("places on twenty boundaries", places, atLeast(20 * 41));
        Evidence.of("LDA at n = 5,000: mean distance from the Bayes line over two deviations along it", mean, atMost(0.03));
        // A tree's boundary is its cut, a grid's cell away at most.
        Tensor[] data = gaussians(Rng.of(1), 400);
        var boundary = DecisionBoundary
                .of(Learners.classifiers().get("decision tree").fit(data[0], data[0].select(1, 1).gt(0.3).to(DType.I64)), -2, 2, -2, 2, 41);
        for (double[] p : boundary.points()) assertThat(Math.abs(p[1] - 0.3)).isLessThan(0.11);
        assertThatThrownBy(() -> DecisionBoundary.of(
                Learners.classifiers().get("naive Bayes").fit(Tensor.of(new double[][] {{1}, {2}}), Tensor.of(new long[] {0, 1})), 0, 1, 0,
                1, 9)).hasMessageContaining("model of 1 columns");
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 3) void nobodyBeatsTheBayesRate() {
        double best = Incomplete.normalCdf(1), highest = Double.NEGATIVE_INFINITY;
        int runs = 4, n = 2_500;
        for (var learner : Learners.classifiers().values()) {
            double mean = 0;
            for (int run = 0; run < runs; run++) {
                Tensor[] train = gaussians(Rng.of(200 + run), 400), test = gaussians(Rng.of(300 + run), n);
                mean += learner.fit(train[0], train[1]).score(test[0], test[1]) / runs;
            }
            highest = Math.max(highest, (mean - best) / Math.sqrt(best * (1 - best) / (n * runs)));
        }
        Evidence.of("all registered classifiers, mean accuracy of four draws: largest excess over the Bayes rate, in standard errors",
                highest, atMost(3));
    }
}
