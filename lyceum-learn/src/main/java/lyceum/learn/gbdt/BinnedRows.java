package lyceum.learn.gbdt;

import java.util.Arrays;
import lyceum.backend.Parallel;

/**
 * Rows as one byte a column: a node adds up its gradients by bin in one pass over each column, and only borders of bins are tried. The
 * larger of
 * two children is not counted but subtracted. Columns lie apart, so that threads share nothing; a node's gradients are first put in its
 * order, so
 * that every column reads them one after the other.
 */
final class BinnedRows implements RowStore {
    private final int n;
    /** Borders: a value's bin is the number of borders at or below it. */
    private final double[][] cuts;
    private final boolean[] missing;
    private final FeatureBundles bundles;
    private final byte[][] codes;
    /** Where each column's bins begin among all sums. */
    private final int[] offset;
    private int[] rows, spare, features;
    private boolean[] active;
    private double[] gh;

    BinnedRows(double[] flat, int n, int p, int most, boolean bundle) {
        this.n = n;
        this.cuts = new double[p][];
        this.missing = new boolean[p];
        var bins = new byte[p][n];
        Parallel.range(p, 1, 80.0 * n, (from, to) -> {
            for (int f = (int) from; f < to; f++) {
                var column = new double[n];
                for (int i = 0; i < n; i++) column[i] = flat[i * p + f] + 0.0;
                cuts[f] = cuts(column, most);
                for (int i = 0; i < n; i++) {
                    boolean absent = column[i] != column[i];
                    missing[f] |= absent;
                    bins[f][i] = (byte) (absent ? cuts[f].length + 1 : bin(cuts[f], column[i]));
                }
            }
        });
        var widths = new int[p];
        for (int f = 0; f < p; f++) widths[f] = cuts[f].length + 1 + (missing[f] ? 1 : 0);
        this.bundles = bundle ? FeatureBundles.of(bins, widths, missing) : FeatureBundles.none(p, widths);
        this.codes = bundles.codes(bins);
        this.offset = new int[codes.length + 1];
        for (int c = 0; c < codes.length; c++) offset[c + 1] = offset[c] + bundles.widths()[c];
    }

    /** Borders between bins of about equally many rows; one bin a value if there are few values. */
    static double[] cuts(double[] column, int most) {
        double[] sorted = column.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        while (n > 0 && sorted[n - 1] != sorted[n - 1]) n--;
        int distinct = n == 0 ? 0 : 1;
        for (int i = 1; i < n; i++) if (sorted[i] > sorted[i - 1]) distinct++;
        var cuts = new double[Math.max(0, Math.min(distinct, most) - 1)];
        int cut = 0, begin = 0;
        for (int i = 1; i < n && cut < cuts.length; i++) {
            if (sorted[i] <= sorted[i - 1]) continue;
            int left = cuts.length + 1 - cut;
            if (distinct > most && i - begin < (n - begin) / (double) left) continue;
            double a = sorted[i - 1], b = sorted[i], middle = a / 2 + b / 2;
            cuts[cut++] = middle > a && middle <= b ? middle : b;
            begin = i;
        }
        return Arrays.copyOf(cuts, cut);
    }

    private static int bin(double[] cuts, double value) {
        int low = 0, high = cuts.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (value < cuts[middle]) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /** How many columns are left after bundling. */
    int columns() { return codes.length; }

    int valueBins(int f) { return cuts[f].length + 1; }

    double cut(int f, int bin) { return bin < cuts[f].length ? cuts[f][bin] : Double.POSITIVE_INFINITY; }

    @Override public void begin(int[] rows, double[] gh, int[] features) {
        this.rows = rows;
        this.spare = new int[rows.length];
        this.gh = gh;
        this.features = features;
        this.active = new boolean[codes.length];
        for (int f : features) active[bundles.column()[f]] = true;
    }

    @Override public int[] rows() { return rows; }

    @Override public void root(LeafNode root) { count(root); }

    private void count(LeafNode node) {
        int from = node.from, m = node.rows(), total = offset[codes.length];
        var sums = new double[2 * total];
        var counts = new int[total];
        var ordered = new double[2 * m];
        for (int i = 0; i < m; i++) {
            int row = rows[from + i];
            ordered[2 * i] = gh[2 * row];
            ordered[2 * i + 1] = gh[2 * row + 1];
        }
        Parallel.range(codes.length, 1, 2.0 * m, (first, last) -> {
            for (int c = (int) first; c < last; c++) if (active[c]) add(codes[c], offset[c], from, m, ordered, sums, counts);
        });
        node.sums = sums;
        node.counts = counts;
    }

    private void add(byte[] code, int base, int from, int m, double[] ordered, double[] sums, int[] counts) {
        int[] rows = this.rows;
        for (int i = 0; i < m; i++) {
            int at = base + (code[rows[from + i]] & 0xff);
            sums[2 * at] += ordered[2 * i];
            sums[2 * at + 1] += ordered[2 * i + 1];
            counts[at]++;
        }
    }

    @Override public void children(LeafNode node) {
        LeafNode small = node.left.rows() <= node.right.rows() ? node.left : node.right,
                large = small == node.left ? node.right : node.left;
        count(small);
        double[] sums = node.sums;
        int[] counts = node.counts;
        for (int i = 0; i < sums.length; i++) sums[i] -= small.sums[i];
        for (int i = 0; i < counts.length; i++) counts[i] -= small.counts[i];
        large.sums = sums;
        large.counts = counts;
        node.sums = null;
        node.counts = null;
    }

    /** One feature's sums by bin; the last entries are those of missing values. */
    final class Sums {
        final double[] g = new double[257], h = new double[257];
        final int[] counts = new int[257];
        int bins, missing;
        double missingG, missingH;

        void read(LeafNode node, int f) {
            bins = valueBins(f);
            int first = offset[bundles.column()[f]], start = bundles.start()[f], usual = bundles.usual()[f];
            if (start < 0) {
                for (int b = 0; b < bins; b++) take(node, first + b, b);
            } else {
                // The commonest bin is not counted apart: it is what the others leave.
                double restG = node.gradient, restH = node.hessian;
                int rest = node.rows();
                for (int b = 0; b < bins; b++) {
                    if (b == usual) continue;
                    take(node, first + start + (b < usual ? b : b - 1), b);
                    restG -= g[b];
                    restH -= h[b];
                    rest -= counts[b];
                }
                g[usual] = restG;
                h[usual] = restH;
                counts[usual] = rest;
            }
            missing = 0;
            missingG = missingH = 0;
            if (!BinnedRows.this.missing[f]) return;
            missing = node.counts[first + bins];
            missingG = node.sums[2 * (first + bins)];
            missingH = node.sums[2 * (first + bins) + 1];
        }

        private void take(LeafNode node, int at, int b) {
            g[b] = node.sums[2 * at];
            h[b] = node.sums[2 * at + 1];
            counts[b] = node.counts[at];
        }
    }

    @Override public void search(LeafNode node, LeafObjective objective, double minGain) {
        int[] features = node.features == null ? this.features : node.features;
        int grain = (features.length + 7) / 8;
        var scans = new SplitScan[(features.length + grain - 1) / grain];
        Parallel.range(features.length, grain, 2000, (from, to) -> {
            var scan = new SplitScan(node, objective, minGain);
            var sums = new Sums();
            for (int j = (int) from; j < to; j++) {
                sums.read(node, features[j]);
                scan.run(features[j], sums.bins, sums.g, sums.h, sums.counts, sums.missing, sums.missingG, sums.missingH);
            }
            if (scan.feature >= 0) scan.threshold = cut(scan.feature, scan.bin);
            scans[(int) (from / grain)] = scan;
        });
        for (var scan : scans) scan.offer();
    }

    @Override public int part(LeafNode node) {
        int f = node.feature, start = bundles.start()[f], usual = bundles.usual()[f], bins = valueBins(f);
        byte[] code = codes[bundles.column()[f]];
        var left = new boolean[256];
        if (start < 0) {
            for (int b = 0; b < bins; b++) left[b] = b <= node.bin;
            if (bins < 256) left[bins] = node.missingLeft;
        } else {
            Arrays.fill(left, usual <= node.bin);
            for (int b = 0; b < bins; b++) if (b != usual) left[start + (b < usual ? b : b - 1)] = b <= node.bin;
        }
        int toLeft = node.from, toRight = 0;
        for (int i = node.from; i < node.to; i++) {
            int row = rows[i], goes = left[code[row] & 0xff] ? 1 : 0;
            // Both are written and one place moves on: no branch to guess wrong.
            rows[toLeft] = row;
            spare[toRight] = row;
            toLeft += goes;
            toRight += 1 - goes;
        }
        System.arraycopy(spare, 0, rows, toLeft, toRight);
        return toLeft;
    }
}
