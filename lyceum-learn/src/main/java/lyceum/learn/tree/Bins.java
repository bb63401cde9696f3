package lyceum.learn.tree;

import java.util.Arrays;

/**
 * A column in at most 255 bins: values up to {@code cuts[b]} are in bin b, missing ones in the last bin.
 *
 * @param cuts borders, each midway between two neighbouring values
 * @param codes the bin of each row, as an unsigned byte
 */
record Bins(double[] cuts, byte[] codes) {
    /** Bins of about equally many rows; one a value if there are few values. */
    static Bins of(double[] column, int most, boolean categorical, int index) {
        double[] sorted = column.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        while (n > 0 && Double.isNaN(sorted[n - 1])) n--;
        int distinct = n == 0 ? 0 : 1;
        for (int i = 1; i < n; i++) if (sorted[i] > sorted[i - 1]) distinct++;
        if (categorical && distinct > most) {
            throw new IllegalArgumentException(
                    "categorical column " + index + " has " + distinct + " categories but there are " + most + " bins; use bins = 0");
        }
        var cuts = new double[Math.max(0, Math.min(distinct, most) - 1)];
        int cut = 0, begin = 0;
        for (int i = 1; i < n && cut < cuts.length; i++) {
            if (sorted[i] <= sorted[i - 1]) continue;
            int left = cuts.length + 1 - cut;
            if (distinct > most && i - begin < (n - begin) / (double) left) continue;
            cuts[cut++] = Split.between(sorted[i - 1], sorted[i]);
            begin = i;
        }
        cuts = Arrays.copyOf(cuts, cut);
        var codes = new byte[column.length];
        for (int i = 0; i < codes.length; i++) codes[i] = (byte) bin(cuts, column[i]);
        return new Bins(cuts, codes);
    }

    private static int bin(double[] cuts, double value) {
        if (Double.isNaN(value)) return cuts.length + 1;
        int low = 0, high = cuts.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (value <= cuts[middle]) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /** Bins that hold values; the one after them is for missing ones. */
    int count() { return cuts.length + 1; }
}
