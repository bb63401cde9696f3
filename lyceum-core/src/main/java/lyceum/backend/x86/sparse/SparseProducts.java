package lyceum.backend.x86.sparse;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import lyceum.backend.Parallel;
import lyceum.backend.SparseRows;
import lyceum.backend.View;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** Where a product of a sparse matrix with a dense one arrives. */
public final class SparseProducts {
    /** Terms of a task, and from which number on a collection should not wait for it; nanoseconds of a gathered term, and of a vector of terms. */
    private static final long TASK = 1 << 12, LONG = 1 << 15;
    private static final double GATHERED = 0.5, VECTOR = 1;
    /** Bytes of a row of x up to which each of its lines is asked for in advance, and of all of x from which on they are: below, the caches have it. */
    private static final int ROW_AHEAD = 512;
    private static final long ALL_AHEAD = 256 << 10;

    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;
    /** For CPUs without mask registers: ones before zeros. */
    private final Storage ones = Allocator.allocate(64, null);

    /** A pattern as kernels read it: row starts, and columns with {@link RowsKernel#AHEAD} zeros behind them. */
    private record Entries(Storage starts, Storage columns) {
        static Entries of(SparseRows.Pattern pattern) {
            return new Entries(stored(pattern.starts(), 0), stored(pattern.column(), RowsKernel.AHEAD));
        }

        private static Storage stored(int[] words, int more) {
            var storage = Allocator.allocate(4L * (words.length + more), null);
            var segment = storage.segment().asSlice(storage.base(), storage.bytes());
            MemorySegment.copy(words, 0, segment, ValueLayout.JAVA_INT_UNALIGNED, 0, words.length);
            segment.asSlice(4L * words.length, 4L * more).fill((byte) 0);
            return storage;
        }
    }

    public SparseProducts(Cpu cpu) {
        this.cpu = cpu;
        this.kernels = new KernelCache<>(cpu);
        for (int i = 0; i < 16; i++) ones.segment().set(ValueLayout.JAVA_INT_UNALIGNED, ones.base() + 4L * i, i < 8 ? -1 : 0);
    }

    /** {@code y = a x}; always true. Operands are kept reachable by the caller. */
    public boolean multiply(SparseRows a, View x, View y) {
        if (y.size() == 0) return true;
        boolean vector = y.size() == a.pattern().rows();
        if (vector && a.meetsVectorAgain()) slices(a.arranged(this, Slices::new), x, y);
        else rows(a, x, y);
        return true;
    }

    private void slices(Slices a, View x, View y) {
        var kernel = kernels.of(new SliceKernel.Form(x.dtype()));
        int slices = Math.ceilDiv(a.rows, Slices.HEIGHT);
        boolean heavy = a.entries / Math.ceilDiv(a.rows, Slices.WINDOW) > Slices.HEIGHT * TASK; // few rows of many entries
        int each = heavy ? 1 : Slices.WINDOW / Slices.HEIGHT, windows = Math.ceilDiv(slices, each);
        long terms = Math.max(1, a.entries / windows), table = a.address(), from = x.address(), to = y.address();
        Parallel.range(windows, Math.max(1, TASK / terms), GATHERED * terms, (first, end) -> {
            long begin = first * each, count = Math.min(slices, end * each) - begin;
            if (a.entries((int) begin, (int) count) > LONG) kernel.callLong(table, begin, count, from, to, a.rows);
            else kernel.call(table, begin, count, from, to, a.rows);
        });
        Reference.reachabilityFence(a);
    }

    private void rows(SparseRows a, View x, View y) {
        var pattern = a.pattern();
        var entries = pattern.arranged(this, Entries::of);
        int rows = pattern.rows(), k = (int) (y.size() / rows), lanes = cpu.vectorBits() / 64, most = RowsKernel.most(cpu);
        int vectors = Math.ceilDiv(k, lanes), blocks = Math.ceilDiv(vectors, most), each = Math.ceilDiv(vectors, blocks),
                width = each * lanes;
        int bytes = x.dtype().bytes();
        boolean ahead = width * bytes <= ROW_AHEAD && x.size() * bytes >= ALL_AHEAD;
        var storage = Allocator.allocate(RowsKernel.PARAMETERS, null);
        var block = storage.segment().asSlice(storage.base(), RowsKernel.PARAMETERS);
        RowsKernel.STARTS.set(block, entries.starts.address());
        RowsKernel.COLUMNS.set(block, entries.columns.address());
        RowsKernel.VALUES.set(block, a.values().address());
        RowsKernel.X.set(block, x.address());
        RowsKernel.Y.set(block, y.address());
        RowsKernel.ROW.set(block, (long) k * bytes);
        double perRow = Math.max(1, (double) pattern.entries() / rows) * each;
        long grain = (long) Math.max(1, Math.min(rows, TASK / perRow)), pieces = Math.ceilDiv(rows, grain);
        // One piece of rows meets all blocks of columns before the next does: its entries stay near.
        Parallel.range(pieces * blocks, 1, VECTOR * perRow * grain, (from, to) -> {
            for (long p = from; p < to; p++) {
                long first = p / blocks * grain, count = Math.min(grain, rows - first), column = p % blocks * width;
                int vectorsHere = (int) Math.min(each, Math.ceilDiv(k - column, lanes)),
                        rest = (int) (k - column - (vectorsHere - 1L) * lanes);
                var kernel = kernels.of(new RowsKernel.Form(x.dtype(), vectorsHere, ahead));
                long mask = mask(Math.min(lanes, rest), bytes),
                        terms = pattern.starts()[(int) (first + count)] - pattern.starts()[(int) first];
                if (terms * vectorsHere > LONG) kernel.callLong(block.address(), first, count, column, mask, 0);
                else kernel.call(block.address(), first, count, column, mask, 0);
            }
        });
        Reference.reachabilityFence(storage);
        Reference.reachabilityFence(entries);
    }

    private long mask(int lanes, int bytes) {
        return cpu.has(Feature.AVX512) ? (1L << lanes) - 1 : ones.address() + 32 - (long) lanes * bytes;
    }
}
