package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import java.util.EnumMap;
import lyceum.backend.x86.asm.Feature;

/**
 * Rearranges images of floats: padding, every s-th element, channels last. Where a kernel does it, in machine code; else in loops. Places are byte
 * offsets in segments.
 */
final class Copies {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final EnumMap<LineCopy, Kernel> kernels = new EnumMap<>(LineCopy.class);
    private final Kernel transpose;
    private final ThreadLocal<MemorySegment> perThread = Arguments.perThread();

    Copies(Cpu cpu) {
        if (cpu.has(Feature.AVX512)) for (var form : LineCopy.values()) kernels.put(form, form.generate(cpu));
        transpose = cpu.has(Feature.AVX512) ? Transpose.generate(cpu) : null;
    }

    /** A place of floats. */
    record Place(MemorySegment segment, long at) {
        Place plus(long floats) { return new Place(segment, at + 4 * floats); }

        long address() { return segment.address() + at; }
    }

    /**
     * {@code to[q] = from[q * stride + shift]} over three axes, 0 where that lies outside.
     *
     * @param sizes of from, {@code padded} of to
     */
    void spread(Place from, int[] sizes, int[] stride, int[] shift, Place to, int[] padded) {
        to.segment.asSlice(to.at, 4L * padded[0] * padded[1] * padded[2]).fill((byte) 0);
        int first = first(stride[2], shift[2]), n = last(sizes[2], stride[2], shift[2], padded[2]) - first;
        int top = first(stride[1], shift[1]), lines = last(sizes[1], stride[1], shift[1], padded[1]) - top;
        if (n <= 0 || lines <= 0) return;
        for (int i = first(stride[0], shift[0]); i < last(sizes[0], stride[0], shift[0], padded[0]); i++) {
            long source = ((long) (i * stride[0] + shift[0]) * sizes[1] + top * stride[1] + shift[1]) * sizes[2] + (long) first * stride[2] + shift[2];
            long target = ((long) i * padded[1] + top) * padded[2] + first;
            lines(from.plus(source), (long) stride[1] * sizes[2], stride[2], to.plus(target), padded[2], 1, n, lines);
        }
    }

    private static int first(int stride, int shift) { return shift >= 0 ? 0 : (-shift + stride - 1) / stride; }

    private static int last(int size, int stride, int shift, int padded) { return size - 1 - shift < 0 ? 0 : Math.min(padded, (size - 1 - shift) / stride + 1); }

    /** The reverse: {@code to[q * stride + shift] = from[q]} for all q of {@code count}; from is dense. */
    void merge(Place from, int[] count, Place to, int[] sizes, int[] stride, int[] shift) {
        for (int i = 0; i < count[0]; i++) {
            long target = ((long) (i * stride[0] + shift[0]) * sizes[1] + shift[1]) * sizes[2] + shift[2];
            lines(from.plus((long) i * count[1] * count[2]), count[2], 1, to.plus(target), (long) stride[1] * sizes[2], stride[2], count[2], count[1]);
        }
    }

    /** Lines of n elements; steps and lines in floats. */
    void lines(Place from, long fromLine, int fromStep, Place to, long toLine, int toStep, int n, int lines) {
        var form = fromStep == 1 && toStep == 1 ? LineCopy.PLAIN : fromStep == 2 && toStep == 1 ? LineCopy.EVERY_SECOND : fromStep == 1 && toStep == 2 ? LineCopy.TO_EVERY_SECOND : null;
        var kernel = form == null ? null : kernels.get(form);
        if (kernel != null) {
            var arguments = perThread.get();
            int tail = n % 16, lanes = form.tailLanes(tail);
            arguments.set(LONG, LineCopy.FROM, from.address());
            arguments.set(LONG, LineCopy.FROM_LINE, 4 * fromLine);
            arguments.set(LONG, LineCopy.TO, to.address());
            arguments.set(LONG, LineCopy.TO_LINE, 4 * toLine);
            arguments.set(LONG, LineCopy.LINES, lines);
            arguments.set(LONG, LineCopy.VECTORS, n / 16);
            arguments.set(LONG, LineCopy.TAIL, (1L << tail) - 1);
            arguments.set(LONG, LineCopy.TAIL_LOW, lanes & 0xFFFF);
            arguments.set(LONG, LineCopy.TAIL_HIGH, lanes >>> 16);
            if ((long) lines * n / 4 > Tiles.LONG_CALL) kernel.callLong(arguments.address());
            else kernel.call(arguments.address());
            return;
        }
        for (int j = 0; j < lines; j++) {
            long source = from.at + 4 * j * fromLine, target = to.at + 4 * j * toLine;
            if (form == LineCopy.PLAIN) MemorySegment.copy(from.segment, source, to.segment, target, 4L * n);
            else for (int k = 0; k < n; k++) to.segment.set(INT, target + 4L * k * toStep, from.segment.get(INT, source + 4L * k * fromStep));
        }
    }

    /** {@code to[j * toStride + i] = from[i * fromStride + j]}; strides in floats. */
    void transpose(Place from, long fromStride, int rows, int columns, Place to, long toStride) {
        if (transpose != null) {
            var arguments = perThread.get();
            arguments.set(LONG, Transpose.TO_STRIDE, 4 * toStride);
            arguments.set(LONG, Transpose.COLUMNS, columns);
            for (int i0 = 0; i0 < rows; i0 += 16) {
                int n = Math.min(16, rows - i0);
                if (i0 == 0 || n < 16) for (int i = 0; i < 16; i++) arguments.set(LONG, Transpose.ROW + 8L * i, 4 * Math.min(i, n - 1) * fromStride);
                arguments.set(LONG, Transpose.FROM, from.plus(i0 * fromStride).address());
                arguments.set(LONG, Transpose.TO, to.plus(i0).address());
                arguments.set(LONG, Transpose.ROWS_MASK, (1L << n) - 1);
                transpose.call(arguments.address());
            }
            return;
        }
        for (int i0 = 0; i0 < rows; i0 += 16) {
            for (int j0 = 0; j0 < columns; j0 += 16) {
                for (int j = j0; j < Math.min(columns, j0 + 16); j++) {
                    for (int i = i0; i < Math.min(rows, i0 + 16); i++) to.segment.set(INT, to.at + 4 * (j * toStride + i), from.segment.get(INT, from.at + 4 * (i * fromStride + j)));
                }
            }
        }
    }
}
