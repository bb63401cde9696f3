package lyceum.backend.x86.gemm;

import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;

/**
 * The cost model: how a product is cut, from its shape, its type and the CPU alone, never from the number of threads.
 *
 * @param rows, columns of a piece, the unit of parallel work: its block of B stays in the second-level cache
 * @param depth inner size that is summed in registers before C is touched
 * @param vectors of a panel of B; the last ones of a piece may be narrower
 * @param packA whether the piece copies its rows of A, {@code packB} its block of B into panels
 */
record Blocking(int rows, int columns, int depth, int vectors, boolean packA, boolean packB) {
    /** Rows of a piece at most: so often is a packed panel of B read, and several pieces remain for the threads. 480 is no faster. */
    private static final int ROWS = 240;
    /** Panels of a piece at most: with 384 steps of 3 vectors its block of B takes 440 KB of a second-level cache of 1 MB, beside C and A. */
    private static final int PANELS = 6;
    /** Steps at most: a tile's rows of A take 12 KB of the first-level cache. 256 and 512 are within 3%. */
    private static final int STEPS = 384, STEPS_OF_F64 = 256;
    /** Multiply-adds below which cutting a product costs more than a second thread brings. */
    private static final long SMALL = 1L << 20;
    /**
     * Rows from which a packed panel is read often enough to pay (at 768 by 768, F32: 32 rows 74 GFLOP/s without and 58 with, 64 rows 92 and 78, 240
     * rows the same), and from which it does where rows of B meet in the same sets of the caches.
     */
    private static final int ROWS_TO_PACK_B = 128, CONFLICTING_ROWS_TO_PACK_B = 24;

    /** Operands with the strides of elements, as they are multiplied (after widening). */
    static Blocking of(Cpu cpu, Arithmetic arithmetic, int m, int n, int k, Operand a, Operand b) {
        int lanes = cpu.vectorBits() / 8 / arithmetic.lane, vectors = panel(cpu, m), width = vectors * lanes;
        int depth = even(k, (arithmetic.bytes == 8 ? STEPS_OF_F64 : STEPS) * arithmetic.depth, arithmetic.depth);
        int tile = MicroKernel.rows(cpu, arithmetic, vectors), rows = m, columns = n;
        if ((long) m * n * k > SMALL) {
            rows = even(m, ROWS, tile);
            columns = even(n, PANELS * width, width);
            if (rows >= m && columns >= n && n >= m) columns = even(n, Math.max(width, n / 2), width);
            else if (rows >= m && columns >= n) rows = even(m, m / 2, tile);
        }
        boolean packB = arithmetic.depth > 1 || b.columnStride() != arithmetic.bytes
                || Math.min(m, rows) >= (conflicts(b.rowStride()) ? CONFLICTING_ROWS_TO_PACK_B : ROWS_TO_PACK_B) && (long) Math.min(k, depth) * Math.min(n, columns) * arithmetic.bytes > cpu.l1() / 2;
        boolean packA = arithmetic == Arithmetic.I8I8 || k % arithmetic.depth != 0
                || (a.columnStride() != arithmetic.bytes ? arithmetic.depth > 1 || n > width / 2 || a.columnStride() % arithmetic.lane != 0 : conflicts(a.rowStride()) && m >= 8 && n > 2 * width);
        return new Blocking(rows, columns, depth, vectors, packA, packB);
    }

    /** Few rows have wide panels, so that there are accumulators enough to hide the latency of a multiply-add. */
    private static int panel(Cpu cpu, int m) {
        if (cpu.has(Feature.AVX512)) return m <= 2 ? 8 : m <= 4 ? 6 : m <= 6 ? 4 : 3;
        return m <= 2 ? 4 : 2;
    }

    /** Rows that lie a multiple of a page apart meet in the same set of the first-level cache. */
    static boolean conflicts(long stride) { return stride % 2048 == 0; }

    /** {@code n} in equal parts of at most {@code most}, each a multiple of {@code unit}. */
    static int even(int n, int most, int unit) {
        int parts = Math.max(1, (n + most - 1) / most), part = (n + parts - 1) / parts;
        return Math.max(unit, (part + unit - 1) / unit * unit);
    }
}
