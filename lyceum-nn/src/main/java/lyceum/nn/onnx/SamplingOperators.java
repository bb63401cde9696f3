package lyceum.nn.onnx;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Values between the elements: resizing, grids, regions of interest, deformable convolution. */
final class SamplingOperators {
    static final String ROWS = "Upsample 7, Upsample 9, Resize 10, Resize 11, GridSample 16, AffineGrid 20, RoiAlign 10, DeformConv 19";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "Upsample 7" -> c -> new Resize(c, floats(c.numbers("scales")), null).result();
            case "Upsample 9" -> c -> new Resize(c, c.x(1).to(DType.F64).toDoubleArray(), null).result();
            case "Resize 10" -> c -> new Resize(c, c.x(1).to(DType.F64).toDoubleArray(), null).result();
            case "Resize 11" -> c -> new Resize(c, c.has(2) && c.x(2).count() > 0 ? c.x(2).to(DType.F64).toDoubleArray() : null,
                    c.has(3) && c.x(3).count() > 0 ? c.longs(3) : null).result();
            case "GridSample 16" -> SamplingOperators::gridSampled;
            case "AffineGrid 20" -> SamplingOperators::affineGrid;
            case "RoiAlign 10" -> SamplingOperators::aligned;
            case "DeformConv 19" -> SamplingOperators::deformed;
            default -> throw Operators.unknown(row);
        };
    }

    private SamplingOperators() {}

    private static double[] floats(float[] values) { return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray(); }

    /** Keys (1981): weights of the four elements around a place {@code t} of the way from the second to the third. */
    static double[] cubic(double t, double a) {
        return new double[] {((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a, ((a + 2) * t - (a + 3)) * t * t + 1,
                ((a + 2) * (1 - t) - (a + 3)) * (1 - t) * (1 - t) + 1, ((a * (2 - t) - 5 * a) * (2 - t) + 8 * a) * (2 - t) - 4 * a};
    }

    /** One axis after another: each result is a weighted sum of a few elements, the same along the other axes. */
    private static final class Resize {
        private final Call c;
        private final Tensor x;
        private final int[] axes;
        private final double[] scales;
        private final long[] sizes;
        private final String mode;
        private final String places;
        private final String nearest;

        Resize(Call c, double[] scales, long[] sizes) {
            this.c = c;
            this.x = c.x(0);
            this.axes = c.sets("axes") ? Call.axes(c.integers("axes"), x.rank()) : IntStream.range(0, x.rank()).toArray();
            this.mode = c.text("mode", "nearest");
            boolean old = c.version < 11;
            this.places = c.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
            this.nearest = c.text("nearest_mode", old ? "floor" : "round_prefer_floor");
            int n = axes.length;
            if ((sizes == null ? scales == null ? -1 : scales.length : sizes.length) != n)
                throw new IllegalArgumentException("scales or sizes for " + n + " axes are expected");
            this.scales = new double[n];
            this.sizes = new long[n];
            var policy = c.text("keep_aspect_ratio_policy", "stretch");
            for (int i = 0; i < n; i++) this.scales[i] = sizes == null ? scales[i] : (double) sizes[i] / x.size(axes[i]);
            if (sizes != null && !policy.equals("stretch")) {
                double common = policy.equals("not_larger") ? Arrays.stream(this.scales).min().getAsDouble()
                        : Arrays.stream(this.scales).max().getAsDouble();
                Arrays.fill(this.scales, common);
                for (int i = 0; i < n; i++) this.sizes[i] = (long) Math.floor(common * x.size(axes[i]) + 0.5);
            } else
                for (int i = 0; i < n; i++) this.sizes[i] = sizes != null ? sizes[i] : (long) Math.floor(x.size(axes[i]) * this.scales[i]);
            long[] shape = x.shape().toArray();
            for (int i = 0; i < n; i++) {
                if (!(this.scales[i] > 0) || this.scales[i] > 1 << 20) throw new IllegalArgumentException("a scale of " + this.scales[i]);
                shape[axes[i]] = Math.max(shape[axes[i]], this.sizes[i]);
            }
            c.sized(shape);
        }

        Tensor result() {
            var y = x;
            boolean crops = places.equals("tf_crop_and_resize");
            double[] roi = crops ? c.x(1).to(DType.F64).toDoubleArray() : null;
            Tensor outside = Tensor.zeros(DType.BOOL);
            for (int i = 0; i < axes.length; i++) {
                if (sizes[i] == y.size(axes[i]) && scales[i] == 1 && !crops) continue;
                int n = Math.toIntExact(sizes[i]);
                var at = new double[n];
                for (int j = 0; j < n; j++) at[j] = place(j, i, roi);
                if (crops) outside = outside.or(beyond(at, axes[i]));
                y = mode.equals("nearest") ? y.indexSelect(axes[i], nearest(at, y.size(axes[i]))) : weighted(y, axes[i], at, scales[i]);
            }
            if (crops) y = outside.where(Tensor.full(y.dtype(), c.number("extrapolation_value", 0)), y);
            return y.to(x.dtype());
        }

        private double place(int j, int i, double[] roi) {
            double n = x.size(axes[i]), scale = scales[i], wide = scale * n;
            return switch (places) {
                case "half_pixel" -> (j + 0.5) / scale - 0.5;
                case "pytorch_half_pixel" -> wide == 1 ? -0.5 : (j + 0.5) / scale - 0.5;
                case "half_pixel_symmetric" -> n / 2 * (1 - sizes[i] / wide) + (j + 0.5) / scale - 0.5;
                case "asymmetric" -> j / scale;
                case "tf_half_pixel_for_nn" -> (j + 0.5) / scale;
                case "align_corners" -> wide == 1 ? 0 : j * (n - 1) / (wide - 1);
                case "tf_crop_and_resize" -> {
                    double from = roi[i], to = roi[i + axes.length];
                    yield from * (n - 1) + (wide == 1 ? (to - from) * (n - 1) / 2 : j * (to - from) * (n - 1) / (wide - 1));
                }
                default -> throw new IllegalArgumentException("coordinate_transformation_mode \"" + places + "\" is not known");
            };
        }

        private Tensor beyond(double[] at, int axis) {
            var flags = new boolean[at.length];
            for (int j = 0; j < at.length; j++) flags[j] = at[j] < 0 || at[j] > x.size(axis) - 1;
            var shape = ShapeOperators.ones(x.rank());
            shape[axis] = at.length;
            return Tensor.of(flags).reshape(shape);
        }

        private Tensor nearest(double[] at, long n) {
            var index = new long[at.length];
            for (int j = 0; j < at.length; j++) index[j] = Math.clamp((long) switch (nearest) {
                case "round_prefer_floor" -> Math.ceil(at[j] - 0.5);
                case "round_prefer_ceil" -> Math.floor(at[j] + 0.5);
                case "floor" -> Math.floor(at[j]);
                case "ceil" -> Math.ceil(at[j]);
                default -> throw new IllegalArgumentException("nearest_mode \"" + nearest + "\" is not known");
            }, 0, n - 1);
            return Tensor.of(index);
        }

        /** For elements {@code first..} around a place that is {@code t} (above 0, at most 1) behind element 0. */
        private double[] weights(double t, double scale, int first, int taps) {
            double a = c.number("cubic_coeff_a", -0.75);
            var w = new double[taps];
            double sum = 0;
            for (int k = 0; k < taps; k++) {
                double d = Math.abs((first + k - t) * scale);
                w[k] = mode.equals("linear") ? Math.max(0, 1 - d) : d <= 1 ? (a + 2) * d * d * d - (a + 3) * d * d + 1
                        : d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0;
                sum += w[k];
            }
            if (scale != 1) for (int k = 0; k < taps; k++) w[k] /= sum;
            return w;
        }

        private Tensor weighted(Tensor y, int axis, double[] at, double scale) {
            if (!mode.equals("linear") && !mode.equals("cubic")) throw new IllegalArgumentException("mode \"" + mode + "\" is not known");
            double narrow = c.flag("antialias") ? Math.min(scale, 1) : 1;
            int first = (int) Math.floor(-(mode.equals("linear") ? 1 : 2) / narrow) + 1, taps = 2 - 2 * first, n = at.length;
            long size = y.size(axis);
            var index = new long[taps][n];
            var weight = new double[taps][n];
            for (int j = 0; j < n; j++) {
                double base = Math.ceil(at[j]) - 1;
                double[] w = weights(at[j] - base, narrow, first, taps);
                double kept = 0;
                for (int k = 0; k < taps; k++) {
                    long i = (long) base + first + k;
                    if (c.flag("exclude_outside") && (i < 0 || i >= size)) w[k] = 0;
                    kept += w[k];
                    index[k][j] = Math.clamp(i, 0, size - 1);
                }
                for (int k = 0; k < taps; k++) weight[k][j] = c.flag("exclude_outside") ? w[k] / kept : w[k];
            }
            var shape = ShapeOperators.ones(y.rank());
            shape[axis] = n;
            var type = y.dtype().toFloat();
            Tensor sum = null;
            for (int k = 0; k < taps; k++) {
                var term = y.indexSelect(axis, Tensor.of(index[k])).to(type).mul(Tensor.of(weight[k]).to(type).reshape(shape));
                sum = sum == null ? term : sum.add(term);
            }
            return sum;
        }
    }

    private static Object gridSampled(Call c) {
        var x = c.x(0);
        var grid = c.x(1);
        int n = x.rank() - 2;
        var mode = c.text("mode", "linear");
        var padding = c.text("padding_mode", "zeros");
        boolean corners = c.flag("align_corners");
        long[] shape = grid.shape().toArray(), out = shape.clone();
        if (shape[shape.length - 1] != n) throw new IllegalArgumentException("a grid " + grid.shape() + " for " + x.shape());
        System.arraycopy(shape, 1, out, 2, n);
        out[0] = x.size(0);
        out[1] = x.size(1);
        c.sized(out);
        int channels = (int) x.size(1), batch = (int) x.size(0), points = 1, area = 1;
        for (int i = 0; i < n; i++) {
            points *= (int) shape[i + 1];
            area *= (int) x.size(i + 2);
        }
        double[] values = x.to(DType.F64).toDoubleArray(), at = grid.to(DType.F64).toDoubleArray(),
                result = new double[batch * channels * points];
        int taps = mode.contains("cubic") ? 4 : mode.equals("nearest") ? 1 : 2, all = (int) Math.pow(taps, n);
        var offsets = new int[all];
        var weights = new double[all];
        for (int b = 0; b < batch; b++) for (int p = 0; p < points; p++) {
            Arrays.fill(offsets, 0);
            Arrays.fill(weights, 1);
            for (int i = 0; i < n; i++) {
                int size = (int) x.size(i + 2), step = (int) Math.pow(taps, n - 1 - i);
                double g = (float) at[(b * points + p) * n + n - 1 - i];
                double place = (float) (corners ? (g + 1) / 2 * (size - 1) : ((g + 1) * size - 1) / 2);
                double low = corners ? 0 : -0.5, high = corners ? size - 1 : size - 0.5;
                if (place < low || place > high) place = padding.equals("border") ? Math.clamp(place, 0, size - 1)
                        : padding.equals("reflection") ? reflected(place, low, high) : place;
                double base = taps == 1 ? Math.rint(place) : Math.floor(place), t = place - base;
                double[] w = taps == 1 ? new double[] {1} : taps == 2 ? new double[] {1 - t, t} : cubic(t, -0.75);
                for (int k = 0; k < all; k++) {
                    int tap = k / step % taps;
                    double element = base + tap - (taps == 4 ? 1 : 0);
                    int index = 0;
                    if (element >= 0 && element < size) index = (int) element;
                    else if (padding.equals("border")) index = element < 0 ? 0 : size - 1;
                    else if (padding.equals("reflection")) index = Math.clamp((int) reflected(element, low, high), 0, size - 1);
                    else weights[k] = 0;
                    offsets[k] = offsets[k] * size + index;
                    weights[k] *= w[tap];
                }
            }
            for (int channel = 0; channel < channels; channel++) {
                int plane = (b * channels + channel) * area;
                double sum = 0;
                for (int k = 0; k < all; k++) if (weights[k] != 0) sum += weights[k] * values[plane + offsets[k]];
                result[(b * channels + channel) * points + p] = sum;
            }
        }
        return Tensor.of(result, out).to(x.dtype());
    }

    private static double reflected(double x, double low, double high) {
        double range = high - low;
        if (range <= 0) return low;
        double d = x < low ? low - x : x > high ? x - high : -1;
        if (d < 0) return x;
        double rest = d - Math.floor(d / range) * range;
        boolean even = Math.floor(d / range) % 2 == 0;
        return x < low == even ? low + rest : high - rest;
    }

    private static Object affineGrid(Call c) {
        var theta = c.x(0);
        long[] size = c.longs(1);
        int n = size.length - 2;
        boolean corners = c.flag("align_corners");
        long[] shape = Arrays.copyOfRange(size, 2, size.length);
        c.sized(shape);
        var axes = new Tensor[n + 1];
        for (int i = 0; i < n; i++) {
            var one = ShapeOperators.ones(n);
            one[i] = shape[i];
            var steps = Tensor.arange(shape[i]).to(theta.dtype());
            var places = corners ? steps.mul(2.0 / (shape[i] - 1)).sub(1.0) : steps.mul(2).add(1).div((double) shape[i]).sub(1.0);
            axes[n - 1 - i] = places.reshape(one).expand(shape).flatten();
        }
        axes[n] = Tensor.ones(theta.dtype(), axes[0].count());
        var points = Tensor.stack(1, axes).matmul(theta.transpose());
        var out = new long[n + 2];
        out[0] = theta.size(0);
        System.arraycopy(shape, 0, out, 1, n);
        out[n + 1] = n;
        return points.reshape(out);
    }

    /** He, Gkioxari, Dollar and Girshick (2017): the mean or maximum of values between the elements of each cell of a region. */
    private static Object aligned(Call c) {
        var x = c.x(0);
        int channels = (int) x.size(1), height = (int) x.size(2), width = (int) x.size(3), area = height * width;
        int rows = (int) c.integer("output_height", 1), columns = (int) c.integer("output_width", 1),
                ratio = (int) c.integer("sampling_ratio", 0);
        double scale = c.number("spatial_scale", 1),
                offset = c.text("coordinate_transformation_mode", c.version < 16 ? "output_half_pixel" : "half_pixel").equals("half_pixel")
                        ? 0.5 : 0;
        boolean max = c.text("mode", "avg").equals("max");
        double[] values = x.to(DType.F64).toDoubleArray(), rois = c.x(1).to(DType.F64).toDoubleArray();
        long[] batches = c.longs(2);
        c.sized(batches.length, channels, rows, columns);
        var result = new double[batches.length * channels * rows * columns];
        for (int r = 0; r < batches.length; r++) {
            if (batches[r] < 0 || batches[r] >= x.size(0)) throw new IllegalArgumentException("region " + r + " is of image " + batches[r]);
            double left = rois[4 * r] * scale - offset, top = rois[4 * r + 1] * scale - offset;
            double w = rois[4 * r + 2] * scale - offset - left, h = rois[4 * r + 3] * scale - offset - top;
            if (offset == 0) {
                w = Math.max(w, 1);
                h = Math.max(h, 1);
            }
            double cellHeight = h / rows, cellWidth = w / columns;
            int down = ratio > 0 ? ratio : (int) Math.ceil(cellHeight), across = ratio > 0 ? ratio : (int) Math.ceil(cellWidth);
            for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) for (int k = 0; k < channels; k++) {
                int plane = ((int) batches[r] * channels + k) * area;
                double sum = 0, most = Double.NEGATIVE_INFINITY;
                for (int v = 0; v < down; v++) for (int u = 0; u < across; u++) {
                    double y = top + i * cellHeight + (v + 0.5) * cellHeight / down,
                            z = left + j * cellWidth + (u + 0.5) * cellWidth / across;
                    if (y < -1 || y > height || z < -1 || z > width) {
                        most = Math.max(most, 0);
                        continue;
                    }
                    double cy = Math.clamp(y, 0, height - 1), cx = Math.clamp(z, 0, width - 1);
                    int y0 = (int) cy, x0 = (int) cx, y1 = Math.min(y0 + 1, height - 1), x1 = Math.min(x0 + 1, width - 1);
                    double dy = cy - y0, dx = cx - x0;
                    double p = (1 - dy) * (1 - dx) * values[plane + y0 * width + x0], q = (1 - dy) * dx * values[plane + y0 * width + x1];
                    double s = dy * (1 - dx) * values[plane + y1 * width + x0], t = dy * dx * values[plane + y1 * width + x1];
                    sum += p + q + s + t;
                    most = Math.max(most, Math.max(Math.max(p, q), Math.max(s, t)));
                }
                result[((r * channels + k) * rows + i) * columns + j] = max ? most : sum / Math.max(1, down * across);
            }
        }
        return Tensor.of(result, batches.length, channels, rows, columns).to(x.dtype());
    }

    /** Dai and others (2017): each tap of the kernel reads where its own offset says. */
    private static Object deformed(Call c) {
        var x = c.x(0);
        var weight = c.x(1);
        if (x.rank() != 4) throw new IllegalArgumentException("deformable convolution is for images, not " + x.shape());
        var w = WindowOperators.Windows.of(c, x, Arrays.copyOfRange(weight.shape().toArray(), 2, 4));
        int batch = (int) x.size(0), channels = (int) x.size(1), height = (int) x.size(2), width = (int) x.size(3);
        int kh = w.kernel()[0], kw = w.kernel()[1], taps = kh * kw, rows = (int) c.x(2).size(2), columns = (int) c.x(2).size(3),
                cells = rows * columns;
        int groups = (int) c.integer("group", 1), shared = (int) c.integer("offset_group", 1), each = channels / shared;
        double[] values = x.to(DType.F64).toDoubleArray(), offsets = c.x(2).to(DType.F64).toDoubleArray();
        double[] mask = c.has(4) ? c.x(4).to(DType.F64).toDoubleArray() : null;
        c.sized(batch, channels, taps, cells);
        var sampled = new double[batch * channels * taps * cells];
        for (int b = 0; b < batch; b++)
            for (int ch = 0; ch < channels; ch++) for (int t = 0; t < taps; t++) for (int p = 0; p < cells; p++) {
                int g = ch / each, o = ((b * shared + g) * taps + t) * 2 * cells + p;
                double y = p / columns * w.strides()[0] - w.before()[0] + t / kw * w.dilations()[0] + offsets[o];
                double z = p % columns * w.strides()[1] - w.before()[1] + t % kw * w.dilations()[1] + offsets[o + cells];
                double m = mask == null ? 1 : mask[((b * shared + g) * taps + t) * cells + p];
                sampled[((b * channels + ch) * taps + t) * cells + p] = m
                        * bilinear(values, (b * channels + ch) * height * width, height, width, y, z);
            }
        var columnsOf = Tensor.of(sampled, batch, groups, (long) channels / groups * taps, cells).to(x.dtype());
        var y = weight.reshape(groups, weight.size(0) / groups, -1).matmul(columnsOf).reshape(batch, weight.size(0), rows, columns);
        return c.has(3) ? y.add(NormOperators.channels(c.x(3), y)) : y;
    }

    private static double bilinear(double[] values, int plane, int height, int width, double y, double x) {
        int y0 = (int) Math.floor(y), x0 = (int) Math.floor(x);
        double sum = 0;
        for (int i = 0; i < 2; i++) for (int j = 0; j < 2; j++) {
            if (y0 + i < 0 || y0 + i >= height || x0 + j < 0 || x0 + j >= width) continue;
            sum += (i == 0 ? 1 - y + y0 : y - y0) * (j == 0 ? 1 - x + x0 : x - x0) * values[plane + (y0 + i) * width + x0 + j];
        }
        return sum;
    }
}
