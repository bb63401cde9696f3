package lyceum.train.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.TreeSet;
import lyceum.FormatException;
import lyceum.nn.ConfigJson;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A section of the file that says what to train: named values, each asked for with what holds where it is absent. Paths are relative to the file's folder.
 * What nobody asks for is a mistake: {@link #refuseUnknown} says so once everybody has asked.
 *
 * {@snippet :
 * var model = settings.section("model");
 * int width = model.whole("width", 64, 1);
 * String norm = model.oneOf("norm", "batch", "batch", "none");
 * }
 *
 * <p>Every wrong value is a {@link FormatException} that names the file, the place in it, the value and what it may be. For one thread.
 */
public final class TrainingSettings {
    private static final int NAMED = 12;
    private final Path file;
    private final String place;
    private final JsonNode node;
    private final TreeSet<String> asked = new TreeSet<>();
    private final SequencedSet<Path> files = new LinkedHashSet<>();
    private final SequencedMap<String, TrainingSettings> sections = new LinkedHashMap<>();

    private TrainingSettings(Path file, String place, JsonNode node) {
        this.file = file;
        this.place = place;
        this.node = node;
    }

    /**
     * The whole of a file.
     *
     * @param file named in messages; its folder is that of relative paths
     * @param root what stands in it, an object
     */
    public static TrainingSettings of(Path file, JsonNode root) {
        if (!root.isObject())
            throw new FormatException(file + ": it holds " + kind(root) + "; it holds names with values, such as task: images");
        return new TrainingSettings(file, "", root);
    }

    private static String kind(JsonNode node) {
        return node.isMissingNode() || node.isNull() ? "nothing" : node.isArray() ? "a list" : "one value";
    }

    /** What was read, as JSON. */
    public JsonNode json() { return node; }

    /** Whether there is a value of this name. */
    public boolean has(String name) {
        asked.add(name);
        return !at(name).isMissingNode() && !at(name).isNull();
    }

    private JsonNode at(String name) { return node.path(name); }

    private JsonNode needed(String name) {
        if (!has(name)) throw wrong(name, "it is missing");
        return at(name);
    }

    /** Its own settings under a name; empty where there are none. The same object at every call. */
    public TrainingSettings section(String name) {
        boolean there = has(name);
        if (there && !at(name).isObject()) throw wrong(name, "it holds names with values; it is " + at(name));
        return sections.computeIfAbsent(name,
                n -> new TrainingSettings(file, place(name), there ? at(name) : JsonMapper.shared().createObjectNode()));
    }

    /** A text that has to be there. */
    public String text(String name) {
        var value = needed(name);
        if (!value.isValueNode()) throw wrong(name, "it is a text; it is " + value);
        return value.asString();
    }

    /** A text. */
    public String text(String name, String otherwise) { return has(name) ? text(name) : otherwise; }

    /** One of a few words. */
    public String oneOf(String name, String otherwise, String... known) {
        var text = text(name, otherwise);
        if (!List.of(known).contains(text)) throw wrong(name, "it is " + String.join(" or ", known) + "; it is " + text);
        return text;
    }

    /** Texts, or one that stands alone. */
    public List<String> texts(String name) {
        if (!has(name)) return List.of();
        if (at(name).isValueNode()) return List.of(text(name));
        var all = new ArrayList<String>();
        for (var value : at(name)) {
            if (!value.isValueNode() || value.isNull()) throw wrong(name, "it is a list of texts; one is " + value);
            all.add(value.asString());
        }
        return all;
    }

    /** A file or folder that has to be named. */
    public Path path(String name) {
        var path = folder().resolve(text(name)).normalize();
        files.add(path);
        return path;
    }

    /** Files and folders, of which one at least has to be named. */
    public List<Path> paths(String name) {
        if (texts(name).isEmpty()) throw wrong(name, "it is missing");
        var paths = texts(name).stream().map(text -> folder().resolve(text).normalize()).toList();
        files.addAll(paths);
        return paths;
    }

    /** The first dozen names, for a message; none if there are none. */
    public static String listed(List<String> names) {
        return names.isEmpty() ? "none"
                : String.join(", ", names.subList(0, Math.min(NAMED, names.size()))) + (names.size() > NAMED ? ", ..." : "");
    }

    /** Says that files are read which a file of this section names: they are as much what a run began with as those that the section names itself. */
    public void reads(List<Path> more) {
        var roots = List.copyOf(files);
        for (var path : more) {
            var file = path.toAbsolutePath().normalize();
            boolean isBelow = false;
            for (var root : roots) isBelow |= file.startsWith(root);
            if (!isBelow) files.add(file);
        }
    }

    /** The files and folders of this section that were asked for so far, or are read. */
    List<Path> files() { return List.copyOf(files); }

    private Path folder() { return file.toAbsolutePath().getParent(); }

    /** A whole number of at least {@code least}. */
    public int whole(String name, int otherwise, int least) {
        if (!has(name)) return otherwise;
        var value = at(name);
        if (!value.isNumber() || !value.canConvertToExactIntegral() || !value.canConvertToInt() || value.asInt() < least)
            throw wrong(name, "it is a whole number of at least " + least + "; it is " + value);
        return value.asInt();
    }

    /** Whole numbers of at least {@code least}, in a list. */
    public List<Integer> wholes(String name, List<Integer> otherwise, int least) {
        if (!has(name)) return otherwise;
        var all = new ArrayList<Integer>();
        for (var value : at(name).isArray() ? at(name) : List.of(at(name))) {
            if (!value.isNumber() || !value.canConvertToExactIntegral() || !value.canConvertToInt() || value.asInt() < least)
                throw wrong(name, "it holds whole numbers of at least " + least + "; it is " + at(name));
            all.add(value.asInt());
        }
        return all;
    }

    /** A number from {@code low} to {@code high}, both included. */
    public double number(String name, double otherwise, double low, double high) {
        if (!has(name)) return otherwise;
        var value = at(name);
        if (!value.isNumber() || !(value.asDouble() >= low && value.asDouble() <= high))
            throw wrong(name, "it is a number " + range(low, high) + "; it is " + value);
        return value.asDouble();
    }

    private static String range(double low, double high) {
        return high == Double.POSITIVE_INFINITY ? "of at least " + low : "from " + low + " to " + high;
    }

    /** True or false. */
    public boolean flag(String name, boolean otherwise) {
        if (!has(name)) return otherwise;
        if (!at(name).isBoolean()) throw wrong(name, "it is true or false; it is " + at(name));
        return at(name).asBoolean();
    }

    /**
     * A configuration with the components that are named here instead of those of {@code otherwise}, in the form of {@link ConfigJson}.
     *
     * @param known names that are taken in this section for other ends
     */
    public <C extends Record> C record(C otherwise, String... known) {
        var json = ConfigJson.write(otherwise);
        for (var name : List.copyOf(json.propertyNames())) if (!List.of(known).contains(name) && has(name)) json.set(name, at(name));
        try {
            @SuppressWarnings("unchecked") var type = (Class<C>) otherwise.getClass();
            return ConfigJson.read(json, type);
        } catch (FormatException | IllegalArgumentException e) {
            throw new FormatException(file + (place.isEmpty() ? "" : ": " + place) + ": " + e.getMessage(), e);
        }
    }

    /** What to throw where a value does not serve: it names the file and the place. */
    public FormatException wrong(String name, String why) { return new FormatException(file + ": " + place(name) + ": " + why); }

    private String place(String name) { return place.isEmpty() ? name : place + "." + name; }

    /** Says that something here is not known, here or in a section, with what is. */
    public void refuseUnknown() {
        for (var name : node.propertyNames())
            if (!asked.contains(name)) throw wrong(name, "it is not known" + (asked.isEmpty() ? ""
                    : "; known " + (place.isEmpty() ? "" : "in " + place + " ") + "are " + String.join(", ", asked)));
        sections.values().forEach(TrainingSettings::refuseUnknown);
    }

    @Override public String toString() { return file + (place.isEmpty() ? "" : ": " + place) + " " + Arrays.toString(asked.toArray()); }
}
