package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.backend.NearestPoints;
import lyceum.random.Rng;

/**
 * Mini-batch k-means (Sculley 2010): each batch pulls its nearest centres towards itself, by the batch's share of all weight that the centre
 * has met. Stops early when the smoothed inertia of batches stopped falling or the centres stopped moving.
 */
record MiniBatch(Points points, int k, int batchSize, int maxPasses, double movement) {
    /** Batches in a row without a better smoothed inertia after which the run ends. */
    private static final int PATIENCE = 10;
    /** A centre that met less than this share of the largest centre's weight is put on a random row. */
    private static final double LEAST_SHARE = 0.01;

    KMeansRun run(double[] start, Rng rng) {
        int n = points.n, p = points.p, size = Math.min(batchSize, n), perPass = (n + size - 1) / size;
        double[] centres = start.clone(), met = new double[k], sum = new double[k * p], mass = new double[k];
        double smooth = Double.NaN, least = Double.POSITIVE_INFINITY, rate = Math.min(1, 2.0 * size / (n + 1));
        int steps = (int) Math.min(Integer.MAX_VALUE, (long) maxPasses * perPass), waited = 0, step = 0;
        var drawn = new int[size];
        var found = new NearestPoints.Nearest(size);
        boolean converged = false;
        for (; step < steps && !converged; step++) {
            double inertia = collect(centres, drawn, found, sum, mass, rng) / size;
            double shift = pull(centres, met, sum, mass);
            if (step > 0 && step % (10 * perPass) == 0) reseat(centres, met, rng);
            if (step == 0) continue;
            smooth = Double.isNaN(smooth) ? inertia : smooth + rate * (inertia - smooth);
            waited = smooth < least ? 0 : waited + 1;
            least = Math.min(least, smooth);
            converged = movement > 0 && shift <= movement || waited >= PATIENCE;
        }
        return new Lloyd(points, k).settle(centres, step, converged);
    }

    private double collect(double[] centres, int[] drawn, NearestPoints.Nearest found, double[] sum, double[] mass, Rng rng) {
        int p = points.p, size = drawn.length;
        Arrays.fill(sum, 0);
        Arrays.fill(mass, 0);
        double inertia = 0;
        for (int t = 0; t < size; t++) drawn[t] = rng.nextInt(points.n);
        points.nearest(drawn, size, NearestPoints.table(centres, k, p), k, found);
        for (int t = 0; t < size; t++) {
            int row = drawn[t], nearest = found.point()[t];
            double w = points.weights[row];
            inertia += w * found.first()[t];
            mass[nearest] += w;
            for (int j = 0; j < p; j++) sum[nearest * p + j] += w * points.rows[row * p + j];
        }
        return inertia;
    }

    private double pull(double[] centres, double[] met, double[] sum, double[] mass) {
        int p = points.p;
        double shift = 0;
        for (int c = 0; c < k; c++) {
            if (mass[c] == 0) continue;
            met[c] += mass[c];
            for (int j = c * p; j < (c + 1) * p; j++) {
                double move = (sum[j] - mass[c] * centres[j]) / met[c];
                centres[j] += move;
                shift += move * move;
            }
        }
        return shift;
    }

    private void reseat(double[] centres, double[] met, Rng rng) {
        double largest = Arrays.stream(met).max().orElseThrow();
        for (int c = 0; c < k; c++) {
            if (met[c] >= LEAST_SHARE * largest) continue;
            int row = rng.nextInt(points.n);
            System.arraycopy(points.rows, row * points.p, centres, c * points.p, points.p);
            met[c] = Math.max(met[c], LEAST_SHARE * largest);
        }
    }
}
