package lyceum.learn.cluster;

import java.util.Arrays;

/** The weighted sum and the weight of each cluster, and how many rows give it: a cluster that lost all of them weighs nothing, whatever rounding left. */
final class ClusterSums {
    private final Points points;
    private final int p;
    private final double[] sums, masses;
    private final int[] counts;

    ClusterSums(Points points, int k) {
        this.points = points;
        this.p = points.p;
        this.sums = new double[k * p];
        this.masses = new double[k];
        this.counts = new int[k];
    }

    /** All pieces together. */
    static ClusterSums of(ClusterSums[] pieces, Points points, int k) {
        var all = new ClusterSums(points, k);
        for (var piece : pieces) {
            for (int j = 0; j < all.sums.length; j++) all.sums[j] += piece.sums[j];
            for (int c = 0; c < k; c++) {
                all.masses[c] += piece.masses[c];
                all.counts[c] += piece.counts[c];
            }
        }
        return all;
    }

    void clear() {
        Arrays.fill(sums, 0);
        Arrays.fill(masses, 0);
        Arrays.fill(counts, 0);
    }

    /** @param times 1, or -1 to take the row away */
    void add(int row, int cluster, int times) {
        double w = times * points.weights[row];
        if (w == 0) return;
        masses[cluster] += w;
        counts[cluster] += times;
        for (int j = 0, to = cluster * p, at = row * p; j < p; j++) sums[to + j] += w * points.rows[at + j];
        if (counts[cluster] > 0) return;
        masses[cluster] = 0;
        Arrays.fill(sums, cluster * p, (cluster + 1) * p, 0);
    }

    double mass(int cluster) { return masses[cluster]; }

    void mean(int cluster, double[] out) { for (int j = 0; j < p; j++) out[j] = sums[cluster * p + j] / masses[cluster]; }
}
