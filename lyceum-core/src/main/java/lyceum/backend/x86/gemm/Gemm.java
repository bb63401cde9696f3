package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.gemm.Costs.*;

import java.util.function.Function;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Precision;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;

/**
 * Products of matrices in memory, after Goto and van de Geijn (2008): C is cut into pieces, each of which packs its rows of A, then takes panel after
 * panel of B, packs it and runs the {@link MicroKernel} over all its rows. Few rows by a transposed matrix go to the {@link DotKernel}, without a copy.
 *
 * <p>Pieces share nothing but what they read, so that threads never wait for one another, and an element is summed in the same order whatever
 * piece, tile or thread computes it. What is not summed in the type of the result, or has gaps between its columns, is summed in scratch memory and
 * brought to its place by a program while it is in the cache. A program that follows the product takes the sums where they are, some rows at a time.
 */
public final class Gemm {
    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;
    private final Packing packing;
    private final Backend programs;
    private final DotProducts dots;
    private final Substitution substitution;
    private final Transposition transposition;
    final PanelProducts panels;

    /** @param programs runs element-wise ones */
    public Gemm(Cpu cpu, Backend programs) { this(cpu, programs, Tiles.Registers::new); }

    /** @param tiles by which kernels for tiles are written */
    Gemm(Cpu cpu, Backend programs, Function<Assembler, Tiles> tiles) {
        this.cpu = cpu;
        this.kernels = new KernelCache<>(cpu);
        this.packing = new Packing(cpu, kernels);
        this.programs = programs;
        this.dots = new DotProducts(cpu, kernels, packing, this);
        this.transposition = new Transposition(kernels);
        this.substitution = new Substitution(cpu, kernels, packing);
        this.panels = new PanelProducts(cpu, kernels, packing, this, tiles);
    }

    /** {@code out = a b} for matrices in the last two axes; false if there are no kernels for the types or nothing to sum. Operands are kept reachable by the caller. */
    public boolean multiply(View a, View b, View out) {
        var tile = TileDot.of(cpu, a.dtype(), b.dtype(), out.dtype());
        if (tile != null && multiply(tile, a, b, out)) return true;
        var arithmetic = Arithmetic.of(cpu, a.dtype(), b.dtype(), out.dtype());
        return arithmetic != null && multiply(Product.of(arithmetic, a, b, out));
    }

    /** With tiles; false for products too small for them. */
    private boolean multiply(TileDot tile, View a, View b, View out) {
        var product = Product.of(tile.layout, a, b, out);
        if (product.m() == 0 || !tilesPay(product, false)) return false;
        panels.multiply(product, new PanelProducts.Way(tile, null, null));
        return true;
    }

    /** {@code out = a b} of finite F32 from parts in BF16, as {@code split} says; false if the CPU has no products of BF16, or nothing to sum. */
    boolean multiply(View a, View b, Precision split, View out) {
        var product = Product.of(Arithmetic.BF16, a, b, out);
        if (!splits() || product.k() == 0) return false;
        var tile = TileDot.of(cpu, DType.BF16, DType.BF16, DType.F32);
        if (out.size() > 0)
            panels.multiply(product, new PanelProducts.Way(tile != null && tilesPay(product, false) ? tile : null, split, null));
        return true;
    }

    /** True if the CPU has products of BF16, of which those of F32 can be made. */
    boolean splits() { return cpu.has(Feature.AVX512_BF16); }

    /** The panels of a right matrix, to be multiplied again and again; null for types without kernels. */
    public PackedPanels pack(View right) { return right.size() == 0 ? null : panels.pack(right); }

    /** {@code out = a right}; false if these panels are not for such operands. */
    public boolean multiply(View a, PackedPanels right, View out) { return out.size() == 0 || panels.multiply(a, right, out); }

    /** False if products of these types and sizes do better with the matrix as it lies. */
    public boolean readsPanels(View a, View right, View out) { return right.size() > 0 && panels.suits(a, right, out); }

    /**
     * {@code outputs = then(a b, others..)}, piece by piece while the sums are in the cache; false where {@link #multiply(View, View, View)} is, for types
     * that are not summed in their own, and for programs to which an element's place matters.
     */
    public boolean multiply(View a, View b, Program then, View[] others, View... outputs) {
        var arithmetic = Arithmetic.of(cpu, a.dtype(), b.dtype(), a.dtype());
        return arithmetic != null && arithmetic.sums == a.dtype() && then.isPlain()
                && multiply(Product.of(arithmetic, a, b, then, others, outputs));
    }

    /**
     * {@code out -= a b} in F32 or F64; false if the elements of {@code out} have no neighbours in memory, or where inner products of rows as they lie are faster:
     * beside a few columns.
     */
    public boolean subtract(View a, View b, View out) {
        var arithmetic = Arithmetic.of(cpu, a.dtype(), b.dtype(), out.dtype());
        if (arithmetic == null || arithmetic.bytes != a.dtype().bytes() || !a.dtype().isFloat() || out.dtype().bytes() < 4) return false;
        var product = Product.of(arithmetic, a, b, out).subtracting();
        boolean isColumn = product.n() == 1 && product.m() > 1 && Product.rowStride(out) == 1 && Product.columnStride(a) != 1;
        if (isColumn || !product.isDirect()) product = product.transposed();
        if (!product.isDirect() || dots.suits(product)) return false;
        if (product.k() > 0 && out.size() > 0) blocked(product);
        return true;
    }

    /** Where a matrix is turned. */
    public Transposition transposition() { return transposition; }

    /** Where a triangle of a few rows is solved by a kernel. */
    public Substitution substitution() { return substitution; }

    private boolean multiply(Product product) {
        View a = product.a(), out = product.out();
        if (product.k() == 0) return false;
        if (out.size() == 0) return true;
        boolean turn = product.n() == 1 ? product.m() > 1 && Product.columnStride(a) != 1
                : !product.isDirect() && Product.rowStride(out) == 1;
        if (turn && a.dtype() == product.b().dtype() && (product.m() == 1 || Product.rowStride(out) == 1) || turns(cpu, product, threads()))
            product = product.transposed();
        if (!dots.multiply(product)) blocked(product);
        return true;
    }

    private static int threads() { return Parallel.isSequential() ? 1 : Parallel.threads(); }

    private void blocked(Product product) {
        int m = product.m(), n = product.n(), k = product.k();
        var blocking = Blocking.of(cpu, product.arithmetic(), product, threads());
        int down = (m + blocking.rows() - 1) / blocking.rows(), across = (n + blocking.columns() - 1) / blocking.columns();
        long pieces = (long) down * across, all = pieces * product.batch();
        if (all == 1) {
            piece(product, blocking, 0, 0, m, 0, n);
            return;
        }
        double nanos = (double) blocking.columns() * k * Math.max(blocking.rows() / BY_VECTORS, product.arithmetic().bytes / LINE_BYTES);
        Parallel.range(all, Math.max(1, (long) (PIECE / nanos)), nanos, (from, to) -> {
            for (long p = from; p < to; p++) {
                int q = (int) (p % pieces), i = q % down * blocking.rows(), j = q / down * blocking.columns();
                piece(product, blocking, p / pieces, i, Math.min(blocking.rows(), m - i), j, Math.min(blocking.columns(), n - j));
            }
        });
    }

    private void piece(Product product, Blocking blocking, long index, int i, int rows, int j, int columns) {
        var arithmetic = product.arithmetic();
        var scratch = Scratch.ofThread();
        Operand a = product.operand(product.a(), index), b = product.operand(product.b(), index);
        boolean direct = product.isDirect();
        var target = direct ? product.operand(product.out(), index).from(i, j) : sums(arithmetic, scratch, rows, columns);
        for (int p = 0; p < product.k(); p += blocking.depth()) {
            int depth = Math.min(blocking.depth(), product.k() - p);
            Operand left = a.from(i, p), right = b.from(p, j);
            if (product.widens(product.a())) left = packing.widened(product.a().dtype(), scratch, Scratch.Use.WIDE_LEFT, left, rows, depth);
            if (product.widens(product.b()))
                right = packing.widened(product.b().dtype(), scratch, Scratch.Use.WIDE_RIGHT, right, depth, columns);
            var parameters = scratch.parameters();
            MicroKernel.B_STEP.set(parameters, right.rowStride());
            MicroKernel.C_ROW.set(parameters, target.rowStride());
            MicroKernel.STEPS.set(parameters, (depth + arithmetic.depth - 1) / arithmetic.depth);
            MicroKernel.ADD.set(parameters, p > 0 || product.subtracted() ? 1 : 0);
            boolean ends = direct && product.then() != null && p + depth == product.k();
            new Block(this, arithmetic, blocking, scratch, left, right, target, rows, columns, depth, product.subtracted())
                    .run(!ends ? null : (row, count) -> finish(product, null, index, i + row, count, j, columns));
        }
        if (!direct) finish(product, scratch, index, i, rows, j, columns);
    }

    static Operand sums(Arithmetic arithmetic, Scratch scratch, int rows, int columns) {
        return new Operand(scratch.get(Scratch.Use.SUMS, (long) rows * columns * arithmetic.lane), (long) columns * arithmetic.lane,
                arithmetic.lane);
    }

    /** The sums of a part of the result, in scratch memory or (null) in their place, go where they belong. */
    void finish(Product product, Scratch scratch, long index, int row, int rows, int column, int columns) {
        var type = product.arithmetic().sums;
        long[] shape = {rows, columns};
        var to = product.out();
        if (scratch != null && product.isTurned()) {
            var place = product.operand(to, index).from(row, column);
            packing.turn(scratch.get(Scratch.Use.SUMS, 0), (long) columns * type.bytes(), place.address(), place.columnStride(), rows,
                    columns, type.bytes());
            if (product.then() == null) return;
            finish(product.transposed(), null, index, column, columns, row, rows);
            return;
        }
        var then = product.then() != null ? product.then() : new Product.Then(
                type == to.dtype() ? Program.copy(type) : Program.of(Op.CAST, to.dtype(), type), new View[0], new View[] {to}, false);
        var inputs = new View[1 + then.others().length];
        inputs[0] = scratch == null ? product.part(to, index, row, rows, column, columns)
                : new View(type, scratch.storage(Scratch.Use.SUMS, 0), 0, shape, View.contiguousStrides(shape));
        for (int i = 1; i < inputs.length; i++) inputs[i] = product.part(then.others()[i - 1], index, row, rows, column, columns);
        var outputs = new View[then.outputs().length];
        for (int i = 0; i < outputs.length; i++) outputs[i] = product.part(then.outputs()[i], index, row, rows, column, columns);
        programs.run(then.program(), inputs, outputs);
    }

    /** Calls so that a collection need not wait for more than {@link Costs#LONG} multiply-adds. */
    static void call(Kernel kernel, long work, long a, long b, long c, long d, long e, long f) {
        if (work < LONG) kernel.call(a, b, c, d, e, f);
        else kernel.callLong(a, b, c, d, e, f);
    }

    /** What happens to rows of a block whose sums are complete. */
    @FunctionalInterface
    private interface Complete {
        void rows(int from, int count);
    }

    /** A block of B under some rows of A. */
    private record Block(Gemm gemm, Arithmetic arithmetic, Blocking blocking, Scratch scratch, Operand a, Operand b, Operand c, int rows,
            int columns, int depth, boolean minus) {

        /**
         * Panel after panel of B, each of which meets all rows; or, where B is near or if that is given, as many rows at once as stay in the cache until their
         * sums are {@code complete}.
         */
        void run(Complete complete) {
            int lanes = gemm.cpu.vectorBits() / 8 / arithmetic.lane, width;
            if (blocking.streams()) {
                stream(lanes);
                if (complete != null) complete.rows(0, 1);
                return;
            }
            long steps = (depth + arithmetic.depth - 1) / arithmetic.depth;
            boolean near = blocking.packB() && Blocking.isNear(steps * columns * arithmetic.lane);
            long bytes = (long) columns * arithmetic.lane + (near ? (long) depth * arithmetic.bytes : 0);
            int some = complete == null && !near ? rows : Blocking.even(rows, (int) Math.max(1, STRIP / bytes), blocking.tile());
            boolean inTurn = some == rows;
            for (int row = 0; row < rows; row += some) {
                int count = Math.min(some, rows - row);
                var left = left(row, count, steps);
                long panelBytes = steps * blocking.vectors() * lanes * arithmetic.lane;
                long panels = blocking.packB()
                        ? scratch.get(Scratch.Use.RIGHT, inTurn ? 2 * panelBytes : steps * arithmetic.lane * columns + panelBytes) : 0,
                        panel = panels;
                boolean isThere = row > 0;
                for (int column = 0; column < columns; column += width) {
                    int vectors = vectors(blocking.vectors(), columns - column, lanes);
                    width = Math.min(vectors * lanes, columns - column);
                    long next = inTurn ? 2 * panels + panelBytes - panel : panel + steps * vectors * lanes * arithmetic.lane;
                    boolean copies = row == 0 && copiesBeside(count, column + width, vectors, lanes, steps, next);
                    if (!isThere && copies) gemm.packing.panel(arithmetic, b.from(0, column), panel, vectors, width, depth); // its first tile copies one panel, not two
                    panel(left, row, count, column, width, vectors, lanes, panel, isThere || copies);
                    isThere = row > 0 || copies;
                    panel = next;
                }
                if (complete != null) complete.rows(row, count);
            }
        }

        /** One row by the rows of B, from end to end. */
        private void stream(int lanes) {
            var parameters = scratch.parameters();
            MicroKernel.A_STEP.set(parameters, a.columnStride());
            int rest = columns % lanes;
            long mask = rest == 0 ? 0 : gemm.packing.mask(rest, arithmetic.lane);
            call(gemm.kernels.of(new StreamKernel.Form(arithmetic)), (long) columns * depth, parameters.address(), a.address(), b.address(),
                    c.address(), columns / lanes, mask);
        }

        /** Whether the panel at a column is copied to {@code to} meanwhile, if so many rows take long enough: then the parameters say it. */
        private boolean copiesBeside(int rows, int column, int vectors, int lanes, long steps, long to) {
            var parameters = scratch.parameters();
            MicroKernel.nothingBeside(parameters);
            boolean isAlike = column + vectors * lanes <= columns && vectors(blocking.vectors(), columns - column, lanes) == vectors;
            if (!blocking.packB() || !isAlike || !MicroKernel.copiesBeside(gemm.cpu, arithmetic, vectors)
                    || b.columnStride() != arithmetic.bytes || b.rowStride() <= 0)
                return false;
            long tiles = rows / blocking.tile(), times = steps / MicroKernel.UNROLL, pace = 1;
            if (tiles * times < steps) return false;
            while (pace < SLOWEST_COPY && tiles * (times / (2 * pace)) >= steps) pace *= 2;
            long from = b.address() + (long) column * arithmetic.bytes;
            MicroKernel.BESIDE.set(parameters, from);
            MicroKernel.BESIDE_END.set(parameters, from + steps * b.rowStride());
            MicroKernel.BESIDE_STRIDE.set(parameters, b.rowStride());
            MicroKernel.BESIDE_TO.set(parameters, to);
            MicroKernel.BESIDE_PACE.set(parameters, MicroKernel.UNROLL * (pace - 1));
            return true;
        }

        /** The address of some rows of A, packed if they are to be; the parameters then say how they lie. */
        private long left(int row, int count, long steps) {
            var left = a.from(row, 0);
            boolean tiled = blocking.packA() && Packing.canTile(arithmetic, left, depth);
            if (tiled) left = gemm.packing.tiles(arithmetic, scratch, left, count, depth, blocking.tile());
            else if (blocking.packA()) left = gemm.packing.rows(arithmetic, scratch, left, count, depth);
            else left = new Operand(left.address(), left.rowStride(), left.columnStride() * arithmetic.depth);
            var parameters = scratch.parameters();
            MicroKernel.A_ROW.set(parameters, left.rowStride());
            MicroKernel.A_STEP.set(parameters, left.columnStride());
            MicroKernel.A_TILE.set(parameters,
                    tiled ? Packing.tileBytes(arithmetic, blocking.tile(), steps) : blocking.tile() * left.rowStride());
            return left.address();
        }

        /** Some rows by a panel, which the first of them bring to the memory at {@code panel}. */
        private void panel(long left, int row, int rows, int column, int width, int vectors, int lanes, long panel, boolean isThere) {
            var parameters = scratch.parameters();
            boolean masked = width < vectors * lanes;
            long mask = masked ? gemm.packing.mask(width - (vectors - 1) * lanes, arithmetic.lane) : 0,
                    from = b.address() + column * b.columnStride();
            var kernel = gemm.kernels.of(new MicroKernel.Form(arithmetic, blocking.tile(), vectors, masked, false, minus));
            long to = c.address() + row * c.rowStride() + column * c.columnStride();
            int done = 0;
            if (blocking.packB()) {
                long step = (long) vectors * gemm.cpu.vectorBits() / 8;
                if (!isThere && arithmetic.depth == 1 && b.columnStride() == arithmetic.bytes && rows > blocking.tile())
                    done = copyingTile(left, from, panel, to, vectors, masked, mask);
                else if (!isThere) gemm.packing.panel(arithmetic, b.from(0, column), panel, vectors, width, depth);
                from = panel;
                MicroKernel.B_STEP.set(parameters, step);
            }
            if (arithmetic == Arithmetic.I8I8) {
                long start = scratch.get(Scratch.Use.STARTS, (long) vectors * gemm.cpu.vectorBits() / 8);
                columnSums(kernel, from, start, mask);
                MicroKernel.STARTS.set(parameters, start);
            }
            left += done / blocking.tile() * MicroKernel.A_TILE.get(parameters);
            to += done * c.rowStride();
            call(kernel, (long) rows * width * depth, parameters.address(), left, from, to, rows - done, mask);
        }

        /** The first tile, which brings the panel to the cache anyway, copies it there; returns the rows that are done. */
        private int copyingTile(long left, long from, long panel, long to, int vectors, boolean masked, long mask) {
            var parameters = scratch.parameters();
            MicroKernel.B_STEP.set(parameters, b.rowStride());
            MicroKernel.COPY_TO.set(parameters, panel);
            gemm.kernels.of(new MicroKernel.Form(arithmetic, blocking.tile(), vectors, masked, true, minus)).call(parameters.address(),
                    left, from, to, blocking.tile(), mask);
            return blocking.tile();
        }

        /** 128 times the sum of each column of a panel: its product with a row of that number. */
        private void columnSums(Kernel kernel, long panel, long to, long mask) {
            var parameters = scratch.parameters();
            long step = MicroKernel.A_STEP.get(parameters), add = MicroKernel.ADD.get(parameters);
            MicroKernel.A_STEP.set(parameters, 0);
            MicroKernel.ADD.set(parameters, 0);
            MicroKernel.STARTS.set(parameters, gemm.packing.zeros());
            kernel.call(parameters.address(), gemm.packing.halves(), panel, to, 1, mask);
            MicroKernel.A_STEP.set(parameters, step);
            MicroKernel.ADD.set(parameters, add);
        }

        /** The vectors of the next panel: what is left is spread evenly over the last two panels, so that none is thin. */
        private static int vectors(int widest, int columns, int lanes) {
            int left = (columns + lanes - 1) / lanes;
            return left >= 2 * widest || left == widest ? widest : left > widest ? (left + 1) / 2 : left;
        }
    }
}
