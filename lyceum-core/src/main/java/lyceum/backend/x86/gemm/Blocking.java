package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.gemm.Costs.*;

import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;

/**
 * How a product is cut, by the numbers of {@link Costs}, from its shape, its type, the CPU and the number of threads. An element is summed in the same order however
 * that turns out: the depth alone decides it, and that comes from the inner size and the type.
 *
 * @param rows, columns of a piece, the unit of parallel work
 * @param depth inner size that is summed in registers before C is touched
 * @param vectors of a panel of B; the last ones of a piece may be narrower
 * @param tile rows of A beside a panel
 * @param streams whether a row meets B's rows from end to end
 * @param packA whether the piece copies its rows of A, {@code packB} each panel of B before the rows meet it
 */
record Blocking(int rows, int columns, int depth, int vectors, int tile, boolean packA, boolean packB, boolean streams) {
    static Blocking of(Cpu cpu, Arithmetic arithmetic, Product product, int threads) {
        int m = product.m(), n = product.n(), k = product.k();
        int lanes = cpu.vectorBits() / 8 / arithmetic.lane, vectors = panel(cpu, m), width = vectors * lanes;
        int depth = even(k, (arithmetic.bytes == 8 ? STEPS_OF_F64 : STEPS) * arithmetic.depth, arithmetic.depth);
        int tile = MicroKernel.rows(cpu, arithmetic, vectors), rows = m, columns = n;
        if ((long) m * n * k > SMALL) {
            columns = even(n, product.isDirect() && product.then() == null ? COLUMNS : COLUMNS_THEN, width);
            rows = even(m, product.isDirect() ? Costs.rows(cpu, (long) Math.min(k, depth) * arithmetic.bytes)
                    : Math.max(ROWS_THEN, ROWS_THEN * COLUMNS_THEN / columns), tile);
            while (pieces(m, rows) * pieces(n, columns) * product.batch() < 2L * (threads - 1) && (long) rows * columns * k > SMALL / 2
                    && (columns > width || rows > tile)) {
                if (rows > tile && 2L * rows >= columns || columns <= width) rows = even(rows, (rows + 1) / 2, tile); // closer to equal parts, and B is the cheaper one to pack twice
                else columns = even(columns, (columns + 1) / 2, width);
            }
            if (rows < m || columns == n && 2L * rows >= columns)
                rows = shared(m, rows, tile, pieces(n, columns) * product.batch(), threads);
            else columns = shared(n, columns, width, product.batch(), threads);
        }
        Operand a = product.layout(product.a(), Math.min(k, depth)), b = product.layout(product.b(), Math.min(n, columns)); // as they are multiplied, after widening
        boolean packB = arithmetic.depth > 1 || b.columnStride() != arithmetic.bytes || Math.min(m, rows) >= rowsToPackB(cpu, b, tile)
                && (long) Math.min(k, depth) * Math.min(n, columns) * arithmetic.bytes > cpu.l1() / 2;
        boolean near = packB && isNear((long) Math.min(k, depth) * Math.min(n, columns) * arithmetic.bytes);
        boolean packA = arithmetic == Arithmetic.I8I8 || k % arithmetic.depth != 0
                || (a.columnStride() != arithmetic.bytes ? arithmetic.depth > 1 || n > width / 2 || a.columnStride() % arithmetic.lane != 0
                        : !readsRowsAsTheyLie(cpu) && packsRows(a, m, n, width, near));
        boolean streams = Costs.streams(cpu, product, columns) && !product.subtracted() && b.columnStride() == arithmetic.bytes;
        return new Blocking(rows, columns, depth, vectors, tile, packA, packB, streams);
    }

    private static boolean packsRows(Operand a, int m, int n, int width, boolean near) {
        boolean meet = near ? a.rowStride() % 4096 == 0 : conflicts(a.rowStride());
        return meet && m >= 8 && n > 2 * width || m >= ROWS_TO_PACK_A && n >= COLUMNS_TO_PACK_A && !near;
    }

    private static int rowsToPackB(Cpu cpu, Operand b, int tile) {
        if (cpu.has(Feature.AVX512) && cpu.isFarFromMemory()) return ROWS_TO_PACK_FAR_B;
        return !conflicts(b.rowStride()) ? ROWS_TO_PACK_B : cpu.has(Feature.AVX512) ? CONFLICTING_ROWS_TO_PACK_B : tile + 1;
    }

    /**
     * True if so much of B stays in the second-level cache while rows come and go. Then A is read from there as well, some rows at a time, and packed only
     * if all rows of a tile meet in one set (768 rows of 512 by 512 columns of 128: 95 GFLOP/s packed, 104 as they lie).
     */
    static boolean isNear(long bytes) { return bytes <= NEAR; }

    /** Few rows have wide panels, so that there are accumulators enough to hide the latency of a multiply-add. */
    private static int panel(Cpu cpu, int m) {
        if (cpu.has(Feature.AVX512)) return m <= 2 ? 8 : m <= 4 ? 6 : m <= 6 ? 4 : 3;
        return m == 1 ? 12 : m == 2 ? 4 : 2;
    }

    /** Rows that lie a multiple of a page apart meet in the same set of the first-level cache. */
    static boolean conflicts(long stride) { return stride % 2048 == 0; }

    /** {@code part} or less of {@code n}, so that threads get equally many where there are few: {@code beside} times as many as the parts. */
    static int shared(int n, int part, int unit, long beside, int threads) {
        for (long parts = pieces(n, part); parts * beside > 1 && parts * beside < 4L * threads && parts * beside % threads != 0
                && part > unit;) {
            parts++;
            part = even(n, (int) ((n + parts - 1) / parts), unit);
        }
        return part;
    }

    private static long pieces(int n, int part) { return (n + part - 1) / part; }

    /** {@code n} in equal parts of at most {@code most}, each a multiple of {@code unit}. */
    static int even(int n, int most, int unit) {
        int parts = Math.max(1, (n + most - 1) / most), part = (n + parts - 1) / parts;
        return Math.max(unit, (part + unit - 1) / unit * unit);
    }
}
