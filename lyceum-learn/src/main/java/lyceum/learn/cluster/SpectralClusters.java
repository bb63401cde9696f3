package lyceum.learn.cluster;

import lyceum.stats.learner.ClusterModel;
import lyceum.tensor.Tensor;

/**
 * What {@link SpectralClustering} found.
 *
 * @param labels of the rows (n), I64
 * @param embedding of the rows (n x k), F64
 * @param eigenvalues the lowest ones, ascending, more than clusters
 * @param components connected components of the graph: where they are more than the clusters asked for, the eigenvectors tell islands and no structure
 * @param nClusters k
 * @param nFeatures columns of what was fitted
 */
public record SpectralClusters(Tensor labels, Tensor embedding, Tensor eigenvalues, int components, int nClusters, int nFeatures)
        implements ClusterModel {
    /** The number of eigenvalues before the largest gap: on clear data the number of clusters. */
    public int suggestedClusters() {
        double[] l = eigenvalues.toDoubleArray();
        int best = 1;
        double most = Double.NEGATIVE_INFINITY;
        for (int k = 1; k < l.length; k++) {
            if (l[k] - l[k - 1] <= most) continue;
            most = l[k] - l[k - 1];
            best = k;
        }
        return best;
    }

    /** Not for new rows, which have no place in the graph. @throws UnsupportedOperationException always */
    @Override public Tensor predict(Tensor x) {
        throw new UnsupportedOperationException(
                "SpectralClusters.predict: new rows have no place in the graph; fit them together with the others, or a classifier to the labels");
    }
}
