package lyceum.learn.ensemble;

import java.util.Arrays;
import java.util.List;
import lyceum.backend.Parallel;
import lyceum.learn.tree.DecisionTree;
import lyceum.tensor.Tensor;

/**
 * A sum of trees: {@code F(x) = start + rate * sum_m tree_m(x)}; what {@link GradientBoostingRegressor} and
 * {@link GradientBoostingClassifier} fit.
 *
 * @param nFeatures columns of the data
 * @param start the constant of each output
 * @param learningRate the factor of all trees
 * @param trees one for each output, stage after stage
 * @param trainLosses the mean loss on the training rows after each stage, on those drawn for it where rows are drawn
 * @param validationLosses the mean loss on the rows held out, including stages that were dropped; empty without early stopping
 * @see <a href="https://doi.org/10.1214/aos/1013203451">Friedman (2001), Greedy Function Approximation: A Gradient Boosting Machine</a>
 */
public record GradientBoosting(int nFeatures, double[] start, double learningRate, List<DecisionTree> trees, double[] trainLosses,
        double[] validationLosses) {
    public GradientBoosting {
        trees = List.copyOf(trees);
        if (trees.size() % start.length != 0)
            throw new IllegalArgumentException("GradientBoosting: " + trees.size() + " trees for " + start.length + " outputs");
        for (var tree : trees)
            if (tree.nFeatures() != nFeatures || tree.outputs() != 1) throw new IllegalArgumentException(
                    "GradientBoosting: a tree of " + tree.nFeatures() + " features and " + tree.outputs() + " outputs");
    }

    /** A copy. */
    @Override public double[] start() { return start.clone(); }

    /** A copy. */
    @Override public double[] trainLosses() { return trainLosses.clone(); }

    /** A copy. */
    @Override public double[] validationLosses() { return validationLosses.clone(); }

    /** Scores in a row of output: 1, or the number of classes if there are more than two. */
    public int outputs() { return start.length; }

    public int stages() { return trees.size() / start.length; }

    /** The sum of the first stages alone. */
    public GradientBoosting first(int stages) {
        return new GradientBoosting(nFeatures, start, learningRate, trees.subList(0, stages * start.length),
                Arrays.copyOf(trainLosses, stages), validationLosses);
    }

    /** The scores of the rows of {@code x}, {@link #outputs} a row. */
    double[] scores(Tensor x) {
        int n = (int) x.size(0), k = start.length;
        double[] rows = x.toDoubleArray(), out = new double[n * k];
        Parallel.range(n, 256, 20.0 * trees.size(), (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                System.arraycopy(start, 0, out, i * k, k);
                for (int t = 0; t < trees.size(); t++) {
                    var tree = trees.get(t);
                    out[i * k + t % k] += learningRate * tree.value(tree.leaf(rows, i * nFeatures), 0);
                }
            }
        });
        return out;
    }

    /**
     * How much each feature lowered the squared error of the gradients, summed over trees; sums to 1. Features with many values are favoured: for
     * decisions use permutation importance on held-out rows.
     */
    public double[] importances() {
        var sum = new double[nFeatures];
        double all = 0;
        for (var tree : trees) {
            double[] one = tree.impurityDecreases();
            for (int f = 0; f < nFeatures; f++) sum[f] += one[f];
        }
        for (double v : sum) all += v;
        if (all > 0) for (int f = 0; f < nFeatures; f++) sum[f] /= all;
        return sum;
    }
}
