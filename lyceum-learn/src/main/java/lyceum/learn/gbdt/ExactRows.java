package lyceum.learn.gbdt;

import java.util.Arrays;
import java.util.List;
import lyceum.backend.Parallel;

/** Looks at every threshold: a node's rows are sorted by each column's ranks, by counting where there are few. */
final class ExactRows implements RowStore {
    private final int n, p;
    private final double[][] columns;
    private final int[][] ranks;
    private final int[] distinct;
    private int[] rows, spare, features;
    private double[] gh;

    ExactRows(double[] flat, int n, int p) {
        this.n = n;
        this.p = p;
        this.columns = new double[p][n];
        this.ranks = new int[p][n];
        this.distinct = new int[p];
        Parallel.range(p, 1, 60.0 * n, (from, to) -> {
            for (int f = (int) from; f < to; f++) {
                for (int i = 0; i < n; i++) columns[f][i] = flat[i * p + f] + 0.0; // -0.0 is 0.0
                double[] sorted = columns[f].clone();
                Arrays.sort(sorted); // NaN last
                int count = 0;
                for (int i = 0; i < n; i++) if (i == 0 || Double.compare(sorted[i], sorted[count - 1]) != 0) sorted[count++] = sorted[i];
                distinct[f] = count;
                for (int i = 0; i < n; i++) ranks[f][i] = Arrays.binarySearch(sorted, 0, count, columns[f][i]);
            }
        });
    }

    @Override public void begin(int[] rows, double[] gh, int[] features) {
        this.rows = rows;
        this.spare = new int[rows.length];
        this.gh = gh;
        this.features = features;
    }

    @Override public int[] rows() { return rows; }

    @Override public void root(LeafNode root) {}

    @Override public void children(LeafNode node) {}

    @Override public void release(LeafNode node) {}

    @Override public void search(List<LeafNode> nodes, LeafObjective objective, double minGain) {
        for (var node : nodes) search(node, objective, minGain);
    }

    private void search(LeafNode node, LeafObjective objective, double minGain) {
        int[] features = node.features == null ? this.features : node.features;
        var scans = new SplitScan[features.length];
        Parallel.range(features.length, 1, 20.0 * node.rows(), (from, to) -> {
            for (int j = (int) from; j < to; j++) {
                scans[j] = new SplitScan(node, objective, minGain);
                scan(features[j], node, scans[j]);
            }
        });
        for (var scan : scans) scan.offer();
    }

    private void scan(int f, LeafNode node, SplitScan scan) {
        int[] order = sorted(f, node.from, node.to);
        int m = order.length;
        double[] column = columns[f], groupG = new double[m], groupH = new double[m], values = new double[m];
        var counts = new int[m];
        int groups = 0;
        double missingG = 0, missingH = 0;
        int missing = 0;
        for (int i = 0; i < m; i++) {
            int row = order[i];
            double v = column[row];
            if (v != v) {
                missingG += gh[2 * row];
                missingH += gh[2 * row + 1];
                missing++;
                continue;
            }
            if (groups == 0 || v > values[groups - 1]) values[groups++] = v;
            groupG[groups - 1] += gh[2 * row];
            groupH[groups - 1] += gh[2 * row + 1];
            counts[groups - 1]++;
        }
        scan.run(f, groups, groupG, groupH, counts, missing, missingG, missingH);
        if (scan.feature == f)
            scan.threshold = scan.bin + 1 < groups ? middle(values[scan.bin], values[scan.bin + 1]) : Double.POSITIVE_INFINITY;
    }

    /** Above a, and at most b: rows with a go left. */
    private static double middle(double a, double b) {
        double middle = a / 2 + b / 2;
        return middle > a && middle <= b ? middle : b;
    }

    private int[] sorted(int f, int from, int to) {
        int m = to - from, count = distinct[f];
        int[] rank = ranks[f], order = new int[m];
        if (count <= 2 * m) {
            var starts = new int[count + 1];
            for (int i = from; i < to; i++) starts[rank[rows[i]] + 1]++;
            for (int r = 0; r < count; r++) starts[r + 1] += starts[r];
            for (int i = from; i < to; i++) order[starts[rank[rows[i]]]++] = rows[i];
            return order;
        }
        var keys = new long[m];
        for (int i = 0; i < m; i++) keys[i] = (long) rank[rows[from + i]] << 32 | rows[from + i];
        Arrays.sort(keys);
        for (int i = 0; i < m; i++) order[i] = (int) keys[i];
        return order;
    }

    @Override public int part(LeafNode node) {
        double[] column = columns[node.feature];
        int toLeft = node.from, toRight = 0;
        for (int i = node.from; i < node.to; i++) {
            int row = rows[i];
            double v = column[row];
            if (v != v ? node.missingLeft : v < node.threshold) rows[toLeft++] = row;
            else spare[toRight++] = row;
        }
        System.arraycopy(spare, 0, rows, toLeft, toRight);
        return toLeft;
    }
}
