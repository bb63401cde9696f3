package lyceum.data.corpus;

import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/** Documents as JSON, an object a line. */
final class JsonLines {
    private JsonLines() {}

    /** Refuses what is deep, long or says a thing twice. */
    static ObjectMapper json(int mostBytes) {
        return JsonMapper
                .builder(JsonFactory.builder()
                        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).maxStringLength(mostBytes)
                                .maxNumberLength(400).maxNameLength(1000).build())
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
                .build();
    }

    /** @throws IllegalArgumentException in a few words, where this is no document */
    static Document document(ObjectMapper json, String line, CorpusReader options, String idOtherwise) {
        JsonNode node;
        try {
            node = json.readTree(line);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage());
        }
        if (!node.isObject()) throw new IllegalArgumentException("not a JSON object");
        var text = node.get(options.textField());
        if (text == null) throw new IllegalArgumentException("no field \"" + options.textField() + "\"");
        if (!text.isString()) throw new IllegalArgumentException("the field \"" + options.textField() + "\" is not a string");
        var metadata = new TreeMap<String, String>();
        String id = idOtherwise, domain = options.domain(), licence = options.licence();
        for (var property : node.properties()) {
            var key = property.getKey();
            var value = property.getValue();
            if (key.equals(options.textField()) || value.isNull()) continue;
            var string = value.isContainer() ? value.toString() : value.asString();
            if (key.equals(options.idField())) id = string;
            else if (key.equals("domain")) domain = string;
            else if (key.equals("licence") || key.equals("license")) licence = string;
            else if (key.equals("metadata") && value.isObject()) {
                for (var item : value.properties())
                    metadata.put(item.getKey(), item.getValue().isContainer() ? item.getValue().toString() : item.getValue().asString());
            } else metadata.put(key, string);
        }
        return new Document(id, text.asString(), domain, licence, metadata);
    }

    /** One line, without its end. What {@link #document} reads back by the default options is equal. */
    static String line(ObjectMapper json, Document document) {
        var node = json.createObjectNode();
        node.put("id", document.id());
        node.put("text", document.text());
        node.put("domain", document.domain());
        node.put("licence", document.licence());
        if (!document.metadata().isEmpty()) {
            var metadata = node.putObject("metadata");
            for (Map.Entry<String, String> entry : document.metadata().entrySet()) metadata.put(entry.getKey(), entry.getValue());
        }
        return json.writeValueAsString(node);
    }
}
