package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.metrics.BinaryClassifier;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** Tumours by a score: where to cut depends on what a mistake costs, and on how rare the illness is. */
@Lab(topics = "binary-classification", title = "One score, many decisions")
final class BinaryClassificationLab implements LabBody {
    private static final int BINS = 20;

    @Override public void run(LabContext lab) {
        double miss = lab.param("costOfAMiss", 9.0, 0.2, 50.0), alarm = lab.param("costOfAnAlarm", 1.0, 0.2, 20.0),
                cut = lab.param("threshold", 0.5, 0.0, 1.0);
        double prevalence = lab.param("prevalence", 0.05, 0.001, 0.9);

        var data = Datasets.breastCancer().shuffled(lab.rng(1));
        Tensor rows = data.x().narrow(1, 0, 3), scaled = rows.sub(rows.mean(0)).div(rows.std(0)).compute(); // three columns only: an easy task would show nothing
        Tensor x = scaled.narrow(0, 0, 300), y = data.y().narrow(0, 0, 300), newX = scaled.narrow(0, 300, 269),
                newY = data.y().narrow(0, 300, 269);
        int malignant = 0; // in these data 1 means benign
        var view = BinaryClassifier.of(new LogisticRegression().withTolerance(1e-8).fit(x, y), malignant).withThreshold(cut);

        double[] score = view.score(newX).toDoubleArray(), ill = new double[BINS], well = new double[BINS];
        long[] labels = newY.to(DType.I64).toLongArray();
        var names = new String[BINS];
        for (int b = 0; b < BINS; b++) names[b] = "%.2f".formatted((b + 0.5) / BINS);
        for (int i = 0; i < score.length; i++) {
            int b = Math.min(BINS - 1, (int) (score[i] * BINS));
            if (labels[i] == malignant) ill[b]++;
            else well[b]++;
        }
        lab.figure(Figure.bars("Scores of 269 tumours not trained on", names, Series.of("malignant", ill), Series.of("benign", well))
                .axes("probability of malignant", "tumours")
                .describedAs("Most benign tumours score near 0 and most malignant near 1; where both meet, any cut makes mistakes."));
        int points = 101;
        double[] at = new double[points], cost = new double[points], sensitivity = new double[points], specificity = new double[points];
        for (int i = 0; i < points; i++) {
            at[i] = i / (points - 1.0);
            var report = view.withThreshold(at[i]).report(newX, newY, 0.95);
            cost[i] = report.cost(alarm, miss);
            sensitivity[i] = report.sensitivity();
            specificity[i] = report.specificity();
        }
        var told = view.forCosts(alarm, miss);
        var tuned = view.tunedForCosts(x, y, alarm, miss);
        double paid = told.report(newX, newY, 0.95).cost(alarm, miss), byTuning = tuned.report(newX, newY, 0.95).cost(alarm, miss);
        lab.figure(Figure.plot("What each cut costs, a tumour").line("cost", at, cost)
                .points("your threshold", new double[] {cut}, new double[] {view.report(newX, newY, 0.95).cost(alarm, miss)})
                .points("alarm / (alarm + miss)", new double[] {told.threshold()}, new double[] {paid})
                .points("cheapest on training rows", new double[] {tuned.threshold()}, new double[] {byTuning})
                .axes("threshold", "cost a tumour").describedAs(
                        "The cost falls to a plateau and rises steeply where ill patients are sent home; the place told by the costs lies on it."));
        lab.figure(Figure.plot("Found and spared").line("sensitivity", at, sensitivity).line("specificity", at, specificity)
                .axes("threshold", "share").describedAs("A higher threshold finds fewer of the ill and alarms fewer of the well."));
        var table = new ArrayList<List<?>>();
        for (var v : List.of(view, told, tuned, view.tunedForRecall(x, y, 0.98))) {
            var r = v.report(newX, newY, 0.95);
            table.add(List.of(v == view ? "yours" : v == told ? "by the costs" : v == tuned ? "tuned" : "recall of 98%", v.threshold(),
                    r.sensitivity(), r.specificity(), r.precision(), r.cost(alarm, miss)));
        }
        lab.table("Four cuts on unseen tumours", List.of("cut", "threshold", "sensitivity", "specificity", "precision", "cost"), table);
        var p = Tensor.of(0.5, 0.9, 0.99);
        double share = 1 - y.to(DType.F64).mean().item();
        double shift = Math.log(prevalence / (1 - prevalence)) - Math.log(share / (1 - share));
        lab.say("Trained where %.0f%% are malignant. Where %.1f%% are, scores of 0.5, 0.9 and 0.99 become %.3f, %.3f and %.3f.",
                100 * share, 100 * prevalence, moved(p.item(0), shift), moved(p.item(1), shift), moved(p.item(2), shift));
        double least = Double.POSITIVE_INFINITY;
        for (double c : cost) least = Math.min(least, c);
        lab.shows("cost by the costs' threshold less the least of all cuts, a tumour", paid - least, atMost(0.15 * (alarm + miss) / 2));
    }

    private static double moved(double p, double shift) { return 1 / (1 + Math.exp(-(Math.log(p / (1 - p)) + shift))); }
}
