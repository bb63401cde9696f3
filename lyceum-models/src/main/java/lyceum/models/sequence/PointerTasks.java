package lyceum.models.sequence;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Tasks whose answers are places of the input: what a {@link PointerNetwork} is tried on. Each call draws a fresh batch; answers have one form. */
public final class PointerTasks {
    private PointerTasks() {}

    /**
     * Elements and where to point.
     *
     * @param x (batch, elements, inputs)
     * @param places (batch, T), I64
     */
    public record Batch(Tensor x, Tensor places) {}

    /** Numbers in [0, 1) of which no two are nearer than {@code gap}, and their places in ascending order. */
    public static Batch sorting(Rng rng, int batch, int n, double gap) {
        if (n < 1 || !(gap >= 0 && (n - 1) * gap < 1))
            throw new IllegalArgumentException("sorting: " + n + " numbers with gaps of " + gap + " do not fit in [0, 1)");
        var x = new float[batch * n];
        var places = new long[batch * n];
        for (int b = 0; b < batch; b++) {
            // What is left of the interval when all gaps are taken out is cut at random, and the gaps put in again.
            var cuts = new double[n];
            for (int i = 0; i < n; i++) cuts[i] = rng.nextDouble() * (1 - (n - 1) * gap);
            Arrays.sort(cuts);
            int[] order = rng.permutation(n);
            for (int i = 0; i < n; i++) {
                x[b * n + order[i]] = (float) (cuts[i] + i * gap);
                places[b * n + i] = order[i];
            }
        }
        return new Batch(Tensor.of(x, batch, n, 1), Tensor.of(places, batch, n));
    }

    /** Points in the unit square (batch, n, 2). */
    public static Tensor points(Rng rng, int batch, int n) { return Tensor.rand(rng, batch, n, 2).compute(); }

    /** Points and their shortest closed tour: from the first point on, towards the nearer-numbered of its two neighbours. At most 12 points. */
    public static Batch tours(Rng rng, int batch, int n) {
        var x = points(rng, batch, n);
        var places = new long[batch * n];
        for (int b = 0; b < batch; b++) {
            int[] tour = shortestTour(x.get(b).toRows());
            for (int i = 0; i < n; i++) places[b * n + i] = tour[i];
        }
        return new Batch(x, Tensor.of(places, batch, n));
    }

    /** The shortest closed tour by Held and Karp (1962), from place 0, its second place below its last. */
    public static int[] shortestTour(double[][] points) {
        int n = points.length;
        if (n < 1 || n > 12) throw new IllegalArgumentException("shortestTour: " + n + " points; 1 to 12");
        if (n < 3) return n == 1 ? new int[] {0} : new int[] {0, 1};
        int rest = n - 1, sets = 1 << rest;
        var cost = new double[sets][rest];
        var from = new int[sets][rest];
        for (int set = 1; set < sets; set++) for (int end = 0; end < rest; end++) {
            cost[set][end] = Double.POSITIVE_INFINITY;
            if ((set >> end & 1) == 0) continue;
            int before = set & ~(1 << end);
            if (before == 0) cost[set][end] = distance(points, 0, end + 1);
            for (int k = 0; k < rest; k++) {
                if ((before >> k & 1) == 0) continue;
                double c = cost[before][k] + distance(points, k + 1, end + 1);
                if (c >= cost[set][end]) continue;
                cost[set][end] = c;
                from[set][end] = k;
            }
        }
        int end = 0;
        for (int k = 1; k < rest; k++)
            if (cost[sets - 1][k] + distance(points, k + 1, 0) < cost[sets - 1][end] + distance(points, end + 1, 0)) end = k;
        var tour = new int[n];
        for (int set = sets - 1, i = n - 1; i >= 1; i--) {
            tour[i] = end + 1;
            int before = from[set][end];
            set &= ~(1 << end);
            end = before;
        }
        if (tour[1] > tour[n - 1]) for (int i = 1, j = n - 1; i < j; i++, j--) {
            int kept = tour[i];
            tour[i] = tour[j];
            tour[j] = kept;
        }
        return tour;
    }

    /** Of the closed tour. */
    public static double length(double[][] points, int[] tour) {
        double sum = 0;
        for (int i = 0; i < tour.length; i++) sum += distance(points, tour[i], tour[(i + 1) % tour.length]);
        return sum;
    }

    private static double distance(double[][] points, int a, int b) {
        return Math.hypot(points[a][0] - points[b][0], points[a][1] - points[b][1]);
    }

    /** The convex hull counter-clockwise from its lowest-numbered corner, by Andrew's chains (1979). */
    public static int[] hull(double[][] points) {
        int n = points.length;
        if (n < 3) throw new IllegalArgumentException("hull: " + n + " points; at least 3");
        var order = new int[n];
        for (int i = 0; i < n; i++) {
            int at = i;
            while (at > 0 && before(points, i, order[at - 1])) order[at] = order[--at];
            order[at] = i;
        }
        var chain = new int[2 * n];
        int size = 0;
        for (int pass = 0, least = 0; pass < 2; pass++, least = size - 1) for (int i = 0; i < n; i++) {
            int p = pass == 0 ? order[i] : order[n - 1 - i];
            if (pass == 1 && i == 0) continue;
            while (size >= least + 2 && turn(points, chain[size - 2], chain[size - 1], p) <= 0) size--;
            chain[size++] = p;
        }
        size--;
        int first = 0;
        for (int i = 1; i < size; i++) if (chain[i] < chain[first]) first = i;
        var hull = new int[size];
        for (int i = 0; i < size; i++) hull[i] = chain[(first + i) % size];
        return hull;
    }

    private static boolean before(double[][] p, int a, int b) { return p[a][0] < p[b][0] || p[a][0] == p[b][0] && p[a][1] < p[b][1]; }

    private static double turn(double[][] p, int a, int b, int c) {
        return (p[b][0] - p[a][0]) * (p[c][1] - p[a][1]) - (p[b][1] - p[a][1]) * (p[c][0] - p[a][0]);
    }
}
