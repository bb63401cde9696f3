package lyceum.plot;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A sequence of figures under a slider.
 *
 * @param title over all of them
 * @param description one sentence
 * @param slider what the slider counts: {@code "iteration"}
 * @param labels the slider's value at each figure
 * @param figures plots or panels
 * @param start   the figure that is seen first, from 0; null: the last
 */
public record Frames(String title, String description, String slider, List<String> labels, List<Figure> figures, Integer start)
        implements Figure {
    /** Checks and cleans. */
    public Frames {
        title = Check.text("title", title, Check.TITLE);
        description = Check.text("description", description, Check.TEXT);
        slider = Check.text("slider label", slider, Check.LABEL);
        figures = Check.list("frame", figures, 1_000);
        labels = Check.texts("frame label", labels);
        Check.sameLength("frames '" + title + "'", "labels", labels.size(), "figures", figures.size());
        if (start != null && (start < 0 || start >= figures.size())) throw new FigureException(
                "the sequence '" + title + "' starts at figure " + start + "; it has " + figures.size() + ", counted from 0");
        for (var f : figures) {
            if (f instanceof Frames) throw new FigureException(
                    "the sequence '" + title + "' holds the sequence '" + f.title() + "'; a sequence holds plots and panels");
            if (f instanceof Audio || f instanceof Cloud) throw new FigureException(
                    "the sequence '" + title + "' holds '" + f.title() + "', which is heard or turned; a sequence holds plots and panels");
        }
    }

    @Override public Frames describedAs(String description) { return new Frames(title, description, slider, labels, figures, start); }

    /** The same sequence with at most {@code most} figures, 2 or more, the first and the last among them. */
    public Frames thinned(int most) {
        if (most < 2) throw new FigureException("thinned(" + most + "): a sequence keeps its first and its last figure, so at least 2");
        int n = figures.size();
        if (n <= most) return this;
        var kept = IntStream.range(0, most).map(i -> (int) Math.round((double) i * (n - 1) / (most - 1))).boxed().toList();
        return new Frames(title, description, slider, kept.stream().map(labels::get).toList(), kept.stream().map(figures::get).toList(),
                start == null ? null : (Integer) (int) Math.round((double) start * (most - 1) / (n - 1)));
    }

    /** The same sequence, seen at figure {@code start} first, from 0. */
    public Frames startingAt(int start) { return new Frames(title, description, slider, labels, figures, start); }

    /** The place of the figure that is seen first; -1 where there is none. */
    public int first() { return start == null ? figures.size() - 1 : start; }

    /** The same sequence with these values at the slider, one for each figure. */
    public Frames labelled(String... labels) { return new Frames(title, description, slider, List.of(labels), figures, start); }

    @Override public Table table() {
        return Table.under(slider.isEmpty() ? "frame" : slider, labels, figures.stream().map(Figure::table).toList());
    }
}
