package lyceum.backend.x86.conv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.conv.WinogradKernel.Form;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.backend.x86.machine.Lanes;
import lyceum.memory.Allocator;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/**
 * 3 x 3 convolutions of stride 1 by Winograd's F(4 x 4, 3 x 3): 16 outputs of a tile from 36 products instead of 144. Tiles and weights are
 * transformed, 36 products of matrices (outputs, inputs) and (inputs, tiles) follow, and the sums are transformed back.
 *
 * <p><b>Error.</b> The transforms multiply what is already rounded: for normal operands the error's root mean square is 2 to 6 times the direct sum's,
 * without padding up to 13 times; tests hold the largest below 16 times the bound of a running sum. Sizes alone decide which of the two is taken, except
 * where an infinity, a NaN or a magnitude above 2^50 is among the operands: such a one would spread over its tile, so the direct product is taken.
 */
final class Winograd {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final int OUT = WinogradKernel.OUT, SIDE = WinogradKernel.SIDE, MATRICES = SIDE * SIDE;
    /** Bytes of transformed tiles and sums at once. */
    private static final long SCRATCH = 8 << 20;
    private static final int CHANNELS = 32, MOST_PLANS = 64;
    /** Nanoseconds of a transform of a vector of tiles or channels, about. */
    private static final double NANOS = 250;

    private final Lanes lanes;
    private final Backend backend;
    private final ThreadLocal<MemorySegment> perThread = ThreadLocal
            .withInitial(() -> Arena.ofAuto().allocate(256 + WinogradKernel.SCRATCH_BYTES, 64));
    private final KernelCache<Cpu> kernels;
    private final ConcurrentHashMap<Image, Storage> tables = new ConcurrentHashMap<>();

    /** @param backend multiplies matrices */
    Winograd(KernelCache<Cpu> kernels, Backend backend) {
        this.kernels = kernels;
        lanes = Lanes.of(kernels.cpu());
        this.backend = backend;
    }

    /** What is read and written: x and y, or, for the gradient by the input, y and x. */
    private record Image(int lanes, int batch, int from, int to, int height, int width, int outHeight, int outWidth, int above, int left) {
        int down() { return (outHeight + OUT - 1) / OUT; }

        int across() { return (outWidth + OUT - 1) / OUT; }

        int groups() { return (batch * down() * across() + lanes - 1) / lanes; }

        /** Where the runs of a group of tiles begin in its table, behind the tiles. */
        int runs() { return 8 + WinogradKernel.TILE * lanes; }

        /** Bytes of a group in the table. */
        int entry() { return runs() + 8 + WinogradKernel.RUN * Math.min(lanes, (lanes - 2) / across() + 2); }

        /** Tiles and runs of each group: how many, and those. */
        Storage table() {
            var table = Allocator.allocate((long) groups() * entry(), null);
            var memory = table.segment().asSlice(table.base(), (long) groups() * entry());
            memory.fill((byte) 0);
            for (int tile = 0; tile < batch * down() * across(); tile++) {
                int example = tile / (down() * across()), i = OUT * (tile / across() % down()), j = OUT * (tile % across()),
                        lane = tile % lanes;
                long at = (long) (tile / lanes) * entry(), to = at + 8 + WinogradKernel.TILE * lane, runs = at + runs();
                memory.set(LONG, at, lane + 1);
                memory.set(INT, to, example * this.to * outHeight * outWidth + i * outWidth + j);
                memory.set(ValueLayout.JAVA_BYTE, to + WinogradKernel.TILE_LINES, (byte) Math.min(OUT, outHeight - i));
                memory.set(ValueLayout.JAVA_BYTE, to + WinogradKernel.TILE_COLUMNS, (byte) Math.min(OUT, outWidth - j));
                long run = memory.get(LONG, runs) - (lane == 0 || j == 0 ? 0 : 1), from = runs + 8 + run * WinogradKernel.RUN;
                if (lane == 0 || j == 0) {
                    memory.set(LONG, runs, run + 1);
                    memory.set(INT, from + WinogradKernel.RUN_PLACE,
                            example * this.from * height * width + (i - above) * width + j - left - OUT * lane);
                }
                read(memory, from, i - above, j - left, lane);
            }
            return table;
        }

        private void read(MemorySegment memory, long masks, int top, int left, int lane) {
            for (int i = 0; i < SIDE; i++) {
                for (int j = 0; j < SIDE; j++) {
                    if (top + i < 0 || top + i >= height || left + j < 0 || left + j >= width) continue;
                    int element = OUT * lane + j % OUT;
                    set(memory, masks + 16 * i + (j < OUT ? 0 : 8) + element / lanes * 2, element % lanes);
                }
            }
        }

        private static void set(MemorySegment memory, long at, int bit) {
            memory.set(SHORT, at, (short) (memory.get(SHORT, at) | 1 << bit));
        }
    }

    /** Whether it is worth while: decided by the sizes. */
    boolean suits(WindowGeometry g) {
        boolean form = g.groups() == 1 && g.in()[0] == 1 && g.out()[0] == 1 && g.kernel()[0] == 1 && g.before()[0] == 0
                && g.kernel()[1] == 3 && g.kernel()[2] == 3;
        for (int axis = 0; axis < 3; axis++) form &= g.stride()[axis] == 1 && g.dilation()[axis] == 1;
        long most = (long) g.batch() * Math.max(g.inputs(), g.outputs()) * Math.max(g.inVolume(), g.outVolume());
        return form && g.inputs() % lanes.count() == 0 && g.outputs() % lanes.count() == 0 && Math.min(g.inputs(), g.outputs()) >= 32
                && most < Integer.MAX_VALUE && pays(g);
    }

    /** Cycles of a vector: the products, the weights' transform, those of the tiles, as measured; a fifth must be won. */
    private boolean pays(WindowGeometry g) {
        double pairs = (double) g.inputs() * g.outputs(), positions = (double) g.batch() * Math.max(g.inVolume(), g.outVolume());
        int groups = new Image(lanes.count(), g.batch(), 0, 0, 0, 0, Math.max(g.in()[1], g.out()[1]), Math.max(g.in()[2], g.out()[2]), 0, 0)
                .groups();
        double direct = 9 * pairs * positions / lanes.count() / 0.85, transformed = MATRICES * pairs * groups / 0.8
                + pairs / lanes.count() * 1400 + groups * (double) (g.inputs() + g.outputs()) * 1100;
        return 1.2 * transformed < direct;
    }

    /** Returns false if an operand is not finite, or so large that it may overflow. */
    boolean forward(WindowGeometry g, View x, View weight, long bias, boolean relu, View y) {
        return product(new Image(lanes.count(), g.batch(), g.inputs(), g.outputs(), g.in()[1], g.in()[2], g.out()[1], g.out()[2],
                g.before()[1], g.before()[2]), Form.WEIGHT, x, weight, bias, relu, y);
    }

    /** The same of the gradient by x. */
    boolean back(WindowGeometry g, View y, View weight, long bias, boolean relu, View x) {
        return product(new Image(lanes.count(), g.batch(), g.outputs(), g.inputs(), g.out()[1], g.out()[2], g.in()[1], g.in()[2],
                2 - g.before()[1], 2 - g.before()[2]), Form.FLIPPED, y, weight, bias, relu, x);
    }

    private Kernel kernel(Form form, boolean bias, boolean relu) { return kernels.of(new WinogradKernel(lanes, form, bias, relu)); }

    private boolean product(Image image, Form form, View x, View weight, long bias, boolean relu, View y) {
        if (tables.size() >= MOST_PLANS) tables.clear();
        var table = tables.computeIfAbsent(image, Image::table);
        Scope.current().hold(table);
        var large = new AtomicBoolean();
        var weights = Allocator.allocate(4 * MATRICES * matrix(image.to, image.from));
        weights(image, form, weight, weights, large);
        int groups = image.groups(), most = (int) Math.clamp(SCRATCH / (4L * MATRICES * image.lanes * (image.from + image.to)), 1, groups);
        int rounds = (groups + most - 1) / most, together = (groups + rounds - 1) / rounds;
        long line = (long) together * image.lanes;
        Storage tiles = Allocator.allocate(4 * MATRICES * matrix(image.from, line)),
                sums = Allocator.allocate(4 * MATRICES * matrix(image.to, line));
        for (int first = 0; first < groups && !large.get(); first += together) {
            int n = Math.min(together, groups - first);
            long at = table.address() + (long) first * image.entry();
            tiles(image, x, at, n, tiles, line, large);
            if (large.get()) break;
            backend.matmul(matrices(weights, image.to, image.from, image.from), matrices(tiles, image.from, n * image.lanes, line),
                    matrices(sums, image.to, n * image.lanes, line));
            outputs(image, sums, line, at, n, bias, relu, y);
        }
        return !large.get();
    }

    /** Elements from one matrix to the next, which a transform reads and writes together: they must not meet in the same set of a cache. */
    private static long matrix(long rows, long line) { return rows * line + 16; }

    private static View matrices(Storage storage, long rows, long columns, long line) {
        return new View(DType.F32, storage, 0, new long[] {MATRICES, rows, columns}, new long[] {matrix(rows, line), line, 1});
    }

    /** (36, to, from) of weights that lie as (outputs, inputs, 9). */
    private void weights(Image image, Form form, View weight, Storage weights, AtomicBoolean large) {
        var kernel = kernel(form, false, false);
        boolean flipped = form == Form.FLIPPED;
        int row = flipped ? 9 : 9 * image.from, lane = flipped ? 9 * image.to : 9;
        var places = Allocator.allocate(4 * image.lanes);
        for (int i = 0; i < image.lanes; i++) places.segment().set(INT, places.base() + 4 * i, i * lane);
        int repeats = image.from / image.lanes;
        Parallel.range(image.to, Math.max(1, 32 / repeats), NANOS * repeats, (begin, end) -> {
            var arguments = arguments(4 * matrix(image.to, image.from), repeats, 4L * image.lanes * lane, 4 * image.lanes, 0,
                    places.address());
            for (long i = begin; i < end; i++)
                call(kernel, arguments, weight.address() + 4 * i * row, weights.address() + 4 * i * image.from, repeats);
            if (isLarge(arguments)) large.set(true);
        });
    }

    private void tiles(Image image, View x, long table, int groups, Storage tiles, long line, AtomicBoolean large) {
        var kernel = kernel(Form.INPUT, false, false);
        int blocks = (image.from + CHANNELS - 1) / CHANNELS;
        long plane = (long) image.height * image.width;
        Parallel.range((long) groups * blocks, 1, NANOS * CHANNELS, (begin, end) -> {
            for (long piece = begin; piece < end; piece++) {
                long group = piece / blocks, channel = piece % blocks * CHANNELS;
                int n = (int) Math.min(CHANNELS, image.from - channel);
                var arguments = arguments(4 * matrix(image.from, line), n, 4 * plane, 4 * line, 4L * image.width,
                        table + group * image.entry() + image.runs());
                call(kernel, arguments, x.address() + 4 * channel * plane, tiles.address() + 4 * (channel * line + group * image.lanes), n);
                if (isLarge(arguments)) large.set(true);
            }
        });
    }

    private void outputs(Image image, Storage sums, long line, long table, int groups, long bias, boolean relu, View y) {
        var kernel = kernel(Form.OUTPUT, bias != 0, relu);
        int blocks = (image.to + CHANNELS - 1) / CHANNELS;
        long plane = (long) image.outHeight * image.outWidth;
        Parallel.range((long) groups * blocks, 1, NANOS * CHANNELS, (begin, end) -> {
            for (long piece = begin; piece < end; piece++) {
                long group = piece / blocks, channel = piece % blocks * CHANNELS;
                int n = (int) Math.min(CHANNELS, image.to - channel);
                var arguments = arguments(4 * matrix(image.to, line), n, 4 * line, 4 * plane, 4L * image.outWidth,
                        table + group * image.entry());
                WinogradKernel.BIAS.set(arguments, bias + 4 * channel);
                call(kernel, arguments, sums.address() + 4 * (channel * line + group * image.lanes), y.address() + 4 * channel * plane, n);
            }
        });
    }

    private MemorySegment arguments(long matrix, int count, long fromStep, long toStep, long line, long table) {
        var arguments = perThread.get();
        WinogradKernel.MATRIX.set(arguments, matrix);
        WinogradKernel.COUNT.set(arguments, count);
        WinogradKernel.FROM_STEP.set(arguments, fromStep);
        WinogradKernel.TO_STEP.set(arguments, toStep);
        WinogradKernel.LINE.set(arguments, line);
        WinogradKernel.TABLE.set(arguments, table);
        WinogradKernel.SCRATCH.set(arguments, arguments.address() + 256);
        arguments.asSlice(WinogradKernel.SEEN.at(), 64).fill((byte) 0);
        return arguments;
    }

    private static void call(Kernel kernel, MemorySegment arguments, long from, long to, int count) {
        WinogradKernel.FROM.set(arguments, from);
        WinogradKernel.TO.set(arguments, to);
        kernel.call(arguments.address());
    }

    private boolean isLarge(MemorySegment arguments) {
        float sum = 0;
        for (int i = 0; i < lanes.count(); i++) sum += arguments.get(FLOAT, WinogradKernel.SEEN.at() + 4 * i);
        return !Float.isFinite(sum);
    }
}
