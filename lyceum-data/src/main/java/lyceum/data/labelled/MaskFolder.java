package lyceum.data.labelled;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import lyceum.FormatException;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;

/**
 * Pictures with a class for every pixel: a folder {@code images} and a folder {@code masks} with a PNG of the same name for each, and {@code classes.txt} with a
 * name a line, the first of number 0. A mask's numbers are its grey values, or its places in the palette; 255 is a pixel that nobody labelled.
 *
 * {@snippet :
 * var folder = MaskFolder.of(Path.of("shapes"));
 * MaskFolder.Labelled first = folder.load(0);
 * int atTheTopLeft = first.kinds()[0];
 * }
 *
 * @param pictures files @param masks of each
 * @param classes their names in the order of their numbers
 */
public record MaskFolder(List<Path> pictures, List<Path> masks, List<String> classes) {
    /** The number of a pixel that is neither learned nor scored. */
    public static final int VOID = 255;

    /** @param kinds class numbers or {@link #VOID}, row by row */
    public record Labelled(Raster picture, int[] kinds) {}

    public MaskFolder {
        pictures = List.copyOf(pictures);
        masks = List.copyOf(masks);
        classes = List.copyOf(classes);
        if (pictures.size() != masks.size())
            throw new IllegalArgumentException("MaskFolder: " + pictures.size() + " pictures and " + masks.size() + " masks");
        if (classes.size() < 2 || classes.size() > VOID)
            throw new FormatException("MaskFolder: " + classes.size() + " classes; 2 to " + VOID + ", the background among them");
    }

    /** @throws FormatException if a picture has no mask, or there are no pictures */
    public static MaskFolder of(Path root) throws IOException {
        return of(root, wrong -> {
            throw wrong;
        });
    }

    /** As {@link #of(Path)}. @param wrong takes what a picture without a mask is, and throws it or leaves the picture out */
    public static MaskFolder of(Path root, Consumer<FormatException> wrong) throws IOException {
        for (var part : List.of("images", "masks", "classes.txt"))
            if (!Files.exists(root.resolve(part)))
                throw new FormatException(root + ": no " + part + "; a folder of masks has images, masks and classes.txt");
        Map<String, Path> masks = new HashMap<>();
        for (var file : ImageFolder.sorted(root.resolve("masks"))) if (ImageFolder.isPicture(file)) masks.put(stem(file), file);
        var pictures = new ArrayList<Path>();
        var found = new ArrayList<Path>();
        for (var file : ImageFolder.sorted(root.resolve("images"))) {
            if (!ImageFolder.isPicture(file)) continue;
            var mask = masks.get(stem(file));
            if (mask == null) {
                wrong.accept(new FormatException(file + ": no mask of the name " + stem(file) + ".png in " + root.resolve("masks")));
                continue;
            }
            pictures.add(file);
            found.add(mask);
        }
        if (pictures.isEmpty()) throw new FormatException(root.resolve("images") + ": no pictures (.jpeg, .jpg, .png, .gif, .bmp)");
        return new MaskFolder(pictures, found, Files.readAllLines(root.resolve("classes.txt")).stream().filter(s -> !s.isBlank()).toList());
    }

    private static String stem(Path file) { return file.getFileName().toString().replaceFirst("\\.[^.]*$", ""); }

    /** Number of pictures. */
    public int size() { return pictures.size(); }

    /** Reads a picture and its mask, both as they are stored: Exif does not turn them. @throws FormatException naming file and index if the mask is of another size or has a number that is no class */
    public Labelled load(int row) {
        var picture = ImageFolder.readStored(pictures.get(row));
        var mask = ImageFolder.numbers(masks.get(row));
        String where = masks.get(row) + " (mask " + row + ")";
        if (mask.width() != picture.width() || mask.height() != picture.height())
            throw new FormatException(where + ": " + mask.width() + " x " + mask.height() + " pixels, its picture " + pictures.get(row)
                    + " has " + picture.width() + " x " + picture.height());
        var kinds = mask.numbers();
        for (int i = 0; i < kinds.length; i++)
            if (kinds[i] >= classes.size() && kinds[i] != VOID) throw new FormatException(where + ": class " + kinds[i] + " at column "
                    + i % mask.width() + ", row " + i / mask.width() + "; there are " + classes.size());
        return new Labelled(picture, kinds);
    }
}
