package lyceum.learn.neighbors;

import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.tensor.Tensor;

/**
 * Rows in the buckets of {@link Lsh}, which makes it.
 *
 * @param rows the rows (n x p), F64; of length 1 for the cosine, whitened for the Mahalanobis distance
 * @param metric how far rows are apart
 * @param tables how many
 * @param bits projections in a key
 * @param probes further keys that are looked up in a table
 * @param width of a cell; 0 for signs
 * @param directions (p x tables * bits), in units of the width
 * @param offsets of the cells, in units of the width
 * @param factors that make one key of the cells
 * @param keys of each table, ascending
 * @param members row numbers in the order of the keys
 */
public record LshIndex(Tensor rows, Metric metric, int tables, int bits, int probes, double width, Tensor directions, double[] offsets,
        long[] factors, long[] keys, int[] members) {
    private static final int QUERIES = 16;

    /** Some projections, as places in their order by cost, the last of which is the costliest. */
    private record Flips(long places, int last, double cost) {}

    private static long cell(double v, double offset, boolean cells) { return cells ? (long) Math.floor(v + offset) : v < 0 ? 0 : 1; }

    static long key(double[] v, int at, int from, int bits, double[] offsets, long[] factors, boolean cells) {
        long key = 0;
        for (int h = from; h < from + bits; h++) key += factors[h] * cell(v[at + h], offsets[h], cells);
        return key;
    }

    public int size() { return (int) rows.size(0); }

    public int nFeatures() { return (int) rows.size(1); }

    /** About the {@code k} nearest rows of each row of {@code queries} (m x p); {@code visited} tells how many distances it took. */
    public NeighborIndex.Neighbors neighbors(Tensor queries, int k) {
        if (k < 1 || k > size()) throw new IllegalArgumentException("neighbors: k is " + k + "; the index has " + size() + " rows");
        var prepared = NeighborIndex.queries("neighbors", metric, nFeatures(), queries);
        double[] q = prepared.toDoubleArray(), v = prepared.matmul(directions).toDoubleArray(), flat = rows.toDoubleArray();
        int n = size(), p = nFeatures(), m = q.length / p, hashes = tables * bits;
        var distances = new double[m * k];
        var indices = new int[m * k];
        var visited = new AtomicLong();
        var kernel = DistanceKernel.of(metric);
        Parallel.range(m, QUERIES, (from, to) -> {
            var seen = new int[n];
            var nearest = new Nearest(k);
            for (int i = (int) from; i < to; i++) {
                int query = i, stamp = i - (int) from + 1;
                Bucket offer = row -> {
                    if (seen[row] == stamp) return;
                    seen[row] = stamp;
                    nearest.visited++;
                    nearest.offer(kernel.rank(flat, row * p, q, query * p, p), row);
                };
                long before = nearest.visited;
                for (int t = 0; t < tables; t++) probe(t, v, i * hashes, offer);
                if (nearest.visited - before < k) for (int row = 0; row < n; row++) offer.add(row);
                nearest.drain(kernel, distances, indices, i * k);
            }
            visited.addAndGet(nearest.visited);
        });
        return new NeighborIndex.Neighbors(Tensor.of(distances, m, k), Tensor.of(indices, m, k).to(DType.I64), visited.get());
    }

    @FunctionalInterface
    private interface Bucket {
        void add(int row);
    }

    /** The query's bucket of a table, and those behind the borders that its projections lie nearest to, in order of their squared distance. */
    private void probe(int t, double[] v, int at, Bucket bucket) {
        long home = key(v, at, t * bits, bits, offsets, factors, width > 0);
        open(t, home, bucket);
        if (probes == 0) return;
        double[] cost = new double[bits], sorted;
        var delta = new long[bits];
        for (int b = 0; b < bits; b++) {
            int h = t * bits + b;
            double place = v[at + h] + offsets[h], part = place - Math.floor(place);
            boolean up = width > 0 ? part >= 0.5 : place < 0;
            cost[b] = width > 0 ? (up ? 1 - part : part) : Math.abs(place);
            cost[b] *= cost[b];
            delta[b] = up ? factors[h] : -factors[h];
        }
        int[] order = Tensor.of(cost).argsort(0).toIntArray();
        sorted = cost.clone();
        Arrays.sort(sorted);
        var heap = new PriorityQueue<Flips>((a, b) -> Double.compare(a.cost, b.cost));
        heap.add(new Flips(1, 0, sorted[0]));
        for (int c = 0; c < probes && !heap.isEmpty(); c++) {
            var flips = heap.poll();
            long key = home;
            for (int b = 0; b < bits; b++) if ((flips.places >>> b & 1) == 1) key += delta[order[b]];
            open(t, key, bucket);
            int next = flips.last + 1;
            if (next == bits) continue;
            heap.add(new Flips(flips.places | 1L << next, next, flips.cost + sorted[next]));
            heap.add(new Flips(flips.places ^ (1L << flips.last | 1L << next), next, flips.cost - sorted[flips.last] + sorted[next]));
        }
    }

    private void open(int t, long key, Bucket bucket) {
        int n = size(), low = t * n, end = low + n, high = end;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (keys[middle] < key) low = middle + 1;
            else high = middle;
        }
        for (; low < end && keys[low] == key; low++) bucket.add(members[low]);
    }
}
