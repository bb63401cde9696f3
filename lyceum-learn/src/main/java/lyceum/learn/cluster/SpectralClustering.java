package lyceum.learn.cluster;

import java.util.Objects;
import java.util.Set;
import lyceum.learn.cluster.GraphLaplacian.Kind;
import lyceum.stats.learner.Clusterer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Spectral clustering: a graph of near rows is embedded by the lowest eigenvectors of its {@link GraphLaplacian}, where tangled shapes become balls that
 * k-means separates.
 *
 * {@snippet :
 * var moons = Datasets.moons(Rng.of(1), 300, 0.05).x();
 * var model = new SpectralClustering(2).fit(moons);
 * model.labels();
 * model.suggestedClusters();                           // where the eigenvalues jump
 * }
 *
 * <p>With the symmetric Laplacian rows of the embedding are scaled to length 1 (Ng, Jordan and Weiss); with the random walk they are not (Shi and Malik).
 *
 * @param clusters k, at least 1
 * @param affinity which rows are near; 10 neighbours by default
 * @param laplacian symmetric by default
 * @param restarts of k-means, 10 by default
 * @param seed of k-means
 * @see <a href="https://papers.nips.cc/paper/2092-on-spectral-clustering-analysis-and-an-algorithm">Ng, Jordan and Weiss (2001)</a>
 * @see <a href="https://doi.org/10.1109/34.868688">Shi and Malik (2000), Normalized cuts and image segmentation</a>
 */
@Withers
public record SpectralClustering(int clusters, Affinity affinity, Kind laplacian, int restarts, long seed)
        implements SpectralClusteringWithers, Clusterer {
    /** Eigenvalues among which the gap is looked for, at least. */
    private static final int SPECTRUM = 10;

    public SpectralClustering {
        if (clusters < 1) throw new IllegalArgumentException("clusters is " + clusters + "; at least 1 is needed");
        Objects.requireNonNull(affinity, "affinity");
        Objects.requireNonNull(laplacian, "laplacian");
        if (restarts < 1) throw new IllegalArgumentException("restarts is " + restarts + "; at least 1 run is needed");
    }

    public SpectralClustering(int clusters) { this(clusters, new Affinity.Neighbours(10), Kind.SYMMETRIC, 10, 0); }

    @Override public Set<Tag> tags() {
        return affinity instanceof Affinity.Precomputed ? Set.of(Tag.TRANSDUCTIVE, Tag.NO_WEIGHTS, Tag.RANDOMISED, Tag.PAIRWISE)
                : Set.of(Tag.TRANSDUCTIVE, Tag.NO_WEIGHTS, Tag.RANDOMISED);
    }

    @Override public SpectralClusters fit(Tensor x) { return fit(x, null); }

    @Override public SpectralClusters fit(Tensor x, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        return fit(input.operation(), affinity.graph(input.x()), input.columns());
    }

    /** Fits to a graph (n x n), whatever the affinity. */
    public SpectralClusters fit(Csr graph) { return fit("SpectralClustering.fit", graph, (int) graph.columns()); }

    private SpectralClusters fit(String operation, Csr graph, int columns) {
        var l = new GraphLaplacian(graph, laplacian);
        int n = l.size();
        if (clusters > n) throw new IllegalArgumentException(operation + ": clusters is " + clusters + " but there are " + n + " rows");
        var spectrum = l.lowest(Math.min(n, Math.max(SPECTRUM, clusters + 1)));
        var embedding = spectrum.vectors().narrow(1, 0, clusters).contiguous();
        if (laplacian == Kind.SYMMETRIC) {
            var length = embedding.square().sum(1, true).sqrt();
            embedding = embedding.div(Tensor.where(length.eq(0), length.onesLike(), length)).compute();
        }
        var labels = new KMeans(clusters).withRestarts(restarts).withSeed(seed).withTolerance(0).fit(embedding).labels();
        int components = 0;
        for (int c : l.components()) components = Math.max(components, c + 1);
        return new SpectralClusters(labels, embedding, spectrum.values(), components, clusters, columns);
    }
}
