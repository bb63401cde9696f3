package lyceum.studio.cli;

import java.util.List;
import lyceum.plot.Figure;
import lyceum.plot.render.TerminalText;

/** A figure of a run as lines for a terminal. */
final class FigureText {

    private FigureText() {}

    /** Lines of at most {@code columns} characters. */
    static List<String> lines(Figure figure, Terminal terminal, int columns) {
        var text = new TerminalText().withWidth(Math.max(30, columns)).withColor(terminal.colour());
        return text.draw(figure).stripTrailing().lines().toList();
    }
}
