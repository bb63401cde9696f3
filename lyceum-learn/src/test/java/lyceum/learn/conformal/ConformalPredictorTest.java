package lyceum.learn.conformal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.learn.bayes.NaiveBayes;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.Ridge;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.LeaveOneOut;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.prob.Beta;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.HypothesisTest;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ConformalPredictorTest {
    private static final String TOPIC = "conformal";
    private static final int DRAWS = 200;
    private static final double ALPHA = 0.1;

    /** A model by formula of the first column. */
    private record Formula(DoubleUnaryOperator f) implements RegressionModel {
        @Override public int nFeatures() { return 1; }

        @Override public Tensor predict(Tensor x) { return Tensor.of(Arrays.stream(x.select(1, 0).toDoubleArray()).map(f).toArray()); }
    }

    /** Bent, with noise that grows from the middle. */
    private record Rows(Tensor x, Tensor y) {
        static Rows draw(Rng rng, int n) { return draw(rng, n, 0); }

        static Rows draw(Rng rng, int n, double centre) {
            double[][] x = new double[n][1];
            var y = new double[n];
            for (int i = 0; i < n; i++) {
                x[i][0] = centre + rng.nextGaussian();
                y[i] = Math.sin(2 * x[i][0]) + noise(x[i][0]) * rng.nextGaussian();
            }
            return new Rows(Tensor.of(x), Tensor.of(y));
        }
    }

    private static double noise(double x) { return 0.2 + 0.6 * Math.abs(x); }

    /** Three classes in the plane. */
    private record Labelled(Tensor x, Tensor labels) {
        static Labelled draw(Rng rng, int n) { return draw(rng, n, 3); }

        /** The third class is one in so many, the others equal. */
        static Labelled draw(Rng rng, int n, int oneIn) {
            var x = new double[n][2];
            var labels = new long[n];
            for (int i = 0; i < n; i++) {
                int c = rng.nextInt(oneIn) == 0 ? 2 : rng.nextInt(2);
                x[i][0] = rng.nextGaussian() + 1.5 * (c == 1 ? 1 : 0);
                x[i][1] = rng.nextGaussian() + 0.8 * (c == 2 ? 1 : 0);
                labels[i] = 5 + 2 * c;
            }
            return new Labelled(Tensor.of(x), Tensor.of(labels));
        }
    }

    /** Gives the most probable class the least probability. */
    private record Reversed(ClassificationModel model) implements ClassificationModel {
        @Override public long[] classes() { return model.classes(); }

        @Override public int nFeatures() { return model.nFeatures(); }

        @Override public Tensor predictProba(Tensor x) { return model.predictProba(x).rsub(1).div(2); }
    }

    private static final RegressionModel BAD = new Formula(x -> 7 - 5 * x), SPREAD = new Formula(x -> 0.1 + Math.abs(x)),
            BAD_SPREAD = new Formula(x -> 2 + Math.sin(9 * x));
    private static final RegressionModel LOW = new Formula(x -> Math.sin(2 * x) - noise(x)),
            HIGH = new Formula(x -> Math.sin(2 * x) + 2 * noise(x));
    private static final RegressionModel WIDE_LOW = new Formula(x -> -4 - x * x), WIDE_HIGH = new Formula(x -> 4 + x * x);
    private static final RegressionModel BAD_LOW = new Formula(x -> 3 * x), BAD_HIGH = new Formula(x -> x - 1);

    /** Mean coverage of each method over fresh draws of training, calibrating and test rows. */
    private static Map<String, Double> coverages(boolean bad, Rng rng) {
        var mean = new LinkedHashMap<String, Double>();
        for (int draw = 0; draw < DRAWS; draw++) {
            Rows train = Rows.draw(rng, 40), held = Rows.draw(rng, 200), test = Rows.draw(rng, 500);
            RegressionModel model = bad ? BAD : new LinearRegression().fit(train.x, train.y);
            add(mean, "split", ConformalPredictor.split(model, held.x, held.y).intervals(test.x, ALPHA).coverage(test.y));
            add(mean, "normalised", ConformalPredictor.normalised(model, bad ? BAD_SPREAD : SPREAD, held.x, held.y).intervals(test.x, ALPHA)
                    .coverage(test.y));
            add(mean, "quantile regression", ConformalPredictor.quantiles(bad ? BAD_LOW : LOW, bad ? BAD_HIGH : HIGH, held.x, held.y)
                    .intervals(test.x, ALPHA).coverage(test.y));
            // Too wide a band is narrowed.
            add(mean, "wide quantile regression",
                    ConformalPredictor.quantiles(WIDE_LOW, WIDE_HIGH, held.x, held.y).intervals(test.x, ALPHA).coverage(test.y));
            Labelled few = Labelled.draw(rng, 40), kept = Labelled.draw(rng, 200), others = Labelled.draw(rng, 500);
            ClassificationModel fitted = NaiveBayes.gaussian().fit(few.x, few.labels), classifier = bad ? new Reversed(fitted) : fitted;
            for (var score : new LabelScore[] {LabelScore.leastAmbiguous(), LabelScore.adaptive(), LabelScore.regularised(0.1, 1)})
                add(mean, score.toString(), ConformalPredictor.sets(classifier, score, kept.x, kept.labels, draw).sets(others.x, ALPHA)
                        .coverage(others.labels));
        }
        return mean;
    }

    private static void add(Map<String, Double> mean, String method, double coverage) { mean.merge(method, coverage / DRAWS, Double::sum); }

    private static void holdsForEachSplitMethod(boolean bad, Rng rng) {
        coverages(bad, rng).forEach((method, coverage) -> {
            Evidence.of(method + ": mean coverage over 200 draws", coverage, between(0.89, 0.92));
            // 181 of 201 ranks, with a standard error of 0.0016.
            assertThat(coverage).as(method).isCloseTo(181 / 201.0, within(0.006));
        });
    }

    private static void coveragesFollowTheirBetaLaw(RegressionModel bad, Rng rng) {
        var coverages = new double[DRAWS];
        for (int draw = 0; draw < DRAWS; draw++) {
            Rows train = Rows.draw(rng, 40), held = Rows.draw(rng, 200), test = Rows.draw(rng, 20_000);
            var model = bad == null ? new LinearRegression().fit(train.x, train.y) : bad;
            coverages[draw] = ConformalPredictor.split(model, held.x, held.y).intervals(test.x, ALPHA).coverage(test.y);
        }
        Evidence.of("p of Kolmogorov's test: 200 coverages on 20,000 rows against Beta(181, 20)",
                HypothesisTest.kolmogorovSmirnov(coverages, new Beta(181, 20), Alternative.TWO_SIDED).pValue(), above(0.01));
    }

    /** n = 20 gives up 2 of 21 ranks. */
    private static void fullCovers(double penalty, Rng rng) {
        double regression = 0, sets = 0;
        int rows = 25;
        for (int draw = 0; draw < DRAWS; draw++) {
            Rows all = Rows.draw(rng, 20), test = Rows.draw(rng, rows);
            regression += ConformalPredictor.full(new Ridge(penalty), all.x, all.y).intervals(test.x, ALPHA).coverage(test.y) / DRAWS;
            Labelled known = Labelled.draw(rng, 20), others = Labelled.draw(rng, rows);
            sets += ConformalPredictor.full(NaiveBayes.gaussian(), known.x, known.labels).sets(others.x, ALPHA).coverage(others.labels)
                    / DRAWS;
        }
        Evidence.of("full conformal intervals: mean coverage", regression, between(0.89, 0.92));
        Evidence.of("full conformal sets: mean coverage", sets, between(0.89, 0.92));
    }

    private static void crossCovers(double penalty, Rng rng) {
        double jackknife = 0, folds = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            Rows all = Rows.draw(rng, 40), test = Rows.draw(rng, 200);
            jackknife += ConformalPredictor.cross(new Ridge(penalty), new LeaveOneOut(), all.x, all.y).intervals(test.x, ALPHA)
                    .coverage(test.y) / DRAWS;
            folds += ConformalPredictor.cross(new Ridge(penalty), new KFold(5), all.x, all.y).intervals(test.x, ALPHA).coverage(test.y)
                    / DRAWS;
        }
        Evidence.of("jackknife+: mean coverage", jackknife, atLeast(0.80));
        Evidence.of("CV+ with five folds: mean coverage", folds, atLeast(0.80));
        // What it usually keeps, and no more than that: 37 of 41 ranks at each side.
        assertThat(jackknife).isBetween(0.87, 0.93);
        assertThat(folds).isBetween(0.87, 0.94);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void eachMethodCoversAsPromised() {
        holdsForEachSplitMethod(false, Rng.of(609));
        coveragesFollowTheirBetaLaw(null, Rng.of(2));
        fullCovers(0.1, Rng.of(11));
        crossCovers(0.1, Rng.of(4));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void badModelsCoverAsWell() {
        holdsForEachSplitMethod(true, Rng.of(610));
        coveragesFollowTheirBetaLaw(BAD, Rng.of(5));
        fullCovers(1e6, Rng.of(12));
        crossCovers(1e6, Rng.of(7));
        // Bad they are: six times as wide.
        var rng = Rng.of(8);
        Rows held = Rows.draw(rng, 200), test = Rows.draw(rng, 500);
        double good = ConformalPredictor.split(new Formula(x -> Math.sin(2 * x)), held.x, held.y).intervals(test.x, ALPHA).meanWidth();
        Evidence.of("width of the bad model's intervals over that of the right one's",
                ConformalPredictor.split(BAD, held.x, held.y).intervals(test.x, ALPHA).meanWidth() / good, above(5));
    }

    /** New x about 1.2 instead of 0, where noise is larger; the density ratio is exp(1.2 x - 0.72). */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void weightsMendACovariateShift() {
        var rng = Rng.of(3);
        double plain = 0, weighted = 0, setsPlain = 0, sets = 0;
        var model = new Formula(x -> Math.sin(2 * x));
        for (int draw = 0; draw < DRAWS; draw++) {
            Rows held = Rows.draw(rng, 500), test = Rows.draw(rng, 500, 1.2);
            var split = ConformalPredictor.split(model, held.x, held.y);
            plain += split.intervals(test.x, ALPHA).coverage(test.y) / DRAWS;
            weighted += split.weightedBy(ratios(held.x, 1.2)).intervals(test.x, ratios(test.x, 1.2), ALPHA).coverage(test.y) / DRAWS;
            double[] x = held.x.toDoubleArray(), z = test.x.toDoubleArray();
            var labels = ConformalPredictor.sets(new Tanh(), LabelScore.leastAmbiguous(), held.x, Tanh.labels(rng, x), 1);
            var truth = Tanh.labels(rng, z);
            setsPlain += labels.sets(test.x, ALPHA).coverage(truth) / DRAWS;
            sets += labels.weightedBy(ratios(held.x, 1.2)).sets(test.x, ratios(test.x, 1.2), ALPHA).coverage(truth) / DRAWS;
        }
        Evidence.of("mean coverage of plain intervals under the shift", plain, below(0.85));
        Evidence.of("mean coverage of weighted intervals", weighted, between(0.88, 0.92));
        Evidence.of("mean coverage of plain sets under the shift", setsPlain, below(0.85));
        Evidence.of("mean coverage of weighted sets", sets, between(0.88, 0.92));
    }

    private static double[] ratios(Tensor x, double centre) {
        return Arrays.stream(x.toDoubleArray()).map(v -> Math.exp(centre * v - centre * centre / 2)).toArray();
    }

    /** Sure of label 1 for large x, where in truth a coin decides beyond 1. */
    private record Tanh() implements ClassificationModel {
        @Override public long[] classes() { return new long[] {0, 1}; }

        @Override public int nFeatures() { return 1; }

        @Override public Tensor predictProba(Tensor x) {
            return Tensor.of(Arrays.stream(x.toDoubleArray())
                    .mapToObj(v -> new double[] {0.5 - Math.tanh(2 * v) / 2, 0.5 + Math.tanh(2 * v) / 2}).toArray(double[][]::new));
        }

        static Tensor labels(Rng rng, double[] x) {
            return Tensor
                    .of(Arrays.stream(x).mapToLong(v -> rng.nextDouble() < (v > 1 ? 0.5 : 0.5 + Math.tanh(2 * v) / 2) ? 1 : 0).toArray());
        }
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void mondrianCoversEachGroup() {
        var rng = Rng.of(9);
        double[] scale = {0.3, 1, 3}, plain = new double[3], grouped = new double[3], byLabel = new double[3], labelsPlain = new double[3];
        var model = new Formula(x -> 0.9 * Math.sin(2 * x));
        for (int draw = 0; draw < DRAWS; draw++) {
            int n = 450;
            Rows held = Rows.draw(rng, n), test = Rows.draw(rng, n);
            int[] groups = new int[n];
            Arrays.setAll(groups, i -> 10 + i % 3);
            Tensor y = scaled(held, scale), truth = scaled(test, scale);
            var split = ConformalPredictor.split(model, held.x, y);
            var one = split.intervals(test.x, ALPHA);
            var each = split.byGroup(groups).intervals(test.x, groups, ALPHA);
            double[] t = truth.toDoubleArray();
            for (int i = 0; i < n; i++) {
                plain[i % 3] += t[i] >= one.low()[i] && t[i] <= one.high()[i] ? 3.0 / n / DRAWS : 0;
                grouped[i % 3] += t[i] >= each.low()[i] && t[i] <= each.high()[i] ? 3.0 / n / DRAWS : 0;
            }
            Labelled few = Labelled.draw(rng, 200, 8), kept = Labelled.draw(rng, n, 8), others = Labelled.draw(rng, n, 8);
            int[] classes = Arrays.stream(kept.labels.toLongArray()).mapToInt(l -> (int) (l - 5) / 2).toArray();
            var sets = ConformalPredictor.sets(NaiveBayes.gaussian().fit(few.x, few.labels), LabelScore.leastAmbiguous(), kept.x,
                    kept.labels, 1);
            for (int c = 0; c < 3; c++) {
                int label = 5 + 2 * c;
                int[] rows = IntStream.range(0, n).filter(i -> others.labels.item(i) == label).toArray();
                byLabel[c] += sets.byGroup(classes).setsByLabel(others.x.rows(rows), ALPHA).coverage(others.labels.rows(rows)) / DRAWS;
                labelsPlain[c] += sets.sets(others.x.rows(rows), ALPHA).coverage(others.labels.rows(rows)) / DRAWS;
            }
        }
        for (int g = 0; g < 3; g++) {
            Evidence.of("group with noise times " + scale[g] + ": mean coverage by its own threshold", grouped[g], between(0.87, 0.93));
            Evidence.of("label " + (5 + 2 * g) + ": mean coverage by its own threshold", byLabel[g], between(0.87, 0.93));
        }
        Evidence.of("largest noise by one threshold for all", plain[2], below(0.8));
        Evidence.of("least noise by one threshold for all", plain[0], above(0.99));
        Evidence.of("least coverage of a label by one threshold for all", Arrays.stream(labelsPlain).min().orElseThrow(), below(0.87));
    }

    private static Tensor scaled(Rows rows, double[] scale) {
        double[] x = rows.x.toDoubleArray(), y = rows.y.toDoubleArray();
        for (int i = 0; i < y.length; i++) y[i] = Math.sin(2 * x[i]) + (y[i] - Math.sin(2 * x[i])) * scale[i % 3];
        return Tensor.of(y);
    }

    /** Values inside and outside, by fits of their own. */
    @Test void fullIntervalsEqualRefitsValueByValue() {
        var rng = Rng.of(10);
        int inside = 0, outside = 0;
        for (int run = 0; run < 20; run++) {
            int n = 9 + run;
            Rows all = Rows.draw(rng, n), one = Rows.draw(rng, 1);
            double alpha = 0.1 + 0.01 * run;
            var full = ConformalPredictor.full(new Ridge(0.5), all.x, all.y).intervals(one.x, alpha);
            int found = 0;
            double first = Double.NaN, last = Double.NaN, step = 0.02;
            for (double t = -12; t <= 12; t += step) {
                var x = Tensor.concat(0, all.x, one.x);
                var y = Tensor.concat(0, all.y, Tensor.of(new double[] {t}));
                double[] e = y.sub(new Ridge(0.5).fit(x, y).predict(x)).abs().toDoubleArray();
                int larger = 1;
                for (int i = 0; i < n; i++) if (e[i] >= e[n]) larger++;
                if (larger <= alpha * (n + 1) + 1e-9) {
                    outside++;
                    continue;
                }
                inside++;
                if (Double.isNaN(first)) first = t;
                last = t;
            }
            assertThat(full.low()[0]).as("run " + run).isCloseTo(first - step / 2, within(step));
            assertThat(full.high()[0]).as("run " + run).isCloseTo(last + step / 2, within(step));
        }
        assertThat(Math.min(inside, outside)).isGreaterThan(1000);
        Rows few = Rows.draw(rng, 5);
        assertThat(ConformalPredictor.full(new Ridge(1), few.x, few.y).intervals(few.x, 0.1).high()).containsOnly(Double.POSITIVE_INFINITY);
        Rows more = Rows.draw(rng, 60);
        assertThatThrownBy(
                () -> ConformalPredictor.full(new DecisionTreeRegressor().withMaxDepth(2), more.x, more.y).intervals(more.x, 0.1))
                .hasMessageContaining("not linear in y");
    }

    @Test void crossIntervalsByHand() {
        // Two folds predict 1 and 2 everywhere; errors 1, 2, 3, 4 of rows in folds 0, 0, 1, 1; n = 4, alpha 0.4 gives up 2.
        var cross = new CrossIntervals(List.of(new Formula(x -> 1), new Formula(x -> 2)), new int[] {0, 0, 1, 1},
                new double[] {1, 2, 3, 4});
        var found = cross.intervals(Tensor.of(new double[][] {{0}}), 0.4);
        // f - R: 0, -1, -1, -2: the second is -1. f + R: 2, 3, 5, 6: the third is 5.
        assertThat(found.low()).containsExactly(-1);
        assertThat(found.high()).containsExactly(5);
        assertThat(cross.intervals(Tensor.of(new double[][] {{0}}), 0.1).low()[0]).isInfinite();
    }

    @Test void labelScoresByHandAndEmptySets() {
        double[] p = {0.2, 0.5, 0.3};
        assertThat(LabelScore.leastAmbiguous().of(p, 0, 0.7)).isEqualTo(0.8);
        assertThat(LabelScore.adaptive().of(p, 2, 0.5)).isCloseTo(0.5 + 0.15, within(1e-15));
        assertThat(LabelScore.adaptive().of(p, 1, 0.5)).isEqualTo(0.25);
        assertThat(LabelScore.regularised(0.1, 1).of(p, 0, 0)).isCloseTo(0.8 + 0.2, within(1e-15));
        assertThat(LabelScore.regularised(0.1, 2).of(new double[] {0.5, 0.5}, 1, 0)).isEqualTo(0.5);
        var rng = Rng.of(1);
        Labelled few = Labelled.draw(rng, 60), kept = Labelled.draw(rng, 200), others = Labelled.draw(rng, 300);
        var sets = ConformalPredictor.sets(NaiveBayes.gaussian().fit(few.x, few.labels), LabelScore.leastAmbiguous(), kept.x, kept.labels,
                1);
        assertThat(sets.sets(others.x, 0.7).meanSize()).isLessThan(0.6);
        assertThat(sets.sets(others.x, 0.02).meanSize()).isGreaterThan(1.3);
        var found = sets.sets(others.x, 0.1);
        assertThat(found.classes()).containsExactly(5, 7, 9);
        assertThat(found.set(0).length).isBetween(0, 3);
        // Least ambiguous sets are the smaller ones on average.
        double smaller = 0;
        for (int draw = 0; draw < 40; draw++) {
            Labelled more = Labelled.draw(rng, 400);
            smaller += ConformalPredictor.sets(sets.model(), LabelScore.adaptive(), more.x, more.labels, 1).sets(others.x, 0.1).meanSize()
                    / 40
                    - ConformalPredictor.sets(sets.model(), LabelScore.leastAmbiguous(), more.x, more.labels, 1).sets(others.x, 0.1)
                            .meanSize() / 40;
        }
        assertThat(smaller).isPositive();
        assertThatThrownBy(() -> ConformalPredictor.normalised(BAD, new Formula(x -> -1), few.x, few.labels.to(DType.F64)))
                .hasMessageContaining("says -1.0 in row 0");
    }

    /** Weights or groups that a method would leave aside are not left aside in silence. */
    @Test void nothingGivenIsIgnored() {
        var rng = Rng.of(31);
        Rows held = Rows.draw(rng, 40), test = Rows.draw(rng, 5);
        int[] groups = new int[40], own = new int[5];
        double[] ratios = ratios(held.x, 1), others = ratios(test.x, 1);
        var split = ConformalPredictor.split(BAD, held.x, held.y);
        assertThatThrownBy(() -> split.byGroup(groups).intervals(test.x, ALPHA)).hasMessageContaining("have groups");
        assertThatThrownBy(() -> split.weightedBy(ratios).intervals(test.x, ALPHA)).hasMessageContaining("have weights");
        assertThatThrownBy(() -> split.weightedBy(ratios).byGroup(groups)).hasMessageContaining("weights and groups");
        assertThatThrownBy(() -> split.byGroup(groups).intervals(test.x, new int[6], ALPHA)).hasMessageContaining("6 groups");
        assertThat(split.byGroup(groups).intervals(test.x, own, ALPHA).low()).isEqualTo(split.intervals(test.x, ALPHA).low());
        var sets = ConformalPredictor.sets(new Tanh(), LabelScore.leastAmbiguous(), held.x, Tanh.labels(rng, held.x.toDoubleArray()), 1);
        assertThatThrownBy(() -> sets.byGroup(groups).sets(test.x, ALPHA)).hasMessageContaining("have groups");
        assertThatThrownBy(() -> sets.weightedBy(ratios).sets(test.x, ALPHA)).hasMessageContaining("have weights");
        assertThatThrownBy(() -> sets.byGroup(groups).weightedBy(ratios)).hasMessageContaining("weights and groups");
        assertThatThrownBy(() -> sets.weightedBy(ratios).sets(test.x.rows(0, 1), others, ALPHA)).hasMessageContaining("one a row");
    }
}
