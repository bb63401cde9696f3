package lyceum.learn.neighbors;

import lyceum.linalg.dense.Block;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/**
 * The nearest rows in the Euclidean distance by matrix products: {@code |x|^2 - 2 q x} tells, but for rounding, which rows can be among the nearest; those few have their
 * distances computed from the differences, so that what is found is the same to the last bit.
 */
final class ProductSearch {
    /** Queries of a product: with its rows they are some hundred kilobytes, which stay in the second-level cache. */
    static final int QUERIES = 64;
    private static final int ROWS = 512, LEAST_COLUMNS = 16, LEAST_QUERIES = 8;

    private final Tensor turned, queries;
    private final Block rows;
    private final DistanceKernel kernel;
    private final int n, p;
    /** What is sure of the squared lengths of rows and queries: less what rounding of a product may hide. */
    private final double[] ofRows, ofQueries;

    ProductSearch(Tensor rows, Tensor queries, DistanceKernel kernel) {
        this.rows = Block.of(rows);
        this.turned = rows.transpose();
        this.queries = queries;
        this.kernel = kernel;
        this.n = (int) rows.size(0);
        this.p = (int) rows.size(1);
        double sure = 1 - 4 * (p + 4) * Math.ulp(1.0);
        this.ofRows = rows.square().sum(1).mul(sure).sub(p * Double.MIN_NORMAL).toDoubleArray(); // products that vanish
        this.ofQueries = queries.square().sum(1).mul(sure).toDoubleArray();
    }

    static boolean pays(DistanceKernel kernel, long rows, long p, long queries) {
        return kernel.isSquare() && rows >= ROWS && p >= LEAST_COLUMNS && queries >= LEAST_QUERIES;
    }

    /** Offers rows to the nearest ones of the queries from number {@code first} on. @param query all of them */
    void compareAll(double[] query, int first, Nearest[] nearest) {
        double[] products = new double[ROWS], row = new double[p];
        var some = queries.narrow(0, first, nearest.length);
        for (int start = 0; start < n; start += ROWS) {
            int count = Math.min(ROWS, n - start);
            try (var scratch = Scope.open("neighbours")) {
                var product = Block.of(some.matmul(turned.narrow(1, start, count)));
                for (int i = 0; i < nearest.length; i++) {
                    product.row(i, 0, products, 0, count);
                    offer(query, first + i, products, start, count, row, nearest[i]);
                }
            }
        }
    }

    private void offer(double[] query, int i, double[] products, int start, int count, double[] row, Nearest found) {
        found.visited += count;
        double limit = limit(found, i);
        for (int r = 0; r < count; r++) {
            double least = ofRows[start + r] - 2 * products[r];
            if (least > limit && least < Double.POSITIVE_INFINITY) continue;
            rows.row(start + r, 0, row, 0, p);
            double rank = kernel.rank(row, 0, query, i * p, p);
            if (rank > found.worst()) continue;
            found.offer(rank, start + r);
            limit = limit(found, i);
        }
    }

    /** Infinite, so that all rows are looked at, where the query's length overflows. */
    private double limit(Nearest found, int i) {
        return ofQueries[i] < Double.POSITIVE_INFINITY ? found.worst() - ofQueries[i] : Double.POSITIVE_INFINITY;
    }
}
