package lyceum.learn.cluster;

import lyceum.linalg.dense.SquaredDistances;
import lyceum.tensor.Tensor;

/** How one run from one start ended. */
record KMeansRun(double[] centres, int[] labels, double inertia, double[] history, int iterations, boolean converged) {

    KMeansModel model(Points points, int k) {
        int p = points.p;
        double[] mass = new double[k];
        var wide = new long[points.n];
        for (int i = 0; i < points.n; i++) {
            wide[i] = labels[i];
            mass[labels[i]] += points.weights[i];
        }
        double between = 0;
        for (int c = 0; c < k; c++) between += mass[c] * SquaredDistances.ofRow(centres, c * p, points.middle(), 0, p);
        return new KMeansModel(Tensor.of(centres, k, p), Tensor.of(wide), inertia, points.total(), between, mass, history, iterations,
                converged);
    }
}
