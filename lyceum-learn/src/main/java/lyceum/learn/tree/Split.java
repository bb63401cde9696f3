package lyceum.learn.tree;

import java.util.Arrays;

/** A question and how good it is; the best one so far of one worker. */
final class Split {
    double score = Double.NEGATIVE_INFINITY;
    int feature = -1;
    /** Left are values up to it; infinite where only missing values go right. */
    double threshold;
    boolean missingLeft;
    /** Where no value was missing, missing ones later follow the larger child. */
    boolean missingSeen;
    /** Sorted categories of each side, or null for a threshold. */
    double[] leftCategories, rightCategories;

    /** Whether a score is better by more than rounding: of equal splits the first one stays, whatever the order of sums. */
    boolean isBeatenBy(double other) { return score == Double.NEGATIVE_INFINITY ? other > score : other - score > 1e-12 * Math.abs(score); }

    void take(double score, int feature, double threshold, boolean missingLeft, boolean missingSeen) {
        this.score = score;
        this.feature = feature;
        this.threshold = threshold;
        this.missingLeft = missingLeft;
        this.missingSeen = missingSeen;
        leftCategories = rightCategories = null;
    }

    static double between(double a, double b) {
        double middle = a / 2 + b / 2;
        return middle >= b || middle < a ? a : middle;
    }

    boolean goesLeft(double value) {
        if (leftCategories != null) {
            if (Double.isNaN(value)) return missingLeft;
            return Arrays.binarySearch(leftCategories, value) >= 0;
        }
        return Double.isNaN(value) ? missingLeft : value <= threshold;
    }

    /** Puts the rows that go left first, both sides in their order; returns where the right ones begin. */
    int part(double[] column, int[] rows, int from, int to, int[] spare) {
        int toLeft = from, toRight = 0;
        for (int i = from; i < to; i++) {
            int row = rows[i];
            if (goesLeft(column[row])) rows[toLeft++] = row;
            else spare[toRight++] = row;
        }
        System.arraycopy(spare, 0, rows, toLeft, toRight);
        return toLeft;
    }
}
