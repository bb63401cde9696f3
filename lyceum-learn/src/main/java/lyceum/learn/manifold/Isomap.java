package lyceum.learn.manifold;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.kernel.PrecomputedKernel;
import lyceum.learn.decomposition.KernelPca;
import lyceum.learn.neighbors.Metric;
import lyceum.progress.Progress;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Isomap: each row is joined to its nearest neighbours, lengths G of shortest paths stand for distances along the surface, and classical scaling lays
 * them out: coordinates are the leading eigenvectors of {@code -1/2 H G^2 H} times the roots of their eigenvalues, with {@code H = I - 1 1^T / n}.
 *
 * {@snippet :
 * Tensor roll = Datasets.swissRoll(Rng.of(1), 1000, 0).x();
 * IsomapModel model = new Isomap(10, 2).fit(roll);
 * Tensor flat = model.embedding();                     // (1000 x 2)
 * Tensor more = model.transform(Datasets.swissRoll(Rng.of(2), 50, 0).x());
 * }
 *
 * <p>A graph in pieces is joined by the shortest edges between them; {@link IsomapModel#pieces()} tells. {@code O(n^2)} memory,
 * {@code O(n^2 (k + log n))} time for the paths. Signs are free: here an eigenvector's entry of the largest magnitude is positive.
 *
 * @param neighbors k; too many join turns of a roll, too few tear it
 * @param components columns of the map
 * @param metric of the distances between neighbours, Euclidean by default
 * @see <a href="https://doi.org/10.1126/science.290.5500.2319">Tenenbaum, de Silva and Langford (2000)</a>
 */
@Withers
public record Isomap(int neighbors, int components, Metric metric) implements IsomapWithers, Transformer {
    public Isomap {
        if (neighbors < 1) throw new IllegalArgumentException("Isomap: neighbors is " + neighbors + "; each row needs at least 1");
        if (components < 1) throw new IllegalArgumentException("Isomap: components is " + components + "; it is at least 1");
        Objects.requireNonNull(metric, "metric");
    }

    public Isomap(int neighbors, int components) { this(neighbors, components, Metric.EUCLIDEAN); }

    @Override public Set<Tag> tags() {
        return metric instanceof Metric.Custom ? Set.of(Tag.NO_WEIGHTS, Tag.NOT_SAVABLE) : Set.of(Tag.NO_WEIGHTS);
    }

    @Override public IsomapModel fit(Tensor x) { return fit(x, null, null); }

    @Override public IsomapModel fit(Tensor x, Tensor y, Tensor weights) { return fit(x, y, weights, Progress.SILENT); }

    /** Like {@link #fit(Tensor, Tensor, Tensor)}, heard and stopped by {@code progress}. */
    public IsomapModel fit(Tensor x, Tensor y, Tensor weights, Progress progress) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var lists = NeighborLists.of(input, metric, neighbors);
        var graph = NeighborGraph.of(lists, new int[0][], new double[0]);
        int[] piece = graph.pieces();
        int n = input.rows(), pieces = Arrays.stream(piece).max().orElseThrow() + 1;
        if (pieces > 1) graph = NeighborGraph.connected(lists, piece, pieces, input.x());
        double[] gram = graph.shortestPaths(progress);
        for (int i = 0; i < gram.length; i++) gram[i] *= -0.5 * gram[i];
        var scaling = new KernelPca(new PrecomputedKernel(), components).fit(Tensor.of(gram, n, n));
        return new IsomapModel(lists.index(), neighbors, scaling, scaling.transform(scaling.rows()).to(input.x().dtype()), pieces);
    }

    @Override public Tensor fitTransform(Tensor x) { return fit(x).embedding(); }

    /** Lengths of the shortest paths over the graph of neighbours between all rows of {@code x} (n x n), F64. */
    public Tensor geodesics(Tensor x) { return fit(x.to(DType.F64)).geodesics(); }
}
