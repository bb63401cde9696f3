package lyceum.backend.x86.quant;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.Tiles;
import lyceum.backend.x86.machine.Cpu;

/** Runs every kernel with each operand against a page that cannot be touched: once at its end, once at its start. A step beyond kills this JVM. */
public final class KernelBounds {
    private static final long PAGE = 4096;
    private static final int GROUP = 2;
    /** Rows of weights: a part of a panel, a panel, a group with a part of a panel, two groups. */
    private static final int[] VALID = {1, 7, 8, 9, 16, 23, 49};
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final MethodHandle MMAP = function("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private static final MethodHandle MPROTECT = function("mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT));

    private KernelBounds() {}

    private static MethodHandle function(String name, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow(name), type);
    }

    /** Memory of {@code bytes} between two forbidden pages, at the end of what lies between them or at its start. */
    private static MemorySegment guarded(long bytes, boolean atEnd) throws Throwable {
        long inside = Math.max(1, (bytes + PAGE - 1) / PAGE) * PAGE;
        long address = (long) MMAP.invokeExact(0L, inside + 2 * PAGE, 0, 0x22, -1, 0L);
        if (address == -1 || (int) MPROTECT.invokeExact(address + PAGE, inside, 3) != 0)
            throw new IllegalStateException("no memory for the test");
        return MemorySegment.ofAddress(address + PAGE + (atEnd ? inside - bytes : 0)).reinterpret(bytes);
    }

    public static void main(String[] args) throws Throwable {
        int kernels = 0;
        var levels = new ArrayList<>(List.of(Cpu.current().limitedTo("avx2")));
        if (Cpu.current().vectorBits() == 512) levels.add(Cpu.current());
        for (var cpu : levels)
            for (boolean add : new boolean[] {false, true})
                for (boolean atEnd : new boolean[] {false, true})
                    kernels += blocks(cpu, add, atEnd) + floats(cpu, add, atEnd) + (cpu.has(Feature.AMX_INT8) ? tiles(cpu, add, atEnd) : 0);
        System.out.println("kernels run: " + kernels);
    }

    private static int blocks(Cpu cpu, boolean add, boolean atEnd) throws Throwable {
        int count = 0;
        for (var layout : Layout.values()) {
            for (var activations : Activations.values()) {
                for (int rows = 1; rows <= BlockKernel.mostRows(cpu, activations.digits()); rows++) {
                    var kernel = new BlockKernel.Form(layout, GROUP, activations, rows, add).make(cpu);
                    var tile = new PackedActivations(layout, activations.digits(), rows);
                    for (int chunks : new int[] {1, 3}) {
                        var packed = guarded(tile.bytes(chunks), atEnd);
                        if (cpu.vectorBits() == 512) activations(cpu, tile, activations, chunks, packed, atEnd);
                        for (int valid : VALID) {
                            var panel = guarded((long) Math.ceilDiv(valid, Layout.ROWS) * chunks * layout.chunkBytes(), atEnd);
                            var out = guarded((long) rows * valid * 4, atEnd);
                            kernel.call(panel.address(), packed.address(), out.address(), chunks, valid * 4, valid);
                            count++;
                        }
                    }
                }
            }
        }
        return count;
    }

    private static int tiles(Cpu cpu, boolean add, boolean atEnd) throws Throwable {
        int count = 0;
        for (var layout : Layout.values())
            for (int blocks : layout.length == 64 ? new int[] {2, 6, 8} : new int[] {8})
                for (int panels = 1; panels <= GROUP; panels++) for (int tiles = 1; tiles <= 2; tiles++) {
                    int chunks = blocks * 32 / layout.length, sumBytes = TileBlockKernel.sumBytes(layout);
                    var acts = TileBlockKernel.activations(layout);
                    var parameters = guarded(TileBlockKernel.PARAMETERS, atEnd);
                    var configuration = guarded(Tiles.CONFIGURATION, atEnd);
                    TileBlockKernel.configure(configuration, layout);
                    var sums = guarded((long) tiles * panels * sumBytes, atEnd);
                    TileBlockKernel.WEIGHTS.set(parameters, guarded((long) panels * chunks * layout.chunkBytes(), atEnd).address());
                    TileBlockKernel.PANELS.set(parameters, panels);
                    TileBlockKernel.ACTIVATIONS.set(parameters, guarded(tiles * acts.bytes(chunks), atEnd).address());
                    TileBlockKernel.TILE_STEP.set(parameters, acts.bytes(chunks));
                    TileBlockKernel.TILES.set(parameters, tiles);
                    TileBlockKernel.SUMS.set(parameters, sums.address());
                    TileBlockKernel.ADD.set(parameters, add ? 1 : 0);
                    TileBlockKernel.SCRATCH.set(parameters, guarded(TileBlockKernel.scratchBytes(panels), atEnd).address());
                    TileBlockKernel.CONFIGURATION.set(parameters, configuration.address());
                    new TileBlockKernel.Form(Tiles.Registers::new, layout, blocks).make(cpu).call(parameters.address());
                    int rows = tiles * TileBlockKernel.ROWS;
                    for (int columns : new int[] {1, 15, 16}) {
                        var out = guarded(4L * rows * columns, atEnd);
                        new TileSumsKernel(layout.hasMinimum(), add).make(cpu).call(sums.address() + (panels - 1) * sumBytes, out.address(),
                                4 * columns, rows, columns, (long) panels * sumBytes - TileBlockKernel.TILE);
                        count++;
                    }
                }
        return count;
    }

    private static void activations(Cpu cpu, PackedActivations tile, Activations activations, int chunks, MemorySegment packed,
            boolean atEnd) throws Throwable {
        int records = chunks * (tile.layout().length / 32);
        MemorySegment x = guarded(records * 128L, atEnd), largest = guarded(4, atEnd);
        var kernel = new ActivationKernel.Form(tile, activations).make(cpu);
        for (int row = 0; row < tile.rows(); row++) {
            kernel.call(x.address(), packed.address() + tile.digitAt(row, 0), packed.address() + tile.startAt(row, 0, 0),
                    packed.address() + tile.stepAt(row), records, largest.address());
        }
    }

    private static int floats(Cpu cpu, boolean add, boolean atEnd) throws Throwable {
        int count = 0;
        for (var format : List.of(BlockFormat.F32, BlockFormat.F16, BlockFormat.BF16)) {
            for (int rows = 1; rows <= FloatKernel.mostRows(cpu); rows++) {
                var kernel = new FloatKernel.Form(format, GROUP, rows, add).make(cpu);
                for (int positions : new int[] {4, 252, 256, 260, 1024}) {
                    var x = guarded(4L * positions * rows, atEnd);
                    for (int valid : VALID) {
                        var panel = guarded((long) Math.ceilDiv(valid, Layout.ROWS) * 16 * positions * format.blockBytes(), atEnd);
                        var out = guarded((long) rows * valid * 4, atEnd);
                        kernel.call(panel.address(), x.address(), out.address(), positions, valid * 4, valid);
                        count++;
                    }
                }
            }
        }
        return count;
    }
}
