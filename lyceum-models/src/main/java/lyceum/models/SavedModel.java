package lyceum.models;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import lyceum.FormatException;
import lyceum.format.Durable;
import lyceum.format.Safetensors;
import lyceum.memory.Scope;
import lyceum.nn.ConfigJson;
import lyceum.nn.Module;
import lyceum.nn.Skeleton;
import lyceum.random.Rng;
import lyceum.tensor.Shape;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A model in a folder: {@code config.json} says what it is, {@code model.safetensors} holds its weights.
 *
 * {@snippet :
 * var saved = new SavedModel(network, config);                       // of one of the Architectures
 * saved.notes().putArray("labels").add("cat").add("dog");
 * saved.save(folder);
 *
 * var read = SavedModel.load(folder);
 * ResNet same = read.model(ResNet.class);
 * List<String> labels = read.texts("labels");
 * }
 *
 * <p>{@code config.json} is {@code {"formatVersion": 1, "architecture": "ResNet", "config": {...}, "notes": {...}}}; config has the
 * components of the
 * architecture's record, notes what its user needs beside: labels, tokens, how pictures are normalised. A folder may come from anywhere:
 * sizes are held against
 * the file of weights before anything of theirs is allocated, and nothing is loaded unless every name and shape fits.
 *
 * @param model network
 * @param config from which it was built
 * @param notes a JSON object, empty at first
 */
public record SavedModel(Module model, Record config, ObjectNode notes) {
    /** The names of the two files. */
    public static final String CONFIG = "config.json", WEIGHTS = "model.safetensors";

    private static final int VERSION = 1, MOST_TEXT = 16 << 20, LISTED = 8;
    /** What a whole number of a configuration may be, however small the file; and what a skeleton may take of memory beside the file's size. */
    private static final long MOST_NUMBER = 1 << 16, SLACK = 8 << 20;
    /** Whole numbers that are no sizes. */
    private static final Set<String> NO_SIZES = Set.of("chunk", "rate");

    public SavedModel {
        Objects.requireNonNull(notes, "notes");
        Architectures.of(model, config);
    }

    /** @throws IllegalArgumentException if no {@link Architecture} builds that model from that configuration */
    public SavedModel(Module model, Record config) { this(model, config, ConfigJson.parse("{}")); }

    public Architecture<?, ?> architecture() { return Architectures.of(model, config); }

    /** The model as what it must be. @throws FormatException if it is another */
    public <M> M model(Class<M> type) {
        if (type.isInstance(model)) return type.cast(model);
        throw new FormatException(CONFIG + ": the model is a " + architecture().name() + "; wanted is a " + type.getSimpleName());
    }

    /** The configuration as what it must be. @throws FormatException if it is another */
    public <C> C config(Class<C> type) {
        if (type.isInstance(config)) return type.cast(config);
        throw new FormatException(
                CONFIG + ": the configuration is a " + config.getClass().getSimpleName() + "; wanted is a " + type.getSimpleName());
    }

    /** A list of text in the notes. @throws FormatException if there is none */
    public List<String> texts(String name) {
        var all = new ArrayList<String>();
        var list = notes.path(name);
        for (var item : list) if (item.isString()) all.add(item.stringValue());
        if (!list.isArray() || all.size() != list.size()) throw new FormatException(CONFIG + ": notes." + name + " is not a list of text");
        return List.copyOf(all);
    }

    /** A list of numbers in the notes. @throws FormatException if there is none */
    public double[] numbers(String name) {
        var list = notes.path(name);
        var all = new double[list.size()];
        for (int i = 0; i < all.length; i++) {
            var item = list.get(i);
            if (!item.isNumber()) throw new FormatException(CONFIG + ": notes." + name + " is not a list of numbers");
            all[i] = item.isDouble() ? item.doubleValue() : Double.parseDouble(item.toString()); // a whole one of any size
        }
        if (!list.isArray()) throw new FormatException(CONFIG + ": notes." + name + " is not a list of numbers");
        return all;
    }

    /** Writes the folder, which may be there already; each of its files is whole or as it was before. */
    public void save(Path folder) throws IOException {
        var json = ConfigJson.parse("{}").put("formatVersion", VERSION).put("architecture", architecture().name());
        json.set("config", ConfigJson.write(config));
        json.set("notes", notes);
        Files.createDirectories(folder);
        Safetensors.write(folder.resolve(WEIGHTS), model.state(),
                Map.of("formatVersion", "" + VERSION, "architecture", architecture().name()));
        var fresh = Files.createTempFile(folder, CONFIG, ".part");
        try {
            Files.writeString(fresh, ConfigJson.text(json));
            Durable.move(fresh, folder.resolve(CONFIG));
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    /**
     * Reads a folder. The model is as it was saved, its parameters trainable.
     *
     * @throws FormatException if a file is malformed, the architecture unknown, a field of the configuration missing, unknown or wrong, or
     *         if the weights are not
     *         those of the configuration: it lists names that are missing, unknown or of another shape
     */
    public static SavedModel load(Path folder) throws IOException {
        var json = ConfigJson.parse(text(folder.resolve(CONFIG)));
        if (!json.path("formatVersion").toString().equals("" + VERSION))
            throw new FormatException(CONFIG + ": formatVersion is " + json.path("formatVersion") + "; this Lyceum reads " + VERSION);
        var kind = Architectures.all().get(json.path("architecture").asString(""));
        if (kind == null) throw new FormatException(
                CONFIG + ": architecture is " + json.path("architecture") + "; known are " + Architectures.all().keySet());
        if (!(json.path("config") instanceof ObjectNode fields)) throw new FormatException(CONFIG + ": config is missing");
        var notes = json.path("notes") instanceof ObjectNode object ? object : ConfigJson.parse("{}");
        var contents = Safetensors.read(folder.resolve(WEIGHTS));
        contents.foreign().keySet().forEach(contents::get); // which says why it cannot be read
        var weights = contents.tensors();
        bound("config", fields, Math.max(MOST_NUMBER, weights.values().stream().mapToLong(Tensor::count).sum()));
        var config = kind.read(fields);
        requireSame(shapes(kind, config, Files.size(folder.resolve(WEIGHTS)) + SLACK), weights);
        var model = kind.build(config, Rng.of(0));
        model.load(weights);
        return new SavedModel(model, config, notes);
    }

    private static String text(Path file) throws IOException {
        if (!Files.isRegularFile(file)) throw new NoSuchFileException(file.toString(), null, "a model's folder has it");
        if (Files.size(file) > MOST_TEXT)
            throw new FormatException(CONFIG + ": " + Files.size(file) + " bytes; it has at most " + MOST_TEXT);
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new FormatException(CONFIG + ": it is not UTF-8", e);
        }
    }

    /** No size of a model is more than all its numbers. */
    private static void bound(String path, JsonNode node, long most) {
        if (node.isIntegralNumber() && node.canConvertToInt() && Math.abs(node.longValue()) > most)
            throw new FormatException(CONFIG + ": " + path + " is " + node + "; the file of weights has fewer numbers");
        if (node.isArray()) for (int i = 0; i < node.size(); i++) bound(path + "." + i, node.get(i), most);
        node.properties().forEach(field -> {
            if (!NO_SIZES.contains(field.getKey())) bound(path + "." + field.getKey(), field.getValue(), most);
        });
    }

    /** Names and shapes of the state that a configuration asks for, without its memory. */
    private static SequencedMap<String, Shape> shapes(Architecture<?, ?> kind, Record config, long most) {
        try (var limit = Scope.limited("reading a model", most)) {
            return ShapesOnly.run(() -> {
                var shapes = new LinkedHashMap<String, Shape>();
                Skeleton.of(() -> kind.build(config, Rng.of(0))).state().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
                return shapes;
            });
        } catch (Scope.LimitException e) {
            throw new FormatException(CONFIG + ": a " + kind.name() + " of this configuration is larger than its file of weights", e);
        } catch (RuntimeException e) {
            throw new FormatException(CONFIG + ": no " + kind.name() + " has this configuration: " + e.getMessage(), e);
        }
    }

    /** @throws FormatException with the names that are missing, unknown or of another shape than a state's */
    public static void requireSame(Map<String, Shape> wanted, Map<String, Tensor> given) {
        var wrong = new ArrayList<String>();
        wanted.forEach((name, shape) -> {
            if (!given.containsKey(name)) wrong.add(name + " is missing");
            else if (!given.get(name).shape().equals(shape)) wrong.add(name + " is " + given.get(name).shape() + " and must be " + shape);
        });
        given.keySet().forEach(name -> { if (!wanted.containsKey(name)) wrong.add(name + " is unknown"); });
        if (wrong.isEmpty()) return;
        throw new FormatException(WEIGHTS + ": " + String.join("; ", wrong.subList(0, Math.min(LISTED, wrong.size())))
                + (wrong.size() > LISTED ? "; and " + (wrong.size() - LISTED) + " more" : ""));
    }
}
