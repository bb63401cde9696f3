package lyceum.data.imagenet;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.backend.Parallel;
import lyceum.data.augment.Augment;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Raster;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Labelled picture files. {@link #of} takes a tree with a folder a class, as ImageNet's training set is: {@code root/n02084071/n02084071_1.JPEG}.
 *
 * {@snippet :
 * var folder = ImageFolder.of(Path.of("train"));
 * try (var batches = DataLoader.of(folder.size(), 64, rng).prefetch(0, 0, 4, rows -> folder.load(rows, 0, training, rng, ImageFolder.Damaged.SKIPPED))) {}
 * }
 *
 * @param files pictures: JPEG, PNG, GIF or BMP
 * @param labels of each, numbers of {@code classes}
 * @param classes names, such as synset ids, in the order of their numbers
 */
public record ImageFolder(List<Path> files, int[] labels, List<String> classes) {
    /** A picture of more pixels than this is refused before it is decoded. */
    private static final long MOST_PIXELS = 1L << 28;

    /** What becomes of a picture that cannot be read. */
    public enum Damaged {
        /** It ends the load, naming the file. */
        FATAL,
        /** It is left out, and named in {@link Batch#skipped}. */
        SKIPPED
    }

    /**
     * Pictures that were loaded.
     *
     * @param x (n, 3, height, width), F32; null if none could be read
     * @param y (n), I64
     * @param skipped one line a damaged picture: its path and what is wrong
     */
    public record Batch(Tensor x, Tensor y, List<String> skipped) {}

    public ImageFolder {
        files = List.copyOf(files);
        classes = List.copyOf(classes);
        if (files.size() != labels.length)
            throw new IllegalArgumentException("ImageFolder: " + files.size() + " files and " + labels.length + " labels");
        for (int i = 0; i < labels.length; i++) Objects.checkIndex(labels[i], classes.size());
    }

    /**
     * A tree with a folder a class, classes and files in order of their names.
     *
     * @throws LyceumException if there is no folder with a picture
     */
    public static ImageFolder of(Path root) throws IOException {
        var files = new ArrayList<Path>();
        var labels = new ArrayList<Integer>();
        var classes = new ArrayList<String>();
        for (var folder : sorted(root)) {
            if (!Files.isDirectory(folder)) continue;
            var pictures = sorted(folder).stream().filter(ImageFolder::isPicture).toList();
            if (pictures.isEmpty()) continue;
            for (int i = 0; i < pictures.size(); i++) labels.add(classes.size());
            files.addAll(pictures);
            classes.add(folder.getFileName().toString());
        }
        if (files.isEmpty())
            throw new LyceumException("ImageFolder: " + root + " has no folder with pictures (.jpeg, .jpg, .png, .gif, .bmp)");
        return new ImageFolder(files, labels.stream().mapToInt(Integer::intValue).toArray(), classes);
    }

    /** What is in a folder, in order of names. */
    public static List<Path> sorted(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.sorted().toList();
        }
    }

    /** Whether a name ends as one of a picture that is read does. */
    public static boolean isPicture(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).matches(".*\\.(jpe?g|png|gif|bmp)");
    }

    /** Number of pictures. */
    public int size() { return files.size(); }

    /** Decodes a picture, 3 channels from 0 to 1, a photograph turned as its camera was held (Exif). @throws FormatException naming the file */
    public Raster read(int row) { return read(files.get(row)); }

    /** As {@link #read(int)}, any file. */
    public static Raster read(Path file) {
        return decoded(file, (reader, header) -> header == null ? pixels(reader, null) : header.upright(pixels(reader, header)));
    }

    /** As {@link #read(Path)}, but as its rows are stored, whatever Exif says: boxes and masks are told of those. */
    public static Raster readStored(Path file) { return decoded(file, ImageFolder::pixels); }

    /** Writes a PNG of values from 0 to 1, 3 channels or 1; what lies beyond is held there. */
    public static void write(Raster picture, Path png) throws IOException {
        int w = picture.width(), h = picture.height(), plane = w * h;
        if (picture.channels() != 1 && picture.channels() != 3)
            throw new IllegalArgumentException("ImageFolder.write: " + picture.channels() + " channels; 1 or 3");
        var image = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < plane; i++) {
            int rgb = 0;
            for (int c = 0; c < 3; c++)
                rgb = rgb << 8 | Math.clamp(Math.round(255 * picture.values()[c % picture.channels() * plane + i]), 0, 255);
            image.setRGB(i % w, i / w, rgb);
        }
        write(image, png);
    }

    /** Writes a PNG. @throws IOException naming the file, where it cannot be made: {@link ImageIO} would delete what is there and name nothing */
    public static void write(BufferedImage image, Path png) throws IOException {
        try (var file = Files.newOutputStream(png); var out = new MemoryCacheImageOutputStream(file)) {
            ImageIO.write(image, "png", out);
        }
    }

    /** Writes whole numbers from 0 to 255 as a grey PNG, as masks are stored. */
    public static void write(Numbers mask, Path png) throws IOException {
        var image = new BufferedImage(mask.width, mask.height, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSamples(0, 0, mask.width, mask.height, 0, mask.numbers);
        write(image, png);
    }

    /**
     * Whole numbers of a picture with one sample a pixel, as masks are stored.
     *
     * @param numbers grey values as they are stored, or places in the palette, row by row
     */
    public record Numbers(int[] numbers, int height, int width) {}

    /** Decodes a grey picture or one with a palette to its numbers. @throws FormatException naming the file, also if it has colours */
    public static Numbers numbers(Path file) {
        return decoded(file, (reader, header) -> {
            var samples = reader.read(0).getRaster();
            if (samples.getNumBands() != 1) throw new FormatException(
                    file + ": " + samples.getNumBands() + " values a pixel; a mask has one, grey or a place in the palette");
            int w = samples.getWidth(), h = samples.getHeight();
            return new Numbers(samples.getSamples(0, 0, w, h, 0, (int[]) null), h, w);
        });
    }

    private interface Decoding<T> {
        /** @param header of a JPEG file, null for another */
        T of(ImageReader reader, JpegHeader header) throws IOException;
    }

    /** The size is looked at before anything is decoded. */
    private static <T> T decoded(Path file, Decoding<T> decoding) {
        if (!Files.isRegularFile(file)) throw new FormatException(file + (Files.exists(file) ? ": no file" : ": does not exist"));
        try (var in = ImageIO.createImageInputStream(file.toFile())) {
            var readers = in == null ? null : ImageIO.getImageReaders(in);
            if (readers == null || !readers.hasNext()) throw new FormatException(file + ": not a picture of a known kind");
            var reader = readers.next();
            try {
                var header = reader.getFormatName().equalsIgnoreCase("jpeg") ? JpegHeader.of(in) : null;
                reader.setInput(in, true, true);
                long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
                if (pixels > MOST_PIXELS)
                    throw new FormatException(file + ": " + reader.getWidth(0) + " x " + reader.getHeight(0) + " pixels are too many");
                return decoding.of(reader, header);
            } finally {
                reader.dispose();
            }
        } catch (FormatException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // decoders throw anything at damaged data
            throw new FormatException(file + ": cannot be decoded: " + e.getMessage(), e);
        }
    }

    private static Raster pixels(ImageReader reader, JpegHeader header) throws IOException {
        return header != null && header.components() == 4 ? printed(reader, header.luma()) : raster(reader.read(0));
    }

    /** Four inks, which the JDK reads without their meaning. Adobe's files, and so all, hold 255 less the ink; with its mark 2 the first three are YCbCr. */
    private static Raster printed(ImageReader reader, boolean luma) throws IOException {
        var inks = reader.readRaster(0, null);
        int w = inks.getWidth(), h = inks.getHeight();
        int[] all = inks.getPixels(0, 0, w, h, (int[]) null);
        var values = new float[3 * w * h];
        for (int i = 0; i < w * h; i++) {
            double c = all[4 * i], m = all[4 * i + 1], y = all[4 * i + 2];
            if (luma) {
                double blue = m - 128, red = y - 128, bright = c;
                c = 255 - Math.clamp(bright + 1.402 * red, 0, 255);
                m = 255 - Math.clamp(bright - 0.344136 * blue - 0.714136 * red, 0, 255);
                y = 255 - Math.clamp(bright + 1.772 * blue, 0, 255);
            }
            double light = all[4 * i + 3] / 65_025.0;
            values[i] = (float) (c * light);
            values[w * h + i] = (float) (m * light);
            values[2 * w * h + i] = (float) (y * light);
        }
        return new Raster(values, 3, h, w);
    }

    private static Raster raster(BufferedImage image) {
        int w = image.getWidth(), h = image.getHeight();
        if (image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY) return grey(image.getRaster(), h, w);
        int[] rgb = image.getRGB(0, 0, w, h, null, 0, w);
        var values = new float[3 * w * h];
        for (int i = 0; i < rgb.length; i++) for (int c = 0; c < 3; c++) values[c * rgb.length + i] = (rgb[i] >> 16 - 8 * c & 0xFF) / 255f;
        return new Raster(values, 3, h, w);
    }

    /** Grey samples as they are stored: {@code getRGB} would take them for linear light and brighten them. */
    private static Raster grey(java.awt.image.Raster samples, int h, int w) {
        float[] one = samples.getSamples(0, 0, w, h, 0, (float[]) null), values = new float[3 * w * h];
        float most = (1 << samples.getSampleModel().getSampleSize(0)) - 1;
        for (int c = 0; c < 3; c++) for (int i = 0; i < one.length; i++) values[c * one.length + i] = one[i] / most;
        return new Raster(values, 3, h, w);
    }

    /**
     * Reads and prepares pictures side by side; they must end at one size. Row r in a pass draws from {@code rng.split(pass).split(r)}.
     *
     * @throws FormatException at the first damaged picture, if those are fatal
     */
    public Batch load(int[] rows, long pass, Augment<Raster> prepare, Rng rng, Damaged damaged) {
        var made = new Raster[rows.length];
        var wrong = new FormatException[rows.length];
        var stream = rng.split(pass);
        Parallel.range(rows.length, 1, (from, to) -> {
            for (int i = (int) from; i < to; i++) try {
                made[i] = prepare.apply(read(rows[i]), stream.split(rows[i]));
            } catch (FormatException e) {
                wrong[i] = e;
            }
        });
        var kept = new ArrayList<Raster>();
        var skipped = new ArrayList<String>();
        var y = new long[rows.length];
        for (int i = 0; i < rows.length; i++) {
            if (wrong[i] == null) {
                y[kept.size()] = labels[rows[i]];
                kept.add(made[i]);
            } else if (damaged == Damaged.FATAL) throw wrong[i];
            else skipped.add(wrong[i].getMessage());
        }
        var x = kept.isEmpty() ? null : ImageAugment.stacked(kept.toArray(Raster[]::new));
        return new Batch(x, Tensor.of(Arrays.copyOf(y, kept.size())), skipped);
    }
}
