package lyceum.data.augment;

import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.data.Dataset;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Random changes of pictures with values from 0 to 1; those of one sample are drawn anew at each call. */
public final class ImageAugment {
    private ImageAugment() {}

    /** Left and right exchanged, in half of the cases. */
    public static Augment<Raster> flip() { return (p, rng) -> rng.nextDouble() < 0.5 ? p.flippedHorizontally() : p; }

    /** Top and bottom exchanged, in half of the cases. */
    public static Augment<Raster> flipVertically() { return (p, rng) -> rng.nextDouble() < 0.5 ? p.flippedVertically() : p; }

    /** By 0, 90, 180 or 270 degrees. Sides that differ are exchanged with the picture. */
    public static Augment<Raster> quarterTurns() { return (p, rng) -> p.turned(rng.nextInt(4)); }

    /** Moved by up to {@code pixels} in both directions; zeros come in. */
    public static Augment<Raster> shift(int pixels) {
        Augment.check("shift", "pixels", pixels, 0, 1 << 20);
        return (p, rng) -> p.shifted(rng.nextInt(2 * pixels + 1) - pixels, rng.nextInt(2 * pixels + 1) - pixels, 0);
    }

    /** A part of this size from anywhere in the picture with {@code padding} zeros around it. */
    public static Augment<Raster> crop(int height, int width, int padding) {
        return (p, rng) -> {
            int down = p.height() + 2 * padding - height, across = p.width() + 2 * padding - width;
            if (down < 0 || across < 0) throw new IllegalArgumentException("ImageAugment.crop: " + height + " x " + width
                    + " from a picture of " + p.height() + " x " + p.width() + " with padding " + padding);
            return p.cropped(rng.nextInt(down + 1) - padding, rng.nextInt(across + 1) - padding, height, width, 0);
        };
    }

    /**
     * Turned by up to {@code degrees}, moved by up to {@code translate} of the sides, scaled by {@code 1 - zoom} to {@code 1 + zoom}, leaning by up to
     * {@code shear} degrees.
     */
    public static Augment<Raster> affine(double degrees, double translate, double zoom, double shear) {
        Augment.check("affine", "translate", translate, 0, 1);
        Augment.check("affine", "zoom", zoom, 0, 0.99);
        Augment.check("affine", "shear", shear, 0, 80);
        return (p, rng) -> p.transformed(degrees * signed(rng), 1 + zoom * signed(rng), shear * signed(rng), 0,
                translate * p.width() * signed(rng), translate * p.height() * signed(rng), 0);
    }

    private static double signed(Rng rng) { return 2 * rng.nextDouble() - 1; }

    /**
     * Brightness, contrast and saturation each times a factor between {@code 1 - amount} and {@code 1 + amount}, the hue turned by up to {@code hue} of a
     * full circle. Grey pictures have the first two alone.
     */
    public static Augment<Raster> colour(double brightness, double contrast, double saturation, double hue) {
        Augment.check("colour", "hue", hue, 0, 0.5);
        return (p, rng) -> {
            double b = 1 + brightness * signed(rng), c = 1 + contrast * signed(rng), s = 1 + saturation * signed(rng),
                    h = hue * signed(rng);
            return hue(saturation(contrast(brightness(p, b), c), s), h);
        };
    }

    static Raster brightness(Raster p, double factor) { return p.map(v -> Math.clamp(factor * v, 0, 1)); }

    static Raster contrast(Raster p, double factor) {
        double mean = 0;
        for (float v : p.grey().values()) mean += v;
        double grey = mean / p.values().length;
        return p.blended(p.map(v -> grey), factor);
    }

    static Raster saturation(Raster p, double factor) { return p.channels() == 3 ? p.blended(p.grey(), factor) : p; }

    /** Turns the colour plane of YIQ, which keeps brightness. */
    static Raster hue(Raster p, double circle) {
        if (p.channels() != 3 || circle == 0) return p;
        double cos = Math.cos(2 * Math.PI * circle), sin = Math.sin(2 * Math.PI * circle);
        return Raster.make(3, p.height(), p.width(), (channel, y, x) -> {
            double r = p.at(0, y, x), g = p.at(1, y, x), b = p.at(2, y, x), luma = 0.299 * r + 0.587 * g + 0.114 * b;
            double i = 0.5959 * r - 0.2746 * g - 0.3213 * b, q = 0.2115 * r - 0.5227 * g + 0.3112 * b, u = cos * i - sin * q,
                    v = sin * i + cos * q;
            return (float) Math.clamp(switch (channel) {
                case 0 -> luma + 0.956 * u + 0.619 * v;
                case 1 -> luma - 0.272 * u - 0.647 * v;
                default -> luma - 1.106 * u + 1.703 * v;
            }, 0, 1);
        });
    }

    /**
     * A rectangle of noise, of {@code low} to {@code high} of the area and sides in the ratio 0.3 to 3.3 (Zhong and others 2020); nothing where ten drawn
     * ones do not fit.
     */
    public static Augment<Raster> erase(double low, double high) {
        Augment.check("erase", "low", low, 0, 1);
        Augment.check("erase", "high", high, low, 1);
        return (p, rng) -> {
            for (int attempt = 0; attempt < 10; attempt++) {
                double area = (low + (high - low) * rng.nextDouble()) * p.height() * p.width(), log = Math.log(3.3) * signed(rng);
                int h = (int) Math.round(Math.sqrt(area * Math.exp(log))), w = (int) Math.round(Math.sqrt(area * Math.exp(-log)));
                if (h < 1 || w < 1 || h > p.height() || w > p.width()) continue;
                int top = rng.nextInt(p.height() - h + 1), left = rng.nextInt(p.width() - w + 1);
                var values = p.values().clone();
                for (int c = 0; c < p.channels(); c++)
                    for (int y = top; y < top + h; y++)
                        for (int x = left; x < left + w; x++) values[(c * p.height() + y) * p.width() + x] = (float) rng.nextDouble();
                return new Raster(values, p.channels(), p.height(), p.width());
            }
            return p;
        };
    }

    /** Normal noise on every value, held in 0 to 1. */
    public static Augment<Raster> noise(double deviation) {
        return (p, rng) -> p.map(v -> Math.clamp(v + deviation * rng.nextGaussian(), 0, 1));
    }

    /**
     * These rows of a dataset of pictures (n, height, width) or (n, channels, height, width), each changed: (rows, channels, height, width), F32. Row r in
     * pass e is drawn from {@code rng.split(e).split(r)}, so it is the same whatever batch it is in and whichever thread makes it.
     */
    public static Tensor batch(Dataset data, int[] rows, long pass, Augment<Raster> augment, Rng rng) {
        if (rows.length == 0) throw new IllegalArgumentException("ImageAugment.batch: no rows");
        var stream = rng.split(pass);
        var made = new Raster[rows.length];
        for (int i = 0; i < rows.length; i++) made[i] = Raster.of(data.x().get(rows[i]));
        Parallel.range(rows.length, 4, (from, to) -> {
            for (int i = (int) from; i < to; i++) made[i] = augment.apply(made[i], stream.split(rows[i]));
        });
        return stacked(made);
    }

    /**
     * Each picture of a dataset, (n, height, width) or (n, channels, height, width), at a random place of a larger one that is black elsewhere: (n, channels,
     * height, width), F32.
     */
    public static Dataset placed(Dataset data, int height, int width, Rng rng) {
        var made = new Raster[data.size()];
        for (int i = 0; i < made.length; i++) {
            var p = Raster.of(data.x().get(i));
            int down = height - p.height(), across = width - p.width();
            if (down < 0 || across < 0) throw new IllegalArgumentException("ImageAugment.placed: a picture of " + p.height() + " x "
                    + p.width() + " on one of " + height + " x " + width + "; it is no larger");
            made[i] = p.cropped(-rng.nextInt(down + 1), -rng.nextInt(across + 1), height, width, 0);
        }
        return data.withX(stacked(made));
    }

    /** Pictures of one size, (n, channels, height, width). */
    public static Tensor stacked(Raster... pictures) {
        var first = pictures[0];
        var all = new float[pictures.length * first.values().length];
        for (int i = 0; i < pictures.length; i++) {
            var p = pictures[i];
            if (p.channels() != first.channels() || p.height() != first.height() || p.width() != first.width()) throw new ShapeException(
                    "ImageAugment: picture " + i + " is " + p.channels() + " x " + p.height() + " x " + p.width() + ", the first "
                            + first.channels() + " x " + first.height() + " x " + first.width() + "; crop or resize them to one size");
            System.arraycopy(p.values(), 0, all, i * first.values().length, first.values().length);
        }
        return Tensor.of(all).reshape(pictures.length, first.channels(), first.height(), first.width());
    }
}
