package lyceum.learn.tree;

import java.util.Arrays;
import lyceum.random.Rng;

/** Tries the thresholds of one sorted feature after the other for one node. */
final class ExactScan {
    private final TreeData data;
    private final Limits limits;
    private final int from, to, size;
    private final double[] total, left, right, start;
    private final boolean weighted;
    private final AbsoluteError absolute;
    private final ValueBounds bounds;

    /** @param absolute the node's ranks, for the absolute error; else null */
    ExactScan(TreeData data, Limits limits, AbsoluteError absolute, int from, int to, double[] total, ValueBounds bounds) {
        this.data = data;
        this.limits = limits;
        this.from = from;
        this.to = to;
        this.size = data.size;
        this.bounds = bounds;
        this.total = total;
        this.left = new double[size];
        this.right = new double[size];
        this.start = new double[size];
        this.weighted = limits.weight() > 0;
        this.absolute = absolute == null ? null : new AbsoluteError(absolute);
    }

    /** All thresholds, with missing values on the right and, where there are any, on the left. */
    void thresholds(int f, int[] order, double[] values, Split best) {
        int end = to;
        while (end > from && Double.isNaN(values[end - 1])) end--;
        boolean missing = end < to;
        scan(f, order, values, end, false, missing, best);
        if (missing) scan(f, order, values, end, true, true, best);
    }

    private void scan(int f, int[] order, double[] values, int end, boolean missingLeft, boolean missing, Split best) {
        begin(order, end, missingLeft);
        int shift = missingLeft ? to - end : 0;
        int first = from + Math.max(0, limits.samples() - shift - 1),
                last = Math.min(missing && !missingLeft ? end : end - 1, to - limits.samples() - shift);
        double score = switch (data.criterion) {
            case GINI -> gini(order, values, end, first, last, best);
            case ENTROPY -> classes(order, values, end, first, last, best);
            case SQUARED_ERROR, POISSON -> numbers(f, order, values, end, first, last, best);
            case ABSOLUTE_ERROR -> absolute(order, values, end, first, last, best);
        };
        if (at < 0) return;
        double threshold = at + 1 < end ? Split.between(values[at], values[at + 1]) : Double.POSITIVE_INFINITY;
        best.take(score, f, threshold, missingLeft, missing);
    }

    /** Last row on the left in the best split of the feature, or -1. */
    private int at;

    private void begin(int[] order, int end, boolean missingLeft) {
        at = -1;
        Arrays.fill(start, 0);
        if (absolute != null) absolute.allRight();
        if (missingLeft) {
            for (int i = end; i < to; i++) {
                data.add(start, 0, order[i]);
                if (absolute != null) absolute.moveLeft(order[i]);
            }
        }
        System.arraycopy(start, 0, left, 0, size);
        for (int s = 0; s < size; s++) right[s] = total[s] - start[s];
    }

    private boolean isBorder(double[] values, int i, int end) { return i + 1 >= end || values[i + 1] > values[i]; }

    /** Gini in a constant time a row: the sums of squared class weights follow each move. */
    private double gini(int[] order, double[] values, int end, int first, int last, Split best) {
        double squaresLeft = 0, squaresRight = 0, weightLeft = 0, weightRight = 0, margin = margin(best), score = best.score;
        for (int c = 0; c < size; c++) {
            squaresLeft += left[c] * left[c];
            squaresRight += right[c] * right[c];
            weightLeft += left[c];
            weightRight += right[c];
        }
        double[] w = data.weights;
        int[] codes = data.codes;
        for (int i = from; i < last; i++) {
            int row = order[i], c = codes[row];
            double weight = w[row], l = left[c], r = right[c];
            squaresLeft += weight * (2 * l + weight);
            squaresRight -= weight * (2 * r - weight);
            weightLeft += weight;
            weightRight -= weight;
            left[c] = l + weight;
            right[c] = r - weight;
            if (i < first || i + 1 < end && values[i + 1] <= values[i]) continue;
            // Below the rounding of the sums a quotient could be anything; it is at most the weight, as squares add up to less than the square.
            double s = Math.min(squaresLeft / weightLeft, weightLeft)
                    + (weightRight > 0 ? Math.min(squaresRight / weightRight, weightRight) : 0);
            if (!(s > margin) || weighted && !limits.allow(weightLeft, weightRight)) continue;
            score = s;
            margin = s + 1e-12 * Math.abs(s);
            at = i;
        }
        return score;
    }

    private static double margin(Split best) {
        return best.score == Double.NEGATIVE_INFINITY ? best.score : best.score + 1e-12 * Math.abs(best.score);
    }

    private double classes(int[] order, double[] values, int end, int first, int last, Split best) {
        double margin = margin(best), score = best.score;
        for (int i = from; i < last; i++) {
            int row = order[i], c = data.codes[row];
            left[c] += data.weights[row];
            right[c] -= data.weights[row];
            if (i < first || i + 1 < end && values[i + 1] <= values[i]) continue;
            if (weighted && !limits.allow(data.weight(left, 0), data.weight(right, 0))) continue;
            double s = data.criterion.score(left, 0, size) + data.criterion.score(right, 0, size);
            if (!(s > margin)) continue;
            score = s;
            margin = s + 1e-12 * Math.abs(s);
            at = i;
        }
        return score;
    }

    private double numbers(int f, int[] order, double[] values, int end, int first, int last, Split best) {
        double margin = margin(best), score = best.score, weightLeft = left[0], sumLeft = left[1], weightAll = total[0], sumAll = total[1];
        double[] w = data.weights, wy = data.weightedTargets;
        boolean squared = data.criterion == SplitCriterion.SQUARED_ERROR;
        for (int i = from; i < last; i++) {
            int row = order[i];
            weightLeft += w[row];
            sumLeft += wy[row];
            if (i < first || i + 1 < end && values[i + 1] <= values[i]) continue;
            double weightRight = weightAll - weightLeft, sumRight = sumAll - sumLeft;
            if (!(weightRight > 0) || weighted && !limits.allow(weightLeft, weightRight)) continue;
            if (bounds != null && !bounds.allow(f, weightLeft, sumLeft, weightRight, sumRight)) continue;
            double s = squared ? sumLeft * sumLeft / weightLeft + sumRight * sumRight / weightRight
                    : SplitCriterion.poisson(weightLeft, sumLeft) + SplitCriterion.poisson(weightRight, sumRight);
            if (!(s > margin)) continue;
            score = s;
            margin = s + 1e-12 * Math.abs(s);
            at = i;
        }
        return score;
    }

    private double absolute(int[] order, double[] values, int end, int first, int last, Split best) {
        double margin = margin(best), score = best.score;
        for (int i = from; i < last; i++) {
            absolute.moveLeft(order[i]);
            if (i < first || !isBorder(values, i, end) || weighted && !limits.allow(absolute.leftWeight(), absolute.rightWeight()))
                continue;
            double s = absolute.score();
            if (!(s > margin)) continue;
            score = s;
            margin = s + 1e-12 * Math.abs(s);
            at = i;
        }
        return score;
    }

    /** One threshold, uniform between the least and the largest value; missing values follow the larger side. */
    void randomThreshold(int f, int[] order, double[] values, Split best, Rng rng) {
        int end = to;
        while (end > from && Double.isNaN(values[end - 1])) end--;
        if (end == from || !(values[end - 1] > values[from])) return;
        double threshold = values[from] + rng.nextDouble() * (values[end - 1] - values[from]);
        if (threshold >= values[end - 1]) threshold = values[from];
        int border = from;
        while (values[border] <= threshold) border++;
        boolean missingLeft = border - from > end - border;
        begin(order, end, missingLeft);
        for (int i = from; i < border; i++) move(order[i]);
        int count = border - from + (missingLeft ? to - end : 0);
        offer(f, threshold, missingLeft, end < to, count, best);
    }

    private void move(int row) {
        data.add(left, 0, row);
        if (absolute != null) absolute.moveLeft(row);
    }

    private double score() {
        if (absolute != null) return absolute.score();
        for (int s = 0; s < size; s++) right[s] = total[s] - left[s];
        return data.criterion.score(left, 0, size) + data.criterion.score(right, 0, size);
    }

    private void offer(int f, double threshold, boolean missingLeft, boolean missing, int count, Split best) {
        double weight = data.weight(left, 0);
        if (!limits.allow(count, to - from - count) || !limits.allow(weight, data.weight(total, 0) - weight)) return;
        double s = score();
        if (bounds != null && !bounds.allow(f, left[0], left[1], right[0], right[1])) return;
        if (best.isBeatenBy(s)) best.take(s, f, threshold, missingLeft, missing);
    }

    /** The best division of the categories, which are runs of equal values. */
    void categories(int f, int[] order, double[] values, Split best) {
        var groups = new Categories(size);
        for (int i = from; i < to; i++) {
            if (i == from || Double.compare(values[i], values[i - 1]) != 0) groups.begin(values[i], i);
            data.add(groups.statistics(), groups.at(), order[i]);
            groups.count();
        }
        if (absolute == null) {
            groups.best(f, data, limits, total, best);
            return;
        }
        int[] sequence = groups.byMean();
        absolute.allRight();
        int count = 0;
        for (int g = 0; g < sequence.length - 1; g++) {
            int first = groups.first(sequence[g]), rows = groups.rows(sequence[g]);
            for (int i = first; i < first + rows; i++) absolute.moveLeft(order[i]);
            count += rows;
            if (!limits.allow(count, to - from - count) || !limits.allow(absolute.leftWeight(), absolute.rightWeight())) continue;
            double s = absolute.score();
            if (best.isBeatenBy(s)) groups.take(s, f, sequence, g + 1, best);
        }
    }
}
