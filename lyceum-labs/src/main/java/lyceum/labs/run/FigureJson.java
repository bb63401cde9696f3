package lyceum.labs.run;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import java.io.StringWriter;
import lyceum.plot.Figure;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/**
 * A figure as it writes itself to JSON. A text, since the same as a tree takes three times the memory, and as a figure's numbers twice.
 *
 * @param text one line of JSON
 */
@JsonDeserialize(using = FigureJson.Reader.class)
public record FigureJson(@JsonValue @JsonRawValue String text) {

    /** As {@link Figure#toJson} writes it. */
    public static FigureJson of(Figure figure) { return new FigureJson(figure.toJson()); }

    /**
     * Reads it.
     *
     * @throws lyceum.plot.FigureException if the text is no figure
     */
    public Figure figure() { return Figure.fromJson(text); }

    /** Copies token by token: no tree is built. */
    static final class Reader extends ValueDeserializer<FigureJson> {
        private final JsonFactory factory = new JsonFactory();

        @Override public FigureJson deserialize(JsonParser in, DeserializationContext context) {
            var text = new StringWriter();
            try (var out = factory.createGenerator(ObjectWriteContext.empty(), text)) {
                out.copyCurrentStructure(in);
            }
            return new FigureJson(text.toString());
        }
    }
}
