package lyceum.learn.anomaly;

import lyceum.DType;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.learn.neighbors.NeighborIndex;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * Sparser than its neighbours: the mean local density of the k nearest rows over the row's own. About 1 inside a cluster of whatever density,
 * well above beside a dense one. With the reach {@code r(a, b) = max(k-distance of b, d(a, b))} the density of a is one over its mean reach.
 *
 * @param neighbors k, at least 1; 20 is usual
 * @see <a href="https://doi.org/10.1145/342009.335388">Breunig, Kriegel, Ng and Sander (2000)</a>
 */
public record LocalOutlierFactor(int neighbors) implements AnomalyScorer {
    public LocalOutlierFactor {
        if (neighbors < 1) throw new IllegalArgumentException("LocalOutlierFactor: neighbors is " + neighbors + "; it is at least 1");
    }

    @Override public Fitted fit(Tensor x) {
        var rows = LearnerInput.forFit(this, x).x().to(DType.F64);
        var index = new NearestNeighbors().fit(rows);
        var near = Neighborhoods.ofTraining(index, neighbors, name());
        var reach = new double[near.distances().length];
        for (int i = 0; i < reach.length; i++) reach[i] = near.distances()[i][neighbors - 1];
        double[] density = densities(near, reach);
        return new Fitted(index, neighbors, reach, density, Tensor.of(factors(near, density, density)));
    }

    private static double[] densities(Neighborhoods near, double[] reach) {
        var density = new double[near.distances().length];
        for (int i = 0; i < density.length; i++) {
            double sum = 0;
            int k = near.indices()[i].length;
            for (int j = 0; j < k; j++) sum += Math.max(reach[near.indices()[i][j]], near.distances()[i][j]);
            density[i] = 1 / (sum / k + 1e-10); // finite among copies, as scikit-learn has it
        }
        return density;
    }

    private static double[] factors(Neighborhoods near, double[] own, double[] density) {
        var factor = new double[own.length];
        for (int i = 0; i < factor.length; i++) for (int j : near.indices()[i]) factor[i] += density[j] / own[i] / near.indices()[i].length;
        return factor;
    }

    /**
     * @param reach k-distance of each training row
     * @param density of each training row
     */
    public record Fitted(NeighborIndex index, int neighbors, double[] reach, double[] density, Tensor trainingScores)
            implements ScoringModel {
        @Override public int nFeatures() { return index.nFeatures(); }

        @Override public Tensor scores(Tensor x) {
            var near = Neighborhoods.of(index.neighbors(LearnerInput.forModel(this, x).x().to(DType.F64), neighbors));
            return Tensor.of(factors(near, densities(near, reach), density));
        }
    }
}
