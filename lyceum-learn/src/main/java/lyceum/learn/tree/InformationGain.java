package lyceum.learn.tree;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * How much a question about one feature tells about the label, {@code IG = H(label) - sum_v P(v) H(label | feature = v)}, in bits: the mutual
 * information of the two on the sample.
 *
 * {@snippet :
 * var table = SplitTable.of(outlook, play);          // integers of any value, one a row
 * InformationGain.of(table);                          // 0.247 bits for the fourteen days of tennis
 * InformationGain.adjusted(table);                    // what is left after chance has had its share
 * InformationGain.rank(InformationGain.Measure.ADJUSTED_GAIN, x, labels, 0, 1, 2, 3);
 * }
 *
 * <p>A feature with many values gains much by chance alone; {@link #gainRatio} and {@link #adjusted} correct for that.
 *
 * @see <a href="https://doi.org/10.1007/BF00116251">Quinlan (1986), Induction of decision trees</a>
 */
public final class InformationGain {
    private static final double LOG_2 = Math.log(2);

    private InformationGain() {}

    /** How features are compared. */
    public enum Measure {
        /** {@link InformationGain#of}. */
        GAIN,
        /** {@link InformationGain#gainRatio}. */
        GAIN_RATIO,
        /** {@link InformationGain#adjusted(SplitTable)}; whole-number weights only. */
        ADJUSTED_GAIN,
        /** {@link InformationGain#gini}. */
        GINI;

        /** The score of a question whose answers and labels are counted in {@code table}. */
        public double of(SplitTable table) {
            return switch (this) {
                case GAIN -> InformationGain.of(table);
                case GAIN_RATIO -> gainRatio(table);
                case ADJUSTED_GAIN -> adjusted(table);
                case GINI -> gini(table);
            };
        }
    }

    /** Information gain in bits, at least 0. */
    public static double of(SplitTable table) { return decrease(table, SplitCriterion.ENTROPY); }

    /** How much the Gini impurity {@code 1 - sum p^2} falls. */
    public static double gini(SplitTable table) { return decrease(table, SplitCriterion.GINI); }

    private static double decrease(SplitTable table, SplitCriterion criterion) {
        double after = 0, total = table.total();
        double[] cells = table.cells();
        for (int v = 0; v < table.values(); v++) {
            double weight = table.valueWeight(v);
            if (weight > 0) after += weight / total * criterion.impurity(cells, v * table.labels(), table.labels());
        }
        return Math.max(0, criterion.ofClasses(table.labelWeights()) - after);
    }

    /** Gain over the entropy of the feature itself (Quinlan 1993); 0 for a feature of one value. Large where that entropy is tiny: see C4.5's rule. */
    public static double gainRatio(SplitTable table) {
        double own = SplitCriterion.ENTROPY.ofClasses(table.valueWeights());
        return own > 0 ? of(table) / own : 0;
    }

    /**
     * Gain minus its mean over all permutations of the labels, computed exactly (Vinh, Epps, Bailey 2010, equation 24a): about 0 for a feature that
     * has nothing to do with the label, however many values it has.
     *
     * @throws IllegalArgumentException if weights are not whole numbers: then permute, {@link #adjusted(int[], int[], double[], int, Rng)}
     */
    public static double adjusted(SplitTable table) { return of(table) - expected(table); }

    /** The mean information gain, in bits, over all permutations of the labels among the rows. */
    public static double expected(SplitTable table) {
        int n = whole(table.total());
        var logFactorial = new double[n + 1];
        for (int i = 2; i <= n; i++) logFactorial[i] = logFactorial[i - 1] + Math.log(i);
        double sum = 0;
        for (double valueWeight : table.valueWeights()) {
            int a = whole(valueWeight);
            for (double labelWeight : table.labelWeights()) sum += expected(a, whole(labelWeight), n, logFactorial);
        }
        return sum / LOG_2;
    }

    /** {@code sum_k P(k) (k/n) log(n k / (a b))} with k hypergeometric: a cell of margins a and b. */
    private static double expected(int a, int b, int n, double[] logFactorial) {
        double sum = 0, constant = logFactorial[a] + logFactorial[b] + logFactorial[n - a] + logFactorial[n - b] - logFactorial[n];
        for (int k = Math.max(1, a + b - n); k <= Math.min(a, b); k++) {
            double logP = constant - logFactorial[k] - logFactorial[a - k] - logFactorial[b - k] - logFactorial[n - a - b + k];
            sum += Math.exp(logP) * k / n * Math.log((double) n * k / ((double) a * b));
        }
        return sum;
    }

    private static int whole(double weight) {
        if (weight != Math.rint(weight) || weight > 1 << 26) {
            throw new IllegalArgumentException(
                    "adjusted gain: weight " + weight + "; the exact mean needs whole numbers up to 2^26 in all, use permutations");
        }
        return (int) weight;
    }

    /** Gain minus its mean over {@code permutations} random permutations of the labels, for any weights. */
    public static double adjusted(int[] feature, int[] labels, double[] weights, int permutations, Rng rng) {
        if (permutations < 1)
            throw new IllegalArgumentException("adjusted gain: permutations is " + permutations + "; at least 1 is needed");
        double mean = 0;
        var shuffled = labels.clone();
        for (int i = 0; i < permutations; i++) {
            rng.shuffle(shuffled);
            mean += of(SplitTable.of(feature, shuffled, weights)) / permutations;
        }
        return of(SplitTable.of(feature, labels, weights)) - mean;
    }

    /**
     * How much the variance of a target falls when the rows are divided by the values of a feature.
     *
     * @param weights one a row, or null for equal ones
     */
    public static double variance(int[] feature, double[] target, double[] weights) {
        if (feature.length != target.length)
            throw new ShapeException("variance decrease: " + feature.length + " feature values but " + target.length + " targets");
        int[] codes = Labels.of(Arrays.stream(feature).asLongStream().toArray()).codes();
        int values = Arrays.stream(codes).max().orElse(0) + 1;
        double[] sums = new double[values], masses = new double[values];
        double mean = 0, total = 0, between = 0;
        for (int i = 0; i < codes.length; i++) {
            double w = weights == null ? 1 : weights[i];
            sums[codes[i]] += w * target[i];
            masses[codes[i]] += w;
            mean += w * target[i];
            total += w;
        }
        mean /= total;
        for (int v = 0; v < values; v++)
            if (masses[v] > 0) between += masses[v] * (sums[v] / masses[v] - mean) * (sums[v] / masses[v] - mean);
        return between / total;
    }

    /** The best question {@code feature <= threshold}. @param threshold midway between two values; NaN if all values are equal */
    public record Threshold(double threshold, double score) {}

    /**
     * The best threshold of a numeric feature; the lowest of equal ones.
     *
     * @param weights one a row, or null for equal ones
     */
    public static Threshold threshold(Measure measure, double[] feature, int[] labels, double[] weights) {
        if (feature.length != labels.length)
            throw new ShapeException("threshold: " + feature.length + " feature values but " + labels.length + " labels");
        var found = Labels.of(Arrays.stream(labels).asLongStream().toArray());
        var all = new int[feature.length];
        for (int i = 0; i < all.length; i++) {
            if (Double.isNaN(feature[i]))
                throw new IllegalArgumentException("threshold: feature value " + i + " is NaN; fill or drop missing values first");
            all[i] = i;
        }
        int k = found.count();
        int[] order = Sorting.order(feature, all, 0, all.length);
        var cells = new double[2 * k];
        for (int i : all) cells[k + found.codes()[i]] += weights == null ? 1 : weights[i];
        var best = new Threshold(Double.NaN, Double.NEGATIVE_INFINITY);
        for (int i = 0; i + 1 < order.length; i++) {
            int row = order[i], c = found.codes()[row];
            double w = weights == null ? 1 : weights[row], next = feature[order[i + 1]];
            cells[c] += w;
            cells[k + c] -= w;
            if (next <= feature[row]) continue;
            double score = measure.of(SplitTable.ofCells(2, k, cells.clone()));
            if (score > best.score() + 1e-13) best = new Threshold(Split.between(feature[row], next), score);
        }
        return best.score() == Double.NEGATIVE_INFINITY ? new Threshold(Double.NaN, 0) : best;
    }

    /** A feature's place in a ranking. @param threshold of its best question, NaN for a categorical one */
    public record Ranked(int feature, double score, double threshold) {}

    /**
     * The features from the most to the least telling: categorical ones by their multiway split, numeric ones by their best threshold.
     *
     * @param x (n x p)
     * @param labels (n), integers
     * @param categorical columns whose values are categories
     */
    public static List<Ranked> rank(Measure measure, Tensor x, Tensor labels, int... categorical) {
        var input = LearnerInput.matrix("InformationGain.rank", x, false);
        int[] classes = input.labels(labels).codes();
        var ranked = new ArrayList<Ranked>();
        for (int f = 0; f < input.columns(); f++) {
            int column = f;
            double[] values = input.x().select(1, f).toDoubleArray();
            if (Arrays.stream(categorical).anyMatch(c -> c == column)) {
                ranked.add(new Ranked(f, measure.of(SplitTable.of(categories(values), classes)), Double.NaN));
            } else {
                var best = threshold(measure, values, classes, null);
                ranked.add(new Ranked(f, best.score(), best.threshold()));
            }
        }
        ranked.sort(Comparator.comparingDouble(Ranked::score).reversed());
        return List.copyOf(ranked);
    }

    private static int[] categories(double[] values) {
        double[] distinct = Arrays.stream(values).sorted().distinct().toArray();
        var codes = new int[values.length];
        for (int i = 0; i < codes.length; i++) codes[i] = Arrays.binarySearch(distinct, values[i]);
        return codes;
    }
}
