package lyceum.labs.run;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Reads and writes the records of labs as JSON: names unchanged, non-finite numbers as strings, unknown fields skipped. */
public final class LabJson {

    private static final JsonMapper MAPPER = JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS).build();

    private LabJson() {}

    /** One line of JSON. */
    public static String write(Object value) { return MAPPER.writeValueAsString(value); }

    /** JSON with line ends and indents. */
    public static String pretty(Object value) { return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value); }

    /**
     * Reads a record of this package, such as a {@link LabEvent}.
     *
     * @throws IllegalArgumentException if the text is not one
     */
    public static <T> T read(String json, Class<T> type) {
        try {
            return MAPPER.readValue(json, type);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not a " + type.getSimpleName() + ": " + e.getOriginalMessage(), e);
        }
    }
}
