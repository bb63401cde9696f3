package lyceum.labs.learn;

import static lyceum.labs.Bounds.between;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.metrics.ConfusionMatrix;
import lyceum.learn.metrics.DeLong;
import lyceum.learn.metrics.RocCurve;
import lyceum.plot.Figure;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.MannWhitney;
import lyceum.tensor.Tensor;

/** A threshold slides over the scores of two groups; the point on the curve and the four counts follow. */
@Lab(topics = "roc-auc", title = "A threshold slides over two heaps of scores")
final class RocLab implements LabBody {
    private static final int FRAMES = 13;
    private record Sample(boolean[] positive, double[] scores) {
        static Sample draw(Rng rng, int n, double distance) {
            var positive = new boolean[n];
            var scores = new double[n];
            for (int i = 0; i < n; i++) {
                positive[i] = i % 2 == 0;
                scores[i] = rng.nextGaussian() + (positive[i] ? distance : 0);
            }
            return new Sample(positive, scores);
        }

        double[] of(boolean which) {
            return IntStream.range(0, scores.length).filter(i -> positive[i] == which).mapToDouble(i -> scores[i]).toArray();
        }

        ConfusionMatrix at(double threshold) {
            var truth = new long[scores.length];
            var called = new long[scores.length];
            for (int i = 0; i < truth.length; i++) {
                truth[i] = positive[i] ? 1 : 0;
                called[i] = scores[i] >= threshold ? 1 : 0;
            }
            return ConfusionMatrix.of(truth, called, new long[] {0, 1}, null);
        }
    }

    @Override public void run(LabContext lab) {
        double distance = lab.param("distance", 1.5, 0.0, 4.0);
        int rows = lab.param("rows", 400, 50, 5000), simulations = lab.param("simulations", 1000, 100, 5000);
        var sample = Sample.draw(lab.rng(0), rows, distance);
        var roc = RocCurve.of(sample.positive, sample.scores, null);
        var delong = DeLong.of(sample.positive, sample.scores);
        var interval = delong.interval(0.95);
        double truth = new Normal(0, 1).cdf(distance / Math.sqrt(2));

        var frames = new ArrayList<Figure>();
        double low = Arrays.stream(sample.scores).min().orElseThrow(), high = Arrays.stream(sample.scores).max().orElseThrow();
        var labels = new String[FRAMES];
        for (int f = 0; f < FRAMES; f++) {
            double threshold = high - (high - low) * f / (FRAMES - 1);
            labels[f] = String.format(Locale.ROOT, "%.2f", threshold);
            frames.add(frame(sample, roc, threshold));
        }
        lab.figure(Figure.frames("Scores, curve and counts as the threshold falls", "threshold", frames).labelled(labels)
                .startingAt(FRAMES / 2).describedAs(
                        "As the threshold falls over the two heaps, the point climbs the curve: up while it passes positives, right while it passes negatives."));
        lab.say("The area is %.3f, with a 95%% interval from %.3f to %.3f; for normal heaps %.1f apart the true area is %.3f. The best threshold by Youden is %.2f.",
                roc.auc(), interval.low(), interval.high(), distance, truth, roc.thresholdByYouden());

        double pairs = MannWhitney.test(sample.of(true), sample.of(false), Alternative.TWO_SIDED).probability();
        lab.shows("area - Mann-Whitney probability", roc.auc() - pairs, exactly(0));
        int covered = 0;
        double known = new Normal(0, 1).cdf(1 / Math.sqrt(2));
        for (int r : lab.progress("simulations", simulations)) {
            var drawn = Sample.draw(lab.rng(1000 + r), 200, 1);
            if (DeLong.of(drawn.positive, drawn.scores).interval(0.95).contains(known)) covered++;
        }
        lab.check(4, "coverage of DeLong's 95% intervals", covered / (double) simulations, between(0.93, 0.97));
    }

    private static Figure frame(Sample sample, RocCurve roc, double threshold) {
        var matrix = sample.at(threshold);
        double fpr = matrix.falsePositives(1) / matrix.support(0), tpr = matrix.truePositives(1) / matrix.support(1);
        double[] centres = Tensor.linspace(-4, 7, 45).toDoubleArray();
        var heaps = Figure.line("Two heaps of scores", centres, counts(sample.of(false), centres)).step().named("negative")
                .line("positive", centres, counts(sample.of(true), centres)).step().verticalLine(threshold, "threshold")
                .axes("score", "rows in a bin of 0.25").limitX(-4, 7);
        var curve = roc.figure(String.format(Locale.ROOT, "TPR %.2f, FPR %.2f", tpr, fpr))
                .points("threshold", new double[] {fpr}, new double[] {tpr}).equalScales();
        var counts = Figure.heatmap("Counts", matrix.counts(), new String[] {"negative", "positive"},
                new String[] {"called negative", "called positive"}).cellLabels().axes("prediction", "truth");
        return Figure.row(String.format(Locale.ROOT, "Threshold %.2f", threshold), heaps, curve, counts);
    }

    private static double[] counts(double[] scores, double[] centres) {
        var counts = new double[centres.length];
        for (double score : scores) counts[Math.clamp(Math.round((score - centres[0]) / 0.25), 0, centres.length - 1)]++;
        return counts;
    }
}
