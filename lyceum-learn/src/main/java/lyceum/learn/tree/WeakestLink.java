package lyceum.learn.tree;

import java.util.ArrayList;
import java.util.Arrays;

/**
 * Cost-complexity pruning (Breiman and others 1984, chapter 3): again and again the inner node whose subtree buys least impurity a leaf,
 * {@code (R(node) - R(subtree)) / (leaves - 1)}, becomes a leaf.
 */
final class WeakestLink {
    private final DecisionTree tree;
    private final int n;
    private final int[] feature, left, right, parent, leaves;
    private final double[] own, branch;
    /** Below a pruned node. */
    private final boolean[] gone;
    private int weakest;

    WeakestLink(DecisionTree tree) {
        this.tree = tree;
        this.n = tree.nodes();
        this.feature = tree.feature();
        this.left = tree.left();
        this.right = tree.right();
        this.parent = new int[n];
        this.leaves = new int[n];
        this.own = new double[n];
        this.branch = new double[n];
        this.gone = new boolean[n];
        double[] impurity = tree.impurity(), weight = tree.weight();
        parent[0] = -1;
        for (int i = 0; i < n; i++) {
            own[i] = impurity[i] * weight[i] / weight[0];
            if (feature[i] >= 0) parent[left[i]] = parent[right[i]] = i;
        }
        for (int i = n - 1; i >= 0; i--) {
            boolean leaf = feature[i] < 0;
            leaves[i] = leaf ? 1 : leaves[left[i]] + leaves[right[i]];
            branch[i] = leaf ? own[i] : branch[left[i]] + branch[right[i]];
        }
    }

    PruningPath path() {
        double[] alphas = new double[n + 1], impurities = new double[n + 1];
        var sizes = new int[n + 1];
        int count = 0;
        double alpha = 0;
        while (true) {
            alphas[count] = alpha;
            impurities[count] = branch[0];
            sizes[count++] = leaves[0];
            if (feature[0] < 0)
                return new PruningPath(Arrays.copyOf(alphas, count), Arrays.copyOf(impurities, count), Arrays.copyOf(sizes, count));
            alpha = weakestAlpha();
            cut(weakest);
        }
    }

    DecisionTree pruned(double alpha) {
        while (feature[0] >= 0 && weakestAlpha() <= alpha) cut(weakest);
        return rest();
    }

    private double weakestAlpha() {
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            if (gone[i] || feature[i] < 0) continue;
            double alpha = (own[i] - branch[i]) / (leaves[i] - 1);
            if (alpha < least) {
                least = alpha;
                weakest = i;
            }
        }
        return least;
    }

    private void cut(int node) {
        feature[node] = -1;
        // Children have larger numbers than their parents.
        for (int i = node + 1; i < n; i++) if (parent[i] == node || parent[i] > node && gone[parent[i]]) gone[i] = true;
        double more = own[node] - branch[node];
        int fewer = leaves[node] - 1;
        for (int i = node; i >= 0; i = parent[i]) {
            branch[i] += more;
            leaves[i] -= fewer;
        }
    }

    private DecisionTree rest() {
        var number = new int[n];
        int[] kept = new int[n];
        int count = 0;
        for (int i = 0; i < n; i++) {
            if (gone[i]) continue;
            kept[count] = i;
            number[i] = count++;
        }
        int outputs = tree.outputs();
        int[] f = new int[count], l = new int[count], r = new int[count], s = new int[count];
        double[] t = new double[count], im = new double[count], w = new double[count], v = new double[count * outputs];
        var m = new boolean[count];
        double[] threshold = tree.threshold(), impurity = tree.impurity(), weight = tree.weight();
        int[] samples = tree.samples();
        boolean[] missingLeft = tree.missingLeft();
        for (int k = 0; k < count; k++) {
            int i = kept[k];
            boolean leaf = feature[i] < 0;
            f[k] = feature[i];
            t[k] = leaf ? Double.NaN : threshold[i];
            l[k] = leaf ? -1 : number[left[i]];
            r[k] = leaf ? -1 : number[right[i]];
            m[k] = !leaf && missingLeft[i];
            im[k] = impurity[i];
            s[k] = samples[i];
            w[k] = weight[i];
            System.arraycopy(tree.value(i), 0, v, k * outputs, outputs);
        }
        var categories = new ArrayList<CategorySplit>();
        for (var c : tree.categories())
            if (!gone[c.node()] && feature[c.node()] >= 0) categories.add(new CategorySplit(number[c.node()], c.left(), c.right()));
        return new DecisionTree(tree.nFeatures(), tree.criterion(), f, t, l, r, m, im, s, w, outputs, v, categories);
    }
}
