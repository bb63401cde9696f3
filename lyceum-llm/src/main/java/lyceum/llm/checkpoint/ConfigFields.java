package lyceum.llm.checkpoint;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.nn.Activation;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What a {@code config.json} says, with bounds that no model of today comes near, so that a file from outside cannot ask for too much. */
record ConfigFields(ObjectNode json) {
    static final JsonMapper JSON = JsonMapper
            .builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).maxDocumentLength(16 << 20).build()).build())
            .build();

    static ConfigFields of(String text) {
        try {
            if (JSON.readTree(text) instanceof ObjectNode object) return new ConfigFields(object);
        } catch (JacksonException e) {
            throw new FormatException("config.json: " + e.getOriginalMessage());
        }
        throw new FormatException("config.json: no object");
    }

    boolean has(String name) { return json.hasNonNull(name); }

    /** Between 1 and {@code most}. */
    int count(String name, int most) {
        if (!has(name)) throw new FormatException("config.json: " + name + " is missing");
        return count(name, most, 0);
    }

    /** @param otherwise where it is missing or null */
    int count(String name, int most, int otherwise) {
        if (!has(name)) return otherwise;
        var value = json.get(name);
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 1 || value.asInt() > most)
            throw new FormatException("config.json: " + name + " is " + value + "; it is a whole number from 1 to " + most);
        return value.asInt();
    }

    /** Between 0 and {@code most}. @param otherwise where it is missing or null */
    int countFromZero(String name, int most, int otherwise) {
        return has(name) && json.get(name).isIntegralNumber() && json.get(name).asLong() == 0 ? 0 : count(name, most, otherwise);
    }

    int width(String name) { return count(name, 1 << 20); }

    int layers(String name) { return count(name, 4096); }

    double number(String name, double otherwise) {
        if (!has(name)) return otherwise;
        var value = json.get(name);
        if (!value.isNumber() || !Double.isFinite(value.asDouble()))
            throw new FormatException("config.json: " + name + " is " + value + "; it is a number");
        return value.asDouble();
    }

    boolean flag(String name, boolean otherwise) {
        if (!has(name)) return otherwise;
        if (!json.get(name).isBoolean())
            throw new FormatException("config.json: " + name + " is " + json.get(name) + "; it is true or false");
        return json.get(name).asBoolean();
    }

    String text(String name, String otherwise) { return has(name) ? json.get(name).asString(otherwise) : otherwise; }

    List<String> texts(String name) {
        var list = json.path(name);
        return IntStream.range(0, list.size()).mapToObj(i -> list.get(i).asString("")).toList();
    }

    /** The first of several, where there are several; -1 for none. */
    int mark(String name, int vocabulary) {
        JsonNode value = json.path(name);
        if (value.isArray() && !value.isEmpty()) value = value.get(0);
        if (!value.isIntegralNumber()) return -1;
        if (!value.canConvertToInt() || value.asInt() < 0 || value.asInt() >= vocabulary)
            throw new FormatException("config.json: " + name + " is " + value + "; it is an id below vocab_size " + vocabulary);
        return value.asInt();
    }

    Activation activation(String... names) {
        for (var name : names) if (has(name)) try {
            if (Activation.named(text(name, "")) instanceof Activation known) return known;
            throw new FormatException("config.json: " + name + " \"" + text(name, "") + "\" has parameters; decoders have none such");
        } catch (IllegalArgumentException e) {
            throw new FormatException("config.json: " + name + ": " + e.getMessage());
        }
        throw new FormatException("config.json: " + names[0] + " is missing");
    }

    DType dtype() {
        var name = text("torch_dtype", text("dtype", "float32"));
        return switch (name) {
            case "float32" -> DType.F32;
            case "bfloat16" -> DType.BF16;
            case "float16" -> DType.F16;
            case "float64" -> DType.F64;
            default -> throw new FormatException(
                    "config.json: torch_dtype is \"" + name + "\"; float64, float32, bfloat16 and float16 are known");
        };
    }

    static String name(DType type) {
        return switch (type) {
            case F64 -> "float64";
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            default -> "float32";
        };
    }
}
