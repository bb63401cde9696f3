package lyceum.learn.cluster;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.stats.learner.ClusterModel;
import lyceum.tensor.Tensor;

/**
 * A tree of merges: merge m joins nodes {@code left[m]} and {@code right[m]} at {@code height[m]} into node n + m; nodes below n are rows.
 *
 * @param left the smaller node number of each merge (n - 1)
 * @param right the larger one
 * @param height of each merge
 * @param size rows in each merged group
 * @param nClusters of {@link #labels()}
 * @param nFeatures columns of the rows
 */
public record Dendrogram(int[] left, int[] right, double[] height, int[] size, int nClusters, int nFeatures) implements ClusterModel {
    /** A copy. */
    @Override public int[] left() { return left.clone(); }

    /** A copy. */
    @Override public int[] right() { return right.clone(); }

    /** A copy. */
    @Override public double[] height() { return height.clone(); }

    /** A copy. */
    @Override public int[] size() { return size.clone(); }

    /** Number of rows. */
    public int rows() { return left.length + 1; }

    /** The matrix that SciPy calls linkage: left, right, height, size a merge (n - 1 x 4). */
    public Tensor linkage() {
        var z = new double[Math.max(1, left.length)][4];
        for (int m = 0; m < left.length; m++) z[m] = new double[] {left[m], right[m], height[m], size[m]};
        return left.length == 0 ? Tensor.zeros(DType.F64, 0, 4) : Tensor.of(z);
    }

    /** The groups of {@code nClusters}. */
    @Override public Tensor labels() { return cut(nClusters); }

    /** The groups when all but the last {@code k - 1} merges are done, numbered by their first rows. */
    public Tensor cut(int k) {
        if (k < 1 || k > rows()) throw new IllegalArgumentException("Dendrogram.cut: k is " + k + "; it lies between 1 and " + rows());
        return groups(rows() - k, Double.POSITIVE_INFINITY);
    }

    /** The groups when the merges up to this height are done. For linkages whose heights may fall: of each merge whose parts are done too. */
    public Tensor cutAt(double h) { return groups(left.length, h); }

    private Tensor groups(int merges, double most) {
        int n = rows();
        int[] parent = IntStream.range(0, 2 * n - 1).toArray();
        var whole = new boolean[2 * n - 1];
        Arrays.fill(whole, 0, n, true);
        for (int m = 0; m < merges; m++) {
            whole[n + m] = height[m] <= most && whole[left[m]] && whole[right[m]];
            if (whole[n + m]) parent[left[m]] = parent[right[m]] = n + m;
        }
        var number = new int[2 * n - 1];
        Arrays.fill(number, -1);
        var labels = new long[n];
        int count = 0;
        for (int i = 0; i < n; i++) {
            int root = i;
            while (parent[root] != root) root = parent[root];
            if (number[root] < 0) number[root] = count++;
            labels[i] = number[root];
        }
        return Tensor.of(labels);
    }

    /** The height at which two rows come together (n x n). */
    public Tensor cophenetic() {
        int n = rows();
        var together = new double[n][n];
        var members = new int[2 * n - 1][];
        for (int i = 0; i < n; i++) members[i] = new int[] {i};
        for (int m = 0; m < left.length; m++) {
            int[] a = members[left[m]], b = members[right[m]];
            for (int i : a) for (int j : b) together[i][j] = together[j][i] = height[m];
            members[n + m] = Arrays.copyOf(a, a.length + b.length);
            System.arraycopy(b, 0, members[n + m], a.length, b.length);
            members[left[m]] = members[right[m]] = null;
        }
        return Tensor.of(together);
    }

    /** The correlation of cophenetic with these distances (n x n) over all pairs: how faithful the tree is. */
    public double copheneticCorrelation(Tensor distances) {
        int n = rows();
        if (distances.rank() != 2 || distances.size(0) != n || distances.size(1) != n)
            throw new ShapeException("Dendrogram.copheneticCorrelation: distances have shape " + distances.shape() + " for " + n + " rows");
        double[][] c = cophenetic().toRows(), d = distances.toRows();
        double meanC = 0, meanD = 0, pairs = n * (n - 1) / 2.0, cc = 0, dd = 0, cd = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) {
                meanC += c[i][j] / pairs;
                meanD += d[i][j] / pairs;
            }
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) {
                cc += (c[i][j] - meanC) * (c[i][j] - meanC);
                dd += (d[i][j] - meanD) * (d[i][j] - meanD);
                cd += (c[i][j] - meanC) * (d[i][j] - meanD);
            }
        }
        return cd / Math.sqrt(cc * dd);
    }

    /** Rows from left to right in which no branches cross. */
    public int[] leaves() {
        int n = rows(), depth = 0, count = 0;
        int[] stack = new int[2 * n], order = new int[n];
        stack[depth++] = 2 * n - 2;
        while (depth > 0) {
            int node = stack[--depth];
            if (node < n) order[count++] = node;
            else {
                stack[depth++] = right[node - n];
                stack[depth++] = left[node - n];
            }
        }
        return order;
    }

    /** Where the tree is drawn: for each merge the four corners of its bracket, {@code x1 y1 x2 y2 x3 y3 x4 y4}; leaves stand at 0, 1, ... */
    public double[][] layout() {
        int n = rows();
        var at = new double[2 * n - 1];
        var up = new double[2 * n - 1];
        int[] leaves = leaves();
        for (int i = 0; i < n; i++) at[leaves[i]] = i;
        var brackets = new double[left.length][];
        for (int m = 0; m < left.length; m++) {
            double a = at[left[m]], b = at[right[m]];
            brackets[m] = new double[] {a, up[left[m]], a, height[m], b, height[m], b, up[right[m]]};
            at[n + m] = (a + b) / 2;
            up[n + m] = height[m];
        }
        return brackets;
    }

    /** Not for new rows. @throws UnsupportedOperationException always */
    @Override public Tensor predict(Tensor x) {
        throw new UnsupportedOperationException(
                "Dendrogram.predict: a tree of merges has no place for new rows; fit a classifier to its labels");
    }
}
