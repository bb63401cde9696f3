package lyceum.learn.anomaly;

import lyceum.DType;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.learn.neighbors.NeighborIndex;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Far from its neighbours: the distance to the k-th nearest training row, or the mean distance to the k nearest.
 *
 * @param neighbors k, at least 1; training rows must be more
 * @param mean false by default: the k-th distance
 * @see <a href="https://doi.org/10.1145/342009.335437">Ramaswamy, Rastogi and Shim (2000)</a>
 */
@Withers
public record NeighborDistance(int neighbors, boolean mean) implements NeighborDistanceWithers, AnomalyScorer {
    public NeighborDistance {
        if (neighbors < 1) throw new IllegalArgumentException("NeighborDistance: neighbors is " + neighbors + "; it is at least 1");
    }

    public NeighborDistance(int neighbors) { this(neighbors, false); }

    @Override public Fitted fit(Tensor x) {
        var rows = LearnerInput.forFit(this, x).x().to(DType.F64);
        var index = new NearestNeighbors().fit(rows);
        return new Fitted(this, index, summary(Neighborhoods.ofTraining(index, neighbors, name()).distances()));
    }

    private Tensor summary(double[][] distances) {
        var out = new double[distances.length];
        for (int i = 0; i < out.length; i++) {
            if (!mean) out[i] = distances[i][neighbors - 1];
            else for (double d : distances[i]) out[i] += d / neighbors;
        }
        return Tensor.of(out);
    }

    public record Fitted(NeighborDistance scorer, NeighborIndex index, Tensor trainingScores) implements ScoringModel {
        @Override public int nFeatures() { return index.nFeatures(); }

        @Override public Tensor scores(Tensor x) {
            var queries = LearnerInput.forModel(this, x).x().to(DType.F64);
            return scorer.summary(index.neighbors(queries, scorer.neighbors).distances().toRows());
        }
    }
}
