package lyceum.backend.x86.fuse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;

/**
 * Runs programs as machine code, made when a structure is seen first. A structure that no code is made for is remembered too. Pieces of the work
 * are those of the other backends: their borders depend on the shape alone.
 */
public final class FusedPrograms {
    /** Elements that a thread takes at once; fewer stay on the caller. */
    private static final long GRAIN = 1 << 16;
    /** Nanoseconds of work up to which a collection can wait. */
    private static final long SHORT = 30_000;
    /** Structures that are remembered; beyond, all are forgotten and made again as they come. */
    private static final int MOST = 8192;

    /** Code, and where its data goes; a null kernel for what has none. */
    private record Compiled(Kernel kernel, ArgumentBlock block, long[] keptBytes, int lanes, int cost) { }

    private static final Compiled NONE = new Compiled(null, null, null, 1, 0);

    private static final class Scratch {
        final MemorySegment block = Arena.ofAuto().allocate(ArgumentBlock.MOST, 64);
        MemorySegment rows = MemorySegment.NULL;
    }

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private final Cpu cpu;
    private final ConcurrentHashMap<Structure, Compiled> cache = new ConcurrentHashMap<>();
    private final AtomicLong compileNanos = new AtomicLong();

    public FusedPrograms(Cpu cpu) { this.cpu = cpu; }

    /** Structures seen so far, those without code among them. */
    public int structures() { return cache.size(); }

    /** Structures for which there is no code: another backend runs them. */
    public java.util.List<Program> withoutCode() { return cache.entrySet().stream().filter(e -> e.getValue().kernel == null).map(e -> e.getKey().program()).toList(); }

    /** Nanoseconds spent on making code. */
    public long compileNanos() { return compileNanos.get(); }

    /** Runs the program; false if there is no code for it. Operands are kept reachable by the caller. */
    public boolean run(Program program, View[] inputs, View[] outputs) {
        if (outputs[0].size() == 0) return true;
        var geometry = Geometry.of(program, inputs, outputs);
        if (geometry == null) return false;
        var compiled = compiled(structure(program, geometry));
        if (compiled.kernel == null || !geometry.fitsGather()) return false;
        long size = geometry.columns * geometry.rows * geometry.slabs;
        if (size <= GRAIN && geometry.slabs == 1) {
            piece(compiled, program, geometry, 0, 0, geometry.rows, 0, geometry.columns);
        } else if (program.isRowProgram() || geometry.columns <= GRAIN / 2) {
            long total = geometry.rows * geometry.slabs;
            Parallel.range(total, Math.max(1, GRAIN / geometry.columns), (from, to) -> rows(compiled, program, geometry, from, to));
        } else {
            long pieces = (geometry.columns + GRAIN - 1) / GRAIN, total = geometry.rows * geometry.slabs * pieces;
            Parallel.range(total, 1, (from, to) -> {
                for (long p = from; p < to; p++) {
                    long row = p / pieces, first = p % pieces * GRAIN;
                    piece(compiled, program, geometry, row / geometry.rows, row % geometry.rows, 1, first, Math.min(GRAIN, geometry.columns - first));
                }
            });
        }
        return true;
    }

    /** Makes the code for operands that lie like these; false if there is none. */
    boolean prepare(Program program, View[] inputs, View... outputs) {
        var geometry = Geometry.of(program, inputs, outputs);
        return geometry != null && geometry.fitsGather() && compiled(structure(program, geometry)).kernel != null;
    }

    private static Structure structure(Program program, Geometry geometry) {
        boolean oneRow = geometry.rows == 1 && geometry.slabs == 1;
        return new Structure(program, geometry.kinds, oneRow, oneRow || (geometry.columns & 1) == 0);
    }

    /** Runs on this thread, rows in order, so that an output may take up what earlier rows have left in it. */
    void runAlone(Program program, View[] inputs, View... outputs) {
        var geometry = Geometry.of(program, inputs, outputs);
        var compiled = compiled(structure(program, geometry));
        if (compiled.kernel == null) throw new AssertionError("prepared, yet without code:\n" + program);
        for (long slab = 0; slab < geometry.slabs; slab++) piece(compiled, program, geometry, slab, 0, geometry.rows, 0, geometry.columns);
    }

    private static void rows(Compiled compiled, Program program, Geometry geometry, long from, long to) {
        while (from < to) {
            long slab = from / geometry.rows, row = from % geometry.rows, count = Math.min(to - from, geometry.rows - row);
            piece(compiled, program, geometry, slab, row, count, 0, geometry.columns);
            from += count;
        }
    }

    private static void piece(Compiled compiled, Program program, Geometry geometry, long slab, long row, long rows, long column, long columns) {
        var scratch = SCRATCH.get();
        var block = scratch.block;
        block.set(ValueLayout.JAVA_LONG, ArgumentBlock.COUNT, columns);
        block.set(ValueLayout.JAVA_LONG, ArgumentBlock.ROWS, rows);
        block.set(ValueLayout.JAVA_LONG, ArgumentBlock.NUMBER, (slab * geometry.rows + row) * geometry.columns + column);
        block.set(ValueLayout.JAVA_LONG, ArgumentBlock.NUMBER_STEP, geometry.columns);
        long at = ArgumentBlock.OPERANDS;
        for (int v = 0; v < geometry.kinds.length; v++, at += ArgumentBlock.OPERAND_BYTES) {
            block.set(ValueLayout.JAVA_LONG, at, geometry.address(v, slab, row, column));
            block.set(ValueLayout.JAVA_LONG, at + 8, geometry.rowBytes[v]);
            block.set(ValueLayout.JAVA_LONG, at + 16, geometry.distances[v]);
        }
        if (compiled.keptBytes.length > 0) keptRows(scratch, compiled, columns, at);
        compiled.block.write(program, block);
        long work = columns * rows / compiled.lanes * compiled.cost / 2;
        if (work < SHORT) compiled.kernel.call(block.address());
        else compiled.kernel.callLong(block.address(), 0, 0, 0, 0, 0);
        java.lang.ref.Reference.reachabilityFence(scratch);
    }

    private static void keptRows(Scratch scratch, Compiled compiled, long columns, long at) {
        long needed = 0;
        for (long bytes : compiled.keptBytes) needed += bytes * columns + 128;
        if (scratch.rows.byteSize() < needed) scratch.rows = Arena.ofAuto().allocate(needed, 64);
        long address = scratch.rows.address();
        for (long bytes : compiled.keptBytes) {
            scratch.block.set(ValueLayout.JAVA_LONG, at, address);
            address += (bytes * columns + 63) / 64 * 64;
            at += ArgumentBlock.OPERAND_BYTES;
        }
    }

    private Compiled compiled(Structure structure) {
        var known = cache.get(structure);
        if (known != null) return known;
        if (cache.size() >= MOST) cache.clear();
        return cache.computeIfAbsent(structure, this::compile);
    }

    private Compiled compile(Structure structure) {
        long start = System.nanoTime();
        try {
            var code = new ProgramCode(structure, cpu.features());
            var bytes = KernelWriter.write(code, cpu.features(), CodeMemory.isListed());
            var kernel = CodeMemory.load("fuse " + Integer.toHexString(structure.hashCode()), bytes);
            return kernel.isEmpty() ? NONE : new Compiled(kernel.get(), code.block, code.keptBytes.stream().mapToLong(Integer::longValue).toArray(), code.target.lanes(), code.cost());
        } catch (Unsupported reason) {
            System.getLogger("lyceum.backend").log(System.Logger.Level.DEBUG, "no machine code: {0}\n{1}", reason.getMessage(), structure.program());
            return NONE;
        } finally {
            compileNanos.addAndGet(System.nanoTime() - start);
        }
    }
}
