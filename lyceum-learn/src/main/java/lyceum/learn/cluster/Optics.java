package lyceum.learn.cluster;

import java.util.Arrays;
import java.util.Objects;
import lyceum.learn.neighbors.Metric;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * OPTICS: an order of the rows in which clusters of every density are valleys of the reachability, so that one run answers {@link Dbscan} for all smaller
 * radii.
 *
 * {@snippet :
 * var found = new Optics(5).fit(Datasets.moons(Rng.of(1), 200, 0.05).x());
 * found.clusters(0.2).labels();
 * }
 *
 * <p>The reachability of a row is the least {@code max(core distance, distance)} from a row before it in the order; infinite for the first of a component.
 * {@code O(n^2 log n)}.
 *
 * @param minPoints as for {@link Dbscan}
 * @param radius rows farther apart are not looked at; infinite by default
 * @param metric Euclidean by default
 * @see <a href="https://doi.org/10.1145/304182.304187">Ankerst, Breunig, Kriegel and Sander (1999)</a>
 */
@Withers
public record Optics(int minPoints, double radius, Metric metric) implements OpticsWithers {
    public Optics {
        if (minPoints < 2) throw new IllegalArgumentException("minPoints is " + minPoints + "; at least 2 rows are needed");
        if (!(radius > 0)) throw new IllegalArgumentException("radius is " + radius + "; it is above 0");
        Objects.requireNonNull(metric, "metric");
    }

    public Optics(int minPoints) { this(minPoints, Double.POSITIVE_INFINITY, Metric.EUCLIDEAN); }

    /** The order of the rows of {@code x} (n x p). */
    public Order fit(Tensor x) {
        var input = LearnerInput.matrix("Optics.fit", x, false);
        if (input.rows() == 0) throw new IllegalArgumentException("Optics.fit: x has no rows; at least " + minPoints + " are needed");
        var distances = new CoreDistances(input, minPoints, metric);
        int n = distances.n;
        double[] core = distances.core, reachability = new double[n], d = new double[n];
        for (int i = 0; i < n; i++) core[i] = core[i] > radius ? Double.POSITIVE_INFINITY : rounded(core[i]);
        Arrays.fill(reachability, Double.POSITIVE_INFINITY);
        int[] order = new int[n], predecessor = new int[n];
        Arrays.fill(predecessor, -1);
        var done = new boolean[n];
        for (int t = 0; t < n; t++) {
            int next = -1;
            for (int i = 0; i < n; i++) if (!done[i] && (next < 0 || reachability[i] < reachability[next])) next = i;
            order[t] = next;
            done[next] = true;
            if (core[next] == Double.POSITIVE_INFINITY) continue;
            distances.row(next, radius, d);
            for (int j = 0; j < n; j++) {
                if (done[j] || d[j] == Double.POSITIVE_INFINITY) continue;
                double reach = rounded(Math.max(d[j], core[next]));
                if (reach < reachability[j]) {
                    reachability[j] = reach;
                    predecessor[j] = next;
                }
            }
        }
        return new Order(order, reachability, core, predecessor, radius, input.columns());
    }

    /** To 15 decimals, as scikit-learn does: equal distances must not be ordered by how they were summed. */
    private static double rounded(double v) { return Math.abs(v) < 1e3 ? Math.rint(v * 1e15) / 1e15 : v; }

    /**
     * What OPTICS found.
     *
     * @param order row numbers, first to last
     * @param reachability of each row, by row number
     * @param coreDistances of each row; infinite where beyond the radius
     * @param predecessor the row from which each was reached; -1 for none
     * @param radius of the search
     * @param nFeatures columns of the rows
     */
    public record Order(int[] order, double[] reachability, double[] coreDistances, int[] predecessor, double radius, int nFeatures) {
        /** Reachabilities in the order of the rows: the plot whose valleys are clusters. */
        public double[] plot() { return Arrays.stream(order).mapToDouble(i -> reachability[i]).toArray(); }

        /**
         * The clusters of DBSCAN with this radius, except for border rows, which may be noise here.
         *
         * @param epsilon at most the radius of the search
         */
        public DensityClusters clusters(double epsilon) {
            if (!(epsilon > 0 && epsilon <= radius)) throw new IllegalArgumentException(
                    "Optics: epsilon is " + epsilon + "; it lies between 0 and the radius of the search, " + radius);
            var labels = new long[order.length];
            var core = new boolean[order.length];
            int cluster = -1;
            for (int i : order) {
                core[i] = coreDistances[i] <= epsilon;
                if (reachability[i] > epsilon) {
                    if (core[i]) cluster++;
                    labels[i] = core[i] ? cluster : -1;
                } else labels[i] = cluster;
            }
            return new DensityClusters(Tensor.of(labels), core, cluster + 1, nFeatures);
        }
    }
}
