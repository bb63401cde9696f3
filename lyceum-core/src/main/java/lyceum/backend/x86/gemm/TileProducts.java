package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.gemm.Costs.*;

import java.lang.foreign.ValueLayout;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.TileKernel.Ahead;
import lyceum.backend.x86.machine.Cpu;

/**
 * Products by tiles. Tiles multiply several times as fast as memory beyond the second-level cache brings operands, so a piece of the result, whose sums stay in that
 * cache, takes block after block of the inner dimension: panels of B, which stay there too, and under them groups of rows of A, each of which meets all panels from the first-level cache.
 * Meanwhile the lines of the next group and of the next panels are asked for. The last block's sums go to their place group by group.
 */
final class TileProducts {
    /** Where the tiles' configuration stands behind the parameters of the {@link TileKernel}. */
    private static final int CONFIGURATION_AT = 8 * TileKernel.PARAMETERS, SIDE = TileKernel.SIDE, GROUP = 2 * SIDE;

    private final Cpu cpu;
    private final Kernels kernels;
    private final TilePacking packing;
    private final Gemm gemm;

    TileProducts(Cpu cpu, Kernels kernels, Packing packing, Gemm gemm) {
        this.cpu = cpu;
        this.kernels = kernels;
        this.packing = new TilePacking(cpu, kernels, packing);
        this.gemm = gemm;
    }

    void multiply(Product product, PanelProducts.Way way) {
        int m = product.m(), n = product.n(), k = product.k(), threads = Parallel.isSequential() ? 1 : Parallel.threads();
        int side = side(), columns = Blocking.even(n, side, GROUP), rows = Blocking.even(m, side, GROUP);
        while (rows > GROUP && pieces(m, rows) * pieces(n, columns) * product.batch() < threads && (long) rows * columns * k > TILES_SMALL) rows = Blocking.even(rows, (rows + 1) / 2, GROUP);
        while (columns > GROUP && pieces(m, rows) * pieces(n, columns) * product.batch() < threads && (long) rows * columns * k > TILES_SMALL) columns = Blocking.even(columns, (columns + 1) / 2, GROUP);
        int high = rows, wide = Blocking.shared(n, columns, GROUP, pieces(m, rows) * product.batch(), threads), down = (m + high - 1) / high;
        long pieces = down * pieces(n, wide), all = pieces * product.batch();
        if (all == 1) {
            new Piece(product, way, 0, 0, m, 0, n).run();
            return;
        }
        double nanos = (double) high * wide * k * (way.split() == null ? 1 : way.split().terms()) / BY_TILES;
        Parallel.range(all, Math.max(1, (long) (PIECE / nanos)), nanos, (from, to) -> {
            for (long p = from; p < to; p++) {
                int q = (int) (p % pieces), i = q % down * high, j = q / down * wide;
                new Piece(product, way, p / pieces, i, Math.min(high, m - i), j, Math.min(wide, n - j)).run();
            }
        });
    }

    private static long pieces(int n, int part) { return (n + part - 1) / part; }

    /** Rows and columns of a piece: their sums take half of the second-level cache. */
    private int side() { return Math.max(GROUP, (int) Math.sqrt(cpu.l2() / 8.0) / GROUP * GROUP); }

    /** A piece of the result. */
    private final class Piece {
        private final Product product;
        private final PanelProducts.Way way;
        private final Arithmetic arithmetic;
        private final Scratch scratch = Scratch.ofThread();
        private final Operand a, b, out;
        private final long index;
        private final int i, rows, j, columns, groups, panels;
        /** Whether sums go to their place as they are or as BF16; else to rows in scratch memory first. */
        private final boolean narrow, direct;

        Piece(Product product, PanelProducts.Way way, long index, int i, int rows, int j, int columns) {
            this.product = product;
            this.way = way;
            this.arithmetic = product.arithmetic();
            this.index = index;
            this.i = i;
            this.rows = rows;
            this.j = j;
            this.columns = columns;
            this.groups = (rows + GROUP - 1) / GROUP;
            this.panels = (columns + GROUP - 1) / GROUP;
            a = product.operand(product.a(), index).from(i, 0);
            b = way.packed() == null ? product.operand(product.b(), index).from(0, j) : null;
            var result = product.out();
            narrow = result.dtype() == DType.BF16 && cpu.has(Feature.AVX512_BF16) && Product.columnStride(result) == 1;
            direct = narrow || product.isDirect();
            out = direct ? product.operand(result, index).from(i, j) : Gemm.sums(arithmetic, scratch, rows, columns);
        }

        void run() {
            int k = product.k(), most = way.parts() > 1 ? Packing.SPLIT_DEPTH : TILE_STEPS * arithmetic.depth;
            long sums = scratch.get(Scratch.Use.TILES_SUMS, (long) groups * panels * TileKernel.SUMS);
            for (int p = 0; p < k; p += most) new Block(p, Math.min(most, k - p), sums).run();
            if (!direct) gemm.finish(product, scratch, index, i, rows, j, columns);
        }

        /** Some steps of the inner dimension for a piece. */
        private final class Block {
            private final int p, depth, steps;
            private final long sums;

            Block(int p, int depth, long sums) {
                this.p = p;
                this.depth = depth;
                this.steps = TilePacking.steps(arithmetic, depth);
                this.sums = sums;
            }

            private int next() { return p + depth; }

            private boolean isLast() { return next() == product.k(); }

            void run() {
                long panelBytes = way.packed() != null ? way.packed().panelBytes : way.parts() > 1 ? (long) way.parts() * TileKernel.RIGHT_PART : (long) steps * SIDE * TileKernel.PANEL_ROW;
                long first = way.packed() == null ? pack(panelBytes) : way.packed().panel(j / GROUP);
                for (int g = 0; g < groups; g++) {
                    int height = Math.min(GROUP, rows - g * GROUP);
                    long left = packing.rows(way, arithmetic, scratch, a.from((long) g * GROUP, p), height, depth), to = sums + (long) g * panels * TileKernel.SUMS;
                    var ahead = new Ahead[] {rowsAhead(g, left), columnsAhead(g, left, panelBytes)};
                    int whole = columns / GROUP, rest = columns % GROUP;
                    if (whole > 0) call(left, first + skipped(GROUP), to, height, GROUP, panelBytes, whole, ahead);
                    if (rest > 0) call(left, first + whole * panelBytes + skipped(rest), to + (long) whole * TileKernel.SUMS, height, rest, panelBytes, 1, ahead);
                    if (isLast()) packing.sums(to, out.from((long) g * GROUP, 0), narrow, height, columns);
                }
            }

            /** Bytes of a panel packed before that come before this block. */
            private long skipped(int width) { return way.packed() == null ? 0 : p / arithmetic.depth * packing.rowBytes(width); }

            private long pack(long panelBytes) {
                long to = scratch.get(Scratch.Use.RIGHT, panels * panelBytes);
                for (int q = 0; q < panels; q++) packing.panel(way, arithmetic, scratch, b.from(p, (long) q * GROUP), to + q * panelBytes, Math.min(GROUP, columns - q * GROUP), depth);
                return to;
            }

            /** Two rows of the next group for every panel. */
            private Ahead rowsAhead(int g, long near) {
                if (g + 1 == groups && isLast() || a.columnStride() > 4) return new Ahead(near, 0, -passed());
                var rows = g + 1 < groups ? a.from((g + 1L) * GROUP, p) : a.from(0, next());
                return new Ahead(rows.address(), rows.rowStride(), 2 * rows.rowStride() - passed());
            }

            /** Of the next block, for every panel: a row of B, or two columns if those are contiguous, or what the group has to ask for of the panel packed before. */
            private Ahead columnsAhead(int g, long near, long panelBytes) {
                int row = g * panels;
                if (isLast()) return new Ahead(near, 0, -passed());
                if (way.packed() != null) {
                    long panel = way.packed().panel(j / GROUP) + next() / arithmetic.depth * packing.rowBytes(GROUP);
                    return new Ahead(panel + 2 * g * passed(), passed(), panelBytes - passed());
                }
                if (b.columnStride() <= 4) return new Ahead(b.from(next() + row, 0).address(), passed(), b.rowStride() - passed());
                return new Ahead(b.from(next(), 2L * row).address(), b.columnStride(), 2 * b.columnStride() - passed());
            }

            /** Bytes that are asked for at a place during a panel. */
            private long passed() { return (long) steps * TileKernel.lines(way.terms()) * TileKernel.LINE; }

            private void call(long left, long panel, long to, int height, int width, long panelBytes, int count, Ahead[] ahead) {
                var parameters = scratch.parameters();
                parameters.set(ValueLayout.JAVA_LONG, 0, packing.rowBytes(width));
                parameters.set(ValueLayout.JAVA_LONG, 8, panelBytes);
                parameters.set(ValueLayout.JAVA_LONG, 16, steps);
                parameters.set(ValueLayout.JAVA_LONG, 24, p > 0 ? 1 : 0);
                for (int i = 0; i < ahead.length; i++) {
                    parameters.set(ValueLayout.JAVA_LONG, 32 + 24 * i, ahead[i].address());
                    parameters.set(ValueLayout.JAVA_LONG, 40 + 24 * i, ahead[i].distance());
                    parameters.set(ValueLayout.JAVA_LONG, 48 + 24 * i, ahead[i].next());
                }
                int down = height > SIDE ? 2 : 1, across = width > SIDE ? 2 : 1;
                TileKernel.configure(parameters.asSlice(CONFIGURATION_AT, Tiles.CONFIGURATION), down, height - SIDE * (down - 1), across, width - SIDE * (across - 1), SIDE);
                Gemm.call(kernels.tile(way.tile(), way.terms(), down, across), (long) height * width * count * depth / 8, parameters.address(), left, panel, to, count, parameters.address() + CONFIGURATION_AT);
            }
        }
    }
}
