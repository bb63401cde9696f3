package lyceum.stats.learner;

import lyceum.tensor.Tensor;

/** A fitted {@link Clusterer}. */
public interface ClusterModel extends Model {
    /** The cluster of each row that it was fitted on (n), I64: {@code 0 .. nClusters() - 1}, or -1 for noise. */
    Tensor labels();

    int nClusters();

    /**
     * The cluster of each row of {@code x} (n), I64.
     *
     * @throws UnsupportedOperationException if the model is {@linkplain Tag#TRANSDUCTIVE transductive}
     */
    Tensor predict(Tensor x);
}
