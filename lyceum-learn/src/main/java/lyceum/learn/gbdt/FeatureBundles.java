package lyceum.learn.gbdt;

import java.util.ArrayList;
import java.util.Arrays;

/**
 * Columns that share a byte: sparse ones of which at most one is away from its commonest bin in any row (exclusive feature bundling without
 * conflicts, Ke and others 2017). Code 0 says that all are at their commonest bin; what that bin sums to is what a node's other bins leave.
 *
 * @param column of each feature
 * @param start the code of a bundled feature's first bin other than its commonest, -1 if it has a column of its own
 * @param usual its commonest bin
 * @param widths how many codes each column has
 */
record FeatureBundles(int[] column, int[] start, int[] usual, int[] widths) {
    private static final double SPARSE = 0.8;

    static FeatureBundles none(int p, int[] widths) {
        var column = new int[p];
        for (int f = 0; f < p; f++) column[f] = f;
        var start = new int[p];
        Arrays.fill(start, -1);
        return new FeatureBundles(column, start, new int[p], widths);
    }

    private static final class Bundle {
        final boolean[] taken;
        int width = 1;

        Bundle(int n) { taken = new boolean[n]; }
    }

    /** Each sparse column goes into the first bundle that has room and no row in common. */
    static FeatureBundles of(byte[][] bins, int[] featureWidths, boolean[] missing) {
        int p = bins.length, n = bins[0].length;
        int[] column = new int[p], start = new int[p], usual = new int[p], bundleOf = new int[p];
        Arrays.fill(start, -1);
        Arrays.fill(bundleOf, -1);
        var bundles = new ArrayList<Bundle>();
        for (int f = 0; f < p; f++) {
            var counts = new int[256];
            for (byte b : bins[f]) counts[b & 0xff]++;
            for (int b = 0; b < 256; b++) if (counts[b] > counts[usual[f]]) usual[f] = b;
            if (missing[f] || counts[usual[f]] < SPARSE * n || featureWidths[f] < 2) continue;
            for (int k = 0; k <= bundles.size(); k++) {
                if (k == bundles.size()) bundles.add(new Bundle(n));
                var bundle = bundles.get(k);
                if (bundle.width + featureWidths[f] - 1 > 256 || meets(bundle.taken, bins[f], usual[f])) continue;
                for (int i = 0; i < n; i++) if ((bins[f][i] & 0xff) != usual[f]) bundle.taken[i] = true;
                bundleOf[f] = k;
                start[f] = bundle.width;
                bundle.width += featureWidths[f] - 1;
                break;
            }
        }
        var widths = new ArrayList<Integer>();
        for (var bundle : bundles) widths.add(bundle.width);
        for (int f = 0; f < p; f++) {
            column[f] = bundleOf[f] >= 0 ? bundleOf[f] : widths.size();
            if (bundleOf[f] < 0) widths.add(featureWidths[f]);
        }
        return new FeatureBundles(column, start, usual, widths.stream().mapToInt(Integer::intValue).toArray());
    }

    private static boolean meets(boolean[] taken, byte[] bins, int usual) {
        for (int i = 0; i < bins.length; i++) if (taken[i] && (bins[i] & 0xff) != usual) return true;
        return false;
    }

    /** The bytes of each column. */
    byte[][] codes(byte[][] bins) {
        var codes = new byte[widths.length][];
        for (int f = 0; f < bins.length; f++) {
            int c = column[f];
            if (start[f] < 0) {
                codes[c] = bins[f];
                continue;
            }
            if (codes[c] == null) codes[c] = new byte[bins[f].length];
            for (int i = 0; i < bins[f].length; i++) {
                int b = bins[f][i] & 0xff;
                if (b != usual[f]) codes[c][i] = (byte) (start[f] + (b < usual[f] ? b : b - 1));
            }
        }
        return codes;
    }
}
