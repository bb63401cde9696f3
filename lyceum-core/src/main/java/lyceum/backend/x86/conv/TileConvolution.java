package lyceum.backend.x86.conv;

import java.lang.foreign.ValueLayout;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Epilogue;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.TileWindows;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/**
 * Convolutions of BF16 by tiles, summed in F32 and rounded once. The input goes to {@link PairedPlanes}: there a tap is one distance, whatever the
 * position, and a tile is loaded where it lies.
 *
 * <p>Every element is one sum in a fixed order, so that neither pieces nor threads change a bit.
 */
final class TileConvolution {
    /** Channels below which most of a tile would be zeros, and outputs. */
    private static final int LEAST = 8;
    /** Positions below which packing a weight for this one time takes longer than vectors do. */
    private static final long WORTH_PACKING = 512;
    /** Positions whose sums stay in the second-level cache beside what they are made of. */
    private static final int POSITIONS = 512;
    /** Outputs of a line, which one task computes whole: sounds of a minute go another way. */
    private static final int LONGEST = 16 * POSITIONS;
    /** Examples from which each is one task, and no fewer than threads; where fewer are odd, a thread would wait for another. */
    private static final int MANY = 4;
    private static final int LANES = 16;
    /** Multiply-adds in a nanosecond. */
    private static final double PACE = 400;
    private static final long GRAIN = 1 << 22;
    /** Bytes that tiles may read behind the last position. */
    private static final long SLACK = 4L * 2 * TileWindows.POSITIONS;

    private final KernelCache<Cpu> kernels;
    private final Backend programs;
    private final TileWindows tiles;
    private final Copies copies;
    private final Plans plans;

    TileConvolution(KernelCache<Cpu> kernels, Backend programs, TileWindows tiles) {
        this.kernels = kernels;
        this.programs = programs;
        this.tiles = tiles;
        copies = new Copies(kernels, Element.F32);
        plans = new Plans(Element.F32, LANES);
    }

    /** Null where there are no tiles. */
    static TileConvolution of(KernelCache<Cpu> kernels, Backend programs) {
        var cpu = kernels.cpu();
        boolean has = cpu.has(Feature.AMX_BF16) && cpu.has(Feature.AVX512) && cpu.has(Feature.AVX512_BF16);
        return has ? new TileConvolution(kernels, programs, new TileWindows(kernels)) : null;
    }

    /** @param packed whether the weight need not be packed for this time alone */
    boolean suits(WindowGeometry g, View x, View weight, View y, boolean packed) {
        return x.dtype() == DType.BF16 && weight.dtype() == DType.BF16 && y.dtype() == DType.BF16 && g.groups() == 1
                && g.inputs() * PairedPlanes.columns(g.inputs(), g.kernel()[2]) >= LEAST && g.outputs() >= LEAST && weight.isContiguous()
                && y.isContiguous() && g.out()[2] <= LONGEST && (packed || (long) g.batch() * g.outVolume() >= WORTH_PACKING);
    }

    TileWindows.Weight pack(View weight) {
        long[] shape = weight.shape();
        int last = shape.length - 1, columns = PairedPlanes.columns(shape[1], shape[last]);
        long taps = 1;
        for (int axis = 2; axis <= last; axis++) taps *= shape[axis];
        return TileWindows.pack(weight, (int) shape[0], (int) shape[1], (int) taps / columns, columns);
    }

    /** {@code y = epilogue(x * weight)}, for x and y that are contiguous. */
    void forward(WindowGeometry given, View x, TileWindows.Weight weight, Epilogue epilogue, View y) {
        var block = new PairedPlanes(kernels, copies, plans, given);
        var sums = new Sums(block, weight, epilogue, y);
        if (given.batch() >= Math.max(MANY, Parallel.threads()) && weight.storage().bytes() <= l2() / 2) each(block, x, sums);
        else together(block, x, sums);
    }

    private Storage planes(PairedPlanes block, int examples) {
        var storage = Allocator.allocate(examples * block.exampleBytes() + SLACK);
        storage.segment().asSlice(storage.base() + examples * block.exampleBytes(), SLACK).fill((byte) 0);
        return storage;
    }

    /** A thread makes the planes of an example and sums them: they lie in the cache of its core. */
    private void each(PairedPlanes block, View x, Sums sums) {
        var g = block.geometry();
        Parallel.range(g.batch(), 1, sums.work() * sums.places() * sums.groups() / PACE, (begin, end) -> {
            try (var scope = Scope.open("an example")) {
                var storage = planes(block, 1);
                block.clearAlone(storage);
                for (int example = (int) begin; example < end; example++) {
                    block.fillAlone(x, example, storage);
                    for (int place = 0; place < sums.places(); place++)
                        for (int group = 0; group < sums.groups(); group++) sums.of(storage, 0, example, place, group);
                }
            }
        });
    }

    /** All threads make the planes of some examples, as many as stay in the second-level cache until they are read, and then sum them. */
    private void together(PairedPlanes block, View x, Sums sums) {
        var g = block.geometry();
        int examples = (int) Math.clamp(l2() / 2 / block.exampleBytes(), 1, g.batch());
        var storage = planes(block, examples);
        block.clear(storage, examples); // once: padding stays where it is
        for (int from = 0; from < g.batch(); from += examples) {
            int n = Math.min(examples, g.batch() - from), first = from;
            block.fill(x, first, n, storage);
            long places = (long) n * sums.places();
            // What is larger stays, the other passes by it.
            boolean byWeight = sums.weight.storage().bytes() > n * block.exampleBytes();
            Parallel.range(places * sums.groups(), Math.max(1, (long) (GRAIN / sums.work())), sums.work() / PACE, (begin, end) -> {
                for (long unit = begin; unit < end; unit++) {
                    int group = (int) (byWeight ? unit / places : unit % sums.groups());
                    long place = byWeight ? unit % places : unit / sums.groups();
                    int example = (int) (place / sums.places());
                    sums.of(storage, example, first + example, (int) (place % sums.places()), group);
                }
            });
        }
    }

    private long l2() { return kernels.cpu().l2(); }

    /** What units of a convolution share: some outputs at some lines of positions. */
    private final class Sums {
        final WindowGeometry g;
        final PairedPlanes block;
        final TileWindows.Weight weight;
        final Epilogue epilogue;
        final View y;
        /** Lines of positions that are summed at once. */
        final int lines;
        final TileWindows.Lines most, last;
        final Storage taps;

        Sums(PairedPlanes block, TileWindows.Weight weight, Epilogue epilogue, View y) {
            this.block = block;
            this.weight = weight;
            this.epilogue = epilogue;
            this.y = y;
            g = block.geometry();
            long positions = Math.min(POSITIONS, l2() / 2 / (4L * block.planes()));
            lines = (int) Math.clamp(positions / block.pitch(), 1, g.out()[1]);
            int rest = g.out()[1] % lines;
            most = new TileWindows.Lines(lines, g.out()[2], block.pitch());
            last = rest == 0 ? most : new TileWindows.Lines(rest, g.out()[2], block.pitch());
            taps = Allocator.allocate(8L * g.taps());
            for (int t = 0; t < g.taps(); t++) taps.segment().set(ValueLayout.JAVA_LONG_UNALIGNED, taps.base() + 8L * t, block.tap(t));
        }

        int groups() { return Math.ceilDiv(g.outputs(), TileWindows.OUTPUTS); }

        private int placesOfPlane() { return Math.ceilDiv(g.out()[1], lines); }

        /** Of an example. */
        int places() { return g.out()[0] * placesOfPlane(); }

        /** Multiply-adds of a group at a place. */
        double work() {
            return (double) TileWindows.OUTPUTS * g.inputs() * g.taps() * lines * g.out()[2];
        }

        /** @param held number of the example among the planes of {@code storage} */
        void of(Storage storage, int held, int example, int place, int group) {
            int i = place / placesOfPlane(), j = place % placesOfPlane() * lines, output = group * TileWindows.OUTPUTS,
                    rows = Math.min(TileWindows.OUTPUTS, g.outputs() - output), count = Math.min(lines, g.out()[1] - j);
            long at = ((long) example * g.outputs() + output) * g.outVolume() + ((long) i * g.out()[1] + j) * g.out()[2];
            var bias = epilogue.bias();
            long step = bias == null ? 0 : 2 * bias.strides()[0];
            var target = new TileWindows.Target(rows, y.address() + 2 * at, 2L * g.outVolume(),
                    bias == null ? 0 : bias.address() + output * step, step, epilogue.activation() == Op.RELU);
            tiles.sum(weight, group, storage.address() + held * block.exampleBytes() + block.line(i, j), block.planeBytes(), taps.address(),
                    count == lines ? most : last, target);
            if (epilogue.activation() == null || epilogue.activation() == Op.RELU) return;
            long length = (long) count * g.out()[2];
            var made = new View(DType.BF16, y.storage(), y.offset() + at, new long[] {rows, length}, new long[] {g.outVolume(), 1});
            programs.run(Program.of(epilogue.activation(), DType.BF16, DType.BF16), new View[] {made}, new View[] {made});
        }
    }
}
