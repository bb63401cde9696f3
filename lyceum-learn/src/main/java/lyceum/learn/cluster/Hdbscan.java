package lyceum.learn.cluster;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.learn.neighbors.Metric;
import lyceum.stats.learner.Clusterer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * HDBSCAN: {@link Dbscan} for all radii at once. From the tree of clusters that fall apart as the radius shrinks it keeps those that last longest, so that
 * dense and loose clusters stand beside each other.
 *
 * {@snippet :
 * new Hdbscan(10).fit(Datasets.moons(Rng.of(1), 300, 0.05).x()).labels();
 * }
 *
 * <p>Rows are joined along the minimum spanning tree of {@code max(core distance of both, distance)}. A split into parts of at least {@code minClusterSize}
 * rows makes new clusters, a smaller part falls out. With {@code l = 1 / distance} a cluster's stability is the sum over its rows of {@code l} when they
 * leave less {@code l} when it began. {@code O(n^2 log n)}.
 *
 * @param minClusterSize rows of the smallest cluster, at least 2
 * @param minPoints as for {@link Dbscan}; {@code minClusterSize} by default
 * @param metric Euclidean by default
 * @see <a href="https://doi.org/10.1007/978-3-642-37456-2_14">Campello, Moulavi and Sander (2013)</a>
 */
@Withers
public record Hdbscan(int minClusterSize, int minPoints, Metric metric) implements HdbscanWithers, Clusterer {
    public Hdbscan {
        if (minClusterSize < 2)
            throw new IllegalArgumentException("minClusterSize is " + minClusterSize + "; a cluster has at least 2 rows");
        if (minPoints < 1) throw new IllegalArgumentException("minPoints is " + minPoints + "; at least 1 row is needed");
        Objects.requireNonNull(metric, "metric");
    }

    public Hdbscan(int minClusterSize) { this(minClusterSize, minClusterSize, Metric.EUCLIDEAN); }

    @Override public Set<Tag> tags() { return Set.of(Tag.TRANSDUCTIVE, Tag.NO_WEIGHTS); }

    @Override public DensityClusters fit(Tensor x) { return fit(x, null); }

    @Override public DensityClusters fit(Tensor x, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var distances = new CoreDistances(input, minPoints, metric);
        return new StableClusters(mutualTree(distances, input.columns()), minClusterSize).model();
    }

    /** The minimum spanning tree of mutual reachability (Prim) as merges. */
    private static Dendrogram mutualTree(CoreDistances distances, int columns) {
        int n = distances.n;
        int[] from = new int[n], order = new int[n - 1];
        double[] best = new double[n], d = new double[n], edge = new double[n];
        var done = new boolean[n];
        Arrays.fill(best, Double.POSITIVE_INFINITY);
        for (int t = 0, at = 0; t < n - 1; t++) {
            done[at] = true;
            distances.row(at, Double.POSITIVE_INFINITY, d);
            int next = -1;
            for (int j = 0; j < n; j++) {
                if (done[j]) continue;
                double reach = Math.max(d[j], Math.max(distances.core[at], distances.core[j]));
                if (reach < best[j]) {
                    best[j] = reach;
                    from[j] = at;
                }
                if (next < 0 || best[j] < best[next]) next = j;
            }
            order[t] = next;
            edge[next] = best[next];
            at = next;
        }
        int[] sorted = Arrays.stream(order).boxed().sorted((a, b) -> Double.compare(edge[a], edge[b])).mapToInt(v -> v).toArray();
        return Merges.tree(n, sorted, IntStream.range(0, n).toArray(), from, edge, 1, columns);
    }

    /** The condensed tree and the clusters of most stability. */
    private static final class StableClusters {
        private final int n, columns, least;
        private final int[] left, right, size, clusterOfRow, parent;
        private final double[] height;
        private final double[] birth, stability;
        private int clusters = 1;

        StableClusters(Dendrogram tree, int least) {
            this.n = tree.rows();
            this.columns = tree.nFeatures();
            this.least = least;
            this.left = tree.left();
            this.right = tree.right();
            this.size = tree.size();
            this.height = tree.height();
            this.clusterOfRow = new int[n];
            this.parent = new int[n + 1];
            this.birth = new double[n + 1];
            this.stability = new double[n + 1];
            condense();
        }

        private int size(int node) { return node < n ? 1 : size[node - n]; }

        private void condense() {
            int depth = 0;
            int[] nodes = new int[n + 1], owners = new int[n + 1], stack = new int[n + 1];
            nodes[depth++] = 2 * n - 2;
            while (depth > 0) {
                int node = nodes[--depth], cluster = owners[depth];
                if (node < n) {
                    clusterOfRow[node] = cluster;
                    continue;
                }
                int[] parts = {left[node - n], right[node - n]};
                double l = 1 / Math.max(height[node - n], 1e-100);
                boolean splits = size(parts[0]) >= least && size(parts[1]) >= least;
                for (int part : parts) {
                    if (size(part) < least) {
                        fall(part, cluster, stack);
                        stability[cluster] += (l - birth[cluster]) * size(part);
                        continue;
                    }
                    int owner = cluster;
                    if (splits) {
                        stability[cluster] += (l - birth[cluster]) * size(part);
                        owner = clusters++;
                        parent[owner] = cluster;
                        birth[owner] = l;
                    }
                    nodes[depth] = part;
                    owners[depth++] = owner;
                }
            }
        }

        private void fall(int node, int cluster, int[] stack) {
            int depth = 0;
            stack[depth++] = node;
            while (depth > 0) {
                int at = stack[--depth];
                if (at < n) clusterOfRow[at] = cluster;
                else {
                    stack[depth++] = left[at - n];
                    stack[depth++] = right[at - n];
                }
            }
        }

        DensityClusters model() {
            var kept = new boolean[clusters];
            var inChildren = new double[clusters];
            // Children come after their parents; the root, all rows, is no cluster.
            for (int c = clusters - 1; c > 0; c--) {
                kept[c] = stability[c] >= inChildren[c];
                inChildren[parent[c]] += Math.max(stability[c], inChildren[c]);
            }
            var number = new int[clusters];
            Arrays.fill(number, -1);
            int count = 0;
            for (int c = 1; c < clusters; c++) {
                if (number[parent[c]] >= 0) number[c] = number[parent[c]];
                else if (kept[c]) number[c] = count++;
            }
            var labels = new long[n];
            var core = new boolean[n];
            for (int i = 0; i < n; i++) {
                labels[i] = number[clusterOfRow[i]];
                core[i] = labels[i] >= 0;
            }
            return new DensityClusters(Tensor.of(labels), core, count, columns);
        }
    }
}
