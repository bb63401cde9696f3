package lyceum.labs.learn;

import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.metrics.Average;
import lyceum.learn.metrics.ClassificationMetrics;
import lyceum.learn.metrics.ConfusionMatrix;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.plot.Plot;
import lyceum.stats.ProportionInterval;
import lyceum.tensor.Tensor;

/** Which digit is taken for which, with the pictures; then what accuracy is worth when one class is nearly everything. */
@Lab(topics = {"confusion-matrix", "accuracy"}, title = "Which digit is taken for which")
final class ConfusionLab implements LabBody {
    private static final long[] DIGITS = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

    @Override public void run(LabContext lab) {
        int depth = lab.param("depth", 9, 2, 20), rows = lab.param("rows", 1000, 200, 10_000);
        var parts = Split.stratified(Datasets.digits(), lab.rng(0), 0.5, 0.5);
        var model = new DecisionTreeClassifier().withMaxDepth(depth).fit(parts.get(0).x(), parts.get(0).y());
        var test = parts.get(1);
        long[] truth = test.y().toLongArray(), predicted = model.predict(test.x()).toLongArray();
        var matrix = ConfusionMatrix.of(truth, predicted, DIGITS, null);

        lab.figure(Figure.heatmap("Share of each digit that is taken for another, in %",
                Tensor.of(matrix.normalized(ConfusionMatrix.Normalize.TRUTH)).mul(100).round(), Figure.numbered(0, 9),
                Figure.numbered(0, 9)).cellLabels().axes("predicted digit", "true digit").describedAs(
                        "The bright diagonal is what the tree gets right; the brightest cells beside it are the pairs that look alike to it."));
        lab.figure(pictures(test, predicted, matrix));
        scores(lab, matrix, truth, predicted);
        lab.shows("counts - test rows", matrix.total() - truth.length, exactly(0));
        imbalance(lab, rows);
    }

    /** The pictures in every cell that has some, what is right first, the heaviest mistake last. */
    private static Figure pictures(Dataset test, long[] predicted, ConfusionMatrix matrix) {
        var cells = IntStream
                .range(0, 100).filter(c -> matrix.count(c / 10, c % 10) > 0).boxed().sorted(Comparator
                        .<Integer>comparingInt(c -> c / 10 == c % 10 ? 0 : 1).thenComparingDouble(c -> matrix.count(c / 10, c % 10)))
                .toList();
        var pictures = new ArrayList<Plot>();
        var labels = new ArrayList<String>();
        long[] truth = test.y().toLongArray();
        for (int cell : cells) {
            int[] found = IntStream.range(0, predicted.length).filter(i -> truth[i] == cell / 10 && predicted[i] == cell % 10).limit(24)
                    .toArray();
            var images = Arrays.stream(found).mapToObj(i -> Image.gray("", 8, test.x().select(0, i))).toList();
            pictures.add(Figure.images("A true " + cell / 10 + ", called " + cell % 10, 8, images));
            labels.add(String.format(Locale.ROOT, "%d as %d (%.0f)", cell / 10, cell % 10, matrix.count(cell / 10, cell % 10)));
        }
        return Figure.frames("The pictures in a cell", "cell", pictures).labelled(labels.toArray(String[]::new))
                .describedAs("Digits of one cell of the matrix, 24 at most: some are badly written, some would fool nobody but this tree.");
    }

    private static void scores(LabContext lab, ConfusionMatrix matrix, long[] truth, long[] predicted) {
        Tensor t = Tensor.of(truth), p = Tensor.of(predicted);
        var interval = ClassificationMetrics.accuracyInterval(t, p, ProportionInterval.WILSON, 0.95);
        lab.table("Scores of one matrix", List.of("score", "value"),
                List.of(List.of("accuracy", matrix.accuracy()), List.of("its 95% interval, from", interval.low()),
                        List.of("to", interval.high()), List.of("no-information rate", ClassificationMetrics.noInformationRate(t)),
                        List.of("balanced accuracy", matrix.balancedAccuracy()), List.of("macro F1", matrix.fBeta(1, Average.MACRO)),
                        List.of("Cohen's kappa", matrix.kappa()), List.of("Matthews correlation", matrix.mcc())));
        lab.say("The tree is right on %.1f%% of %d digits it has not seen; with that many rows the true share lies between %.1f%% and %.1f%%.",
                100 * matrix.accuracy(), truth.length, 100 * interval.low(), 100 * interval.high());
    }

    /** A predictor that always names the larger class, as that class grows. */
    private static void imbalance(LabContext lab, int rows) {
        double[] accuracy = new double[50], balanced = new double[50], mcc = new double[50];
        for (int s = 0; s < 50; s++) {
            int positives = (int) Math.rint(rows * (50 - s) / 100.0);
            var truth = new long[rows];
            Arrays.fill(truth, 0, positives, 1);
            var matrix = ConfusionMatrix.of(truth, new long[rows], new long[] {0, 1}, null);
            accuracy[s] = matrix.accuracy();
            balanced[s] = matrix.balancedAccuracy();
            mcc[s] = matrix.mcc();
            if (s < 49) continue;
            lab.check("accuracy", 2, "accuracy of the majority predictor at 99:1", matrix.accuracy(),
                    exactly((rows - positives) / (double) rows));
            lab.check("accuracy", 2, "its balanced accuracy", matrix.balancedAccuracy(), exactly(0.5));
            lab.check("accuracy", 2, "its kappa", matrix.kappa(), exactly(0));
            lab.check("accuracy", 2, "its Matthews correlation", matrix.mcc(), exactly(0));
        }
        lab.figure(Figure.line("Always naming the larger class", 50, accuracy).named("accuracy").line("balanced accuracy", 50, balanced)
                .line("Matthews correlation", 50, mcc).axes("share of the larger class in %", "score").limitY(-0.05, 1.05).describedAs(
                        "Accuracy climbs to 0.99 with the imbalance; balanced accuracy stays at one half and the correlation at zero."));
    }
}
