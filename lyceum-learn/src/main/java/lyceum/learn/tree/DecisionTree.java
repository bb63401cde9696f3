package lyceum.learn.tree;

import java.util.Arrays;
import java.util.List;
import lyceum.backend.Parallel;
import lyceum.tensor.Tensor;

/**
 * A grown decision tree: questions, answers, and what can be read off them.
 *
 * <p>Nodes are numbered from the root, 0. An inner node asks {@code x[feature] <= threshold} (or whether the value is one of some categories)
 * and goes left if so; a leaf has feature -1. Grown by {@link DecisionTreeClassifier} and {@link DecisionTreeRegressor} as CART does: the split
 * that lowers the impurity most, again and again. Thresholds lie midway between two neighbouring values of the training rows, so that a strictly
 * increasing map of a feature changes no prediction for those.
 *
 * @param nFeatures columns of the data
 * @param criterion what impurity means
 * @param feature of each node's question, -1 for leaves
 * @param threshold of each node's question; NaN for leaves and categories, infinite where only missing values go right
 * @param left the node after yes, -1 for leaves
 * @param right the node after no, -1 for leaves
 * @param missingLeft whether NaN goes left: learned where it occurred, else the way of the larger child
 * @param impurity of each node's training rows
 * @param samples training rows in each node
 * @param weight their weight
 * @param outputs numbers in an answer: classes, or 1
 * @param value answers, {@code outputs} a node: class shares, mean or median
 * @param categories the questions about categories, in the order of their nodes
 * @see <a href="https://doi.org/10.1201/9781315139470">Breiman, Friedman, Olshen, Stone (1984), Classification and Regression Trees</a>
 */
public record DecisionTree(int nFeatures, SplitCriterion criterion, int[] feature, double[] threshold, int[] left, int[] right,
        boolean[] missingLeft, double[] impurity, int[] samples, double[] weight, int outputs, double[] value,
        List<CategorySplit> categories) {

    public DecisionTree {
        categories = List.copyOf(categories);
        int n = feature.length;
        if (n == 0 || threshold.length != n || left.length != n || right.length != n || missingLeft.length != n || impurity.length != n
                || samples.length != n || weight.length != n || value.length != n * outputs) {
            throw new IllegalArgumentException("DecisionTree: the arrays do not describe the same nodes");
        }
        for (int i = 0; i < n; i++) {
            boolean good = feature[i] == -1 ? left[i] == -1 && right[i] == -1
                    : feature[i] >= 0 && feature[i] < nFeatures && left[i] > i && left[i] < n && right[i] > i && right[i] < n;
            if (!good) throw new IllegalArgumentException("DecisionTree: node " + i + " has feature " + feature[i] + " and children "
                    + left[i] + " and " + right[i] + " of " + n + " nodes");
        }
        for (var c : categories)
            if (c.node() < 0 || c.node() >= n)
                throw new IllegalArgumentException("DecisionTree: categories of node " + c.node() + " of " + n);
        int asked = 0, last = -1;
        for (int i = 0; i < n; i++) if (feature[i] >= 0 && Double.isNaN(threshold[i])) asked++;
        for (var c : categories) {
            if (c.node() <= last) throw new IllegalArgumentException("DecisionTree: categories are not in the order of their nodes");
            last = c.node();
            if (feature[last] >= 0 && Double.isNaN(threshold[last])) asked--;
        }
        if (asked != 0) throw new IllegalArgumentException("DecisionTree: " + asked + " questions have neither threshold nor categories");
    }

    /** Nodes, leaves included. */
    public int nodes() { return feature.length; }

    public boolean isLeaf(int node) { return feature[node] < 0; }

    public int leaves() {
        int leaves = 0;
        for (int f : feature) if (f < 0) leaves++;
        return leaves;
    }

    /** Questions on the longest path. */
    public int depth() {
        var depth = new int[nodes()];
        int deepest = 0;
        for (int i = 0; i < depth.length; i++) {
            deepest = Math.max(deepest, depth[i]);
            if (!isLeaf(i)) depth[left[i]] = depth[right[i]] = depth[i] + 1;
        }
        return deepest;
    }

    /** What {@code node} answers. */
    public double[] value(int node) { return Arrays.copyOfRange(value, node * outputs, (node + 1) * outputs); }

    /** A copy. */
    @Override public int[] feature() { return feature.clone(); }

    /** A copy. */
    @Override public double[] threshold() { return threshold.clone(); }

    /** A copy. */
    @Override public int[] left() { return left.clone(); }

    /** A copy. */
    @Override public int[] right() { return right.clone(); }

    /** A copy. */
    @Override public boolean[] missingLeft() { return missingLeft.clone(); }

    /** A copy. */
    @Override public double[] impurity() { return impurity.clone(); }

    /** A copy. */
    @Override public int[] samples() { return samples.clone(); }

    /** A copy. */
    @Override public double[] weight() { return weight.clone(); }

    /** A copy. */
    @Override public double[] value() { return value.clone(); }

    /** The leaf that each row of {@code x} (n x p) comes to. */
    public int[] apply(Tensor x) {
        int n = (int) x.size(0);
        double[] rows = x.toDoubleArray();
        var leaf = new int[n];
        Parallel.range(n, 4096, (from, to) -> {
            for (int i = (int) from; i < to; i++) leaf[i] = leaf(rows, i * nFeatures);
        });
        return leaf;
    }

    /** The answers for the rows of {@code x}, {@link #outputs} a row. */
    double[] answers(Tensor x) {
        int[] leaf = apply(x);
        var out = new double[leaf.length * outputs];
        for (int i = 0; i < leaf.length; i++) System.arraycopy(value, leaf[i] * outputs, out, i * outputs, outputs);
        return out;
    }

    /** The leaf that the row {@code rows[at .. at + nFeatures - 1]} comes to. */
    public int leaf(double[] rows, int at) {
        int node = 0;
        while (feature[node] >= 0) {
            double v = rows[at + feature[node]];
            boolean goesLeft;
            if (threshold[node] != threshold[node]) goesLeft = goesLeft(categoriesOf(node), v, missingLeft[node]);
            else goesLeft = v != v ? missingLeft[node] : v <= threshold[node];
            node = goesLeft ? left[node] : right[node];
        }
        return node;
    }

    /** Categories stand in the order of their nodes. */
    private CategorySplit categoriesOf(int node) {
        int low = 0, high = categories.size() - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (categories.get(middle).node() < node) low = middle + 1;
            else high = middle;
        }
        return categories.get(low);
    }

    /** Answer {@code output} of {@code node}. */
    public double value(int node, int output) { return value[node * outputs + output]; }

    /** The same questions with other answers, {@link #outputs} a node. */
    public DecisionTree withValue(double[] value) {
        return new DecisionTree(nFeatures, criterion, feature, threshold, left, right, missingLeft, impurity, samples, weight, outputs,
                value.clone(), categories);
    }

    private static boolean goesLeft(CategorySplit question, double value, boolean otherwise) {
        if (Arrays.binarySearch(question.left(), value + 0.0) >= 0) return true;
        return Arrays.binarySearch(question.right(), value + 0.0) < 0 && otherwise;
    }

    /**
     * How much each feature lowered the impurity, weighted by the rows it did so for; sums to 1, or all 0 for a single leaf. Features with many
     * values are favoured: for decisions use permutation importance on held-out rows.
     */
    public double[] importances() {
        double[] importances = impurityDecreases();
        double sum = 0;
        for (double v : importances) sum += v;
        if (sum > 0) for (int f = 0; f < nFeatures; f++) importances[f] /= sum;
        return importances;
    }

    /** How much each feature lowered the impurity, times the weight of the rows that it did so for. */
    public double[] impurityDecreases() {
        var decreases = new double[nFeatures];
        for (int i = 0; i < nodes(); i++) {
            if (isLeaf(i)) continue;
            decreases[feature[i]] += weight[i] * impurity[i] - weight[left[i]] * impurity[left[i]] - weight[right[i]] * impurity[right[i]];
        }
        return decreases;
    }

    /** The subtrees of cost-complexity pruning. */
    public PruningPath pruningPath() { return new WeakestLink(this).path(); }

    /** The smallest subtree that minimises {@code R(T) + alpha |T|}, with {@code R} the impurity of leaves weighted by their share of weight. */
    public DecisionTree pruned(double alpha) {
        if (!(alpha >= 0)) throw new IllegalArgumentException("pruned: alpha is " + alpha + "; it is at least 0");
        return new WeakestLink(this).pruned(alpha);
    }

    /** One line a node, indented by depth: {@code petal_width <= 0.8} and under it what follows. Columns without a name are {@code x[3]}. */
    public String rules(List<String> featureNames) { return new TreeText(this, featureNames).rules(); }

    /** {@link #rules(List)} with columns by number. */
    public String rules() { return rules(List.of()); }

    /** The tree in the DOT language of Graphviz. */
    public String dot(List<String> featureNames) { return new TreeText(this, featureNames).dot(); }

    /** {@code node}'s question, such as {@code petal_width <= 0.8}, or its answer. */
    public String text(int node, List<String> featureNames) { return new TreeText(this, featureNames).text(node); }
}
