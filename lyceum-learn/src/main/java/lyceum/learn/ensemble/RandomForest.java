package lyceum.learn.ensemble;

import java.util.List;
import lyceum.backend.Parallel;
import lyceum.learn.tree.DecisionTree;
import lyceum.tensor.Tensor;

/**
 * Grown trees that answer with their mean; what {@link RandomForestClassifier} and {@link RandomForestRegressor} fit.
 *
 * @param trees one after the other, all of the same features and outputs
 * @see <a href="https://doi.org/10.1023/A:1010933404324">Breiman (2001), Random Forests</a>
 */
public record RandomForest(List<DecisionTree> trees) {
    private static final int GRAIN = 64;

    public RandomForest {
        trees = List.copyOf(trees);
        if (trees.isEmpty()) throw new IllegalArgumentException("RandomForest: no trees; at least one is needed");
        for (var tree : trees)
            if (tree.nFeatures() != trees.getFirst().nFeatures() || tree.outputs() != trees.getFirst().outputs())
                throw new IllegalArgumentException("RandomForest: trees of different features or outputs");
    }

    public int nFeatures() { return trees.getFirst().nFeatures(); }

    /** Numbers in an answer: classes, or 1. */
    public int outputs() { return trees.getFirst().outputs(); }

    /** The forest of the first trees alone. */
    public RandomForest first(int count) { return new RandomForest(trees.subList(0, count)); }

    /** The mean answer for each row of {@code x} (n x p), {@link #outputs} a row. */
    double[] answers(Tensor x) {
        int n = (int) x.size(0), p = nFeatures(), k = outputs();
        double[] rows = x.toDoubleArray(), out = new double[n * k];
        Parallel.range(n, GRAIN, 100.0 * trees.size(), (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                for (var tree : trees) add(tree, tree.leaf(rows, i * p), out, i * k, k);
                for (int c = 0; c < k; c++) out[i * k + c] /= trees.size();
            }
        });
        return out;
    }

    static void add(DecisionTree tree, int leaf, double[] out, int at, int k) {
        for (int c = 0; c < k; c++) out[at + c] += tree.value(leaf, c);
    }

    /** Every tree's own answers, one after the other. */
    double[][] each(Tensor x) {
        int n = (int) x.size(0), p = nFeatures(), k = outputs();
        double[] rows = x.toDoubleArray();
        var each = new double[trees.size()][n * k];
        Parallel.range(trees.size(), 1, 100.0 * n, (from, to) -> {
            for (int b = (int) from; b < to; b++) {
                var tree = trees.get(b);
                for (int i = 0; i < n; i++) add(tree, tree.leaf(rows, i * p), each[b], i * k, k);
            }
        });
        return each;
    }

    /** The leaf that each row of {@code x} comes to in each tree: {@code [tree][row]}. */
    public int[][] leaves(Tensor x) {
        var leaves = new int[trees.size()][];
        Parallel.range(trees.size(), 1, 100.0 * x.size(0), (from, to) -> {
            for (int b = (int) from; b < to; b++) leaves[b] = trees.get(b).apply(x);
        });
        return leaves;
    }

    /** How alike rows are: the share of trees in which two rows of {@code x} come to one leaf (n x n), F64. */
    public Tensor proximities(Tensor x) {
        int n = (int) x.size(0);
        var leaves = leaves(x);
        var near = new double[n * n];
        Parallel.range(n, 8, 2.0 * n * trees.size(), (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                for (var leaf : leaves) for (int j = 0; j < n; j++) if (leaf[i] == leaf[j]) near[i * n + j]++;
                for (int j = 0; j < n; j++) near[i * n + j] /= leaves.length;
            }
        });
        return Tensor.of(near, n, n);
    }

    /**
     * How much each feature lowered the impurity of training rows, the mean over trees of {@link DecisionTree#importances}. Features with many
     * values find gains in noise: for decisions use {@link lyceum.learn.selection.PermutationImportance} on rows that were held out.
     */
    public double[] importances() {
        var mean = new double[nFeatures()];
        double sum = 0;
        for (var tree : trees) {
            double[] one = tree.importances();
            for (int f = 0; f < mean.length; f++) mean[f] += one[f];
        }
        for (double v : mean) sum += v;
        if (sum > 0) for (int f = 0; f < mean.length; f++) mean[f] /= sum;
        return mean;
    }
}
