package lyceum.backend.x86.attention;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Function;
import lyceum.backend.x86.gemm.Tiles;
import lyceum.backend.x86.gemm.TransposeKernel;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.backend.x86.machine.Lanes;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;

/** The kernels of attention for one CPU, made when they are first needed, and a block of scratch for each thread. */
final class AttentionKernels {
    private static final int PRODUCTS = 2 * 3 * 2 * 2 * 4 * 17, SCORES = 32, OTHERS = 8, DOTS = 36, TILES = 2 * 9 * 17;

    final Cpu cpu;
    final Lanes lanes;
    private final AtomicReferenceArray<Kernel> kernels = new AtomicReferenceArray<>(PRODUCTS + SCORES + OTHERS + DOTS + TILES);
    private final ThreadLocal<Scratch> scratch = new ThreadLocal<>();
    private final ThreadLocal<TileScratch> tileScratch = new ThreadLocal<>();
    private final Function<Assembler, Tiles> tiles;

    /** @param tiles by which kernels for tiles are written */
    AttentionKernels(Cpu cpu, Function<Assembler, Tiles> tiles) {
        this.cpu = cpu;
        this.tiles = tiles;
        this.lanes = Lanes.of(cpu);
    }

    boolean pairs() { return cpu.has(Feature.AVX512_BF16); }

    /** Whether BF16 is multiplied in tiles. */
    boolean tiled() { return pairs() && cpu.has(Feature.AMX_TILE) && cpu.has(Feature.AMX_BF16); }

    /** This thread's, for rows of {@code width} and values of {@code valueWidth}. */
    Scratch scratch(int width, int valueWidth) {
        var mine = scratch.get();
        if (mine == null || !mine.fits(width, valueWidth)) scratch.set(mine = new Scratch(this, width, valueWidth));
        return mine;
    }

    /** This thread's, for tiles of that many steps of a key and columns of a value. */
    TileScratch tileScratch(int steps, int columns) {
        var mine = tileScratch.get();
        if (mine == null || !mine.fits(steps, columns)) tileScratch.set(mine = new TileScratch(this, steps, columns));
        return mine;
    }

    Kernel product(TileProduct.Form f) {
        int at = ((((f.order().ordinal() * 3 + f.into().ordinal()) * 2 + (f.partial() ? 1 : 0)) * 2 + (f.pairs() ? 1 : 0)) * 4 + f.vectors() - 1) * 17 + f.rows();
        var known = kernels.get(at);
        return known != null ? known : make(at, f.toString(), a -> TileProduct.write(a, lanes, f));
    }

    Kernel product(TileProduct.Order order, TileProduct.Into into, int rows, int vectors, boolean partial, boolean pairs) {
        int at = ((((order.ordinal() * 3 + into.ordinal()) * 2 + (partial ? 1 : 0)) * 2 + (pairs ? 1 : 0)) * 4 + vectors - 1) * 17 + rows;
        var known = kernels.get(at);
        return known != null ? known : product(new TileProduct.Form(order, into, rows, vectors, partial, pairs));
    }

    Kernel scores(boolean gradient, boolean few, boolean masked, boolean biased, boolean pairs) {
        int at = PRODUCTS + (gradient ? 16 : 0) + (few ? 8 : 0) + (masked ? 4 : 0) + (biased ? 2 : 0) + (pairs ? 1 : 0);
        var known = kernels.get(at);
        if (known != null) return known;
        var form = new ScoreColumns.Form(gradient, few, masked, biased, pairs);
        return make(at, form.toString(), a -> ScoreColumns.write(a, lanes, form));
    }

    /** Of floats, or pairs of BF16. */
    Kernel transposition() {
        int at = PRODUCTS + SCORES;
        var known = kernels.get(at);
        if (known != null) return known;
        var made = TransposeKernel.make(cpu, Float.BYTES);
        return kernels.compareAndSet(at, null, made) ? made : kernels.get(at);
    }

    Kernel scaleRows(boolean half) {
        int at = PRODUCTS + SCORES + 1 + (half ? 1 : 0);
        var known = kernels.get(at);
        return known != null ? known : make(at, "attention_scale_rows" + (half ? "_bf16" : ""), a -> RowKernels.scale(a, lanes, half));
    }

    Kernel rowDots(boolean pairs) {
        int at = PRODUCTS + SCORES + (pairs ? 5 : 3);
        var known = kernels.get(at);
        return known != null ? known : make(at, "attention_row_dots" + (pairs ? "_pairs" : ""), a -> RowKernels.dots(a, lanes, pairs));
    }

    Kernel prefetch() {
        int at = PRODUCTS + SCORES + 6;
        var known = kernels.get(at);
        return known != null ? known : make(at, "attention_prefetch", a -> RowKernels.prefetch(a, false));
    }

    Kernel prefetchResult() {
        int at = PRODUCTS + SCORES + 7;
        var known = kernels.get(at);
        return known != null ? known : make(at, "attention_prefetch_result", a -> RowKernels.prefetch(a, true));
    }

    Kernel pairRows() {
        int at = PRODUCTS + SCORES + 4;
        var known = kernels.get(at);
        return known != null ? known : make(at, "attention_pair_rows", a -> RowKernels.pair(a, lanes));
    }

    Kernel keyDots(int vectors, boolean partial, boolean pairs) {
        int at = PRODUCTS + SCORES + OTHERS + (vectors * 2 + (partial ? 1 : 0)) * 2 + (pairs ? 1 : 0);
        var known = kernels.get(at);
        if (known != null) return known;
        var form = new KeyDots.Form(vectors, partial, pairs);
        return make(at, form.toString(), a -> KeyDots.write(a, lanes, form));
    }

    Kernel tiles(int steps, int columns, boolean masked) {
        int at = PRODUCTS + SCORES + OTHERS + DOTS + (steps * 17 + columns) * 2 + (masked ? 1 : 0);
        var known = kernels.get(at);
        if (known != null) return known;
        var form = new TileBlock.Form(steps, columns, masked);
        return make(at, form.toString(), a -> TileBlock.write(a, tiles.apply(a), form));
    }

    private Kernel make(int at, String name, Consumer<Assembler> generator) {
        var a = new Assembler(cpu.features(), CodeMemory.isListed());
        generator.accept(a);
        var made = CodeMemory.require(name + "_" + lanes.bits(), a.finish());
        return kernels.compareAndSet(at, null, made) ? made : kernels.get(at);
    }
}
