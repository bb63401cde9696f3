package lyceum.learn.manifold;

import lyceum.learn.neighbors.NeighborIndex;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link LocallyLinearEmbedding} found.
 *
 * @param index over the training rows
 * @param neighbors k
 * @param regularization of weights
 * @param embedding of the training rows (n x components), in their type; columns have length 1 and mean 0
 * @param reconstructionError {@code sum_i |y_i - sum_j w_ij y_j|^2}, the sum of the eigenvalues
 */
public record LocallyLinearEmbeddingModel(NeighborIndex index, int neighbors, double regularization, Tensor embedding,
        double reconstructionError) implements FittedTransformer {
    @Override public int nFeatures() { return index.nFeatures(); }

    @Override public int nOutputs() { return (int) embedding.size(1); }

    /** New rows lie among their neighbours on the map as they do in the data. */
    @Override public Tensor transform(Tensor x) {
        var input = LearnerInput.forModel(this, x).x();
        if (input.size(0) == 0) return Tensor.zeros(input.dtype(), 0, nOutputs());
        int k = Math.min(neighbors, index.size());
        int[] near = index.neighbors(input, k).indices().toIntArray();
        return Barycentres.weights(input.to(index.rows().dtype()), index.rows(), near, k, regularization)
                .matmul(embedding.to(index.rows().dtype())).to(input.dtype());
    }
}
