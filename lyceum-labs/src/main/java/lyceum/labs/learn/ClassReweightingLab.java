package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.calibration.CalibrationReport;
import lyceum.learn.calibration.ReliabilityBins;
import lyceum.learn.imbalance.BalancedClassifier;
import lyceum.learn.imbalance.Resampler;
import lyceum.learn.imbalance.Smote;
import lyceum.learn.imbalance.TunedThreshold;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.metrics.ConfusionMatrix;
import lyceum.learn.metrics.PrecisionRecallCurve;
import lyceum.learn.metrics.RocCurve;
import lyceum.learn.metrics.ZeroDivision;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/** Fifty to one: weights, copies and SMOTE move the boundary and ruin the probabilities; ranking stays, and a formula brings the probabilities back. */
@Lab(topics = "class-reweighting", title = "Often only the threshold is broken")
final class ClassReweightingLab implements LabBody {
    private record Rows(Tensor x, Tensor labels) {}

    @Override public void run(LabContext lab) {
        int common = lab.param("common rows for each rare one", 50, 5, 200), rare = lab.param("rare rows", 100, 20, 300);
        double apart = lab.param("distance of the classes", 1.7, 0.5, 4.0);
        int k = lab.param("SMOTE's neighbours", 5, 1, 10);
        var train = rows(lab.rng(1), rare, common, apart);
        var test = rows(lab.rng(2), 5 * rare, common, apart);
        var plain = new LogisticRegression();
        var ways = new LinkedHashMap<String, Classifier>();
        ways.put("none", plain);
        ways.put("weights", BalancedClassifier.weighted(plain));
        ways.put("copies", BalancedClassifier.resampled(plain, Resampler.oversampling(1)));
        ways.put("SMOTE", BalancedClassifier.resampled(plain, new Smote(k)));
        ways.put("weights, corrected", BalancedClassifier.weighted(plain).withCorrected(true));
        ways.put("moved threshold", new TunedThreshold(plain, TunedThreshold.balancedAccuracy()));

        long[] labels = test.labels.toLongArray();
        var truth = new boolean[labels.length];
        for (int i = 0; i < truth.length; i++) truth[i] = labels[i] == 1;
        var table = new ArrayList<List<Object>>();
        var boundaries = new ArrayList<Plot>();
        double[] recalls = new double[ways.size()], errors = new double[ways.size()], areas = new double[ways.size()];
        Plot curves = null, reliability = null;
        int w = 0;
        for (var way : ways.entrySet()) {
            var model = way.getValue().fit(train.x, train.labels);
            var matrix = ConfusionMatrix.of(test.labels, model.predict(test.x));
            double[] scores = model.decisionFunction(test.x).toDoubleArray();
            recalls[w] = matrix.truePositives(1) / matrix.support(1);
            areas[w] = RocCurve.of(truth, scores, null).auc();
            errors[w] = Double.NaN;
            var curve = PrecisionRecallCurve.of(truth, scores, null);
            curves = curves == null ? curve.figure("Precision and recall").named(way.getKey())
                    : curves.line(way.getKey(), curve.recall(), curve.precision());
            if (model.hasProbabilities()) {
                double[] p = model.predictProba(test.x).select(1, 1).toDoubleArray();
                errors[w] = CalibrationReport.of(truth, p).ece();
                var bins = ReliabilityBins.uniform(truth, p, 10).occupied();
                reliability = reliability == null ? Figure.line("Said and seen", bins.confidence(), bins.accuracy()).named(way.getKey())
                        : reliability.line(way.getKey(), bins.confidence(), bins.accuracy());
            }
            boundaries.add(Figure.regions(way.getKey(), -4, 6, -4, 5, model::predict, "common", "rare")
                    .points(train.x, train.labels.toIntArray(), "common", "rare").axes("first column", "second column"));
            table.add(List.of(way.getKey(), recalls[w], matrix.precision(ZeroDivision.ZERO)[1], areas[w], errors[w]));
            w++;
        }
        lab.table("What changes", List.of("way", "recall", "precision", "area", "calibration error"), table);
        lab.figure(Figure.frames("Where the rare class begins", "way", boundaries).labelled(ways.keySet().toArray(String[]::new))
                .describedAs("Balancing moves the boundary into the common class; so does a moved threshold."));
        lab.figure(curves.describedAs("The six curves of precision and recall are nearly one: balancing does not rank better."));
        lab.figure(reliability.axes("probability said", "share seen").limitX(0, 1).limitY(0, 1).describedAs(
                "After balancing, rows said to be at one half are rare in truth; the correction brings them back to the diagonal."));
        lab.say("Weights raise recall from %.2f to %.2f, and the calibration error from %.3f to %.3f; corrected it is %.3f.", recalls[0],
                recalls[1], errors[0], errors[1], errors[4]);
        if (common < 20) return;
        lab.shows("gain in recall by weights", recalls[1] - recalls[0], atLeast(0.2));
        lab.shows("change of the area by weights", Math.abs(areas[1] - areas[0]), atMost(0.02));
        lab.shows("calibration error with weights", errors[1], above(0.1));
        lab.shows("after correction", errors[4], below(0.02));
    }

    private static Rows rows(Rng rng, int rare, int common, double apart) {
        int n = rare * (common + 1);
        double[][] x = new double[n][2];
        var labels = new long[n];
        for (int i = 0; i < n; i++) {
            labels[i] = i < rare ? 1 : 0;
            x[i][0] = rng.nextGaussian() + (labels[i] == 1 ? apart : 0);
            x[i][1] = rng.nextGaussian();
        }
        return new Rows(Tensor.of(x), Tensor.of(labels));
    }
}
