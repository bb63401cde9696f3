package lyceum.data.augment;

import java.util.function.DoubleUnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * A picture as plain floats, usually 0 to 1: channel by channel, row by row. Methods return another one.
 *
 * @param values (channels, height, width), not copied
 */
public record Raster(float[] values, int channels, int height, int width) {
    private static final int MOST_VALUES = Integer.MAX_VALUE - 8;

    public Raster {
        if (channels < 1 || height < 1 || width < 1 || values.length != (long) channels * height * width)
            throw new ShapeException("Raster: " + values.length + " values for " + channels + " x " + height + " x " + width);
    }

    /** Of a tensor (height, width) or (channels, height, width); U8 is divided by 255. */
    public static Raster of(Tensor picture) {
        if (picture.rank() != 2 && picture.rank() != 3)
            throw new ShapeException("Raster: a picture has shape (height, width) or (channels, height, width), not " + picture.shape());
        var floats = picture.dtype() == DType.U8 ? picture.to(DType.F32).div(255) : picture.to(DType.F32);
        int rank = picture.rank();
        return new Raster(floats.toFloatArray(), rank == 2 ? 1 : (int) picture.size(0), (int) picture.size(rank - 2),
                (int) picture.size(rank - 1));
    }

    /** (channels, height, width), F32. */
    public Tensor tensor() { return Tensor.of(values.clone()).reshape(channels, height, width); }

    public float at(int channel, int y, int x) { return values[(channel * height + y) * width + x]; }

    /** Value of a place in a new picture. */
    public interface Pixel {
        float at(int channel, int y, int x);
    }

    private static void requireRoom(int channels, int height, int width) {
        if ((double) channels * height * width > MOST_VALUES)
            throw new ShapeException("Raster: a picture of " + channels + " x " + height + " x " + width + " values is too large");
    }

    /** A picture whose values are computed place by place. */
    public static Raster make(int channels, int height, int width, Pixel pixel) {
        requireRoom(channels, height, width);
        var values = new float[channels * height * width];
        for (int c = 0, i = 0; c < channels; c++)
            for (int y = 0; y < height; y++) for (int x = 0; x < width; x++) values[i++] = pixel.at(c, y, x);
        return new Raster(values, channels, height, width);
    }

    /** Left and right exchanged. */
    public Raster flippedHorizontally() { return make(channels, height, width, (c, y, x) -> at(c, y, width - 1 - x)); }

    /** Top and bottom exchanged. */
    public Raster flippedVertically() { return make(channels, height, width, (c, y, x) -> at(c, height - 1 - y, x)); }

    /** Turned to the left by 90 degrees, {@code times} times; exact. */
    public Raster turned(int times) {
        return switch (Math.floorMod(times, 4)) {
            case 1 -> make(channels, width, height, (c, y, x) -> at(c, x, width - 1 - y));
            case 2 -> make(channels, height, width, (c, y, x) -> at(c, height - 1 - y, width - 1 - x));
            case 3 -> make(channels, width, height, (c, y, x) -> at(c, height - 1 - x, y));
            default -> this;
        };
    }

    /** The part from ({@code top}, {@code left}) on; what lies outside is {@code fill}. */
    public Raster cropped(int top, int left, int height, int width, float fill) {
        return make(channels, height, width, (c, y, x) -> {
            int fromY = y + top, fromX = x + left;
            return fromY >= 0 && fromY < this.height && fromX >= 0 && fromX < this.width ? at(c, fromY, fromX) : fill;
        });
    }

    /** Moved down and to the right; what comes in is {@code fill}. */
    public Raster shifted(int down, int right, float fill) { return cropped(-down, -right, height, width, fill); }

    /**
     * Another size by bilinear interpolation between pixel centres. Where it shrinks, each pixel is the triangle-weighted mean of all that it covers, as
     * in PIL, so that nothing aliases.
     */
    public Raster resized(int height, int width) { return resized(height, width, 0, 0, height, width); }

    /** A part of {@link #resized(int, int)}, from ({@code top}, {@code left}) on and inside it; no more than this is computed, however large the whole would be. */
    public Raster resized(int height, int width, int top, int left, int partHeight, int partWidth) {
        if (top < 0 || left < 0 || partHeight < 1 || partWidth < 1 || top > height - partHeight || left > width - partWidth)
            throw new ShapeException("Raster.resized: a part of " + partHeight + " x " + partWidth + " from row " + top + ", column " + left
                    + " on; the whole is " + height + " x " + width);
        requireRoom(channels, partHeight, partWidth);
        double[][] down = weights(this.height, height, top, partHeight), across = weights(this.width, width, left, partWidth);
        int first = (int) down[0][0], end = (int) down[partHeight - 1][0] + down[partHeight - 1].length - 1;
        var middle = make(channels, end - first, partWidth, (c, y, x) -> {
            double sum = 0;
            int from = (int) across[x][0];
            for (int k = 1; k < across[x].length; k++) sum += across[x][k] * at(c, first + y, from + k - 1);
            return (float) sum;
        });
        return make(channels, partHeight, partWidth, (c, y, x) -> {
            double sum = 0;
            int from = (int) down[y][0] - first;
            for (int k = 1; k < down[y].length; k++) sum += down[y][k] * middle.at(c, from + k - 1, x);
            return (float) sum;
        });
    }

    /** Of each of {@code count} new places from {@code start} on: the first old one, then the weights. */
    private static double[][] weights(int from, int to, int start, int count) {
        double scale = from / (double) to, reach = Math.max(scale, 1);
        var weights = new double[count][];
        for (int i = 0; i < count; i++) {
            double centre = (start + i + 0.5) * scale;
            int low = Math.max(0, (int) (centre - reach + 0.5)), high = Math.min(from, (int) (centre + reach + 0.5));
            var w = new double[high - low + 1];
            w[0] = low;
            double total = 0;
            for (int k = low; k < high; k++) total += w[k - low + 1] = Math.max(0, 1 - Math.abs((k - centre + 0.5) / reach));
            for (int k = 1; k < w.length; k++) w[k] /= total;
            weights[i] = w;
        }
        return weights;
    }

    /**
     * The picture under a linear map about its centre: turned by {@code degrees} to the left, scaled, sheared, then moved. Bilinear; what comes in is
     * {@code fill}.
     *
     * @param shearX degrees by which columns lean @param shearY degrees by which rows lean
     */
    public Raster transformed(double degrees, double scale, double shearX, double shearY, double right, double down, float fill) {
        double angle = -Math.toRadians(degrees), cos = Math.cos(angle), sin = Math.sin(angle);
        double tanX = Math.tan(Math.toRadians(shearX)), tanY = Math.tan(Math.toRadians(shearY));
        // (x, y) out = scale R Shear (x, y) in, about the centre; places are looked up by the inverse
        double a = scale * (cos - sin * tanY), b = scale * (cos * tanX - sin), c = scale * (sin + cos * tanY),
                d = scale * (sin * tanX + cos);
        double det = a * d - b * c, middleX = (width - 1) / 2.0, middleY = (height - 1) / 2.0;
        return make(channels, height, width, (channel, y, x) -> {
            double u = x - middleX - right, v = y - middleY - down;
            return sample(channel, middleY + (a * v - c * u) / det, middleX + (d * u - b * v) / det, fill);
        });
    }

    private float sample(int channel, double y, double x, float fill) {
        int top = (int) Math.floor(y), left = (int) Math.floor(x);
        double dy = y - top, dx = x - left;
        return (float) ((1 - dy) * ((1 - dx) * inside(channel, top, left, fill) + dx * inside(channel, top, left + 1, fill))
                + dy * ((1 - dx) * inside(channel, top + 1, left, fill) + dx * inside(channel, top + 1, left + 1, fill)));
    }

    private float inside(int channel, int y, int x, float fill) {
        return y >= 0 && y < height && x >= 0 && x < width ? at(channel, y, x) : fill;
    }

    /** A function of each value. */
    public Raster map(DoubleUnaryOperator f) { return make(channels, height, width, (c, y, x) -> (float) f.applyAsDouble(at(c, y, x))); }

    /** {@code factor} times this and the rest of the other, held in 0 to 1: the way in which colours, contrast and sharpness are changed. */
    Raster blended(Raster other, double factor) {
        return make(channels, height, width,
                (c, y, x) -> (float) Math.clamp(factor * at(c, y, x) + (1 - factor) * other.at(c, y, x), 0, 1));
    }

    /** Every channel as the grey of the same brightness (ITU-R 601); itself unless there are three. */
    public Raster grey() {
        if (channels != 3) return this;
        return make(3, height, width, (c, y, x) -> 0.299f * at(0, y, x) + 0.587f * at(1, y, x) + 0.114f * at(2, y, x));
    }
}
