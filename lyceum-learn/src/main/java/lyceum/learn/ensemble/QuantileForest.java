package lyceum.learn.ensemble;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;

/**
 * The whole distribution of y at x, read off a forest's leaves: row i has the weight {@code w_i(x) = mean over trees of 1{i shares x's leaf} /
 * rows in it}, and quantiles are those of the weighted targets (Meinshausen 2006).
 *
 * <p>A forest of full trees has a row or two in a leaf and so quantiles that are too close; give its leaves 20 rows or more
 * ({@code withMinSamplesLeaf}). Rows that the trees have not seen make the weights honest.
 *
 * @param forest for numbers
 * @param targets of the rows whose distribution is told
 * @param leaves the leaf of each of those rows: {@code [tree][row]}
 * @see <a href="https://jmlr.org/papers/v7/meinshausen06a.html">Meinshausen (2006), Quantile Regression Forests</a>
 */
public record QuantileForest(RandomForest forest, double[] targets, int[][] leaves) implements Model {
    public QuantileForest {
        if (forest.outputs() != 1) throw new IllegalArgumentException(
                "QuantileForest: a forest for numbers is needed, this one has " + forest.outputs() + " outputs");
        if (leaves.length != forest.trees().size())
            throw new IllegalArgumentException("QuantileForest: leaves of " + leaves.length + " trees for " + forest.trees().size());
        for (var leaf : leaves)
            if (leaf.length != targets.length)
                throw new IllegalArgumentException("QuantileForest: " + targets.length + " targets and leaves of " + leaf.length + " rows");
    }

    /** @param x (n x p) rows, the training ones or others. @param y (n) */
    public static QuantileForest of(RandomForest forest, Tensor x, Tensor y) {
        var input = LearnerInput.matrix("QuantileForest", x, true);
        return new QuantileForest(forest, input.target(y).toDoubleArray(), forest.leaves(input.x()));
    }

    @Override public int nFeatures() { return forest.nFeatures(); }

    /** A copy. */
    @Override public double[] targets() { return targets.clone(); }

    /** The weight of each of the rows at each row of {@code x}: (m x n), F64; rows sum to 1. */
    public Tensor weights(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        int m = (int) rows.size(0), n = targets.length;
        var out = new double[m * n];
        int[][] at = forest.leaves(rows), sizes = sizes();
        Parallel.range(m, 16, 2.0 * n * leaves.length, (from, to) -> {
            for (int i = (int) from; i < to; i++) weigh(at, sizes, i, out, i * n);
        });
        return Tensor.of(out, m, n);
    }

    private int[][] sizes() {
        var sizes = new int[leaves.length][];
        for (int b = 0; b < sizes.length; b++) {
            sizes[b] = new int[forest.trees().get(b).nodes()];
            for (int leaf : leaves[b]) sizes[b][leaf]++;
        }
        return sizes;
    }

    private void weigh(int[][] at, int[][] sizes, int row, double[] out, int to) {
        double sum = 0;
        for (int b = 0; b < leaves.length; b++) {
            int leaf = at[b][row], size = sizes[b][leaf];
            if (size == 0) continue;
            sum++;
            int[] own = leaves[b];
            for (int i = 0; i < own.length; i++) if (own[i] == leaf) out[to + i] += 1.0 / size;
        }
        for (int i = 0; i < targets.length; i++) out[to + i] /= sum;
    }

    /**
     * For each row of {@code x} and each level the least target up to which so much of the weight lies: (m x levels), in the type of x.
     *
     * @param levels between 0 and 1
     */
    public Tensor quantiles(Tensor x, double... levels) {
        for (double level : levels)
            if (!(level > 0 && level < 1)) throw new IllegalArgumentException("quantiles: level " + level + "; levels lie between 0 and 1");
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        int m = (int) rows.size(0), n = targets.length;
        int[][] at = forest.leaves(rows), sizes = sizes();
        int[] order = Ordering.of(targets);
        var out = new double[m * levels.length];
        Parallel.range(m, 16, 2.0 * n * leaves.length, (from, to) -> {
            var weight = new double[n];
            for (int i = (int) from; i < to; i++) {
                Arrays.fill(weight, 0);
                weigh(at, sizes, i, weight, 0);
                for (int q = 0; q < levels.length; q++) out[i * levels.length + q] = quantile(order, weight, levels[q]);
            }
        });
        return Tensor.of(out, m, levels.length).to(rows.dtype());
    }

    private double quantile(int[] order, double[] weight, double level) {
        double below = 0;
        int last = order[0];
        for (int row : order) {
            if (weight[row] == 0) continue;
            last = row;
            below += weight[row];
            if (below >= level - 1e-12) break;
        }
        return targets[last];
    }
}
