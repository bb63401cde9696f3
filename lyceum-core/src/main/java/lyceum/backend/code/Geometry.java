package lyceum.backend.code;

import java.util.Arrays;
import lyceum.backend.Program;
import lyceum.backend.View;

/**
 * Operands of one shape as a kernel walks them: outer axes, rows, and elements of a row. Axes that follow one another without a gap in every operand
 * are one; in a row program the last axis stays the row.
 */
public final class Geometry {
    /** How an operand lies along a row: elements one after another; one element for the whole row; elements at another distance. */
    public static final byte CONTIGUOUS = 0, ONE = 1, STRIDED = 2;

    /** Elements of a row, rows of a slab, slabs. */
    public final long columns, rows, slabs;
    public final byte[] kinds;
    /** For each operand: address of the first element, bytes between rows, distance of elements. */
    public final long[] addresses, rowBytes, distances;
    private final View[] views;
    private final long[] outerShape;
    /** Of each operand so many as there are outer axes. */
    private final long[] outerStrides;

    /** @param sizes the shape, then the strides of each operand, {@code width} of each of which {@code axes} count */
    private Geometry(View[] views, long[] sizes, int width, int axes) {
        this.views = views;
        int n = views.length, outer = Math.max(0, axes - 2);
        columns = axes > 0 ? sizes[axes - 1] : 1;
        rows = axes > 1 ? sizes[axes - 2] : 1;
        outerShape = outer > 0 ? Arrays.copyOf(sizes, outer) : NO_AXES;
        slabs = View.size(outerShape);
        outerStrides = outer > 0 ? new long[n * outer] : NO_AXES;
        kinds = new byte[n];
        addresses = new long[n];
        rowBytes = new long[n];
        distances = new long[n];
        for (int v = 0; v < n; v++) {
            var view = views[v];
            int strides = (1 + v) * width;
            addresses[v] = view.address();
            distances[v] = axes > 0 ? sizes[strides + axes - 1] : 1;
            rowBytes[v] = axes > 1 ? sizes[strides + axes - 2] * view.dtype().bytes() : 0;
            System.arraycopy(sizes, strides, outerStrides, v * outer, outer);
            kinds[v] = distances[v] == 1 || columns == 1 && distances[v] != 0 ? CONTIGUOUS : distances[v] == 0 ? ONE : STRIDED;
        }
    }

    private static final long[] NO_AXES = {};
    /** A thread's sizes on their way: most operands end as rows, which keep nothing of them. */
    private static final ThreadLocal<long[]> SIZES = ThreadLocal.withInitial(() -> new long[64]);

    private static long[] sizes(int count) {
        var sizes = SIZES.get();
        return sizes.length >= count ? sizes : new long[count];
    }

    /** True if the operand has an address: not one in a Java array, nor in memory that has been closed, which another backend will name. */
    public static boolean isAddressable(View view) {
        var segment = view.storage().segment();
        return segment.isNative() && segment.scope().isAlive();
    }

    /** Null if machine code cannot reach an operand. */
    public static Geometry of(Program program, View[] inputs, View[] outputs) {
        for (var view : inputs) if (!isAddressable(view)) return null;
        for (var view : outputs) if (!isAddressable(view)) return null;
        var views = new View[inputs.length + outputs.length];
        System.arraycopy(inputs, 0, views, 0, inputs.length);
        System.arraycopy(outputs, 0, views, inputs.length, outputs.length);
        var given = views[0].shape();
        boolean keepsRows = program.isRowProgram();
        int width = given.length + 1, last = -1;
        var sizes = sizes((1 + views.length) * width); // the shape, then each operand's strides
        for (int axis = 0; axis < given.length; axis++) {
            boolean isRow = keepsRows && axis == given.length - 1;
            if (given[axis] == 1 && !isRow) continue;
            if (last >= 0 && !isRow && follows(views, sizes, width, last, axis)) sizes[last] *= given[axis];
            else sizes[++last] = given[axis];
            for (int v = 0; v < views.length; v++) sizes[(1 + v) * width + last] = views[v].strides()[axis];
        }
        return new Geometry(views, sizes, width, last + 1);
    }

    private static boolean follows(View[] views, long[] sizes, int width, int last, int axis) {
        for (int v = 0; v < views.length; v++)
            if (sizes[(1 + v) * width + last] != views[v].strides()[axis] * views[v].shape()[axis]) return false;
        return true;
    }

    /** Address of operand {@code v} in a slab, a row and a column. */
    public long address(int v, long slab, long row, long column) {
        long offset = 0;
        int bytes = views[v].dtype().bytes();
        for (int axis = outerShape.length - 1; axis >= 0; axis--) {
            offset += slab % outerShape[axis] * outerStrides[v * outerShape.length + axis];
            slab /= outerShape[axis];
        }
        return addresses[v] + (offset + column * distances[v]) * bytes + row * rowBytes[v];
    }

    /** True if all rows of a slab read the same elements of an operand. */
    public boolean sharesRow() {
        for (int v = 0; v < kinds.length; v++) if (kinds[v] == CONTIGUOUS && rowBytes[v] == 0) return true;
        return false;
    }

    /** True if no other operand shares the memory of operand {@code v}. */
    public boolean isApart(int v) {
        var own = views[v].storage().segment();
        for (int other = 0; other < views.length; other++) {
            var segment = views[other].storage().segment();
            if (other != v && own.address() < segment.address() + segment.byteSize() && segment.address() < own.address() + own.byteSize())
                return false;
        }
        return true;
    }

    /** False if a round's distances are beyond what a gather can hold. */
    public boolean fitsGather() {
        for (int v = 0; v < kinds.length; v++) if (kinds[v] == STRIDED && Math.abs(distances[v]) >= 1L << 26) return false;
        return true;
    }
}
