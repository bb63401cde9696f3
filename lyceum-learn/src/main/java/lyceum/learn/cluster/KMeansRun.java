package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.linalg.dense.SquaredDistances;
import lyceum.tensor.Tensor;

/** How one run from one start ended. */
record KMeansRun(double[] centres, int[] labels, double inertia, double[] history, int iterations, boolean converged) {

    KMeansModel model(Points points, int k) {
        int p = points.p;
        double[] mean = points.mean(), mass = new double[k];
        double total = 0, between = 0;
        for (int i = 0; i < points.n; i++) {
            total += points.weights[i] * points.squaredDistance(i, mean, 0);
            mass[labels[i]] += points.weights[i];
        }
        for (int c = 0; c < k; c++) between += mass[c] * SquaredDistances.ofRow(centres, c * p, mean, 0, p);
        long[] wide = Arrays.stream(labels).asLongStream().toArray();
        return new KMeansModel(Tensor.of(centres, k, p), Tensor.of(wide), inertia, total, between, mass, history, iterations, converged);
    }
}
