package lyceum.serve.constrain;

import java.util.LinkedHashMap;
import java.util.Optional;
import lyceum.FormatException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The {@code response_format} of a request: OpenAI's {@code text}, {@code json_object} and {@code json_schema}, and {@code regex}, {@code grammar} and {@code choice} as
 * other servers have them; {@code tool_call} with a request's {@code tools} is what {@code tool_choice} asks for.
 *
 * {@snippet :
 * var grammar = ResponseFormat.read("{\"type\": \"json_object\"}").orElseThrow();
 * var dates = ResponseFormat.read("{\"type\": \"regex\", \"regex\": \"[0-9]{4}\"}");
 * }
 */
public final class ResponseFormat {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ResponseFormat() {}

    /**
     * Empty for a text without a rule.
     *
     * @throws SchemaException for a schema that a grammar cannot promise: names the keyword's path
     * @throws FormatException for an unknown type, a missing field, or no JSON
     */
    public static Optional<Grammar> read(String json) {
        JsonNode format;
        try {
            format = JSON.readTree(json);
        } catch (JacksonException e) {
            throw new FormatException("response_format: no JSON: " + e.getOriginalMessage(), e);
        }
        var type = field(format, "type").asString("");
        return switch (type) {
            case "text" -> Optional.empty();
            case "json_object" -> Optional.of(Grammar.jsonObject());
            case "json_schema" -> Optional.of(Grammar.jsonSchema(JSON.writeValueAsString(field(field(format, "json_schema"), "schema"))));
            case "regex" -> Optional.of(Grammar.regex(field(format, "regex").asString("")));
            case "grammar" -> Optional.of(Grammar.gbnf(field(format, "grammar").asString("")));
            case "choice" -> {
                var texts = field(format, "choice");
                var all = new String[texts.size()];
                for (int i = 0; i < all.length; i++) all[i] = texts.get(i).asString("");
                if (all.length == 0) throw new FormatException("response_format: choice is a list of texts");
                yield Optional.of(Grammar.oneOf(all));
            }
            case "tool_call" -> {
                var tools = new LinkedHashMap<String, String>();
                for (var tool : field(format, "tools")) {
                    var told = tool.path("function").isObject() ? tool.path("function") : tool;
                    var schema = told.has("parameters") ? told.get("parameters") : told.path("input_schema");
                    tools.put(field(told, "name").asString(""),
                            schema.isObject() ? JSON.writeValueAsString(schema) : "{\"type\":\"object\"}");
                }
                yield Optional.of(Grammar.toolCall(tools));
            }
            default -> throw new FormatException(
                    "response_format: type \"" + type + "\"; it is text, json_object, json_schema, regex, grammar or choice");
        };
    }

    private static JsonNode field(JsonNode of, String name) {
        var value = of.get(name);
        if (value == null || value.isNull()) throw new FormatException("response_format: \"" + name + "\" is missing");
        return value;
    }
}
