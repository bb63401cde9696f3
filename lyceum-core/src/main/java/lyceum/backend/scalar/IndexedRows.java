package lyceum.backend.scalar;

import java.util.Arrays;
import lyceum.backend.View;

/**
 * A table and rows that belong to some of its rows: one index for all that stands behind the axis, as in an embedding and its gradient.
 *
 * @param elements of a row
 * @param rows that have an index
 * @param outer combinations of the axes before
 */
public record IndexedRows(View table, View index, View dense, int axis, long elements, long rows, long outer, Strided tables,
        Strided denses) {
    /** Null if rows are not contiguous or their elements have indices of their own. */
    public static IndexedRows of(View table, int axis, View index, View dense) {
        if (!oneIndexARow(axis, index) || !contiguousBehind(axis, table) || !contiguousBehind(axis, dense)) return null;
        long elements = View.size(Arrays.copyOfRange(table.shape(), axis + 1, table.shape().length)),
                outer = View.size(Arrays.copyOf(table.shape(), axis));
        return new IndexedRows(table, index, dense, axis, elements, dense.shape()[axis], outer, before(axis, table), before(axis, dense));
    }

    /** Bytes of a row. */
    public long bytes() { return elements * table.dtype().bytes(); }

    public long tableStride() { return table.strides()[axis] * table.dtype().bytes(); }

    public long denseStride() { return dense.strides()[axis] * dense.dtype().bytes(); }

    public long indexStride() { return index.strides()[axis] * 8; }

    /** Byte of the table's segment at which combination {@code o} of the axes before begins. */
    public long tableAt(long o) { return tables.byteOffset(o); }

    public long denseAt(long o) { return denses.byteOffset(o); }

    private static boolean oneIndexARow(int axis, View index) {
        for (int i = 0; i < index.shape().length; i++) if (i != axis && index.shape()[i] != 1 && index.strides()[i] != 0) return false;
        return true;
    }

    private static boolean contiguousBehind(int axis, View view) {
        int rank = view.shape().length;
        return View.isContiguous(Arrays.copyOfRange(view.shape(), axis + 1, rank), Arrays.copyOfRange(view.strides(), axis + 1, rank));
    }

    /** Walks the axes before {@code axis}. */
    private static Strided before(int axis, View view) {
        return Strided.of(view.with(Arrays.copyOf(view.shape(), axis), Arrays.copyOf(view.strides(), axis)))[0];
    }
}
