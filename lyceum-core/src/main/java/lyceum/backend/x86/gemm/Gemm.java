package lyceum.backend.x86.gemm;

import java.lang.foreign.ValueLayout;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.x86.machine.Cpu;

/**
 * Products of matrices in memory, after Goto and van de Geijn (2008): C is cut into pieces, each of which packs its own block of B into panels
 * and runs the {@link MicroKernel} over its rows.
 *
 * <p>Pieces share nothing but what they read, so that threads never wait for one another, and an element is summed in the same order whatever
 * piece, tile or thread computes it.
 */
public final class Gemm {
    private final Cpu cpu;
    private final Kernels kernels;
    private final Packing packing;

    public Gemm(Cpu cpu) {
        this.cpu = cpu;
        this.kernels = new Kernels(cpu);
        this.packing = new Packing(cpu, kernels);
    }

    /** {@code c = a b}, or {@code c += a b}; c's columns are neighbours in memory. */
    void multiply(Arithmetic arithmetic, Operand a, Operand b, Operand c, int m, int n, int k, boolean accumulate) {
        if (m == 0 || n == 0) return;
        var blocking = Blocking.of(cpu, arithmetic, m, n, k, a, b);
        int down = (m + blocking.rows() - 1) / blocking.rows(), across = (n + blocking.columns() - 1) / blocking.columns();
        if (down * across == 1) {
            piece(arithmetic, blocking, a, b, c, 0, m, 0, n, k, accumulate);
            return;
        }
        Parallel.range((long) down * across, 1, (from, to) -> {
            for (long p = from; p < to; p++) {
                int i = (int) (p % down) * blocking.rows(), j = (int) (p / down) * blocking.columns();
                piece(arithmetic, blocking, a, b, c, i, Math.min(blocking.rows(), m - i), j, Math.min(blocking.columns(), n - j), k, accumulate);
            }
        });
    }

    private void piece(Arithmetic arithmetic, Blocking blocking, Operand a, Operand b, Operand c, int i, int rows, int j, int columns, int k, boolean accumulate) {
        var scratch = Scratch.ofThread();
        var target = new Operand(c.address() + i * c.rowStride() + (long) j * arithmetic.lane, c.rowStride(), arithmetic.lane);
        for (int p = 0; p < k || p == 0; p += blocking.depth()) {
            int steps = (Math.min(blocking.depth(), k - p) + arithmetic.depth - 1) / arithmetic.depth;
            var left = new Operand(a.address() + i * a.rowStride() + p * a.columnStride(), a.rowStride(), a.columnStride() * arithmetic.depth);
            var right = new Operand(b.address() + p * b.rowStride() + j * b.columnStride(), b.rowStride() * arithmetic.depth, b.columnStride());
            if (blocking.packA()) left = packing.rows(arithmetic, scratch, left, rows, steps);
            var parameters = scratch.parameters();
            parameters.set(ValueLayout.JAVA_LONG, 0, left.rowStride());
            parameters.set(ValueLayout.JAVA_LONG, 8, left.columnStride());
            parameters.set(ValueLayout.JAVA_LONG, 16, right.rowStride());
            parameters.set(ValueLayout.JAVA_LONG, 24, c.rowStride());
            parameters.set(ValueLayout.JAVA_LONG, 32, steps);
            parameters.set(ValueLayout.JAVA_LONG, 40, p > 0 || accumulate ? 1 : 0);
            block(arithmetic, blocking, scratch, left, right, target, rows, columns, steps);
        }
    }

    /** Rows outside, panels inside: a tile's rows of A stay in the first-level cache while the panels pass by. */
    private void block(Arithmetic arithmetic, Blocking blocking, Scratch scratch, Operand a, Operand b, Operand c, int rows, int columns, int steps) {
        int lanes = cpu.vectorBits() / 8 / arithmetic.lane, tile = MicroKernel.rows(cpu, blocking.vectors()), width;
        long stepBytes = (long) steps * arithmetic.lane, panels = blocking.packB() ? scratch.right((columns + lanes) * stepBytes) : 0;
        var parameters = scratch.parameters();
        for (int row = 0; row < rows; row += tile) {
            int height = Math.min(tile, rows - row);
            for (int column = 0; column < columns; column += width) {
                int vectors = vectors(blocking.vectors(), columns - column, lanes);
                width = Math.min(vectors * lanes, columns - column);
                long from = b.address() + column * b.columnStride();
                if (blocking.packB()) {
                    var source = new Operand(from, b.rowStride(), b.columnStride());
                    from = panels + column * stepBytes;
                    if (row == 0) packing.panel(arithmetic, source, from, vectors, width, steps);
                    parameters.set(ValueLayout.JAVA_LONG, 16, (long) vectors * cpu.vectorBits() / 8);
                }
                boolean masked = width < vectors * lanes;
                kernels.micro(arithmetic, vectors, masked).call(parameters.address(), a.address() + row * a.rowStride(), from,
                        c.address() + row * c.rowStride() + column * c.columnStride(), height, masked ? packing.mask(width - (vectors - 1) * lanes, arithmetic.lane) : 0);
            }
        }
    }

    /** The vectors of the next panel: what is left is spread evenly over the last two panels, so that none is thin. */
    private static int vectors(int widest, int columns, int lanes) {
        int left = (columns + lanes - 1) / lanes;
        return left >= 2 * widest || left == widest ? widest : left > widest ? (left + 1) / 2 : left;
    }

    /** True if there are kernels for the types, and neighbours of a row or a column of the result are neighbours in memory. */
    public static boolean takes(View a, View b, View out) {
        var type = out.dtype();
        int rank = out.shape().length;
        long rows = out.shape()[rank - 2], columns = out.shape()[rank - 1];
        return (type == DType.F32 || type == DType.F64) && a.dtype() == type && b.dtype() == type && a.shape()[rank - 1] > 0
                && (rows <= 1 || columns <= 1 || out.strides()[rank - 1] == 1 || out.strides()[rank - 2] == 1);
    }

    /** {@code c = a b} for matrices of one type. */
    public void multiply(DType type, Operand a, Operand b, Operand c, int m, int n, int k) {
        var arithmetic = type == DType.F32 ? Arithmetic.F32 : Arithmetic.F64;
        if (c.columnStride() == arithmetic.bytes || n == 1) multiply(arithmetic, a, b, c, m, n, k, false);
        else if (c.rowStride() == arithmetic.bytes || m == 1) multiply(arithmetic, b.transposed(), a.transposed(), c.transposed(), n, m, k, false);
        else throw new IllegalArgumentException("matmul: an output with strides " + c.rowStride() + " and " + c.columnStride() + " bytes; one of them is an element's");
    }
}
