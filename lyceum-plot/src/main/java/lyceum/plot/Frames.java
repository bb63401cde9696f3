package lyceum.plot;

import java.util.List;

/**
 * A sequence of figures under a slider.
 *
 * @param title over all of them
 * @param description one sentence
 * @param slider what the slider counts: {@code "iteration"}
 * @param labels the slider's value at each figure
 * @param figures plots or panels
 */
public record Frames(String title, String description, String slider, List<String> labels, List<Figure> figures) implements Figure {
    /** Checks and cleans. */
    public Frames {
        title = Check.text("title", title, Check.TITLE);
        description = Check.text("description", description, Check.TEXT);
        slider = Check.text("slider label", slider, Check.LABEL);
        figures = Check.list("frame", figures, 1_000);
        labels = Check.texts("frame label", labels);
        Check.sameLength("frames '" + title + "'", "labels", labels.size(), "figures", figures.size());
        for (var f : figures) {
            if (f instanceof Frames) throw new FigureException("the sequence '" + title + "' holds the sequence '" + f.title() + "'; a sequence holds plots and panels");
        }
    }

    @Override public Frames describedAs(String description) {
        return new Frames(title, description, slider, labels, figures);
    }

    /** The same sequence with these values at the slider, one for each figure. */
    public Frames labelled(String... labels) {
        return new Frames(title, description, slider, List.of(labels), figures);
    }

    @Override public Table table() {
        return Table.under(slider.isEmpty() ? "frame" : slider, labels, figures.stream().map(Figure::table).toList());
    }
}
