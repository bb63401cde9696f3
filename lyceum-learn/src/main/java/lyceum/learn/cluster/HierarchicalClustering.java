package lyceum.learn.cluster;

import java.util.Objects;
import java.util.Set;
import lyceum.ShapeException;
import lyceum.learn.neighbors.Metric;
import lyceum.stats.learner.Clusterer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Agglomerative clustering: the two nearest groups are joined until one is left, and the tree of joins is cut where it suits.
 *
 * {@snippet :
 * var x = Datasets.iris().x();
 * var tree = new HierarchicalClustering(3).fit(x);
 * tree.labels();                                       // three groups
 * tree.cutAt(5.0);                                     // those of merges up to this height
 * HierarchicalClustering.diana(x, Metric.EUCLIDEAN);   // the other way, from one group down
 * }
 *
 * <p>Single linkage by the minimum spanning tree, other linkages whose heights only rise by chains of nearest neighbours, centroid and median by the least of all
 * distances. Time {@code O(n^2)} (centroid and median: usually), memory {@code 8 n^2} bytes.
 *
 * @param clusters of {@link Dendrogram#labels()}, at least 1
 * @param linkage how far groups are apart; Ward by default
 * @param metric Euclidean by default; Ward, centroid and median presume it
 * @see <a href="https://arxiv.org/abs/1109.2378">Mullner (2011), Modern hierarchical, agglomerative clustering algorithms</a>
 */
@Withers
public record HierarchicalClustering(int clusters, Linkage linkage, Metric metric) implements HierarchicalClusteringWithers, Clusterer {
    public HierarchicalClustering {
        if (clusters < 1) throw new IllegalArgumentException("clusters is " + clusters + "; at least 1 is needed");
        Objects.requireNonNull(linkage, "linkage");
        Objects.requireNonNull(metric, "metric");
        if (linkage.isEuclidean() && !(metric instanceof Metric.Euclidean)) throw new IllegalArgumentException(
                "linkage is " + linkage + ", which presumes Euclidean distances, but the metric is " + metric);
    }

    public HierarchicalClustering(int clusters, Linkage linkage) { this(clusters, linkage, Metric.EUCLIDEAN); }

    public HierarchicalClustering(int clusters) { this(clusters, Linkage.WARD); }

    @Override public Set<Tag> tags() { return Set.of(Tag.TRANSDUCTIVE, Tag.NO_WEIGHTS); }

    @Override public Dendrogram fit(Tensor x) { return fit(x, null); }

    @Override public Dendrogram fit(Tensor x, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        return merged(input, null);
    }

    /**
     * Joins neighbours of a graph only.
     *
     * @param connectivity edges between the rows (n x n); entries that are not 0 join, in both directions
     * @throws IllegalArgumentException if the graph is in several parts
     */
    public Dendrogram fitConnected(Tensor x, Csr connectivity) {
        var input = LearnerInput.forFit(this, x);
        int n = input.rows();
        if (connectivity.rows() != n || connectivity.columns() != n) throw new ShapeException(input.operation() + ": the connectivity is "
                + connectivity.rows() + " x " + connectivity.columns() + " for " + n + " rows");
        var linked = new boolean[n][n];
        double[] values = connectivity.values().toDoubleArray();
        for (int i = 0; i < n; i++) {
            for (int e = connectivity.rowStart(i); e < connectivity.rowStart(i + 1); e++) {
                if (values[e] == 0) continue;
                linked[i][connectivity.column(e)] = linked[connectivity.column(e)][i] = true;
            }
        }
        return merged(input, linked);
    }

    private Dendrogram merged(LearnerInput input, boolean[][] linked) {
        int n = input.rows();
        if (clusters > n) throw new IllegalArgumentException(
                input.operation() + ": clusters is " + clusters + " but x has " + n + " row" + (n == 1 ? "" : "s"));
        var merges = new Merges(distances(input, metric), linkage, linked);
        if (linked != null) merges.byLeast(input.operation());
        else if (linkage == Linkage.SINGLE) merges.bySpanningTree();
        else if (linkage.isReducible()) merges.byChains();
        else merges.byLeast(input.operation());
        return merges.dendrogram(clusters, input.columns());
    }

    /** The distances between the rows of {@code x} (n x n). */
    public static Tensor distances(Tensor x, Metric metric) {
        return Tensor.of(distances(LearnerInput.matrix("HierarchicalClustering.distances", x, false), metric));
    }

    private static double[][] distances(LearnerInput input, Metric metric) {
        int n = input.rows();
        var rows = new CoreDistances(input, 1, metric);
        var d = new double[n][n];
        for (int i = 0; i < n; i++) rows.row(i, Double.POSITIVE_INFINITY, d[i]);
        return d;
    }

    /**
     * Divisive clustering: the group of the largest diameter is split until every row is alone. The row farthest on average from its group begins a splinter, and rows
     * that are nearer to it on average than to the rest follow, the farthest first. The height of a split is the diameter of what is split.
     *
     * @see <a href="https://doi.org/10.1002/9780470316801">Kaufman and Rousseeuw (1990), Finding Groups in Data, chapter 6</a>
     */
    public static Dendrogram diana(Tensor x, Metric metric) {
        var input = LearnerInput.matrix("HierarchicalClustering.diana", x, false);
        if (input.rows() == 0) throw new IllegalArgumentException("HierarchicalClustering.diana: x has no rows");
        return new Division(distances(input, metric)).dendrogram(input.columns());
    }
}
