package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.metrics.PrecisionRecallBand;
import lyceum.learn.metrics.PrecisionRecallCurve;
import lyceum.learn.metrics.RocCurve;
import lyceum.learn.metrics.ScoreHistogram;
import lyceum.plot.Figure;
import lyceum.random.Rng;

/** One detector, and negatives poured in until the positives are rare: the ROC curve stays where it is, precision and recall collapse. */
@Lab(topics = "precision-recall-curve", title = "One detector, ever rarer positives")
final class PrecisionRecallCurveLab implements LabBody {
    private record Population(boolean[] positive, double[] scores) {
        /** Scores of unit variance, positives {@code distance} above negatives; each negative stands there {@code copies} times. */
        static Population draw(Rng rng, int positives, int negatives, int copies, double distance) {
            int n = positives + negatives * copies;
            var positive = new boolean[n];
            var scores = new double[n];
            for (int i = 0; i < positives; i++) {
                positive[i] = true;
                scores[i] = rng.nextGaussian() + distance;
            }
            for (int i = 0; i < negatives; i++)
                Arrays.fill(scores, positives + i * copies, positives + (i + 1) * copies, rng.nextGaussian());
            return new Population(positive, scores);
        }

        PrecisionRecallCurve precisionRecall() { return PrecisionRecallCurve.of(positive, scores, null); }

        RocCurve roc() { return RocCurve.of(positive, scores, null); }
    }

    @Override public void run(LabContext lab) {
        double distance = lab.param("distance", 2.0, 0.0, 4.0);
        int positives = lab.param("positives", 300, 20, 2000), bins = lab.param("bins", 2048, 64, 4096);
        int[] copies = {1, 3, 9, 19, 49, 99};
        var frames = new ArrayList<Figure>();
        var labels = new String[copies.length];
        var rows = new ArrayList<List<Object>>();
        double[] areas = new double[copies.length], precisions = new double[copies.length];
        for (int c = 0; c < copies.length; c++) {
            var population = Population.draw(lab.rng(0), positives, positives, copies[c], distance);
            var curve = population.precisionRecall();
            areas[c] = population.roc().auc();
            precisions[c] = curve.averagePrecision();
            double share = 100.0 / (1 + copies[c]);
            labels[c] = String.format(Locale.ROOT, "%.0f%%", share);
            rows.add(List.of(labels[c], areas[c], precisions[c], curve.trapezoidArea(), curve.interpolatedArea(),
                    curve.atRecall(0.8).precision()));
            frames.add(Figure.row(labels[c] + " of the rows are positive", population.roc().figure("ROC").equalScales(),
                    curve.figure("Precision and recall").step().equalScales().limitX(0, 1)));
        }
        lab.figure(
                Figure.frames("The same scores among ever more negatives", "positives", frames).labelled(labels).startingAt(0).describedAs(
                        "As negatives multiply, the ROC curve stays; the precision-recall curve falls from the upper edge towards the lower."));
        lab.table("Areas of the same scorer",
                List.of("positives", "ROC area", "average precision", "trapezoids", "monotone", "precision at recall 0.8"), rows);
        int last = copies.length - 1;
        lab.say("From %s to %s positives the ROC area stays %.3f while average precision falls from %.3f to %.3f.", labels[0], labels[last],
                areas[0], precisions[0], precisions[last]);

        var rare = Population.draw(lab.rng(1), 40, 760, 1, distance);
        var band = PrecisionRecallBand.of(rare.positive, rare.scores, 300, 0.9, lab.rng(2));
        var curve = rare.precisionRecall();
        lab.figure(Figure.plot("Forty positives: a 90% bootstrap band").band("90%", band.recall(), band.low(), band.high())
                .line("curve", curve.recall(), curve.precision()).step().axes("recall", "precision").limitY(0, 1)
                .describedAs("With few positives the left half of the curve may lie almost anywhere; the band narrows to the right."));
        lab.say("Average precision is %.2f here, with a 90%% interval from %.2f to %.2f.", curve.averagePrecision(),
                band.averagePrecision().low(), band.averagePrecision().high());

        var many = Population.draw(lab.rng(3), 3000, 27_000, 1, distance);
        var stream = new ScoreHistogram(bins);
        for (int at = 0; at < 30_000; at += 1000)
            stream.add(Arrays.copyOfRange(many.positive, at, at + 1000), Arrays.copyOfRange(many.scores, at, at + 1000), null);
        lab.shows("ROC area at 1% less that at 50%", areas[last] - areas[0], exactly(0));
        lab.shows("average precision at 50% less that at 1%", precisions[0] - precisions[last], above(0));
        lab.shows("histogram of the stream: average precision less the exact one",
                Math.abs(stream.averagePrecision() - many.precisionRecall().averagePrecision()), below(0.005));
    }
}
