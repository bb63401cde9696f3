package lyceum.data.scenes;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import lyceum.data.scenes.Scene.Colour;
import lyceum.data.scenes.Scene.Item;
import lyceum.data.scenes.Scene.Shape;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Pictures of coloured shapes on black, their captions, and a reader that says what a picture shows, by comparing each cell with every shape that may
 * stand there: a judge of pictures that a model has made which no training has touched.
 *
 * {@snippet :
 * var scenes = CaptionedScenes.of(16).withColours(3).withShapes(2).withRows(1).withColumns(2);    // 12 kinds of scene
 * var rng = Rng.of(1);
 * Scene scene = scenes.draw(1, rng);
 * Tensor picture = scenes.picture(scene, rng);          // (3, 16, 16) in [0, 1]
 * String caption = scenes.caption(scene);               // "a blue circle on the left"
 * scenes.read(picture).equals(java.util.Optional.of(scene));
 * }
 *
 * @param size height and width of a picture in pixels; a cell needs at least 5 in both directions
 * @param colours how many of {@link Colour} are used, from the first
 * @param shapes how many of {@link Shape} are used, from the first
 * @param rows of cells, 1 to 3
 * @param columns of cells, 1 to 3
 * @param jitter pixels by which a shape may stand off its cell's middle, in each direction
 */
@Withers
public record CaptionedScenes(int size, int colours, int shapes, int rows, int columns, int jitter) implements CaptionedScenesWithers {
    private static final String[] ROWS = {"top", "middle", "bottom"}, COLUMNS = {"left", "middle", "right"};

    /** Checks the sizes. */
    public CaptionedScenes {
        between("colours", colours, 1, Colour.values().length);
        between("shapes", shapes, 1, Shape.values().length);
        between("rows", rows, 1, 3);
        between("columns", columns, 1, 3);
        between("jitter", jitter, 0, 8);
        int cell = size / Math.max(rows, columns);
        if (cell < 5 + 2 * jitter) throw new IllegalArgumentException(
                "CaptionedScenes: cells of " + cell + " pixels; with jitter " + jitter + " at least " + (5 + 2 * jitter));
    }

    /** Pictures of that size, 4 colours, 3 shapes, 2 x 2 cells, no jitter. */
    public static CaptionedScenes of(int size) { return new CaptionedScenes(size, 4, 3, 2, 2, 0); }

    /** Every scene of one item, in the order of colour, shape, row and column. */
    public List<Scene> singles() {
        var all = new ArrayList<Scene>();
        for (int c = 0; c < colours; c++)
            for (int s = 0; s < shapes; s++)
                for (int i = 0; i < rows * columns; i++) all.add(Scene.of(Colour.values()[c], Shape.values()[s], i / columns, i % columns));
        return List.copyOf(all);
    }

    /** The words of the captions of all {@link #singles}, in the order of the alphabet: a vocabulary. */
    public List<String> words() { return singles().stream().flatMap(s -> Stream.of(caption(s).split(" "))).distinct().sorted().toList(); }

    /** A scene of so many items, colours, shapes and cells at random. */
    public Scene draw(int items, Rng rng) {
        between("items", items, 1, rows * columns);
        var cells = rng.permutation(rows * columns);
        var chosen = new ArrayList<Item>();
        for (int i = 0; i < items; i++) {
            chosen.add(new Item(Colour.values()[rng.nextInt(colours)], Shape.values()[rng.nextInt(shapes)], cells[i] / columns,
                    cells[i] % columns));
        }
        return new Scene(chosen);
    }

    /** A picture (3, size, size) in [0, 1], F32, each shape off its cell's middle by the jitter. */
    public Tensor picture(Scene scene, Rng rng) {
        var pixels = new float[3 * size * size];
        for (var item : scene.items()) {
            paint(pixels, item, rng.nextInt(2 * jitter + 1) - jitter, rng.nextInt(2 * jitter + 1) - jitter);
        }
        return Tensor.of(pixels, 3, size, size);
    }

    /** A picture without jitter. */
    public Tensor picture(Scene scene) {
        var pixels = new float[3 * size * size];
        for (var item : scene.items()) paint(pixels, item, 0, 0);
        return Tensor.of(pixels, 3, size, size);
    }

    /** Pictures of scenes (n, 3, size, size), each shape off its middle, under normal noise of this deviation. */
    public Tensor pictures(List<Scene> scenes, double noise, Rng rng) {
        var clean = Tensor.stack(0, scenes.stream().map(scene -> picture(scene, rng)).toArray(Tensor[]::new));
        return clean.add(Tensor.randn(rng, clean.shape().toArray()).mul(noise)).compute();
    }

    /** {@code a red square at the top left}; two items in one row {@code a red square left of a blue circle}; more are joined by {@code and}. */
    public String caption(Scene scene) {
        var items = scene.items();
        if (items.size() == 2 && rows == 1 && columns == 2) return "a " + items.get(0).name() + " left of a " + items.get(1).name();
        if (items.size() == 2 && rows == 2 && columns == 1) return "a " + items.get(0).name() + " above a " + items.get(1).name();
        return String.join(" and ", items.stream().map(i -> "a " + i.name() + place(i)).toList());
    }

    /** {@code " at the top left"}, with the space before it; empty where there is one cell. */
    public String place(Item item) {
        String row = rows == 1 ? "" : rows == 2 ? ROWS[2 * item.row()] : ROWS[item.row()];
        String column = columns == 1 ? "" : columns == 2 ? COLUMNS[2 * item.column()] : COLUMNS[item.column()];
        if (row.isEmpty() && column.isEmpty()) return "";
        if (row.equals(column)) return " in the middle";
        return (row.isEmpty() ? " on the " : " at the ") + (row + " " + column).strip();
    }

    /** The scene of a caption as {@link #caption} writes it; empty if a word of colour, shape or place is missing or not one of these scenes'. */
    public Optional<Scene> parse(String caption) {
        var text = caption.toLowerCase(Locale.ROOT).strip();
        for (var scene : singles()) if (caption(scene).equals(text)) return Optional.of(scene);
        var parts = text.split(" (?:and|left of|above) ");
        var items = new ArrayList<Item>();
        for (int p = 0; p < parts.length; p++) {
            String part = text.contains(" left of ") && columns == 2 ? parts[p] + " on the " + COLUMNS[2 * p]
                    : text.contains(" above ") && rows == 2 ? parts[p] + " at the " + ROWS[2 * p] : parts[p];
            if (p > 1 && !part.equals(parts[p])) return Optional.empty();
            var one = singles().stream().filter(s -> caption(s).equals(part)).findFirst();
            if (one.isEmpty()) return Optional.empty();
            items.add(one.get().only());
        }
        try {
            return Optional.of(new Scene(items));
        } catch (IllegalArgumentException twice) {
            return Optional.empty();
        }
    }

    /**
     * What a picture (3, size, size) shows: in each cell the shape and colour, at any jitter, or the empty ground that lies nearest by squared error.
     * Empty if it shows nothing, or a cell is nearer to half of its shape than to the whole: its error is over a quarter of the shape's own square.
     */
    public Optional<Scene> read(Tensor picture) {
        if (!picture.shape().equals(lyceum.tensor.Shape.of(3, size, size)))
            throw new IllegalArgumentException("read: a picture " + picture.shape() + "; (3, " + size + ", " + size + ") is wanted");
        var pixels = picture.toFloatArray();
        var found = new ArrayList<Item>();
        for (int cell = 0; cell < rows * columns; cell++) {
            Item best = null;
            double least = error(pixels, null, cell, 0, 0), square = 0;
            for (int c = 0; c < colours; c++) {
                for (int s = 0; s < shapes; s++) {
                    var item = new Item(Colour.values()[c], Shape.values()[s], cell / columns, cell % columns);
                    for (int dy = -jitter; dy <= jitter; dy++) {
                        for (int dx = -jitter; dx <= jitter; dx++) {
                            double error = error(pixels, item, cell, dy, dx);
                            if (error < least) {
                                least = error;
                                best = item;
                                square = error(new float[pixels.length], item, cell, dy, dx);
                            }
                        }
                    }
                }
            }
            if (best != null && !(least <= square / 4)) return Optional.empty();
            if (best != null) found.add(best);
        }
        return found.isEmpty() ? Optional.empty() : Optional.of(new Scene(found));
    }

    /** Whether a picture shows this scene and nothing else. */
    public boolean shows(Tensor picture, Scene scene) { return read(picture).filter(scene::equals).isPresent(); }

    private void paint(float[] pixels, Item item, int dy, int dx) {
        if (item.row() >= rows || item.column() >= columns)
            throw new IllegalArgumentException("picture: " + item + " in " + rows + " x " + columns + " cells");
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                if (!covers(item, y - dy, x - dx)) continue;
                for (int c = 0; c < 3; c++) pixels[(c * size + y) * size + x] = item.colour().channel(c);
            }
        }
    }

    /** Whether a pixel's middle lies in the item's shape, which fills all but a pixel and the jitter around its cell. */
    private boolean covers(Item item, int y, int x) {
        double height = (double) size / rows, width = (double) size / columns, half = Math.min(height, width) / 2 - jitter - 0.5;
        double v = (y + 0.5 - (item.row() + 0.5) * height) / half, u = (x + 0.5 - (item.column() + 0.5) * width) / half;
        return Math.abs(u) <= 1 && Math.abs(v) <= 1 && item.shape().holds(u, v);
    }

    /** Squared error of a cell's pixels against an item, or against the empty ground. */
    private double error(float[] pixels, Item item, int cell, int dy, int dx) {
        int top = cell / columns * size / rows, bottom = (cell / columns + 1) * size / rows;
        int left = cell % columns * size / columns, right = (cell % columns + 1) * size / columns;
        double sum = 0;
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                boolean inside = item != null && covers(item, y - dy, x - dx);
                for (int c = 0; c < 3; c++) {
                    double d = pixels[(c * size + y) * size + x] - (inside ? item.colour().channel(c) : 0);
                    sum += d * d;
                }
            }
        }
        return sum;
    }

    private static void between(String what, int value, int least, int most) {
        if (value < least || value > most)
            throw new IllegalArgumentException("CaptionedScenes: " + what + " = " + value + "; it must be " + least + " to " + most);
    }
}
