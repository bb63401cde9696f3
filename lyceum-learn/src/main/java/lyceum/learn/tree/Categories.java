package lyceum.learn.tree;

import java.util.Arrays;

/**
 * The categories of one feature in one node, and the search for the best division into two sets.
 *
 * <p>For numbers and for two classes the best division is a cut of the categories in the order of their means (Fisher 1958; Breiman and others
 * 1984, section 4.2). For more classes all divisions of up to {@value #EXHAUSTIVE} categories are tried, and beyond that the cuts of the order
 * by the share of each class in turn. A missing value is a category of its own.
 */
final class Categories {
    private static final int EXHAUSTIVE = 8;

    private final int size;
    private double[] values = new double[8];
    private int[] firsts = new int[8], counts = new int[8];
    private double[] statistics;
    private int n;

    Categories(int size) {
        this.size = size;
        this.statistics = new double[8 * size];
    }

    /** Starts the next category. */
    void begin(double value, int first) {
        if (n == values.length) {
            values = Arrays.copyOf(values, 2 * n);
            firsts = Arrays.copyOf(firsts, 2 * n);
            counts = Arrays.copyOf(counts, 2 * n);
            statistics = Arrays.copyOf(statistics, 2 * n * size);
        }
        values[n] = value;
        firsts[n++] = first;
    }

    double[] statistics() { return statistics; }

    int at() { return (n - 1) * size; }

    void count() { counts[n - 1]++; }

    void add(double value, int rows, double[] from, int at) {
        begin(value, 0);
        counts[n - 1] = rows;
        System.arraycopy(from, at, statistics, at(), size);
    }

    int first(int group) { return firsts[group]; }

    int rows(int group) { return counts[group]; }

    int[] byMean() { return by(0, 1); }

    /** Categories by {@code statistics[b] / statistics[a]}, or by the share of class b if a is -1; the smaller value first where equal. */
    private int[] by(int a, int b) {
        var keys = new double[n];
        for (int g = 0; g < n; g++) {
            double weight = 0;
            for (int s = 0; s < size; s++) weight += statistics[g * size + s];
            keys[g] = statistics[g * size + b] / (a >= 0 ? statistics[g * size + a] : weight);
        }
        var order = new int[n];
        for (int i = 0; i < n; i++) {
            int j = i;
            for (; j > 0 && keys[order[j - 1]] > keys[i]; j--) order[j] = order[j - 1];
            order[j] = i;
        }
        return order;
    }

    void best(int f, TreeData data, Limits limits, double[] total, Split best) {
        if (n < 2) return;
        if (data.codes == null) cuts(f, by(0, 1), data, limits, total, best);
        else if (size == 2) cuts(f, by(-1, 1), data, limits, total, best);
        else if (n <= EXHAUSTIVE) divisions(f, data, limits, total, best);
        else for (int c = 0; c < size; c++) cuts(f, by(-1, c), data, limits, total, best);
    }

    private void cuts(int f, int[] sequence, TreeData data, Limits limits, double[] total, Split best) {
        var left = new double[size];
        int count = 0;
        for (int g = 0; g < n - 1; g++) {
            for (int s = 0; s < size; s++) left[s] += statistics[sequence[g] * size + s];
            count += counts[sequence[g]];
            double score = score(data, limits, left, total, count);
            if (best.isBeatenBy(score)) take(score, f, sequence, g + 1, best);
        }
    }

    private void divisions(int f, TreeData data, Limits limits, double[] total, Split best) {
        var sequence = new int[n];
        var left = new double[size];
        // The last category stays on the right: the mirror image is the same division.
        for (int set = 1; set < 1 << (n - 1); set++) {
            Arrays.fill(left, 0);
            int lefts = 0, rights = n, count = 0;
            for (int g = 0; g < n; g++) {
                if ((set >> g & 1) == 0) {
                    sequence[--rights] = g;
                    continue;
                }
                sequence[lefts++] = g;
                count += counts[g];
                for (int s = 0; s < size; s++) left[s] += statistics[g * size + s];
            }
            double score = score(data, limits, left, total, count);
            if (best.isBeatenBy(score)) take(score, f, sequence, lefts, best);
        }
    }

    private double score(TreeData data, Limits limits, double[] left, double[] total, int count) {
        int all = 0;
        for (int g = 0; g < n; g++) all += counts[g];
        var right = new double[size];
        for (int s = 0; s < size; s++) right[s] = total[s] - left[s];
        if (!limits.allow(count, all - count) || !limits.allow(data.weight(left, 0), data.weight(right, 0)))
            return Double.NEGATIVE_INFINITY;
        return data.criterion.score(left, 0, size) + data.criterion.score(right, 0, size);
    }

    /** The first {@code lefts} of the sequence go left. */
    void take(double score, int f, int[] sequence, int lefts, Split best) {
        boolean missing = Double.isNaN(values[n - 1]), missingLeft = false;
        int known = missing ? n - 1 : n;
        double[] left = new double[lefts], right = new double[n - lefts];
        int l = 0, r = 0;
        for (int i = 0; i < n; i++) {
            if (sequence[i] == known) missingLeft = i < lefts;
            else if (i < lefts) left[l++] = values[sequence[i]];
            else right[r++] = values[sequence[i]];
        }
        best.take(score, f, Double.NaN, missingLeft, missing);
        best.leftCategories = Arrays.copyOf(left, l);
        best.rightCategories = Arrays.copyOf(right, r);
        Arrays.sort(best.leftCategories);
        Arrays.sort(best.rightCategories);
    }
}
