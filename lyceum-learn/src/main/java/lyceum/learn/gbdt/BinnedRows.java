package lyceum.learn.gbdt;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.backend.Parallel;

/**
 * Rows as one byte a column: a node adds up its gradients by bin in one pass over its rows, and only borders of bins are tried. The larger of
 * two children is not counted but subtracted. Eight columns lie in one long, so that a row is fetched once for all of them and its sums do not
 * wait for each other; threads share no column. A node's gradients are first put in its order, so that every pass reads them one after the
 * other.
 */
final class BinnedRows implements RowStore {
    /** Rows that one thread puts in order at a time, and those that it counts, of so many groups. */
    private static final int PIECE = 2048, BATCH = 256, NEAR = 4;

    private final int n;
    /** Borders: a value's bin is the number of borders at or below it. */
    private final double[][] cuts;
    private final boolean[] missing;
    private final FeatureBundles bundles;
    /** Columns in a long: up to eight, alike in all but the last; longs of a row. */
    private final int perGroup, groups;
    /** Of each row and group of columns the codes, the first column's lowest. */
    private final long[] packed;
    /** Where each column's bins begin among all sums. */
    private final int[] offset;
    /** Columns that one thread counts at a time. */
    private final int share;
    private final ArrayList<Histogram> made = new ArrayList<>();
    private final ArrayDeque<Histogram> free = new ArrayDeque<>();
    private int[] rows, spare, features;
    private boolean[] active;
    private double[] gh, ordered = {};

    BinnedRows(double[] flat, int n, int p, int most, boolean bundle) { this(flat, n, p, most, bundle, Parallel.threads()); }

    /** @param threads among which columns are shared out; which of them a thread takes tells nothing about their sums */
    BinnedRows(double[] flat, int n, int p, int most, boolean bundle, int threads) {
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
        int columns = bundles.widths().length;
        this.groups = (columns + 7) / 8;
        int each = this.perGroup = (columns + groups - 1) / groups;
        this.packed = packed(bundles.codes(bins));
        this.offset = new int[columns + 1];
        for (int c = 0; c < columns; c++) offset[c + 1] = offset[c] + bundles.widths()[c];
        this.share = threads <= groups ? each * ((groups + threads - 1) / threads) : (each * groups + threads - 1) / threads;
    }

    private long[] packed(byte[][] codes) {
        var packed = new long[n * groups];
        Parallel.range(n, 8192, 2.0 * codes.length, (from, to) -> {
            for (int c = 0; c < codes.length; c++) {
                byte[] code = codes[c];
                int group = c / perGroup, shift = c % perGroup * 8;
                for (int i = (int) from; i < to; i++) packed[i * groups + group] |= (code[i] & 0xffL) << shift;
            }
        });
        return packed;
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
    int columns() { return bundles.widths().length; }

    int valueBins(int f) { return cuts[f].length + 1; }

    double cut(int f, int bin) { return bin < cuts[f].length ? cuts[f][bin] : Double.POSITIVE_INFINITY; }

    @Override public void begin(int[] rows, double[] gh, int[] features) {
        this.rows = rows;
        this.spare = new int[rows.length];
        this.gh = gh;
        this.features = features;
        this.active = new boolean[columns()];
        for (int f : features) active[bundles.column()[f]] = true;
        free.clear();
        free.addAll(made);
    }

    @Override public int[] rows() { return rows; }

    @Override public void root(LeafNode root) { count(root, null); }

    /** Sums of gradient and hessian in turn, and rows, of all columns' bins. */
    record Histogram(double[] sums, int[] counts) {}

    @Override public void release(LeafNode node) {
        if (node.histogram != null) free.push(node.histogram);
        node.histogram = null;
    }

    /** Adds up a node's rows. @param rest what its sums are taken from besides, or null */
    private void count(LeafNode node, Histogram rest) {
        int from = node.from, m = node.rows();
        if (free.isEmpty()) {
            int total = offset[columns()];
            made.add(new Histogram(new double[2 * total], new int[total]));
            free.push(made.getLast());
        }
        var own = free.pop();
        if (ordered.length < 2 * m) ordered = new double[2 * m];
        double[] ordered = this.ordered;
        Parallel.range(m, PIECE, 3, (first, last) -> {
            for (int i = (int) first; i < last; i++) {
                int row = rows[from + i];
                ordered[2 * i] = gh[2 * row];
                ordered[2 * i + 1] = gh[2 * row + 1];
            }
        });
        Parallel.range(columns(), share, 1.5 * m + 100, (first, last) -> {
            int low = offset[(int) first], high = offset[(int) last];
            Arrays.fill(own.sums, 2 * low, 2 * high, 0);
            Arrays.fill(own.counts, low, high, 0);
            // A few rows and groups at a time: what lies beside a group is at hand for the next one, and so are their sums.
            int end = ((int) last - 1) / perGroup + 1;
            for (int g = (int) first / perGroup; g < end; g += NEAR)
                for (int begin = 0; begin < m; begin += BATCH)
                    for (int k = g; k < Math.min(g + NEAR, end); k++)
                        add(k, live(k, (int) first, (int) last), from, begin, Math.min(m, begin + BATCH), ordered, own);
            if (rest == null) return;
            for (int i = 2 * low; i < 2 * high; i++) rest.sums[i] -= own.sums[i];
            for (int i = low; i < high; i++) rest.counts[i] -= own.counts[i];
        });
        node.histogram = own;
    }

    /** Which of a group's columns the tree may ask about, of those from {@code first} to {@code last - 1}, as bits. */
    private int live(int group, int first, int last) {
        int live = 0;
        for (int c = Math.max(first, group * perGroup); c < Math.min(last, (group + 1) * perGroup); c++)
            if (active[c]) live |= 1 << c % perGroup;
        return live;
    }

    private int at(int column) { return offset[Math.min(column, offset.length - 1)]; }

    private void add(int group, int live, int from, int begin, int end, double[] ordered, Histogram into) {
        if (live == 0) return;
        int[] rows = this.rows, counts = into.counts;
        long[] packed = this.packed;
        double[] sums = into.sums;
        int groups = this.groups, base = group * perGroup, c0 = at(base), c1 = at(base + 1), c2 = at(base + 2), c3 = at(base + 3),
                c4 = at(base + 4), c5 = at(base + 5), c6 = at(base + 6), c7 = at(base + 7);
        for (int i = begin; i < end; i++) {
            long code = packed[rows[from + i] * groups + group];
            double g = ordered[2 * i], h = ordered[2 * i + 1];
            if ((live & 1) != 0) add(sums, counts, c0 + (int) (code & 0xff), g, h);
            if ((live & 2) != 0) add(sums, counts, c1 + (int) (code >>> 8 & 0xff), g, h);
            if ((live & 4) != 0) add(sums, counts, c2 + (int) (code >>> 16 & 0xff), g, h);
            if ((live & 8) != 0) add(sums, counts, c3 + (int) (code >>> 24 & 0xff), g, h);
            if ((live & 16) != 0) add(sums, counts, c4 + (int) (code >>> 32 & 0xff), g, h);
            if ((live & 32) != 0) add(sums, counts, c5 + (int) (code >>> 40 & 0xff), g, h);
            if ((live & 64) != 0) add(sums, counts, c6 + (int) (code >>> 48 & 0xff), g, h);
            if ((live & 128) != 0) add(sums, counts, c7 + (int) (code >>> 56), g, h);
        }
    }

    private static void add(double[] sums, int[] counts, int at, double g, double h) {
        sums[2 * at] += g;
        sums[2 * at + 1] += h;
        counts[at]++;
    }

    @Override public void children(LeafNode node) {
        boolean leftIsSmall = node.left.rows() <= node.right.rows();
        count(leftIsSmall ? node.left : node.right, node.histogram);
        (leftIsSmall ? node.right : node.left).histogram = node.histogram;
        node.histogram = null;
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
                double[] sums = node.histogram.sums;
                for (int b = 0; b < bins; b++) {
                    g[b] = sums[2 * (first + b)];
                    h[b] = sums[2 * (first + b) + 1];
                }
                System.arraycopy(node.histogram.counts, first, counts, 0, bins);
            } else {
                // The commonest bin is not counted apart: it is what the others leave.
                double restG = node.gradient, restH = node.hessian;
                int rest = node.rows();
                for (int b = 0; b < bins; b++) {
                    if (b == usual) continue;
                    int at = first + start + (b < usual ? b : b - 1);
                    g[b] = node.histogram.sums[2 * at];
                    h[b] = node.histogram.sums[2 * at + 1];
                    counts[b] = node.histogram.counts[at];
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
            missing = node.histogram.counts[first + bins];
            missingG = node.histogram.sums[2 * (first + bins)];
            missingH = node.histogram.sums[2 * (first + bins) + 1];
        }
    }

    @Override public void search(List<LeafNode> nodes, LeafObjective objective, double minGain) {
        var scans = new SplitScan[nodes.size()][features.length];
        // The thread that counted a column has its sums at hand.
        Parallel.range(columns(), share, 1000.0 * nodes.size(), (first, last) -> {
            var sums = new Sums();
            for (int j = 0; j < features.length; j++) {
                int f = features[j], column = bundles.column()[f];
                if (column < first || column >= last) continue;
                for (int k = 0; k < scans.length; k++) {
                    var node = nodes.get(k);
                    if (node.features != null && Arrays.binarySearch(node.features, f) < 0) continue;
                    var scan = scans[k][j] = new SplitScan(node, objective, minGain);
                    sums.read(node, f);
                    scan.run(f, sums.bins, sums.g, sums.h, sums.counts, sums.missing, sums.missingG, sums.missingH);
                    if (scan.feature >= 0) scan.threshold = cut(f, scan.bin);
                }
            }
        });
        for (var own : scans) for (var scan : own) if (scan != null) scan.offer();
    }

    @Override public int part(LeafNode node) {
        int f = node.feature, start = bundles.start()[f], usual = bundles.usual()[f], bins = valueBins(f);
        int column = bundles.column()[f], shift = column % perGroup * 8, group = column / perGroup;
        var left = new boolean[256];
        if (start < 0) {
            for (int b = 0; b < bins; b++) left[b] = b <= node.bin;
            if (bins < 256) left[bins] = node.missingLeft;
        } else {
            Arrays.fill(left, usual <= node.bin);
            for (int b = 0; b < bins; b++) if (b != usual) left[start + (b < usual ? b : b - 1)] = b <= node.bin;
        }
        int from = node.from, m = node.rows(), pieces = (m + PIECE - 1) / PIECE;
        var toLeft = new int[pieces + 1];
        Parallel.range(m, PIECE, 2, (first, last) -> {
            int begin = from + (int) first, end = from + (int) last, ahead = begin, behind = end;
            for (int i = begin; i < end; i++) {
                int row = rows[i], goes = left[(int) (packed[row * groups + group] >>> shift) & 0xff] ? 1 : 0;
                // Both are written and one place moves on: no branch to guess wrong.
                spare[ahead] = row;
                spare[behind - 1] = row;
                ahead += goes;
                behind -= 1 - goes;
            }
            toLeft[(int) first / PIECE + 1] = ahead - begin;
        });
        for (int k = 0; k < pieces; k++) toLeft[k + 1] += toLeft[k];
        int middle = from + toLeft[pieces];
        Parallel.range(m, PIECE, 1, (first, last) -> {
            int k = (int) first / PIECE, begin = from + (int) first, end = from + (int) last, count = toLeft[k + 1] - toLeft[k],
                    right = middle + (int) first - toLeft[k];
            System.arraycopy(spare, begin, rows, from + toLeft[k], count);
            for (int i = end - 1; i >= begin + count; i--) rows[right++] = spare[i];
        });
        return middle;
    }
}
