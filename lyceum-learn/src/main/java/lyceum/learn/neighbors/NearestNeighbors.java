package lyceum.learn.neighbors;

import java.util.Objects;
import lyceum.DType;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Search for the nearest rows.
 *
 * {@snippet :
 * var index = new NearestNeighbors().withMetric(Metric.MANHATTAN).fit(x);
 * var near = index.neighbors(queries, 5);              // distances and row numbers, nearest first
 * var around = index.withinRadius(queries, 0.8);
 * }
 *
 * @param metric Euclidean by default
 * @param algorithm chosen by shape by default
 * @param leafSize rows in a tree's leaf, 32 by default
 */
@Withers
public record NearestNeighbors(Metric metric, Algorithm algorithm, int leafSize) implements NearestNeighborsWithers {

    /** How rows are found. */
    public enum Algorithm {
        /** {@link #KD_TREE} for at least 500 rows of up to 12 columns where the metric allows, else {@link #BRUTE}. */
        AUTO,
        /** Compares with every row: best in many dimensions. */
        BRUTE,
        /** Boxes. */
        KD_TREE,
        /** Balls: somewhat better than boxes when many columns carry little. */
        BALL_TREE
    }

    public NearestNeighbors {
        Objects.requireNonNull(metric, "metric");
        Objects.requireNonNull(algorithm, "algorithm");
        if (leafSize < 1) throw new IllegalArgumentException("leafSize is " + leafSize + "; a leaf has at least 1 row");
        if (!hasTrees(metric) && (algorithm == Algorithm.KD_TREE || algorithm == Algorithm.BALL_TREE)) {
            throw new IllegalArgumentException("algorithm is " + algorithm + ", but the "
                    + (metric instanceof Metric.Cosine ? "cosine" : "custom distance") + " has no trees; use BRUTE");
        }
    }

    public NearestNeighbors() { this(Metric.EUCLIDEAN, Algorithm.AUTO, 32); }

    private static boolean hasTrees(Metric metric) { return !(metric instanceof Metric.Cosine || metric instanceof Metric.Custom); }

    /** An index of the rows of {@code x} (n x p). */
    public NeighborIndex fit(Tensor x) {
        var input = LearnerInput.matrix("NearestNeighbors.fit", x, false);
        if (input.rows() == 0) throw new IllegalArgumentException(
                "NearestNeighbors.fit: x has shape " + x.shape() + " and so no rows; at least one is needed");
        int n = input.rows(), p = input.columns();
        var rows = NeighborIndex.prepared(metric, input.x().to(DType.F64));
        var chosen = algorithm != Algorithm.AUTO ? algorithm
                : hasTrees(metric) && n >= 500 && p <= 12 ? Algorithm.KD_TREE : Algorithm.BRUTE;
        var tree = chosen == Algorithm.BRUTE ? null
                : SearchTree.of(rows.toDoubleArray(), n, p, leafSize, chosen == Algorithm.BALL_TREE, DistanceKernel.of(metric));
        return new NeighborIndex(rows, metric, tree);
    }
}
