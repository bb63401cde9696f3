package lyceum.backend.x86.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockMatrix;
import lyceum.backend.scalar.Matmul.Matrix;
import lyceum.backend.scalar.Panels;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** Products of activations with quantised weights, and the kernels made for them so far. */
public final class QuantisedProducts {
    /** Bytes of weights that a thread takes at once: some ten microseconds from memory. */
    private static final long GRAIN = 192 << 10;
    /** Bytes times rows below which a call is short enough to hold up a collection. */
    private static final long SHORT = 1 << 20;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    /** What a kernel is made for: a {@link Layout} or a float format, its tile, and whether it adds to what out holds. */
    private record Key(Object weights, int digits, int rows, int tile, boolean add) { }

    private final Cpu cpu;
    private final ConcurrentHashMap<Key, Optional<Kernel>> kernels = new ConcurrentHashMap<>();
    private final ThreadLocal<Storage> scratch = new ThreadLocal<>();

    public QuantisedProducts(Cpu cpu) { this.cpu = cpu; }

    /**
     * {@code out = x w' + bias}; see {@link lyceum.backend.Backend#matmulQuantised}.
     *
     * @return false, and nothing is done, if these operands are for the reference: activations that are not finite, an output with gaps, or code
     *         memory that is refused
     */
    public boolean multiply(View x, BlockMatrix weights, View bias, Activations activations, View out) {
        if (out.strides()[1] != 1 && out.shape()[1] > 1 || out.dtype() != DType.F32) return false;
        if (!out.storage().segment().isNative()) return false;
        if (x.shape()[0] == 0 || weights.rows() == 0 || weights.columns() == 0) return false;
        boolean done = weights.format().isFloat() ? floats(x, weights, bias, out) : blocks(x, weights, bias, activations, out);
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(weights);
        Reference.reachabilityFence(out);
        return done;
    }

    private static long address(View v) { return v.storage().segment().address() + v.byteOffset(); }

    /** Memory of this thread, kept for its next call. */
    private Storage scratch(long bytes) {
        var held = scratch.get();
        if (held == null || held.bytes() < bytes) {
            held = Allocator.allocate(bytes, null);
            scratch.set(held);
        }
        return held;
    }

    private static void row(View x, int i, int k, float[] to) {
        Panels.load(new Matrix(x, x.byteOffset(), x.strides()[0], x.strides()[1]), i, 1, 0, k, to, 0, k);
    }

    // Blocks.

    private boolean blocks(View x, BlockMatrix weights, View bias, Activations activations, View out) {
        int m = (int) x.shape()[0], k = (int) weights.columns(), digits = activations.digits();
        int most = Math.min(m, BlockKernel.mostRows(cpu, digits)), tiles = (m + most - 1) / most, lastRows = m - (tiles - 1) * most;
        boolean add = bias != null;
        var packed = weights.packed(PackedMatrix.class, PackedMatrix::of);
        if (packed.hasLeast() && packed.layout() == Layout.BYTES && !BlockKernel.isWide(cpu)) return false;
        var kernel = kernel(packed.layout(), digits, Layout.ROWS, most, add);
        var last = kernel(packed.layout(), digits, Layout.ROWS, lastRows, add);
        if (kernel.isEmpty() || last.isEmpty()) return false;

        var tile = new PackedActivations(packed.layout(), digits, most);
        long tileBytes = tile.bytes(packed.chunks());
        var memory = scratch(tiles * tileBytes);
        if (!pack(x, k, packed, activations, most, tileBytes, memory)) return false;
        if (add) fill(bias, out);

        long n = weights.rows(), panels = (n + Layout.ROWS - 1) / Layout.ROWS, base = memory.segment().address() + memory.base();
        long outAt = address(out), outStride = out.strides()[0] * 4;
        Parallel.range(panels, Math.max(1, GRAIN / packed.panelBytes()), (from, to) -> {
            for (long p = from; p < to; p++) {
                long valid = Math.min(Layout.ROWS, n - p * Layout.ROWS);
                for (int t = 0; t < tiles; t++) {
                    call(t == tiles - 1 ? last.get() : kernel.get(), packed.panelBytes() * most, packed.address(p), base + t * tileBytes,
                            outAt + t * most * outStride + p * Layout.ROWS * 4, packed.chunks(), outStride, valid);
                }
            }
        });
        Reference.reachabilityFence(memory);
        return true;
    }

    private static void call(Kernel kernel, long work, long a, long b, long c, long d, long e, long f) {
        if (work < SHORT) kernel.call(a, b, c, d, e, f);
        else kernel.callLong(a, b, c, d, e, f);
    }

    /** False if an activation is not finite or too large for integers. */
    private boolean pack(View x, int k, PackedMatrix packed, Activations activations, int most, long tileBytes, Storage memory) {
        int m = (int) x.shape()[0], tiles = (m + most - 1) / most;
        var fit = new boolean[m];
        Parallel.range(m, Math.max(1, (1 << 15) / k), (from, to) -> {
            var values = new float[k];
            var integers = new int[Activations.BLOCK];
            for (int i = (int) from; i < to; i++) {
                row(x, i, k, values);
                fit[i] = Activations.fit(values, 0, k);
                if (!fit[i]) continue;
                int t = i / most, rows = t == tiles - 1 ? m - t * most : most;
                new PackedActivations(packed.layout(), activations.digits(), rows)
                        .write(values, k, packed.chunks(), activations, i % most, memory.segment(), memory.base() + t * tileBytes, integers);
            }
        });
        for (boolean good : fit) if (!good) return false;
        return true;
    }

    private void fill(View bias, View out) {
        int n = (int) bias.shape()[0];
        var values = new float[n];
        Panels.load(new Matrix(bias, bias.byteOffset(), 0, bias.strides()[0]), 0, 1, 0, n, values, 0, n);
        for (long i = 0; i < out.shape()[0]; i++) MemorySegment.copy(values, 0, out.storage().segment(), FLOAT, out.byteOffset() + i * out.strides()[0] * 4, n);
    }

    // Floats.

    private boolean floats(View x, BlockMatrix weights, View bias, View out) {
        int m = (int) x.shape()[0], k = (int) weights.columns();
        boolean wide = cpu.vectorBits() == 512, add = bias != null;
        if (!wide && k % 16 != 0) return false; // masked loads of 16-bit lanes came with AVX-512
        int rows = (int) Math.min(FloatKernel.MOST, weights.rows()), most = Math.min(m, FloatKernel.mostActivations(cpu, rows)), tiles = (m + most - 1) / most;
        int lastTile = m - (tiles - 1) * most, line = (k + 15) / 16 * 16;
        var format = weights.format();
        var kernel = kernel(format, 0, rows, most, add);
        var last = kernel(format, 0, rows, lastTile, add);
        var single = kernel(format, 0, 1, most, add);
        var singleLast = kernel(format, 0, 1, lastTile, add);
        if (kernel.isEmpty() || last.isEmpty() || single.isEmpty() || singleLast.isEmpty()) return false;

        var memory = scratch(4L * m * line);
        Parallel.range(m, Math.max(1, (1 << 16) / line), (from, to) -> {
            var values = new float[line];
            for (int i = (int) from; i < to; i++) {
                row(x, i, k, values);
                MemorySegment.copy(values, 0, memory.segment(), FLOAT, memory.base() + 4L * i * line, line);
            }
        });
        if (add) fill(bias, out);

        long n = weights.rows(), rowBytes = format.rowBytes(k), base = memory.segment().address() + memory.base();
        long first = weights.segment().isNative() ? weights.segment().address() + weights.rowAt(0) : weights.packed(OffHeap.class, OffHeap::of).address();
        long outAt = address(out), outStride = out.strides()[0] * 4;
        long grain = Math.max(1, GRAIN / Math.max(1, rowBytes * rows)) * rows;
        Parallel.range(n, grain, (from, to) -> {
            long j = from;
            for (; j + rows <= to; j += rows) {
                for (int t = 0; t < tiles; t++) {
                    call(t == tiles - 1 ? last.get() : kernel.get(), rowBytes * rows * most, first + j * rowBytes, base + 4L * t * most * line,
                            outAt + t * most * outStride + 4 * j, k, outStride, rowBytes);
                }
            }
            for (; j < to; j++) {
                for (int t = 0; t < tiles; t++) {
                    call(t == tiles - 1 ? singleLast.get() : single.get(), rowBytes * most, first + j * rowBytes, base + 4L * t * most * line,
                            outAt + t * most * outStride + 4 * j, k, outStride, rowBytes);
                }
            }
        });
        Reference.reachabilityFence(memory);
        return true;
    }

    /** Float weights that came in a Java array, which has no address. */
    private record OffHeap(Storage storage) {
        static OffHeap of(BlockMatrix weights) {
            var storage = Allocator.allocate(weights.bytes(), null);
            MemorySegment.copy(weights.segment(), weights.rowAt(0), storage.segment(), storage.base(), weights.bytes());
            return new OffHeap(storage);
        }

        long address() { return storage.segment().address() + storage.base(); }
    }

    private Optional<Kernel> kernel(Object weights, int digits, int rows, int tile, boolean add) {
        return kernels.computeIfAbsent(new Key(weights, digits, rows, tile, add), key -> {
            var name = "quant-" + weights + (digits > 0 ? "-" + digits : "") + "-" + rows + "x" + tile + (add ? "-add" : "") + "-" + cpu.vectorBits();
            var code = weights instanceof Layout layout ? new BlockKernel(cpu, CodeMemory.isListed(), layout, digits, tile, add).write()
                    : new FloatKernel(cpu, CodeMemory.isListed(), (lyceum.backend.quant.BlockFormat) weights, rows, tile, add).write();
            return CodeMemory.load(name, code);
        });
    }
}
