package lyceum.backend.x86.gemm;

import java.lang.foreign.ValueLayout;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;

/** Solves small triangles by the {@link SubstitutionKernel}, for all columns of a right-hand side. */
public final class Substitution {
    /** Columns of a piece, and nanoseconds that an element takes. */
    private static final int COLUMNS = 512;
    private static final double NANOS = 0.4;

    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;
    private final Packing packing;

    Substitution(Cpu cpu, KernelCache<Cpu> kernels, Packing packing) {
        this.cpu = cpu;
        this.kernels = kernels;
        this.packing = packing;
    }

    /** The most rows of a triangle: a vector of each row of the right-hand side stays in a register. */
    public int rows() { return cpu.has(Feature.AVX512) ? 16 : 8; }

    /** {@code b = l^-1 b}; false for other operands than kernels have been made for. Operands are kept reachable by the caller. */
    public boolean solve(View l, boolean unit, View b) {
        int rows = (int) l.shape()[0], columns = (int) b.shape()[1];
        if (rows > rows() || columns > 1 && Product.columnStride(b) != 1) return false;
        if (rows == 0 || columns == 0) return true;
        long triangle = copied(l, rows), stride = Product.rowStride(b) * Double.BYTES, at = b.address();
        int rest = columns % (cpu.vectorBits() / 64);
        long mask = rest == 0 ? 0 : packing.mask(rest, Double.BYTES);
        var kernel = kernels.of(new SubstitutionKernel.Form(rows, unit));
        if (columns <= COLUMNS) kernel.call(triangle, at, stride, columns, mask, 0);
        else Parallel.range(columns, COLUMNS, NANOS * rows,
                (from, to) -> kernel.call(triangle, at + from * Double.BYTES, stride, to - from, to == columns ? mask : 0, 0));
        return true;
    }

    /** The address of a copy that the kernel can read: row by row, without gaps. */
    private static long copied(View l, int rows) {
        long to = Scratch.ofThread().get(Scratch.Use.TRIANGLE, (long) rows * rows * Double.BYTES), from = l.address();
        long down = Product.rowStride(l) * Double.BYTES, across = Product.columnStride(l) * Double.BYTES;
        for (int i = 0; i < rows; i++)
            for (int j = 0; j <= i; j++)
                Packing.MEMORY.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, to + 8L * (i * rows + j),
                        Packing.MEMORY.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, from + i * down + j * across));
        return to;
    }
}
