package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import lyceum.math.Special;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.MannWhitney;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class RocCurveTest {
    private static final String TOPIC = "roc-auc";
    private static final Golden GOLDEN = Golden.load("golden/roc-auc.json");

    private record Sample(boolean[] positive, double[] scores, double[] weights) {
        static Sample of(Golden input) {
            var r = new Recipe((long) input.number("seed"));
            int n = 4 + r.below(40), levels = 3 + r.below(20);
            var positive = new boolean[n];
            for (int i = 0; i < n; i++) positive[i] = r.uniform() < 0.4;
            positive[0] = false;
            positive[1] = true;
            int[] level = r.belows(levels, n);
            int lift = r.below(3);
            var scores = new double[n];
            for (int i = 0; i < n; i++) scores[i] = (level[i] + (positive[i] ? lift : 0)) / 8.0;
            var w = new double[n];
            for (int i = 0; i < n; i++) w[i] = 0.25 + r.uniform();
            return new Sample(positive, scores, input.flag("weighted") ? w : null);
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void curveAndAreaEqualScikitLearnOnTwoHundredTiedSamples() {
        Gap gap = Gap.absolute(), thresholds = Gap.absolute();
        int checked = 0;
        for (var c : GOLDEN.cases("random")) {
            var s = Sample.of(c.at("input"));
            var roc = RocCurve.of(s.positive, s.scores, s.weights);
            gap.see(c, "expected.fpr", roc.falsePositiveRate());
            gap.see(c, "expected.tpr", roc.truePositiveRate());
            thresholds.see(c, "expected.thresholds", roc.thresholds());
            gap.see(c, "expected.auc", roc.auc());
            gap.see(c, "expected.partialAuc", roc.partialAuc(0.3));
            if (c.has("expected.allPoints"))
                assertThat(RocCurve.of(s.positive, s.scores, s.weights, false).thresholds()).hasSize(c.integer("expected.allPoints"));
            checked++;
        }
        Evidence.of("samples", checked, exactly(200));
        Evidence.of("rates and areas", gap, atMost(1e-12));
        Evidence.of("thresholds", thresholds, exactly(0));
        // A row without weight is not there.
        var absent = RocCurve.of(new boolean[] {true, true, false, false}, new double[] {4, 3, 2, 1}, new double[] {1, 0, 0.5, 2}, false);
        assertThat(absent.thresholds()).containsExactly(Double.POSITIVE_INFINITY, 4, 2, 1);
        assertThat(absent.falsePositives()).containsExactly(0, 0, 0.5, 2.5);
        assertThat(absent.truePositives()).containsExactly(0, 1, 1, 1);
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void areaIsTheMannWhitneyProbabilityWithTiesCountedHalf() {
        var gap = Gap.absolute();
        for (var c : GOLDEN.cases("random")) {
            var s = Sample.of(c.at("input"));
            double wins = 0, pairs = 0;
            for (int i = 0; i < s.scores.length; i++) {
                for (int j = 0; j < s.scores.length; j++) {
                    if (!s.positive[i] || s.positive[j]) continue;
                    wins += s.scores[i] > s.scores[j] ? 1 : s.scores[i] == s.scores[j] ? 0.5 : 0;
                    pairs++;
                }
            }
            double auc = RocCurve.of(s.positive, s.scores, null).auc();
            gap.see(c.text("name"), auc, wins / pairs);
            assertThat(MannWhitney.test(of(s, true), of(s, false), Alternative.TWO_SIDED).probability()).isEqualTo(auc);
            if (pairs > 0 && count(s.positive) > 1 && s.positive.length - count(s.positive) > 1)
                assertThat(DeLong.of(s.positive, s.scores).auc()).isCloseTo(wins / pairs, within(1e-14));
        }
        Evidence.of("area less the share of pairs won", gap, exactly(0));
    }

    private static double[] of(Sample s, boolean positive) {
        return IntStream.range(0, s.scores.length).filter(i -> s.positive[i] == positive).mapToDouble(i -> s.scores[i]).toArray();
    }

    private static int count(boolean[] flags) {
        int n = 0;
        for (boolean f : flags) if (f) n++;
        return n;
    }

    @Test void areasOfSeveralClassesEqualScikitLearn() {
        int checked = 0;
        for (var c : GOLDEN.cases("multiclass")) {
            var r = new Recipe((long) c.number("input.seed"));
            int k = 3 + r.below(3), n = 20 + r.below(30);
            int[] truth = r.belows(k, n);
            for (int j = 0; j < k; j++) truth[j] = j;
            var p = new double[n][];
            for (int i = 0; i < n; i++) {
                double sum = 0;
                p[i] = new double[k];
                for (int j = 0; j < k; j++) sum += p[i][j] = 1 + r.below(12);
                for (int j = 0; j < k; j++) p[i][j] /= sum;
            }
            var t = Tensor.of(truth);
            var s = Tensor.of(p);
            assertThat(MulticlassAuc.oneVsRest(t, s)).containsExactly(c.doubles("expected.classes"), within(1e-12));
            for (var average : Average.values()) {
                String name = average.name().toLowerCase(Locale.ROOT);
                assertThat(MulticlassAuc.oneVsRest(t, s, average)).as(c.text("name") + name).isCloseTo(c.number("expected.ovr " + name),
                        within(1e-12));
                if (average != Average.MICRO)
                    assertThat(MulticlassAuc.oneVsOne(t, s, average)).isCloseTo(c.number("expected.ovo " + name), within(1e-12));
            }
            checked++;
        }
        assertThat(checked).isPositive();
        assertThatThrownBy(() -> MulticlassAuc.oneVsRest(Tensor.of(new long[] {0, 1}), Tensor.of(new double[][] {{1, 2, 3}, {1, 2, 3}})))
                .hasMessageContaining("class 2 does not occur");
    }

    @Test void pairedTestSeesADifferenceAndNoneWhereThereIsNone() {
        var rng = Rng.of(9);
        int n = 400, rejected = 0;
        for (int run = 0; run < 400; run++) {
            var positive = new boolean[n];
            double[] a = new double[n], b = new double[n];
            for (int i = 0; i < n; i++) {
                positive[i] = i % 2 == 0;
                double shared = rng.nextGaussian() + (positive[i] ? 1 : 0);
                a[i] = shared + rng.nextGaussian();
                b[i] = shared + rng.nextGaussian();
            }
            if (DeLong.pairedPValue(positive, a, b) < 0.05) rejected++;
        }
        assertThat(rejected / 400.0).isBetween(0.02, 0.085);
    }

    /** The whole curve, under six kinds of maps; a falling one turns the area round, and one that ties scores changes it. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void areaStaysUnderIncreasingMaps() {
        Gap area = Gap.absolute(), curve = Gap.absolute(), turned = Gap.absolute();
        int tied = 0, runs = 100;
        var rng = Rng.of(3);
        for (int run = 0; run < runs; run++) {
            int n = 60;
            var positive = new boolean[n];
            double[] scores = new double[n], weights = run % 2 == 0 ? null : new double[n];
            for (int i = 0; i < n; i++) {
                positive[i] = i % 3 == 0;
                scores[i] = rng.nextInt(20) / 4.0 - 2 + (positive[i] ? 1 : 0);
                if (weights != null) weights[i] = 0.25 + rng.nextDouble();
            }
            // Any increasing map there is: random steps up between neighbouring scores.
            var steps = new TreeMap<Double, Double>();
            double level = -5;
            for (double s : Arrays.stream(scores).sorted().toArray())
                if (!steps.containsKey(s)) steps.put(s, level += Math.pow(10, -6 * rng.nextDouble()));
            var before = RocCurve.of(positive, scores, weights);
            List<DoubleUnaryOperator> maps = List.of(s -> Math.exp(3 * s) - 7, s -> s * s * s, Math::atan, s -> Math.log(s + 3),
                    s -> 1e-9 * s + 1, steps::get);
            for (int m = 0; m < maps.size(); m++) {
                var after = RocCurve.of(positive, Arrays.stream(scores).map(maps.get(m)).toArray(), weights);
                area.see("run " + run + ", map " + m, after.auc(), before.auc());
                curve.see("fpr, run " + run + ", map " + m, after.falsePositiveRate(), before.falsePositiveRate());
                curve.see("tpr, run " + run + ", map " + m, after.truePositiveRate(), before.truePositiveRate());
            }
            turned.see("run " + run, RocCurve.of(positive, Arrays.stream(scores).map(s -> -s).toArray(), weights).auc(), 1 - before.auc());
            if (RocCurve.of(positive, Arrays.stream(scores).map(Math::floor).toArray(), weights).auc() != before.auc()) tied++;
        }
        Evidence.of("area after less before, over 600 maps", area, exactly(0));
        Evidence.of("curve after less before", curve, exactly(0));
        Evidence.of("area by falling scores, less 1 - area", turned, atMost(1e-14));
        Evidence.of("runs, of 100, whose area changes when scores are tied", tied, above(90));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void deLongIntervalsCoverTheTruthOfBinormalScores() {
        double distance = 1, truth = 0.5 * (1 + Special.erf(distance / Math.sqrt(2) / Math.sqrt(2)));
        var rng = Rng.of(4);
        int covered = 0;
        for (int run = 0; run < 1000; run++) {
            int n = 150;
            var positive = new boolean[n];
            var scores = new double[n];
            for (int i = 0; i < n; i++) {
                positive[i] = i % 2 == 0;
                scores[i] = rng.nextGaussian() + (positive[i] ? distance : 0);
            }
            var interval = DeLong.of(positive, scores).interval(0.95);
            if (interval.contains(truth)) covered++;
        }
        var half = new DeLong(0.5, 0.01).interval(0.95);
        assertThat(half.width()).isCloseTo(2 * 1.959963984540054 * 0.1, within(1e-15));
        assertThatThrownBy(() -> new DeLong(0.5, 0.01).interval(1.96)).hasMessageContaining("level is 1.96");
        Evidence.of("coverage of 1,000 intervals", covered / 1000.0, between(0.93, 0.97));
        var gap = Gap.relative();
        for (var c : GOLDEN.cases("random")) {
            var s = Sample.of(c.at("input"));
            if (count(s.positive) < 2 || s.positive.length - count(s.positive) < 2) continue;
            gap.see(c.text("name"), 1 + DeLong.of(s.positive, s.scores).variance(),
                    1 + varianceOfShares(of(s, true), of(s, false)) + varianceOfShares(of(s, false), of(s, true)));
        }
        Evidence.of("variance against that of the shares of pairs won", gap, atMost(1e-14));
    }

    /** The sample variance, over rows of one class, of the share of pairs with the other class that each wins, for the mean of so many rows. */
    private static double varianceOfShares(double[] rows, double[] others) {
        double[] shares = Arrays.stream(rows).map(a -> Arrays.stream(others).map(b -> a > b ? 1 : a == b ? 0.5 : 0).average().orElseThrow())
                .toArray();
        double mean = Arrays.stream(shares).average().orElseThrow();
        return Arrays.stream(shares).map(v -> (v - mean) * (v - mean)).sum() / (rows.length - 1) / rows.length;
    }

    @Test void bestThresholdsMinimiseTheCost() {
        var positive = new boolean[] {false, false, true, true, false, true};
        var scores = new double[] {0.1, 0.4, 0.05, 0.8, 0.2, 0.9};
        var roc = RocCurve.of(positive, scores, null);
        assertThat(roc.thresholdByYouden()).isEqualTo(0.8);
        assertThat(roc.thresholdByCost(0.5, 100, 1)).isEqualTo(0.05);
        assertThat(DeLong.pairedZ(positive, scores, scores)).isZero();
    }

    @Test void whatCannotBeRankedIsRefusedByName() {
        assertThatThrownBy(() -> RocCurve.of(new boolean[] {true, true}, new double[] {1, 2}, null)).hasMessageContaining("negative");
        assertThatThrownBy(() -> RocCurve.of(new boolean[] {true, false}, new double[] {1, Double.NaN}, null))
                .hasMessageContaining("score 1 is NaN");
    }
}
