package lyceum.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.quant.ReadBandwidth;
import lyceum.random.Rng;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/**
 * A stored matrix times one vector, as in generating text: how much of the read bandwidth that the same run measures. As many matrices as a model has
 * layers are taken in turn, so that they come from memory and not from a cache; the bandwidth is that of reading the same memory.
 */
final class MatvecSuite implements Suite {
    private static final double SHARE = 0.85;
    /** Bytes of all matrices of a row: several times the last cache. */
    private static final long ALL = 160L << 20;
    private static final List<BlockFormat> ASKED = List.of(BlockFormat.Q8_0, BlockFormat.Q4_0, BlockFormat.Q4_K, BlockFormat.F16);
    private static final List<BlockFormat> FORMATS = Stream.concat(ASKED.stream(), Stream.of(BlockFormat.Q5_K, BlockFormat.Q6_K, BlockFormat.BF16)).toList();
    private static final int DISTINCT = 64;

    private final Roofline roofline = new Roofline();

    @Override public void measure(SideBySide bench) {
        roofline.showReading(bench);
        for (int[] size : new int[][] {{4096, 4096}, {14336, 4096}, {4096, 14336}}) {
            for (var format : size[0] == size[1] ? FORMATS : ASKED) {
                var bytes = weights(format, size[0], size[1]);
                // One matrix, read as many from the same bytes, each arranged by the backend for itself.
                var layers = IntStream.range(0, (int) (ALL / bytes.byteSize()) + 2).mapToObj(i -> QuantisedMatrix.on(bytes, format, size[0], size[1])).toList();
                for (var activations : format.isFloat() ? new Activations[] {Activations.F32} : Activations.values()) measure(bench, layers, activations);
            }
        }
    }

    /** A few rows of random weights again and again: to search scales for all would take minutes. */
    private static MemorySegment weights(BlockFormat format, int rows, int columns) {
        var few = QuantisedMatrix.of(Tensor.randn(Rng.of(1), DISTINCT, columns), format);
        var all = Arena.ofAuto().allocate(few.bytes() / DISTINCT * rows, 64);
        for (long at = 0; at < all.byteSize(); at += few.bytes()) MemorySegment.copy(few.segment(), 0, all, at, few.bytes());
        java.lang.ref.Reference.reachabilityFence(few);
        return all;
    }

    private void measure(SideBySide bench, List<QuantisedMatrix> layers, Activations activations) {
        var w = layers.getFirst();
        var name = "mat-vec " + w.format().name() + (activations == Activations.F32 ? "" : ", activations in " + activations);
        var c = new Case(name, w.rows() + "x" + w.columns(), DType.F32, Unit.gigabytes(w.bytes())).besideCalls("read bandwidth", SHARE, reading(bench, layers));
        bench.measure(c, () -> {
            var all = layers.stream().map(l -> l.withActivations(activations)).toList();
            var x = Tensor.randn(Rng.of(2), 1, w.columns()).compute();
            for (var layer : all) layer.matmul(x).compute(); // the first product arranges the weights
            var next = new int[1];
            return () -> all.get(next[0]++ % all.size()).matmul(x).compute();
        });
    }

    /** Seconds of reading so many matrices. */
    private IntToDoubleFunction reading(SideBySide bench, List<QuantisedMatrix> layers) {
        double bytes = layers.getFirst().bytes();
        if (Cpu.unavailable() != null) return calls -> roofline.readSeconds(bytes * calls, bench.threads());
        var reading = new ReadBandwidth[1];
        return calls -> {
            if (reading[0] == null) reading[0] = new ReadBandwidth(layers.stream().map(QuantisedMatrix::blocks).toList());
            return Timing.seconds(() -> {
                reading[0].pass();
                return null;
            }, 1) / reading[0].bytes() * bytes * calls;
        };
    }
}
