package lyceum.data.imagenet;

import lyceum.ShapeException;
import lyceum.data.augment.Augment;
import lyceum.data.augment.Raster;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * What is done to a picture before a network sees it. To judge: the short side to {@code resize} pixels, the central {@code crop} x {@code crop}, less the
 * means, over the deviations. To train: a random part of the picture at {@code crop} x {@code crop}, flipped in half of the cases, normalised likewise.
 *
 * <p>Sizes follow the rounding that published accuracies were measured with: the long side becomes {@code floor(resize * long / short)}, the crop begins at
 * half of what is left over, a half rounded to the even number.
 *
 * @param resize short side, 256 by default
 * @param crop side of the square, 224 by default
 * @param mean of each channel, by default those of ImageNet's pictures: 0.485, 0.456, 0.406
 * @param deviation of each channel, by default 0.229, 0.224, 0.225
 */
@Withers
public record Preprocessing(int resize, int crop, float[] mean, float[] deviation) implements PreprocessingWithers {
    public Preprocessing {
        if (crop < 1 || resize < crop)
            throw new IllegalArgumentException("Preprocessing: resize " + resize + ", crop " + crop + "; it needs resize >= crop >= 1");
        if (mean.length != deviation.length)
            throw new IllegalArgumentException("Preprocessing: " + mean.length + " means, " + deviation.length + " deviations");
        for (float d : deviation) if (!(d > 0)) throw new IllegalArgumentException("Preprocessing: a deviation is " + d + "; above 0");
    }

    public Preprocessing() { this(256, 224); }

    /** Of other sizes, by ImageNet's means and deviations. */
    public Preprocessing(int resize, int crop) {
        this(resize, crop, new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f});
    }

    /** @param height of the resized picture @param top first row of the crop @param left first column of it */
    public record Geometry(int height, int width, int top, int left) {}

    /** Where the crop of a picture of this size lies. */
    public Geometry geometry(int height, int width) {
        int shorter = Math.min(height, width), longer = Math.max(height, width);
        long to = (long) resize * longer / shorter;
        if (to > Integer.MAX_VALUE) throw new ShapeException("Preprocessing: a picture of " + height + " x " + width
                + " has a long side of " + to + " where its short one has " + resize + "; cut it first");
        int h = height <= width ? resize : (int) to, w = height <= width ? (int) to : resize;
        return new Geometry(h, w, half(h - crop), half(w - crop));
    }

    /** The square that is judged: the central crop of the resized picture, of which no more than this is computed. */
    public Raster central(Raster p) {
        var g = geometry(p.height(), p.width());
        if (g.height == p.height() && g.width == p.width())
            return g.height == crop && g.width == crop ? p : p.cropped(g.top, g.left, crop, crop, 0);
        return p.resized(g.height, g.width, g.top, g.left, crop, crop);
    }

    /** Half of a number, rounded to even. */
    private static int half(int n) { return n / 2 + (n % 2 == 1 && n / 2 % 2 == 1 ? 1 : 0); }

    /** A part of a picture. */
    public record Part(int top, int left, int height, int width) {}

    /**
     * A random part: {@code least} to all of the area, sides in a ratio from 3/4 to 4/3 (Szegedy and others 2015); after ten draws that do not fit, the largest central
     * part of an allowed ratio.
     */
    public static Part randomPart(int height, int width, double least, Rng rng) {
        Augment.check("randomPart", "least", least, 0, 1);
        double area = (double) height * width;
        for (int attempt = 0; attempt < 10; attempt++) {
            double target = area * (least + (1 - least) * rng.nextDouble()),
                    ratio = Math.exp(Math.log(4 / 3.0) * (2 * rng.nextDouble() - 1));
            int w = (int) Math.rint(Math.sqrt(target * ratio)), h = (int) Math.rint(Math.sqrt(target / ratio));
            if (w >= 1 && h >= 1 && w <= width && h <= height)
                return new Part(rng.nextInt(height - h + 1), rng.nextInt(width - w + 1), h, w);
        }
        int w = Math.min(width, (int) Math.rint(height * 4 / 3.0)), h = Math.min(height, (int) Math.rint(width * 4 / 3.0));
        return new Part((height - h) / 2, (width - w) / 2, h, w);
    }

    /** Resize, central crop, normalise; nothing is random. */
    public Augment<Raster> evaluation() { return (p, rng) -> normalised(central(p)); }

    /** Random part of at least 8% of the area, flip, normalise. */
    public Augment<Raster> training() { return training(0.08); }

    /** Random part of at least this share of the area, flip, normalise: small pictures need a larger share than ImageNet's 0.08. */
    public Augment<Raster> training(double least) {
        return (p, rng) -> {
            var part = randomPart(p.height(), p.width(), least, rng);
            var cut = p.cropped(part.top, part.left, part.height, part.width, 0).resized(crop, crop);
            return normalised(rng.nextDouble() < 0.5 ? cut.flippedHorizontally() : cut);
        };
    }

    /** Each channel less its mean, over its deviation. */
    public Raster normalised(Raster p) {
        if (p.channels() != mean.length)
            throw new IllegalArgumentException("Preprocessing: a picture of " + p.channels() + " channels for " + mean.length + " means");
        var values = new float[p.values().length];
        int plane = p.height() * p.width();
        for (int i = 0; i < values.length; i++) values[i] = (p.values()[i] - mean[i / plane]) / deviation[i / plane];
        return new Raster(values, p.channels(), p.height(), p.width());
    }
}
