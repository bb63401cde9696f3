package lyceum.tensor;

import java.util.Arrays;
import lyceum.DType;

/** Dense doubles in row-major order and nothing clever: what the property tests hold tensors against. */
record Naive(long[] shape, double[] data) {

    static Naive of(long... shape) { return new Naive(shape, new double[(int) count(shape)]); }

    static Naive of(Tensor x) { return new Naive(x.shape().toArray(), x.to(DType.F64).toDoubleArray()); }

    static long count(long[] shape) { return Arrays.stream(shape).reduce(1, (a, b) -> a * b); }

    int rank() { return shape.length; }

    double at(long[] index) {
        long i = 0;
        for (int a = 0; a < shape.length; a++) i = i * shape[a] + index[a];
        return data[(int) i];
    }

    /** Index from the index of the result. */
    interface Map {
        long[] from(long[] index);
    }

    /** A new array of {@code shape} whose elements are those at the mapped indices. */
    Naive map(long[] shape, Map map) {
        var result = of(shape);
        var index = new long[shape.length];
        for (int i = 0; i < result.data.length; i++) {
            result.data[i] = at(map.from(index));
            next(index, shape);
        }
        return result;
    }

    /** Counts up {@code index} in row-major order. */
    static void next(long[] index, long[] shape) {
        for (int a = shape.length - 1; a >= 0; a--) {
            if (++index[a] < shape[a]) return;
            index[a] = 0;
        }
    }

    static long[] with(long[] values, int at, long value) {
        var changed = values.clone();
        changed[at] = value;
        return changed;
    }

    /** Ones, and {@code value} at one place. */
    static long[] only(int rank, int at, long value) {
        var sizes = new long[rank];
        Arrays.fill(sizes, 1);
        sizes[at] = value;
        return sizes;
    }

    static double[] running(double[] values) {
        var sums = values.clone();
        for (int i = 1; i < sums.length; i++) sums[i] += sums[i - 1];
        return sums;
    }

    Naive permute(int... order) {
        var sizes = new long[order.length];
        for (int i = 0; i < order.length; i++) sizes[i] = shape[order[i]];
        return map(sizes, index -> {
            var from = new long[order.length];
            for (int i = 0; i < order.length; i++) from[order[i]] = index[i];
            return from;
        });
    }

    Naive slice(int axis, long start, long count, long step) {
        return map(with(shape, axis, count), i -> with(i, axis, start + i[axis] * step));
    }

    Naive flip(int axis) { return map(shape, i -> with(i, axis, shape[axis] - 1 - i[axis])); }

    Naive reshape(long... sizes) { return new Naive(sizes, data); }

    Naive broadcast(long... sizes) {
        int extra = sizes.length - shape.length;
        return map(sizes, i -> {
            var from = new long[shape.length];
            for (int a = 0; a < from.length; a++) from[a] = shape[a] == 1 ? 0 : i[a + extra];
            return from;
        });
    }

    Naive diagonal(long k) {
        int r = shape.length;
        long n = Math.max(0, k >= 0 ? Math.min(shape[r - 2], shape[r - 1] - k) : Math.min(shape[r - 2] + k, shape[r - 1]));
        var sizes = Arrays.copyOf(shape, r - 1);
        sizes[r - 2] = n;
        return map(sizes, i -> {
            var from = Arrays.copyOf(i, r);
            from[r - 1] = i[r - 2] + Math.max(k, 0);
            from[r - 2] = i[r - 2] + Math.max(-k, 0);
            return from;
        });
    }

    Naive unfold(int axis, long size, long step) {
        var sizes = Arrays.copyOf(with(shape, axis, (shape[axis] - size) / step + 1), shape.length + 1);
        sizes[shape.length] = size;
        return map(sizes, i -> with(Arrays.copyOf(i, shape.length), axis, i[axis] * step + i[shape.length]));
    }

    /** All groups of elements that a reduction over {@code axes} combines, in the order of its results; elements row-major. */
    double[][] groups(boolean[] axes) {
        var kept = new long[shape.length];
        for (int a = 0; a < shape.length; a++) kept[a] = axes[a] ? 1 : shape[a];
        int groups = (int) count(kept), length = groups == 0 ? 0 : data.length / groups;
        var result = new double[groups][length];
        var filled = new int[groups];
        var index = new long[shape.length];
        for (double x : data) {
            int g = 0;
            for (int a = 0; a < shape.length; a++) if (!axes[a]) g = g * (int) shape[a] + (int) index[a];
            result[g][filled[g]++] = x;
            next(index, shape);
        }
        return result;
    }

    @Override public String toString() { return Arrays.toString(shape); }
}
