package lyceum.backend;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * How a kernel slides over 1 to 3 spatial axes. A list of one number holds for all axes.
 *
 * <p>Output position {@code i} of an axis is the sum over taps {@code t} of {@code weight[t] * x[i * stride + t * dilation - before]}, where x is
 * 0 outside, or what {@code mode} puts there. An input of size n under a kernel of size k gives {@code (n + before + after - dilation (k - 1)
 * - 1) / stride + 1} positions, rounded down.
 *
 * {@snippet :
 * x.conv(weight, bias, new Convolution().withStride(2).withPadding(1));
 * }
 *
 * @param stride between neighbouring positions, at least 1
 * @param before elements put before the first one of each axis, {@code after} those behind the last
 * @param dilation between neighbouring taps, at least 1
 * @param outputPadding of a transposed convolution alone: how many more elements it gives than the smallest input that would lead there; below
 *        the stride or the dilation
 * @param groups channels are cut into so many groups that do not see each other; as many as channels make it depthwise
 * @param mode what the padding holds; a transposed convolution knows zeros only
 */
public record Convolution(List<Integer> stride, List<Integer> before, List<Integer> after, List<Integer> dilation,
        List<Integer> outputPadding, int groups, PadMode mode) {

    public Convolution {
        stride = atLeast("stride", 1, stride);
        before = atLeast("padding", 0, before);
        after = atLeast("padding", 0, after);
        dilation = atLeast("dilation", 1, dilation);
        outputPadding = atLeast("outputPadding", 0, outputPadding);
        Objects.requireNonNull(mode, "mode");
        if (groups < 1) throw new IllegalArgumentException("convolution: groups is " + groups + "; it is at least 1");
    }

    /** Stride 1, no padding, dilation 1, one group. */
    public Convolution() { this(List.of(1), List.of(0), List.of(0), List.of(1), List.of(0), 1, PadMode.ZEROS); }

    /** One number for all axes, or one an axis; likewise below. */
    public Convolution withStride(int... stride) {
        return new Convolution(list(stride), before, after, dilation, outputPadding, groups, mode);
    }

    /** The same on both sides. */
    public Convolution withPadding(int... padding) {
        return new Convolution(stride, list(padding), list(padding), dilation, outputPadding, groups, mode);
    }

    public Convolution withPadding(int[] before, int[] after) {
        return new Convolution(stride, list(before), list(after), dilation, outputPadding, groups, mode);
    }

    public Convolution withDilation(int... dilation) {
        return new Convolution(stride, before, after, list(dilation), outputPadding, groups, mode);
    }

    public Convolution withOutputPadding(int... outputPadding) {
        return new Convolution(stride, before, after, dilation, list(outputPadding), groups, mode);
    }

    public Convolution withGroups(int groups) { return new Convolution(stride, before, after, dilation, outputPadding, groups, mode); }

    /** What the padding holds. */
    public Convolution withMode(PadMode mode) { return new Convolution(stride, before, after, dilation, outputPadding, groups, mode); }

    /**
     * Padding under which a kernel of that size gives as many outputs as inputs at stride 1; an odd remainder goes behind.
     *
     * @throws IllegalArgumentException at a stride above 1
     */
    public Convolution withSamePadding(int... kernel) {
        for (int s : stride)
            if (s != 1) throw new IllegalArgumentException("convolution: padding \"same\" needs stride 1; it is " + stride);
        var front = new int[kernel.length];
        var back = new int[kernel.length];
        for (int i = 0; i < kernel.length; i++) {
            int total = (kernel[i] - 1) * each("dilation", dilation, kernel.length).get(i);
            front[i] = total / 2;
            back[i] = total - total / 2;
        }
        return withPadding(front, back);
    }

    /** The same with a number for each of so many axes. @throws IllegalArgumentException if a list has another length */
    public Convolution over(int axes) {
        return new Convolution(each("stride", stride, axes), each("padding", before, axes), each("padding", after, axes),
                each("dilation", dilation, axes), each("outputPadding", outputPadding, axes), groups, mode);
    }

    static List<Integer> each(String what, List<Integer> values, int axes) {
        if (values.size() == axes) return values;
        if (values.size() != 1)
            throw new IllegalArgumentException(what + " " + values + " for " + axes + " spatial axes; give one number, or one an axis");
        return Collections.nCopies(axes, values.getFirst());
    }

    static List<Integer> list(int... values) {
        var list = new ArrayList<Integer>(values.length);
        for (int value : values) list.add(value);
        return list;
    }

    static List<Integer> atLeast(String what, int least, List<Integer> values) {
        if (values.isEmpty()) throw new IllegalArgumentException(what + " has no numbers; give one, or one an axis");
        for (int value : values)
            if (value < least) throw new IllegalArgumentException(what + " is " + values + "; it is at least " + least);
        return List.copyOf(values);
    }
}
