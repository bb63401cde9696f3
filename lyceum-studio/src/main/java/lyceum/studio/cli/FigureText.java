package lyceum.studio.cli;

import java.util.List;
import lyceum.plot.Figure;
import lyceum.plot.render.TerminalText;
import tools.jackson.databind.JsonNode;

/** A figure of a run as lines for a terminal. */
final class FigureText {

    private FigureText() { }

    /** Lines of at most {@code columns} characters. */
    static List<String> lines(JsonNode figure, Terminal terminal, int columns) {
        var text = new TerminalText().withWidth(Math.max(30, columns)).withColor(terminal.colour());
        return text.draw(Figure.fromJson(figure.toString())).stripTrailing().lines().toList();
    }
}
