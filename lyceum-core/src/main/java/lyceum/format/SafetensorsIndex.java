package lyceum.format;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import lyceum.FormatException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which of several safetensors files has which tensor: the {@code model.safetensors.index.json} beside a checkpoint's shards. {@link Safetensors#read(Path)}
 * takes an index as it takes a file.
 *
 * @see <a href="https://huggingface.co/docs/huggingface_hub/package_reference/serialization">how shards are named</a>
 */
public final class SafetensorsIndex {
    /** How the name of an index ends. */
    public static final String ENDING = ".safetensors.index.json";

    /** An index beside a model's shards, and the file of a model that has none. */
    public static final String NAME = "model" + ENDING, SINGLE = "model.safetensors";

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).maxNameLength(4096).build()).build()).build();

    private SafetensorsIndex() {}

    /** The files that an index names, in order. @throws FormatException if it is malformed, or names one that is not beside it */
    public static List<Path> files(Path index) throws IOException { return List.copyOf(new LinkedHashSet<>(places(index).values())); }

    /** The file of each tensor, as an index has it. @throws FormatException if it is malformed, or names one that is not beside it */
    public static SequencedMap<String, Path> places(Path index) throws IOException {
        var folder = index.toAbsolutePath().getParent();
        var places = new LinkedHashMap<String, Path>();
        for (var entry : places(index.toString(), Files.readString(index)).entrySet()) {
            try {
                places.put(entry.getKey(), folder.resolve(entry.getValue()));
            } catch (InvalidPathException e) {
                throw new FormatException(index + ": \"" + entry.getValue() + "\" cannot be the name of a file here", e);
            }
        }
        return places;
    }

    /**
     * What weights that are written anew into a folder must not leave there, for whoever reads them could take the old for the new: {@link #SINGLE}, {@link #NAME} and,
     * if it is there, the files that it names; none of a malformed one.
     */
    public static Set<String> weightsIn(Path folder) throws IOException {
        var index = folder.resolve(NAME);
        var names = new TreeSet<String>();
        try {
            if (Files.isRegularFile(index)) names.addAll(files(index.toString(), Files.readString(index)));
        } catch (FormatException | CharacterCodingException e) {
            names.clear(); // it goes, and of no other file is it known whose it is
        }
        names.add(NAME);
        names.add(SINGLE);
        return names;
    }

    /** Their names, by the index's text. @param index what a message calls it */
    public static SortedSet<String> files(String index, String json) { return new TreeSet<>(places(index, json).values()); }

    private static SequencedMap<String, String> places(String index, String json) {
        var names = new LinkedHashMap<String, String>();
        try {
            var map = JSON.readTree(json).path("weight_map");
            if (!map.isObject() || map.isEmpty()) throw new FormatException(index + ": there is no weight_map, or it names no file");
            for (var entry : map.properties()) {
                var name = entry.getValue().asString("");
                if (!name.endsWith(".safetensors") || name.contains("/") || name.contains("\\") || name.contains(":")
                        || name.indexOf(0) >= 0)
                    throw new FormatException(index + ": \"" + entry.getKey() + "\" is in \"" + name
                            + "\"; tensors are in files beside the index, which end in .safetensors");
                names.put(entry.getKey(), name);
            }
        } catch (JacksonException e) {
            throw new FormatException(index + ": " + e.getOriginalMessage(), e);
        }
        return names;
    }

    /** Writes an index. @param files the name of each tensor's file, beside it @param bytes of all tensors */
    public static void write(Path index, SequencedMap<String, String> files, long bytes) throws IOException {
        var json = JSON.createObjectNode();
        json.putObject("metadata").put("total_size", bytes);
        var map = json.putObject("weight_map");
        files.forEach(map::put);
        Files.writeString(index, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
    }
}
