package lyceum.serve.constrain;

import java.util.Map;
import lyceum.FormatException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Schemas of tools' arguments as one of their calls. */
final class ToolSchemas {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ToolSchemas() {}

    static String calls(Map<String, String> tools) {
        if (tools.isEmpty()) throw new FormatException("tools: there is none to call");
        var root = JSON.createObjectNode();
        var options = root.putArray("anyOf");
        tools.forEach((name, schema) -> {
            JsonNode arguments;
            try {
                arguments = JSON.readTree(schema);
            } catch (JacksonException e) {
                throw new FormatException("tools: the schema of \"" + name + "\" is not JSON: " + e.getOriginalMessage(), e);
            }
            moved(arguments, "#/anyOf/" + options.size() + "/properties/arguments");
            var call = options.addObject().put("type", "object").put("additionalProperties", false);
            var properties = call.putObject("properties");
            properties.putObject("name").put("const", name);
            properties.set("arguments", arguments);
            call.putArray("required").add("name").add("arguments");
        });
        return JSON.writeValueAsString(root);
    }

    /** References begin at the root of the whole. */
    private static void moved(JsonNode schema, String to) {
        for (var child : schema) moved(child, to);
        if (schema instanceof ObjectNode object && object.get("$ref") instanceof JsonNode ref && ref.asString("").startsWith("#"))
            object.put("$ref", to + ref.asString("").substring(1));
    }
}
