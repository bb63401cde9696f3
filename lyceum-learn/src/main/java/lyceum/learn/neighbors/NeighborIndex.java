package lyceum.learn.neighbors;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * Rows that can be searched; made by {@link NearestNeighbors}. Every algorithm gives the same rows: of equally far ones the earlier.
 *
 * @param rows the rows, F64; of length 1 for the cosine, whitened for the Mahalanobis distance
 * @param metric how far rows are apart
 * @param tree the tree over them; {@code null} where every row is compared with
 */
public record NeighborIndex(Tensor rows, Metric metric, SearchTree tree) {
    private static final int QUERIES = 16;

    /**
     * The nearest rows of some queries.
     *
     * @param distances (m x k), ascending in every row, F64
     * @param indices row numbers (m x k), I64
     * @param visited distances that were computed, over all queries
     */
    public record Neighbors(Tensor distances, Tensor indices, long visited) {}

    /**
     * The rows within a radius of each query, nearest first.
     *
     * @param distances of each query's rows
     * @param indices of each query's rows
     */
    public record Around(double[][] distances, int[][] indices) {}

    static Tensor prepared(Metric metric, Tensor x) {
        return switch (metric) {
            case Metric.Cosine() -> {
                var length = x.square().sum(1, true).sqrt();
                yield x.div(Tensor.where(length.eq(0), length.onesLike(), length)).compute();
            }
            case Metric.Mahalanobis m -> m.whitened(x);
            default -> x;
        };
    }

    /** Number of rows. */
    public int size() { return (int) rows.size(0); }

    /** Number of columns. */
    public int nFeatures() { return (int) rows.size(1); }

    /** Queries, checked and prepared like the rows. */
    static Tensor queries(String operation, Metric metric, int columns, Tensor queries) {
        var input = LearnerInput.matrix(operation, queries, false);
        if (input.columns() != columns)
            throw new ShapeException(operation + ": queries have " + input.columns() + " columns; the index has " + columns);
        return prepared(metric, input.x().to(DType.F64));
    }

    /** The {@code k} nearest rows of each row of {@code queries} (m x p). */
    public Neighbors neighbors(Tensor queries, int k) {
        if (k < 1 || k > size()) throw new IllegalArgumentException("neighbors: k is " + k + "; the index has " + size() + " rows");
        var prepared = queries("neighbors", metric, nFeatures(), queries);
        double[] q = prepared.toDoubleArray();
        int p = nFeatures(), m = q.length / p;
        var distances = new double[m * k];
        var indices = new int[m * k];
        var visited = new AtomicLong();
        var kernel = DistanceKernel.of(metric);
        var products = tree == null && ProductSearch.pays(kernel, size(), p, m) ? new ProductSearch(rows, prepared, kernel) : null;
        double[][] columns = tree == null && products == null ? columns() : null;
        Parallel.range(m, products == null ? QUERIES : ProductSearch.QUERIES, (from, to) -> {
            var nearest = new Nearest[(int) (to - from)];
            for (int i = 0; i < nearest.length; i++) nearest[i] = new Nearest(k);
            if (products != null) products.compareAll(q, (int) from, nearest);
            else if (tree == null) compareAll(columns, kernel, q, (int) from, nearest);
            else for (int i = 0; i < nearest.length; i++) tree.search(kernel, q, (int) (from + i) * p, nearest[i]);
            for (int i = 0; i < nearest.length; i++) {
                nearest[i].drain(kernel, distances, indices, (int) (from + i) * k);
                visited.addAndGet(nearest[i].visited);
            }
        });
        return new Neighbors(Tensor.of(distances, m, k), Tensor.of(indices, m, k).to(DType.I64), visited.get());
    }

    /** Blocks of rows, column by column, so that distances to a whole block are vector code. */
    private double[][] columns() {
        int n = size(), p = nFeatures(), blocks = (n + DistanceKernel.BLOCK - 1) / DistanceKernel.BLOCK;
        double[] flat = rows.toDoubleArray();
        var columns = new double[blocks * p][DistanceKernel.BLOCK];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < p; j++) columns[i / DistanceKernel.BLOCK * p + j][i % DistanceKernel.BLOCK] = flat[i * p + j];
        return columns;
    }

    private void compareAll(double[][] columns, DistanceKernel kernel, double[] q, int first, Nearest[] nearest) {
        int n = size(), p = nFeatures();
        var ranks = new double[DistanceKernel.BLOCK];
        for (int b = 0; b * DistanceKernel.BLOCK < n; b++) {
            int start = b * DistanceKernel.BLOCK, count = Math.min(DistanceKernel.BLOCK, n - start);
            for (int i = 0; i < nearest.length; i++) {
                kernel.ranks(columns, b * p, q, (first + i) * p, p, ranks);
                var found = nearest[i];
                found.visited += count;
                for (int r = 0; r < count; r++) if (ranks[r] <= found.worst()) found.offer(ranks[r], start + r);
            }
        }
    }

    /** All rows at most {@code radius} away from each row of {@code queries}. */
    public Around withinRadius(Tensor queries, double radius) {
        if (!(radius >= 0)) throw new IllegalArgumentException("withinRadius: radius is " + radius + "; it is at least 0");
        double[] q = queries("withinRadius", metric, nFeatures(), queries).toDoubleArray();
        double[] flat = tree == null ? rows.toDoubleArray() : null;
        int p = nFeatures(), m = q.length / p;
        var kernel = DistanceKernel.of(metric);
        double limit = kernel.ofDistance(radius);
        var distances = new double[m][];
        var indices = new int[m][];
        Parallel.range(m, QUERIES, (from, to) -> {
            var found = new Found();
            for (int i = (int) from; i < to; i++) {
                found.count = 0;
                if (tree != null) tree.within(0, limit, kernel, q, i * p, found);
                else {
                    for (int row = 0; row < size(); row++) {
                        double rank = kernel.rank(flat, row * p, q, i * p, p);
                        if (rank <= limit) found.add(rank, row);
                    }
                }
                var nearest = new Nearest(Math.max(1, found.count));
                for (int f = 0; f < found.count; f++) nearest.offer(found.ranks[f], found.rows[f]);
                distances[i] = new double[found.count];
                indices[i] = new int[found.count];
                nearest.drain(kernel, distances[i], indices[i], 0);
            }
        });
        return new Around(distances, indices);
    }

    private static final class Found implements SearchTree.Within {
        double[] ranks = new double[16];
        int[] rows = new int[16];
        int count;

        @Override public void add(double rank, int row) {
            if (count == rows.length) {
                ranks = Arrays.copyOf(ranks, 2 * count);
                rows = Arrays.copyOf(rows, 2 * count);
            }
            ranks[count] = rank;
            rows[count++] = row;
        }
    }
}
