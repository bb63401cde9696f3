package lyceum.backend.x86.gemm;

import java.lang.foreign.MemorySegment;

import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;

/** Brings operands to the tiles that {@link TileKernel} reads, and sums from them to rows. */
final class TilePacking {
    private static final int SIDE = TileKernel.SIDE, LINE = TileKernel.LINE, GROUP = 2 * SIDE;

    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;
    private final Packing packing;

    TilePacking(Cpu cpu, KernelCache<Cpu> kernels, Packing packing) {
        this.cpu = cpu;
        this.kernels = kernels;
        this.packing = packing;
    }

    /** Steps of 64 bytes of a row for an inner size. */
    static int steps(Arithmetic arithmetic, int depth) { return (depth * arithmetic.bytes + LINE - 1) / LINE; }

    /** Up to 32 rows of A; their address. */
    long rows(PanelProducts.Way way, Arithmetic arithmetic, Scratch scratch, Operand a, int rows, int depth) {
        int steps = steps(arithmetic, depth);
        long to = scratch.get(Scratch.Use.TILES_LEFT, (long) steps * way.parts() * TileKernel.LEFT_PART);
        if (way.split() != null) {
            var lines = a.columnStride() == 4 ? a : packing.rows(Arithmetic.F32, scratch, a, rows, depth);
            kernels.of(new TileRowsKernel.Form(way.parts())).call(lines.address(), lines.rowStride(), to, LINE, rows, 4L * depth);
            return to;
        }
        if (a.columnStride() != arithmetic.bytes) {
            a = packing.rows(arithmetic, scratch, a, rows, depth);
            depth = (depth + arithmetic.depth - 1) / arithmetic.depth * arithmetic.depth;
            if (a.columnStride() != arithmetic.lane) {
                turned(a, to, rows, depth / arithmetic.depth);
                return to;
            }
        }
        if (cpu.has(Feature.AVX512))
            kernels.of(new TileRowsKernel.Form(0)).call(a.address(), a.rowStride(), to, LINE, rows, (long) depth * arithmetic.bytes);
        else for (int i = 0; i < rows; i++) row(a.address() + i * a.rowStride(), to + (long) LINE * i, depth * arithmetic.bytes);
        return to;
    }

    private static void row(long from, long to, int bytes) {
        for (int at = 0; at < bytes; at += LINE, to += TileKernel.LEFT_PART) {
            int some = Math.min(LINE, bytes - at);
            MemorySegment.copy(Packing.MEMORY, from + at, Packing.MEMORY, to, some);
            if (some < LINE) Packing.MEMORY.asSlice(to + some, LINE - some).fill((byte) 0);
        }
    }

    /** Lanes of the inner dimension that lie row by row, each with one of every row of A. */
    private void turned(Operand lanes, long to, int rows, int count) {
        for (int at = 0; at < count; at += SIDE, to += TileKernel.LEFT_PART) {
            if (count - at < SIDE) Packing.MEMORY.asSlice(to, TileKernel.LEFT_PART).fill((byte) 0);
            packing.turn(lanes.address() + at * lanes.columnStride(), lanes.columnStride(), to, LINE, Math.min(SIDE, count - at), rows, 4);
        }
    }

    /** Rows {@code from .. from + count - 1} of the {@code depth} of a block of B to its panels; with the last rows the zeros behind them. */
    void panels(PanelProducts.Way way, Arithmetic arithmetic, Scratch scratch, Operand b, long to, long panelBytes, int columns, int from,
            int count, int depth) {
        int whole = columns / GROUP, lanes = (count + arithmetic.depth - 1) / arithmetic.depth, done = 0;
        if (whole > 0 && cpu.has(Feature.AVX512) && count % arithmetic.depth == 0
                && b.columnStride() == (way.split() != null ? 4 : arithmetic.bytes)) {
            var kernel = way.split() != null ? kernels.of(new SplitPanelKernel.Form(way.parts(), 2, false))
                    : kernels.of(new TilePanelsKernel.Form(arithmetic.depth));
            var rows = b.from(from, 0);
            kernel.call(rows.address(), rows.rowStride(), to + from / arithmetic.depth * (long) TileKernel.PANEL_ROW, panelBytes,
                    way.split() != null ? count : lanes, whole);
            done = whole;
        }
        for (int q = 0; q * GROUP < columns; q++) {
            int width = Math.min(GROUP, columns - q * GROUP);
            long panel = to + q * panelBytes, at = panel + from / arithmetic.depth * rowBytes(width);
            if (q >= done) {
                var part = b.from(from, (long) q * GROUP);
                if (way.split() == null) packing.panel(arithmetic, part, at, vectors(width), width, count);
                else split(way.parts(), scratch, part, at, width, count);
            }
            if (from + count < depth) continue;
            for (int part = 0; part < way.parts(); part++)
                zeros(panel + (long) part * TileKernel.RIGHT_PART, (depth + arithmetic.depth - 1) / arithmetic.depth, rowBytes(width));
        }
    }

    /** Rows of zeros behind so many of a panel, up to whole tiles. */
    static void zeros(long panel, int lanes, long rowBytes) {
        int missing = -lanes & SIDE - 1;
        if (missing > 0) Packing.MEMORY.asSlice(panel + lanes * rowBytes, missing * rowBytes).fill((byte) 0);
    }

    private void split(int parts, Scratch scratch, Operand b, long to, int width, int depth) {
        int vectors = vectors(width);
        if (b.columnStride() != 4) {
            if (b.rowStride() != 4) b = packing.rows(Arithmetic.F32, scratch, b.transposed(), width, depth).transposed();
            long rows = scratch.get(Scratch.Use.WIDE_RIGHT, (long) TileKernel.PANEL_ROW * depth);
            packing.turn(b.address(), b.columnStride(), rows, TileKernel.PANEL_ROW, width, depth, 4);
            b = new Operand(rows, TileKernel.PANEL_ROW, 4);
        }
        kernels.of(new SplitPanelKernel.Form(parts, vectors, true)).call(b.address(), b.rowStride(), to, 0, depth,
                packing.mask(width - (vectors - 1) * SIDE, 4));
    }

    private int vectorBytes() { return cpu.vectorBits() / 8; }

    private int vectors(int width) { return (4 * width + vectorBytes() - 1) / vectorBytes(); }

    /** Bytes of a row of a panel with so many columns. */
    long rowBytes(int width) { return (long) vectors(width) * vectorBytes(); }

    /** Sums of up to 32 rows, whose panels follow one another, to rows of {@code columns} elements. */
    void sums(long sums, Operand to, TileKernel.Result result, int rows, int columns) {
        for (int i = 0; i < rows; i += SIDE, sums += 2 * TileKernel.TILE) {
            var target = to.from(i, 0);
            int some = Math.min(SIDE, rows - i);
            if (cpu.has(Feature.AVX512)) kernels.of(new TileSumsKernel.Form(result)).call(sums, columns / GROUP, target.address(),
                    to.rowStride(), some, columns % GROUP);
            else for (int j = 0; j < columns; j += SIDE)
                tile(sums + j / GROUP * (long) TileKernel.SUMS + j % GROUP / SIDE * (long) TileKernel.TILE, target.from(0, j), some,
                        Math.min(SIDE, columns - j));
        }
    }

    private static void tile(long sums, Operand to, int rows, int columns) {
        for (int i = 0; i < rows; i++)
            MemorySegment.copy(Packing.MEMORY, sums + (long) LINE * i, Packing.MEMORY, to.address() + i * to.rowStride(), 4L * columns);
    }
}
