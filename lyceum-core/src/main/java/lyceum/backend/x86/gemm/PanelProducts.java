package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.gemm.Costs.*;

import java.util.function.Function;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.Precision;
import lyceum.backend.View;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;

/**
 * Products whose right matrix is read in panels that hold more than {@link Gemm}'s do: ready for tiles, in several parts for an element, or packed
 * before. The sums are made by the {@link TileKernel}, or by the {@link MicroKernel} term by term.
 *
 * <p>As everywhere here an element's sum has the same order whatever piece or thread computes it.
 */
final class PanelProducts {
    /**
     * How a product is computed.
     *
     * @param tile by which tiles are multiplied, or null for vectors
     * @param split of F32 operands, or null
     * @param packed the right operand if it was packed before, or null
     */
    record Way(TileDot tile, Precision split, PackedPanels packed) {
        int parts() { return split == null ? 1 : split.parts(); }

        /** The terms that a kernel for tiles sums. */
        Precision terms() { return split == null ? Precision.BF16 : split; }
    }

    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;
    private final Packing packing;
    private final Gemm gemm;
    private final TileProducts tiles;

    PanelProducts(Cpu cpu, KernelCache<Cpu> kernels, Packing packing, Gemm gemm, Function<Assembler, Tiles> tiles) {
        this.cpu = cpu;
        this.kernels = kernels;
        this.packing = packing;
        this.gemm = gemm;
        this.tiles = new TileProducts(cpu, kernels, packing, gemm, tiles);
    }

    /** Vectors of a panel: what leaves registers for enough rows. */
    private int vectors(Way way) { return way.packed() != null ? way.packed().vectors : cpu.has(Feature.AVX512) ? 3 : 2; }

    private int tileVectors() { return TileKernel.PANEL_ROW / vectorBytes(); }

    private int vectorBytes() { return cpu.vectorBits() / 8; }

    private int depth(Way way, Arithmetic arithmetic) {
        return way.parts() > 1 ? Packing.SPLIT_DEPTH : (arithmetic.bytes == 8 ? PANEL_STEPS_OF_F64 : PANEL_STEPS) * arithmetic.depth;
    }

    void multiply(Product product, Way way) {
        if (way.tile() != null) {
            tiles.multiply(product, way);
            return;
        }
        var arithmetic = product.arithmetic();
        int m = product.m(), n = product.n(), k = product.k(), width = vectors(way) * vectorBytes() / arithmetic.lane;
        int rows = Blocking.even(m, PANEL_ROWS, 8), columns = Blocking.even(n, PANELS * width, width);
        if (way.packed() != null && m <= PANEL_ROWS)
            columns = (int) Math.clamp(PIECE_BYTES / (width * (long) k * arithmetic.bytes), 1, columns / width) * width;
        // Of whole pieces: the last one's rows are summed as all others are, whatever the number of threads.
        int depth = way.packed() != null && (long) Math.min(rows, m) * k * arithmetic.bytes <= cpu.l1() / 2 ? k : depth(way, arithmetic);
        int across = (n + columns - 1) / columns, wide = columns;
        int high = m <= rows ? m : Blocking.shared(m, rows, 8, across * product.batch(), Parallel.isSequential() ? 1 : Parallel.threads());
        int down = (m + high - 1) / high;
        long pieces = (long) down * across, all = pieces * product.batch();
        if (all == 1) {
            piece(product, way, depth, 0, 0, m, 0, n);
            return;
        }
        double nanos = Math.max((double) high * wide * k / BY_VECTORS, (double) wide * k * arithmetic.bytes / PANEL_BYTES);
        Parallel.range(all, Math.max(1, (long) (PIECE / nanos)), nanos, (from, to) -> {
            for (long p = from; p < to; p++) {
                int q = (int) (p % pieces), i = q % down * high, j = q / down * wide;
                piece(product, way, depth, p / pieces, i, Math.min(high, m - i), j, Math.min(wide, n - j));
            }
        });
    }

    /** The panels of a matrix for any number of products; null for types that are multiplied without machine code. */
    PackedPanels pack(View right) {
        boolean tiled = switch (right.dtype()) {
            case BF16 -> cpu.has(Feature.AMX_BF16);
            case I8, U8 -> cpu.has(Feature.AMX_INT8);
            default -> false;
        };
        var arithmetic = switch (right.dtype()) {
            case I8 -> tiled || cpu.has(Feature.VNNI) ? Arithmetic.U8I8 : Arithmetic.I32;
            case U8 -> tiled ? Arithmetic.U8I8 : Arithmetic.I32;
            case BF16 -> tiled ? Arithmetic.BF16 : Arithmetic.of(cpu, DType.BF16, DType.BF16, DType.BF16);
            default -> Arithmetic.of(cpu, right.dtype(), right.dtype(), right.dtype());
        };
        if (arithmetic == null) return null;
        int k = Math.toIntExact(right.shape()[0]), n = Math.toIntExact(right.shape()[1]),
                vectors = tiled ? tileVectors() : cpu.has(Feature.AVX512) ? PACKED_VECTORS : 2;
        int width = vectors * vectorBytes() / arithmetic.lane, steps = (k + arithmetic.depth - 1) / arithmetic.depth,
                count = (n + width - 1) / width;
        long panelBytes = (long) (tiled ? (steps + TileKernel.SIDE - 1) / TileKernel.SIDE * TileKernel.SIDE : steps) * vectors
                * vectorBytes();
        var starts = arithmetic == Arithmetic.U8I8 && cpu.has(Feature.VNNI) && right.dtype() == DType.I8
                ? Allocator.allocate(4L * width * count, null) : null;
        var packed = new PackedPanels(right, arithmetic, vectors, panelBytes, Allocator.allocate(panelBytes * count, null), starts);
        var matrix = new Operand(right.address(), right.strides()[0] * right.dtype().bytes(), right.strides()[1] * right.dtype().bytes());
        Parallel.range(count, Math.max(1, PIECE_BYTES / Math.max(1, panelBytes)), (from, to) -> {
            for (int p = (int) from; p < to; p++) pack(packed, matrix.from(0, (long) p * width), p, Math.min(width, n - p * width), k);
        });
        return packed;
    }

    private void pack(PackedPanels packed, Operand from, int panel, int width, int k) {
        var arithmetic = packed.arithmetic;
        var scratch = Scratch.ofThread();
        int lanes = vectorBytes() / arithmetic.lane, used = (width + lanes - 1) / lanes;
        var type = packed.source.dtype();
        for (int p = 0; p < k; p += PANEL_STEPS * arithmetic.depth) { // a collection need not wait for all of it
            int depth = Math.min(PANEL_STEPS * arithmetic.depth, k - p);
            var part = from.from(p, 0);
            if (type.bytes() != arithmetic.bytes) part = packing.widened(type, scratch, Scratch.Use.WIDE_RIGHT, part, depth, width);
            packing.panel(arithmetic, part, packed.panel(panel) + (long) (p / arithmetic.depth) * used * vectorBytes(), used, width, depth);
        }
        if (packed.vectors == tileVectors())
            TilePacking.zeros(packed.panel(panel), (k + arithmetic.depth - 1) / arithmetic.depth, (long) used * vectorBytes());
        if (packed.starts == null) return;
        // 128 times the sum of each column is its product with a row of that number.
        var parameters = scratch.parameters();
        parameters.asSlice(0, MicroKernel.PARAMETERS).fill((byte) 0);
        MicroKernel.B_STEP.set(parameters, (long) used * vectorBytes());
        MicroKernel.STEPS.set(parameters, (k + arithmetic.depth - 1) / arithmetic.depth);
        Gemm.call(kernels.of(new MicroKernel.Form(arithmetic, 1, used, false, false)), (long) width * k, parameters.address(),
                packing.halves(), packed.panel(panel), packed.start(panel * packed.vectors * lanes), 1, 0);
    }

    /** {@code out = a right}; false for types or sizes that the panels are not made for. */
    boolean multiply(View a, PackedPanels right, View out) {
        var tile = TileDot.of(cpu, a.dtype(), right.source.dtype(), out.dtype());
        if (tile != null && right.arithmetic == tile.layout && right.vectors == tileVectors()) {
            var product = Product.of(tile.layout, a, right.source, out);
            if (tilesPay(product, true)) {
                multiply(product, new Way(tile, null, right));
                return true;
            }
        }
        var arithmetic = Arithmetic.of(cpu, a.dtype(), right.source.dtype(), out.dtype());
        if (arithmetic != right.arithmetic && (arithmetic != Arithmetic.I8I8 || right.starts == null)) return false;
        multiply(Product.of(arithmetic, a, right.source, out), new Way(null, null, right));
        return true;
    }

    /** False where the matrix as it lies is read faster: for inner products of a row or two with the columns of a transposed matrix. */
    boolean suits(View a, View right, View out) {
        var arithmetic = Arithmetic.of(cpu, a.dtype(), right.dtype(), out.dtype());
        if (arithmetic == null || !arithmetic.sums.isFloat() || Product.rowStride(right) != 1) return true;
        var product = Product.of(arithmetic, a, right, out);
        return product.m() > FEWER_ROWS || product.widens(right);
    }

    private void piece(Product product, Way way, int most, long index, int i, int rows, int j, int columns) {
        var arithmetic = product.arithmetic();
        var scratch = Scratch.ofThread();
        int k = product.k();
        boolean direct = product.isDirect();
        var target = direct ? product.operand(product.out(), index).from(i, j) : Gemm.sums(arithmetic, scratch, rows, columns);
        Operand a = product.operand(product.a(), index).from(i, 0),
                b = way.packed() == null ? product.operand(product.b(), index).from(0, j) : null;
        for (int p = 0; p < k; p += most) {
            int depth = Math.min(most, k - p);
            var block = new Block(product, way, scratch, rows, j, columns, p, depth);
            long panels = b == null ? 0 : block.pack(b.from(p, 0));
            block.run(block.left(a.from(0, p)), panels, target);
        }
        if (!direct) gemm.finish(product, scratch, index, i, rows, j, columns);
    }

    /** Some steps of the inner dimension for a piece. */
    private final class Block {
        private final Product product;
        private final Arithmetic arithmetic;
        private final Way way;
        private final Scratch scratch;
        private final int rows, j, columns, p, depth, steps, lanes, vectors;

        Block(Product product, Way way, Scratch scratch, int rows, int j, int columns, int p, int depth) {
            this.product = product;
            this.arithmetic = product.arithmetic();
            this.way = way;
            this.scratch = scratch;
            this.rows = rows;
            this.j = j;
            this.columns = columns;
            this.p = p;
            this.depth = depth;
            this.steps = (depth + arithmetic.depth - 1) / arithmetic.depth;
            this.lanes = vectorBytes() / arithmetic.lane;
            this.vectors = PanelProducts.this.vectors(way);
        }

        /** The rows of A as the kernel takes them. */
        Operand left(Operand a) {
            if (way.split() != null) {
                var lines = a.columnStride() == 4 ? a : packing.rows(Arithmetic.F32, scratch, a, rows, depth);
                var parts = packing.parts(way.parts(), true, scratch, lines, rows, depth);
                return new Operand(parts.address(), parts.rowStride(), arithmetic.lane);
            }
            if (product.widens(product.a())) a = packing.widened(product.a().dtype(), scratch, Scratch.Use.WIDE_LEFT, a, rows, depth);
            boolean pack = arithmetic == Arithmetic.I8I8 || depth % arithmetic.depth != 0
                    || a.columnStride() != arithmetic.bytes && (rows > 1 || arithmetic.depth > 1)
                    || rows >= 8 && Blocking.conflicts(a.rowStride());
            return pack ? packing.rows(arithmetic, scratch, a, rows, depth)
                    : new Operand(a.address(), a.rowStride(), a.columnStride() * arithmetic.depth);
        }

        /** Bytes from part to part of a panel. */
        private long partBytes() { return (long) steps * vectors * vectorBytes(); }

        /** The block of B as panels; their address. */
        long pack(Operand b) {
            long panelBytes = partBytes() * way.parts(),
                    to = scratch.get(Scratch.Use.RIGHT, panelBytes * (columns / (vectors * lanes) + 1));
            var parts = way.split() == null ? b : parts(b);
            long distance = b.columnStride() == 4 ? Packing.PART_OF_BLOCK : Packing.LEFT_PART;
            for (int column = 0; column < columns; column += vectors * lanes) {
                int width = Math.min(vectors * lanes, columns - column);
                for (int q = 0; q < way.parts(); q++) {
                    var part = new Operand(parts.address() + q * distance, parts.rowStride(), parts.columnStride());
                    packing.panel(arithmetic, part.from(0, column), to + column / (vectors * lanes) * panelBytes + q * partBytes(),
                            (width + lanes - 1) / lanes, width, depth);
                }
            }
            return to;
        }

        private Operand parts(Operand b) {
            if (b.columnStride() == 4) return packing.parts(way.parts(), false, scratch, b, depth, columns);
            var turned = b.rowStride() == 4 ? b.transposed() : packing.rows(Arithmetic.F32, scratch, b.transposed(), columns, depth);
            return packing.parts(way.parts(), true, scratch, turned, columns, depth).transposed();
        }

        void run(Operand left, long panels, Operand target) {
            for (int column = 0; column < columns; column += vectors * lanes) {
                int width = Math.min(vectors * lanes, columns - column), used = (width + lanes - 1) / lanes,
                        index = column / (vectors * lanes);
                long panel = way.packed() == null ? panels + index * partBytes() * way.parts()
                        : way.packed().panel(j / (vectors * lanes) + index) + (long) (p / arithmetic.depth) * used * vectorBytes();
                var to = target.from(0, column);
                vectors(left, panel, to, used, width, j + column);
            }
        }

        private void vectors(Operand left, long panel, Operand to, int used, int width, int first) {
            var parameters = scratch.parameters();
            boolean masked = width < used * lanes;
            int tile = MicroKernel.rows(cpu, arithmetic, used);
            long mask = masked ? packing.mask(width - (used - 1) * lanes, arithmetic.lane) : 0;
            var kernel = kernels.of(new MicroKernel.Form(arithmetic, tile, used, masked, false));
            MicroKernel.A_ROW.set(parameters, left.rowStride());
            MicroKernel.A_STEP.set(parameters, left.columnStride());
            MicroKernel.B_STEP.set(parameters, (long) used * vectorBytes());
            MicroKernel.C_ROW.set(parameters, to.rowStride());
            MicroKernel.STEPS.set(parameters, steps);
            MicroKernel.A_TILE.set(parameters, tile * left.rowStride());
            MicroKernel.nothingBeside(parameters);
            if (arithmetic == Arithmetic.I8I8) MicroKernel.STARTS.set(parameters, p > 0 ? packing.zeros() : way.packed().start(first));
            var terms = way.terms();
            for (int t = 0; t < terms.terms(); t++) {
                MicroKernel.ADD.set(parameters, p > 0 || t > 0 ? 1 : 0);
                Gemm.call(kernel, (long) rows * width * depth, parameters.address(),
                        left.address() + (long) terms.left(t) * Packing.LEFT_PART, panel + terms.right(t) * partBytes(), to.address(), rows,
                        mask);
            }
        }
    }
}
