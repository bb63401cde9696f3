package lyceum.models.ssl;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * How the rows nearest to some vectors are found, by Euclidean distance. {@link #exact} compares with all; an approximate index (HNSW, LSH) is given as a lambda.
 *
 * {@snippet :
 * var found = EmbeddingSearch.exact().over(Tensor.randn(rng, 1000, 16)).nearest(Tensor.randn(rng, 5, 16), 10);
 * int nearest = found.rows()[0][0];
 * }
 */
@FunctionalInterface
public interface EmbeddingSearch {
    /** Rows that can be searched. Safe for threads. */
    @FunctionalInterface
    interface Index {
        /** @param queries (m, d) @param k rows of each, at least 1 */
        Found nearest(Tensor queries, int k);
    }

    /**
     * Rows of each query, the nearest first; fewer than k where there are not so many or an approximate index misses some.
     *
     * @param rows their numbers
     * @param distances Euclidean
     * @param compared distances that were computed, over all queries
     */
    record Found(int[][] rows, double[][] distances, long compared) {}

    /** @param rows (n, d), floats */
    Index over(Tensor rows);

    /** Compares with every row by matrix products in F64; of equally far rows the earlier first. */
    static EmbeddingSearch exact() {
        return rows -> {
            if (rows.rank() != 2 || rows.size(0) == 0)
                throw new ShapeException("EmbeddingSearch: rows " + rows.shape() + "; they are (n, d), n above 0");
            var all = rows.detach().to(DType.F64).contiguous().compute();
            var lengths = all.square().sum(1).compute();
            return (queries, k) -> Autograd.noGrad(() -> exact(all, lengths, queries.detach().to(DType.F64), k));
        };
    }

    private static Found exact(Tensor all, Tensor lengths, Tensor queries, int k) {
        if (queries.rank() != 2 || queries.size(1) != all.size(1) || k < 1) throw new ShapeException("EmbeddingSearch: " + k
                + " nearest of queries " + queries.shape() + " among rows " + all.shape() + "; k is at least 1, all have one width");
        int n = (int) all.size(0), m = (int) queries.size(0), kept = Math.min(k, n);
        int block = Math.max(1, Math.min(m, 4_000_000 / n));
        var rows = new int[m][kept];
        var distances = new double[m][kept];
        for (int from = 0; from < m; from += block) {
            int count = Math.min(block, m - from);
            var some = queries.narrow(0, from, count);
            double[] squares = some.square().sum(1).unsqueeze(1).add(lengths).sub(some.matmul(all.transpose()).mul(2)).toDoubleArray();
            for (int i = 0; i < count; i++) select(squares, i * n, n, rows[from + i], distances[from + i]);
        }
        return new Found(rows, distances, (long) m * n);
    }

    /** The smallest of a stretch by insertion: most rows fail the first comparison. */
    private static void select(double[] squares, int from, int n, int[] rows, double[] distances) {
        int used = 0;
        for (int r = 0; r < n; r++) {
            double square = squares[from + r];
            if (used == rows.length && square >= distances[used - 1]) continue;
            int at = used < rows.length ? used++ : used - 1;
            for (; at > 0 && distances[at - 1] > square; at--) {
                distances[at] = distances[at - 1];
                rows[at] = rows[at - 1];
            }
            distances[at] = square;
            rows[at] = r;
        }
        for (int i = 0; i < used; i++) distances[i] = Math.sqrt(Math.max(0, distances[i]));
    }
}
