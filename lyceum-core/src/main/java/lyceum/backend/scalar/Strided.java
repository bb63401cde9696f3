package lyceum.backend.scalar;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.View;

/**
 * Walks views of one shape by the row-major number of their elements. Axes that follow one another without a gap in every view are merged
 * first, so that contiguous operands are a single run.
 */
public final class Strided {
    /** Loads or stores a run of elements that lie {@code stride} apart. */
    @FunctionalInterface
    private interface Run {
        void move(long byteOffset, long stride, int start, int n);
    }

    private static final long[] UNIT = {1};

    private final View view;
    private final long start;
    private final boolean contiguous;
    private final MemorySegment segment;
    private final long[] shape;
    private final long[] strides;

    private Strided(View view, long[] shape, long[] strides) {
        this.view = view;
        this.segment = view.storage().segment();
        this.shape = shape;
        this.strides = strides;
        this.start = view.byteOffset();
        this.contiguous = shape.length == 1 && strides[0] == 1;
    }

    /** True if the view holds one value for a whole row of {@code columns} elements. */
    boolean repeatsAlong(long columns) { return strides[strides.length - 1] == 0 && shape[shape.length - 1] % columns == 0; }

    DType dtype() { return view.dtype(); }

    /** One walker a view. */
    static Strided[] of(View... views) {
        var walkers = new Strided[views.length];
        if (allContiguous(views)) {
            long[] shape = {views[0].size()};
            for (int v = 0; v < views.length; v++) walkers[v] = new Strided(views[v], shape, UNIT);
            return walkers;
        }
        int rank = views[0].shape().length;
        var shape = views[0].shape();
        var merged = new long[Math.max(1, rank)];
        var strides = new long[views.length][Math.max(1, rank)];
        int last = -1;
        for (int axis = 0; axis < rank; axis++) {
            if (shape[axis] == 1) continue;
            if (last >= 0 && follows(views, strides, last, axis)) {
                merged[last] *= shape[axis];
            } else {
                merged[++last] = shape[axis];
            }
            for (int v = 0; v < views.length; v++) strides[v][last] = views[v].strides()[axis];
        }
        if (last < 0) merged[last = 0] = 1;
        var trimmed = Arrays.copyOf(merged, last + 1);
        for (int v = 0; v < views.length; v++) walkers[v] = new Strided(views[v], trimmed, Arrays.copyOf(strides[v], last + 1));
        return walkers;
    }

    private static boolean allContiguous(View[] views) {
        for (var view : views) if (!view.isContiguous()) return false;
        return true;
    }

    private static boolean follows(View[] views, long[][] strides, int last, int axis) {
        for (int v = 0; v < views.length; v++) if (strides[v][last] != views[v].strides()[axis] * views[v].shape()[axis]) return false;
        return true;
    }

    private void walk(long first, int n, Run run) {
        int inner = shape.length - 1;
        int bytes = view.dtype().bytes();
        long innerSize = shape[inner], stride = strides[inner];
        long at = first, done = 0;
        while (done < n) {
            long rest = at / innerSize, column = at % innerSize;
            long offset = column * stride;
            for (int axis = inner - 1; axis >= 0; axis--) {
                offset += rest % shape[axis] * strides[axis];
                rest /= shape[axis];
            }
            int length = (int) Math.min(n - done, innerSize - column);
            run.move(start + offset * bytes, stride, (int) done, length);
            done += length;
            at += length;
        }
    }

    void load(long first, int n, float[] to) {
        if (contiguous) {
            Elements.load(dtype(), segment, start + first * dtype().bytes(), 1, to, 0, n);
            return;
        }
        walk(first, n, (at, stride, start, length) -> {
            if (stride != 0 || length == 1) {
                Elements.load(dtype(), segment, at, stride, to, start, length);
            } else {
                Elements.load(dtype(), segment, at, 1, to, start, 1);
                Arrays.fill(to, start, start + length, to[start]);
            }
        });
    }

    void load(long first, int n, double[] to) {
        if (contiguous) Elements.load(dtype(), segment, start + first * dtype().bytes(), 1, to, 0, n);
        else walk(first, n, (at, stride, start, length) -> Elements.load(dtype(), segment, at, stride, to, start, length));
    }

    void load(long first, int n, int[] to) {
        if (contiguous) Elements.load(dtype(), segment, start + first * dtype().bytes(), 1, to, 0, n);
        else walk(first, n, (at, stride, start, length) -> Elements.load(dtype(), segment, at, stride, to, start, length));
    }

    void load(long first, int n, long[] to) {
        if (contiguous) Elements.load(dtype(), segment, start + first * dtype().bytes(), 1, to, 0, n);
        else walk(first, n, (at, stride, start, length) -> Elements.load(dtype(), segment, at, stride, to, start, length));
    }

    void store(float[] from, long first, int n) {
        if (contiguous) Elements.store(dtype(), from, 0, segment, start + first * dtype().bytes(), 1, n);
        else walk(first, n, (at, stride, start, length) -> Elements.store(dtype(), from, start, segment, at, stride, length));
    }

    void store(double[] from, long first, int n) {
        if (contiguous) Elements.store(dtype(), from, 0, segment, start + first * dtype().bytes(), 1, n);
        else walk(first, n, (at, stride, start, length) -> Elements.store(dtype(), from, start, segment, at, stride, length));
    }

    void store(int[] from, long first, int n) {
        if (contiguous) Elements.store(dtype(), from, 0, segment, start + first * dtype().bytes(), 1, n);
        else walk(first, n, (at, stride, start, length) -> Elements.store(dtype(), from, start, segment, at, stride, length));
    }

    void store(long[] from, long first, int n) {
        if (contiguous) Elements.store(dtype(), from, 0, segment, start + first * dtype().bytes(), 1, n);
        else walk(first, n, (at, stride, start, length) -> Elements.store(dtype(), from, start, segment, at, stride, length));
    }

    /** Byte offset of element {@code index} within {@link #segment()}. */
    long byteOffset(long index) {
        long offset = 0;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            offset += index % shape[axis] * strides[axis];
            index /= shape[axis];
        }
        return start + offset * view.dtype().bytes();
    }

    MemorySegment segment() { return segment; }

    double getDouble(long index) { return Elements.getDouble(dtype(), segment, byteOffset(index)); }

    long getLong(long index) { return Elements.getLong(dtype(), segment, byteOffset(index)); }

    void set(long index, double value) { Elements.set(dtype(), segment, byteOffset(index), value); }

    void set(long index, long value) { Elements.set(dtype(), segment, byteOffset(index), value); }
}
