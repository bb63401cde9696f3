package lyceum.bench;

import java.util.List;
import lyceum.DType;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.random.Rng;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/** A stored matrix times one vector, as in generating text: how much of the read bandwidth that the same run measures. */
final class MatvecSuite implements Suite {
    private static final double SHARE = 0.85;
    private static final int WIDTH = 4096;
    private static final List<BlockFormat> FORMATS = List.of(BlockFormat.Q8_0, BlockFormat.Q4_0, BlockFormat.Q4_K, BlockFormat.F16);

    private final Roofline roofline = new Roofline();

    @Override public void measure(SideBySide bench) {
        roofline.showReading(bench);
        for (int rows : new int[] {4096, 14336}) {
            for (var format : FORMATS) {
                measure(bench, rows, format, Activations.F32);
                if (!format.isFloat()) measure(bench, rows, format, Activations.Q8);
            }
        }
    }

    private void measure(SideBySide bench, int rows, BlockFormat format, Activations activations) {
        double bytes = (double) format.rowBytes(WIDTH) * rows;
        var name = "mat-vec " + format.name() + (activations == Activations.Q8 ? ", activations in Q8" : "");
        var c = new Case(name, rows + "x" + WIDTH, DType.F32, Unit.gigabytes(bytes)).besideCalls("read bandwidth", SHARE, calls -> roofline.readSeconds(bytes * calls, bench.threads()));
        bench.measure(c, () -> {
            var w = QuantisedMatrix.of(Tensor.randn(Rng.of(1), rows, WIDTH), format).withActivations(activations);
            var x = Tensor.randn(Rng.of(2), 1, WIDTH).compute();
            return () -> w.matmul(x).compute();
        });
    }
}
