package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.learn.neighbors.Metric;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.learn.neighbors.NeighborIndex;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/** Distances from one row to the others, and to its {@code minPoints}-th nearest, itself counted as the first. */
final class CoreDistances {
    final int n;
    final double[] core;
    private final Tensor x;
    private final NeighborIndex index;

    CoreDistances(LearnerInput input, int minPoints, Metric metric) {
        this.x = input.x();
        this.n = input.rows();
        if (minPoints > n) throw new IllegalArgumentException(
                input.operation() + ": minPoints is " + minPoints + " but x has " + n + " row" + (n == 1 ? "" : "s"));
        this.index = new NearestNeighbors().withMetric(metric).fit(x);
        this.core = index.neighbors(x, minPoints).distances().select(1, minPoints - 1).toDoubleArray();
    }

    /** Fills {@code out} with the distances of row i, infinite beyond {@code radius}. */
    void row(int i, double radius, double[] out) {
        Arrays.fill(out, Double.POSITIVE_INFINITY);
        var around = index.withinRadius(x.narrow(0, i, 1), radius);
        int[] rows = around.indices()[0];
        double[] distances = around.distances()[0];
        for (int j = 0; j < rows.length; j++) out[rows[j]] = distances[j];
    }
}
