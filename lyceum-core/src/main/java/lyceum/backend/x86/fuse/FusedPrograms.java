package lyceum.backend.x86.fuse;

import java.util.List;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.code.Geometry;
import lyceum.backend.code.KernelCache;
import lyceum.backend.code.RowGroups;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Scope;

/**
 * Runs programs as machine code, made when a structure is seen first. A structure that no code is made for is remembered too. Pieces of the work
 * are those of the other backends: their borders depend on the shape alone.
 */
public final class FusedPrograms {
    /** Elements that a thread takes at once; fewer stay on the caller. */
    private static final long GRAIN = 1 << 16;
    /** Columns from which an operand that all rows share leaves the first-level cache, and rows and columns that are worked on together then. */
    private static final long WIDE = 1 << 13, TOGETHER = 8, BLOCK = 1 << 11;
    /** Nanoseconds of work up to which a collection can wait. */
    static final long SHORT = 30_000;
    /** Structures that are remembered; beyond, all are forgotten and made again as they come. */
    private static final int MOST = 8192;

    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;

    public FusedPrograms(Cpu cpu) {
        this.cpu = cpu;
        this.kernels = new KernelCache<>(cpu, MOST);
    }

    /** Structures seen so far, those without code among them. */
    public int structures() { return kernels.forms().size(); }

    /** Structures for which there is no code: another backend runs them. */
    public List<Program> withoutCode() {
        return kernels.forms().stream().map(Structure.class::cast).filter(s -> kernels.of(s).kernel() == null).map(Structure::program)
                .toList();
    }

    /** Runs the program; false if there is no code for it. Operands are kept reachable by the caller. */
    public boolean run(Program program, View[] inputs, View[] outputs) {
        if (SmallCall.run(this, program, inputs, outputs)) return true;
        if (outputs[0].size() == 0) return true;
        if (WideRows.isWanted(program, inputs, outputs)) {
            try (var numbers = Scope.open("numbers of rows")) {
                var divided = WideRows.of(program, inputs, outputs);
                return runRows(divided.numbers(), inputs, divided.numberOutputs())
                        && runRows(divided.elements(), divided.elementInputs(), divided.elementOutputs());
            }
        }
        if (!RowTail.isWanted(program, inputs, outputs)) return runRows(program, inputs, outputs);
        try (var numbers = Scope.open("numbers of rows")) {
            var divided = RowTail.of(program, inputs, outputs);
            return runRows(divided.rows(), divided.rowInputs(), divided.rowOutputs())
                    && runRows(divided.tail(), divided.tailInputs(), divided.tailOutputs());
        }
    }

    /** Runs a program undivided. */
    boolean runRows(Program program, View[] inputs, View[] outputs) {
        var groups = RowGroups.of(program, inputs, outputs, cpu.features().contains(Feature.AVX512));
        var work = groups == null ? null : work(groups.program(), groups.inputs(), groups.outputs());
        var last = work == null || groups.rest() == 0 ? null
                : work(program, RowGroups.last(inputs, groups.rest()), RowGroups.last(outputs, groups.rest()));
        if (work != null && (last != null || groups.rest() == 0)) {
            run(work);
            if (last != null) run(last);
            return true;
        }
        work = work(program, inputs, outputs);
        if (work == null) return false;
        if (work.geometry.rows == 1 && work.geometry.slabs == 1) SmallCall.learn(this, program, inputs, outputs, work.compiled);
        run(work);
        return true;
    }

    /** A program, its code and its operands. */
    private record Work(Program program, Compiled compiled, Geometry geometry) {}

    /** Null if there is no code for it. */
    private Work work(Program program, View[] inputs, View... outputs) {
        var geometry = Geometry.of(program, inputs, outputs);
        if (geometry == null || !geometry.fitsGather()) return null;
        boolean oneRow = geometry.rows == 1 && geometry.slabs == 1;
        var compiled = kernels.of(new Structure(program, geometry.kinds, oneRow, oneRow || (geometry.columns & 1) == 0,
                program.isRowProgram() ? Structure.Length.of(geometry.columns) : Structure.Length.ANY));
        return compiled.kernel() == null ? null : new Work(program, compiled, geometry);
    }

    private static void run(Work work) {
        var program = work.program;
        var compiled = work.compiled;
        var geometry = work.geometry;
        long size = geometry.columns * geometry.rows * geometry.slabs;
        if (size <= GRAIN && geometry.slabs == 1) {
            piece(compiled, program, geometry, 0, 0, geometry.rows, 0, geometry.columns);
        } else
            if (!program.isRowProgram() && geometry.slabs == 1 && geometry.rows > 1 && geometry.columns >= WIDE && geometry.sharesRow()) {
                byColumns(work);
            } else if (program.isRowProgram() || geometry.columns <= GRAIN / 2) {
                long total = geometry.rows * geometry.slabs;
                Parallel.range(total, Math.max(1, GRAIN / geometry.columns), compiled.nanos(geometry.columns),
                        (from, to) -> rows(compiled, program, geometry, from, to));
            } else {
                long pieces = (geometry.columns + GRAIN - 1) / GRAIN, total = geometry.rows * geometry.slabs * pieces;
                Parallel.range(total, 1, compiled.nanos(Math.min(GRAIN, geometry.columns)), (from, to) -> {
                    for (long p = from; p < to; p++) {
                        long row = p / pieces, first = p % pieces * GRAIN;
                        piece(compiled, program, geometry, row / geometry.rows, row % geometry.rows, 1, first,
                                Math.min(GRAIN, geometry.columns - first));
                    }
                });
            }
    }

    /** Some columns of some rows, then the next columns: what all rows share is read from the first-level cache by all but the first of them. */
    private static void byColumns(Work work) {
        var geometry = work.geometry;
        long groups = (geometry.rows + TOGETHER - 1) / TOGETHER, rows = (geometry.rows + groups - 1) / groups,
                blocks = (geometry.columns + BLOCK - 1) / BLOCK;
        Parallel.range(groups * blocks, Math.max(1, GRAIN / (rows * BLOCK)), work.compiled.nanos(rows * BLOCK), (from, to) -> {
            for (long p = from; p < to; p++) {
                long row = p / blocks * rows, column = p % blocks * BLOCK;
                if (row < geometry.rows) piece(work.compiled, work.program, geometry, 0, row, Math.min(rows, geometry.rows - row), column,
                        Math.min(BLOCK, geometry.columns - column));
            }
        });
    }

    /** Makes the code for operands that lie like these; false if there is none. */
    boolean prepare(Program program, View[] inputs, View... outputs) { return work(program, inputs, outputs) != null; }

    /** Runs on this thread, rows in order, so that an output may take up what earlier rows have left in it. False if there is no code. */
    boolean runAlone(Program program, View[] inputs, View... outputs) {
        var work = work(program, inputs, outputs);
        if (work == null) return false;
        for (long slab = 0; slab < work.geometry.slabs; slab++)
            piece(work.compiled, program, work.geometry, slab, 0, work.geometry.rows, 0, work.geometry.columns);
        return true;
    }

    private static void rows(Compiled compiled, Program program, Geometry geometry, long from, long to) {
        while (from < to) {
            long slab = from / geometry.rows, row = from % geometry.rows, count = Math.min(to - from, geometry.rows - row);
            piece(compiled, program, geometry, slab, row, count, 0, geometry.columns);
            from += count;
        }
    }

    private static void piece(Compiled compiled, Program program, Geometry geometry, long slab, long row, long rows, long column,
            long columns) {
        var scratch = Scratch.get();
        var block = scratch.block;
        ArgumentBlock.COUNT.set(block, columns);
        ArgumentBlock.ROWS.set(block, rows);
        ArgumentBlock.NUMBER.set(block, (slab * geometry.rows + row) * geometry.columns + column);
        ArgumentBlock.NUMBER_STEP.set(block, geometry.columns);
        long at = 0;
        for (int v = 0; v < geometry.kinds.length; v++, at += ArgumentBlock.OPERAND_BYTES) {
            ArgumentBlock.ADDRESS.set(block, at, geometry.address(v, slab, row, column));
            ArgumentBlock.ROW_BYTES.set(block, at, geometry.rowBytes[v]);
            ArgumentBlock.DISTANCE.set(block, at, geometry.distances[v]);
        }
        if (compiled.keptBytes().length > 0) scratch.keepRows(compiled, geometry, columns, at);
        compiled.block().write(program, block);
        if (compiled.nanos(columns * rows) < SHORT) compiled.kernel().call(block.address());
        else compiled.kernel().callLong(block.address());
    }
}
