package lyceum.plot;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;

/**
 * One kind of mark over one set of data. Layers of a {@link Plot} share its axes and are drawn in order, the first at the back.
 * Layers that name the same series share its colour, so a line and the band around it belong together by name.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({@Type(value = Layer.Line.class, name = "line"), @Type(value = Layer.Points.class, name = "points"),
        @Type(value = Layer.Bars.class, name = "bars"), @Type(value = Layer.Histogram.class, name = "histogram"),
        @Type(value = Layer.Heatmap.class, name = "heatmap"), @Type(value = Layer.ImageGrid.class, name = "images"),
        @Type(value = Layer.Region.class, name = "region"), @Type(value = Layer.Contour.class, name = "contour"),
        @Type(value = Layer.Band.class, name = "band"), @Type(value = Layer.StackedArea.class, name = "area"),
        @Type(value = Layer.Network.class, name = "network"), @Type(value = Layer.ErrorBars.class, name = "errors"),
        @Type(value = Layer.Rule.class, name = "rule"), @Type(value = Layer.Note.class, name = "note"),
        @Type(value = Layer.Arrows.class, name = "arrows")})
public sealed interface Layer {

    /** Points joined in the order given; a value that is not finite breaks the line. */
    record Line(String name, Numbers x, Numbers y, Style style) implements Layer {
        /** How the line runs. */
        public enum Style {
            /** Straight from point to point. */
            SOLID,
            /** The same, dashed: for references and predictions. */
            DASHED,
            /** Level until the next point, then a jump: cumulative shares, ROC curves. */
            STEP
        }

        /** Checks and cleans. */
        public Line {
            name = Check.text("line name", name, Check.LABEL);
            style = style == null ? Style.SOLID : style;
            pairs("line '" + name + "'", x, y);
        }
    }

    /**
     * Separate points.
     *
     * @param labels one text for each point, drawn beside it, or none at all
     * @param mark how each point is drawn
     */
    record Points(String name, Numbers x, Numbers y, List<String> labels, Mark mark) implements Layer {
        /** How a point is drawn. */
        public enum Mark {
            /** A disc in the colour of its series. */
            DOT,
            /** A cross in ink, which takes no colour of the palette: what was found among the data, such as centres. */
            CROSS
        }

        /** Checks and cleans. */
        public Points {
            mark = mark == null ? Mark.DOT : mark;
            name = Check.text("points name", name, Check.LABEL);
            pairs("points '" + name + "'", x, y);
            labels = Check.texts("point label", labels);
            if (!labels.isEmpty()) Check.sameLength("points '" + name + "'", "labels", labels.size(), "x", x.size());
        }
    }

    /**
     * Bars over categories; category i stands at place i of its axis, so other layers may use 0, 1, ... there.
     *
     * @param categories their names, in order
     * @param series one value for each category in each series
     * @param stacked on top of each other; else side by side
     * @param horizontal categories run down the y axis, the first on top
     */
    record Bars(List<String> categories, List<Series> series, boolean stacked, boolean horizontal) implements Layer {
        /** Checks and cleans. */
        public Bars {
            categories = Check.list("category", Check.texts("category", categories), 100_000);
            series = Check.list("bar series", series, 200);
            for (var s : series) Check.sameLength("bars", "categories", categories.size(), "series '" + s.name() + "'", s.values().size());
        }
    }

    /**
     * Counts (or densities) in bins: bin i reaches from edge i to edge i + 1.
     *
     * @param edges ascending, one more than there are heights
     * @param heights not negative
     */
    record Histogram(String name, Numbers edges, Numbers heights) implements Layer {
        /** Checks and cleans. */
        public Histogram {
            name = Check.text("histogram name", name, Check.LABEL);
            Check.present("histogram edges", edges);
            Check.present("histogram heights", heights);
            Check.sameLength("histogram '" + name + "' (n bins have n + 1 edges)", "edges less one", Math.max(0, edges.size() - 1),
                    "heights", heights.size());
            for (int i = 0; i < edges.size(); i++) {
                if (!Double.isFinite(edges.get(i)) || i > 0 && edges.get(i) <= edges.get(i - 1)) throw new FigureException(
                        "histogram '" + name + "': edge " + i + " is " + edges.get(i) + "; edges are finite and ascend");
            }
        }
    }

    /**
     * A matrix as coloured cells, the first row on top.
     *
     * @param values row by row
     * @param rows names of the rows
     * @param columns names of the columns
     * @param colors how values become colours
     * @param cellLabels the value is written into its cell
     * @param valueLabel what a cell measures, with its unit
     */
    record Heatmap(Numbers values, List<String> rows, List<String> columns, ColorScale colors, boolean cellLabels, String valueLabel)
            implements Layer {
        /** Checks and cleans. */
        public Heatmap {
            Check.present("heatmap values", values);
            rows = Check.list("heatmap row", Check.texts("heatmap row", rows), 20_000);
            columns = Check.list("heatmap column", Check.texts("heatmap column", columns), 20_000);
            cells("heatmap", values, rows.size(), columns.size());
            colors = colors == null ? ColorScale.SEQUENTIAL : colors;
            valueLabel = Check.text("heatmap value label", valueLabel, Check.LABEL);
        }
    }

    /**
     * Small images in a grid, filled row by row.
     *
     * @param images of any sizes
     * @param columns how many stand side by side
     * @param black the pixel value drawn darkest
     * @param white the pixel value drawn lightest; below {@code black} for ink on paper
     */
    record ImageGrid(List<Image> images, int columns, double black, double white) implements Layer {
        /** Checks and cleans. */
        public ImageGrid {
            images = Check.list("image", images, 10_000);
            if (columns < 1 || columns > 1_000) throw new FigureException("image grid has " + columns + " columns; between 1 and 1000");
            if (!Double.isFinite(black) || !Double.isFinite(white))
                throw new FigureException("image grid: black is " + black + " and white is " + white + "; both are finite");
        }
    }

    /**
     * The plane coloured by class or by value, given on a grid.
     *
     * @param x centres of the columns, ascending
     * @param y centres of the rows, ascending
     * @param values row by row (all x for the first y first): class numbers 0, 1, ... or values
     * @param classes names of the classes, in the colours of the series of these names; empty: values on the viridis scale
     * @param valueLabel what the values measure
     */
    record Region(Numbers x, Numbers y, Numbers values, List<String> classes, String valueLabel) implements Layer {
        /** Checks and cleans. */
        public Region {
            grid("region", x, y, values);
            classes = Check.list("region class", Check.texts("region class", classes), 1_000);
            valueLabel = Check.text("region value label", valueLabel, Check.LABEL);
        }
    }

    /**
     * Lines of equal value through values on a grid.
     *
     * @param x places of the columns, ascending
     * @param y places of the rows, ascending
     * @param values row by row
     * @param levels where lines run
     */
    record Contour(String name, Numbers x, Numbers y, Numbers values, Numbers levels) implements Layer {
        /** Checks and cleans. */
        public Contour {
            name = Check.text("contour name", name, Check.LABEL);
            grid("contour", x, y, values);
            Check.present("contour levels", levels);
            if (levels.size() > 200) throw new FigureException("contour has " + levels.size() + " levels; at most 200");
        }
    }

    /** The space between two lines: an interval around a series of the same name. */
    record Band(String name, Numbers x, Numbers low, Numbers high) implements Layer {
        /** Checks and cleans. */
        public Band {
            name = Check.text("band name", name, Check.LABEL);
            pairs("band '" + name + "'", x, low);
            Check.present("band high", high);
            Check.sameLength("band '" + name + "'", "x", x.size(), "high", high.size());
        }
    }

    /** Areas on top of each other, the first at the bottom. */
    record StackedArea(Numbers x, List<Series> series) implements Layer {
        /** Checks and cleans. */
        public StackedArea {
            Check.present("area x", x);
            series = Check.list("area series", series, 200);
            for (var s : series) Check.sameLength("area", "x", x.size(), "series '" + s.name() + "'", s.values().size());
        }
    }

    /**
     * A tree or a directed acyclic graph; places are found by the layout, so such a plot has no axes.
     *
     * @param nodes each with an id of its own
     * @param edges from id to id
     * @param flow where edges lead
     */
    record Network(List<Node> nodes, List<Edge> edges, Flow flow) implements Layer {
        /** Where edges lead on the page. */
        public enum Flow {
            /** From top to bottom: trees. */
            DOWN,
            /** From left to right: computational graphs, pipelines. */
            RIGHT
        }

        /** Checks and cleans. */
        public Network {
            nodes = Check.list("node", nodes, 2_000);
            edges = Check.list("edge", edges, 10_000);
            flow = flow == null ? Flow.DOWN : flow;
            var ids = new HashSet<String>();
            for (var n : nodes) if (!ids.add(n.id())) throw new FigureException("node id '" + n.id() + "' stands twice; ids are unique");
            for (var e : edges) {
                if (!ids.contains(e.from()))
                    throw new FigureException("edge from '" + e.from() + "' to '" + e.to() + "': there is no node '" + e.from() + "'");
                if (!ids.contains(e.to()))
                    throw new FigureException("edge from '" + e.from() + "' to '" + e.to() + "': there is no node '" + e.to() + "'");
            }
        }
    }

    /**
     * Vertical whiskers from {@code low} to {@code high} at each x. Over bars of the same series name they stand on that series'
     * bars, x being the category's place 0, 1, ...; over horizontal bars they lie down.
     */
    record ErrorBars(String name, Numbers x, Numbers low, Numbers high) implements Layer {
        /** Checks and cleans. */
        public ErrorBars {
            name = Check.text("error bars name", name, Check.LABEL);
            pairs("error bars '" + name + "'", x, low);
            Check.present("error bars high", high);
            Check.sameLength("error bars '" + name + "'", "x", x.size(), "high", high.size());
        }
    }

    /** A straight reference across the whole plot: vertical at an x, or horizontal at a y. */
    record Rule(boolean vertical, double at, String label) implements Layer {
        /** Checks and cleans. */
        public Rule {
            label = Check.text("rule label", label, Check.LABEL);
        }
    }

    /** A few words at a place. */
    record Note(double x, double y, String text) implements Layer {
        /** Checks and cleans. */
        public Note {
            text = Check.text("note", text, Check.LABEL);
        }
    }

    /** Arrows from points to points: gradients, principal axes, eigenvectors. */
    record Arrows(String name, Numbers x, Numbers y, Numbers toX, Numbers toY) implements Layer {
        /** Checks and cleans. */
        public Arrows {
            name = Check.text("arrows name", name, Check.LABEL);
            pairs("arrows '" + name + "'", x, y);
            pairs("arrows '" + name + "' heads", toX, toY);
            Check.sameLength("arrows '" + name + "'", "starts", x.size(), "heads", toX.size());
        }
    }

    /** How values become colours. */
    enum ColorScale {
        /** Viridis, from the smallest to the largest value. */
        SEQUENTIAL,
        /** Blue through paper to orange, equal reach on both sides of zero. */
        DIVERGING
    }

    private static void pairs(String what, Numbers x, Numbers y) {
        Check.present(what + " x", x);
        Check.present(what + " y", y);
        Check.sameLength(what, "x", x.size(), "y", y.size());
    }

    private static void cells(String what, Numbers values, int rows, int columns) {
        if ((long) rows * columns != values.size()) {
            throw new FigureException(String.format(Locale.ROOT, "%s: %d rows x %d columns need %d values and there are %d", what, rows,
                    columns, (long) rows * columns, values.size()));
        }
    }

    private static void grid(String what, Numbers x, Numbers y, Numbers values) {
        Check.present(what + " x", x);
        Check.present(what + " y", y);
        Check.present(what + " values", values);
        cells(what, values, y.size(), x.size());
        ascending(what + " x", x);
        ascending(what + " y", y);
    }

    private static void ascending(String what, Numbers v) {
        for (int i = 0; i < v.size(); i++) {
            if (!Double.isFinite(v.get(i)) || i > 0 && v.get(i) <= v.get(i - 1))
                throw new FigureException(what + ": value " + i + " is " + v.get(i) + "; places are finite and ascend");
        }
    }
}
