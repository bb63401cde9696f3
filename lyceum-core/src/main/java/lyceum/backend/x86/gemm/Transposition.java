package lyceum.backend.x86.gemm;

import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.code.Geometry;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;

/**
 * Copies of matrices, one or many, whose columns are contiguous to where rows are, by the {@link TransposeKernel}. Elements of two bytes are paired first, the
 * same of two neighbouring columns: pairs are elements of four bytes, and as such are turned.
 */
public final class Transposition {
    /** Elements of a piece, nanoseconds that one takes, and rows and columns from which it pays. */
    private static final int PIECE = 1 << 15, LEAST = 8;
    private static final double NANOS = 0.7;
    /** Rows whose pairs are made by one call, and columns whose pairs stay in the first-level cache until they are turned. */
    private static final int ROWS = 256, COLUMNS = 64, LANES = 16;

    private final KernelCache<Cpu> kernels;

    Transposition(KernelCache<Cpu> kernels) { this.kernels = kernels; }

    /** False unless the program is such a copy, of elements of 2, 4 or 8 bytes. Operands are kept reachable by the caller. */
    public boolean run(Program program, View[] inputs, View[] outputs) {
        if (program.length() != 1 || program.at(0).op() != Op.LOAD || inputs.length != 1 || outputs.length != 1) return false;
        View in = inputs[0], out = outputs[0];
        int lane = in.dtype().bytes(), last = in.shape().length - 1;
        if (in.dtype() != out.dtype() || lane < 2 || last < 1 || in.strides()[last] == 1 || out.strides()[last] != 1) return false;
        var g = Geometry.of(program, inputs, outputs);
        if (g == null || g.rows < LEAST || g.columns < LEAST || g.kinds[1] != Geometry.CONTIGUOUS || g.rowBytes[0] != lane
                || g.distances[0] < g.rows || g.rowBytes[1] < g.columns * lane)
            return false;
        if (lane == 2 && (g.columns % 2 != 0 || !kernels.cpu().has(Feature.AVX512))) return false;
        long block = lane == 2 ? ROWS : Math.max(LEAST, PIECE / g.columns / LEAST * LEAST), blocks = (g.rows + block - 1) / block;
        Parallel.range(g.slabs * blocks, 1, NANOS * block * g.columns, (from, to) -> {
            for (long b = from; b < to; b++) {
                long row = b % blocks * block, rows = Math.min(block, g.rows - row), source = g.address(0, b / blocks, row, 0),
                        target = g.address(1, b / blocks, row, 0);
                if (lane == 2) turnHalves(g, source, target, (int) rows);
                else turn(lane, source, g.distances[0] * lane, target, g.rowBytes[1], g.columns, rows);
            }
        });
        return true;
    }

    private void turn(int lane, long source, long sourceStep, long target, long targetStep, long columns, long rows) {
        kernels.of(new TransposeKernel.Form(lane)).move(rows * columns, source, sourceStep, target, targetStep, columns, rows);
    }

    private void turnHalves(Geometry g, long source, long target, int rows) {
        int vectors = (rows + LANES - 1) / LANES;
        long line = 64L * vectors, pairs = Scratch.ofThread().get(Scratch.Use.PAIRS, COLUMNS / 2 * line), step = 2 * g.distances[0],
                mask = (1L << rows - LANES * (vectors - 1)) - 1;
        var pairing = kernels.of(new InterleaveKernel(2, 2, vectors, false, true, true));
        for (long column = 0; column < g.columns; column += COLUMNS) {
            long some = Math.min(COLUMNS, g.columns - column) / 2;
            pairing.call(source + column * step, step, pairs, line, some, mask);
            turn(4, pairs, line, target + 2 * column, g.rowBytes[1], some, rows);
        }
    }

    /**
     * Runs a program that reads columns of elements of two bytes where others would stand in rows: those operands are turned first.
     *
     * @param programs runs it with operands that lie in rows
     * @return false, with nothing done, if there is no such operand
     */
    public boolean runOnRows(Program program, View[] inputs, View[] outputs, Backend programs) {
        View[] rows = null;
        for (var out : outputs) if (out.strides().length > 0 && out.strides()[out.strides().length - 1] != 1) return false;
        for (int i = 0; i < inputs.length; i++) {
            var in = inputs[i];
            if (!isOfColumns(in)) continue;
            var copy = new View(in.dtype(), Allocator.allocate(2 * in.size()), 0, in.shape(), View.contiguousStrides(in.shape()));
            if (!run(Program.copy(in.dtype()), new View[] {in}, new View[] {copy})) continue;
            if (rows == null) rows = inputs.clone();
            rows[i] = copy;
        }
        if (rows == null) return false;
        programs.run(program, rows, outputs);
        return true;
    }

    /** Whether a copy in rows pays and can be made: an operand that is broadcast is not made whole. */
    private boolean isOfColumns(View in) {
        int last = in.shape().length - 1;
        if (in.dtype().bytes() != 2 || last < 1 || in.strides()[last] == 1 || in.shape()[last] % 2 != 0 || in.shape()[last] < LEAST
                || !kernels.cpu().has(Feature.AVX512))
            return false;
        boolean contiguous = false;
        for (int axis = 0; axis <= last; axis++) {
            if (in.shape()[axis] > 1 && in.strides()[axis] == 0) return false;
            contiguous |= in.strides()[axis] == 1 && in.shape()[axis] >= LEAST;
        }
        return contiguous;
    }
}
