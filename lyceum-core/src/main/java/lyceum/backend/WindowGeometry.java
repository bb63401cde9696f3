package lyceum.backend;

import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;

/**
 * Sizes of a convolution or pooling over exactly three spatial axes; fewer are preceded by axes of size 1. Arrays have one number an axis.
 *
 * @param batch number of examples
 * @param inputs channels of x, {@code outputs} those of y; a group has {@code inputs / groups} and {@code outputs / groups}
 * @param in sizes of x
 * @param kernel sizes of the window
 * @param out sizes of y
 */
public record WindowGeometry(int batch, int inputs, int outputs, int groups, int[] in, int[] kernel, int[] out, int[] stride, int[] before,
        int[] dilation) {
    private static final int AXES = 3;

    /** A stretch of one line: elements {@code x + i * stride} of the input and {@code y + i} of the output meet for i below n. */
    @FunctionalInterface
    public interface Line {
        void visit(int x, int y, int n);
    }

    /**
     * @param how {@linkplain Convolution#over spread} over the spatial axes
     * @throws ShapeException if a size, or a channel's volume or an axis with its padding, is beyond int
     */
    public static WindowGeometry of(Convolution how, long[] x, long[] weight, long[] y) {
        int[] stride = spread(how.stride(), 1), before = spread(how.before(), 0), dilation = spread(how.dilation(), 1);
        check("conv", x, weight, y, stride, before, dilation);
        return new WindowGeometry((int) x[0], (int) x[1], (int) y[1], how.groups(), spatial(x), spatial(weight), spatial(y), stride, before,
                dilation);
    }

    /** The same. @param how {@linkplain Pooling#over spread} over the spatial axes */
    public static WindowGeometry of(Pooling how, long[] x, long[] y) {
        int[] window = spread(how.window(), 1), stride = spread(how.stride(), 1), before = spread(how.padding(), 0),
                dilation = spread(how.dilation(), 1);
        check("pooling", x, new long[] {1, 1, window[0], window[1], window[2]}, y, stride, before, dilation);
        return new WindowGeometry((int) x[0], (int) x[1], (int) x[1], Math.max(1, (int) x[1]), spatial(x), window, spatial(y), stride,
                before, dilation);
    }

    /** Positions within a channel are ints, those in the padding included. */
    private static void check(String operation, long[] x, long[] window, long[] y, int[] stride, int[] before, int[] dilation) {
        double most = 0;
        for (var shape : new long[][] {x, window, y}) {
            double volume = 1;
            for (int i = 0; i < shape.length; i++) {
                most = Math.max(most, shape[i]);
                if (i >= 2) volume *= shape[i];
            }
            most = Math.max(most, volume);
        }
        int first = AXES + 2 - x.length; // of the axes that there are
        for (int axis = first; axis < AXES; axis++) {
            double in = x[axis - first + 2] + (double) before[axis], reach = (window[window.length - AXES + axis] - 1.0) * dilation[axis];
            most = Math.max(most, Math.max(in, y[axis - first + 2] * (double) stride[axis] + reach));
        }
        if (most > Integer.MAX_VALUE) throw new ShapeException(operation + ": input " + Arrays.toString(x) + " and result "
                + Arrays.toString(y) + " under a window " + Arrays.toString(Arrays.copyOfRange(window, 2, window.length))
                + "; each size, a channel's volume and an axis with its padding are at most " + Integer.MAX_VALUE
                + ": cut the input into parts");
    }

    private static int[] spatial(long[] shape) {
        var sizes = new int[] {1, 1, 1};
        for (int i = 2; i < shape.length; i++) sizes[AXES - shape.length + i] = (int) shape[i];
        return sizes;
    }

    private static int[] spread(List<Integer> values, int absent) {
        var sizes = new int[] {absent, absent, absent};
        for (int i = 0; i < values.size(); i++) sizes[AXES - values.size() + i] = values.get(i);
        return sizes;
    }

    public int inputsPerGroup() { return inputs / groups; }

    public int outputsPerGroup() { return outputs / groups; }

    /** Elements of a channel of x. */
    public int inVolume() { return volume(in); }

    public int outVolume() { return volume(out); }

    /** Elements of the window. */
    public int taps() { return volume(kernel); }

    private static int volume(int[] sizes) { return sizes[0] * sizes[1] * sizes[2]; }

    /** Place of a tap along an axis; taps are numbered in row-major order. */
    public int tap(int axis, int tap) {
        return switch (axis) {
            case 0 -> tap / (kernel[1] * kernel[2]);
            case 1 -> tap / kernel[2] % kernel[1];
            default -> tap % kernel[2];
        };
    }

    /** Position in x that output {@code i} reads through a tap; outside {@code 0 .. in - 1} is padding. */
    public int source(int axis, int tap, int i) { return i * stride[axis] + tap * dilation[axis] - before[axis]; }

    /** First output of an axis that the tap leads into x. */
    public int first(int axis, int tap) {
        int missing = before[axis] - tap * dilation[axis];
        return missing <= 0 ? 0 : Math.min(out[axis], (missing + stride[axis] - 1) / stride[axis]);
    }

    /** One past the last output of an axis that the tap leads into x; never before {@link #first}. */
    public int end(int axis, int tap) {
        int room = in[axis] - 1 + before[axis] - tap * dilation[axis];
        return room < 0 ? first(axis, tap) : Math.max(first(axis, tap), Math.min(out[axis], room / stride[axis] + 1));
    }

    /** Every pair of an input and an output that meet at {@code tap}, line by line in row-major order, as offsets within their channels. */
    public void lines(int tap, Line line) {
        int t0 = tap(0, tap), t1 = tap(1, tap), t2 = tap(2, tap), from = first(2, t2), n = end(2, t2) - from;
        if (n <= 0) return;
        for (int i = first(0, t0); i < end(0, t0); i++) {
            for (int j = first(1, t1); j < end(1, t1); j++) {
                line.visit((source(0, t0, i) * in[1] + source(1, t1, j)) * in[2] + source(2, t2, from), (i * out[1] + j) * out[2] + from,
                        n);
            }
        }
    }
}
