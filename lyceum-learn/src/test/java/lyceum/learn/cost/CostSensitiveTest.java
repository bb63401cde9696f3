package lyceum.learn.cost;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.learn.bayes.NaiveBayes;
import lyceum.learn.calibration.Calibrator;
import lyceum.learn.linear.LogisticModel;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.Perceptron;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.prob.StudentT;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.StandardScaler;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CostSensitiveTest {
    private static final String TOPIC = "cost-sensitive";

    private static CostMatrix random(Rng rng) {
        // benefits among the correct calls, mistakes dearer than they
        double a = rng.nextGaussian(), b = rng.nextGaussian();
        return CostMatrix.of(new double[][] {{a, b + 5 * rng.nextDoublePositive()}, {a + 5 * rng.nextDoublePositive(), b}});
    }

    /** Clause 1: costs are summed over the posteriors here, decision by decision. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void theRuleCostsNoMoreThanAnyOfAThousandThresholds() {
        double worst = Double.NEGATIVE_INFINITY, cut = 0;
        int pairs = 0, wrongSide = 0;
        for (int trial = 0; trial < 40; trial++) {
            var rng = Rng.of(trial);
            var costs = random(rng);
            var p = new double[500][];
            for (int i = 0; i < p.length; i++) {
                double u = trial % 2 == 0 ? rng.nextDouble() : Math.pow(rng.nextDouble(), 4);
                p[i] = new double[] {1 - u, u};
            }
            long[] decided = costs.decide(Tensor.of(p)).toLongArray();
            double rule = 0;
            for (int i = 0; i < p.length; i++) for (int y = 0; y < 2; y++) rule += p[i][y] * costs.costs()[(int) decided[i]][y];
            for (int t = 0; t <= 1_000; t++) {
                double other = 0;
                for (double[] q : p) for (int y = 0; y < 2; y++) other += q[y] * costs.costs()[q[1] >= t / 1_000.0 ? 1 : 0][y];
                worst = Math.max(worst, rule - other);
                pairs++;
            }
            double falseAlarm = 1 + 20 * rng.nextDouble(), miss = 1 + 20 * rng.nextDouble(), place = falseAlarm / (falseAlarm + miss);
            var free = CostMatrix.binary(falseAlarm, miss);
            cut = Math.max(cut, Math.abs(free.threshold() - place));
            long[] around = free.decide(Tensor.of(new double[][] {{1 - place + 1e-9, place - 1e-9}, {1 - place - 1e-9, place + 1e-9}}))
                    .toLongArray();
            if (around[0] != 0 || around[1] != 1) wrongSide++;
        }
        Evidence.of("rules and thresholds compared", pairs, exactly(40_040));
        Evidence.of("largest cost of the rule above a threshold's", worst, atMost(1e-9));
        Evidence.of("largest distance of the cut from f / (f + m)", cut, atMost(1e-15));
        Evidence.of("decisions on the wrong side 1e-9 from it", wrongSide, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void integerWeightsAreCopiesOfRows() {
        var gap = Gap.absolute();
        for (int trial = 0; trial < 6; trial++) {
            var rng = Rng.of(60 + trial);
            var data = Datasets.classification(rng, 200, 5, 3, 1, 2, 0.7, 0.1);
            int falseAlarm = 1 + rng.nextInt(4), miss = 1 + rng.nextInt(9);
            int[] labels = data.labels();
            // half of the trials with costs of each row's own on top
            var own = new double[200];
            var copies = new ArrayList<Integer>();
            for (int i = 0; i < 200; i++) {
                own[i] = trial % 2 == 0 ? 1 : rng.nextInt(4);
                for (int c = 0; c < own[i] * (labels[i] == 1 ? miss : falseAlarm); c++) copies.add(i);
            }
            var plain = new LogisticRegression().withTolerance(1e-12);
            var weighted = (LogisticModel) new CostSensitive(plain, CostMatrix.binary(falseAlarm, miss))
                    .withMethod(CostSensitive.Method.WEIGHTS).fit(data.x(), data.y(), Tensor.of(own)).model();
            int[] rows = copies.stream().mapToInt(i -> i).toArray();
            var copied = plain.fit(data.x().rows(rows), data.y().rows(rows));
            gap.see("trial " + trial, weighted.coefficients().toDoubleArray(), copied.coefficients().toDoubleArray());
            gap.see("trial " + trial, weighted.intercept().toDoubleArray(), copied.intercept().toDoubleArray());
        }
        Evidence.of("coefficients compared", gap.seen(), exactly(36));
        Evidence.of("largest difference", gap, below(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Tag("slow")
    @Test void allMethodsLowerTheCostOfMissedTumours() {
        var data = Datasets.breastCancer();
        // label 0 is malignant: calling it benign costs 10
        var costs = CostMatrix.binary(10, 1);
        Classifier plain = Pipeline.of(new StandardScaler()).then(new LogisticRegression());
        // logistic regression is calibrated as it is; naive Bayes needs the calibrator
        Classifier overconfident = NaiveBayes.gaussian();
        int splits = 20;
        var methods = CostSensitive.Method.values();
        var saved = new double[methods.length + 1][splits];
        for (int s = 0; s < splits; s++) {
            var parts = Split.stratified(data, Rng.of(s), 0.7, 0.3);
            var train = parts.get(0);
            double argmax = CostReport.of(costs, parts.get(1).y(), plain.fit(train.x(), train.y()).predict(parts.get(1).x())).mean();
            for (int m = 0; m < methods.length; m++) {
                var model = new CostSensitive(plain, costs).withMethod(methods[m]).withSeed(s).fit(train.x(), train.y());
                saved[m][s] = argmax - cost(parts.get(1).y().toLongArray(), model.predict(parts.get(1).x()).toLongArray());
            }
            var calibrated = new CostSensitive(overconfident, costs).withCalibrator(Calibrator.platt()).fit(train.x(), train.y());
            saved[methods.length][s] = cost(parts.get(1).y().toLongArray(),
                    overconfident.fit(train.x(), train.y()).predict(parts.get(1).x()).toLongArray())
                    - cost(parts.get(1).y().toLongArray(), calibrated.predict(parts.get(1).x()).toLongArray());
        }
        double worst = 0;
        for (int m = 0; m < saved.length; m++) {
            double mean = Arrays.stream(saved[m]).average().orElseThrow(), square = 0;
            for (double v : saved[m]) square += (v - mean) * (v - mean) / (splits - 1);
            double p = new StudentT(splits - 1).survival(mean / Math.sqrt(square / splits));
            Evidence.of("mean cost saved by " + (m < methods.length ? methods[m] : "EXPECTED_COST of calibrated naive Bayes"), mean,
                    atLeast(0.001));
            worst = Math.max(worst, p);
        }
        Evidence.of("methods", saved.length, exactly(6));
        Evidence.of("largest p of a paired t test that nothing is saved", worst, below(0.05));
    }

    private static double cost(long[] truth, long[] decided) {
        double sum = 0;
        for (int i = 0; i < truth.length; i++) sum += truth[i] == decided[i] ? 0 : truth[i] == 0 ? 10 : 1;
        return sum / truth.length;
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void constantsOfTrueClassesChangeNoDecision() {
        int decisions = 0, changed = 0, otherCosts = 0;
        for (int trial = 0; trial < 60; trial++) {
            var rng = Rng.of(900 + trial);
            int classes = 2 + trial % 4, actions = classes + trial % 3, n = 200;
            double[][] costs = new double[actions][classes], moved = new double[actions][classes], p = new double[n][classes];
            for (int y = 0; y < classes; y++) {
                double constant = 100 * rng.nextGaussian();
                for (int a = 0; a < actions; a++) {
                    costs[a][y] = 10 * rng.nextGaussian();
                    moved[a][y] = costs[a][y] + constant;
                }
            }
            for (double[] row : p) {
                double sum = 0;
                for (int y = 0; y < classes; y++) sum += row[y] = rng.nextDoublePositive();
                for (int y = 0; y < classes; y++) row[y] /= sum;
            }
            var probabilities = Tensor.of(p);
            long[] before = CostMatrix.of(costs).decide(probabilities).toLongArray(),
                    after = CostMatrix.of(moved).decide(probabilities).toLongArray();
            for (int i = 0; i < n; i++) {
                decisions++;
                if (before[i] != after[i]) changed++;
            }
            if (Arrays.stream(before).distinct().count() > 1) otherCosts++;
        }
        Evidence.of("decisions", decisions, exactly(12_000));
        Evidence.of("changed by the constants", changed, exactly(0));
        Evidence.of("trials in which more than one action is taken", otherCosts, atLeast(50));
        // and through each method's training
        var data = Datasets.breastCancer().head(200).standardised();
        int same = 0;
        for (var method : CostSensitive.Method.values()) {
            var plain = new CostSensitive(NaiveBayes.gaussian(), CostMatrix.of(new double[][] {{0, 1}, {10, 0}})).withMethod(method)
                    .withMembers(5);
            var moved = plain.withCosts(CostMatrix.of(new double[][] {{7, -2}, {17, -3}}));
            if (Arrays.equals(plain.fit(data.x(), data.y()).predict(data.x()).toLongArray(),
                    moved.fit(data.x(), data.y()).predict(data.x()).toLongArray()))
                same++;
        }
        Evidence.of("methods of 5 whose decisions stay as they are", same, exactly(5));
    }

    /** Clause 5: out-of-fold probabilities are computed here, and every cut between them is tried. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theTunedThresholdIsTheBestOfAll() {
        int same = 0, cuts = 0, trials = 12;
        for (int trial = 0; trial < trials; trial++) {
            var rng = Rng.of(500 + trial);
            var data = Datasets.classification(rng, 150, 5, 3, 0, 2, 0.6, 0.2);
            var costs = random(rng);
            var weights = new double[150];
            for (int i = 0; i < 150; i++) weights[i] = trial % 3 == 0 ? 1 + rng.nextInt(5) : 1;
            var row = Tensor.of(weights);
            Classifier learner = trial % 2 == 0 ? NaiveBayes.gaussian() : new LogisticRegression();
            var model = new CostSensitive(learner, costs).withMethod(CostSensitive.Method.TUNED_THRESHOLD).fit(data.x(), data.y(), row);
            double[] p = new CrossValidation(new StratifiedKFold(5)).withWeights(row).predictProba(learner, data.x(), data.y()).select(1, 1)
                    .toDoubleArray();
            double least = Double.POSITIVE_INFINITY, best = Double.NaN, tuned = Double.NaN;
            var candidates = Arrays.copyOf(p, 151);
            candidates[150] = Double.POSITIVE_INFINITY;
            Arrays.sort(candidates);
            for (double t : candidates) {
                double cost = 0;
                for (int i = 0; i < 150; i++) cost += weights[i] * costs.cost(p[i] >= t ? 1 : 0, data.labels()[i]);
                if (cost <= least + 1e-9) {
                    least = Math.min(least, cost);
                    best = t;
                }
                if (t == model.threshold()) tuned = cost;
                cuts++;
            }
            if (model.threshold() == best && Math.abs(tuned - least) <= 1e-9) same++;
            double[] own = model.model().predictProba(data.x()).select(1, 1).toDoubleArray();
            long[] decided = model.predict(data.x()).toLongArray();
            for (int i = 0; i < 150; i++) assertThat(decided[i] == 1).isEqualTo(own[i] >= model.threshold());
        }
        Evidence.of("cuts tried", cuts, exactly(trials * 151));
        Evidence.of("trials of 12 in which the tuned one is the cheapest", same, exactly(12));
    }

    @Test void costsOfEachRowsOwnAndActionsBeyondClasses() {
        // the article's table: refer at a price of one half
        var refer = CostMatrix.of(new double[][] {{0, 10}, {1, 0}, {0.5, 0.5}});
        var p = Tensor.of(new double[][] {{0.98, 0.02}, {0.92, 0.08}, {0.8, 0.2}, {0.4, 0.6}});
        assertThat(refer.decide(p).toLongArray()).containsExactly(0, 2, 2, 1);
        assertThat(refer.expected(p).select(1, 0).toDoubleArray()).containsExactly(new double[] {0.2, 0.8, 2, 6}, within(1e-12));
        var own = new double[4][];
        for (int i = 0; i < 4; i++) own[i] = new double[] {0, i == 0 ? 5_000 : 12, 20, 0};
        var costs = Tensor.of(own).reshape(4, 2, 2);
        assertThat(CostMatrix.decide(p, costs).toLongArray()).containsExactly(1, 0, 0, 0);
        assertThat(CostMatrix.decide(p, Tensor.of(new double[] {0, 10, 1, 0}).reshape(1, 2, 2).mul(Tensor.ones(DType.F64, 4, 1, 1)))
                .toLongArray()).isEqualTo(CostMatrix.binary(1, 10).decide(p).toLongArray());
        assertThat(CostMatrix.zeroOne(3).decide(Tensor.of(new double[][] {{0.2, 0.5, 0.3}})).item(0)).isEqualTo(1);
        assertThat(CostThreshold.of(new boolean[] {true, false}, new double[] {0.3, 0.7}, new double[] {1, 1}, new double[] {5, 5})
                .threshold()).isEqualTo(0.3);
        assertThat(CostThreshold.of(new boolean[] {true, false}, new double[] {0.3, 0.7}, new double[] {1, 9}, new double[] {5, 5})
                .threshold()).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test void everyMethodTakesSeveralClassesAndIsSaved(@TempDir Path folder) {
        var iris = Datasets.iris();
        var costs = CostMatrix.of(new double[][] {{0, 1, 1}, {1, 0, 30}, {1, 1, 0}});
        var moved = 0;
        for (var method : CostSensitive.Method.values()) {
            if (method == CostSensitive.Method.TUNED_THRESHOLD) continue;
            var model = new CostSensitive(new LogisticRegression(), costs).withMethod(method).fit(iris.x(), iris.y());
            long[] decided = model.predict(iris.x()).toLongArray();
            // missing a virginica is dear: few are called versicolor
            assertThat(CostReport.of(costs, iris.y(), Tensor.of(decided)).counts()[1][2]).as(method.toString()).isLessThanOrEqualTo(1);
            moved++;
            model.save(folder.resolve(method.name()));
            assertThat(Model.load(folder.resolve(method.name()), CostSensitiveModel.class).predict(iris.x()).toLongArray())
                    .isEqualTo(decided);
            assertThatThrownBy(() -> model.predictProba(iris.x())).hasMessageContaining("ask model().predictProba(x)");
        }
        assertThat(moved).isEqualTo(4);
        // costs so one-sided that one label is the cheapest for all, and for all but a class
        var always = new CostSensitive(NaiveBayes.gaussian(), CostMatrix.of(new double[][] {{0, 0, 0}, {9, 0, 9}, {9, 9, 0}}))
                .withMethod(CostSensitive.Method.META_COST).fit(iris.x(), iris.y());
        assertThat(always.predict(iris.x()).toLongArray()).containsOnly(0);
        var never = new CostSensitive(NaiveBayes.gaussian(), CostMatrix.of(new double[][] {{0, 9, 9}, {9, 0, 9}, {1e9, 1e9, 1e8}}))
                .withMethod(CostSensitive.Method.META_COST).fit(iris.x(), iris.y());
        assertThat(Arrays.stream(never.predict(iris.x()).toLongArray()).distinct().sorted().toArray()).containsExactly(0, 1);
        assertThat(never.classes()).containsExactly(0, 1, 2);
    }

    @Test void reportsAndCurvesByHand() {
        var costs = CostMatrix.of(new double[][] {{-1, 10}, {2, -3}});
        var report = CostReport.of(costs, Tensor.of(new long[] {0, 0, 0, 1, 1}), Tensor.of(new long[] {0, 0, 1, 1, 0}));
        assertThat(report.total()).isEqualTo(-2 + 2 - 3 + 10);
        assertThat(report.ofBestConstant()).isCloseTo(0, within(1e-15));
        assertThat(report.ofPerfection()).isCloseTo(-9.0 / 5, within(1e-15));
        assertThat(report.savings()).isCloseTo(-7.0 / 9, within(1e-14));
        assertThat(report.toString()).contains("mean cost 1.4000 (best constant action 0.0000, perfection -1.8000)");
        boolean[] positive = {true, true, false, true, false, false};
        double[] scores = {0.9, 0.8, 0.7, 0.6, 0.3, 0.1};
        var curve = CostCurve.of(positive, scores);
        for (int t = 0; t <= 20; t++) {
            double w = t / 20.0, least = Math.min(w, 1 - w);
            for (double cut : scores) {
                double fn = 0, fp = 0;
                for (int i = 0; i < 6; i++) {
                    if (positive[i] && scores[i] < cut) fn++;
                    if (!positive[i] && scores[i] >= cut) fp++;
                }
                least = Math.min(least, w * fn / 3 + (1 - w) * fp / 3);
            }
            assertThat(curve.at(w)).isCloseTo(least, within(1e-15));
        }
        assertThat(curve.area()).isBetween(0.0, 0.25);
        assertThat(CostCurve.weight(0.1, 1, 9)).isEqualTo(0.5);
        assertThat(CostReport.byThreshold(CostMatrix.binary(1, 10), positive, scores, 0, 0.65, 2))
                .containsExactly(new double[] {0.5, 11.0 / 6, 5}, within(1e-15));
        assertThat(CostReport.figure(CostMatrix.binary(1, 10), positive, scores)).isNotNull();
        assertThat(curve.figure("cost")).isNotNull();
    }

    @Test void wrongSettingsAreRefusedInWords() {
        var plain = new LogisticRegression();
        var two = CostMatrix.binary(1, 2);
        assertThatThrownBy(() -> CostMatrix.of(new double[][] {{0, Double.NaN}, {1, 0}})).hasMessageContaining("costs are finite");
        assertThatThrownBy(() -> CostMatrix.of(new double[][] {{0, 1}, {1}})).hasMessageContaining("action 1 has 1 costs");
        assertThatThrownBy(() -> CostMatrix.binary(-1, 1).threshold()).hasMessageContaining("one call is always best");
        assertThatThrownBy(() -> CostMatrix.binary(-1, 1).importance()).hasMessageContaining("class 0 cost -1.0");
        assertThatThrownBy(() -> two.decide(Tensor.of(new double[][] {{0.2, 0.3, 0.5}}))).hasMessageContaining("(n x 2) is needed");
        assertThatThrownBy(() -> new CostSensitive(plain, CostMatrix.of(new double[][] {{0, 1}, {1, 0}, {2, 2}})))
                .hasMessageContaining("3 actions for 2 classes");
        assertThatThrownBy(() -> new CostSensitive(plain, CostMatrix.zeroOne(3)).withMethod(CostSensitive.Method.TUNED_THRESHOLD))
                .hasMessageContaining("two classes");
        assertThatThrownBy(() -> new CostSensitive(new Perceptron(), two)).hasMessageContaining("no probabilities");
        assertThatThrownBy(() -> new CostSensitive(plain, two).fit(Datasets.iris().x(), Datasets.iris().y()))
                .hasMessageContaining("the costs are of 2 classes");
        assertThatThrownBy(() -> CostCurve.weight(2, 1, 1)).hasMessageContaining("a share of 2.0");
        assertThatThrownBy(() -> CostReport.of(two, Tensor.of(new long[] {0, 1}), Tensor.of(new long[] {0, 5})))
                .hasMessageContaining("decision 5 in row 1");
        assertThat(List.of(two)).contains(CostMatrix.binary(1, 2));
    }
}
