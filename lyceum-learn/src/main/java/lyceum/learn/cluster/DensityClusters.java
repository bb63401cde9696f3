package lyceum.learn.cluster;

import lyceum.stats.learner.ClusterModel;
import lyceum.tensor.Tensor;

/**
 * Clusters of dense rows, and noise; made by {@link Dbscan}, {@link Optics} and {@link Hdbscan}.
 *
 * @param labels of the rows (n), I64; -1 is noise
 * @param core for each row whether it is core
 * @param nClusters how many clusters there are
 * @param nFeatures columns of the rows
 */
public record DensityClusters(Tensor labels, boolean[] core, int nClusters, int nFeatures) implements ClusterModel {
    /** A copy. */
    @Override public boolean[] core() { return core.clone(); }

    /** How many rows are noise. */
    public int noise() {
        int count = 0;
        for (long label : labels.toLongArray()) if (label < 0) count++;
        return count;
    }

    /** Not for new rows: they could join clusters. @throws UnsupportedOperationException always */
    @Override public Tensor predict(Tensor x) {
        throw new UnsupportedOperationException(
                "DensityClusters.predict: new rows could join two clusters; fit them together with the others, or a classifier to the labels");
    }
}
