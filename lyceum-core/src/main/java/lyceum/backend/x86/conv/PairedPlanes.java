package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.conv.Copies.Place;
import lyceum.backend.x86.conv.Copies.Planes;
import lyceum.backend.x86.gemm.InterleaveKernel;
import lyceum.backend.x86.gemm.TileWindows;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/**
 * The input of a convolution of BF16 as tiles read it: padded planes, cut by the stride into phases, where two neighbouring channels of a position stand
 * side by side. A multiple of 16 planes, zeros where there are no channels.
 *
 * <p>Of an input of few channels most of a tile would be zeros. There the columns of the kernel are channels of their own: the line of x, moved to where that column reads
 * and cut by the stride.
 */
final class PairedPlanes {
    /** Channels below which columns are channels. */
    private static final int FEW = 16;
    /** Lanes that a call of the kernel which interleaves takes of a line. */
    private static final int LANES = 16, VECTORS = 16;
    /** Bytes written in a nanosecond, and at once. */
    private static final double WRITTEN = 8;
    private static final long BYTES = 1 << 17;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private final KernelCache<Cpu> kernels;
    private final Copies copies;
    /** As it was asked for, and as it is summed: the same but for few channels. */
    private final WindowGeometry given, g;
    private final Phases phases;
    private final Grid grid;
    /** Pairs of channels that there are, and planes with those of zeros. */
    private final int pairs, planes;
    /** Elements of 4 bytes from plane to plane, and of an example. */
    private final long plane, example;

    PairedPlanes(KernelCache<Cpu> kernels, Copies copies, Plans plans, WindowGeometry given) {
        this.kernels = kernels;
        this.copies = copies;
        this.given = given;
        g = columns(given.inputs(), given.kernel()[2]) == 1 ? given : folded(given);
        phases = plans.forward(g).phases();
        grid = phases.grid();
        pairs = (g.inputs() + 1) / 2;
        planes = TileWindows.steps(g.inputs()) * TileWindows.CHANNELS / 2;
        // An odd number of lines of the cache, or the planes of a tile would meet in a few sets of it.
        plane = (((long) phases.count() * grid.volume() + 15) / 16 | 1) * 16;
        example = planes * plane;
    }

    /** How many columns of a kernel so wide count as channels: all or one. */
    static int columns(long channels, long width) { return channels < FEW ? (int) width : 1; }

    private static WindowGeometry folded(WindowGeometry g) {
        return new WindowGeometry(g.batch(), g.inputs() * g.kernel()[2], g.outputs(), 1, new int[] {g.in()[0], g.in()[1], g.out()[2]},
                new int[] {g.kernel()[0], g.kernel()[1], 1}, g.out(), new int[] {g.stride()[0], g.stride()[1], 1},
                new int[] {g.before()[0], g.before()[1], 0}, new int[] {g.dilation()[0], g.dilation()[1], 1});
    }

    /** The convolution as it is summed. */
    WindowGeometry geometry() { return g; }

    /** Bytes of an example, and from plane to plane. */
    long exampleBytes() { return 4 * example; }

    long planeBytes() { return 4 * plane; }

    int planes() { return planes; }

    /** Positions from line to line. */
    int pitch() { return grid.sizes()[2]; }

    /** Bytes from the first position of an example to that of a line. */
    long line(int i, int j) { return 4L * grid.at(i, j, 0); }

    /** Bytes from a position to what a tap reads. */
    long tap(int tap) { return 4L * phases.offset(tap); }

    /** Clears what stays zero: all around, and where there are no channels. */
    void clear(Storage storage, int examples) {
        Parallel.range((long) examples * planes, Math.max(1, BYTES / planeBytes()), planeBytes() / WRITTEN,
                (begin, end) -> clear(storage, begin, end));
    }

    /** The same of one example, by this thread. */
    void clearAlone(Storage storage) { clear(storage, 0, planes); }

    private void clear(Storage storage, long begin, long end) {
        boolean gaps = !phases.fill(g.in());
        for (long p = begin; p < end; p++)
            if (gaps || p % planes >= pairs) storage.segment()
                    .asSlice(storage.base() + p / planes * exampleBytes() + p % planes * planeBytes(), planeBytes()).fill((byte) 0);
    }

    /** Brings examples of x to their planes, line after line, all channels of it. */
    void fill(View x, int first, int examples, Storage storage) {
        double line = 4.0 * length() * pairs;
        Parallel.range((long) examples * lines(), Math.max(1, (long) (BYTES / line)), line / WRITTEN,
                (begin, end) -> fill(x, first, storage, begin, end));
    }

    /** The same of one example, by this thread. */
    void fillAlone(View x, int example, Storage storage) { fill(x, example, storage, 0, lines()); }

    /** Whether an example is one long line, which needs neither padding nor cuts. */
    private boolean isWhole() { return phases.isIdentity() && g == given; }

    private int lines() { return isWhole() ? 1 : g.in()[0] * g.in()[1]; }

    private int length() { return isWhole() ? g.inVolume() : g.in()[2]; }

    private void fill(View x, int first, Storage storage, long begin, long end) {
        int lines = lines(), length = length();
        boolean whole = isWhole();
        var segment = storage.segment();
        try (var scope = Scope.open("a line")) {
            var cuts = g == given ? null : new Cuts();
            var spare = g == given && g.stride()[2] > 1 ? Allocator.allocate(4L * pairs * length) : null;
            for (long line = begin; line < end; line++) {
                long from = x.address() + 2 * ((first + line / lines) * given.inputs() * given.inVolume() + line % lines * given.in()[2]),
                        to = storage.base() + line / lines * exampleBytes();
                int i = (int) (line % lines) / g.in()[1], j = (int) (line % lines) % g.in()[1];
                if (whole) interleave(from, segment.address() + to, planeBytes(), length);
                else if (cuts != null) fold(x.storage().segment(), from, i, j, cuts, segment.address() + to);
                else if (spare != null) cut(from, i, j, spare, segment, to);
                else lay(from, i, j, segment.address() + to);
            }
        }
    }

    /** Where line (i, j) of x begins in a phase, if it is one of that phase's; else -1. */
    private long place(int phase, int i, int j) {
        var shift = phases.shift(phase);
        int a = i - shift[0], b = j - shift[1];
        if (a < 0 || b < 0 || a % g.stride()[0] != 0 || b % g.stride()[1] != 0) return -1;
        a /= g.stride()[0];
        b /= g.stride()[1];
        return a >= grid.sizes()[0] || b >= grid.sizes()[1] ? -1 : (long) phase * grid.volume() + grid.at(a, b, 0);
    }

    /** The first place of a line that a phase has from x, and one past the last. */
    private int begin(int phase) { return Math.max(0, Math.ceilDiv(-phases.shift(phase)[2], g.stride()[2])); }

    private int end(int phase) {
        return Math.min(grid.sizes()[2], Math.floorDiv(g.in()[2] - 1 - phases.shift(phase)[2], g.stride()[2]) + 1);
    }

    /** Which column of x stands at a place of a line. */
    private int column(int phase, int place) { return place * g.stride()[2] + phases.shift(phase)[2]; }

    private void lay(long from, int i, int j, long to) {
        for (int phase = 0; phase < phases.count(); phase++) {
            long place = place(phase, i, j);
            int begin = begin(phase), n = end(phase) - begin;
            if (place >= 0 && n > 0) interleave(from + 2L * column(phase, begin), to + 4 * (place + begin), planeBytes(), n);
        }
    }

    /** Pairs first, then cut by the stride. */
    private void cut(long from, int i, int j, Storage pairs, MemorySegment segment, long to) {
        boolean made = false;
        for (int phase = 0; phase < phases.count(); phase++) {
            long place = place(phase, i, j);
            int begin = begin(phase), n = end(phase) - begin;
            if (place < 0 || n <= 0) continue;
            if (!made) interleave(from, pairs.address(), 4L * g.in()[2], g.in()[2]);
            made = true;
            copies.lines(new Place(pairs.segment(), pairs.base() + 4L * column(phase, begin), 4), 0, g.stride()[2],
                    new Place(segment, to + 4 * (place + begin), 4), 0, 1, n, 1, new Planes(this.pairs, g.in()[2], plane));
        }
    }

    /** Pairs of channels of {@code n} positions that follow one another. */
    private void interleave(long from, long to, long step, int n) {
        long channel = 2L * g.inVolume();
        for (int at = 0; at < n; at += LANES * VECTORS) {
            int some = Math.min(LANES * VECTORS, n - at), vectors = (some + LANES - 1) / LANES;
            long mask = (1L << some - LANES * (vectors - 1)) - 1;
            if (g.inputs() > 1) kernels.of(new InterleaveKernel(2, 2, vectors, false, true, true)).move((long) some * g.inputs() / 2,
                    from + 2L * at, channel, to + 4L * at, step, g.inputs() / 2, mask);
            if (g.inputs() % 2 == 1) kernels.of(new InterleaveKernel(2, 1, vectors, false, true, true))
                    .call(from + 2L * at + (g.inputs() - 1) * channel, channel, to + 4L * at + (pairs - 1) * step, step, 1, mask);
        }
    }

    /** Elements of a line that is cut by the stride, and of all its cuts. */
    private int cutLength() { return g.out()[2] + (given.kernel()[2] - 1) * given.dilation()[2] / given.stride()[2]; }

    private long channel() { return (long) cutLength() * given.stride()[2]; }

    /** The line of a channel, its cuts, and those of all channels. Padding stays zero. */
    private final class Cuts {
        final short[] line = new short[given.in()[2]], cut = new short[Math.toIntExact(channel())];
        final Storage channels = Allocator.allocate(2 * given.inputs() * channel());
    }

    /** Cuts the line of every channel by the stride, and pairs what the columns of the kernel read of it. */
    private void fold(MemorySegment segment, long from, int i, int j, Cuts cuts, long to) {
        for (int phase = 0; phase < phases.count(); phase++) {
            long place = place(phase, i, j);
            if (place < 0) continue;
            cutByStride(segment, from - segment.address(), cuts);
            for (int at = 0; at < g.out()[2]; at += LANES * VECTORS)
                pairColumns(cuts.channels.address(), at, Math.min(LANES * VECTORS, g.out()[2] - at), to + 4 * place);
            return; // of phases with other lines it is none
        }
    }

    /** Element q of cut r of a channel is that at {@code q * stride + r} of the padded line. */
    private void cutByStride(MemorySegment segment, long from, Cuts cuts) {
        short[] line = cuts.line, cut = cuts.cut;
        int stride = given.stride()[2], length = cutLength(), width = given.in()[2], before = given.before()[2];
        for (int c = 0; c < given.inputs(); c++) {
            MemorySegment.copy(segment, SHORT, from + 2L * c * given.inVolume(), line, 0, width);
            for (int r = 0; r < stride; r++) {
                int shift = r - before, begin = Math.clamp(Math.ceilDiv(-shift, stride), 0, length),
                        end = Math.clamp(Math.floorDiv(width - 1 - shift, stride) + 1L, begin, length);
                for (int q = begin; q < end; q++) cut[r * length + q] = line[q * stride + shift];
            }
            MemorySegment.copy(cut, 0, cuts.channels.segment(), SHORT, cuts.channels.base() + 2 * c * channel(), cut.length);
        }
    }

    private void pairColumns(long cuts, int at, int n, long to) {
        int vectors = (n + LANES - 1) / LANES;
        long mask = (1L << n - LANES * (vectors - 1)) - 1;
        var two = kernels.of(new InterleaveKernel(2, 2, vectors, false, true, false));
        for (int pair = 0; pair < g.inputs() / 2; pair++) {
            long first = cuts + 2 * (at + read(2 * pair)), second = cuts + 2 * (at + read(2 * pair + 1));
            two.call(first, second - first, to + 4 * at + pair * planeBytes(), planeBytes(), 1, mask);
        }
        if (g.inputs() % 2 == 1) kernels.of(new InterleaveKernel(2, 1, vectors, false, true, false))
                .call(cuts + 2 * (at + read(g.inputs() - 1)), 0, to + 4L * at + (pairs - 1) * planeBytes(), planeBytes(), 1, mask);
    }

    /** Where among the cuts that begins which a column of the kernel reads: channel {@code c * columns + column}. */
    private long read(int channel) {
        int columns = given.kernel()[2], reach = channel % columns * given.dilation()[2], stride = given.stride()[2];
        return channel / columns * channel() + (long) (reach % stride) * cutLength() + reach / stride;
    }
}
