package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.Perceptron;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.random.Rng;
import lyceum.stats.Interval;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.StandardScaler;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class BinaryClassifierTest {
    private static final String TOPIC = "binary-classification";

    /** Says the first column, which is taken for the probability of class 7; the other class is 3. */
    private record Oracle(int nFeatures) implements ClassificationModel {
        @Override public long[] classes() { return new long[] {3, 7}; }

        @Override public Tensor predictProba(Tensor x) {
            var p = x.select(1, 0);
            return Tensor.concat(1, p.neg().add(1).unsqueeze(1), p.unsqueeze(1)).compute();
        }
    }

    private static Tensor[] draws(Rng rng, int n) {
        double[][] p = new double[n][1];
        var labels = new long[n];
        for (int i = 0; i < n; i++) {
            p[i][0] = rng.nextDouble();
            labels[i] = rng.nextDouble() < p[i][0] ? 7 : 3;
        }
        return new Tensor[] {Tensor.of(p), Tensor.of(labels)};
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 1) void theCheapestCutIsTheOneOfTheCosts() {
        double worst = 0, apart = 0;
        for (double share : new double[] {0.5, 0.2, 0.1}) {
            double mean = 0;
            for (int draw = 0; draw < 50; draw++) {
                Tensor[] data = draws(Rng.of(500 + draw), 50_000);
                var alarm = BinaryClassifier.of(new Oracle(1), 7);
                var told = alarm.forCosts(share, 1 - share);
                assertThat(told.threshold()).isCloseTo(share, within(1e-15));
                // The empirical minimum by another way: sorted, cumulative.
                double[] least = leastCost(data, share);
                worst = Math.max(worst, told.report(data[0], data[1], 0.95).cost(share, 1 - share) / least[0] - 1);
                var tuned = alarm.tunedForCosts(data[0], data[1], share, 1 - share);
                assertThat(tuned.report(data[0], data[1], 0.95).cost(share, 1 - share)).isCloseTo(least[0], within(1e-12));
                mean += Math.abs(tuned.threshold() - share) / 50;
            }
            apart = Math.max(apart, mean);
        }
        Evidence.of("cost at c_fp / (c_fp + c_fn) over the least, less 1: largest of 50 draws and three shares", worst, atMost(0.015));
        Evidence.of("mean distance of the cheapest cut from it, largest of three shares", apart, atMost(0.015));
    }

    /** Least cost a row, by sorting rows and moving the cut past one at a time. */
    private static double[] leastCost(Tensor[] data, double falseAlarm) {
        double[] p = data[0].toDoubleArray();
        long[] labels = data[1].toLongArray();
        Integer[] order = new Integer[p.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(p[a], p[b]));
        double cost = 0;
        for (long l : labels) if (l == 3) cost += falseAlarm; // cut below all
        double least = cost;
        for (int i : order) {
            cost += labels[i] == 7 ? 1 - falseAlarm : -falseAlarm;
            least = Math.min(least, cost);
        }
        return new double[] {least / p.length};
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 2) void tunedCutsAreTheBestOfAll() {
        int wrong = 0, checked = 0;
        for (int seed = 0; seed < 300; seed++) {
            var rng = Rng.of(seed);
            int n = 5 + rng.nextInt(40);
            double[][] p = new double[n][1];
            var labels = new long[n];
            for (int i = 0; i < n; i++) {
                p[i][0] = seed % 2 == 0 ? rng.nextDouble() : rng.nextInt(6) / 5.0; // with ties
                labels[i] = rng.nextDouble() < 0.2 + 0.5 * p[i][0] ? 7 : 3;
            }
            labels[0] = 7;
            labels[1] = 3;
            Tensor x = Tensor.of(p), y = Tensor.of(labels);
            for (long positive : new long[] {7, 3}) {
                var view = BinaryClassifier.of(new Oracle(1), positive);
                double alarm = 1 + rng.nextInt(5), miss = 1 + rng.nextInt(9), beta = 0.5 + rng.nextInt(4) / 2.0,
                        recall = 0.3 + 0.6 * rng.nextDouble(), rate = rng.nextDouble();
                if (seed % 3 == 0) { // met exactly, 0 and 1 among them
                    long of = Arrays.stream(labels).filter(l -> l == positive).count();
                    recall = (1.0 + rng.nextInt((int) of)) / of;
                    rate = (double) rng.nextInt((int) (n - of + 1)) / (n - of);
                }
                double cost = Double.POSITIVE_INFINITY, f = 0, precision = -1, found = -1;
                for (int c = 0; c <= n; c++) {
                    double cut = c == n ? Double.POSITIVE_INFINITY : p[c][0];
                    int tp = 0, fp = 0, fn = 0, negatives = 0;
                    for (int i = 0; i < n; i++) {
                        // Of class 3 the score is 1 - p, which keeps the order of rows turned round.
                        boolean called = positive == 7 ? p[i][0] >= cut : c < n && p[i][0] <= cut;
                        if (labels[i] != positive) negatives++;
                        if (called && labels[i] == positive) tp++;
                        else if (called) fp++;
                        else if (labels[i] == positive) fn++;
                    }
                    cost = Math.min(cost, (fp * alarm + fn * miss) / n);
                    f = Math.max(f, fBeta(tp, fp, fn, beta));
                    if ((double) tp / (tp + fn) >= recall) precision = Math.max(precision, (double) tp / (tp + fp));
                    if ((double) fp / negatives <= rate) found = Math.max(found, (double) tp / (tp + fn));
                }
                var byCost = view.tunedForCosts(x, y, alarm, miss).report(x, y, 0.9);
                var byF = view.tunedForFBeta(x, y, beta).report(x, y, 0.9);
                var byRecall = view.tunedForRecall(x, y, recall).report(x, y, 0.9);
                var byRate = view.tunedForFalsePositiveRate(x, y, rate).report(x, y, 0.9);
                if (Math.abs(byCost.cost(alarm, miss) - cost) > 1e-12) wrong++;
                if (Math.abs(fBeta(byF.truePositives(), byF.falsePositives(), byF.falseNegatives(), beta) - f) > 1e-12) wrong++;
                if (byRecall.sensitivity() < recall || Math.abs(byRecall.precision() - precision) > 1e-12) wrong++;
                if (1 - byRate.specificity() > rate + 1e-12 || Math.abs(byRate.sensitivity() - found) > 1e-12) wrong++;
                checked += 4;
            }
        }
        Evidence.of("tuned cuts compared with all cuts", checked, exactly(2_400));
        Evidence.of("that are not the best", wrong, exactly(0));
    }

    private static double fBeta(double tp, double fp, double fn, double beta) {
        double b2 = beta * beta;
        return (1 + b2) * tp / ((1 + b2) * tp + b2 * fn + fp);
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 3) void swappingTheClassesSwapsTheShares() {
        var data = Datasets.breastCancer();
        Tensor x = data.x().sub(data.x().mean(0)).div(data.x().std(0)).compute(), y = data.y();
        double worst = 0;
        int views = 0;
        for (var model : new ClassificationModel[] {new LogisticRegression().fit(x, y), new Perceptron().fit(x, y)})
            for (long positive : new long[] {0, 1}) {
                var base = BinaryClassifier.of(model, positive);
                var tuned = base.tunedForRecall(x, y, 0.97); // cut exactly at a row's score
                for (var view : new BinaryClassifier[] {base, tuned, base.tunedForCosts(x, y, 1, 7), tuned.swapped()}) {
                    BinaryClassifier.Report one = view.report(x, y, 0.95), other = view.swapped().report(x, y, 0.95);
                    worst = Math.max(worst,
                            Math.abs(one.sensitivity() - other.specificity()) + Math.abs(one.specificity() - other.sensitivity())
                                    + Math.abs(one.precision() - other.negativePredictiveValue())
                                    + Math.abs(one.negativePredictiveValue() - other.precision())
                                    + Math.abs(one.accuracy() - other.accuracy()) + Math.abs(one.prevalence() + other.prevalence() - 1)
                                    + apart(one.sensitivityInterval(), other.specificityInterval())
                                    + apart(one.precisionInterval(), other.negativePredictiveInterval()));
                    assertThat(view.predict(x).toLongArray()).isEqualTo(view.swapped().predict(x).toLongArray());
                    assertThat(one.sensitivity()).isNotEqualTo(one.specificity());
                    views++;
                }
            }
        Evidence.of("views of two models", views, atLeast(12));
        Evidence.of("largest difference of a share from its counterpart", worst, exactly(0));
    }

    private static double apart(Interval a, Interval b) { return Math.abs(a.low() - b.low()) + Math.abs(a.high() - b.high()); }

    @Test
    @Acceptance(topic = TOPIC, clause = 4) void shiftedLogOddsServeAnotherPrevalence() {
        double worst = 0, unshifted = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 5; seed++) {
            Tensor[] balanced = clouds(Rng.of(10 + seed), 20_000, 0.5), rare = clouds(Rng.of(20 + seed), 20_000, 0.05),
                    test = clouds(Rng.of(30 + seed), 40_000, 0.05);
            var view = BinaryClassifier.of(new LogisticRegression().fit(balanced[0], balanced[1]), 1);
            var again = BinaryClassifier.of(new LogisticRegression().fit(rare[0], rare[1]), 1);
            double retrained = brier(again, test);
            worst = Math.max(worst, Math.abs(brier(view.atPrevalence(0.5, 0.05), test) / retrained - 1));
            worst = Math.max(worst, Math.abs(brier(view.swapped().atPrevalence(0.5, 0.95).swapped(), test) / retrained - 1));
            unshifted = Math.min(unshifted, brier(view, test) / retrained - 1);
        }
        Evidence.of("Brier score of shifted log odds over a retrained model's: largest distance from 1 of five draws", worst, atMost(0.02));
        Evidence.of("unshifted, least", unshifted, above(0.5));
        var p = Tensor.of(new double[][] {{0.9}, {0.99}});
        double[] shifted = BinaryClassifier.of(new Oracle(1), 7).atPrevalence(0.5, 0.01).score(p).toDoubleArray();
        assertThat(shifted).containsExactly(new double[] {0.083, 0.5}, within(5e-4)); // the article's
    }

    private static double brier(BinaryClassifier view, Tensor[] data) {
        return view.score(data[0]).sub(data[1].to(DType.F64)).square().mean().item();
    }

    private static Tensor[] clouds(Rng rng, int n, double share) {
        double[][] x = new double[n][2];
        var labels = new long[n];
        for (int i = 0; i < n; i++) {
            labels[i] = rng.nextDouble() < share ? 1 : 0;
            for (int j = 0; j < 2; j++) x[i][j] = rng.nextGaussian() + (labels[i] == 1 ? 0.9 : 0);
        }
        return new Tensor[] {Tensor.of(x), Tensor.of(labels)};
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 5) void logisticRegressionRanksTumours() {
        var data = Datasets.breastCancer();
        var learner = Pipeline.of(new StandardScaler(), new LogisticRegression()); // scaled by the training rows of each fold alone
        double auc = new CrossValidation(new StratifiedKFold(5)).score(learner, data.x(), data.y(), Scorer.ROC_AUC).mean(Scorer.ROC_AUC);
        Evidence.of("mean AUC over five folds", auc, atLeast(0.99));
    }

    @Test void whatDoesNotFitIsNamed() {
        var oracle = new Oracle(1);
        assertThatThrownBy(() -> BinaryClassifier.of(oracle, 5)).hasMessageContaining("[3, 7], 5 is to be positive");
        assertThatThrownBy(() -> BinaryClassifier.of(oracle, 7).forCosts(0, 0)).hasMessageContaining("not both 0");
        assertThatThrownBy(() -> BinaryClassifier.of(oracle, 7).report(Tensor.of(new double[][] {{0.5}}), Tensor.of(new long[] {4}), 0.9))
                .hasMessageContaining("label 4 in row 0");
        assertThatThrownBy(() -> BinaryClassifier.of(oracle, 7).atPrevalence(0.5, 1)).hasMessageContaining("share of 1.0");
        var view = BinaryClassifier.of(oracle, 7);
        Tensor row = Tensor.of(new double[][] {{0.5}}), rows = Tensor.of(new double[][] {{0.5}, {0.6}});
        assertThatThrownBy(() -> view.report(rows, Tensor.of(new long[] {7}), 0.9)).hasMessageContaining("2 rows")
                .hasMessageContaining("1 labels");
        assertThatThrownBy(() -> view.report(row, Tensor.of(new long[] {7, 3}), 0.9)).hasMessageContaining("2 labels");
        assertThatThrownBy(() -> view.report(row, Tensor.of(6.9), 0.9)).hasMessageContaining("F64");
        var report = BinaryClassifier.of(oracle, 7).report(Tensor.of(new double[][] {{0.9}, {0.2}, {0.8}}), Tensor.of(new long[] {7, 7, 3}),
                0.95);
        assertThat(report.toString()).contains("1 found, 1 missed, 1 false alarms, 0 rightly left", "sensitivity                0.5000");
    }
}
