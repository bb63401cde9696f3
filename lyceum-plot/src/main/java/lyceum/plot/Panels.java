package lyceum.plot;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Figures in a grid, filled row by row.
 *
 * @param title over all of them
 * @param description one sentence
 * @param columns how many stand side by side, 1 to 12
 * @param figures plots, or panels of plots
 */
public record Panels(String title, String description, int columns, List<Figure> figures) implements Figure {
    /** Checks and cleans. */
    public Panels {
        title = Check.text("title", title, Check.TITLE);
        description = Check.text("description", description, Check.TEXT);
        if (columns < 1 || columns > 12) throw new FigureException("panels '" + title + "' have " + columns + " columns; between 1 and 12");
        figures = Check.list("panel", figures, 200);
        for (var f : figures) {
            if (f instanceof Frames) throw new FigureException(
                    "panels '" + title + "' hold the sequence '" + f.title() + "'; a sequence may hold panels, panels hold no sequence");
            if (f instanceof Audio || f instanceof Cloud) throw new FigureException(
                    "panels '" + title + "' hold '" + f.title() + "', which is heard or turned; show it as a figure of its own");
            if (f instanceof Panels p && p.figures.stream().anyMatch(Panels.class::isInstance))
                throw new FigureException("panels '" + title + "' nest deeper than two; lay the plots out in one grid");
        }
    }

    @Override public Panels describedAs(String description) { return new Panels(title, description, columns, figures); }

    @Override public Table table() {
        var names = IntStream.range(0, figures.size())
                .mapToObj(i -> figures.get(i).title().isEmpty() ? Integer.toString(i + 1) : figures.get(i).title()).toList();
        return Table.under("panel", names, figures.stream().map(Figure::table).toList());
    }
}
