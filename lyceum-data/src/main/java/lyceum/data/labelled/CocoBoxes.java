package lyceum.data.labelled;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.FormatException;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;
import tools.jackson.databind.json.JsonMapper;

/**
 * Pictures with boxes: the JSON of the COCO data sets and of most labelling tools, with its {@code images}, {@code annotations} and {@code categories}.
 *
 * {@snippet :
 * var boxes = CocoBoxes.read(Path.of("shapes/boxes.json"), CocoBoxes.Faulty.FATAL);
 * CocoBoxes.Picture first = boxes.pictures().getFirst();
 * Raster pixels = boxes.load(0);
 * }
 *
 * <p>Category ids may be any whole numbers; {@code kind} counts categories in the order of the file. The file is read as a stream, so that what is not needed of
 * it (outlines, licences) costs no memory.
 *
 * @param folder in which the pictures are
 * @param classes names of the categories
 * @param notes a line for each box that was mended or left out
 * @see <a href="https://cocodataset.org/#format-data">the format</a>
 */
public record CocoBoxes(Path folder, List<Picture> pictures, List<String> classes, List<String> notes) {
    /** What becomes of a box without area, beyond its picture, or of a category or picture that is not listed. */
    public enum Faulty {
        /** It ends the reading. */
        FATAL,
        /** It is cut to its picture, or left out where nothing of it is left; either is noted. */
        MENDED
    }

    /**
     * A picture, which may have no boxes.
     *
     * @param file its name within the folder
     * @param width in pixels @param height in pixels
     */
    public record Picture(String file, int width, int height, List<Box> boxes) {
        public Picture { boxes = List.copyOf(boxes); }
    }

    /**
     * An object.
     *
     * @param kind number of its class
     * @param left in pixels from the picture's left side @param right the end, excluded
     * @param crowd whether the box is of many that were not told apart; such boxes are neither learned nor scored
     */
    public record Box(int kind, double left, double top, double right, double bottom, boolean crowd) {}

    public CocoBoxes {
        Objects.requireNonNull(folder, "folder");
        pictures = List.copyOf(pictures);
        classes = List.copyOf(classes);
        notes = List.copyOf(notes);
    }

    /** Reads a file; its pictures lie beside it. */
    public static CocoBoxes read(Path json, Faulty faulty) throws IOException {
        var folder = json.toAbsolutePath().getParent();
        return read(json, Files.isDirectory(folder.resolve("images")) ? folder.resolve("images") : folder, faulty);
    }

    /** Reads a file whose pictures are in a folder elsewhere. @throws FormatException if it is malformed, with the place */
    public static CocoBoxes read(Path json, Path folder, Faulty faulty) throws IOException {
        try (var in = Files.newInputStream(json)) {
            return read(in, String.valueOf(json.getFileName()), folder, faulty);
        }
    }

    /** Reads a stream. @param name that errors tell */
    public static CocoBoxes read(InputStream in, String name, Path folder, Faulty faulty) {
        return new CocoReading(name, faulty).read(in, folder);
    }

    /** Number of pictures. */
    public int size() { return pictures.size(); }

    /** Decodes a picture as it is stored, not turned by Exif, 3 channels from 0 to 1. @throws FormatException if it cannot be decoded or is of another size than the file says */
    public Raster load(int row) {
        var picture = pictures.get(row);
        var raster = ImageFolder.readStored(folder.resolve(picture.file));
        if (raster.width() != picture.width || raster.height() != picture.height)
            throw new FormatException(folder.resolve(picture.file) + ": " + raster.width() + " x " + raster.height()
                    + " pixels, the annotations (image " + row + ") say " + picture.width + " x " + picture.height);
        return raster;
    }

    /** Writes the file, categories numbered from 1; what was noted is not written. */
    public void write(Path json) throws IOException {
        var mapper = JsonMapper.shared();
        var root = mapper.createObjectNode();
        var images = root.putArray("images");
        var annotations = root.putArray("annotations");
        var categories = root.putArray("categories");
        for (int c = 0; c < classes.size(); c++) categories.addObject().put("id", c + 1).put("name", classes.get(c));
        int id = 0;
        for (int i = 0; i < pictures.size(); i++) {
            var p = pictures.get(i);
            images.addObject().put("id", i + 1).put("file_name", p.file).put("width", p.width).put("height", p.height);
            for (var b : p.boxes) {
                var row = annotations.addObject().put("id", ++id).put("image_id", i + 1).put("category_id", b.kind + 1);
                row.putArray("bbox").add(b.left).add(b.top).add(b.right - b.left).add(b.bottom - b.top);
                row.put("area", (b.right - b.left) * (b.bottom - b.top)).put("iscrowd", b.crowd ? 1 : 0);
            }
        }
        Files.writeString(json, mapper.writeValueAsString(root));
    }

    /** Boxes of a picture that are learned: all but crowds. */
    public List<Box> objects(int row) {
        var objects = new ArrayList<Box>();
        for (var b : pictures.get(row).boxes) if (!b.crowd) objects.add(b);
        return objects;
    }
}
