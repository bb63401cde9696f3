package lyceum.learn.cost;

import java.util.Arrays;
import java.util.Locale;
import lyceum.ShapeException;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.stats.learner.Labels;
import lyceum.tensor.Tensor;

/**
 * What decisions cost on rows whose classes are known.
 *
 * @param counts {@code counts[action][true class]}
 */
public record CostReport(CostMatrix costs, double[][] counts) {

    /** @param truth labels (n), every class among them @param decided labels (n) */
    public static CostReport of(CostMatrix costs, Tensor truth, Tensor decided) {
        long[] y = truth.toLongArray(), a = decided.toLongArray();
        if (y.length != a.length) throw new ShapeException("CostReport: " + y.length + " labels, " + a.length + " decisions");
        long[] classes = Labels.of(y).classes();
        if (classes.length != costs.classes() || costs.actions() != costs.classes())
            throw new IllegalArgumentException("CostReport: the classes are " + Arrays.toString(classes) + ", the costs are of "
                    + costs.actions() + " actions and " + costs.classes() + " classes");
        var counts = new double[costs.actions()][costs.classes()];
        for (int i = 0; i < y.length; i++) {
            int action = Arrays.binarySearch(classes, a[i]);
            if (action < 0) throw new IllegalArgumentException(
                    "CostReport: decision " + a[i] + " in row " + i + " is none of " + Arrays.toString(classes));
            counts[action][Arrays.binarySearch(classes, y[i])]++;
        }
        return new CostReport(costs, counts);
    }

    /** The sum over rows; negative where benefits prevail. */
    public double total() {
        double sum = 0;
        for (int a = 0; a < counts.length; a++) for (int y = 0; y < counts[a].length; y++) sum += counts[a][y] * costs.cost(a, y);
        return sum;
    }

    public double rows() { return Arrays.stream(counts).flatMapToDouble(Arrays::stream).sum(); }

    /** Cost of a row. */
    public double mean() { return total() / rows(); }

    /** Cost of a row if one action were taken always, the cheapest of them. */
    public double ofBestConstant() {
        double best = Double.POSITIVE_INFINITY;
        for (int a = 0; a < counts.length; a++) {
            double sum = 0;
            for (int b = 0; b < counts.length; b++) for (int y = 0; y < counts[b].length; y++) sum += counts[b][y] * costs.cost(a, y);
            best = Math.min(best, sum / rows());
        }
        return best;
    }

    /** Cost of a row if every one were decided with its class known. */
    public double ofPerfection() {
        double sum = 0;
        for (int y = 0; y < costs.classes(); y++) {
            double least = Double.POSITIVE_INFINITY, rows = 0;
            for (int a = 0; a < counts.length; a++) {
                least = Math.min(least, costs.cost(a, y));
                rows += counts[a][y];
            }
            sum += rows * least;
        }
        return sum / rows();
    }

    /** Share of what could be saved against the best constant action that is saved: 1 is perfection, 0 no use, below 0 harm. */
    public double savings() { return (ofBestConstant() - mean()) / (ofBestConstant() - ofPerfection()); }

    /** Mean cost of two classes by threshold. @param positive of the larger label @param probabilities of it */
    public static double[] byThreshold(CostMatrix costs, boolean[] positive, double[] probabilities, double... thresholds) {
        if (costs.actions() != 2 || costs.classes() != 2)
            throw new IllegalArgumentException("byThreshold: " + costs + "; two actions and classes are needed");
        if (positive.length != probabilities.length)
            throw new ShapeException("byThreshold: " + positive.length + " labels, " + probabilities.length + " probabilities");
        var means = new double[thresholds.length];
        for (int t = 0; t < means.length; t++) {
            double sum = 0;
            for (int i = 0; i < positive.length; i++) sum += costs.cost(probabilities[i] >= thresholds[t] ? 1 : 0, positive[i] ? 1 : 0);
            means[t] = sum / positive.length;
        }
        return means;
    }

    /** A figure of mean cost by threshold, with the theoretical cut. */
    public static Plot figure(CostMatrix costs, boolean[] positive, double[] probabilities) {
        double[] thresholds = Tensor.linspace(0, 1, 201).toDoubleArray();
        return Figure.line("Cost by threshold", thresholds, byThreshold(costs, positive, probabilities, thresholds))
                .verticalLine(costs.threshold(), "theory").axes("threshold", "mean cost of a row")
                .describedAs("Mean cost as the threshold moves; the line is where calibrated probabilities would be cut.");
    }

    @Override public String toString() {
        return String.format(Locale.ROOT, "mean cost %.4f (best constant action %.4f, perfection %.4f), %s", mean(), ofBestConstant(),
                ofPerfection(), Arrays.deepToString(counts));
    }
}
