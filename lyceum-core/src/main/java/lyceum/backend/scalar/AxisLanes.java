package lyceum.backend.scalar;

import lyceum.backend.View;

/** The lanes of some views along an axis: every combination of the other axes' indices, each {@code length} elements that lie {@code stride} bytes apart. */
public record AxisLanes(Strided[] start, long count, long length, long[] stride) {
    /** Of views whose shapes differ along the axis at most; the length is the first one's. */
    public static AxisLanes of(int axis, View... views) {
        var starts = new View[views.length];
        var stride = new long[views.length];
        long[] shape = null;
        for (int v = 0; v < views.length; v++) {
            shape = drop(views[v].shape(), axis);
            starts[v] = views[v].with(shape, drop(views[v].strides(), axis));
            stride[v] = views[v].strides()[axis] * views[v].dtype().bytes();
        }
        return new AxisLanes(Strided.of(starts), View.size(shape), views[0].shape()[axis], stride);
    }

    private static long[] drop(long[] values, int axis) {
        var rest = new long[values.length - 1];
        for (int i = 0, at = 0; i < values.length; i++) if (i != axis) rest[at++] = values[i];
        return rest;
    }

    /** Byte of view {@code v}'s segment at which lane {@code lane} begins. */
    public long at(int v, long lane) { return start[v].byteOffset(lane); }
}
