package lyceum.backend.x86.gemm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.attention.GuardedMemory;
import lyceum.backend.x86.machine.Cpu;

/**
 * Runs sums over windows with each operand against a page that cannot be touched: once at its end, once at its start. A step beyond kills this JVM, and a sum that is not
 * that of all of its terms ends it.
 */
public final class TileWindowBounds {
    /** Bytes from position to position, and from tap to tap: three positions. */
    private static final int POSITION = 4, TAP = 3 * POSITION;
    private static final short ONE = 0x3F80; // of BF16

    private record Way(Cpu cpu, Function<Assembler, Tiles> tiles) {}

    private TileWindowBounds() {}

    public static void main(String[] args) {
        var ways = new ArrayList<Way>();
        for (var level : new String[] {"avx2", "all"}) {
            var cpu = Cpu.current().limitedTo(level);
            ways.add(new Way(cpu, a -> new LoweredTiles(a, cpu.vectorBits())));
        }
        if (Cpu.current().has(Feature.AMX_BF16)) ways.add(new Way(Cpu.current(), Tiles.Registers::new));
        int kernels = 0;
        for (var way : ways)
            for (int ahead : new int[] {2, 8})
                for (boolean atEnd : new boolean[] {false, true})
                    for (int panels = 1; panels <= 3; panels++) for (int steps = 1; steps <= 3; steps++) for (int taps : List.of(1, 2, 5)) {
                        run(way, ahead, atEnd, panels, steps, taps);
                        kernels++;
                    }
        System.out.println("windows summed: " + kernels);
    }

    private static void run(Way way, int ahead, boolean atEnd, int panels, int steps, int taps) {
        try (var arena = Arena.ofConfined()) {
            long plane = (long) panels * TileWindows.POSITIONS * POSITION + (long) (taps - 1) * TAP; // the last position of the last tap is the last of all
            MemorySegment left = ones(arena, (long) taps * steps * TileKernel.LEFT_PART, atEnd),
                    right = ones(arena, steps * TileKernel.SIDE * plane, atEnd),
                    sums = GuardedMemory.allocate(arena, (long) panels * TileKernel.SUMS, atEnd),
                    offsets = GuardedMemory.allocate(arena, 8L * taps, atEnd),
                    parameters = GuardedMemory.allocate(arena, TileWindowKernel.PARAMETERS, atEnd),
                    configuration = GuardedMemory.allocate(arena, Tiles.CONFIGURATION, atEnd);
            for (int t = 0; t < taps; t++) offsets.set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * t, (long) t * TAP);
            TileKernel.configure(configuration, 2, TileKernel.SIDE, 2, TileKernel.SIDE, TileKernel.SIDE);
            TileWindowKernel.PLANE.set(parameters, plane);
            TileWindowKernel.STEPS.set(parameters, steps);
            TileWindowKernel.TAPS.set(parameters, offsets.address());
            TileWindowKernel.TAPS_END.set(parameters, offsets.address() + 8L * taps);
            TileWindowKernel.AHEAD.set(parameters, left.address());
            var kernel = new TileWindowKernel.Form(way.tiles, ahead).make(way.cpu);
            for (int times = 1; times <= 2; times++) {
                TileWindowKernel.ADD.set(parameters, times - 1);
                kernel.call(parameters.address(), left.address(), right.address(), sums.address(), panels, configuration.address());
                for (long at = 0; at < sums.byteSize(); at += Float.BYTES) {
                    float sum = sums.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
                    if (sum != times * taps * steps * TileWindows.CHANNELS) throw new AssertionError(
                            "sum " + at / Float.BYTES + " of " + taps + " taps and " + steps + " steps, " + times + " times, is " + sum);
                }
            }
        }
    }

    private static MemorySegment ones(Arena arena, long bytes, boolean atEnd) {
        var memory = GuardedMemory.allocate(arena, bytes, atEnd);
        for (long at = 0; at < bytes; at += Short.BYTES) memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, ONE);
        return memory;
    }
}
