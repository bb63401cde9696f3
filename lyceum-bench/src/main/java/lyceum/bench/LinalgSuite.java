package lyceum.bench;

import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Eigen;
import lyceum.linalg.Fourier;
import lyceum.linalg.Fourier.Complex;
import lyceum.linalg.Lu;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** Dense decompositions and Fourier transforms in F64, and sparse products, beside PyTorch's LAPACK and SciPy's. */
final class LinalgSuite implements Suite {

    @Override public void measure(SideBySide bench) {
        for (int n : new int[] {256, 512, 1024, 2048}) {
            decomposition(bench, "Cholesky", "cholesky", n, Math.pow(n, 3) / 3, 0.9, () -> {
                var a = positive(n);
                return () -> Cholesky.of(a).lower().compute();
            });
            decomposition(bench, "LU", "lu", n, 2 * Math.pow(n, 3) / 3, 0.9, () -> {
                var a = matrix(n, n);
                return () -> Lu.of(a).upper().compute();
            });
            decomposition(bench, "QR", "qr", n, 8 * Math.pow(n, 3) / 3, 0.9, () -> {
                var a = matrix(n, n);
                return () -> Qr.of(a).q().compute();
            });
            decomposition(bench, "solve", "solve", n, 2 * Math.pow(n, 3) / 3, 0.9, () -> {
                Tensor a = matrix(n, n), b = matrix(n, 1);
                return () -> Lu.of(a).solve(b).compute();
            });
        }
        for (int n : new int[] {256, 512, 1024}) decomposition(bench, "symmetric eigen", "eigh", n, 9 * Math.pow(n, 3), 0.7, () -> {
            var a = positive(n);
            return () -> Eigen.symmetric(a).vectors().compute();
        });
        for (int n : new int[] {200, 512, 1024}) decomposition(bench, "singular values", "svdvals", n, 8 * Math.pow(n, 3) / 3, 0.7, () -> {
            var a = matrix(n, n);
            return () -> Svd.values(a).compute();
        });
        for (var type : new DType[] {DType.F64, DType.F32}) for (int width : new int[] {1, 16}) sparse(bench, type, 100_000, 20, width);
        for (int n : new int[] {1 << 10, 1 << 16, 1 << 20, 1000, 100_003}) fourier(bench, n);
    }

    private static void decomposition(SideBySide bench, String name, String function, int n, double operations, double target,
            Supplier<Supplier<?>> ours) {
        bench.measure(new Case(name, n + "x" + n, DType.F64, Unit.gflops(operations)).beside("linalg", Map.of("name", function, "n", n))
                .atLeast(target), ours);
    }

    private static Tensor matrix(int m, int n) { return Tensor.randn(Rng.of(4), DType.F64, m, n).compute(); }

    private static Tensor positive(int n) {
        var a = matrix(n, n);
        return a.matmul(a.transpose()).div(n).add(Tensor.eye(DType.F64, n)).compute();
    }

    /** Bytes of values, columns and rows; the dense operand is in the caches. */
    private static void sparse(SideBySide bench, DType type, int n, int each, int width) {
        double bytes = (double) n * each * (4 + type.bytes()) + 4.0 * n + 2.0 * type.bytes() * n * width;
        bench.measure(new Case("sparse product", n + "x" + n + ", " + each + " a row, " + width + " wide", type, Unit.gigabytes(bytes))
                .beside("spmm", Map.of("n", n, "each", each, "width", width, "dtype", type.name())).atLeast(1), () -> {
                    var drawn = random(n, each);
                    var a = drawn.withValues(drawn.values().to(type).compute());
                    var x = matrix(n, width).to(type).compute();
                    return () -> a.matmul(x).compute();
                });
    }

    private static Csr random(int n, int each) {
        var rng = Rng.of(5);
        int[] rows = new int[n * each], columns = new int[n * each];
        var values = new double[n * each];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = i / each;
            columns[i] = rng.nextInt(n);
            values[i] = i % 7 - 3;
        }
        return Csr.fromEntries(n, n, rows, columns, values);
    }

    private static void fourier(SideBySide bench, int n) {
        bench.measure(new Case("FFT", String.valueOf(n), DType.F64, Unit.gflops(5.0 * n * Math.log(n) / Math.log(2)))
                .beside("fft", Map.of("n", n)).atLeast(0.7), () -> {
                    var x = new Complex(matrix(1, n).flatten(), matrix(1, n).flatten().mul(2).compute());
                    return () -> Fourier.fft(x, 0).re().compute();
                });
    }
}
