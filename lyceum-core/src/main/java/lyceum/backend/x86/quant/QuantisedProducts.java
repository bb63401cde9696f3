package lyceum.backend.x86.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.code.KernelCache;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockMatrix;
import lyceum.backend.scalar.Matmul.Matrix;
import lyceum.backend.scalar.Panels;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.SplitProducts;
import lyceum.backend.x86.gemm.Tiles;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** Products of activations with quantised weights, and the kernels made for them so far. */
public final class QuantisedProducts {
    /** Bytes of weights that a thread takes at once: the eighth part of all, within these. Each call interrupts the stream from memory. */
    private static final long LEAST = 192 << 10, MOST = 1 << 20;
    /** What a byte of weights costs with each row of activations, and what an activation costs to pack; about. */
    private static final double NANOS = 0.05, NANOS_TO_PACK = 1;
    /** Bytes times rows below which a call is short enough to hold up a collection. */
    private static final long SHORT = 1 << 20;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    /** A thread's packed activations, and a row of floats on its way there. */
    private static final ThreadLocal<Storage> SCRATCH = new ThreadLocal<>(), FLOATS = new ThreadLocal<>();

    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;
    private final TiledProducts tiled;
    private final ManyRows many;

    /** @param backend that converts what {@code splits} multiplies */
    public QuantisedProducts(Cpu cpu, Backend backend, SplitProducts splits) {
        this(cpu, Tiles.Registers::new, new ManyRows(cpu, backend, splits));
    }

    QuantisedProducts(Cpu cpu, Function<Assembler, Tiles> tiles, ManyRows many) {
        this.cpu = cpu;
        this.kernels = new KernelCache<>(cpu);
        this.tiled = new TiledProducts(cpu, kernels, tiles);
        this.many = many;
    }

    /**
     * {@code out = x w' + bias}; see {@link lyceum.backend.Backend#matmulQuantised}.
     *
     * @return false, and nothing is done, if these operands are for the reference: a format without machine code, activations that are not finite, or an output with gaps
     * @throws lyceum.backend.x86.machine.CodeMemory.Refused if there is no memory for code
     */
    public boolean multiply(View x, BlockMatrix weights, View bias, Activations activations, View out) {
        if (out.strides()[1] != 1 && out.shape()[1] > 1 || out.dtype() != DType.F32) return false;
        if (!out.storage().segment().isNative()) return false;
        if (x.shape()[0] == 0 || weights.rows() == 0 || weights.columns() == 0) return false;
        if (!weights.format().isFloat() && Layout.of(weights.format()) == null) return false;
        if (!weights.format().isFloat()) return blocks(x, weights, bias, activations, out);
        return many.multiply(x, weights, bias, activations, out) || floats(x, weights, bias, out);
    }

    /** The weights as the kernels read them, rearranged at the first call: what a product reads of memory. */
    public static Storage arranged(BlockMatrix weights) {
        if (!weights.format().isFloat() && Layout.of(weights.format()) == null) return weights.storage();
        return weights.format().isFloat() ? weights.packed(PackedFloats.class, PackedFloats::of).storage()
                : weights.packed(PackedMatrix.class, PackedMatrix::of).storage();
    }

    private static Storage scratch(long bytes) { return held(SCRATCH, bytes); }

    private static Storage floats(long bytes) { return held(FLOATS, bytes); }

    /** Memory of this thread, kept for its next call. */
    private static Storage held(ThreadLocal<Storage> here, long bytes) {
        var held = here.get();
        if (held == null || held.bytes() < bytes) {
            held = Allocator.allocate(bytes, null);
            here.set(held);
        }
        return held;
    }

    private static void row(View x, int i, int k, float[] to) {
        Panels.load(new Matrix(x, x.byteOffset(), x.strides()[0], x.strides()[1]), i, 1, 0, k, to, 0, k);
    }

    // Blocks.

    private boolean blocks(View x, BlockMatrix weights, View bias, Activations activations, View out) {
        int m = (int) x.shape()[0], k = (int) weights.columns(), digits = activations.digits();
        boolean add = bias != null;
        var packed = weights.packed(PackedMatrix.class, PackedMatrix::of);
        if (tiled.suits(m, activations)) return tiles(x, k, packed, bias, activations, out);
        int most = Math.min(m, BlockKernel.mostRows(cpu, digits)), tiles = (m + most - 1) / most, lastRows = m - (tiles - 1) * most;
        if (packed.hasLeast() && packed.layout() == Layout.BYTES && !BlockKernel.isWide(cpu)) return false;
        var kernel = kernels.of(new BlockKernel.Form(packed.layout(), packed.group(), activations, most, add));
        var last = kernels.of(new BlockKernel.Form(packed.layout(), packed.group(), activations, lastRows, add));

        var tile = new PackedActivations(packed.layout(), digits, most);
        long tileBytes = tile.bytes(packed.chunks());
        var memory = scratch(tiles * tileBytes);
        if (!pack(x, k, packed, activations, most, lastRows, tileBytes, memory)) return false;
        if (add) fill(bias, out);

        groups(weights.rows(), packed.panelBytes(), packed.group(), tiles,
                (p, t, valid, to) -> call(t == tiles - 1 ? last : kernel, packed.panelBytes() * most * Math.ceilDiv(valid, Layout.ROWS),
                        packed.address(p), memory.address() + t * tileBytes, to, packed.chunks(), out.strides()[0] * 4, valid),
                out, most);
        return true;
    }

    /** By tiles of integers: the last rows of activations share a whole one with zeros. */
    private boolean tiles(View x, int k, PackedMatrix packed, View bias, Activations activations, View out) {
        int m = (int) x.shape()[0], tiles = Math.ceilDiv(m, TileBlockKernel.ROWS);
        long tileBytes = TileBlockKernel.activations(packed.layout()).bytes(packed.chunks());
        var memory = scratch(tiles * tileBytes);
        if (m % TileBlockKernel.ROWS != 0) memory.segment().asSlice(memory.base() + (tiles - 1) * tileBytes, tileBytes).fill((byte) 0);
        if (!pack(x, k, packed, activations, TileBlockKernel.ROWS, TileBlockKernel.ROWS, tileBytes, memory)) return false;
        if (bias != null) fill(bias, out);
        long bytes = packed.group() * packed.panelBytes(), all = Math.ceilDiv(out.shape()[1], (long) packed.group() * Layout.ROWS);
        Parallel.range(all, grain(all, bytes), NANOS * bytes * m,
                (from, to) -> tiled.multiply(packed, from, to, memory.address(), bias != null, out));
        return true;
    }

    private static void call(Kernel kernel, long work, long a, long b, long c, long d, long e, long f) {
        if (work < SHORT) kernel.call(a, b, c, d, e, f);
        else kernel.callLong(a, b, c, d, e, f);
    }

    /** False if an activation is not finite or too large for integers. @param most rows of a tile, {@code last} of the last one */
    private boolean pack(View x, int k, PackedMatrix packed, Activations activations, int most, int last, long tileBytes, Storage memory) {
        int m = (int) x.shape()[0], lastTile = (m - 1) / most, padded = packed.chunks() * packed.layout().length;
        var whole = new PackedActivations(packed.layout(), activations.digits(), most);
        var rest = new PackedActivations(packed.layout(), activations.digits(), last);
        boolean written = cpu.has(Feature.AVX512), asItLies = written && x.dtype() == DType.F32 && x.strides()[1] == 1 && k == padded;
        var kernel = written ? kernels.of(new ActivationKernel.Form(whole, activations)) : null;
        var lastKernel = written ? kernels.of(new ActivationKernel.Form(rest, activations)) : null;
        var fit = new boolean[m];
        Parallel.range(m, Math.max(1, (1 << 15) / k), NANOS_TO_PACK * k, (from, to) -> {
            var values = asItLies ? null : new float[padded];
            var floats = written ? floats(64 + (asItLies ? 0 : padded * 4L)) : null;
            for (int i = (int) from; i < to; i++) {
                int t = i / most;
                var layout = t == lastTile ? rest : whole;
                if (!asItLies) row(x, i, k, values);
                if (!written) {
                    fit[i] = Activations.fit(values, 0, k);
                    if (fit[i]) layout.write(values, padded, packed.chunks(), activations, i % most, memory.segment(),
                            memory.base() + t * tileBytes);
                    continue;
                }
                if (!asItLies) MemorySegment.copy(values, 0, floats.segment(), FLOAT, floats.base() + 64, padded);
                long at = memory.address() + t * tileBytes,
                        source = asItLies ? x.address() + i * x.strides()[0] * 4 : floats.address() + 64;
                (t == lastTile ? lastKernel : kernel).call(source, at + layout.digitAt(i % most, 0), at + layout.startAt(i % most, 0, 0),
                        at + layout.stepAt(i % most), padded / Activations.BLOCK, floats.address());
                fit[i] = Activations.fit(floats.segment().get(FLOAT, floats.base()));
            }
        });
        for (boolean good : fit) if (!good) return false;
        return true;
    }

    private void fill(View bias, View out) {
        int n = (int) bias.shape()[0];
        var values = new float[n];
        Panels.load(new Matrix(bias, bias.byteOffset(), 0, bias.strides()[0]), 0, 1, 0, n, values, 0, n);
        for (long i = 0; i < out.shape()[0]; i++)
            MemorySegment.copy(values, 0, out.storage().segment(), FLOAT, out.byteOffset() + i * out.strides()[0] * 4, n);
    }

    // Floats.

    private boolean floats(View x, BlockMatrix weights, View bias, View out) {
        int m = (int) x.shape()[0], k = (int) weights.columns(), most = Math.min(m, FloatKernel.mostRows(cpu)),
                tiles = (m + most - 1) / most;
        boolean add = bias != null;
        var packed = weights.packed(PackedFloats.class, PackedFloats::of);
        var kernel = kernels.of(new FloatKernel.Form(weights.format(), packed.group(), most, add));
        var last = kernels.of(new FloatKernel.Form(weights.format(), packed.group(), m - (tiles - 1) * most, add));

        int line = packed.positions();
        var memory = scratch(4L * m * line);
        Parallel.range(m, Math.max(1, (1 << 16) / line), NANOS_TO_PACK * line, (from, to) -> {
            var values = new float[line];
            for (int i = (int) from; i < to; i++) {
                row(x, i, k, values);
                MemorySegment.copy(values, 0, memory.segment(), FLOAT, memory.base() + 4L * i * line, line);
            }
        });
        if (add) fill(bias, out);
        groups(weights.rows(), packed.panelBytes(), packed.group(), tiles,
                (p, t, valid, to) -> call(t == tiles - 1 ? last : kernel, packed.panelBytes() * most * Math.ceilDiv(valid, Layout.ROWS),
                        packed.address(p), memory.address() + 4L * t * most * line, to, line, out.strides()[0] * 4, valid),
                out, most);
        return true;
    }

    /** Groups of so many bytes that a thread takes at once. */
    private static long grain(long all, long bytes) { return Math.max(1, Math.clamp(all * bytes / 8, LEAST, MOST) / bytes); }

    /** A kernel on panel {@code p} and tile {@code t} of the activations, which writes {@code valid} results a row at address {@code to}. */
    private interface Step {
        void run(long p, int t, long valid, long to);
    }

    /** Several groups by one kernel call, or one if it is needed again for other tiles. */
    private static void groups(long n, long panelBytes, int group, int tiles, Step step, View out, int tileRows) {
        long outAt = out.address(), stride = out.strides()[0] * 4, rows = (long) group * Layout.ROWS, bytes = group * panelBytes,
                all = Math.ceilDiv(n, rows);
        Parallel.range(all, grain(all, bytes), NANOS * bytes * out.shape()[0], (from, to) -> {
            long many = tiles == 1 ? to - from : 1;
            for (long g = from; g < to; g += many) {
                long first = g * rows;
                for (int t = 0; t < tiles; t++)
                    step.run(g * group, t, Math.min(many * rows, n - first), outAt + t * tileRows * stride + first * 4);
            }
        });
    }
}
