package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.gemm.TransposeKernel;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Feature;

/**
 * Rearranges images: padding, every s-th element, channels last. Where a kernel does it, in machine code; else in loops. Places are byte
 * offsets in segments.
 */
final class Copies {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final KernelCache<Cpu> kernels;
    private final Element element;
    private final boolean wide;
    private final TransposeKernel.Form transpose;
    private final ThreadLocal<MemorySegment> perThread = Arguments.perThread();

    Copies(KernelCache<Cpu> kernels, Element element) {
        this.kernels = kernels;
        this.element = element;
        wide = kernels.cpu().has(Feature.AVX512);
        transpose = new TransposeKernel.Form(element.bytes);
    }

    /** A place of elements of so many bytes. */
    record Place(MemorySegment segment, long at, int bytes) {
        Place plus(long elements) { return new Place(segment, at + bytes * elements, bytes); }

        long address() { return segment.address() + at; }

        void clear(long elements) { segment.asSlice(at, bytes * elements).fill((byte) 0); }
    }

    /** {@code n} planes, {@code from} elements apart in the source and {@code to} in the target. */
    record Planes(long n, long from, long to) { static final Planes ONE = new Planes(1, 0, 0); }

    /**
     * {@code to[q] = from[q * stride + shift]} over three axes where that lies inside; the rest is left as it is, and 0 where the target was cleared.
     *
     * @param sizes of from, {@code padded} of to
     */
    void spread(Place from, int[] sizes, int[] stride, int[] shift, Place to, int[] padded, Planes planes) {
        int first = first(stride[2], shift[2]), n = last(sizes[2], stride[2], shift[2], padded[2]) - first;
        int top = first(stride[1], shift[1]), lines = last(sizes[1], stride[1], shift[1], padded[1]) - top;
        if (n <= 0 || lines <= 0) return;
        for (int i = first(stride[0], shift[0]); i < last(sizes[0], stride[0], shift[0], padded[0]); i++) {
            long source = ((long) (i * stride[0] + shift[0]) * sizes[1] + top * stride[1] + shift[1]) * sizes[2] + (long) first * stride[2]
                    + shift[2];
            long target = ((long) i * padded[1] + top) * padded[2] + first;
            lines(from.plus(source), (long) stride[1] * sizes[2], stride[2], to.plus(target), padded[2], 1, n, lines, planes);
        }
    }

    private static int first(int stride, int shift) { return shift >= 0 ? 0 : (-shift + stride - 1) / stride; }

    private static int last(int size, int stride, int shift, int padded) {
        return size - 1 - shift < 0 ? 0 : Math.min(padded, (size - 1 - shift) / stride + 1);
    }

    /** The reverse: {@code to[q * stride + shift] = from[q]} for all q of {@code count}; from is dense. */
    void merge(Place from, int[] count, Place to, int[] sizes, int[] stride, int[] shift, Planes planes) {
        for (int i = 0; i < count[0]; i++) {
            long target = ((long) (i * stride[0] + shift[0]) * sizes[1] + shift[1]) * sizes[2] + shift[2];
            lines(from.plus((long) i * count[1] * count[2]), count[2], 1, to.plus(target), (long) stride[1] * sizes[2], stride[2], count[2],
                    count[1], planes);
        }
    }

    /** Lines of n elements; steps and lines in elements. */
    void lines(Place from, long fromLine, int fromStep, Place to, long toLine, int toStep, int n, int lines, Planes planes) {
        var form = fromStep == 1 && toStep == 1 ? LineCopy.PLAIN
                : fromStep == 2 && toStep == 1 ? LineCopy.EVERY_SECOND : fromStep == 1 && toStep == 2 ? LineCopy.TO_EVERY_SECOND : null;
        if (form != null && (form == LineCopy.PLAIN ? wide : element == Element.F32)) {
            var kernel = kernels.of(form);
            var arguments = perThread.get();
            int words = n * element.words, tail = wide ? words % 16 : 0, lanes = form.tailLanes(tail);
            LineCopy.FROM.set(arguments, from.address());
            LineCopy.FROM_LINE.set(arguments, element.bytes * fromLine);
            LineCopy.TO.set(arguments, to.address());
            LineCopy.TO_LINE.set(arguments, element.bytes * toLine);
            LineCopy.LINES.set(arguments, lines);
            LineCopy.VECTORS.set(arguments, wide ? words / 16 : n);
            LineCopy.TAIL.set(arguments, (1L << tail) - 1);
            LineCopy.TAIL_LOW.set(arguments, lanes & 0xFFFF);
            LineCopy.TAIL_HIGH.set(arguments, lanes >>> 16);
            LineCopy.PLANES.set(arguments, planes.n);
            LineCopy.FROM_SKIP.set(arguments, element.bytes * (planes.from - lines * fromLine));
            LineCopy.TO_SKIP.set(arguments, element.bytes * (planes.to - lines * toLine));
            if (planes.n * lines * words / 4 > Tiles.LONG_CALL) kernel.callLong(arguments.address());
            else kernel.call(arguments.address());
            return;
        }
        for (long plane = 0; plane < planes.n; plane++) {
            for (int j = 0; j < lines; j++) {
                long source = from.at + element.bytes * (plane * planes.from + j * fromLine),
                        target = to.at + element.bytes * (plane * planes.to + j * toLine);
                if (form == LineCopy.PLAIN) MemorySegment.copy(from.segment, source, to.segment, target, (long) element.bytes * n);
                else strided(from.segment, source, fromStep, to.segment, target, toStep, n);
            }
        }
    }

    private void strided(MemorySegment from, long source, int fromStep, MemorySegment to, long target, int toStep, int n) {
        if (element == Element.F32)
            for (int k = 0; k < n; k++) to.set(INT, target + 4L * k * toStep, from.get(INT, source + 4L * k * fromStep));
        else for (int k = 0; k < n; k++) to.set(LONG, target + 8L * k * toStep, from.get(LONG, source + 8L * k * fromStep));
    }

    /** {@code to[j * toStride + i] = from[i * fromStride + j]}; strides in elements. */
    void transpose(Place from, long fromStride, int rows, int columns, Place to, long toStride) {
        if (rows > 0) kernels.of(transpose).move((long) rows * columns, from.address(), element.bytes * fromStride, to.address(),
                element.bytes * toStride, rows, columns);
    }
}
