package lyceum.plot;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Arrays;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ObjectNode;

/** Figures to JSON and back. Records check themselves; here stand the bounds on the document. */
final class FigureJson {
    private static final int VERSION = 1;
    private static final int MAX_CHARS = 64 << 20;

    private static final JsonMapper MAPPER = JsonMapper
            .builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(40).maxStringLength(20_000).maxNumberLength(400)
                            .maxNameLength(200).build())
                    .build())
            .addModule(new SimpleModule().addSerializer(Numbers.class, new Writer()).addDeserializer(Numbers.class, new Reader()))
            .changeDefaultPropertyInclusion(i -> i.withValueInclusion(JsonInclude.Include.NON_EMPTY)).build();

    private FigureJson() {}

    static String write(Figure figure) {
        ObjectNode tree = MAPPER.valueToTree(figure);
        tree.put("formatVersion", VERSION);
        return MAPPER.writeValueAsString(tree);
    }

    static Figure read(String json) {
        if (json == null) throw new FigureException("the figure's JSON is missing (null)");
        if (json.length() > MAX_CHARS)
            throw new FigureException("the figure's JSON has " + json.length() + " characters; at most " + MAX_CHARS + " are read");
        try {
            var tree = MAPPER.readTree(json);
            if (!(tree instanceof ObjectNode object)) throw new FigureException("the figure's JSON is not an object");
            var version = object.get("formatVersion");
            if (version != null && !(version.isInt() && version.intValue() == VERSION))
                throw new FigureException("the figure has formatVersion " + version + "; this program reads " + VERSION);
            return Check.present("the figure", MAPPER.treeToValue(tree, Figure.class));
        } catch (JacksonException e) {
            throw new FigureException("this JSON is not a figure: " + shortened(e), e);
        }
    }

    private static String shortened(JacksonException e) {
        for (Throwable t = e; t != null; t = t.getCause()) if (t instanceof FigureException f) return f.getMessage();
        var message = String.valueOf(e.getOriginalMessage());
        var where = e.getLocation() == null ? ""
                : " (line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr() + ")";
        return (message.length() > 300 ? message.substring(0, 300) + "..." : message) + where;
    }

    /** Whole numbers are written without a point: half the length of counts and pixels. */
    private static final class Writer extends ValueSerializer<Numbers> {
        @Override public void serialize(Numbers numbers, JsonGenerator out, SerializationContext context) {
            out.writeStartArray();
            for (int i = 0; i < numbers.size(); i++) {
                double v = numbers.get(i);
                boolean whole = v == Math.rint(v) && Math.abs(v) < 1e15 && (v != 0 || 1 / v > 0);
                if (whole) out.writeNumber((long) v);
                else out.writeNumber(v);
            }
            out.writeEndArray();
        }

        @Override public boolean isEmpty(SerializationContext context, Numbers numbers) { return false; }
    }

    private static final class Reader extends ValueDeserializer<Numbers> {
        @Override public Numbers deserialize(JsonParser in, DeserializationContext context) {
            if (!in.isExpectedStartArrayToken()) return (Numbers) context.handleUnexpectedToken(Numbers.class, in);
            var values = new double[64];
            int n = 0;
            for (var t = in.nextToken(); t != JsonToken.END_ARRAY; t = in.nextToken()) {
                if (n == values.length) values = Arrays.copyOf(values, 2 * n);
                values[n++] = switch (t) {
                    case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> in.getDoubleValue();
                    case VALUE_NULL -> Double.NaN;
                    case VALUE_STRING -> named(in.getString());
                    case null, default -> throw new FigureException("a list of numbers holds " + t + " at place " + n);
                };
            }
            return Numbers.of(Arrays.copyOf(values, n));
        }

        private static double named(String s) {
            return switch (s) {
                case "NaN" -> Double.NaN;
                case "Infinity" -> Double.POSITIVE_INFINITY;
                case "-Infinity" -> Double.NEGATIVE_INFINITY;
                default -> throw new FigureException("a list of numbers holds the text '"
                        + (s.length() > 40 ? s.substring(0, 40) + "..." : s) + "'; NaN, Infinity and -Infinity are the only words");
            };
        }
    }
}
