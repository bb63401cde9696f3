package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class PrecisionRecallCurveTest {
    private static final String TOPIC = "precision-recall-curve";
    private static final Golden GOLDEN = Golden.load("golden/precision-recall-curve.json");

    private record Sample(boolean[] positive, double[] scores, double[] weights, Recipe rest) {
        static Sample of(int i) { return of(i, i % 2 == 1); }

        static Sample of(int i, boolean weighted) {
            var r = new Recipe(72200 + i);
            int n = 4 + r.below(40), levels = 3 + r.below(20);
            var positive = new boolean[n];
            for (int k = 0; k < n; k++) positive[k] = r.uniform() < 0.4;
            positive[0] = true;
            int[] level = r.belows(levels, n);
            int lift = r.below(3);
            var scores = new double[n];
            for (int k = 0; k < n; k++) scores[k] = (level[k] + (positive[k] ? lift : 0)) / 8.0;
            var w = new double[n];
            for (int k = 0; k < n; k++) w[k] = 0.25 + r.uniform();
            return new Sample(positive, scores, weighted ? w : null, r);
        }

        PrecisionRecallCurve curve() { return PrecisionRecallCurve.of(positive, scores, weights); }

        Sample mapped(DoubleUnaryOperator map) { return new Sample(positive, Arrays.stream(scores).map(map).toArray(), weights, rest); }

        double weight(int i) { return weights == null ? 1 : weights[i]; }

        /** Precision and recall where scores from {@code threshold} on are flagged. */
        double[] at(double threshold) {
            double right = 0, flagged = 0, all = 0;
            for (int i = 0; i < scores.length; i++) {
                if (positive[i]) all += weight(i);
                if (scores[i] < threshold) continue;
                flagged += weight(i);
                if (positive[i]) right += weight(i);
            }
            return new double[] {right / flagged, right / all};
        }

        /** The mean over the positive rows of the precision at their score, row by row. */
        double averagePrecision() {
            double sum = 0, all = 0;
            for (int i = 0; i < scores.length; i++) {
                if (!positive[i]) continue;
                double right = 0, flagged = 0;
                for (int j = 0; j < scores.length; j++) {
                    if (scores[j] < scores[i]) continue;
                    flagged += weight(j);
                    if (positive[j]) right += weight(j);
                }
                sum += weight(i) * right / flagged;
                all += weight(i);
            }
            return sum / all;
        }
    }

    private static double print(Recipe r, double[]... parts) {
        double print = 0;
        for (double[] part : parts) for (double v : part) print += v * r.uniform();
        return print;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void curveAndAveragePrecisionEqualScikitLearnOnFiveHundredSets() {
        Gap curve = Gap.absolute(), area = Gap.absolute(), all = Gap.relativeBeyondOne(), points = Gap.absolute();
        double[][] rows = GOLDEN.named("random").matrix("expected.rows");
        for (int i = 0; i < rows.length; i++) {
            var s = Sample.of(i);
            var c = s.curve();
            double[] p = c.precision(), r = c.recall(), t = Arrays.copyOfRange(c.thresholds(), 1, p.length);
            assertThat(p).hasSize((int) rows[i][0]);
            area.see("set " + i, c.averagePrecision(), rows[i][1]);
            all.see("set " + i, print(s.rest, p, r, t), rows[i][2]);
            for (int k = 1; k < p.length; k++) points.see("set " + i + ", point " + k, new double[] {p[k], r[k]}, s.at(t[k - 1]));
            assertThat(t).isEqualTo(Arrays.stream(s.scores).map(v -> -v).sorted().distinct().map(v -> 0 - v).toArray());
            if (i >= 100) continue;
            double[] some = Sample.of(i, true).weights;
            for (int k = 1; k < some.length; k += 3) some[k] = 0;
            var thinned = PrecisionRecallCurve.of(s.positive, s.scores, some);
            double[] expected = GOLDEN.named("zeros").matrix("expected.rows")[i];
            assertThat(thinned.precision()).hasSize((int) expected[0]);
            area.see("set " + i + " with zeros", thinned.averagePrecision(), expected[1]);
            all.see("set " + i + " with zeros", print(s.rest, thinned.precision(), thinned.recall(),
                    Arrays.copyOfRange(thinned.thresholds(), 1, thinned.thresholds().length)), expected[2]);
        }
        for (int i = 0; i < 8; i++) {
            var g = GOLDEN.named("curve-" + i);
            var c = Sample.of(i).curve();
            curve.see(g, "expected.precision", c.precision()).see(g, "expected.recall", c.recall());
            curve.see(g, "expected.thresholds", Arrays.copyOfRange(c.thresholds(), 1, c.thresholds().length));
        }
        Evidence.of("sets", rows.length, exactly(500));
        Evidence.of("precision and recall of every point of them by their definition", points, atMost(1e-12));
        Evidence.of("average precision", area, atMost(1e-14));
        Evidence.of("random sums over each curve's numbers", all, atMost(1e-14));
        Evidence.of("numbers of the first eight curves", curve, atMost(1e-15));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void averagePrecisionStaysUnderIncreasingMapsAndIsOneForPerfection() {
        Gap gap = Gap.absolute(), perfect = Gap.absolute();
        int tied = 0, imperfect = 0, runs = 200;
        var rng = Rng.of(3);
        for (int run = 0; run < runs; run++) {
            var s = Sample.of(run);
            var steps = new TreeMap<Double, Double>();
            double level = -5;
            for (double v : Arrays.stream(s.scores).sorted().toArray())
                if (!steps.containsKey(v)) steps.put(v, level += Math.pow(10, -6 * rng.nextDouble()));
            List<DoubleUnaryOperator> maps = List.of(v -> Math.exp(3 * v) - 7, v -> v * v * v, Math::atan, v -> 1e-9 * v + 1, steps::get);
            double before = s.averagePrecision();
            for (var map : maps) gap.see("set " + run, s.mapped(map).curve().averagePrecision(), before);
            if (Math.abs(s.mapped(v -> Math.floor(v)).curve().averagePrecision() - before) > 1e-6) tied++;
            // Positives above negatives, ties among each; then one negative on top of all.
            var best = new Sample(s.positive, s.scores.clone(), s.weights, null);
            for (int i = 0; i < best.scores.length; i++) if (s.positive[i]) best.scores[i] += 10;
            perfect.see("set " + run, best.curve().averagePrecision(), 1);
            for (int i = 0; i < best.scores.length; i++) {
                if (s.positive[i]) continue;
                best.scores[i] = 99;
                if (best.curve().averagePrecision() < 1 - 1e-3) imperfect++;
                break;
            }
        }
        Evidence.of("average precision of mapped scores, less the mean over positives, 1,000 maps", gap, atMost(1e-14));
        Evidence.of("sets, of 200, that change when scores are tied", tied, above(150));
        Evidence.of("perfect rankings less 1", perfect, atMost(1e-15));
        Evidence.of("sets, of 200, below 1 with one negative on top", imperfect, above(190));
    }

    /** A random order has {@code E[AP] = (H_n + (P - 1) / (n - 1) (n - H_n)) / n} for P positives. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void randomScoresAverageThePrevalence() {
        Gap prevalence = Gap.absolute(), exact = Gap.relative();
        int n = 20_000, runs = 40;
        double harmonic = 0;
        for (int i = 1; i <= n; i++) harmonic += 1.0 / i;
        var rng = Rng.of(722);
        for (double share : new double[] {0.01, 0.1, 0.5, 0.9}) {
            int positives = (int) Math.round(share * n);
            double sum = 0;
            for (int run = 0; run < runs; run++) {
                var positive = new boolean[n];
                Arrays.fill(positive, 0, positives, true);
                var scores = new double[n];
                for (int i = 0; i < n; i++) scores[i] = rng.nextDouble();
                sum += PrecisionRecallCurve.of(positive, scores, null).averagePrecision();
            }
            prevalence.see("share " + share, sum / runs, share);
            exact.see("share " + share, sum / runs, (harmonic + (positives - 1.0) / (n - 1) * (n - harmonic)) / n);
        }
        Evidence.of("mean average precision less the prevalence", prevalence, below(0.01));
        Evidence.of("and relative to the expectation of a random order", exact, below(0.05));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void tenfoldNegativesLeaveTheRocAreaAndLowerAveragePrecision() {
        Gap roc = Gap.absolute(), area = Gap.absolute();
        int fell = 0, flawed = 0;
        for (int run = 0; run < 200; run++) {
            var s = Sample.of(2 * run);
            int n = s.scores.length;
            var positive = new boolean[10 * n];
            var scores = new double[10 * n];
            int m = 0;
            for (int i = 0; i < n; i++) {
                for (int copy = 0; copy < (s.positive[i] ? 1 : 10); copy++) {
                    positive[m] = s.positive[i];
                    scores[m++] = s.scores[i];
                }
            }
            var many = new Sample(Arrays.copyOf(positive, m), Arrays.copyOf(scores, m), null, null);
            double before = s.curve().averagePrecision(), after = many.curve().averagePrecision();
            if (m > n)
                roc.see("set " + run, RocCurve.of(many.positive, many.scores, null).auc(), RocCurve.of(s.positive, s.scores, null).auc());
            area.see("set " + run, after, many.averagePrecision());
            if (before == 1) continue;
            flawed++;
            if (after < before) fell++;
        }
        Evidence.of("ROC area with tenfold negatives less before", roc, exactly(0));
        Evidence.of("imperfect rankings whose average precision did not fall", flawed - fell, exactly(0));
        Evidence.of("imperfect rankings, of 200", flawed, above(180));
        Evidence.of("average precision after, less the mean over positives", area, atMost(1e-14));
    }

    private static boolean[] labels(Rng rng, int n, double share) {
        var positive = new boolean[n];
        for (int i = 0; i < n; i++) positive[i] = rng.nextDouble() < share;
        return positive;
    }

    /** Rare and frequent positives, saturated probabilities, a stream in ascending order, a split between two histograms; some batches lack a class. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void streamingHistogramStaysNearTheExactCurve() {
        Gap gap = Gap.absolute(), roc = Gap.absolute();
        var rng = Rng.of(55);
        int n = 60_000, batch = 500, largest = 0;
        for (double share : new double[] {0.003, 0.05, 0.5}) {
            for (int kind = 0; kind < 3; kind++) {
                var positive = labels(rng, n, share);
                var scores = new double[n];
                for (int i = 0; i < n; i++) {
                    double logit = 2 * rng.nextGaussian() + (positive[i] ? 3 : 0);
                    scores[i] = kind == 1 ? 1 / (1 + Math.exp(-4 * logit - 8)) : logit;
                }
                if (kind == 2) sort(positive, scores);
                ScoreHistogram seen = new ScoreHistogram(2048), other = new ScoreHistogram(2048);
                for (int at = 0; at < n; at += batch)
                    (at % 3 == 0 ? other : seen).add(Arrays.copyOfRange(positive, at, at + batch),
                            Arrays.copyOfRange(scores, at, at + batch), null);
                seen.merge(other);
                largest = Math.max(largest, seen.size());
                var exact = new Sample(positive, scores, null, null).curve();
                String which = "share " + share + ", kind " + kind;
                gap.see(which, seen.averagePrecision(), exact.averagePrecision());
                roc.see(which, seen.roc().auc(), RocCurve.of(positive, scores, null).auc());
            }
        }
        Evidence.of("average precision of 60,000 streamed rows less the exact one", gap, below(0.001));
        Evidence.of("ROC area likewise", roc, below(0.001));
        Evidence.of("bins at most", largest, atMost(2048));
    }

    private static void sort(boolean[] positive, double[] scores) {
        int[] order = Tensor.of(scores).argsort(0).toIntArray();
        boolean[] p = positive.clone();
        double[] s = scores.clone();
        for (int i = 0; i < order.length; i++) {
            positive[i] = p[order[i]];
            scores[i] = s[order[i]];
        }
    }

    @Test void histogramOfFewDistinctScoresIsExactWithWeights() {
        for (int i = 1; i < 40; i += 2) {
            var s = Sample.of(i);
            var seen = new ScoreHistogram(32);
            int half = s.scores.length / 2;
            for (int part = 0; part < 2; part++) {
                int from = part * half, to = part == 0 ? half : s.scores.length;
                seen.add(Arrays.copyOfRange(s.positive, from, to), Arrays.copyOfRange(s.scores, from, to),
                        Arrays.copyOfRange(s.weights, from, to));
            }
            assertThat(seen.precisionRecall().averagePrecision()).isCloseTo(s.averagePrecision(), within(1e-13));
            assertThat(seen.averagePrecision()).isCloseTo(s.averagePrecision(), within(1e-13));
        }
        assertThatThrownBy(() -> new ScoreHistogram(3)).hasMessageContaining("3 bins");
        assertThatThrownBy(() -> new ScoreHistogram(16).precisionRecall()).hasMessageContaining("positive");
        assertThatThrownBy(() -> new ScoreHistogram(16).averagePrecision()).hasMessageContaining("no row was positive");
    }

    @Test void averagesOverClassesAndLabelsEqualScikitLearn() {
        var gap = Gap.absolute();
        Average[] averages = {Average.MICRO, Average.MACRO, Average.WEIGHTED};
        for (var c : GOLDEN.cases("classes")) {
            var r = new Recipe((long) c.number("input.seed"));
            int k = 3 + r.below(3), n = 20 + r.below(30);
            int[] truth = r.belows(k, n);
            for (int j = 0; j < k; j++) truth[j] = j;
            double[][] scores = new double[n][k], labels = new double[n][k];
            for (var row : scores) for (int j = 0; j < k; j++) row[j] = r.below(12) / 4.0;
            for (var row : labels) for (int j = 0; j < k; j++) row[j] = r.uniform() < 0.3 ? 1 : 0;
            Arrays.fill(labels[0], 1);
            var s = Tensor.of(scores);
            gap.see(c, "expected.multiclass",
                    Arrays.stream(averages).mapToDouble(a -> AveragePrecision.multiclass(Tensor.of(truth), s, a)).toArray());
            gap.see(c, "expected.multilabel",
                    Arrays.stream(averages).mapToDouble(a -> AveragePrecision.multilabel(Tensor.of(labels).gt(0.5), s, a)).toArray());
        }
        assertThat(gap.worst()).isLessThan(1e-14);
        assertThat(gap.seen()).isEqualTo(48);
        assertThatThrownBy(() -> AveragePrecision.multiclass(Tensor.of(new int[] {0, 3}), Tensor.of(new double[][] {{1, 2, 3}, {1, 2, 3}}),
                Average.MACRO)).hasMessageContaining("class 3 in row 1");
    }

    /** The list of the article: + - + + - - + - - - from the top. */
    @Test void areasOfAHandWorkedList() {
        var curve = PrecisionRecallCurve.of(Tensor.of(new int[] {1, 0, 1, 1, 0, 0, 1, 0, 0, 0}), Tensor.arange(10).neg());
        assertThat(curve.averagePrecision()).isCloseTo((1 + 2 / 3.0 + 3 / 4.0 + 4 / 7.0) / 4, within(1e-15));
        assertThat(curve.interpolatedArea()).isCloseTo((1 + 3 / 4.0 + 3 / 4.0 + 4 / 7.0) / 4, within(1e-15));
        // Recalls 0, .1, .2 reach 1, .3 to .7 reach 3/4, .8 to 1 reach 4/7.
        assertThat(curve.interpolatedMean(11)).isCloseTo((3 + 5 * 0.75 + 3 * 4 / 7.0) / 11, within(1e-15));
        // Chords from (0, 1): 1 to 1, 1/2 to 2/3, 2/3 to 3/4, 1/2 to 4/7.
        assertThat(curve.trapezoidArea()).isCloseTo((1 + 7 / 12.0 + 17 / 24.0 + 15 / 28.0) / 4, within(1e-15));
        assertThat(curve.atRecall(0.75)).isEqualTo(new OperatingPoint(-3, 0.75, 0.75, 1 / 6.0));
        assertThat(curve.atRecall(0).threshold()).isInfinite();
        // F1 at the four hits: 2/5, 2/3 of recall 1/2..., 3/4, 8/11; at the third: 6 / (4 + 4).
        assertThat(curve.atBestFBeta(1)).isEqualTo(new OperatingPoint(-3, 0.75, 0.75, 1 / 6.0));
        assertThat(curve.atBestFBeta(0.1).threshold()).isEqualTo(0);
        assertThat(curve.atBestFBeta(3).threshold()).isEqualTo(-6);
        assertThatThrownBy(() -> curve.atRecall(1.5)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> curve.interpolatedMean(1)).hasMessageContaining("1 levels");
    }

    /** Against the mean over random orders of the tied rows, by many small steps: row k of a tie of b positives and d negatives. */
    @Test void hyperbolicAreaIsTheSumOfManyPartialSteps() {
        for (int i = 0; i < 50; i++) {
            var curve = Sample.of(i).curve();
            double sum = 0;
            int steps = 2000;
            double[] tp = curve.truePositives(), fp = curve.falsePositives();
            for (int k = 1; k < tp.length; k++) {
                for (int s = 0; s < steps; s++) {
                    double at = (s + 0.5) / steps, t = tp[k - 1] + at * (tp[k] - tp[k - 1]), f = fp[k - 1] + at * (fp[k] - fp[k - 1]);
                    sum += (tp[k] - tp[k - 1]) / steps * t / (t + f);
                }
            }
            assertThat(curve.hyperbolicArea()).isCloseTo(sum / tp[tp.length - 1], within(1e-4));
        }
    }

    @Test void bandCoversThePopulationsPrecision() {
        // Binormal scores 2 apart with 20% positives; at recall 1/2 the threshold is 2 and precision 0.1 / (0.1 + 0.8 * 0.02275).
        double truth = 0.1 / (0.1 + 0.8 * 0.022750131948179207);
        int covered = 0, wide = 0, runs = 200;
        for (int run = 0; run < runs; run++) {
            var rng = Rng.of(9000 + run);
            int n = 400;
            var positive = labels(rng, n, 0.2);
            var scores = new double[n];
            for (int i = 0; i < n; i++) scores[i] = rng.nextGaussian() + (positive[i] ? 2 : 0);
            var band = PrecisionRecallBand.of(positive, scores, 200, 0.9, rng.split(1));
            if (band.low()[49] <= truth && truth <= band.high()[49]) covered++;
            if (band.averagePrecision().width() < 0.2) wide++;
            assertThat(band.averagePrecision().contains(AveragePrecision.of(positive, scores, null))).isTrue();
        }
        assertThat(covered / (double) runs).isBetween(0.82, 0.96);
        assertThat(wide).isGreaterThan(150);
        assertThatThrownBy(() -> PrecisionRecallBand.of(new boolean[] {true}, new double[] {1}, 5, 0.9, Rng.of(1)))
                .hasMessageContaining("5 resamples");
    }

    /** As scikit-learn drops them. */
    @Test void rowsOfWeightZeroAreNoPoints() {
        boolean[] positive = {true, false, true, false, true, false};
        double[] scores = {5, 4, 3, 3, 2, 1}, w = {1, 0, 0, 2, 1, 0};
        var curve = PrecisionRecallCurve.of(positive, scores, w);
        var kept = PrecisionRecallCurve.of(new boolean[] {true, false, true}, new double[] {5, 3, 2}, new double[] {1, 2, 1});
        assertThat(curve.thresholds()).containsExactly(kept.thresholds()).containsExactly(Double.POSITIVE_INFINITY, 5, 3, 2);
        assertThat(curve.precision()).containsExactly(kept.precision());
        assertThat(curve.recall()).containsExactly(kept.recall());
        assertThatThrownBy(() -> PrecisionRecallCurve.of(positive, scores, new double[6])).hasMessageContaining("positive");
    }
}
