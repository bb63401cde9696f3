package lyceum.studio.cli;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** A figure as text. */
final class FigureText {

    private FigureText() { }

    static List<String> lines(JsonNode figure, Terminal terminal) {
        return List.of(figure.path("title").asString(""));
    }
}
