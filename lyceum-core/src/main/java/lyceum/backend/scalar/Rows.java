package lyceum.backend.scalar;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.View;

/**
 * Gather and scatter-add of whole rows: one index for all that stands behind the axis, as in an embedding and its gradient. Rows are copied and
 * added at the speed of memory, where {@link Indexing} goes element by element.
 */
final class Rows {
    /** Bytes that a thread moves at once. */
    private static final long GRAIN = 1 << 17;
    /** Columns that a thread adds at once: its piece of a row stays in the first-level cache. */
    private static final int COLUMNS = 512;

    private Rows() { }

    /** False, and nothing is done, if rows are not contiguous or their elements have indices of their own. */
    static boolean gather(View in, int axis, View index, View out) {
        if (!oneIndexARow(axis, index) || !contiguousBehind(axis, in) || !contiguousBehind(axis, out)) return false;
        int rank = in.shape().length;
        long elements = View.size(Arrays.copyOfRange(in.shape(), axis + 1, rank)), bytes = elements * in.dtype().bytes();
        if (bytes < 16) return false;
        long rows = out.shape()[axis], outer = View.size(Arrays.copyOf(in.shape(), axis));
        Strided sources = before(axis, in), targets = before(axis, out);
        MemorySegment from = in.storage().segment(), to = out.storage().segment(), numbers = index.storage().segment();
        long sourceStride = in.strides()[axis] * in.dtype().bytes(), targetStride = out.strides()[axis] * out.dtype().bytes(), indexStride = index.strides()[axis] * 8;
        Parallel.range(outer * rows, Math.max(1, GRAIN / bytes), (first, last) -> {
            for (long i = first; i < last; i++) {
                long row = i % rows, number = Indexing.inRange("gather", numbers.get(Elements.LONG, index.byteOffset() + row * indexStride), axis, in);
                MemorySegment.copy(from, sources.byteOffset(i / rows) + number * sourceStride, to, targets.byteOffset(i / rows) + row * targetStride, bytes);
            }
        });
        return true;
    }

    /** For F32. Threads share the columns, so that the additions at one place keep their order. */
    static boolean add(View in, int axis, View index, View out) {
        if (in.dtype() != DType.F32 || !oneIndexARow(axis, index) || !contiguousBehind(axis, in) || !contiguousBehind(axis, out)) return false;
        int rank = in.shape().length;
        long elements = View.size(Arrays.copyOfRange(in.shape(), axis + 1, rank));
        if (elements < 8) return false;
        long rows = in.shape()[axis], outer = View.size(Arrays.copyOf(in.shape(), axis)), pieces = (elements + COLUMNS - 1) / COLUMNS;
        Strided sources = before(axis, in), targets = before(axis, out);
        MemorySegment from = in.storage().segment(), to = out.storage().segment(), numbers = index.storage().segment();
        long sourceStride = in.strides()[axis] * 4, targetStride = out.strides()[axis] * 4, indexStride = index.strides()[axis] * 8;
        Parallel.range(outer * pieces, Math.max(1, GRAIN / (rows * COLUMNS * 4)), (first, last) -> {
            float[] sum = new float[COLUMNS], more = new float[COLUMNS];
            for (long i = first; i < last; i++) {
                long column = i % pieces * COLUMNS, source = sources.byteOffset(i / pieces) + column * 4, target = targets.byteOffset(i / pieces) + column * 4;
                int n = (int) Math.min(COLUMNS, elements - column);
                for (long row = 0; row < rows; row++) {
                    long at = target + Indexing.inRange("scatter", numbers.get(Elements.LONG, index.byteOffset() + row * indexStride), axis, out) * targetStride;
                    MemorySegment.copy(from, Elements.FLOAT, source + row * sourceStride, more, 0, n);
                    MemorySegment.copy(to, Elements.FLOAT, at, sum, 0, n);
                    for (int c = 0; c < n; c++) sum[c] += more[c];
                    MemorySegment.copy(sum, 0, to, Elements.FLOAT, at, n);
                }
            }
        });
        return true;
    }

    private static boolean oneIndexARow(int axis, View index) {
        for (int i = 0; i < index.shape().length; i++) if (i != axis && index.shape()[i] != 1 && index.strides()[i] != 0) return false;
        return true;
    }

    private static boolean contiguousBehind(int axis, View view) {
        int rank = view.shape().length;
        return View.isContiguous(Arrays.copyOfRange(view.shape(), axis + 1, rank), Arrays.copyOfRange(view.strides(), axis + 1, rank));
    }

    /** Walks the axes before {@code axis}. */
    private static Strided before(int axis, View view) { return Strided.of(view.with(Arrays.copyOf(view.shape(), axis), Arrays.copyOf(view.strides(), axis)))[0]; }
}
