package lyceum.models.ready;

import java.util.Arrays;
import lyceum.FormatException;
import lyceum.data.augment.Raster;
import lyceum.models.SavedModel;
import lyceum.tensor.Tensor;

/**
 * Pictures of any size in a square of one size: scaled until the longer side fits, at the top left, the rest filled with the mean; and back again.
 *
 * @param side of the square in pixels
 * @param mean of each channel, taken off @param deviation of each channel, divided by
 */
public record Letterbox(int side, float[] mean, float[] deviation) {
    /** A folder may come from anywhere. */
    static final int MOST_SIDE = 1 << 14;

    public Letterbox {
        if (side < 1 || mean.length != deviation.length || mean.length == 0) throw new IllegalArgumentException(
                "Letterbox: side " + side + ", " + mean.length + " means, " + deviation.length + " deviations");
        for (float d : deviation) if (!(d > 0)) throw new IllegalArgumentException("Letterbox: a deviation is " + d + "; above 0");
    }

    /** Means of 0.5 and deviations of 0.5: values from -1 to 1. */
    public Letterbox(int side) { this(side, new float[] {0.5f, 0.5f, 0.5f}, new float[] {0.5f, 0.5f, 0.5f}); }

    /** What a saved model was trained with: its notes {@code side}, {@code mean} and {@code deviation}. */
    public static Letterbox of(SavedModel saved) {
        var side = saved.notes().path("side");
        if (!side.isIntegralNumber() || side.asInt() < 1 || side.asInt() > MOST_SIDE)
            throw new FormatException(SavedModel.CONFIG + ": notes.side is " + side + "; the side that the network sees, in pixels");
        try {
            return new Letterbox(side.asInt(), floats(saved.numbers("mean")), floats(saved.numbers("deviation")));
        } catch (IllegalArgumentException e) {
            throw new FormatException(SavedModel.CONFIG + ": " + e.getMessage(), e);
        }
    }

    static float[] floats(double[] values) {
        var floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) values[i];
        return floats;
    }

    /** Writes these into the notes of a model that is to be saved. */
    public void note(SavedModel saved) {
        saved.notes().put("side", side);
        var means = saved.notes().putArray("mean");
        for (float m : mean) means.add(m);
        var deviations = saved.notes().putArray("deviation");
        for (float d : deviation) deviations.add(d);
    }

    /** Of a picture of this size: pixels of the square for one of its own. */
    public double scale(int height, int width) { return (double) side / Math.max(height, width); }

    private int scaled(int size, int height, int width) { return Math.clamp(Math.round(size * scale(height, width)), 1, side); }

    /** A picture as the network sees it, (channels, side, side). A model of one channel sees a colour picture in grey. */
    public Tensor fitted(Raster given) {
        var picture = mean.length == 1 && given.channels() == 3 ? new Raster(first(given.grey()), 1, given.height(), given.width()) : given;
        if (picture.channels() != mean.length)
            throw new FormatException("the picture has " + picture.channels() + " channels and the model sees " + mean.length);
        int h = scaled(picture.height(), picture.height(), picture.width()), w = scaled(picture.width(), picture.height(), picture.width());
        var small = h == picture.height() && w == picture.width() ? picture : picture.resized(h, w);
        var values = new float[mean.length * side * side];
        for (int c = 0; c < mean.length; c++)
            for (int y = 0; y < h; y++)
                for (int x = 0; x < w; x++) values[(c * side + y) * side + x] = (small.at(c, y, x) - mean[c]) / deviation[c];
        return Tensor.of(values, mean.length, side, side);
    }

    private static float[] first(Raster grey) { return Arrays.copyOf(grey.values(), grey.height() * grey.width()); }

    /** Class numbers of a picture's pixels in the square, each that of the nearest pixel; outside the picture {@code outside}. */
    public int[] fitted(int[] kinds, int height, int width, int outside) {
        int h = scaled(height, height, width), w = scaled(width, height, width);
        var square = new int[side * side];
        Arrays.fill(square, outside);
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) square[y * side + x] = kinds[nearest(y, h, height) * width + nearest(x, w, width)];
        return square;
    }

    private static int nearest(int at, int of, int size) { return Math.min(size - 1, (int) ((at + 0.5) * size / of)); }

    /** A box of the picture in the square: left, top, right, bottom. */
    public double[] fitted(double[] box, int height, int width) {
        double scale = scale(height, width);
        return Arrays.stream(box).map(v -> v * scale).toArray();
    }

    /** A box of the square in the picture's own pixels, cut to it. */
    public double[] back(double[] box, int height, int width) {
        double scale = scale(height, width);
        return new double[] {Math.clamp(box[0] / scale, 0, width), Math.clamp(box[1] / scale, 0, height),
                Math.clamp(box[2] / scale, 0, width), Math.clamp(box[3] / scale, 0, height)};
    }

    /** Class numbers of the square's pixels for the pixels of the picture. */
    public int[] back(int[] kinds, int height, int width) {
        int h = scaled(height, height, width), w = scaled(width, height, width);
        var own = new int[height * width];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) own[y * width + x] = kinds[nearest(y, height, h) * side + nearest(x, width, w)];
        return own;
    }
}
