package lyceum.nn;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import lyceum.FormatException;
import lyceum.tensor.Shape;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Configuration records as JSON, and back: an object with a field for each component.
 *
 * {@snippet :
 * ObjectNode json = ConfigJson.write(MlpConfig.classifier(4, 3, 8));      // {"inputs":4,"hidden":[8],"outputs":3,"activation":"RELU",...}
 * MlpConfig same = ConfigJson.read(json, MlpConfig.class);
 * }
 *
 * <p>Components are numbers, booleans, text, enums by their name, {@link Shape}s, lists, arrays of whole numbers, {@code null}, and records of such. Where the declared type
 * is an interface, the object says in {@code "kind"} which record or enum stands there: by its simple name under a sealed interface, else by its class's name. NaN and
 * infinities are text. What a configuration holds beside that (a tensor, a lambda) cannot be written.
 *
 * <p>Reading is strict: a field that is missing, unknown or of another type is refused by its path, and so is what the record's own constructor refuses. No class is
 * ever made but records and enums that fit the declared type.
 */
public final class ConfigJson {
    static final String KIND = "kind", CONSTANT = "constant";

    private static final JsonMapper JSON = JsonMapper
            .builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).maxDocumentLength(16 << 20).build()).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private ConfigJson() {}

    /** @throws IllegalArgumentException naming the component that has no form in JSON */
    public static ObjectNode write(Record config) { return fields("", config, JSON.createObjectNode()); }

    /** @throws FormatException naming the field that is missing, unknown, or not what the component wants */
    public static <T extends Record> T read(JsonNode json, Class<T> type) { return type.cast(new ConfigReader().value("", json, type)); }

    /** A text as an object. @throws FormatException if it is no JSON, no object, over 16 MiB, or nested deeper than 32 */
    public static ObjectNode parse(String text) {
        try {
            if (JSON.readTree(text) instanceof ObjectNode object) return object;
        } catch (JacksonException e) {
            var at = e.getLocation();
            throw new FormatException("configuration: " + e.getOriginalMessage()
                    + (at == null ? "" : ", at line " + at.getLineNr() + ", column " + at.getColumnNr()));
        }
        throw new FormatException("configuration: no object");
    }

    /** The text of a tree, in lines. */
    public static String text(JsonNode json) { return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n"; }

    private static ObjectNode fields(String path, Record value, ObjectNode into) {
        for (var component : value.getClass().getRecordComponents()) {
            var at = path.isEmpty() ? component.getName() : path + "." + component.getName();
            into.set(component.getName(), node(at, component.getGenericType(), get(component, value)));
        }
        return into;
    }

    private static Object get(RecordComponent component, Record value) {
        try {
            var accessor = component.getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("ConfigJson: cannot read " + component, e);
        }
    }

    private static JsonNode node(String path, Type declared, Object value) {
        var nodes = JSON.getNodeFactory();
        return switch (value) {
            case null -> nodes.nullNode();
            case Integer i -> nodes.numberNode(i);
            case Long l -> nodes.numberNode(l);
            case Boolean b -> nodes.booleanNode(b);
            case String s -> nodes.stringNode(s);
            case Double d -> Double.isFinite(d) ? nodes.numberNode(d) : nodes.stringNode(d.toString());
            case Enum<?> e when ConfigReader.raw(declared).isEnum() -> nodes.stringNode(e.name());
            case Enum<?> e -> kind(declared, e.getDeclaringClass()).put(CONSTANT, e.name());
            case Shape shape -> node(path, long[].class, shape.toArray());
            case int[] numbers -> {
                var array = nodes.arrayNode();
                for (int n : numbers) array.add(n);
                yield array;
            }
            case long[] numbers -> {
                var array = nodes.arrayNode();
                for (long n : numbers) array.add(n);
                yield array;
            }
            case List<?> list -> items(path, ConfigReader.item(declared), list);
            case RotaryEmbedding r -> fields(path, RotaryForm.of(r), JSON.createObjectNode().put(KIND, RotaryForm.KIND));
            case Record r when r.getClass() == ConfigReader.raw(declared) -> fields(path, r, JSON.createObjectNode());
            case Record r -> fields(path, r, kind(declared, r.getClass()));
            default -> throw new IllegalArgumentException("ConfigJson: " + path + " is " + value
                    + "; only numbers, text, booleans, enums, lists and records of such can be written");
        };
    }

    private static ArrayNode items(String path, Type declared, List<?> list) {
        var array = JSON.createArrayNode();
        for (int i = 0; i < list.size(); i++) array.add(node(path + "." + i, declared, list.get(i)));
        return array;
    }

    private static ObjectNode kind(Type declared, Class<?> of) {
        boolean listed = ConfigReader.kinds(ConfigReader.raw(declared)).contains(of);
        return JSON.createObjectNode().put(KIND, listed ? of.getSimpleName() : of.getName());
    }
}
