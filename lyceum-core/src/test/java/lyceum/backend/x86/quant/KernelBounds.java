package lyceum.backend.x86.quant;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.attention.GuardedMemory;
import lyceum.backend.x86.gemm.LoweredTiles;
import lyceum.backend.x86.gemm.Tiles;
import lyceum.backend.x86.machine.Cpu;

/** Runs every kernel with each operand against a page that cannot be touched: once at its end, once at its start. A step beyond kills this JVM. */
public final class KernelBounds {
    private static final int GROUP = 2;
    /** Rows of weights: a part of a panel, a panel, a group with a part of a panel, two groups. */
    private static final int[] VALID = {1, 7, 8, 9, 16, 23, 49};

    /** Kernels by the registers of the CPU where it has tiles; lowered to vector code, which touches the same bytes of the operands, wherever there is AVX-512. */
    private enum Way {
        VECTORS, LOWERED_TILES, TILES
    }

    private final Cpu cpu;
    private final boolean add, atEnd;
    private final Arena arena;

    private KernelBounds(Cpu cpu, boolean add, boolean atEnd, Arena arena) {
        this.cpu = cpu;
        this.add = add;
        this.atEnd = atEnd;
        this.arena = arena;
    }

    private MemorySegment guarded(long bytes) { return GuardedMemory.allocate(arena, bytes, atEnd); }

    public static void main(String[] args) {
        Map<Way, Integer> kernels = new EnumMap<>(Way.class);
        var levels = new ArrayList<>(List.of(Cpu.current().limitedTo("avx2")));
        if (Cpu.current().vectorBits() == 512) levels.add(Cpu.current());
        for (var cpu : levels) for (boolean add : new boolean[] {false, true}) for (boolean atEnd : new boolean[] {false, true}) {
            try (var arena = Arena.ofConfined()) {
                var bounds = new KernelBounds(cpu, add, atEnd, arena);
                kernels.merge(Way.VECTORS, bounds.blocks() + bounds.floats(), Integer::sum);
                if (cpu.vectorBits() == 512 && cpu.has(Feature.VNNI))
                    kernels.merge(Way.LOWERED_TILES, bounds.tiles(a -> new LoweredTiles(a, 512)), Integer::sum);
                if (cpu.has(Feature.AMX_INT8)) kernels.merge(Way.TILES, bounds.tiles(Tiles.Registers::new), Integer::sum);
            }
        }
        System.out.println("kernels run: " + kernels);
    }

    private int blocks() {
        int count = 0;
        for (var layout : Layout.values()) {
            for (var activations : Activations.values()) {
                for (int rows = 1; rows <= BlockKernel.mostRows(cpu, activations.digits()); rows++) {
                    var kernel = new BlockKernel.Form(layout, GROUP, activations, rows, add).make(cpu);
                    var tile = new PackedActivations(layout, activations.digits(), rows);
                    for (int chunks : new int[] {1, 3}) {
                        var packed = guarded(tile.bytes(chunks));
                        if (cpu.vectorBits() == 512) activations(tile, activations, chunks, packed);
                        for (int valid : VALID) {
                            var panel = guarded((long) Math.ceilDiv(valid, Layout.ROWS) * chunks * layout.chunkBytes());
                            var out = guarded((long) rows * valid * 4);
                            kernel.call(panel.address(), packed.address(), out.address(), chunks, valid * 4, valid);
                            count++;
                        }
                    }
                }
            }
        }
        return count;
    }

    private int tiles(Function<Assembler, Tiles> by) {
        int count = 0;
        for (var layout : Layout.values())
            for (int blocks : layout.length == 64 ? new int[] {2, 6, 8} : new int[] {8})
                for (int panels = 1; panels <= GROUP; panels++) for (int tiles = 1; tiles <= 2; tiles++) {
                    int chunks = blocks * 32 / layout.length, sumBytes = TileBlockKernel.sumBytes(layout);
                    var acts = TileBlockKernel.activations(layout);
                    var parameters = guarded(TileBlockKernel.PARAMETERS);
                    var configuration = guarded(Tiles.CONFIGURATION);
                    TileBlockKernel.configure(configuration, layout);
                    var sums = guarded((long) tiles * panels * sumBytes);
                    TileBlockKernel.WEIGHTS.set(parameters, guarded((long) panels * chunks * layout.chunkBytes()).address());
                    TileBlockKernel.PANELS.set(parameters, panels);
                    TileBlockKernel.ACTIVATIONS.set(parameters, guarded(tiles * acts.bytes(chunks)).address());
                    TileBlockKernel.TILE_STEP.set(parameters, acts.bytes(chunks));
                    TileBlockKernel.TILES.set(parameters, tiles);
                    TileBlockKernel.SUMS.set(parameters, sums.address());
                    TileBlockKernel.ADD.set(parameters, add ? 1 : 0);
                    TileBlockKernel.SCRATCH.set(parameters, guarded(TileBlockKernel.scratchBytes(panels)).address());
                    TileBlockKernel.CONFIGURATION.set(parameters, configuration.address());
                    new TileBlockKernel.Form(by, layout, blocks).make(cpu).call(parameters.address());
                    int rows = tiles * TileBlockKernel.ROWS;
                    for (int columns : new int[] {1, 15, 16}) {
                        var out = guarded(4L * rows * columns);
                        new TileSumsKernel(layout.hasMinimum(), add).make(cpu).call(sums.address() + (panels - 1) * sumBytes, out.address(),
                                4 * columns, rows, columns, (long) panels * sumBytes - TileBlockKernel.TILE);
                        count++;
                    }
                }
        return count;
    }

    private void activations(PackedActivations tile, Activations activations, int chunks, MemorySegment packed) {
        int records = chunks * (tile.layout().length / 32);
        MemorySegment x = guarded(records * 128L), largest = guarded(4);
        var kernel = new ActivationKernel.Form(tile, activations).make(cpu);
        for (int row = 0; row < tile.rows(); row++) {
            kernel.call(x.address(), packed.address() + tile.digitAt(row, 0), packed.address() + tile.startAt(row, 0, 0),
                    packed.address() + tile.stepAt(row), records, largest.address());
        }
    }

    private int floats() {
        int count = 0;
        for (var format : List.of(BlockFormat.F32, BlockFormat.F16, BlockFormat.BF16)) {
            for (int rows = 1; rows <= FloatKernel.mostRows(cpu); rows++) {
                var kernel = new FloatKernel.Form(format, GROUP, rows, add).make(cpu);
                for (int positions : new int[] {4, 252, 256, 260, 1024}) {
                    var x = guarded(4L * positions * rows);
                    for (int valid : VALID) {
                        var panel = guarded((long) Math.ceilDiv(valid, Layout.ROWS) * 16 * positions * format.blockBytes());
                        var out = guarded((long) rows * valid * 4);
                        kernel.call(panel.address(), x.address(), out.address(), positions, valid * 4, valid);
                        count++;
                    }
                }
            }
        }
        return count;
    }
}
