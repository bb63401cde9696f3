package lyceum.learn.cost;

import lyceum.learn.metrics.RocCurve;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/**
 * The cost curve: the least expected cost of a scorer whatever classes and mistakes weigh. Both enter by one number, {@code w = q m / (q m + (1 - q) f)} for a share
 * q of positives, cost m of a miss and f of a false alarm; at a threshold the normalised cost is {@code w FNR + (1 - w) FPR}, a straight line, and the curve is the
 * lower hull of these lines. Calling nobody costs w, calling all 1 - w.
 *
 * @param falsePositiveRates of the thresholds
 * @param falseNegativeRates of the thresholds
 * @param thresholds the least score that is called positive
 * @see <a href="https://doi.org/10.1007/s10994-006-8199-5">Drummond and Holte (2006)</a>
 */
public record CostCurve(double[] falsePositiveRates, double[] falseNegativeRates, double[] thresholds) {

    /** Of scores of rows, both classes among them. */
    public static CostCurve of(boolean[] positive, double[] scores) {
        var roc = RocCurve.of(positive, scores, null);
        double[] miss = roc.truePositiveRate();
        for (int i = 0; i < miss.length; i++) miss[i] = 1 - miss[i];
        return new CostCurve(roc.falsePositiveRate(), miss, roc.thresholds());
    }

    /** {@code w} of a share of positives and costs of mistakes. */
    public static double weight(double positives, double falseAlarm, double miss) {
        if (!(positives >= 0 && positives <= 1) || !(falseAlarm >= 0 && miss >= 0 && positives * miss + (1 - positives) * falseAlarm > 0))
            throw new IllegalArgumentException("CostCurve.weight: a share of " + positives + ", costs of " + falseAlarm + " and " + miss
                    + "; the share lies in [0, 1], costs are at least 0, and some mistake can cost");
        return positives * miss / (positives * miss + (1 - positives) * falseAlarm);
    }

    private int best(double w) {
        if (!(w >= 0 && w <= 1)) throw new IllegalArgumentException("CostCurve: the weight is " + w + "; it lies in [0, 1]");
        int best = 0;
        for (int i = 1; i < thresholds.length; i++) if (cost(i, w) < cost(best, w)) best = i;
        return best;
    }

    private double cost(int i, double w) { return w * falseNegativeRates[i] + (1 - w) * falsePositiveRates[i]; }

    /** The normalised expected cost at a weight, in [0, 1/2]. */
    public double at(double w) { return cost(best(w), w); }

    /** The threshold that has it. */
    public double threshold(double w) { return thresholds[best(w)]; }

    /** Mean over all weights; 1/4 for a scorer that knows nothing, 0 for one that knows all. */
    public double area() {
        int n = 1_000;
        double sum = 0;
        for (int i = 0; i < n; i++) sum += at((i + 0.5) / n) / n;
        return sum;
    }

    /** The curve beside the two that need no scores. */
    public Plot figure(String title) {
        double[] w = Tensor.linspace(0, 1, 201).toDoubleArray(), cost = new double[w.length];
        for (int i = 0; i < w.length; i++) cost[i] = at(w[i]);
        return Figure.line(title, w, cost).named("scorer").line("call nobody or all", 0, 1, x -> Math.min(x, 1 - x))
                .axes("weight of the positives", "normalised expected cost").limitX(0, 1).limitY(0, 0.5)
                .describedAs("Least expected cost for every mixture of class shares and costs, under the tent of the constant decisions.");
    }
}
