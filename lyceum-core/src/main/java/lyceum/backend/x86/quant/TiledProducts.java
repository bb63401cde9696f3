package lyceum.backend.x86.quant;

import java.util.function.Function;
import lyceum.backend.View;
import lyceum.backend.code.KernelCache;
import lyceum.backend.quant.Activations;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.Tiles;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/**
 * Products of many rows of activations in tiles of integers, a group of panels at a time: all rows of activations meet a span of the group before the next is unpacked. So
 * that what is read again and again stays in the second-level cache, very many rows are taken in pieces.
 */
final class TiledProducts {
    /** From so many rows on tiles are faster, though they always multiply sixteen. */
    static final int FEWEST = 24;
    private static final int CONFIGURATION_AT = (TileBlockKernel.PARAMETERS + 63) / 64 * 64,
            SCRATCH_AT = CONFIGURATION_AT + Tiles.CONFIGURATION;
    private static final ThreadLocal<Storage> SCRATCH = new ThreadLocal<>();

    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;
    private final Function<Assembler, Tiles> tiles;

    TiledProducts(Cpu cpu, KernelCache<Cpu> kernels, Function<Assembler, Tiles> tiles) {
        this.cpu = cpu;
        this.kernels = kernels;
        this.tiles = tiles;
    }

    boolean suits(long rows, Activations activations) {
        return rows >= FEWEST && activations == Activations.Q8 && cpu.has(Feature.AMX_INT8) && cpu.has(Feature.AVX512);
    }

    /**
     * Groups of panels from one to another.
     *
     * @param from the first group, {@code to} behind the last
     * @param activations address of the first tile, as {@link TileBlockKernel#activations} has it
     * @param add whether out holds something that the product is added to
     */
    void multiply(PackedMatrix packed, long from, long to, long activations, boolean add, View out) {
        var layout = packed.layout();
        long tileBytes = TileBlockKernel.activations(layout).bytes(packed.chunks()), stride = out.strides()[0] * 4;
        int rows = (int) out.shape()[0], piece = (int) Math.clamp(cpu.l2() / 2 / tileBytes, 4L, 32L);
        var finish = kernels.of(new TileSumsKernel(layout.hasMinimum(), add));
        int sumBytes = TileBlockKernel.sumBytes(layout);
        for (long g = from; g < to; g++) {
            long first = g * packed.group(), row = first * Layout.ROWS, width = out.shape()[1] - row;
            int panels = (int) Math.min(packed.group(), Math.ceilDiv(width, Layout.ROWS));
            for (int t = 0; t * TileBlockKernel.ROWS < rows; t += piece) {
                int here = Math.min(piece * TileBlockKernel.ROWS, rows - t * TileBlockKernel.ROWS);
                long sums = sums(packed, packed.address(first), panels, activations + t * tileBytes,
                        Math.ceilDiv(here, TileBlockKernel.ROWS));
                for (int p = 0; p < panels; p++)
                    finish.call(sums + (long) p * sumBytes, out.address() + (row + p * Layout.ROWS) * 4 + t * TileBlockKernel.ROWS * stride,
                            stride, here, width - p * Layout.ROWS, (long) panels * sumBytes - TileBlockKernel.TILE);
            }
        }
    }

    /** The address of the sums of all spans of a group. */
    private long sums(PackedMatrix packed, long group, int panels, long activations, int count) {
        var layout = packed.layout();
        var acts = TileBlockKernel.activations(layout);
        int span = PanelWalk.POSITIONS / layout.length, scratchBytes = TileBlockKernel.scratchBytes(panels);
        var memory = scratch(SCRATCH_AT + scratchBytes + (long) count * panels * TileBlockKernel.sumBytes(layout));
        var parameters = memory.segment().asSlice(memory.base(), SCRATCH_AT);
        TileBlockKernel.configure(parameters.asSlice(CONFIGURATION_AT, Tiles.CONFIGURATION), layout);
        long sums = memory.address() + SCRATCH_AT + scratchBytes;
        TileBlockKernel.PANELS.set(parameters, panels);
        TileBlockKernel.TILE_STEP.set(parameters, acts.bytes(packed.chunks()));
        TileBlockKernel.TILES.set(parameters, count);
        TileBlockKernel.SUMS.set(parameters, sums);
        TileBlockKernel.SCRATCH.set(parameters, memory.address() + SCRATCH_AT);
        TileBlockKernel.CONFIGURATION.set(parameters, memory.address() + CONFIGURATION_AT);
        for (int chunk = 0; chunk < packed.chunks(); chunk += span) {
            int some = Math.min(span, packed.chunks() - chunk);
            TileBlockKernel.WEIGHTS.set(parameters, group + (long) panels * chunk * layout.chunkBytes());
            TileBlockKernel.ACTIVATIONS.set(parameters, activations + acts.bytes(chunk));
            TileBlockKernel.ADD.set(parameters, chunk);
            call(kernels.of(new TileBlockKernel.Form(tiles, layout, some * layout.length / 32)), memory.address(), count * panels);
        }
        return sums;
    }

    /** A collection may wait for some twenty microseconds, not for more. */
    private static void call(Kernel kernel, long address, int products) {
        if (products < 64) kernel.call(address);
        else kernel.callLong(address);
    }

    private static Storage scratch(long bytes) {
        var held = SCRATCH.get();
        if (held == null || held.bytes() < bytes) SCRATCH.set(held = Allocator.allocate(bytes, null));
        return held;
    }
}
