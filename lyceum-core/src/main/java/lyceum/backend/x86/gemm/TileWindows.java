package lyceum.backend.x86.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Function;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/**
 * Sums over windows of BF16 by tiles. Positions of two neighbouring channels stand side by side in a plane of lanes; planes follow one another, a
 * multiple of 16 of them, zeros where there are no channels. Weights are 32 outputs after another ({@link #pack}).
 */
public final class TileWindows {
    /** Outputs that are summed together; channels of a step; positions of a panel. */
    public static final int OUTPUTS = 2 * TileKernel.SIDE, CHANNELS = 2 * TileKernel.SIDE, POSITIONS = 2 * TileKernel.SIDE;
    /** Steps whose weights stay in the first-level cache under all panels, beside what passes by. */
    private static final int STEPS = 12;
    private static final int CONFIGURATION_AT = (TileWindowKernel.PARAMETERS + 63) / 64 * 64;

    private final KernelCache<Cpu> kernels;
    private final TilePacking packing;
    private final Function<Assembler, Tiles> tiles;

    public TileWindows(KernelCache<Cpu> kernels) { this(kernels, Tiles.Registers::new); }

    /** @param tiles by which kernels are written */
    public TileWindows(KernelCache<Cpu> kernels, Function<Assembler, Tiles> tiles) {
        this.kernels = kernels;
        this.packing = new TilePacking(kernels.cpu(), kernels, new Packing(kernels.cpu(), kernels));
        this.tiles = tiles;
    }

    /** Steps of 32 channels for so many. */
    public static int steps(int channels) { return (channels + CHANNELS - 1) / CHANNELS; }

    /** A weight (outputs, channels, taps) as kernels read it: for 32 outputs, tap, and 32 channels two tiles of 16 rows. */
    public record Weight(Storage storage, int taps, int steps) {
        private long group(int group) { return storage.address() + (long) group * taps * steps * TileKernel.LEFT_PART; }
    }

    /** Packs a contiguous weight of BF16. */
    public static Weight pack(View weight, int outputs, int channels, int taps) {
        int steps = steps(channels), groups = (outputs + OUTPUTS - 1) / OUTPUTS, n = channels * taps;
        var storage = Allocator.allocate((long) groups * taps * steps * TileKernel.LEFT_PART, null);
        MemorySegment from = weight.storage().segment(), to = storage.segment();
        Parallel.range((long) groups * OUTPUTS, Math.max(1, (1 << 15) / n), n, (first, end) -> {
            short[] row = new short[n], lines = new short[taps * steps * CHANNELS];
            for (int o = (int) first; o < end; o++) {
                if (o < outputs) {
                    MemorySegment.copy(from, ValueLayout.JAVA_SHORT_UNALIGNED, weight.byteOffset() + 2L * o * n, row, 0, n);
                    for (int c = 0; c < channels; c++) for (int t = 0; t < taps; t++) lines[t * steps * CHANNELS + c] = row[c * taps + t];
                } else {
                    Arrays.fill(lines, (short) 0);
                }
                long at = storage.base() + (long) (o / OUTPUTS) * taps * steps * TileKernel.LEFT_PART
                        + o % OUTPUTS / TileKernel.SIDE * (long) TileKernel.TILE + o % TileKernel.SIDE * (long) TileKernel.LINE;
                for (int s = 0; s < taps * steps; s++)
                    MemorySegment.copy(lines, s * CHANNELS, to, ValueLayout.JAVA_SHORT_UNALIGNED, at + (long) s * TileKernel.LEFT_PART,
                            CHANNELS);
            }
        });
        return new Weight(storage, taps, steps);
    }

    /**
     * The sums of 32 outputs at {@code count} positions that follow one another, F32, a row an output; in memory of the thread that holds until its next call.
     *
     * @param group of outputs
     * @param first address of the first position in the first plane
     * @param plane bytes from plane to plane
     * @param taps address of bytes from a position to each tap, of 8 bytes each
     */
    public View sums(Weight weight, int group, long first, long plane, long taps, int count) {
        var scratch = Scratch.ofThread();
        int panels = (count + POSITIONS - 1) / POSITIONS, columns = panels * POSITIONS;
        long sums = scratch.get(Scratch.Use.TILES_SUMS, (long) panels * TileKernel.SUMS), left = weight.group(group);
        var parameters = scratch.parameters();
        var configuration = parameters.asSlice(CONFIGURATION_AT, Tiles.CONFIGURATION);
        TileKernel.configure(configuration, 2, TileKernel.SIDE, 2, TileKernel.SIDE, TileKernel.SIDE);
        TileWindowKernel.PLANE.set(parameters, plane);
        var kernel = kernels.of(new TileWindowKernel.Form(tiles, panels < 8 ? 8 : 2));
        int parts = (weight.steps + STEPS - 1) / STEPS, together = parts > 1 ? 1 : Math.max(1, STEPS / weight.steps);
        for (int tap = 0; tap < weight.taps; tap += together) {
            int some = Math.min(together, weight.taps - tap);
            TileWindowKernel.TAPS.set(parameters, taps + 8L * tap);
            TileWindowKernel.TAPS_END.set(parameters, taps + 8L * (tap + some));
            for (int part = 0, from = 0; part < parts; part++) {
                int end = (int) ((part + 1L) * weight.steps / parts), steps = end - from;
                TileWindowKernel.STEPS.set(parameters, steps);
                TileWindowKernel.ADD.set(parameters, tap + part > 0 ? 1 : 0);
                long next = left + (long) some * steps * TileKernel.LEFT_PART;
                TileWindowKernel.AHEAD.set(parameters, next);
                Gemm.call(kernel, (long) OUTPUTS * columns * some * steps * CHANNELS / 8, parameters.address(), left,
                        first + (long) from * TileKernel.SIDE * plane, sums, panels, configuration.address());
                left = next;
                from = end;
            }
        }
        var rows = scratch.storage(Scratch.Use.SUMS, 4L * OUTPUTS * columns);
        packing.sums(sums, new Operand(rows.address(), 4L * columns, 4), TileKernel.Result.ROWS, OUTPUTS, columns);
        return new View(DType.F32, rows, 0, new long[] {OUTPUTS, columns}, new long[] {columns, 1});
    }
}
