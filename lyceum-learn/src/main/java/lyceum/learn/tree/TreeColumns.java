package lyceum.learn.tree;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Rows;
import lyceum.tensor.Tensor;

/**
 * Training rows, column by column and sorted once, on which many trees grow: what forests and boosting share between their trees.
 *
 * {@snippet :
 * var rows = Datasets.friedman1(Rng.of(1), 200, 10, 1);
 * var columns = TreeColumns.of(rows.x(), TreeOptions.DEFAULT.withMaxDepth(3));
 * var weights = new double[200];
 * Arrays.fill(weights, 1);
 * DecisionTree tree = columns.grow(SplitCriterion.SQUARED_ERROR, rows.y().toDoubleArray(), weights, 0);
 * int[] leaves = columns.leaves(tree);
 * }
 *
 * <p>Memory: 12 to 24 bytes a value. Safe to share between threads.
 */
public final class TreeColumns {
    final int n, p;
    final TreeOptions options;
    final double[][] columns;
    final boolean[] categorical;
    /** Rows by ascending value, NaN last; null with bins. */
    final int[][] order;
    /** The place of each row's value among the distinct values, and how many there are; null unless few features are drawn a node. */
    final int[][] ranks;
    final int[] distinct;
    /** Null without bins. */
    final Bins[] bins;
    private final double[] flat;

    private TreeColumns(String operation, Tensor x, TreeOptions options) {
        this.n = (int) x.size(0);
        this.p = (int) x.size(1);
        this.options = options;
        this.columns = new double[p][n];
        this.flat = x.toDoubleArray();
        this.categorical = new boolean[p];
        for (int column : options.categorical()) {
            if (column >= p)
                throw new IllegalArgumentException(operation + ": categorical column " + column + " but x has " + p + " columns");
            categorical[column] = true;
        }
        if (options.monotone().size() > p) throw new IllegalArgumentException(
                operation + ": " + options.monotone().size() + " monotone directions but x has " + p + " columns");
        boolean binned = options.bins() > 0, few = !binned && options.maxFeatures() <= p / 2;
        this.order = binned ? null : new int[p][];
        this.ranks = few ? new int[p][n] : null;
        this.distinct = few ? new int[p] : null;
        this.bins = binned ? new Bins[p] : null;
        var all = new int[n];
        for (int i = 0; i < n; i++) all[i] = i;
        Parallel.range(p, 1, 30.0 * n, (from, to) -> {
            for (int f = (int) from; f < to; f++) {
                for (int i = 0; i < n; i++) columns[f][i] = flat[i * p + f] + 0.0; // -0.0 is 0.0
                if (binned) bins[f] = Bins.of(columns[f], options.bins(), categorical[f], f);
                else order[f] = Sorting.order(columns[f], all, 0, n);
                if (few) rank(f);
            }
        });
    }

    private void rank(int f) {
        int rank = 0;
        double[] column = columns[f];
        for (int i = 0; i < n; i++) {
            if (i > 0 && Double.compare(column[order[f][i]], column[order[f][i - 1]]) != 0) rank++;
            ranks[f][order[f][i]] = rank;
        }
        distinct[f] = rank + 1;
    }

    /**
     * The rows of {@code x} for trees with these options.
     *
     * @param x (n x p), F64 or F32, at least one row; NaN is a missing value
     */
    public static TreeColumns of(Tensor x, TreeOptions options) {
        var input = LearnerInput.matrix("TreeColumns", x, true);
        if (input.rows() == 0) throw new IllegalArgumentException("TreeColumns: x has no rows; a tree needs at least one");
        return of("TreeColumns", input.x(), options);
    }

    static TreeColumns of(String operation, Tensor x, TreeOptions options) { return new TreeColumns(operation, x, options); }

    /** How many rows there are. */
    public int rows() { return n; }

    /**
     * A tree for numbers.
     *
     * @param criterion one for numbers
     * @param targets one a row
     * @param weights one a row; rows of weight 0 are left out, and at least one has more
     * @param seed in place of the options' one
     */
    public DecisionTree grow(SplitCriterion criterion, double[] targets, double[] weights, long seed) {
        return grow("TreeColumns.grow", criterion, null, 0, targets, weights, seed);
    }

    /** A tree for classes: {@code codes} from 0 to {@code classes - 1}; see {@link #grow(SplitCriterion, double[], double[], long)}. */
    public DecisionTree grow(SplitCriterion criterion, int[] codes, int classes, double[] weights, long seed) {
        return grow("TreeColumns.grow", criterion, codes, classes, null, weights, seed);
    }

    DecisionTree grow(String operation, SplitCriterion criterion, int[] codes, int classes, double[] targets, double[] weights, long seed) {
        if (criterion.isForClasses() != (codes != null))
            throw new IllegalArgumentException(operation + ": the criterion is " + criterion + ", which does not suit these targets");
        if (weights.length != n || (codes == null ? targets.length : codes.length) != n) throw new IllegalArgumentException(operation + ": "
                + n + " rows, " + (codes == null ? targets.length : codes.length) + " targets and " + weights.length + " weights");
        if (!options.monotone().isEmpty() && criterion != SplitCriterion.SQUARED_ERROR && criterion != SplitCriterion.POISSON)
            throw new IllegalArgumentException(
                    operation + ": monotone directions with " + criterion + "; they need SQUARED_ERROR or POISSON");
        var seeded = options.seed() == seed ? options : options.withSeed(seed);
        return new Grower(new TreeData(criterion, this, weights, codes, classes, targets, operation), seeded).grow();
    }

    /** The leaf of {@code tree} that each row comes to. */
    public int[] leaves(DecisionTree tree) {
        var leaves = new int[n];
        for (int i = 0; i < n; i++) leaves[i] = tree.leaf(flat, i * p);
        return leaves;
    }

    /** The rows as they came, one after the other. */
    double[] flat() { return flat; }

    /** For learners: grows on the rows of positive weight. */
    static DecisionTree grow(LearnerInput input, SplitCriterion criterion, int[] codes, int classes, double[] targets, double[] weights,
            TreeOptions options) {
        int[] kept = Rows.ofWeight(weights);
        boolean all = kept.length == weights.length;
        var columns = of(input.operation(), all ? input.x() : input.x().rows(kept), options);
        return columns.grow(input.operation(), criterion, all || codes == null ? codes : Rows.pick(codes, kept), classes,
                all || targets == null ? targets : Rows.pick(targets, kept), all ? weights : Rows.pick(weights, kept), options.seed());
    }
}
