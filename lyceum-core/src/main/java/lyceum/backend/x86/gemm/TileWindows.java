package lyceum.backend.x86.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Function;
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
    /**
     * Steps of a part: of several taps so many that their positions stay in the first-level cache while tap after tap reads them, the weights passing by; of one tap so many
     * that the weights do, under panel after panel. Two examples of 640 channels to as many, 32 by 32, took 20 ms of a Granite Rapids tap by tap and take 15 so.
     */
    private static final int STEPS = 6, STEPS_OF_ONE = 12;
    private static final int CONFIGURATION_AT = (TileWindowKernel.PARAMETERS + 63) / 64 * 64;

    private final KernelCache<Cpu> kernels;
    private final Function<Assembler, Tiles> tiles;

    public TileWindows(KernelCache<Cpu> kernels) { this(kernels, Tiles.Registers::new); }

    /** @param tiles by which kernels are written */
    public TileWindows(KernelCache<Cpu> kernels, Function<Assembler, Tiles> tiles) {
        this.kernels = kernels;
        this.tiles = tiles;
    }

    /** Steps of 32 channels for so many. */
    public static int steps(int channels) { return (channels + CHANNELS - 1) / CHANNELS; }

    /** A weight (outputs, channels, taps) as kernels read it: for 32 outputs, part of the channels, tap, and 32 channels two tiles of 16 rows. */
    public record Weight(Storage storage, int taps, int steps) {
        private long group(int group) { return storage.address() + (long) group * taps * steps * TileKernel.LEFT_PART; }

        private int parts() { return Math.ceilDiv(steps, taps == 1 ? STEPS_OF_ONE : STEPS); }

        /** The first step of a part. */
        private int first(int part) { return (int) ((long) part * steps / parts()); }

        /** Which tile of a group has a tap's step. */
        private int place(int tap, int step) {
            int part = 0;
            while (first(part + 1) <= step) part++;
            int from = first(part), count = first(part + 1) - from;
            return taps * from + tap * count + step - from;
        }
    }

    /**
     * Packs a contiguous weight (outputs, channels, taps, columns) of BF16.
     *
     * @param columns which count as channels, those of one channel as neighbours
     */
    public static Weight pack(View weight, int outputs, int channels, int taps, int columns) {
        int steps = steps(channels * columns), groups = (outputs + OUTPUTS - 1) / OUTPUTS, n = channels * taps * columns;
        var storage = Allocator.allocate((long) groups * taps * steps * TileKernel.LEFT_PART, null);
        var packed = new Weight(storage, taps, steps);
        var places = new int[taps * steps];
        for (int t = 0; t < taps; t++) for (int s = 0; s < steps; s++) places[t * steps + s] = packed.place(t, s);
        MemorySegment from = weight.storage().segment(), to = storage.segment();
        Parallel.range((long) groups * OUTPUTS, Math.max(1, (1 << 15) / n), n, (first, end) -> {
            short[] row = new short[n], lines = new short[taps * steps * CHANNELS];
            for (int o = (int) first; o < end; o++) {
                if (o < outputs) {
                    MemorySegment.copy(from, ValueLayout.JAVA_SHORT_UNALIGNED, weight.byteOffset() + 2L * o * n, row, 0, n);
                    for (int c = 0; c < channels; c++)
                        for (int t = 0; t < taps; t++)
                            for (int k = 0; k < columns; k++)
                                lines[t * steps * CHANNELS + c * columns + k] = row[(c * taps + t) * columns + k];
                } else {
                    Arrays.fill(lines, (short) 0);
                }
                long at = storage.base() + (long) (o / OUTPUTS) * taps * steps * TileKernel.LEFT_PART
                        + o % OUTPUTS / TileKernel.SIDE * (long) TileKernel.TILE + o % TileKernel.SIDE * (long) TileKernel.LINE;
                for (int s = 0; s < taps * steps; s++)
                    MemorySegment.copy(lines, s * CHANNELS, to, ValueLayout.JAVA_SHORT_UNALIGNED,
                            at + (long) places[s] * TileKernel.LEFT_PART, CHANNELS);
            }
        });
        return packed;
    }

    /** Which of positions that follow one another are outputs. */
    public static final class Lines {
        private final Storage table;
        private final int panels;

        /** The first {@code length} of every {@code pitch} positions, so many times. */
        public Lines(int count, int length, int pitch) {
            int positions = (count - 1) * pitch + length;
            panels = (positions + POSITIONS - 1) / POSITIONS;
            table = Allocator.allocate((long) panels * TileLinesKernel.ENTRY);
            for (int p = 0; p < panels; p++) {
                long entry = table.base() + (long) p * TileLinesKernel.ENTRY;
                int places = 0;
                for (int lane = 0, at = p * POSITIONS; lane < POSITIONS && at < positions; lane++, at++)
                    if (at % pitch < length)
                        table.segment().set(ValueLayout.JAVA_SHORT_UNALIGNED, entry + TileLinesKernel.ORDER + 2L * places++, (short) lane);
                for (int rest = places; rest < POSITIONS; rest++)
                    table.segment().set(ValueLayout.JAVA_SHORT_UNALIGNED, entry + TileLinesKernel.ORDER + 2L * rest, (short) 0);
                table.segment().set(ValueLayout.JAVA_LONG_UNALIGNED, entry + TileLinesKernel.PLACES, (1L << places) - 1);
                table.segment().set(ValueLayout.JAVA_LONG_UNALIGNED, entry + TileLinesKernel.BYTES, 2L * places);
            }
        }
    }

    /**
     * Where sums go.
     *
     * @param rows of outputs, up to 32
     * @param address of the first, and bytes from one {@code row} to the next
     * @param bias address of the first's, or 0, and bytes from bias to bias
     * @param relu whether what is negative becomes zero
     */
    public record Target(int rows, long address, long row, long bias, long biasStep, boolean relu) {}

    /**
     * The sums of up to 32 outputs at positions that follow one another, those that are {@code lines} rounded to BF16 without gaps.
     *
     * @param group of outputs
     * @param first address of the first position in the first plane
     * @param plane bytes from plane to plane
     * @param taps address of bytes from a position to each tap, of 8 bytes each
     */
    public void sum(Weight weight, int group, long first, long plane, long taps, Lines lines, Target target) {
        var scratch = Scratch.ofThread();
        long sums = scratch.get(Scratch.Use.TILES_SUMS, (long) lines.panels * TileKernel.SUMS);
        sum(weight, weight.group(group), first, plane, taps, lines.panels, scratch.parameters(), sums);
        var parameters = scratch.parameters();
        TileLinesKernel.SUMS.set(parameters, sums);
        TileLinesKernel.PANELS.set(parameters, lines.panels);
        TileLinesKernel.TABLE.set(parameters, lines.table.address());
        TileLinesKernel.ROWS.set(parameters, target.rows);
        TileLinesKernel.TO.set(parameters, target.address);
        TileLinesKernel.TO_ROW.set(parameters, target.row);
        TileLinesKernel.BIAS.set(parameters, target.bias);
        TileLinesKernel.BIAS_STEP.set(parameters, target.biasStep);
        kernels.of(new TileLinesKernel.Form(target.bias != 0, target.relu)).move((long) target.rows * lines.panels * POSITIONS,
                parameters.address(), 0, 0, 0, 0, 0);
    }

    private void sum(Weight weight, long left, long first, long plane, long taps, int panels, MemorySegment parameters, long sums) {
        var configuration = parameters.asSlice(CONFIGURATION_AT, Tiles.CONFIGURATION);
        TileKernel.configure(configuration, 2, TileKernel.SIDE, 2, TileKernel.SIDE, TileKernel.SIDE);
        TileWindowKernel.PLANE.set(parameters, plane);
        var kernel = kernels.of(new TileWindowKernel.Form(tiles, panels < 8 ? 8 : 2));
        TileWindowKernel.TAPS.set(parameters, taps);
        TileWindowKernel.TAPS_END.set(parameters, taps + 8L * weight.taps);
        for (int part = 0; part < weight.parts(); part++) {
            int from = weight.first(part), steps = weight.first(part + 1) - from;
            long next = left + (long) weight.taps * steps * TileKernel.LEFT_PART;
            TileWindowKernel.STEPS.set(parameters, steps);
            TileWindowKernel.ADD.set(parameters, part);
            TileWindowKernel.AHEAD.set(parameters, next);
            Gemm.call(kernel, (long) OUTPUTS * panels * POSITIONS * weight.taps * steps * CHANNELS / 8, parameters.address(), left,
                    first + (long) from * TileKernel.SIDE * plane, sums, panels, configuration.address());
            left = next;
        }
    }
}
