package lyceum.backend.x86.attention;

import java.util.function.Function;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.gemm.Tiles;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.backend.x86.machine.KernelForm;
import lyceum.backend.x86.machine.Lanes;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;

/** The kernels of attention for one CPU, made when they are first needed, and a block of scratch for each thread. */
final class AttentionKernels {
    final Cpu cpu;
    final Lanes lanes;
    private final KernelCache<Cpu> kernels;
    private final ThreadLocal<Scratch> scratch = new ThreadLocal<>();
    private final ThreadLocal<TileScratch> tileScratch = new ThreadLocal<>();
    private final Function<Assembler, Tiles> tiles;

    /** @param tiles by which kernels for tiles are written */
    AttentionKernels(Cpu cpu, Function<Assembler, Tiles> tiles) {
        this.cpu = cpu;
        this.kernels = new KernelCache<>(cpu);
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

    Kernel of(KernelForm form) { return kernels.of(form); }

    /** {@code steps} of 32 elements of a key, {@code columns} of 16 elements of a value. */
    Kernel tiles(int steps, int columns, boolean masked) { return kernels.of(new TileBlock.Form(tiles, steps, columns, masked)); }
}
