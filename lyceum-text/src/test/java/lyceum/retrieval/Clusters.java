package lyceum.retrieval;

import java.util.Arrays;
import java.util.List;
import lyceum.random.Rng;

/** Vectors around Gaussian centres. */
record Clusters(float[][] vectors, float[][] queries) {
    static Clusters of(long seed, int n, int queries, int dimensions, int centres, double noise, boolean unit) {
        var rng = Rng.of(seed);
        var middle = new double[centres][dimensions];
        for (var row : middle) for (int i = 0; i < dimensions; i++) row[i] = rng.nextGaussian();
        var all = new float[n + queries][dimensions];
        for (var row : all) {
            var centre = middle[rng.nextInt(centres)];
            double square = 0;
            for (int i = 0; i < dimensions; i++) {
                row[i] = (float) (centre[i] + noise * rng.nextGaussian());
                square += row[i] * row[i];
            }
            if (unit) for (int i = 0; i < dimensions; i++) row[i] /= (float) Math.sqrt(square);
        }
        return new Clusters(Arrays.copyOf(all, n), Arrays.copyOfRange(all, n, n + queries));
    }

    /** The share of the true ones that were found. */
    static double recall(List<VectorHit> found, List<VectorHit> truth) {
        var ids = truth.stream().map(VectorHit::id).toList();
        return found.stream().filter(h -> ids.contains(h.id())).count() / (double) truth.size();
    }
}
