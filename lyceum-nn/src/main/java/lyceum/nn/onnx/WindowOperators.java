package lyceum.nn.onnx;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Convolutions and pooling: windows that slide. */
final class WindowOperators {
    static final String ROWS = "Conv 1, ConvTranspose 1, MaxPool 1, AveragePool 1, LpPool 1, GlobalAveragePool 1, GlobalMaxPool 1, GlobalLpPool 1, "
            + "MaxUnpool 9, Col2Im 18";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "Conv 1" -> c -> convolved(c, c.x(0), c.x(1), c.optional(2));
            case "ConvTranspose 1" -> WindowOperators::transposed;
            case "MaxPool 1" -> c -> new Pool(c, true).max();
            case "AveragePool 1" -> c -> new Pool(c, false).average();
            case "LpPool 1" -> c -> new Pool(c, false).norm(c.integer("p", 2));
            case "GlobalAveragePool 1" -> c -> c.x(0).mean(spatial(c.x(0)), true);
            case "GlobalMaxPool 1" -> c -> c.x(0).max(spatial(c.x(0)), true);
            case "GlobalLpPool 1" -> c -> norm(c.x(0), c.integer("p", 2), spatial(c.x(0)), true);
            case "MaxUnpool 9" -> WindowOperators::unpooled;
            case "Col2Im 18" -> WindowOperators::columnsToImage;
            default -> throw Operators.unknown(row);
        };
    }

    private WindowOperators() {}

    static int[] spatial(Tensor x) { return IntStream.range(2, x.rank()).toArray(); }

    private static Tensor norm(Tensor x, long p, int[] axes, boolean keep) {
        return x.abs().pow((double) p).sum(axes, keep).pow(1.0 / p).to(x.dtype());
    }

    /** Where windows lie: sizes, steps and what is added at the ends, of each spatial axis. */
    record Windows(int[] kernel, int[] strides, int[] dilations, int[] before, int[] after) {
        static Windows of(Call c, Tensor x, long[] kernel) {
            int n = x.rank() - 2;
            if (n < 1 || kernel.length != n)
                throw new IllegalArgumentException(kernel.length + " sizes of a kernel for shape " + x.shape());
            int[] k = ShapeOperators.ints(kernel), s = list(c, "strides", n), d = list(c, "dilations", n), before = new int[n],
                    after = new int[n];
            for (int i = 0; i < n; i++)
                if (k[i] < 1 || s[i] < 1 || d[i] < 1) throw new IllegalArgumentException(
                        "kernel " + Arrays.toString(k) + ", strides " + Arrays.toString(s) + ", dilations " + Arrays.toString(d));
            var pads = c.integers("pads", new long[2 * n]);
            if (pads.length != 2 * n) throw new IllegalArgumentException(pads.length + " pads for " + n + " spatial axes");
            var mode = c.text("auto_pad", "NOTSET");
            for (int i = 0; i < n; i++) {
                if (mode.startsWith("SAME")) {
                    long size = x.size(i + 2), total = Math.max(0, (Math.ceilDiv(size, s[i]) - 1) * s[i] + (k[i] - 1L) * d[i] + 1 - size);
                    before[i] = (int) (mode.equals("SAME_LOWER") ? total - total / 2 : total / 2);
                    after[i] = (int) (total - before[i]);
                } else if (!mode.equals("VALID")) {
                    before[i] = Math.toIntExact(pads[i]);
                    after[i] = Math.toIntExact(pads[i + n]);
                }
            }
            return new Windows(k, s, d, before, after);
        }

        private static int[] list(Call c, String name, int n) {
            var ones = ShapeOperators.ones(n);
            long[] values = c.integers(name, ones);
            if (values.length != n) throw new IllegalArgumentException(values.length + " " + name + " for " + n + " spatial axes");
            return ShapeOperators.ints(values);
        }

        int axes() { return kernel.length; }

        int reach(int axis) { return (kernel[axis] - 1) * dilations[axis] + 1; }
    }

    static Tensor convolved(Call c, Tensor x, Tensor weight, Tensor bias) { return convolved(c, x, weight, bias, null); }

    static Tensor convolved(Call c, Tensor x, Tensor weight, Tensor bias, Op activation) {
        var w = Windows.of(c, x, Arrays.copyOfRange(weight.shape().toArray(), 2, weight.rank()));
        var how = new Convolution().withStride(w.strides).withPadding(w.before, w.after).withDilation(w.dilations)
                .withGroups(Math.toIntExact(c.integer("group", 1)));
        return x.conv(weight, bias, how, activation);
    }

    private static Object transposed(Call c) {
        var x = c.x(0);
        var weight = c.x(1);
        int n = x.rank() - 2;
        var w = Windows.of(c, x, Arrays.copyOfRange(weight.shape().toArray(), 2, weight.rank()));
        int[] extra = ShapeOperators.ints(c.integers("output_padding", new long[n])), before = w.before.clone(), after = w.after.clone();
        var mode = c.text("auto_pad", "NOTSET");
        long[] wanted = c.sets("output_shape") ? c.integers("output_shape") : null;
        if (wanted != null && wanted.length > n) wanted = Arrays.copyOfRange(wanted, wanted.length - n, wanted.length);
        if (wanted != null || mode.startsWith("SAME")) for (int i = 0; i < n; i++) {
            long size = wanted != null ? wanted[i] : x.size(i + 2) * w.strides[i];
            int total = Math.toIntExact(w.strides[i] * (x.size(i + 2) - 1) + extra[i] + w.reach(i) - size), cut = Math.max(total, 0);
            before[i] = mode.equals("SAME_UPPER") ? cut / 2 : cut - cut / 2;
            after[i] = total - before[i];
        }
        var full = x.convTranspose(weight, c.optional(2),
                new Convolution().withStride(w.strides).withDilation(w.dilations).withGroups(Math.toIntExact(c.integer("group", 1))));
        for (int i = 0; i < n; i++) {
            long size = full.size(i + 2) + extra[i] - before[i] - after[i];
            // the zeros that output_padding adds hold the bias alone; they are made where the result reaches beyond what was spread
            long missing = before[i] + size - full.size(i + 2), ahead = -before[i];
            if (missing > 0 || ahead > 0) full = widened(full, c.optional(2), i + 2, Math.max(ahead, 0), Math.max(missing, 0));
            full = full.narrow(i + 2, Math.max(before[i], 0), size);
        }
        return full;
    }

    private static Tensor widened(Tensor x, Tensor bias, int axis, long before, long after) {
        if (bias == null) return x.pad(axis, before, after, 0);
        var b = NormOperators.channels(bias, x);
        return x.sub(b).pad(axis, before, after, 0).add(b);
    }

    /** Pooling by the windows' taps: as many slices of the padded input as a window has elements. */
    private static final class Pool {
        private final Call c;
        private final Tensor x;
        private final Windows w;
        private final int[] sizes;

        Pool(Call c, boolean largest) {
            this.c = c;
            this.x = c.x(0);
            this.w = Windows.of(c, x, c.integers("kernel_shape"));
            this.sizes = new int[w.axes()];
            boolean ceil = c.flag("ceil_mode"), same = c.text("auto_pad", "NOTSET").startsWith("SAME");
            for (int i = 0; i < sizes.length; i++) {
                long padded = x.size(i + 2) + w.before[i] + w.after[i] - w.reach(i);
                long size = (ceil && !same ? Math.ceilDiv(padded, (long) w.strides[i]) : Math.floorDiv(padded, (long) w.strides[i])) + 1;
                if (ceil && (size - 1) * w.strides[i] >= x.size(i + 2) + w.before[i]) size--;
                if (size < 1) throw new IllegalArgumentException("windows of " + w.reach(i) + " do not fit " + x.shape());
                sizes[i] = (int) size;
            }
        }

        /** The input with its padding and, behind it, as much as the last window reaches. */
        private Tensor wide(Tensor y, double value) {
            for (int i = 0; i < sizes.length; i++) {
                long reach = (sizes[i] - 1L) * w.strides[i] + w.reach(i);
                y = y.pad(i + 2, w.before[i], Math.max(0, reach - y.size(i + 2) - w.before[i]), value);
            }
            return y;
        }

        /** The elements that stand at one place of all windows. */
        private Tensor tap(Tensor wide, int tap) {
            for (int i = sizes.length - 1; i >= 0; i--) {
                long start = (long) tap % w.kernel[i] * w.dilations[i];
                tap /= w.kernel[i];
                wide = wide.slice(i + 2, start, start + (sizes[i] - 1L) * w.strides[i] + 1, w.strides[i]);
            }
            return wide;
        }

        private int taps() {
            int taps = 1;
            for (int k : w.kernel) taps = Math.multiplyExact(taps, k);
            if (taps > 1 << 20) throw new IllegalArgumentException("windows of " + taps + " elements");
            return taps;
        }

        private Tensor sum(Tensor y) {
            var wide = wide(y, 0);
            var sum = tap(wide, 0);
            for (int t = 1; t < taps(); t++) sum = sum.add(tap(wide, t));
            return sum;
        }

        Object max() {
            boolean integer = !x.dtype().isFloat();
            var y = integer ? x.to(DType.F64) : x;
            var wide = wide(y, Double.NEGATIVE_INFINITY);
            boolean places = c.outputs() > 1;
            var numbers = places ? wide(numbers(), -1) : null;
            var best = tap(wide, 0);
            var at = places ? tap(numbers, 0) : null;
            for (int t = 1; t < taps(); t++) {
                var next = tap(wide, t);
                if (places) at = next.gt(best).or(at.lt(0)).where(tap(numbers, t), at);
                best = best.maximum(next);
            }
            return new Object[] {best.to(x.dtype()), places ? OnnxValue.of(at.to(DType.I64).expand(best.shape().toArray())) : null};
        }

        /** Each element's number in the whole input, row-major, or with the spatial axes from the first. */
        private Tensor numbers() {
            long count = x.count();
            var all = Tensor.arange(count).to(DType.I64).reshape(x.shape().toArray());
            if (!c.flag("storage_order")) return all;
            long area = 1;
            for (int i = 2; i < x.rank(); i++) area *= x.size(i);
            var shape = new long[sizes.length];
            for (int i = 0; i < shape.length; i++) shape[i] = x.size(x.rank() - 1 - i);
            var order = IntStream.range(0, shape.length).map(i -> shape.length - 1 - i).toArray();
            var plane = Tensor.arange(area).to(DType.I64).reshape(shape).permute(order);
            return plane.add(Tensor.arange(x.size(0) * x.size(1)).to(DType.I64).mul(area).reshape(
                    LongStream.concat(LongStream.of(x.size(0), x.size(1)), Arrays.stream(ShapeOperators.ones(shape.length))).toArray()));
        }

        Tensor average() {
            var one = ShapeOperators.ones(x.rank());
            for (int i = 2; i < one.length; i++) one[i] = x.size(i);
            var ones = Tensor.ones(one);
            if (!c.flag("count_include_pad")) return sum(x).div(sum(ones)).to(x.dtype());
            // padding counts, but not what a last window reaches beyond it
            for (int i = 0; i < sizes.length; i++) {
                ones = ones.pad(i + 2, w.before[i], w.after[i], 1);
                ones = ones.pad(i + 2, 0, Math.max(0, (sizes[i] - 1L) * w.strides[i] + w.reach(i) - ones.size(i + 2)), 0);
            }
            var counts = tap(ones, 0);
            for (int t = 1; t < taps(); t++) counts = counts.add(tap(ones, t));
            return sum(x).div(counts).to(x.dtype());
        }

        Tensor norm(long p) { return sum(x.abs().pow((double) p)).pow(1.0 / p).to(x.dtype()); }
    }

    private static Object unpooled(Call c) {
        var x = c.x(0);
        int n = x.rank() - 2;
        var w = Windows.of(c, x, c.integers("kernel_shape"));
        long[] shape = x.shape().toArray(), inner = shape.clone();
        for (int i = 0; i < n; i++) inner[i + 2] = (shape[i + 2] - 1) * w.strides[i] - w.before[i] - w.after[i] + w.kernel[i];
        long[] wanted = c.has(2) ? c.longs(2) : inner;
        c.sized(wanted);
        long count = 1;
        for (long size : inner) count *= size;
        var out = Tensor.zeros(x.dtype(), c.sized(count)).scatter(0, c.x(1).flatten(), x.flatten()).reshape(inner);
        for (int i = 2; i < inner.length; i++) if (wanted[i] > inner[i]) out = out.pad(i, 0, wanted[i] - inner[i], 0);
        return out;
    }

    private static Object columnsToImage(Call c) {
        var x = c.x(0);
        long[] image = c.longs(1), block = c.longs(2);
        int n = image.length;
        long taps = Arrays.stream(block).reduce(1, Math::multiplyExact), channels = x.size(1) / taps;
        long[] shape = new long[n + 2];
        shape[0] = x.size(0);
        shape[1] = channels;
        System.arraycopy(image, 0, shape, 2, n);
        c.sized(shape);
        var w = Windows.of(c, Tensor.zeros(DType.BOOL, ShapeOperators.ones(n + 2)).expand(shape), block);
        var blocks = new long[n];
        for (int i = 0; i < n; i++) blocks[i] = (image[i] + w.before[i] + w.after[i] - w.reach(i)) / w.strides[i] + 1;
        // each tap's plane of blocks is added at that tap's places of the padded image
        var places = Tensor.zeros(DType.I64);
        long[] padded = new long[n];
        for (int i = 0; i < n; i++) padded[i] = image[i] + w.before[i] + w.after[i];
        for (int i = 0; i < n; i++) {
            long[] tapShape = ShapeOperators.ones(2 * n), blockShape = ShapeOperators.ones(2 * n);
            tapShape[i] = block[i];
            blockShape[n + i] = blocks[i];
            places = places.mul(padded[i]).add(Tensor.arange(block[i]).to(DType.I64).mul(w.dilations[i]).reshape(tapShape))
                    .add(Tensor.arange(blocks[i]).to(DType.I64).mul(w.strides[i]).reshape(blockShape));
        }
        long area = Arrays.stream(padded).reduce(1, Math::multiplyExact);
        var sums = Tensor.zeros(x.dtype(), c.sized(area, x.size(0) * channels)).scatterAdd(0,
                places.reshape(-1, 1).expand(places.count(), x.size(0) * channels), x.reshape(x.size(0) * channels, -1).transpose());
        var wide = new long[n + 2];
        System.arraycopy(padded, 0, wide, 2, n);
        wide[0] = x.size(0);
        wide[1] = channels;
        var out = sums.transpose().reshape(wide);
        for (int i = 0; i < n; i++) out = out.narrow(i + 2, w.before[i], image[i]);
        return out;
    }
}
