package lyceum.bench;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A matrix in memory times one vector: how much of the read bandwidth that the same run measures. */
final class MatvecSuite implements Suite {
    private static final double SHARE = 0.85;
    private static final int WIDTH = 4096;

    private final Roofline roofline = new Roofline();

    @Override public void measure(SideBySide bench) {
        for (int rows : new int[] {4096, 14336}) {
            plain(bench, rows, DType.F32);
            plain(bench, rows, DType.F16);
        }
    }

    private void plain(SideBySide bench, int rows, DType type) {
        double bytes = (double) type.bytes() * rows * WIDTH;
        var c = new Case("mat-vec", rows + "x" + WIDTH, type, Unit.gigabytes(bytes)).besideCalls("read bandwidth", SHARE, calls -> roofline.readSeconds(bytes * calls, bench.threads()));
        bench.measure(c, () -> {
            var w = Tensor.randn(Rng.of(1), rows, WIDTH).to(type).compute();
            var x = Tensor.randn(Rng.of(2), WIDTH, 1).to(type).compute();
            return () -> w.matmul(x).compute();
        });
    }
}
