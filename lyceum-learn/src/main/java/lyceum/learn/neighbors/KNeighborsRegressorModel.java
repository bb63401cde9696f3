package lyceum.learn.neighbors;

import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link KNeighborsRegressor}: the rows and their targets.
 *
 * @param k neighbours asked
 * @param weights how much each says
 * @param targets (n) or (n x m), F64
 * @param sampleWeights of the rows; empty if all are 1
 * @param index the rows
 */
public record KNeighborsRegressorModel(int k, NeighborWeights weights, Tensor targets, double[] sampleWeights, NeighborIndex index)
        implements RegressionModel {
    @Override public int nFeatures() { return index.nFeatures(); }

    @Override public Tensor predict(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        var near = index.neighbors(rows, k);
        double[] distances = near.distances().toDoubleArray(), y = targets.toDoubleArray(), w = new double[k];
        int[] indices = near.indices().toIntArray();
        int n = (int) rows.size(0), m = targets.rank() == 1 ? 1 : (int) targets.size(1);
        var means = new double[n * m];
        for (int i = 0; i < n; i++) {
            weights.fill(distances, i * k, k, w);
            double total = 0;
            for (int j = 0; j < k; j++) {
                int row = indices[i * k + j];
                double weight = sampleWeights.length == 0 ? w[j] : w[j] * sampleWeights[row];
                total += weight;
                for (int o = 0; o < m; o++) means[i * m + o] += weight * y[row * m + o];
            }
            for (int o = i * m; o < (i + 1) * m; o++) means[o] /= total;
        }
        return (targets.rank() == 1 ? Tensor.of(means) : Tensor.of(means, n, m)).to(rows.dtype());
    }
}
