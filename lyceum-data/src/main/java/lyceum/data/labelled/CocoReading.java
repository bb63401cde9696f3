package lyceum.data.labelled;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import lyceum.FormatException;
import lyceum.data.labelled.CocoBoxes.Box;
import lyceum.data.labelled.CocoBoxes.Faulty;
import lyceum.data.labelled.CocoBoxes.Picture;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** One pass over a COCO file: lists as they come, then boxes to their pictures. */
final class CocoReading {
    private static final int MOST_SIDE = 1 << 20;

    private final String name;
    private final Faulty faulty;
    private final List<String> notes = new ArrayList<>();
    private final Map<Long, Integer> pictureOf = new HashMap<>(), kindOf = new HashMap<>();
    private final List<Head> heads = new ArrayList<>();
    private final List<String> classes = new ArrayList<>();
    private final List<Mark> marks = new ArrayList<>();
    private JsonParser in;

    private record Head(String file, int width, int height) {}

    private record Mark(long image, long category, double[] box, boolean crowd) {}

    CocoReading(String name, Faulty faulty) {
        this.name = name;
        this.faulty = faulty;
    }

    CocoBoxes read(InputStream stream, Path folder) {
        try (var parser = FileTexts.JSON.createParser(stream)) {
            in = parser;
            if (in.nextToken() != JsonToken.START_OBJECT) throw wrong("not a JSON object; COCO's has images, annotations and categories");
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                String list = in.currentName();
                in.nextToken();
                switch (list) {
                    case "images" -> each(list, this::image);
                    case "annotations" -> each(list, this::annotation);
                    case "categories" -> each(list, this::category);
                    default -> in.skipChildren();
                }
            }
            if (in.nextToken() != null) throw wrong("more after the end");
        } catch (JacksonException e) {
            throw FileTexts.notJson(name, e);
        }
        if (heads.isEmpty()) throw new FormatException(name + ": no images");
        if (classes.isEmpty()) throw new FormatException(name + ": no categories");
        return new CocoBoxes(folder, pictures(), classes, notes);
    }

    private void each(String list, IntConsumer one) {
        if (!in.isExpectedStartArrayToken()) throw wrong("\"" + list + "\" is not a list");
        for (int i = 0; in.nextToken() != JsonToken.END_ARRAY; i++) {
            if (in.currentToken() != JsonToken.START_OBJECT) throw wrong(list + "[" + i + "] is not an object");
            one.accept(i);
        }
    }

    private void image(int at) {
        long id = 0;
        String file = null;
        double width = 0, height = 0;
        boolean told = false;
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String field = in.currentName();
            in.nextToken();
            switch (field) {
                case "id" -> {
                    id = whole("images", at, field);
                    told = true;
                }
                case "file_name" -> file = text("images", at, field);
                case "width" -> width = number("images", at, field);
                case "height" -> height = number("images", at, field);
                default -> in.skipChildren();
            }
        }
        if (!told || file == null) throw wrong("images[" + at + "] lacks " + (told ? "file_name" : "id"));
        if (!(width >= 1 && height >= 1 && width <= MOST_SIDE && height <= MOST_SIDE))
            throw wrong("images[" + at + "] (" + file + ") is " + width + " x " + height + "; sides lie between 1 and " + MOST_SIDE);
        if (pictureOf.putIfAbsent(id, heads.size()) != null) throw wrong("images[" + at + "] has the id " + id + " of another image");
        FileTexts.path(Path.of(""), file, name + ": images[" + at + "]");
        heads.add(new Head(file, (int) width, (int) height));
    }

    private void category(int at) {
        long id = 0;
        String label = null;
        boolean told = false;
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String field = in.currentName();
            in.nextToken();
            switch (field) {
                case "id" -> {
                    id = whole("categories", at, field);
                    told = true;
                }
                case "name" -> label = text("categories", at, field);
                default -> in.skipChildren();
            }
        }
        if (!told || label == null) throw wrong("categories[" + at + "] lacks " + (told ? "name" : "id"));
        if (kindOf.putIfAbsent(id, classes.size()) != null) throw wrong("categories[" + at + "] has the id " + id + " of another category");
        classes.add(label);
    }

    private void annotation(int at) {
        Long image = null, category = null;
        double[] box = null;
        boolean crowd = false;
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String field = in.currentName();
            in.nextToken();
            switch (field) {
                case "image_id" -> image = whole("annotations", at, field);
                case "category_id" -> category = whole("annotations", at, field);
                case "bbox" -> box = box(at);
                case "iscrowd" -> crowd = in.currentToken() == JsonToken.VALUE_TRUE
                        || in.currentToken() == JsonToken.VALUE_NUMBER_INT && whole("annotations", at, field) != 0;
                default -> in.skipChildren();
            }
        }
        if (image == null || category == null || box == null)
            throw wrong("annotations[" + at + "] lacks " + (image == null ? "image_id" : category == null ? "category_id" : "bbox"));
        marks.add(new Mark(image, category, box, crowd));
    }

    private double[] box(int at) {
        var box = new double[4];
        if (!in.isExpectedStartArrayToken()) throw wrong("annotations[" + at + "].bbox is not a list");
        int n = 0;
        for (; in.nextToken() != JsonToken.END_ARRAY; n++) {
            double v = number("annotations", at, "bbox");
            if (n < 4) box[n] = v;
        }
        if (n != 4) throw wrong("annotations[" + at + "].bbox has " + n + " numbers; left, top, width and height");
        return box;
    }

    private List<Picture> pictures() {
        var boxes = new ArrayList<List<Box>>();
        for (int i = 0; i < heads.size(); i++) boxes.add(new ArrayList<>());
        for (int i = 0; i < marks.size(); i++) {
            var m = marks.get(i);
            Integer picture = pictureOf.get(m.image), kind = kindOf.get(m.category);
            String where = "annotations[" + i + "]";
            if (picture == null) refuse(where + " is of the image " + m.image + ", which is not listed");
            else if (kind == null)
                refuse(where + " (" + heads.get(picture).file + ") is of the category " + m.category + ", which is not listed");
            else {
                var box = fitted(where, heads.get(picture), m, kind);
                if (box != null) boxes.get(picture).add(box);
            }
        }
        var pictures = new ArrayList<Picture>();
        for (int i = 0; i < heads.size(); i++)
            pictures.add(new Picture(heads.get(i).file, heads.get(i).width, heads.get(i).height, boxes.get(i)));
        return pictures;
    }

    /** Null where nothing is left of it. Labelling tools round: what reaches beyond by less than a pixel is cut without a word. */
    private Box fitted(String where, Head head, Mark m, int kind) {
        double[] b = m.box;
        String box = where + " (" + head.file + "): the box " + b[0] + ", " + b[1] + " of " + b[2] + " x " + b[3];
        if (!(b[2] > 0 && b[3] > 0)) return refuse(box + " has no area");
        double left = Math.max(0, b[0]), top = Math.max(0, b[1]), right = Math.min(head.width, b[0] + b[2]),
                bottom = Math.min(head.height, b[1] + b[3]);
        String picture = " the picture of " + head.width + " x " + head.height;
        if (!(right > left && bottom > top)) return refuse(box + " lies outside" + picture);
        double beyond = Math.max(Math.max(-b[0], -b[1]), Math.max(b[0] + b[2] - head.width, b[1] + b[3] - head.height));
        if (beyond >= 1) refuse(box + " reaches beyond" + picture);
        return new Box(kind, left, top, right, bottom, m.crowd);
    }

    private Box refuse(String problem) {
        if (faulty == Faulty.FATAL) throw new FormatException(name + ": " + problem);
        notes.add(problem);
        return null;
    }

    private String text(String list, int at, String field) {
        if (in.currentToken() != JsonToken.VALUE_STRING) throw wrong(list + "[" + at + "]." + field + " is not text");
        return in.getString();
    }

    private double number(String list, int at, String field) {
        if (in.currentToken() == null || !in.currentToken().isNumeric()) throw wrong(list + "[" + at + "]." + field + " is not a number");
        double v = in.getDoubleValue();
        if (!Double.isFinite(v)) throw wrong(list + "[" + at + "]." + field + " is " + v);
        return v;
    }

    private long whole(String list, int at, String field) {
        double v = number(list, at, field);
        if (v != Math.rint(v) || Math.abs(v) > 1L << 53) throw wrong(list + "[" + at + "]." + field + " is " + v + "; a whole number");
        return (long) v;
    }

    private FormatException wrong(String problem) {
        var place = in.currentTokenLocation();
        return new FormatException(name + ": " + problem + ", in line " + place.getLineNr() + ", column " + place.getColumnNr());
    }
}
