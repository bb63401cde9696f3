package lyceum.backend;

import java.util.List;
import lyceum.withers.Withers;

/**
 * Windows over 1 to 3 spatial axes whose elements become one. A list of one number holds for all axes.
 *
 * {@snippet :
 * x.maxPool(new Pooling(3).withStride(2).withPadding(1));
 * }
 *
 * @param window size of each window
 * @param stride between neighbouring windows; as large as the window by default
 * @param padding on both sides: never a maximum, and zeros in an average; at most half of the window
 * @param dilation between neighbouring elements of a window; averages need 1
 * @param ceil true if a last window that begins inside the input (or the padding before it) but does not fit counts too, were it the only one
 * @param countPadding true if an average divides by the elements of the padding also, as PyTorch does by default
 */
@Withers
public record Pooling(List<Integer> window, List<Integer> stride, List<Integer> padding, List<Integer> dilation, boolean ceil,
        boolean countPadding) implements PoolingWithers {

    public Pooling {
        window = Convolution.atLeast("window", 1, window);
        stride = Convolution.atLeast("stride", 1, stride);
        padding = Convolution.atLeast("padding", 0, padding);
        dilation = Convolution.atLeast("dilation", 1, dilation);
        for (int i = 0; i < Math.max(window.size(), padding.size()); i++) {
            int size = window.get(Math.min(i, window.size() - 1)), most = padding.get(Math.min(i, padding.size() - 1));
            if (most > size / 2) throw new IllegalArgumentException(
                    "pooling: padding " + padding + " of window " + window + "; it is at most half of the window");
        }
    }

    /** Windows side by side; one number for all axes, or one an axis; likewise below. */
    public Pooling(int... window) { this(Convolution.list(window), Convolution.list(window), List.of(0), List.of(1), false, true); }

    public Pooling withStride(int... stride) {
        return new Pooling(window, Convolution.list(stride), padding, dilation, ceil, countPadding);
    }

    public Pooling withPadding(int... padding) {
        return new Pooling(window, stride, Convolution.list(padding), dilation, ceil, countPadding);
    }

    public Pooling withDilation(int... dilation) {
        return new Pooling(window, stride, padding, Convolution.list(dilation), ceil, countPadding);
    }

    /** The same with a number for each of so many axes. @throws IllegalArgumentException if a list has another length */
    public Pooling over(int axes) {
        return new Pooling(Convolution.each("window", window, axes), Convolution.each("stride", stride, axes),
                Convolution.each("padding", padding, axes), Convolution.each("dilation", dilation, axes), ceil, countPadding);
    }

    /** Number of windows along an axis of {@code size} elements; the record is {@link #over} its axes. Not positive if none fits. */
    public long outputs(int axis, long size) {
        long padded = size + 2L * padding.get(axis), reach = (window.get(axis) - 1L) * dilation.get(axis) + 1, step = stride.get(axis);
        long count = Math.floorDiv(padded - reach + (ceil ? step - 1 : 0), step) + 1;
        return ceil && (count - 1) * step >= size + padding.get(axis) ? count - 1 : count;
    }

    /** How many elements of each window a mean divides by: those of the input, or of the input with its padding (a last window may reach beyond even that). */
    public double[] counts(WindowGeometry g) {
        var counts = new double[g.outVolume()];
        for (int j = 0; j < counts.length; j++) {
            int[] place = {j / (g.out()[1] * g.out()[2]), j / g.out()[2] % g.out()[1], j % g.out()[2]};
            counts[j] = 1;
            for (int axis = 0; axis < 3; axis++) {
                int beyond = countPadding ? g.before()[axis] : 0, start = place[axis] * g.stride()[axis] - g.before()[axis];
                counts[j] *= Math.min(start + g.kernel()[axis], g.in()[axis] + beyond) - Math.max(start, -beyond);
            }
        }
        return counts;
    }
}
