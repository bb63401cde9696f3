package lyceum.learn.cluster;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import lyceum.learn.neighbors.Metric;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.stats.learner.Clusterer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * DBSCAN: clusters are where it is crowded. A row is core if rows of weight {@code minPoints} or more, itself included, lie within {@code epsilon};
 * core rows within {@code epsilon} of each other are one cluster, others within {@code epsilon} of a core row are its border, the rest is noise.
 *
 * {@snippet :
 * var moons = Datasets.moons(Rng.of(1), 300, 0.05).x();
 * var model = new Dbscan(0.2, 5).fit(moons);
 * model.labels();                                      // -1 is noise
 * Dbscan.kDistances(moons, 5, Metric.EUCLIDEAN);       // where they bend is a good epsilon
 * }
 *
 * <p>Clusters are numbered in the order of their first core row. A border row near two clusters belongs to the one of the smaller number, so to the one whose
 * core came first; core rows and noise do not depend on the order of the rows. One query of the index a row: about {@code O(n log n)} in few columns.
 *
 * @param epsilon the radius, above 0, inclusive
 * @param minPoints weight of the rows within it that makes a row core, itself included; 5 by default
 * @param metric Euclidean by default
 * @see <a href="https://www.aaai.org/Papers/KDD/1996/KDD96-037.pdf">Ester, Kriegel, Sander and Xu (1996)</a>
 */
@Withers
public record Dbscan(double epsilon, int minPoints, Metric metric) implements DbscanWithers, Clusterer {
    public Dbscan {
        if (!(epsilon > 0)) throw new IllegalArgumentException("epsilon is " + epsilon + "; it is above 0");
        if (minPoints < 1) throw new IllegalArgumentException("minPoints is " + minPoints + "; at least 1 row is needed");
        Objects.requireNonNull(metric, "metric");
    }

    public Dbscan(double epsilon, int minPoints) { this(epsilon, minPoints, Metric.EUCLIDEAN); }

    public Dbscan(double epsilon) { this(epsilon, 5); }

    /** With the radius where the sorted {@link #kDistances} bend. */
    public static Dbscan byBend(Tensor x, int minPoints) {
        double[] d = kDistances(x, minPoints, Metric.EUCLIDEAN);
        int best = 0, n = d.length;
        double most = 0, height = d[n - 1] - d[0];
        for (int i = 0; i < n && height > 0; i++) {
            // Farthest below the line from the first to the last, both axes scaled to 1.
            double below = (double) i / (n - 1) - (d[i] - d[0]) / height;
            if (below > most) {
                most = below;
                best = i;
            }
        }
        if (!(d[best] > 0)) throw new IllegalArgumentException(
                "Dbscan.byBend: most rows have " + minPoints + " copies at distance " + d[best] + "; choose epsilon by hand");
        return new Dbscan(d[best], minPoints);
    }

    /**
     * The distance of each row to its k-th nearest, itself counted as the first, ascending: with {@code epsilon} at a value as many rows are core as there are
     * distances up to it.
     */
    public static double[] kDistances(Tensor x, int k, Metric metric) {
        double[] d = new NearestNeighbors().withMetric(metric).fit(x).neighbors(x, k).distances().select(1, k - 1).toDoubleArray();
        Arrays.sort(d);
        return d;
    }

    @Override public Set<Tag> tags() { return Set.of(Tag.TRANSDUCTIVE); }

    @Override public DensityClusters fit(Tensor x) { return fit(x, null); }

    @Override public DensityClusters fit(Tensor x, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] w = input.weights(weights);
        int n = input.rows();
        int[][] near = new NearestNeighbors().withMetric(metric).fit(input.x()).withinRadius(input.x(), epsilon).indices();
        var core = new boolean[n];
        for (int i = 0; i < n; i++) {
            double weight = 0;
            for (int j : near[i]) weight += w[j];
            core[i] = weight >= minPoints;
        }
        var labels = new long[n];
        Arrays.fill(labels, -1);
        var stack = new int[n];
        int clusters = 0;
        for (int i = 0; i < n; i++) {
            if (!core[i] || labels[i] >= 0) continue;
            int depth = 0;
            labels[i] = clusters;
            stack[depth++] = i;
            while (depth > 0) {
                for (int j : near[stack[--depth]]) {
                    if (labels[j] >= 0) continue;
                    labels[j] = clusters;
                    if (core[j]) stack[depth++] = j;
                }
            }
            clusters++;
        }
        return new DensityClusters(Tensor.of(labels), core, clusters, input.columns());
    }
}
