package lyceum.backend.x86.gemm;

import lyceum.backend.View;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;

/**
 * The table of the cost model: what was measured of kernels, caches and threads, by which {@link Gemm}, {@link DotProducts} and {@link PanelProducts} choose
 * a kernel, {@link Blocking} cuts, and threads take their pieces. Measured on Zen 4 where nothing else is said; caches come from the CPU itself.
 */
final class Costs {
    private Costs() {}

    // Which kernel.

    /** Rows up to which reading a transposed matrix again for every eight of them, as it lies, is faster than packing it. */
    static final int FEW_ROWS = 16;
    /** Rows up to which that is faster than panels packed before (109 us for the 128 of {@link #PACKED_VECTORS}). */
    static final int FEWER_ROWS = 2;

    /**
     * Whether tiles are faster than vectors (Granite Rapids; BF16, and bytes with VNNI, us by tiles and by vectors): 8 rows of 256 by 256 6.4 and 14.4,
     * bytes 3.5 and 5.0; 4 rows of 768 by 3072, transposed, 329 and 234; a depth of 16 for 256 by 256 8.8 and 31, bytes 11.7 and 7.2; 64 by 64 by 64 1.1
     * and 6.6, bytes 1.0 and 1.5; 32 by 32 by 32 bytes 0.46 and 0.38. With panels of BF16 packed before they are from two rows on (1.6 and 4.0 at 256).
     */
    static boolean tilesPay(Product product, boolean packed) {
        boolean bytes = product.arithmetic().bytes == 1;
        return product.m() >= (packed && !bytes ? 2 : 8) && product.n() >= 8 && product.k() >= (bytes ? 64 : 16);
    }

    /**
     * True for a row whose B is read from end to end: where memory is far (768 by 3072: 10.1 GFLOP/s by a few lines of every row, 12.5 so). The product says so and not
     * its piece, for sums are ordered otherwise and must not depend on the number of threads.
     */
    static boolean streams(Cpu cpu, Product product, int columns) {
        var arithmetic = product.arithmetic();
        return product.m() == 1 && product.n() >= 256 && columns <= COLUMNS && arithmetic.depth == 1 && arithmetic.isFused()
                && cpu.has(Feature.AVX512) && cpu.isFarFromMemory();
    }

    /** Rows, beside one thread and beside more, up to which it pays to pack them instead of a transposed B, and to turn the result. */
    private static final int ROWS_TO_TURN = 64, ROWS_TO_TURN_BESIDE = 128;

    /**
     * True where the rows of a transposed B are better read as they lie, as the left matrix of the turned product (Zen 5, GFLOP/s packed and so: 32 rows of 768 by 3072
     * 203 and 239, of 3072 by 768 195 and 249, 64 rows of 768 by 3072 215 and 233; 256 rows of 512 by 1024 255 and 227; with two threads 128 rows of 784 by
     * 512 419 and 478). The rows of A fill vectors then.
     */
    static boolean turns(Cpu cpu, Product product, int threads) {
        View a = product.a(), b = product.b();
        int m = product.m(), lanes = cpu.vectorBits() / 8 / product.arithmetic().lane,
                most = threads > 1 ? ROWS_TO_TURN_BESIDE : ROWS_TO_TURN;
        boolean isPlain = product.arithmetic().depth == 1 && !product.widens(a) && !product.widens(b) && product.isDirect();
        return isPlain && readsRowsAsTheyLie(cpu) && Product.rowStride(b) == 1 && Product.columnStride(b) != 1 && m > FEW_ROWS && m <= most
                && 2 * m <= product.n() && 4 * m >= 3 * ((m + lanes - 1) / lanes * lanes);
    }

    // How a product by vectors is cut.

    /**
     * Of a piece at most. Packing a row of A costs as much as its product with 26 columns, and packing a panel of B as 30 rows, so pieces are large: at
     * 1024, pieces of 240 by 288 spent a fifth of the time packing, one piece spends 5%. Packed rows stream from the third-level cache.
     */
    private static final int ROWS = 2048;
    static final int COLUMNS = 4096;

    /** Rows of a piece at most, {@code bytes} each: where memory is far they stay in the second-level cache (F64 2048: 66 GFLOP/s all at once, 73 so; F32 1%). */
    static int rows(Cpu cpu, long bytes) { return cpu.isFarFromMemory() ? (int) Math.clamp(cpu.l2() / 2 / bytes, 64, ROWS) : ROWS; }

    /** The same where the sums of a piece go through a program: they are to be in the second-level cache then; beside fewer columns there are more rows. */
    static final int ROWS_THEN = 240, COLUMNS_THEN = 576;
    /** Steps at most: a panel takes 98 KB of the second-level cache, a tile's rows 16 KB of the first. 384 is 1% slower: C is touched more often. */
    static final int STEPS = 512, STEPS_OF_F64 = 256;
    /** Bytes of B that stay in the second-level cache while rows come and go. */
    static final long NEAR = 448 << 10;
    /** Bytes of sums, and of A beside a B that is near, that are worked on at once. */
    static final long STRIP = 256 << 10;
    /**
     * Rows from which a packed panel is read often enough to pay (F32, 768 by 768: 32 rows 113 GFLOP/s without and 109 with, 96 rows 114 and 113, 256
     * rows the same), and from which it does where rows of B meet in the same sets of the caches; with AVX2, whose panels are a line wide, from the second tile on
     * (768 by 3072: 32 rows 76 GFLOP/s instead of 46).
     */
    static final int ROWS_TO_PACK_B = 128, CONFLICTING_ROWS_TO_PACK_B = 64;
    /**
     * Rows from which it pays where memory is far: the panel beside is copied while the rows of this one are summed (768 by 3072: 32 rows 85 GFLOP/s as B lies, 124 packed).
     */
    static final int ROWS_TO_PACK_FAR_B = 32;
    /**
     * Times four steps from row to row of a panel that is copied meanwhile, at most; spread over all rows of A it takes little of the bandwidth at any time
     * (2048: 126 GFLOP/s with all copied by the first four tiles, 141 so).
     */
    static final int SLOWEST_COPY = 16;
    /**
     * True where rows of A are read as they lie: the first-level cache has room for eight that meet in the same sets, and memory is near (Zen 5, BF16, packed
     * and as they lie: 1024 464 and 485, 2048 436 and 458, 4096 430 and 461 GFLOP/s).
     */
    static boolean readsRowsAsTheyLie(Cpu cpu) { return cpu.hasLargeFirstCache() && !cpu.isFarFromMemory(); }

    /** Rows and columns from which A is packed though its rows do not meet in the same sets: a percent faster at 768, 3% slower at 256. */
    static final int ROWS_TO_PACK_A = 256, COLUMNS_TO_PACK_A = 512;

    // How a product by panels is cut: ready for tiles, in several parts for an element, or packed before.

    /** Rows, panels and steps of a piece. */
    static final int PANEL_ROWS = 240, PANELS = 6, PANEL_STEPS = 384, PANEL_STEPS_OF_F64 = 256;
    /** With tiles: lanes of a block, so that a group of rows of A takes 16 KB of the first-level cache. */
    static final int TILE_STEPS = 128;
    /**
     * Of a panel packed before. With 6, rows come in fours, which is as fast for many rows as eights by 3, and for one row there are accumulators enough
     * (768 by 3072, F32, one row, GB/s: 3 65, 4 71, 6 74, 8 74; eight rows, us: 346, 359, 329, 377).
     */
    static final int PACKED_VECTORS = 6;

    // Threads.

    /** Multiply-adds below which cutting a product by tiles costs more than a second thread brings. */
    static final long TILES_SMALL = 4L << 20;
    /** Multiply-adds below which cutting a product costs more than a second thread brings. */
    static final long SMALL = 1L << 20;
    /** Nanoseconds that are worth a thread's asking for the next piece, and the same where bytes that stream past are what it takes. */
    static final double PIECE = 20_000, STREAMING_PIECE = 4000;
    /** Bytes of the larger matrix that a thread takes at once where few rows read it. */
    static final int PIECE_BYTES = 128 << 10;
    /** Multiply-adds in a nanosecond by vectors and by tiles; bytes in a nanosecond of panels, and of lines as they lie under three rows. */
    static final double BY_VECTORS = 32, BY_TILES = 400, PANEL_BYTES = 20, LINE_BYTES = 100.0 / 3;
    /** Multiply-adds of more than about 20 microseconds: a collection need not wait for them. */
    static final long LONG = 1 << 20;
}
