package lyceum.learn.anomaly;

import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;
import java.util.Set;

/**
 * Easy to cut off: trees split a random column at a random value, and odd rows are alone after few splits. The score is
 * {@code 2^(-h(x) / c(m))} with h the path's mean length over trees grown on m rows: near 1 odd, below 0.5 normal.
 *
 * @param trees 100 by default
 * @param sample rows of each tree at most, 256 by default: small samples keep anomalies from hiding in crowds of their own
 * @param seed of samples and splits
 * @see <a href="https://doi.org/10.1109/ICDM.2008.17">Liu, Ting and Zhou (2008)</a>
 */
@Withers
public record IsolationForest(int trees, int sample, long seed) implements IsolationForestWithers, AnomalyScorer {
    private static final double EULER = 0.57721566490153286;

    public IsolationForest {
        if (trees < 1 || sample < 2)
            throw new IllegalArgumentException("IsolationForest: " + trees + " trees of " + sample + " rows; at least 1 of 2");
    }

    public IsolationForest() { this(100, 256, 0); }

    @Override public Set<Tag> tags() { return Set.of(Tag.RANDOMISED); }

    /**
     * Mean path of an unsuccessful search in a binary tree of n keys: {@code c(n) = 2 H(n - 1) - 2 (n - 1) / n}, with {@code H(i) = ln i + gamma} as
     * in the paper; 1 for two, 0 below.
     */
    public static double averagePath(double n) { return n > 2 ? 2 * (Math.log(n - 1) + EULER) - 2 * (n - 1) / n : n == 2 ? 1 : 0; }

    @Override public Fitted fit(Tensor x) {
        var input = LearnerInput.forFit(this, x);
        double[][] rows = input.x().toRows();
        int m = Math.min(sample, rows.length);
        if (m < 2) throw new IllegalArgumentException("IsolationForest.fit: x has 1 row; at least 2 are needed");
        var grown = new Tree[trees];
        var rng = Rng.of(seed);
        Parallel.range(trees, 4, (from, to) -> { for (int t = (int) from; t < to; t++) grown[t] = new Tree(rows, m, rng.split(t)); });
        int nodes = Arrays.stream(grown).mapToInt(t -> t.used).sum(), at = 0;
        int[] roots = new int[trees], column = new int[nodes], child = new int[nodes];
        double[] value = new double[nodes];
        for (int t = 0; t < trees; t++) {
            roots[t] = at;
            for (int i = 0; i < grown[t].used; i++, at++) {
                column[at] = grown[t].column[i];
                value[at] = grown[t].value[i];
                child[at] = roots[t] + grown[t].child[i];
            }
        }
        var model = new Fitted(input.columns(), m, roots, column, value, child, null);
        return new Fitted(input.columns(), m, roots, column, value, child, model.scores(input.x()));
    }

    /** A tree while it grows: an inner node has a column, a value and two children side by side; a leaf has column -1 and its path's length. */
    private static final class Tree {
        final int[] column, child;
        final double[] value;
        private final double[][] rows;
        private final Rng rng;
        private final int deepest;
        int used = 1;

        Tree(double[][] rows, int m, Rng rng) {
            this.rows = rows;
            this.rng = rng;
            column = new int[2 * m];
            child = new int[2 * m];
            value = new double[2 * m];
            deepest = 32 - Integer.numberOfLeadingZeros(m - 1);
            int[] some = rng.sample(rows.length, m);
            grow(0, some, 0, m, 0);
        }

        private void grow(int node, int[] some, int from, int to, int depth) {
            int split = depth < deepest && to - from > 1 ? chooseColumn(some, from, to) : -1;
            if (split < 0) {
                column[node] = -1;
                value[node] = depth + averagePath(to - from);
                return;
            }
            double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY;
            for (int i = from; i < to; i++) {
                low = Math.min(low, rows[some[i]][split]);
                high = Math.max(high, rows[some[i]][split]);
            }
            double cut = low + (high - low) * rng.nextDouble();
            int middle = from;
            for (int i = from; i < to; i++) if (rows[some[i]][split] <= cut) {
                int swap = some[i];
                some[i] = some[middle];
                some[middle++] = swap;
            }
            column[node] = split;
            value[node] = cut;
            child[node] = used;
            used += 2;
            grow(child[node], some, from, middle, depth + 1);
            grow(child[node] + 1, some, middle, to, depth + 1);
        }

        /** A random one of the columns that are not constant here, or -1. */
        private int chooseColumn(int[] some, int from, int to) {
            int p = rows[0].length, found = -1, count = 0;
            // One try first: a constant column is rare, and asking all of them is dear.
            for (int attempt = 0; attempt < 2; attempt++) {
                int c = rng.nextInt(p);
                if (varies(c, some, from, to)) return c;
            }
            for (int c = 0; c < p; c++) if (varies(c, some, from, to) && rng.nextInt(++count) == 0) found = c;
            return found;
        }

        private boolean varies(int c, int[] some, int from, int to) {
            for (int i = from + 1; i < to; i++) if (rows[some[i]][c] != rows[some[from]][c]) return true;
            return false;
        }
    }

    /**
     * All trees, node after node: an inner node sends rows with {@code x[column] <= value} to {@code child}, others to the next; a leaf has column -1
     * and the path's length as its value.
     *
     * @param sample rows of a tree
     */
    public record Fitted(int nFeatures, int sample, int[] roots, int[] column, double[] value, int[] child, Tensor trainingScores)
            implements ScoringModel {
        @Override public Tensor scores(Tensor x) {
            double[] paths = pathLengths(x).toDoubleArray();
            double usual = averagePath(sample);
            for (int i = 0; i < paths.length; i++) paths[i] = Math.pow(2, -paths[i] / usual);
            return Tensor.of(paths);
        }

        /** The mean path length of each row (n). */
        public Tensor pathLengths(Tensor x) {
            double[][] rows = LearnerInput.forModel(this, x).x().to(DType.F64).toRows();
            var out = new double[rows.length];
            Parallel.range(rows.length, 32, (from, to) -> {
                for (int i = (int) from; i < to; i++) for (int root : roots) {
                    int node = root;
                    while (column[node] >= 0) node = child[node] + (rows[i][column[node]] <= value[node] ? 0 : 1);
                    out[i] += value[node] / roots.length;
                }
            });
            return Tensor.of(out);
        }
    }
}
