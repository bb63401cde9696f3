package lyceum.train.compress;

import java.util.Arrays;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Supplier;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * A matrix at some sparsity, dense and in compressed rows: bytes of both, and the median seconds of a product with a vector.
 *
 * @param sparsity share of zeros
 */
public record BreakEven(double sparsity, long denseBytes, long sparseBytes, double denseSeconds, double sparseSeconds) {

    /** Above 1 where the sparse form is smaller. */
    public double smaller() { return (double) denseBytes / sparseBytes; }

    /** Above 1 where the sparse product is faster. */
    public double faster() { return denseSeconds / sparseSeconds; }

    /** The share of zeros from which compressed rows take fewer bytes, with 4-byte columns and row starts: {@code 1 - (4 m n - 4 (m + 1)) / (8 m n)} in F32. */
    public static double bytesBreakEven(long rows, long columns, int valueBytes) {
        double all = (double) rows * columns;
        return 1 - (valueBytes * all - 4.0 * (rows + 1)) / ((valueBytes + 4) * all);
    }

    /**
     * Prunes a matrix by magnitude to each sparsity and times both products, after half as many to warm up.
     *
     * @param runs timed products, of which the median counts
     */
    public static List<BreakEven> measure(Tensor matrix, int runs, double... sparsities) {
        if (matrix.rank() != 2) throw new IllegalArgumentException("BreakEven: shape " + matrix.shape() + "; a matrix is meant");
        if (runs < 1) throw new IllegalArgumentException("BreakEven: " + runs + " runs; at least 1");
        var x = Tensor.ones(matrix.dtype(), matrix.size(1)).compute();
        var report = new ArrayList<BreakEven>();
        for (double sparsity : sparsities) {
            var named = new LinkedHashMap<String, Tensor>();
            named.put("matrix", matrix);
            var mask = Pruner.magnitude(sparsity).masks(named, List.of()).kept("matrix");
            var dense = mask.where(matrix, matrix.zerosLike()).compute();
            var sparse = Csr.fromDense(dense);
            report.add(new BreakEven(sparsity, dense.count() * dense.dtype().bytes(), sparse.bytes(), seconds(() -> dense.matmul(x), runs),
                    seconds(() -> sparse.matmul(x), runs)));
        }
        return report;
    }

    static double seconds(Supplier<Tensor> body, int runs) {
        var times = new double[runs];
        for (int i = -(runs + 1) / 2; i < runs; i++) {
            long begin = System.nanoTime();
            body.get().compute();
            if (i >= 0) times[i] = (System.nanoTime() - begin) * 1e-9;
        }
        Arrays.sort(times);
        return times[runs / 2];
    }
}
