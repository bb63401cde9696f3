package lyceum.backend;

import lyceum.DType;
import lyceum.memory.Storage;

/**
 * A strided window on memory: all that a kernel needs to know of a tensor.
 *
 * @param offset of the first element, in elements from the storage's base
 * @param strides in elements; 0 repeats, negative walks backwards
 */
public record View(DType dtype, Storage storage, long offset, long[] shape, long[] strides) {

    /** Number of elements. */
    public long size() { return size(shape); }

    public static long size(long[] shape) {
        long n = 1;
        for (long s : shape) n *= s;
        return n;
    }

    /** True if elements follow one another in row-major order without gaps. */
    public boolean isContiguous() { return isContiguous(shape, strides); }

    public static boolean isContiguous(long[] shape, long[] strides) {
        long expected = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            if (shape[i] == 0) return true;
            if (shape[i] != 1 && strides[i] != expected) return false;
            expected *= shape[i];
        }
        return true;
    }

    /** True if two of the elements may lie on one another, as those of a stretched view do; never for views that slices and permutations make. */
    public boolean mayOverlapItself() {
        if (isContiguous()) return false;
        var met = new boolean[shape.length];
        long reach = 0;
        for (int axis = closest(met); axis >= 0; axis = closest(met)) {
            if (Math.abs(strides[axis]) <= reach || strides[axis] == 0) return true;
            reach += Math.abs(strides[axis]) * (shape[axis] - 1);
            met[axis] = true;
        }
        return false;
    }

    /** The axis of several elements with the least stride among those not met, or -1. */
    private int closest(boolean[] met) {
        int best = -1;
        for (int i = 0; i < shape.length; i++)
            if (shape[i] > 1 && !met[i] && (best < 0 || Math.abs(strides[i]) < Math.abs(strides[best]))) best = i;
        return best;
    }

    /** Row-major strides of {@code shape}. */
    public static long[] contiguousStrides(long[] shape) {
        var strides = new long[shape.length];
        long stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= Math.max(1, shape[i]);
        }
        return strides;
    }

    /** Byte address of the first element within {@link Storage#segment()}. */
    public long byteOffset() { return storage.base() + offset * dtype.bytes(); }

    /** Where the first element lies in memory, for native code; the view must stay reachable for as long as that runs. */
    public long address() { return address(byteOffset()); }

    /** Where byte {@code at} of {@link Storage#segment()} lies in memory; {@link #byteOffset} counts in those, as whoever adds strides to it does. */
    public long address(long at) { return storage.segment().address() + at; }

    public View with(long[] shape, long[] strides) { return new View(dtype, storage, offset, shape, strides); }
}
