package lyceum.learn.manifold;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.learn.cluster.GraphLaplacian;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.neighbors.Metric;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * UMAP: a fuzzy graph of near rows and a map with the same edges. Memberships {@code p_j|i = exp(-max(0, d_ij - r_i) / s_i)}, r the distance to the nearest
 * row and s such that a row sums to {@code log2 k}, are joined by {@code p + q - p q}; eigenvectors of the graph's Laplacian give a start; then edges pull by
 * the gradient of {@code -log q} and random pairs push by that of {@code -log(1 - q)}, with {@code q = 1 / (1 + a d^(2b))} on the map.
 *
 * {@snippet :
 * UmapModel model = new Umap(15).withMinDist(0.05).fit(x);
 * Tensor map = model.embedding();                      // (n x 2)
 * Tensor placed = model.transform(z);                  // new rows, the map as it is
 * Tensor rows = model.lookup(map.narrow(0, 0, 1));     // what lies there in the data
 * UmapModel apart = new Umap(15).withTargetWeight(0.5).fit(x, labels, null);
 * }
 *
 * <p>{@link ParametricUmap} trains a network to draw the map. The seed decides the result, for any number of threads.
 *
 * @param neighbors k others of each row, 15 by default: few for detail, many for the coarse layout
 * @param components columns of the map, 2 by default
 * @param minDist how close points may lie on the map, 0.1 by default
 * @param spread unit of the map, 1 by default
 * @param epochs passes; 0 (the default) for 500 up to 10,000 rows and 200 above
 * @param learningRate of the first epoch, 1 by default; it falls linearly to 0
 * @param repulsion weight of the pushes, 1 by default
 * @param negatives random points that push for each edge that pulls, 5 by default
 * @param mix of union (1, the default) and intersection (0)
 * @param start places before the first epoch
 * @param metric of the rows, Euclidean by default
 * @param targetWeight how much labels count, in [0, 1): 0, the default, for not at all. Else {@code y} holds integer labels, below 0 where unknown, and edges
 *     between different ones are weakened by {@code exp(-2.5 / (1 - targetWeight))}
 * @param seed of everything random
 * @see <a href="https://arxiv.org/abs/1802.03426">McInnes, Healy and Melville (2018)</a>
 */
@Withers
public record Umap(int neighbors, int components, double minDist, double spread, int epochs, double learningRate, double repulsion,
        int negatives, double mix, Start start, Metric metric, double targetWeight, long seed) implements UmapWithers, Transformer {

    /** Where points begin. */
    public enum Start {
        /** Eigenvectors of the graph's Laplacian; {@link #PCA} where the graph is in pieces. */
        SPECTRAL,
        /** Principal components. */
        PCA,
        /** Uniform in a square of side 20. */
        RANDOM
    }

    public Umap {
        if (neighbors < 2) throw new IllegalArgumentException("Umap: neighbors is " + neighbors + "; each row needs at least 2");
        if (components < 1) throw new IllegalArgumentException("Umap: components is " + components + "; it is at least 1");
        if (!(spread > 0 && spread < Double.POSITIVE_INFINITY && minDist >= 0 && minDist <= spread)) throw new IllegalArgumentException(
                "Umap: minDist is " + minDist + " and spread " + spread + "; spread is positive and minDist between 0 and spread");
        if (epochs < 0) throw new IllegalArgumentException("Umap: epochs is " + epochs + "; it is positive, or 0 to choose it by the rows");
        if (!(learningRate > 0) || !(repulsion >= 0) || negatives < 0)
            throw new IllegalArgumentException("Umap: learningRate is " + learningRate + ", repulsion " + repulsion + ", negatives "
                    + negatives + "; the rate is positive, the others are at least 0");
        if (!(mix >= 0 && mix <= 1)) throw new IllegalArgumentException("Umap: mix is " + mix + "; it lies in [0, 1]");
        Objects.requireNonNull(start, "start");
        Objects.requireNonNull(metric, "metric");
        if (!(targetWeight >= 0 && targetWeight < 1))
            throw new IllegalArgumentException("Umap: targetWeight is " + targetWeight + "; it lies in [0, 1)");
    }

    public Umap(int neighbors) { this(neighbors, 2, 0.1, 1, 0, 1, 1, 5, 1, Start.SPECTRAL, Metric.EUCLIDEAN, 0, 0); }

    public Umap() { this(15); }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.NO_WEIGHTS, Tag.RANDOMISED, Tag.ORDER_DEPENDENT);
        if (metric instanceof Metric.Custom) tags.add(Tag.NOT_SAVABLE);
        if (targetWeight > 0) tags.add(Tag.SUPERVISED);
        return tags;
    }

    /** The curve of closeness on the map. */
    public UmapCurve curve() { return UmapCurve.of(minDist, spread); }

    UmapLayout layout(int n, int divisor) {
        int passes = epochs > 0 ? epochs : n <= 10_000 ? 500 : 200;
        return new UmapLayout(curve(), Math.max(1, passes / divisor), learningRate, repulsion, negatives);
    }

    /** The memberships {@code p_j|i} (n x n): rows of k entries. */
    public Csr memberships(Tensor x) { return UmapGraph.directed(NeighborLists.of(LearnerInput.forFit(this, x), metric, neighbors)); }

    /** The graph (n x n), symmetric, without regard to labels. */
    public Csr graph(Tensor x) { return UmapGraph.union(memberships(x), mix); }

    @Override public UmapModel fit(Tensor x) { return fit(x, null, null); }

    @Override public UmapModel fit(Tensor x, Tensor y, Tensor weights) { return fit(x, y, weights, Progress.SILENT); }

    /** Like {@link #fit(Tensor, Tensor, Tensor)}, heard and stopped by {@code progress}. */
    public UmapModel fit(Tensor x, Tensor y, Tensor weights, Progress progress) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var lists = NeighborLists.of(input, metric, neighbors);
        var graph = graph(input, lists, y);
        int n = input.rows();
        var rng = Rng.of(seed);
        double[] places = start(input.x().to(DType.F64), graph, rng.split(1));
        layout(n, 1).run(graph, places, components, rng.split(2), progress);
        var rows = metric instanceof Metric.Cosine || metric instanceof Metric.Mahalanobis ? input.x().to(DType.F64).copy() : null;
        return new UmapModel(this, lists.index(), rows, Tensor.of(places, n, components).to(input.x().dtype()));
    }

    Csr graph(LearnerInput input, NeighborLists lists, Tensor y) {
        var graph = UmapGraph.union(UmapGraph.directed(lists), mix);
        if (targetWeight == 0) return graph;
        if (y == null || y.rank() != 1 || y.size(0) != input.rows() || y.dtype().isFloat()) throw new IllegalArgumentException(
                input.operation() + ": targetWeight is " + targetWeight + ", so y holds an integer label for each of the " + input.rows()
                        + " rows; it is " + (y == null ? "null" : y.dtype() + " of shape " + y.shape()));
        return UmapGraph.supervised(graph, y.toLongArray(), 2.5 / (1 - targetWeight));
    }

    private double[] start(Tensor x, Csr graph, Rng rng) {
        int n = (int) x.size(0);
        double[] out = Tensor.rand(rng.split(1), DType.F64, n, components).mul(20).sub(10).toDoubleArray();
        if (start == Start.RANDOM) return out;
        Tensor wide = null;
        if (start == Start.SPECTRAL && n > components + 1) {
            var laplacian = new GraphLaplacian(graph, GraphLaplacian.Kind.SYMMETRIC);
            if (Arrays.stream(laplacian.components()).max().orElseThrow() == 0)
                wide = laplacian.lowest(components + 1).vectors().narrow(1, 1, components);
        }
        int k = (int) Math.min(components, Math.min(n, x.size(1)));
        if (wide == null) wide = new Pca(k).fit(x).transform(x);
        double most = wide.abs().max().item();
        double[] coordinates = wide.contiguous().toDoubleArray();
        int given = (int) wide.size(1);
        double[] noise = Tensor.randn(rng.split(2), DType.F64, n, components).mul(1e-4).toDoubleArray();
        for (int i = 0; i < n * components; i++) {
            int c = i % components;
            if (c < given && most > 0) out[i] = 10 / most * coordinates[i / components * given + c] + noise[i];
        }
        return out;
    }

    @Override public Tensor fitTransform(Tensor x) { return fit(x).embedding(); }
}
