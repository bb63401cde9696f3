package lyceum.data.augment;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * A few of fourteen changes of a picture in a row, all of one strength (Cubuk and others 2020): two numbers to tune instead of a policy to search. Pictures
 * have values from 0 to 1; grey ones are left alone by changes of colour.
 *
 * @param changes in a row; 2 by default
 * @param strength from 0 to 30; 9 by default
 * @see <a href="https://arxiv.org/abs/1909.13719">Cubuk, Zoph, Shlens, Le (2020)</a>
 */
@Withers
public record RandAugment(int changes, int strength) implements RandAugmentWithers, Augment<Raster> {
    private static final int STRONGEST = 30;

    private enum Change {
        IDENTITY, AUTO_CONTRAST, EQUALIZE, ROTATE, SOLARIZE, COLOUR, POSTERIZE, CONTRAST, BRIGHTNESS, SHARPNESS, SHEAR_X, SHEAR_Y, MOVE_X,
        MOVE_Y
    }

    public RandAugment {
        if (changes < 0) throw new IllegalArgumentException("RandAugment: " + changes + " changes; at least 0");
        Augment.check("RandAugment", "strength", strength, 0, STRONGEST);
    }

    public RandAugment() { this(2, 9); }

    @Override public Raster apply(Raster picture, Rng rng) {
        for (int i = 0; i < changes; i++) {
            var change = Change.values()[rng.nextInt(Change.values().length)];
            picture = apply(change, picture, strength / (double) STRONGEST, rng.nextDouble() < 0.5 ? -1 : 1);
        }
        return picture;
    }

    /** The strongest turns by 30 degrees, leans by atan 0.3, moves by 150 / 331 of the side, and multiplies by 0.1 or 1.9, as the authors'. */
    private static Raster apply(Change change, Raster p, double s, int sign) {
        double factor = 1 + sign * 0.9 * s, lean = sign * Math.toDegrees(Math.atan(0.3 * s)), move = sign * 150.0 / 331 * s;
        return switch (change) {
            case IDENTITY -> p;
            case AUTO_CONTRAST -> autoContrast(p);
            case EQUALIZE -> equalize(p);
            case ROTATE -> p.transformed(sign * 30 * s, 1, 0, 0, 0, 0, 0);
            case SOLARIZE -> s == 0 ? p : p.map(v -> v < 1 - s ? v : 1 - v);
            case COLOUR -> ImageAugment.saturation(p, factor);
            case POSTERIZE -> posterize(p, 8 - (int) Math.round(4 * s));
            case CONTRAST -> ImageAugment.contrast(p, factor);
            case BRIGHTNESS -> ImageAugment.brightness(p, factor);
            case SHARPNESS -> p.blended(smooth(p), factor);
            case SHEAR_X -> p.transformed(0, 1, lean, 0, 0, 0, 0);
            case SHEAR_Y -> p.transformed(0, 1, 0, lean, 0, 0, 0);
            case MOVE_X -> p.transformed(0, 1, 0, 0, Math.rint(move * p.width()), 0, 0);
            case MOVE_Y -> p.transformed(0, 1, 0, 0, 0, Math.rint(move * p.height()), 0);
        };
    }

    private static Raster posterize(Raster p, int bits) {
        int step = 1 << 8 - bits;
        return p.map(v -> Math.floor(Math.clamp(Math.round(v * 255), 0, 255) / step) * step / 255.0);
    }

    /** Each channel stretched to 0 to 1. */
    private static Raster autoContrast(Raster p) {
        float[] low = new float[p.channels()], high = new float[p.channels()];
        Arrays.fill(low, Float.POSITIVE_INFINITY);
        Arrays.fill(high, Float.NEGATIVE_INFINITY);
        int size = p.height() * p.width();
        for (int i = 0; i < p.values().length; i++) {
            low[i / size] = Math.min(low[i / size], p.values()[i]);
            high[i / size] = Math.max(high[i / size], p.values()[i]);
        }
        return Raster.make(p.channels(), p.height(), p.width(),
                (c, y, x) -> high[c] > low[c] ? (p.at(c, y, x) - low[c]) / (high[c] - low[c]) : p.at(c, y, x));
    }

    /** Each channel's 256 levels spread so that all are about equally frequent. */
    private static Raster equalize(Raster p) {
        int size = p.height() * p.width();
        var level = new int[p.channels()][256];
        for (int i = 0; i < p.values().length; i++) level[i / size][code(p.values()[i])]++;
        for (var counts : level) {
            int least = 0, below = 0;
            for (int v = 0; v < 256 && least == 0; v++) least = counts[v];
            for (int v = 0; v < 256; v++) {
                below += counts[v];
                counts[v] = size == least ? v : (int) Math.round(255.0 * Math.max(0, below - least) / (size - least));
            }
        }
        return Raster.make(p.channels(), p.height(), p.width(), (c, y, x) -> level[c][code(p.at(c, y, x))] / 255f);
    }

    private static int code(float v) { return Math.clamp(Math.round(v * 255), 0, 255); }

    /** Each inner pixel averaged with its eight neighbours, itself counting five times, as in PIL. */
    private static Raster smooth(Raster p) {
        return Raster.make(p.channels(), p.height(), p.width(), (c, y, x) -> {
            if (y == 0 || x == 0 || y == p.height() - 1 || x == p.width() - 1) return p.at(c, y, x);
            double sum = 4 * p.at(c, y, x);
            for (int dy = -1; dy <= 1; dy++) for (int dx = -1; dx <= 1; dx++) sum += p.at(c, y + dy, x + dx);
            return (float) (sum / 13);
        });
    }
}
