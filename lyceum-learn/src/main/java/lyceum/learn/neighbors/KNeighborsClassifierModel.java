package lyceum.learn.neighbors;

import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link KNeighborsClassifier}: the rows and their labels.
 *
 * @param k neighbours asked
 * @param weights how much each says
 * @param classes the labels, ascending
 * @param codes of the rows
 * @param sampleWeights of the rows; empty if all are 1
 * @param index the rows
 */
public record KNeighborsClassifierModel(int k, NeighborWeights weights, long[] classes, int[] codes, double[] sampleWeights,
        NeighborIndex index) implements ClassificationModel {
    @Override public long[] classes() { return classes.clone(); }

    @Override public int nFeatures() { return index.nFeatures(); }

    /** Shares of the neighbours' votes. */
    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        var near = index.neighbors(rows, k);
        double[] distances = near.distances().toDoubleArray(), w = new double[k];
        int[] indices = near.indices().toIntArray();
        int n = (int) rows.size(0), c = classes.length;
        var shares = new double[n * c];
        for (int i = 0; i < n; i++) {
            weights.fill(distances, i * k, k, w);
            double total = 0;
            for (int j = 0; j < k; j++) {
                int row = indices[i * k + j];
                double vote = sampleWeights.length == 0 ? w[j] : w[j] * sampleWeights[row];
                shares[i * c + codes[row]] += vote;
                total += vote;
            }
            for (int s = i * c; s < (i + 1) * c; s++) shares[s] /= total;
        }
        return Tensor.of(shares, n, c).to(rows.dtype());
    }
}
