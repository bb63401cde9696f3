package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.backend.NearestPoints;
import lyceum.linalg.dense.SquaredDistances;

/**
 * Lloyd's iterations, with or without Hamerly's bounds. One pass over the rows assigns them and changes the sums of the clusters that rows leave and enter; the
 * inertia follows from the sums, {@code total - between + sum_c mass_c |centre_c - mean_c|^2}, so that rows whose bounds hold are not read at all.
 */
final class Lloyd {
    /** Every so many iterations and in the end sums are added up anew, lest rounding gathers. */
    private static final int ANEW = 16;

    private final Points points;
    private final int n, p, k;
    private final int[] labels;
    private final ClusterSums[] sums;

    Lloyd(Points points, int k) {
        this.points = points;
        this.n = points.n;
        this.p = points.p;
        this.k = k;
        this.labels = new int[n];
        this.sums = new ClusterSums[points.pieces];
        for (int piece = 0; piece < sums.length; piece++) sums[piece] = new ClusterSums(points, k);
        Arrays.fill(labels, -1);
    }

    /** @param bounds null to compute all distances */
    KMeansRun run(double[] start, int maxIterations, double movement, Bounds bounds) {
        var history = new double[maxIterations + 1];
        double[] centres = start.clone();
        int iteration = 0;
        boolean settled = false, moved = true;
        while (iteration < maxIterations && !settled && moved) {
            boolean changed = assign(centres, bounds);
            if (iteration == 0 && bounds != null) bounds.setSlack();
            if (iteration % ANEW == ANEW - 1) addUpAnew();
            var sum = ClusterSums.of(sums, points, k);
            history[iteration++] = inertia(centres, sum);
            double[] next = means(centres, sum);
            double shift = SquaredDistances.ofRow(centres, 0, next, 0, k * p);
            if (bounds != null) bounds.follow(centres, next, p, false);
            centres = next;
            settled = !changed;
            moved = shift > movement;
        }
        addUpAnew();
        double[] exact = means(centres, ClusterSums.of(sums, points, k));
        if (!settled) {
            if (bounds != null) bounds.follow(centres, exact, p, true);
            assign(exact, bounds);
            iteration++;
        }
        double inertia = inertia(exact);
        history[iteration - 1] = inertia;
        return new KMeansRun(exact, labels, inertia, Arrays.copyOf(history, iteration), settled ? iteration : iteration - 1,
                settled || !moved);
    }

    /** Labels and inertia for centres that were found otherwise. */
    KMeansRun settle(double[] centres, int iterations, boolean converged) {
        assign(centres, null);
        double inertia = inertia(centres);
        return new KMeansRun(centres, labels, inertia, new double[] {inertia}, iterations, converged);
    }

    /** Each row to its nearest centre (the first of equal ones); true if any row changed. */
    private boolean assign(double[] centres, Bounds bounds) {
        double[] table = NearestPoints.table(centres, k, p);
        if (bounds != null) bounds.prepare(centres, table, p);
        var changed = new boolean[points.pieces];
        points.inPieces((piece, from, to) -> {
            var which = new int[Points.BLOCK];
            var found = new NearestPoints.Nearest(Points.BLOCK);
            for (int first = from; first < to; first += Points.BLOCK) {
                int count = 0;
                for (int i = first, last = Math.min(to, first + Points.BLOCK); i < last; i++) {
                    int label = labels[i];
                    if (bounds == null || label < 0 || !bounds.keeps(points, i, label, centres)) which[count++] = i;
                }
                points.nearest(which, count, table, k, found);
                changed[piece] |= move(which, count, found, sums[piece], bounds);
            }
        });
        for (boolean any : changed) if (any) return true;
        return false;
    }

    /** Rows into the clusters that were found for them; true if any changed. */
    private boolean move(int[] which, int count, NearestPoints.Nearest found, ClusterSums sum, Bounds bounds) {
        boolean any = false;
        for (int t = 0; t < count; t++) {
            int i = which[t], label = found.point()[t];
            if (bounds != null) bounds.set(i, found.first()[t], found.second()[t]);
            if (label == labels[i]) continue;
            any = true;
            if (labels[i] >= 0) sum.add(i, labels[i], -1);
            sum.add(i, label, 1);
            labels[i] = label;
        }
        return any;
    }

    private void addUpAnew() {
        points.inPieces((piece, from, to) -> {
            sums[piece].clear();
            for (int i = from; i < to; i++) sums[piece].add(i, labels[i], 1);
        });
    }

    /** Of the rows and their centres, one by one. */
    private double inertia(double[] centres) {
        return points.sum(i -> points.weights[i] * points.squaredDistance(i, centres, labels[i] * p));
    }

    /** By the sums alone: exact but for rounding of the total. */
    private double inertia(double[] centres, ClusterSums sum) {
        double between = 0, off = 0;
        var mean = new double[p];
        for (int c = 0; c < k; c++) {
            if (!(sum.mass(c) > 0)) continue;
            sum.mean(c, mean);
            between += sum.mass(c) * SquaredDistances.ofRow(mean, 0, points.middle(), 0, p);
            off += sum.mass(c) * SquaredDistances.ofRow(mean, 0, centres, c * p, p);
        }
        return Math.max(0, points.total() - between + off);
    }

    /** The means of the clusters. A cluster without rows takes the one that is farthest from its own centre; while there is none, it stays. */
    private double[] means(double[] centres, ClusterSums sum) {
        repairEmpty(centres, sum);
        double[] means = centres.clone(), mean = new double[p];
        for (int c = 0; c < k; c++) {
            if (!(sum.mass(c) > 0)) continue;
            sum.mean(c, mean);
            System.arraycopy(mean, 0, means, c * p, p);
        }
        return means;
    }

    private void repairEmpty(double[] centres, ClusterSums sum) {
        double[] far = null;
        for (int c = 0; c < k; c++) {
            if (sum.mass(c) > 0) continue;
            if (far == null) far = distances(centres);
            int row = 0;
            for (int i = 1; i < n; i++) if (far[i] > far[row]) row = i;
            if (!(far[row] > 0)) return;
            far[row] = 0;
            sum.add(row, labels[row], -1);
            sum.add(row, c, 1);
        }
    }

    /** Squared, of each row that counts to its own centre. */
    private double[] distances(double[] centres) {
        var own = new double[n];
        points.inPieces((piece, from, to) -> {
            for (int i = from; i < to; i++) own[i] = points.weights[i] > 0 ? points.squaredDistance(i, centres, labels[i] * p) : 0;
        });
        return own;
    }
}
