package lyceum.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One clause, one test, one verdict: a line of {@code target/acceptance.jsonl}.
 *
 * @param topic    the topic's slug
 * @param clause   the clause's number, from 1
 * @param test     who checked: {@code lyceum.learn.KMeansTest#withinPlusBetweenEqualsTotal}, {@code heavy:} before it where it does
 *                 not run every time, or {@code lab:lyceum.labs.learn.KMeansLab/within + between = total}
 * @param holds    whether every invocation passed
 * @param measured what the test recorded as {@link Evidence}, in order
 * @param seconds  how long the test took
 */
public record AcceptanceRecord(String topic, int clause, String test, boolean holds, List<Evidence.Entry> measured, double seconds) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Copies the list. */
    public AcceptanceRecord {
        measured = List.copyOf(measured);
    }

    /** The record as one line of JSON, without a line end; numbers that JSON lacks (NaN, infinities) become strings. */
    public String toJson() {
        var node = JSON.createObjectNode();
        node.put("topic", topic).put("clause", clause).put("test", test).put("holds", holds);
        var values = node.putArray("measured");
        for (var m : measured) {
            var v = values.addObject().put("name", m.name());
            if (Double.isFinite(m.value())) {
                v.put("value", m.value());
            } else {
                v.put("value", String.valueOf(m.value()));
            }
            v.put("bound", m.bound());
        }
        node.put("seconds", Double.parseDouble(String.format(Locale.ROOT, "%.3f", seconds)));
        return JSON.writeValueAsString(node);
    }

    /** Reads a line that {@link #toJson} wrote. */
    public static AcceptanceRecord fromJson(String line) {
        var node = JSON.readTree(line);
        var measured = new ArrayList<Evidence.Entry>();
        for (JsonNode v : node.path("measured")) {
            var value = v.path("value");
            measured.add(new Evidence.Entry(v.path("name").asString(),
                    value.isNumber() ? value.asDouble() : Double.parseDouble(value.asString()), v.path("bound").asString("")));
        }
        return new AcceptanceRecord(node.path("topic").asString(), node.path("clause").asInt(), node.path("test").asString(),
                node.path("holds").asBoolean(), measured, node.path("seconds").asDouble());
    }
}
