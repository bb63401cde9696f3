package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.linalg.dense.SquaredDistances;

/** Lloyd's iterations, with or without Hamerly's bounds: assign, sum, move. */
final class Lloyd {
    /** Centres whose distances are computed together. */
    static final int CENTRES = 8;
    /** Sums are told by what changed, and every so many iterations and in the end anew, lest rounding gathers. */
    private static final int ANEW = 16;
    private final Points points;
    private final int n, p, k, grain;
    private final int[] labels;
    /** Squared distance of each row to its centre. */
    private final double[] own;
    private final double[][] sums;
    /** The cluster under which the sums have each row. */
    private final int[] summed;
    private int iterations;
    private final double[][] masses;

    Lloyd(Points points, int k) {
        this.points = points;
        this.n = points.n;
        this.p = points.p;
        this.k = k;
        this.grain = points.grain();
        this.labels = new int[n];
        this.own = new double[n];
        this.summed = new int[n];
        this.sums = new double[points.pieces()][k * p];
        this.masses = new double[points.pieces()][k];
        Arrays.fill(labels, -1);
    }

    KMeansRun run(double[] start, int maxIterations, double movement, Bounds bounds) {
        var history = new double[maxIterations + 1];
        double[] centres = start.clone();
        int iteration = 0;
        boolean settled = false, moved = true;
        while (iteration < maxIterations && !settled && moved) {
            boolean changed = assign(centres, iteration == 0 ? null : bounds);
            if (iteration == 0 && bounds != null) firstBounds(centres, bounds);
            history[iteration++] = inertia();
            double[] next = means(centres, false);
            double shift = bounds == null ? shift(centres, next) : follow(centres, next, bounds);
            centres = next;
            settled = !changed;
            moved = shift > movement;
        }
        if (iteration > 0) {
            double[] exact = means(centres, true);
            if (bounds != null) follow(centres, exact, bounds);
            centres = exact;
        }
        if (!settled) {
            assign(centres, bounds);
            history[iteration] = inertia();
        }
        int length = settled ? iteration : iteration + 1;
        return new KMeansRun(centres, labels, history[length - 1], Arrays.copyOf(history, length), iteration, settled || !moved);
    }

    /** Labels and inertia for centres that were found otherwise. */
    KMeansRun settle(double[] centres, int iterations, boolean converged) {
        assign(centres, null);
        double inertia = inertia();
        return new KMeansRun(centres, labels, inertia, new double[] {inertia}, iterations, converged);
    }

    /** Each row to its nearest centre (the first of equal ones); true if any row changed. */
    private boolean assign(double[] centres, Bounds bounds) {
        var changed = new boolean[points.pieces()];
        double[] half = bounds == null ? null : halfGaps(centres);
        Parallel.range(points.blocks, grain, (from, to) -> {
            var best = new double[Points.BLOCK];
            double[][] distance = room(k);
            var label = new int[Points.BLOCK];
            boolean any = false;
            for (int b = (int) from; b < to; b++)
                any |= bounds == null ? assignBlock(b, centres, best, label, distance) : assignWithBounds(b, centres, half, bounds);
            changed[(int) (from / grain)] = any;
        });
        for (boolean any : changed) if (any) return true;
        return false;
    }

    private boolean assignBlock(int b, double[] centres, double[] best, int[] label, double[][] distance) {
        nearest(points, b, centres, k, best, label, distance);
        int first = b * Points.BLOCK, count = points.count(b);
        boolean any = !Arrays.equals(label, 0, count, labels, first, first + count);
        System.arraycopy(label, 0, labels, first, count);
        System.arraycopy(best, 0, own, first, count);
        return any;
    }

    /** @param distance {@link #room} */
    static void nearest(Points points, int b, double[] centres, int k, double[] best, int[] label, double[][] distance) {
        Arrays.fill(best, Double.POSITIVE_INFINITY);
        Arrays.fill(label, 0);
        double[] least = distance[distance.length - 1];
        for (int first = 0; first < k; first += CENTRES) {
            int count = Math.min(CENTRES, k - first);
            points.squaredDistances(b, centres, first * points.p, count, distance);
            System.arraycopy(distance[0], 0, least, 0, Points.BLOCK);
            for (int c = 1; c < count; c++) lower(least, distance[c]);
            for (int r = 0; r < Points.BLOCK; r++) {
                if (!(least[r] < best[r])) continue;
                best[r] = least[r];
                int c = 0;
                while (distance[c][r] != best[r]) c++;
                label[r] = first + c;
            }
        }
    }

    /** Room for {@link #nearest} of so many centres. */
    static double[][] room(int k) { return new double[Math.min(k, CENTRES) + 1][Points.BLOCK]; }

    private static void lower(double[] least, double[] distance) {
        for (int r = 0; r < Points.BLOCK; r++) least[r] = Math.min(least[r], distance[r]);
    }

    private boolean assignWithBounds(int b, double[] centres, double[] half, Bounds bounds) {
        boolean any = false;
        int first = b * Points.BLOCK, last = first + points.count(b);
        for (int i = first; i < last; i++) {
            int label = labels[i];
            double squared = points.squaredDistance(i, centres, label * p);
            own[i] = squared;
            if (Math.sqrt(squared) + bounds.slack < Math.max(half[label], bounds.lower[i])) continue;
            int nearest = search(i, centres, bounds);
            any |= nearest != label;
            labels[i] = nearest;
        }
        return any;
    }

    /** All distances of one row: sets its own distance and its bound, returns the nearest centre. */
    private int search(int i, double[] centres, Bounds bounds) {
        double best = Double.POSITIVE_INFINITY, second = Double.POSITIVE_INFINITY;
        int nearest = 0;
        for (int c = 0; c < k; c++) {
            double d = points.squaredDistance(i, centres, c * p);
            if (d < best) {
                second = best;
                best = d;
                nearest = c;
            } else if (d < second) {
                second = d;
            }
        }
        own[i] = best;
        bounds.lower[i] = Math.sqrt(second);
        return nearest;
    }

    private void firstBounds(double[] centres, Bounds bounds) {
        Parallel.range(points.blocks, grain, (from, to) -> {
            for (int i = (int) from * Points.BLOCK, last = (int) Math.min(n, to * Points.BLOCK); i < last; i++) search(i, centres, bounds);
        });
        double largest = 0;
        for (double d : bounds.lower) if (d < Double.POSITIVE_INFINITY) largest = Math.max(largest, d);
        bounds.slack = 1e-11 * largest;
    }

    /** Half the distance of each centre to the nearest other one: a row nearer than that cannot have another nearest centre. */
    private double[] halfGaps(double[] centres) {
        var half = new double[k];
        Arrays.fill(half, Double.POSITIVE_INFINITY);
        for (int a = 0; a < k; a++) {
            for (int b = 0; b < a; b++) {
                double d = Math.sqrt(SquaredDistances.ofRow(centres, a * p, centres, b * p, p)) / 2;
                half[a] = Math.min(half[a], d);
                half[b] = Math.min(half[b], d);
            }
        }
        return half;
    }

    private double inertia() {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += points.weights[i] * own[i];
        return sum;
    }

    private double[] means(double[] centres, boolean ofAll) {
        boolean anew = iterations++ % ANEW == 0 || ofAll;
        Parallel.range(points.blocks, grain,
                (from, to) -> addUp((int) (from / grain), (int) from * Points.BLOCK, (int) Math.min(n, to * Points.BLOCK), anew));
        double[] sum = sums[0].clone(), mass = masses[0].clone();
        for (int piece = 1; piece < sums.length; piece++) {
            for (int j = 0; j < sum.length; j++) sum[j] += sums[piece][j];
            for (int c = 0; c < k; c++) mass[c] += masses[piece][c];
        }
        repairEmpty(sum, mass);
        for (int c = 0; c < k; c++) {
            for (int j = c * p; j < (c + 1) * p; j++) sum[j] = mass[c] > 0 ? sum[j] / mass[c] : centres[j];
        }
        return sum;
    }

    /** Sums by cluster: of all rows, or changed by the rows that changed their cluster since the last call. */
    private void addUp(int piece, int from, int to, boolean anew) {
        double[] sum = sums[piece], mass = masses[piece];
        if (anew) Arrays.fill(sum, 0);
        Arrays.fill(mass, 0);
        for (int i = from; i < to; i++) {
            double w = points.weights[i];
            int label = labels[i];
            mass[label] += w;
            if (!anew && label == summed[i]) continue;
            if (!anew) add(sum, summed[i] * p, i * p, -w);
            add(sum, label * p, i * p, w);
            summed[i] = label;
        }
    }

    private void add(double[] sum, int to, int row, double w) { for (int j = 0; j < p; j++) sum[to + j] += w * points.rows[row + j]; }

    /** Gives each empty cluster the row that is farthest from its own centre, and takes it from there. */
    private void repairEmpty(double[] sum, double[] mass) {
        double[] far = null;
        for (int c = 0; c < k; c++) {
            if (mass[c] > 0) continue;
            if (far == null) {
                far = own.clone();
                for (int i = 0; i < n; i++) if (points.weights[i] == 0) far[i] = 0;
            }
            int row = 0;
            for (int i = 1; i < n; i++) if (far[i] > far[row]) row = i;
            if (!(far[row] > 0)) return;
            far[row] = 0;
            double w = points.weights[row];
            mass[c] = w;
            mass[labels[row]] -= w;
            for (int j = 0; j < p; j++) {
                sum[c * p + j] = w * points.rows[row * p + j];
                sum[labels[row] * p + j] -= w * points.rows[row * p + j];
            }
        }
    }

    private double shift(double[] from, double[] to) { return SquaredDistances.ofRow(from, 0, to, 0, k * p); }

    /** {@link #shift}, while the bounds give way by the largest movement of any other centre. */
    private double follow(double[] from, double[] to, Bounds bounds) {
        double total = 0, first = 0, second = 0;
        int farthest = 0;
        for (int c = 0; c < k; c++) {
            double squared = SquaredDistances.ofRow(from, c * p, to, c * p, p), moved = Math.sqrt(squared);
            total += squared;
            if (moved > first) {
                second = first;
                first = moved;
                farthest = c;
            } else if (moved > second) {
                second = moved;
            }
        }
        for (int i = 0; i < n; i++) bounds.lower[i] -= labels[i] == farthest ? second : first;
        return total;
    }
}
