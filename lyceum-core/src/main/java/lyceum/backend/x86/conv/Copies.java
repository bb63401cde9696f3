package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Rearranges images of floats: padding, every s-th element, channels last. Addresses are byte offsets of one segment each. */
final class Copies {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private Copies() { }

    /**
     * {@code to[q] = from[q * stride + shift]} over three axes, 0 where that lies outside.
     *
     * @param sizes of from, {@code padded} of to
     */
    static void spread(MemorySegment from, long source, int[] sizes, int[] stride, int[] shift, MemorySegment to, long target, int[] padded) {
        to.asSlice(target, 4L * padded[0] * padded[1] * padded[2]).fill((byte) 0);
        int first = first(stride[2], shift[2]), n = last(sizes[2], stride[2], shift[2], padded[2]) - first;
        if (n <= 0) return;
        for (int i = first(stride[0], shift[0]); i < last(sizes[0], stride[0], shift[0], padded[0]); i++) {
            for (int j = first(stride[1], shift[1]); j < last(sizes[1], stride[1], shift[1], padded[1]); j++) {
                long line = ((long) (i * stride[0] + shift[0]) * sizes[1] + j * stride[1] + shift[1]) * sizes[2] + (long) first * stride[2] + shift[2];
                long out = ((long) i * padded[1] + j) * padded[2] + first;
                line(from, source + 4 * line, stride[2], to, target + 4 * out, n);
            }
        }
    }

    private static void line(MemorySegment from, long source, int stride, MemorySegment to, long target, int n) {
        if (stride == 1) MemorySegment.copy(from, source, to, target, 4L * n);
        else for (int k = 0; k < n; k++) to.set(INT, target + 4L * k, from.get(INT, source + 4L * k * stride));
    }

    private static int first(int stride, int shift) { return shift >= 0 ? 0 : (-shift + stride - 1) / stride; }

    private static int last(int size, int stride, int shift, int padded) { return size - 1 - shift < 0 ? 0 : Math.min(padded, (size - 1 - shift) / stride + 1); }

    /** The reverse: {@code to[q * stride + shift] = from[q]} for all q of {@code count}; from is dense. */
    static void merge(MemorySegment from, long source, int[] count, MemorySegment to, long target, int[] sizes, int[] stride, int[] shift) {
        long in = source;
        for (int i = 0; i < count[0]; i++) {
            for (int j = 0; j < count[1]; j++) {
                long out = target + 4 * (((long) (i * stride[0] + shift[0]) * sizes[1] + j * stride[1] + shift[1]) * sizes[2] + shift[2]);
                for (int k = 0; k < count[2]; k++, in += 4) to.set(INT, out + 4L * k * stride[2], from.get(INT, in));
            }
        }
    }

    /** {@code to[j * rows + i] = from[i * columns + j]} in blocks that stay in cache. */
    static void transpose(MemorySegment from, long source, long sourceStride, int rows, int columns, MemorySegment to, long target, long targetStride) {
        for (int i0 = 0; i0 < rows; i0 += 16) {
            for (int j0 = 0; j0 < columns; j0 += 16) {
                for (int j = j0; j < Math.min(columns, j0 + 16); j++) {
                    for (int i = i0; i < Math.min(rows, i0 + 16); i++) to.set(INT, target + j * targetStride + 4L * i, from.get(INT, source + i * sourceStride + 4L * j));
                }
            }
        }
    }
}
