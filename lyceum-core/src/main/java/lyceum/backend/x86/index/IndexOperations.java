package lyceum.backend.x86.index;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.code.KernelCache;
import lyceum.backend.scalar.AxisLanes;
import lyceum.backend.scalar.IndexedRows;
import lyceum.backend.scalar.Indexing;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.backend.x86.machine.Lanes;

/** Gather, scatter and running reductions, and the kernels made for them so far. */
public final class IndexOperations {
    /** Bytes that a thread moves at once, and elements. */
    private static final long GRAIN = 1 << 17, ELEMENTS = 1 << 15;
    /** Bytes of a row's piece at least, where threads share the columns: two halves of 512 bytes were read at two thirds of the pace of whole rows on one thread. */
    private static final long LEAST_PIECE = 4096;

    private final Cpu cpu;
    private final Lanes lanes;
    private final KernelCache<Cpu> kernels;

    public IndexOperations(Cpu cpu) {
        this.cpu = cpu;
        this.kernels = new KernelCache<>(cpu);
        this.lanes = Lanes.of(cpu);
    }

    /** See {@link Backend#gather}; false if nothing was done. */
    public boolean gather(View in, int axis, View index, View out) { return move(Rule.GATHER, "gather", in, axis, index, out); }

    /** See {@link Backend#scatter}; false if nothing was done. */
    public boolean scatter(Backend.Scatter rule, View in, int axis, View index, View out) {
        return move(Rule.of(rule), "scatter", out, axis, index, in);
    }

    private boolean move(Rule rule, String operation, View table, int axis, View index, View dense) {
        if (dense.size() == 0 || table.shape().length == 0) return false;
        for (var view : new View[] {table, index, dense}) if (!view.storage().segment().isNative()) return false;
        var type = table.dtype();
        if (rule.combines() && type != DType.F32 && type != DType.F64) return false;
        var rows = IndexedRows.of(table, axis, index, dense);
        if (rows != null && rows.bytes() >= 16 && rows.bytes() % 4 == 0 && rows(rule, operation, rows)) return true;
        return (type.bytes() == 4 || type.bytes() == 8) && (!rule.combines() || rule == Rule.ADD)
                && elements(rule, operation, table, axis, index, dense);
    }

    // Rows.

    /** Rows may go to several threads where they are written one by one; where they meet in the table, threads share the columns. */
    private boolean rows(Rule rule, String operation, IndexedRows plan) {
        long bytes = plan.bytes();
        if (rule == Rule.GATHER) {
            var kernel = rowKernel(rule, plan, bytes);
            Parallel.range(plan.outer() * plan.rows(), Math.max(1, GRAIN / bytes), 3 + 0.08 * bytes, (from, to) -> {
                for (long i = from, n; i < to; i += n) {
                    n = Math.min(to - i, plan.rows() - i % plan.rows());
                    piece(kernel, operation, plan, i / plan.rows(), i % plan.rows(), n, 0, bytes);
                }
            });
            return true;
        }
        long pieces = Parallel.isSequential() ? 1 : Math.clamp(bytes / LEAST_PIECE, 1, Parallel.threads()),
                each = (bytes / pieces + 63) / 64 * 64;
        // Both before anything is added: where there is no memory for code, plain loops begin anew.
        var whole = rowKernel(rule, plan, Math.min(each, bytes));
        var last = rowKernel(rule, plan, bytes - (bytes - 1) / each * each);
        Parallel.range(plan.outer() * pieces, Math.max(1, GRAIN / (each * Math.max(1, plan.rows()))), 0.1 * each * plan.rows(),
                (from, to) -> {
                    for (long i = from; i < to; i++) {
                        long first = i % pieces * each, n = Math.min(each, bytes - first);
                        if (n > 0) piece(n == each ? whole : last, operation, plan, i / pieces, 0, plan.rows(), first, n);
                    }
                });
        return true;
    }

    private Kernel rowKernel(Rule rule, IndexedRows plan, long bytes) {
        return kernels.of(new RowKernel.Form(rule, rule.combines() && plan.table().dtype() == DType.F64, bytes % lanes.bytes() != 0));
    }

    /** Rows {@code row .. row + n - 1} of combination {@code outer}, {@code bytes} of each from {@code first} on. */
    private void piece(Kernel kernel, String operation, IndexedRows plan, long outer, long row, long n, long first, long bytes) {
        long whole = bytes / lanes.bytes() * lanes.bytes(), indexAt = plan.index().byteOffset() + row * plan.indexStride();
        boolean good = Arguments.mine()
                .operands(plan.index().address(indexAt), plan.indexStride(),
                        plan.dense().address(plan.denseAt(outer) + row * plan.denseStride() + first), plan.denseStride(),
                        plan.table().address(plan.tableAt(outer) + first), plan.tableStride())
                .set(Arguments.BYTES, whole).set(Arguments.LANES, lanes.partial(bytes / 4))
                .run(kernel, plan.table().shape()[plan.axis()], n);
        if (!good) fail(operation, plan.table(), plan.axis(), plan.index(), indexAt, plan.indexStride(), n);
    }

    private static void fail(String operation, View table, int axis, View index, long at, long step, long n) {
        long size = table.shape()[axis];
        for (long i = 0; i < n; i++) {
            long number = index.storage().segment().get(ValueLayout.JAVA_LONG_UNALIGNED, at + i * step);
            if (number < -size || number >= size) throw Indexing.outOfRange(operation, number, axis, table);
        }
        throw new AssertionError(operation + ": the kernel stopped at an index that is in range");
    }

    // Elements: along the last axis that has several, whatever the indices belong to.

    private boolean elements(Rule rule, String operation, View table, int axis, View index, View dense) {
        int last = index.shape().length - 1, bytes = table.dtype().bytes();
        while (last > 0 && index.shape()[last] == 1) last--;
        var strides = table.strides().clone();
        long axisStep = strides[axis] * bytes;
        strides[axis] = 0;
        var runs = AxisLanes.of(last, index, dense, table.with(index.shape(), strides));
        long[] step = runs.stride();
        var form = new ElementKernel.Form(rule, bytes, step[0] == 8 && step[1] == bytes && step[2] == 0 && axisStep == bytes);
        var kernel = kernels.of(form);
        Run run = (lane, from, n) -> {
            long indexAt = runs.at(0, lane) + from * step[0];
            boolean good = Arguments.mine()
                    .operands(index.address(indexAt), step[0], dense.address(runs.at(1, lane) + from * step[1]), step[1],
                            table.address(runs.at(2, lane) + from * step[2]), step[2])
                    .set(Arguments.AXIS_STEP, axisStep).run(kernel, table.shape()[axis], n);
            if (!good) fail(operation, table, axis, index, indexAt, step[0], n);
        };
        boolean meets = rule != Rule.GATHER;
        if (meets && axis != last) { // lanes meet in the table: threads share the columns
            Parallel.range(runs.length(), Math.max(64, ELEMENTS / runs.count()), 2.0 * runs.count(), (from, to) -> {
                for (long lane = 0; lane < runs.count(); lane++) run.of(lane, from, to - from);
            });
            return true;
        }
        long n = meets ? runs.length() : Math.min(runs.length(), ELEMENTS), pieces = (runs.length() + n - 1) / n;
        Parallel.range(runs.count() * pieces, Math.max(1, ELEMENTS / n), 1.0 * n, (from, to) -> {
            for (long i = from; i < to; i++) run.of(i / pieces, i % pieces * n, Math.min(n, runs.length() - i % pieces * n));
        });
        return true;
    }

    private interface Run {
        void of(long lane, long from, long n);
    }

    // Running reductions.

    /** See {@link Backend#scan}; false if nothing was done. */
    public boolean scan(Backend.Scan scan, View in, int axis, View out) {
        var type = in.dtype();
        if (!cpu.has(Feature.AVX512) || type != DType.F32 && type != DType.F64 || in.size() == 0 || !in.isContiguous()
                || !out.isContiguous())
            return false;
        if (!in.storage().segment().isNative() || !out.storage().segment().isNative()) return false;
        long length = in.shape()[axis], inner = View.size(Arrays.copyOfRange(in.shape(), axis + 1, in.shape().length)),
                outer = in.size() / length / inner;
        // A tree overflows, underflows and rounds where one by one nothing does, so that sums of what is not negative could fall; floats have room in doubles.
        if (inner == 1 && type == DType.F64 && (scan == Backend.Scan.PROD || scan == Backend.Scan.SUM)) return false;
        long from = in.address(), to = out.address(), bytes = type.bytes();
        if (inner == 1) {
            var kernel = kernels.of(new LaneScan.Form(scan, type));
            Parallel.range(outer, Math.max(1, ELEMENTS / length), 0.5 * length, (i, end) -> kernel.callLong(from + i * length * bytes,
                    to + i * length * bytes, length, length * bytes, length * bytes, end - i));
        } else {
            int lane = new RunningStep(null, scan, type, 512).lanes();
            long width = (long) lane * ColumnScan.STRIP, strips = (inner + width - 1) / width, row = inner * bytes;
            Parallel.range(outer * strips, Math.max(1, ELEMENTS / (length * Math.min(width, inner))), 0.5 * length * Math.min(width, inner),
                    (i, end) -> {
                        for (; i < end; i++) {
                            long column = i % strips * width, columns = Math.min(width, inner - column),
                                    at = i / strips * length * row + column * bytes;
                            var form = new ColumnScan(scan, type, (int) ((columns + lane - 1) / lane), columns % lane != 0);
                            kernels.of(form).callLong(from + at, to + at, length, row, row, columns % lane);
                        }
                    });
        }
        return true;
    }
}
