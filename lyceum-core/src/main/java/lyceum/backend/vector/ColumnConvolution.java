package lyceum.backend.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.scalar.Planes;
import lyceum.memory.Allocator;

/**
 * Convolution as matrix products: what each output position reads is written out as a column (im2col), and the weight, as a matrix of
 * (outputs, inputs / groups * taps), multiplies a block of columns at a time, so that the scratch stays below {@value #SCRATCH} bytes where one
 * channel's columns allow it.
 */
final class ColumnConvolution {
    private static final long SCRATCH = 4 << 20;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final Backend backend;
    private final WindowGeometry g;
    private final DType type;
    private final int bytes, inputs, outputs, taps, depth, positions;

    ColumnConvolution(Backend backend, WindowGeometry geometry, DType type) {
        this.backend = backend;
        this.g = geometry;
        this.type = type == DType.F64 ? type : DType.F32; // a half is rounded once, at the end
        bytes = this.type.bytes();
        inputs = g.inputsPerGroup();
        outputs = g.outputsPerGroup();
        taps = g.taps();
        depth = Math.multiplyExact(inputs, taps);
        positions = g.outVolume();
    }

    /** Products with few rows gain nothing over loops. */
    static boolean suits(WindowGeometry g) { return g.inputsPerGroup() * g.taps() >= 8 && g.outputsPerGroup() >= 4; }

    private boolean pointwise() {
        return taps == 1 && Arrays.equals(g.in(), g.out()) && g.stride()[0] == 1 && g.stride()[1] == 1 && g.stride()[2] == 1;
    }

    void forward(View x, View weight, View y) {
        View xs = dense(x), ws = dense(weight), ys = place(y);
        int width = width();
        var columns = pointwise() ? null : scratch(depth, width);
        for (int example = 0; example < g.batch(); example++) {
            for (int group = 0; group < g.groups(); group++) {
                var w = matrix(ws, (long) group * outputs * depth, outputs, depth, depth);
                long in = channel(example, g.inputs(), group * inputs, g.inVolume()),
                        out = channel(example, g.outputs(), group * outputs, positions);
                for (int from = 0; from < positions; from += width) {
                    int n = Math.min(width, positions - from);
                    var block = columns == null ? matrix(xs, in + from, depth, n, positions) : matrix(columns, 0, depth, n, n);
                    if (columns != null) gather(xs, in, from, n, block);
                    backend.matmul(w, block, matrix(ys, out + from, outputs, n, positions));
                }
            }
        }
        if (ys != y) copy(ys, y);
    }

    /** One input channel's rows of the columns reach that channel alone: so blocks are of channels, each over all positions. */
    void back(View y, View weight, View x) {
        View xs = place(x), ws = dense(weight), ys = dense(y);
        int channels = Math.max(1, (int) Math.min(inputs, SCRATCH / bytes / Math.max(1, (long) taps * positions)));
        var columns = pointwise() ? null : scratch(channels * taps, positions);
        for (int example = 0; example < g.batch(); example++) {
            for (int group = 0; group < g.groups(); group++) {
                long in = channel(example, g.inputs(), group * inputs, g.inVolume()),
                        out = channel(example, g.outputs(), group * outputs, positions);
                var gradient = matrix(ys, out, outputs, positions, positions);
                for (int from = 0; from < inputs; from += channels) {
                    int n = Math.min(channels, inputs - from), rows = n * taps;
                    var w = new View(type, ws.storage(), ws.offset() + (long) group * outputs * depth + (long) from * taps,
                            new long[] {rows, outputs}, new long[] {1, depth});
                    long at = in + (long) from * g.inVolume();
                    var block = columns == null ? matrix(xs, at, rows, positions, positions)
                            : matrix(columns, 0, rows, positions, positions);
                    backend.matmul(w, gradient, block);
                    if (columns != null) scatter(block, xs, at, n);
                }
            }
        }
        if (xs != x) copy(xs, x);
    }

    void weight(View x, View y, View weight) {
        View xs = dense(x), ys = dense(y), ws = place(weight);
        int width = width();
        var columns = pointwise() ? null : scratch(depth, width);
        var part = scratch(outputs, depth);
        for (int group = 0; group < g.groups(); group++) {
            var sum = matrix(ws, (long) group * outputs * depth, outputs, depth, depth);
            boolean first = true;
            for (int example = 0; example < g.batch(); example++) {
                long in = channel(example, g.inputs(), group * inputs, g.inVolume()),
                        out = channel(example, g.outputs(), group * outputs, positions);
                for (int from = 0; from < positions; from += width, first = false) {
                    int n = Math.min(width, positions - from);
                    var block = columns == null ? matrix(xs, in + from, depth, n, positions) : matrix(columns, 0, depth, n, n);
                    if (columns != null) gather(xs, in, from, n, block);
                    var transposed = new View(type, block.storage(), block.offset(), new long[] {n, depth},
                            new long[] {1, block.strides()[0]});
                    backend.matmul(matrix(ys, out + from, outputs, n, positions), transposed, first ? sum : part);
                    if (!first) backend.run(Program.of(Op.ADD, type, type, type), new View[] {sum, part}, new View[] {sum});
                }
            }
        }
        if (ws != weight) copy(ws, weight);
    }

    private int width() { return (int) Math.max(16, Math.min(positions, SCRATCH / bytes / Math.max(1, depth))); }

    private static long channel(int example, int channels, int channel, int volume) {
        return ((long) example * channels + channel) * volume;
    }

    private View matrix(View base, long at, long rows, long columns, long rowStride) {
        return new View(type, base.storage(), base.offset() + at, new long[] {rows, columns}, new long[] {rowStride, 1});
    }

    private View scratch(long rows, long columns) {
        var shape = new long[] {rows, columns};
        return new View(type, Allocator.allocate(rows * columns * bytes), 0, shape, View.contiguousStrides(shape));
    }

    /** The same elements in row-major order and the type that is computed in. */
    private View dense(View view) {
        var dense = place(view);
        if (dense != view) copy(view, dense);
        return dense;
    }

    /** Where to put the elements of {@code view}: there, if it is dense. */
    private View place(View view) {
        return view.isContiguous() && view.dtype() == type ? view
                : new View(type, Allocator.allocate(view.size() * bytes), 0, view.shape(), View.contiguousStrides(view.shape()));
    }

    private void copy(View from, View to) {
        if (to.size() > 0) backend.run(Program.of(Op.CAST, to.dtype(), from.dtype()), new View[] {from}, new View[] {to});
    }

    /** Rows (channel, tap) of the columns for positions {@code from .. from + n - 1}. */
    private void gather(View x, long at, int from, int n, View columns) {
        MemorySegment source = x.storage().segment(), target = columns.storage().segment();
        Parallel.range(depth, Math.max(1, 65536 / Math.max(1, n)), (first, end) -> {
            for (int row = (int) first; row < end; row++) {
                long in = x.byteOffset() + (at + (long) row / taps * g.inVolume()) * bytes,
                        out = columns.byteOffset() + (long) row * n * bytes;
                target.asSlice(out, (long) n * bytes).fill((byte) 0);
                g.lines(row % taps, (i, j, length) -> {
                    int skip = Math.max(0, from - j), stop = Math.min(length, from + n - j);
                    if (stop > skip) move(source, in + (i + (long) skip * g.stride()[2]) * bytes, g.stride()[2], target,
                            out + (long) (j + skip - from) * bytes, stop - skip);
                });
            }
        });
    }

    private void move(MemorySegment source, long from, int stride, MemorySegment target, long to, int n) {
        if (stride == 1) {
            MemorySegment.copy(source, from, target, to, (long) n * bytes);
            return;
        }
        if (bytes == 4) for (int i = 0; i < n; i++) target.set(INT, to + i * 4L, source.get(INT, from + (long) i * stride * 4));
        else for (int i = 0; i < n; i++) target.set(LONG, to + i * 8L, source.get(LONG, from + (long) i * stride * 8));
    }

    /** Adds the rows of {@code n} channels up where they were read, tap by tap. */
    private void scatter(View columns, View x, long at, int n) {
        Parallel.range(n, 1, (first, end) -> {
            double[] sums = new double[g.inVolume()], line = new double[positions];
            for (int c = (int) first; c < end; c++) {
                Arrays.fill(sums, 0);
                for (int tap = 0; tap < taps; tap++) {
                    Planes.load(columns, ((long) c * taps + tap) * positions, positions, line);
                    g.lines(tap, (i, j, length) -> add(sums, i, g.stride()[2], line, j, length));
                }
                Planes.store(sums, x, at + (long) c * g.inVolume(), g.inVolume());
            }
        });
    }

    private static void add(double[] sums, int at, int step, double[] line, int from, int n) {
        for (int i = 0; i < n; i++) sums[at + i * step] += line[from + i];
    }
}
