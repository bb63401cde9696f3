package lyceum.backend.x86.gemm;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Precision;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;

/** The kernels of one CPU, each made when it is first needed. */
final class Kernels {
    private static final int MOST_VECTORS = 12, MOST_ROWS = 16, DEPTHS = 4;

    private final Cpu cpu;
    private final Function<Assembler, Tiles> tiles;
    private final AtomicReferenceArray<Kernel> micro = new AtomicReferenceArray<>(Arithmetic.values().length * 2 * (MOST_VECTORS + 1) * (MOST_ROWS + 1)), copying = new AtomicReferenceArray<>(micro.length());
    private final AtomicReferenceArray<Kernel> dot = new AtomicReferenceArray<>(Arithmetic.values().length * (DotKernel.MOST_ROWS + 1));
    private final AtomicReferenceArray<Kernel> copy = new AtomicReferenceArray<>(16 * DEPTHS * 2 * (MOST_VECTORS + 1));
    private final AtomicReferenceArray<Kernel> deal = new AtomicReferenceArray<>(5 * (PackKernel.MOST_PILES + 1));
    private final AtomicReferenceArray<Kernel> transpose = new AtomicReferenceArray<>(9), lines = new AtomicReferenceArray<>(DType.values().length + 1);
    private final AtomicReferenceArray<Kernel> tile = new AtomicReferenceArray<>(4 * TileDot.values().length * Precision.values().length * TileKernel.Result.values().length), split = new AtomicReferenceArray<>(8);
    private final AtomicReferenceArray<Kernel> tileRows = new AtomicReferenceArray<>(4), splitPanel = new AtomicReferenceArray<>(16), tilePanels = new AtomicReferenceArray<>(5), tileSums = new AtomicReferenceArray<>(TileKernel.Result.values().length);

    /** @param tiles by which kernels for tiles are written */
    Kernels(Cpu cpu, Function<Assembler, Tiles> tiles) {
        this.cpu = cpu;
        this.tiles = tiles;
    }

    Kernel micro(Arithmetic arithmetic, int rows, int vectors, boolean masked) {
        return made(micro, place(arithmetic, rows, vectors, masked),
                () -> CodeMemory.require(name("gemm", arithmetic, rows, vectors, masked), MicroKernel.generate(cpu, arithmetic, rows, vectors, masked, CodeMemory.isListed())));
    }

    Kernel copying(Arithmetic arithmetic, int rows, int vectors, boolean masked) {
        return made(copying, place(arithmetic, rows, vectors, masked),
                () -> CodeMemory.require(name("gemm copying", arithmetic, rows, vectors, masked), MicroKernel.generateCopying(cpu, arithmetic, rows, vectors, masked, CodeMemory.isListed())));
    }

    private static int place(Arithmetic arithmetic, int rows, int vectors, boolean masked) {
        return ((arithmetic.ordinal() * 2 + (masked ? 1 : 0)) * (MOST_VECTORS + 1) + vectors) * (MOST_ROWS + 1) + rows;
    }

    private static String name(String what, Arithmetic arithmetic, int rows, int vectors, boolean masked) { return what + " " + arithmetic + " " + rows + "x" + vectors + (masked ? " masked" : ""); }

    /** For one row of floats: its panels have no vectors that count. */
    Kernel stream(Arithmetic arithmetic) {
        return made(micro, place(arithmetic, 0, 0, false), () -> CodeMemory.require("gemm streaming " + arithmetic, StreamKernel.generate(cpu, arithmetic, CodeMemory.isListed())));
    }

    Kernel dot(Arithmetic arithmetic, int rows) {
        return made(dot, arithmetic.ordinal() * (DotKernel.MOST_ROWS + 1) + rows, () -> CodeMemory.require("dot " + arithmetic + " " + rows, DotKernel.generate(cpu, arithmetic, rows, CodeMemory.isListed())));
    }

    Kernel copy(int lane, int vectors) {
        return made(copy, lane * (MOST_VECTORS + 1) + vectors, () -> CodeMemory.require("copy " + 8 * lane + " " + vectors, PackKernel.copy(cpu, lane, vectors, CodeMemory.isListed())));
    }

    /** @param bytes to each of the {@code piles}: a vector of some width */
    Kernel deal(int bytes, int piles) {
        return made(deal, bytes / 16 * (PackKernel.MOST_PILES + 1) + piles, () -> CodeMemory.require("deal " + bytes + " " + piles, PackKernel.deal(cpu, bytes, piles, CodeMemory.isListed())));
    }

    /** @param present rows of the last group that there are */
    Kernel interleave(int depth, int present, int vectors, boolean flipped) {
        return made(copy, ((9 + depth) * DEPTHS + present - 1) * 2 * (MOST_VECTORS + 1) + (flipped ? MOST_VECTORS + 1 : 0) + vectors,
                () -> CodeMemory.require("interleave " + present + " of " + depth + " " + vectors + (flipped ? " flipped" : ""),
                InterleaveKernel.generate(cpu, depth, present, vectors, flipped, CodeMemory.isListed())));
    }

    Kernel transpose(int lane) { return made(transpose, lane, () -> TransposeKernel.make(cpu, lane)); }

    Kernel widen(DType type) { return made(lines, type.ordinal(), () -> CodeMemory.require("widen " + type, LineKernel.widen(cpu, type, CodeMemory.isListed()))); }

    Kernel flip() { return made(lines, DType.values().length, () -> CodeMemory.require("flip", LineKernel.flip(cpu, CodeMemory.isListed()))); }

    /** @param down tiles of rows, {@code across} of columns: 1 or 2 */
    Kernel tile(TileDot dot, Precision split, int down, int across, TileKernel.Result result) {
        return made(tile, (((dot.ordinal() * Precision.values().length + split.ordinal()) * 2 + down - 1) * 2 + across - 1) * TileKernel.Result.values().length + result.ordinal(),
                () -> CodeMemory.require("tiles " + dot + " " + split + " " + down + " by " + across + " to " + result, TileKernel.generate(cpu, tiles, dot, split, down, across, result, CodeMemory.isListed())));
    }

    /** Lines of F32 to parts of BF16, those of a line as far apart as they are in rows of A ({@code left}) or in blocks of B. */
    Kernel split(int parts, boolean left) {
        return made(split, 2 * parts + (left ? 1 : 0), () -> CodeMemory.require("split " + parts + (left ? " left" : " right"),
                SplitKernel.generate(cpu, parts, left ? Packing.LEFT_PART : Packing.PART_OF_BLOCK, CodeMemory.isListed())));
    }

    /** Rows of A to groups of tiles, as they are (no parts) or split into parts. */
    Kernel tileRows(int parts) { return made(tileRows, parts, () -> CodeMemory.require("tile rows " + parts, TileRowsKernel.generate(cpu, parts, CodeMemory.isListed()))); }

    /** Rows of F32 of B to panels of parts, whole ones or ({@code masked}) one {@code vectors} wide. */
    Kernel splitPanel(int parts, int vectors, boolean masked) {
        return made(splitPanel, 4 * parts + 2 * (vectors - 1) + (masked ? 1 : 0), () -> CodeMemory.require("split panel " + parts + " " + vectors + (masked ? " masked" : ""),
                SplitPanelKernel.generate(cpu, parts, vectors, masked, CodeMemory.isListed())));
    }

    /** Rows of short elements of B to whole panels for tiles. */
    Kernel tilePanels(int depth) { return made(tilePanels, depth, () -> CodeMemory.require("tile panels " + depth, TilePanelsKernel.generate(cpu, depth, CodeMemory.isListed()))); }

    /** Sums of tiles to rows. */
    Kernel tileSums(TileKernel.Result result) { return made(tileSums, result.ordinal(), () -> CodeMemory.require("tile sums " + result, TileSumsKernel.generate(cpu, result, CodeMemory.isListed()))); }

    private static Kernel made(AtomicReferenceArray<Kernel> kernels, int place, Supplier<Kernel> kernel) {
        var known = kernels.getPlain(place);
        if (known != null) return known;
        synchronized (kernels) {
            known = kernels.get(place);
            if (known != null) return known;
            var made = kernel.get();
            kernels.set(place, made);
            return made;
        }
    }
}
