package lyceum.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.machine.Cpu;
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
    private static final List<BlockFormat> FORMATS = Stream
            .concat(ASKED.stream(), Stream.of(BlockFormat.Q5_K, BlockFormat.Q6_K, BlockFormat.BF16)).toList();

    private final PeakLoops peak = new PeakLoops();

    @Override public void measure(SideBySide bench) {
        peak.showReading(bench);
        for (int[] size : new int[][] {{4096, 4096}, {14336, 4096}, {4096, 14336}}) {
            for (var format : size[0] == size[1] ? FORMATS : ASKED) {
                var layers = new Layers(format, size[0], size[1]);
                for (var activations : format.isFloat() ? new Activations[] {Activations.F32} : Activations.values())
                    measure(bench, layers, activations);
                Reference.reachabilityFence(layers);
            }
        }
    }

    /** As many matrices as exceed the caches, made when they are first wanted. Some rows are quantised and repeated: each matrix is arranged by the backend for itself. */
    private static final class Layers {
        private static final int DISTINCT = 32;

        final BlockFormat format;
        final long rows, columns, bytes;
        private MemorySegment memory;
        private List<QuantisedMatrix> all;

        Layers(BlockFormat format, long rows, long columns) {
            this.format = format;
            this.rows = rows;
            this.columns = columns;
            this.bytes = rows * format.rowBytes(columns);
        }

        List<QuantisedMatrix> all() {
            if (all != null) return all;
            var some = QuantisedMatrix.of(Tensor.randn(Rng.of(1), DISTINCT, columns), format);
            memory = Arena.ofAuto().allocate(bytes, 64);
            for (long at = 0; at < bytes; at += some.bytes()) MemorySegment.copy(some.segment(), 0, memory, at, some.bytes());
            all = IntStream.range(0, (int) (ALL / bytes) + 2).mapToObj(i -> QuantisedMatrix.on(memory, format, rows, columns)).toList();
            Reference.reachabilityFence(some);
            return all;
        }
    }

    private void measure(SideBySide bench, Layers layers, Activations activations) {
        var name = "mat-vec " + layers.format.name() + (activations == Activations.F32 ? "" : ", activations in " + activations);
        var c = new Case(name, layers.rows + "x" + layers.columns, DType.F32, Unit.gigabytes(layers.bytes))
                .on(FeatureLevel.ofVectors(layers.format.isFloat() ? DType.F32 : DType.I8))
                .besideCalls("read bandwidth", SHARE, reading(bench, layers));
        bench.measure(c, () -> {
            var all = layers.all().stream().map(l -> l.withActivations(activations)).toList();
            var x = Tensor.randn(Rng.of(2), 1, layers.columns).compute();
            for (var layer : all) layer.matmul(x).compute(); // the first product arranges the weights
            var next = new int[1];
            return () -> all.get(next[0]++ % all.size()).matmul(x).compute();
        });
    }

    /** Seconds of reading so many matrices. */
    private IntToDoubleFunction reading(SideBySide bench, Layers layers) {
        double bytes = layers.bytes;
        if (Cpu.unavailable() != null) return calls -> peak.readSeconds(bytes * calls, bench.threads());
        var reading = new ReadBandwidth[1];
        return calls -> {
            if (reading[0] == null) reading[0] = new ReadBandwidth(layers.all().stream().map(QuantisedMatrix::blocks).toList());
            return Timing.seconds(() -> {
                reading[0].pass();
                return null;
            }, 1) / reading[0].bytes() * bytes * calls;
        };
    }
}
