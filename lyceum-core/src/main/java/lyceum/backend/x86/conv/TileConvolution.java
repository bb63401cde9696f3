package lyceum.backend.x86.conv;

import java.lang.foreign.ValueLayout;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Epilogue;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.conv.Copies.Place;
import lyceum.backend.x86.conv.Copies.Planes;
import lyceum.backend.x86.gemm.InterleaveKernel;
import lyceum.backend.x86.gemm.TileWindows;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/**
 * Convolutions of BF16 by tiles, summed in F32 and rounded once. The input goes to padded planes, cut by the stride into phases, where two neighbouring
 * channels of a position stand side by side: there a tap is one distance, whatever the position, and a tile is loaded where it lies.
 *
 * <p>Every element is one sum in a fixed order, so that neither pieces nor threads change a bit.
 */
final class TileConvolution {
    /** Channels below which most of a tile would be zeros, and outputs. */
    private static final int LEAST = 16;
    /** Positions below which packing a weight for this one time takes longer than vectors do. */
    private static final long WORTH_PACKING = 512;
    /** Positions whose sums stay in the second-level cache beside what they are made of. */
    private static final int POSITIONS = 512;
    /** Outputs of a line, which one task computes whole: sounds of a minute go another way. */
    private static final int LONGEST = 16 * POSITIONS;
    /** Lanes that a call of the kernel which interleaves takes of a line. */
    private static final int LANES = 16, VECTORS = 16;
    /** Multiply-adds in a nanosecond, and bytes written in one. */
    private static final double PACE = 400, WRITTEN = 8;
    private static final long GRAIN = 1 << 22, BYTES = 1 << 17;
    /** Elements that tiles may read behind the last position. */
    private static final int SLACK = 2 * TileWindows.POSITIONS;

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
        return cpu.has(Feature.AMX_BF16) && cpu.has(Feature.AVX512) ? new TileConvolution(kernels, programs, new TileWindows(kernels))
                : null;
    }

    /** @param packed whether the weight need not be packed for this time alone */
    boolean suits(WindowGeometry g, View x, View weight, View y, boolean packed) {
        return x.dtype() == DType.BF16 && weight.dtype() == DType.BF16 && y.dtype() == DType.BF16 && g.groups() == 1 && g.inputs() >= LEAST
                && g.outputs() >= LEAST && weight.isContiguous() && y.isContiguous() && g.out()[2] <= LONGEST
                && (packed || (long) g.batch() * g.outVolume() >= WORTH_PACKING);
    }

    TileWindows.Weight pack(View weight) {
        long taps = 1;
        for (int axis = 2; axis < weight.shape().length; axis++) taps *= weight.shape()[axis];
        return TileWindows.pack(weight, (int) weight.shape()[0], (int) weight.shape()[1], (int) taps);
    }

    /** {@code y = epilogue(x * weight)}, for x and y that are contiguous. */
    void forward(WindowGeometry g, View x, TileWindows.Weight weight, Epilogue epilogue, View y) {
        var block = new Block(g);
        var then = program(epilogue);
        // As many examples as stay in the second-level cache until they are read; their padding is the same, and cleared once.
        int examples = (int) Math.clamp(l2() / 2 / (4 * block.example), 1, g.batch());
        var storage = Allocator.allocate(4 * (examples * block.example + SLACK));
        var taps = Allocator.allocate(8L * g.taps());
        for (int t = 0; t < g.taps(); t++)
            taps.segment().set(ValueLayout.JAVA_LONG_UNALIGNED, taps.base() + 8L * t, 4L * block.plan.phases().offset(t));
        clear(storage, 4 * examples * block.example, 4L * SLACK);
        block.clear(storage, examples);
        for (int from = 0; from < g.batch(); from += examples) {
            int n = Math.min(examples, g.batch() - from), first = from;
            block.fill(x, first, n, storage);
            int groups = (g.outputs() + TileWindows.OUTPUTS - 1) / TileWindows.OUTPUTS, lines = block.lines(l2()),
                    perPlane = (g.out()[1] + lines - 1) / lines;
            long places = (long) n * g.out()[0] * perPlane, units = places * groups;
            // What is larger stays, the other passes by it.
            boolean byWeight = weight.storage().bytes() > 4 * n * block.example;
            double work = (double) TileWindows.OUTPUTS * g.inputs() * g.taps() * lines * g.out()[2];
            Parallel.range(units, Math.max(1, (long) (GRAIN / work)), work / PACE, (begin, end) -> {
                for (long unit = begin; unit < end; unit++) {
                    int group = (int) (byWeight ? unit / places : unit % groups);
                    long place = byWeight ? unit % places : unit / groups;
                    int j = (int) (place % perPlane) * lines, i = (int) (place / perPlane % g.out()[0]),
                            example = (int) (place / perPlane / g.out()[0]);
                    block.sum(storage, example, weight, taps.address(), group, i, j, Math.min(lines, g.out()[1] - j), then, epilogue.bias(),
                            y, first + example);
                }
            });
        }
    }

    private long l2() { return kernels.cpu().l2(); }

    private static void clear(Storage storage, long from, long bytes) {
        storage.segment().asSlice(storage.base() + from, bytes).fill((byte) 0);
    }

    /** The sums rounded, and the epilogue of these, as if one were done after the other. */
    private static Program program(Epilogue epilogue) {
        var p = new ProgramBuilder();
        int result = p.cast(DType.BF16, p.load(DType.F32, 0));
        if (epilogue.bias() != null) result = p.of(Op.ADD, DType.BF16, result, p.load(DType.BF16, 1));
        if (epilogue.activation() != null) result = p.of(epilogue.activation(), DType.BF16, result);
        return p.build(result);
    }

    /** The input as tiles read it. */
    private final class Block {
        final WindowGeometry g;
        final Plans.Forward plan;
        final Grid grid;
        /** Pairs of channels that there are, planes with those of zeros; elements of 4 bytes from plane to plane, and of an example. */
        final int pairs, planes;
        final long plane, example;
        private Storage dense;

        Block(WindowGeometry g) {
            this.g = g;
            plan = plans.forward(g);
            grid = plan.phases().grid();
            pairs = (g.inputs() + 1) / 2;
            planes = TileWindows.steps(g.inputs()) * TileWindows.CHANNELS / 2;
            // An odd number of lines of the cache, or the planes of a tile would meet in a few sets of it.
            plane = (((long) plan.phases().count() * grid.volume() + 15) / 16 | 1) * 16;
            example = planes * plane;
        }

        /** Lines of positions that are summed at once. */
        int lines(long cache) {
            long positions = Math.min(POSITIONS, cache / 2 / (4L * planes));
            return (int) Math.clamp(positions / grid.sizes()[2], 1, g.out()[1]);
        }

        /** What stays zero: all around, and where there are no channels. */
        void clear(Storage storage, int examples) {
            boolean gaps = !plan.phases().fill(g.in());
            Parallel.range((long) examples * planes, Math.max(1, BYTES / (4 * plane)), 4 * plane / WRITTEN, (begin, end) -> {
                for (long p = begin; p < end; p++)
                    if (gaps || p % planes >= pairs)
                        TileConvolution.clear(storage, 4 * (p / planes * example + p % planes * plane), 4 * plane);
            });
        }

        void fill(View x, int first, int examples, Storage storage) {
            if (plan.phases().count() == 1 && g.stride()[0] == 1 && g.stride()[1] == 1 && g.stride()[2] == 1)
                lay(x, first, examples, storage);
            else cut(x, first, examples, storage);
        }

        /** Line after line to its place, all channels of it. */
        private void lay(View x, int first, int examples, Storage storage) {
            boolean whole = plan.phases().isIdentity();
            int lines = whole ? 1 : g.in()[0] * g.in()[1], length = whole ? g.inVolume() : g.in()[2];
            Parallel.range((long) examples * lines, Math.max(1, BYTES / (4L * length * pairs)), 4.0 * length * pairs / WRITTEN,
                    (begin, end) -> {
                        for (long line = begin; line < end; line++) {
                            int i = (int) (line % lines) / g.in()[1], j = (int) (line % lines) % g.in()[1];
                            long e = line / lines, place = whole ? 0 : place(i, j);
                            if (place < 0) continue;
                            long from = x.address() + 2 * ((first + e) * g.inputs() * g.inVolume() + line % lines * length),
                                    to = storage.address() + 4 * (e * example + place);
                            interleave(from, to, 4 * plane, Math.min(length, whole ? length : grid.sizes()[2] - g.before()[2]));
                        }
                    });
        }

        /** Where a line begins in a plane; -1 if no output reads it. */
        private long place(int i, int j) {
            int a = i + g.before()[0], b = j + g.before()[1];
            return a >= grid.sizes()[0] || b >= grid.sizes()[1] ? -1 : grid.at(a, b, g.before()[2]);
        }

        /** Pairs of channels of {@code n} positions that follow one another. */
        private void interleave(long from, long to, long step, int n) {
            long channel = 2L * g.inVolume();
            for (int at = 0; at < n; at += LANES * VECTORS) {
                int some = Math.min(LANES * VECTORS, n - at), vectors = (some + LANES - 1) / LANES;
                long mask = (1L << some - LANES * (vectors - 1)) - 1;
                if (g.inputs() > 1) kernels.of(new InterleaveKernel(2, 2, vectors, false, true)).move((long) some * g.inputs() / 2,
                        from + 2L * at, channel, to + 4L * at, step, g.inputs() / 2, mask);
                if (g.inputs() % 2 == 1) kernels.of(new InterleaveKernel(2, 1, vectors, false, true))
                        .call(from + 2L * at + (g.inputs() - 1) * channel, channel, to + 4L * at + (pairs - 1) * step, step, 1, mask);
            }
        }

        /** Pairs first, then cut by the stride. */
        private void cut(View x, int first, int examples, Storage storage) {
            var phases = plan.phases();
            int volume = g.inVolume();
            long share = 4L * pairs * volume;
            int side = Math.min(Parallel.threads(), examples);
            if (dense == null) dense = Allocator.allocate(share * side); // the first block of examples is the largest; a scope keeps what it gave
            for (int e = 0; e < examples; e += side) {
                int some = Math.min(side, examples - e), begun = e;
                Parallel.range((long) some * g.in()[0] * g.in()[1], Math.max(1, BYTES / (4L * g.in()[2] * pairs)),
                        4.0 * g.in()[2] * pairs / WRITTEN, (begin, end) -> {
                            for (long line = begin; line < end; line++) {
                                int lines = g.in()[0] * g.in()[1];
                                long of = line / lines, at = line % lines * g.in()[2];
                                interleave(x.address() + 2 * ((first + begun + of) * g.inputs() * volume + at),
                                        dense.address() + of * share + 4 * at, 4L * volume, g.in()[2]);
                            }
                        });
                Parallel.range((long) some * pairs, Math.max(1, BYTES / (4L * volume)), 4.0 * volume / WRITTEN, (begin, end) -> {
                    for (long p = begin; p < end; p++)
                        for (int phase = 0; phase < phases.count(); phase++)
                            copies.spread(new Place(dense.segment(), dense.base() + p / pairs * share + 4L * (p % pairs) * volume, 4),
                                    g.in(), phases.stride(), phases.shift(phase),
                                    new Place(storage.segment(),
                                            storage.base() + 4
                                                    * ((begun + p / pairs) * example + p % pairs * plane + (long) phase * grid.volume()),
                                            4),
                                    grid.sizes(), Planes.ONE);
                });
            }
        }

        /** Outputs of a group at some lines of positions, to their place. */
        void sum(Storage storage, int e, TileWindows.Weight weight, long taps, int group, int i, int j, int lines, Program then, View bias,
                View y, int to) {
            int count = (lines - 1) * grid.sizes()[2] + g.out()[2], output = group * TileWindows.OUTPUTS,
                    outputs = Math.min(TileWindows.OUTPUTS, g.outputs() - output);
            var sums = tiles.sums(weight, group, storage.address() + 4 * (e * example + grid.at(i, j, 0)), 4 * plane, taps, count);
            long[] shape = {outputs, lines, g.out()[2]};
            var rows = new View(DType.F32, sums.storage(), 0, shape, new long[] {sums.strides()[0], grid.sizes()[2], 1});
            long at = y.offset() + ((long) to * g.outputs() + output) * g.outVolume() + ((long) i * g.out()[1] + j) * g.out()[2];
            var place = new View(DType.BF16, y.storage(), at, shape, new long[] {g.outVolume(), g.out()[2], 1});
            var inputs = bias == null ? new View[] {rows} : new View[] {rows, new View(DType.BF16, bias.storage(),
                    bias.offset() + output * bias.strides()[0], shape, new long[] {bias.strides()[0], 0, 0})};
            programs.run(then, inputs, new View[] {place});
        }
    }
}
