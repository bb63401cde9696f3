package lyceum.data.version;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.FormatException;
import lyceum.data.ContentHash;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Commits and steps as JSON objects under their hash, fields in a fixed order. */
final class DatasetObjects {
    private static final int FORMAT_VERSION = 1;
    private static final ObjectMapper JSON = JsonMapper
            .builder(JsonFactory.builder().streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).build()).build())
            .build();

    private DatasetObjects() {}

    static Commit commit(ObjectBackend backend, String dataset, List<String> parents, String message, Map<String, String> metadata) {
        var node = JSON.createObjectNode().put("kind", "commit").put("formatVersion", FORMAT_VERSION).put("dataset", dataset);
        list(node, "parents", parents);
        node.put("message", message);
        map(node, "metadata", metadata);
        return new Commit(store(backend, node), dataset, parents, message, metadata);
    }

    static Commit commit(ObjectBackend backend, String id) {
        var node = read(backend, id, "commit");
        return new Commit(id, hash(node, "dataset", id), hashes(node, "parents", id), node.path("message").asString(""),
                map(node, "metadata"));
    }

    static Lineage.Step step(ObjectBackend backend, String transform, String code, Map<String, String> parameters, List<String> inputs,
            String output, String provenance) {
        var node = JSON.createObjectNode().put("kind", "step").put("formatVersion", FORMAT_VERSION).put("transform", transform).put("code",
                code);
        map(node, "parameters", parameters);
        list(node, "inputs", inputs);
        node.put("output", output).put("provenance", provenance);
        return new Lineage.Step(store(backend, node), transform, code, parameters, inputs, output, provenance);
    }

    static Lineage.Step step(ObjectBackend backend, String id) {
        var node = read(backend, id, "step");
        return new Lineage.Step(id, node.path("transform").asString(""), node.path("code").asString(""), map(node, "parameters"),
                hashes(node, "inputs", id), hash(node, "output", id), hash(node, "provenance", id));
    }

    private static void list(ObjectNode node, String name, List<String> values) {
        var array = node.putArray(name);
        values.forEach(array::add);
    }

    private static void map(ObjectNode node, String name, Map<String, String> values) {
        var object = node.putObject(name);
        new TreeMap<>(values).forEach(object::put);
    }

    private static String store(ObjectBackend backend, ObjectNode node) {
        var bytes = JSON.writeValueAsString(node).getBytes(StandardCharsets.UTF_8);
        var hash = ContentHash.of(bytes);
        backend.put(hash, bytes);
        return hash;
    }

    private static JsonNode read(ObjectBackend backend, String id, String kind) {
        try {
            var node = JSON.readTree(new String(RowTree.read(backend, id), StandardCharsets.UTF_8));
            if (!node.path("kind").asString("").equals(kind) || node.path("formatVersion").asInt(0) != FORMAT_VERSION)
                throw new FormatException("DatasetStore: object " + id + " is not a " + kind + " of format version " + FORMAT_VERSION);
            return node;
        } catch (JacksonException e) {
            throw new FormatException("DatasetStore: object " + id + " is not a " + kind + ": " + e.getOriginalMessage(), e);
        }
    }

    private static String hash(JsonNode node, String name, String id) {
        var hash = node.path(name).asString("");
        if (!ContentHash.isOne(hash))
            throw new FormatException("DatasetStore: " + name + " of object " + id + " is not a hash: '" + hash + "'");
        return hash;
    }

    private static List<String> hashes(JsonNode node, String name, String id) {
        var hashes = new ArrayList<String>();
        for (var value : node.path(name)) {
            if (!ContentHash.isOne(value.asString("")))
                throw new FormatException("DatasetStore: " + name + " of object " + id + " has " + value);
            hashes.add(value.asString());
        }
        return hashes;
    }

    private static Map<String, String> map(JsonNode node, String name) {
        var map = new TreeMap<String, String>();
        for (var entry : node.path(name).properties()) map.put(entry.getKey(), entry.getValue().asString(""));
        return map;
    }
}
