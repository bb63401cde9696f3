package lyceum.stats;

import java.util.Arrays;

/** Ranks from 1, ties sharing their mean. */
public final class Ranks {
    private Ranks() {}

    /** The rank of each value. @throws IllegalArgumentException if one is NaN */
    public static double[] of(double[] values) {
        int[] order = order(values);
        var ranks = new double[values.length];
        for (int i = 0; i < order.length;) {
            int end = i + 1;
            while (end < order.length && values[order[end]] == values[order[i]]) end++;
            double rank = (i + 1 + end) / 2.0;
            for (; i < end; i++) ranks[order[i]] = rank;
        }
        return ranks;
    }

    /** Positions in ascending order of value, equal values in order of position. */
    public static int[] order(double[] values) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] != values[i]) throw new IllegalArgumentException("ranks: value " + i + " is NaN; drop missing values first");
        }
        long n = values.length;
        var keys = new long[values.length];
        // Sorting positions by value without boxing: a rank by bits first, then position
        double[] sorted = values.clone();
        for (int i = 0; i < n; i++) if (sorted[i] == 0) sorted[i] = 0; // -0.0 and 0.0 tie
        double[] distinct = sorted.clone();
        Arrays.sort(distinct);
        int unique = 0;
        for (int i = 0; i < n; i++) if (i == 0 || distinct[i] != distinct[i - 1]) distinct[unique++] = distinct[i];
        for (int i = 0; i < n; i++) keys[i] = (long) Arrays.binarySearch(distinct, 0, unique, sorted[i]) << 32 | i;
        Arrays.sort(keys);
        var order = new int[values.length];
        for (int i = 0; i < n; i++) order[i] = (int) keys[i];
        return order;
    }
}
