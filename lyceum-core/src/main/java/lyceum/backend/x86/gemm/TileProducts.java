package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.gemm.Costs.*;

import java.util.function.Function;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.TileKernel.Ahead;
import lyceum.backend.x86.gemm.TileKernel.Result;
import lyceum.backend.x86.machine.Cpu;

/**
 * Products by tiles. Tiles multiply several times as fast as memory beyond the second-level cache brings operands, so a piece of the result, whose
 * sums stay in that cache, takes block after block of the inner dimension: panels of B, which stay there too, and under them groups of rows of A, each
 * of which meets all panels from the first-level cache. Meanwhile the lines of the next group and of the next panels are asked for. The last block's sums go to their place group by group.
 */
final class TileProducts {
    /** Where the tiles' configuration stands behind the parameters of the {@link TileKernel}. */
    private static final int CONFIGURATION_AT = TileKernel.PARAMETERS, SIDE = TileKernel.SIDE, GROUP = 2 * SIDE;

    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;
    private final TilePacking packing;
    private final Gemm gemm;
    private final Function<Assembler, Tiles> tiles;

    TileProducts(Cpu cpu, KernelCache<Cpu> kernels, Packing packing, Gemm gemm, Function<Assembler, Tiles> tiles) {
        this.cpu = cpu;
        this.kernels = kernels;
        this.packing = new TilePacking(cpu, kernels, packing);
        this.gemm = gemm;
        this.tiles = tiles;
    }

    void multiply(Product product, PanelProducts.Way way) {
        int m = product.m(), n = product.n(), k = product.k(), threads = Parallel.isSequential() ? 1 : Parallel.threads();
        int side = side(), columns = Blocking.even(n, side, GROUP), rows = Blocking.even(m, side, GROUP);
        while ((rows > GROUP || columns > GROUP) && pieces(m, rows) * pieces(n, columns) * product.batch() < threads
                && (long) rows * columns * k > TILES_SMALL) {
            if (rows > GROUP) rows = Blocking.even(rows, (rows + 1) / 2, GROUP);
            else columns = Blocking.even(columns, (columns + 1) / 2, GROUP);
        }
        int high = rows, wide = Blocking.shared(n, columns, GROUP, pieces(m, rows) * product.batch(), threads),
                down = (m + high - 1) / high;
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
        /** Whether sums go to their place; else to rows in scratch memory first. */
        private final boolean direct;
        private final Result result;

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
            var to = product.out();
            boolean narrow = to.dtype() == DType.BF16 && cpu.has(Feature.AVX512_BF16) && Product.columnStride(to) == 1;
            direct = narrow || product.isDirect();
            out = direct ? product.operand(to, index).from(i, j) : Gemm.sums(arithmetic, scratch, rows, columns);
            result = Result.of(narrow,
                    direct && to.size() * to.dtype().bytes() > cpu.l2() && (out.address() | out.rowStride()) % TileKernel.LINE == 0);
        }

        void run() {
            int k = product.k(), most = way.parts() > 1 ? Packing.SPLIT_DEPTH : TILE_STEPS * arithmetic.depth;
            long sums = scratch.get(Scratch.Use.TILES_SUMS, (long) groups * panels * TileKernel.SUMS + TileKernel.SUMS);
            long panelBytes = way.packed() != null ? way.packed().panelBytes
                    : way.parts() > 1 ? (long) way.parts() * TileKernel.RIGHT_PART : (long) TILE_STEPS * TileKernel.PANEL_ROW;
            long right = way.packed() != null ? 0 : scratch.get(Scratch.Use.RIGHT, 2 * panels * panelBytes);
            var block = new Block(0, most, sums, right, panelBytes);
            if (way.packed() == null) for (int g = 0; g < groups; g++) block.pack(g);
            for (int p = 0, turn = 1; block != null; turn ^= 1) {
                p += block.depth;
                var next = p < k ? new Block(p, most, sums, right + turn * panels * panelBytes, panelBytes) : null;
                block.run(next);
                block = next;
            }
            if (!direct) gemm.finish(product, scratch, index, i, rows, j, columns);
        }

        /** Some steps of the inner dimension for a piece. */
        private final class Block {
            private final int p, most, depth, steps;
            private final long sums, right, panelBytes;

            Block(int p, int most, long sums, long right, long panelBytes) {
                this.p = p;
                this.most = most;
                this.depth = Math.min(most, product.k() - p);
                this.steps = TilePacking.steps(arithmetic, depth);
                this.sums = sums;
                this.right = right;
                this.panelBytes = panelBytes;
            }

            /** Group by group; between them the panels of the next block are packed. */
            void run(Block next) {
                long first = way.packed() == null ? right : way.packed().panel(j / GROUP);
                for (int g = 0; g < groups; g++) {
                    int height = Math.min(GROUP, rows - g * GROUP), whole = columns / GROUP, rest = columns % GROUP;
                    long left = packing.rows(way, arithmetic, scratch, a.from((long) g * GROUP, p), height, depth),
                            to = sums + (long) g * panels * TileKernel.SUMS;
                    if (next != null && way.packed() == null) next.pack(g);
                    var ahead = new Ahead[] {rowsAhead(g), panelsAhead(g, next)};
                    boolean toRows = next == null && height == GROUP && cpu.has(Feature.AVX512);
                    var place = out.from((long) g * GROUP, 0);
                    if (whole > 0) call(left, first + skipped(GROUP), to, height, GROUP, whole, ahead, toRows ? place : null);
                    if (rest > 0) call(left, first + whole * panelBytes + skipped(rest), to + (long) whole * TileKernel.SUMS, height, rest,
                            1, ahead, null);
                    int done = toRows ? whole : 0;
                    if (next == null && columns > done * GROUP) packing.sums(to + (long) done * TileKernel.SUMS,
                            place.from(0, (long) done * GROUP), result, height, columns - done * GROUP);
                }
            }

            private Ahead panelsAhead(int g, Block next) {
                if (next == null) return null;
                if (way.packed() != null) return next.packedAhead(g);
                return g + 1 < groups ? next.columnsAhead(g + 1) : columnsAfter(next);
            }

            /** Bytes of a panel packed before that come before this block. */
            private long skipped(int width) { return way.packed() == null ? 0 : p / arithmetic.depth * packing.rowBytes(width); }

            private boolean byRows() { return b.columnStride() <= 4; }

            /** Rows of B, or columns if those are contiguous, that are packed at once. */
            private int share() { return byRows() ? ((depth + groups - 1) / groups + 3) / 4 * 4 : (panels + groups - 1) / groups * GROUP; }

            /** Brings a share of B to the panels. */
            void pack(int g) {
                int share = share(), from = g * share, count = Math.min(share, (byRows() ? depth : columns) - from);
                if (count <= 0) return;
                if (byRows()) packing.panels(way, arithmetic, scratch, b.from(p, 0), right, panelBytes, columns, from, count, depth);
                else packing.panels(way, arithmetic, scratch, b.from(p, from), right + from / GROUP * panelBytes, panelBytes, count, 0,
                        depth, depth);
            }

            /** Two rows of the next group for every panel. */
            private Ahead rowsAhead(int g) {
                if (g + 1 == groups && p + depth == product.k() || a.columnStride() > 4) return null;
                var rows = g + 1 < groups ? a.from((g + 1L) * GROUP, p) : a.from(0, p + depth);
                return pairs(rows.address(), rows.rowStride());
            }

            /** Two lines that are contiguous for the block's depth, for every panel. */
            private Ahead pairs(long address, long stride) {
                return new Ahead(address, stride, stepBytes(), 2 * stride - steps * stepBytes());
            }

            private long stepBytes() { return TileKernel.LINE * TileKernel.lines(way.terms()); }

            /** For every panel what of it is packed with the share, or the panels' share of columns or of rows of bytes, of which a line has two panels. */
            private Ahead columnsAhead(int g) {
                long from = (long) g * share();
                if (!byRows()) return pairs(b.from(p, from).address(), b.columnStride());
                var rows = b.from(p + from, 0);
                if (arithmetic.bytes == 1) return pairs(rows.address(), rows.rowStride());
                return new Ahead(rows.address(), rows.rowStride(), 2 * rows.rowStride(), stepBytes() - 2 * steps * rows.rowStride());
            }

            private Ahead columnsAfter(Block next) {
                return next.p + next.depth < product.k() ? new Block(next.p + next.depth, most, 0, 0, 0).columnsAhead(0) : null;
            }

            /** What a group has to ask for of the panels packed before. */
            private Ahead packedAhead(int g) {
                long passed = steps * stepBytes();
                return new Ahead(way.packed().panel(j / GROUP) + skipped(GROUP) + 2 * g * passed, passed, stepBytes(), panelBytes - passed);
            }

            private void call(long left, long panel, long to, int height, int width, int count, Ahead[] ahead, Operand rows) {
                var parameters = scratch.parameters();
                TileKernel.B_ROW.set(parameters, packing.rowBytes(width));
                TileKernel.B_PANEL.set(parameters, panelBytes);
                TileKernel.STEPS.set(parameters, steps);
                TileKernel.ADD.set(parameters, p > 0 ? 1 : 0);
                var nothing = new Ahead(left, 0, 0, 0);
                TileKernel.LEFT_AHEAD.set(parameters, ahead[0] == null ? nothing : ahead[0]);
                TileKernel.RIGHT_AHEAD.set(parameters, ahead[1] == null ? nothing : ahead[1]);
                if (rows != null) {
                    TileKernel.ROWS.set(parameters, rows.address());
                    TileKernel.ROW_STRIDE.set(parameters, rows.rowStride());
                    TileKernel.ROW_SUMS.set(parameters, sums + (long) groups * panels * TileKernel.SUMS);
                }
                int down = height > SIDE ? 2 : 1, across = width > SIDE ? 2 : 1;
                var configuration = parameters.asSlice(CONFIGURATION_AT, Tiles.CONFIGURATION);
                TileKernel.configure(configuration, down, height - SIDE * (down - 1), across, width - SIDE * (across - 1), SIDE);
                var kernel = kernels
                        .of(new TileKernel.Form(tiles, way.tile(), way.terms(), down, across, rows != null ? result : Result.TILES));
                Gemm.call(kernel, (long) height * width * count * depth / 8, parameters.address(), left, panel, to, count,
                        configuration.address());
            }
        }
    }
}
