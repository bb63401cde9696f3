package lyceum.learn.manifold;

import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Csr;

/**
 * Stochastic gradient steps: an edge of weight w pulls its ends together in a share {@code w / max w} of the epochs, and each time its first end is pushed away
 * from some random points. One after another, so that the seed alone decides.
 */
record UmapLayout(UmapCurve curve, int epochs, double learningRate, double repulsion, int negatives) {
    /** No step is longer along any axis, times the rate. */
    private static final double LONGEST = 4;

    /** Moves {@code y} (n d). */
    void run(Csr graph, double[] y, int d, Rng rng, Progress progress) {
        int n = y.length / d, count = 0;
        double[] all = graph.values().toDoubleArray();
        double most = 0;
        for (double w : all) most = Math.max(most, w);
        for (double w : all) if (w * epochs >= most && w > 0) count++;
        int[] head = new int[count], tail = new int[count];
        double[] every = new double[count], next = new double[count];
        for (int i = 0, at = 0; i < n; i++) {
            for (int e = graph.rowStart(i); e < graph.rowStart(i + 1); e++) {
                if (!(all[e] * epochs >= most && all[e] > 0)) continue;
                head[at] = i;
                tail[at] = graph.column(e);
                every[at] = next[at] = most / all[e];
                at++;
            }
        }
        for (int epoch = 0; epoch < epochs; epoch++) {
            double rate = learningRate * (1 - (double) epoch / epochs);
            for (int e = 0; e < count; e++) {
                if (next[e] > epoch + 1) continue;
                next[e] += every[e];
                int i = head[e] * d, j = tail[e] * d;
                double pull = curve.attraction(square(y, i, y, j, d));
                for (int c = 0; c < d; c++) {
                    double step = rate * clipped(-pull * (y[i + c] - y[j + c]));
                    y[i + c] += step;
                    y[j + c] -= step;
                }
                for (int s = 0; s < negatives; s++) {
                    int other = rng.nextInt(n) * d;
                    if (other != i) push(y, i, y, other, d, rate);
                }
            }
            progress.step("UMAP", epoch + 1, epochs);
        }
    }

    /**
     * Moves one new point {@code place} on a map that stays.
     *
     * @param rows the point's neighbours, from {@code from} on
     * @param weights theirs
     */
    void place(double[] map, int[] rows, double[] weights, int from, int k, double[] place, Rng rng) {
        int d = place.length, n = map.length / d;
        var next = new double[k];
        for (int e = 0; e < k; e++) next[e] = 1 / weights[from + e];
        for (int epoch = 0; epoch < epochs; epoch++) {
            double rate = learningRate * (1 - (double) epoch / epochs);
            for (int e = 0; e < k; e++) {
                if (next[e] > epoch + 1) continue;
                next[e] += 1 / weights[from + e];
                int j = rows[from + e] * d;
                double pull = curve.attraction(square(place, 0, map, j, d));
                for (int c = 0; c < d; c++) place[c] += rate * clipped(-pull * (place[c] - map[j + c]));
                for (int s = 0; s < negatives; s++) push(place, 0, map, rng.nextInt(n) * d, d, rate);
            }
        }
    }

    private void push(double[] y, int i, double[] z, int j, int d, double rate) {
        double push = repulsion * curve.repulsion(square(y, i, z, j, d));
        for (int c = 0; c < d; c++) y[i + c] += rate * clipped(-push * (y[i + c] - z[j + c]));
    }

    private static double square(double[] y, int i, double[] z, int j, int d) {
        double sum = 0;
        for (int c = 0; c < d; c++) sum += (y[i + c] - z[j + c]) * (y[i + c] - z[j + c]);
        return sum;
    }

    private static double clipped(double v) { return Math.max(-LONGEST, Math.min(LONGEST, v)); }
}
