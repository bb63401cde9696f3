package lyceum.backend.x86.gemm;

import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.machine.Cpu;

/** Copies of matrices whose columns are contiguous to where rows are, by the {@link TransposeKernel}. */
public final class Transposition {
    /** Elements of a piece, nanoseconds that one takes, and rows and columns from which it pays. */
    private static final int PIECE = 1 << 15, LEAST = 8;
    private static final double NANOS = 0.7;

    private final KernelCache<Cpu> kernels;

    Transposition(KernelCache<Cpu> kernels) { this.kernels = kernels; }

    /** False unless the program is such a copy, of elements of 4 or 8 bytes. Operands are kept reachable by the caller. */
    public boolean run(Program program, View[] inputs, View[] outputs) {
        if (program.length() != 1 || program.at(0).op() != Op.LOAD || inputs.length != 1 || outputs.length != 1) return false;
        View in = inputs[0], out = outputs[0];
        int lane = in.dtype().bytes();
        if (in.dtype() != out.dtype() || in.shape().length != 2 || lane != 4 && lane != 8) return false;
        long rows = in.shape()[0], columns = in.shape()[1], from = in.strides()[1], to = out.strides()[0];
        if (rows < LEAST || columns < LEAST || in.strides()[0] != 1 || out.strides()[1] != 1 || from < rows || to < columns) return false;
        var kernel = kernels.of(new TransposeKernel.Form(lane));
        long source = in.address(), target = out.address(), grain = Math.max(LEAST, PIECE / columns / LEAST * LEAST);
        Parallel.range(rows, grain, NANOS * columns, (first, end) -> kernel.move((end - first) * columns, source + first * lane,
                from * lane, target + first * to * lane, to * lane, columns, end - first));
        return true;
    }
}
