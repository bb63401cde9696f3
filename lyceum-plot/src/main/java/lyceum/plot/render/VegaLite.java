package lyceum.plot.render;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import lyceum.plot.Audio;
import lyceum.plot.Cloud;
import lyceum.plot.Figure;
import lyceum.plot.Frames;
import lyceum.plot.Layer;
import lyceum.plot.Panels;
import lyceum.plot.Plot;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A figure as a Vega-Lite version 6 specification with its data inline.
 *
 * <p>Colours and type are left to the embedding page: give {@link #config(Theme)} to vega-embed beside the specification, and
 * again when the theme changes. Every specification has a title, a description and tooltips that give the values. A plot is as wide as its container; panels,
 * networks and images have a width of their own.
 *
 * <p>Under a Content-Security-Policy without {@code unsafe-eval}, embed with {@code ast: true} and vega-interpreter; images and fine surfaces are
 * {@code data:} URLs.
 */
public final class VegaLite {
    /** The schema that every specification names. */
    public static final String SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    /** What numbers and colours beside a plot need of its box. */
    private static final double MARGINS = 70;
    private static final double LEAST_PANEL = 230;
    /** How many figures of a sequence a slider goes through. */
    public static final int MAX_FRAMES = 60;
    private static final int TITLE_OFFSET = 14;
    private static final double LEGEND = 14;
    private static final double AXIS_TITLE = 12;
    private static final int MAX_LAYERS = 1_000;

    private VegaLite() {}

    /** The specification of a figure, for a box of a usual width. */
    public static ObjectNode spec(Figure figure) { return spec(figure, Svg.WIDTH); }

    /** The specification of a figure for a box {@code width} pixels wide, at least 240: fewer panels stand side by side in a narrow one. */
    public static ObjectNode spec(Figure figure, double width) {
        double box = Math.clamp(width, 240, 4_000);
        var spec = JSON.objectNode().put("$schema", SCHEMA);
        spec.setAll(switch (figure) {
            case Plot p when VegaScene.draws(p) -> VegaScene.view(p, Math.min(Svg.WIDTH, box));
            case Plot p -> new VegaPlot(p, box - MARGINS).view(0);
            case Panels p ->
                    panels(p.title(), p.description(), Math.min(p.columns(), Math.max(1, (int) (box / LEAST_PANEL))), p.figures(), box);
            case Frames f -> frames(f, box);
            case Audio a -> new VegaPlot(a.waveform(), box - MARGINS).view(0);
            case Cloud c -> VegaCloud.view(c, box);
        });
        return spec;
    }

    private static ObjectNode view(Figure figure, double width) {
        return switch (figure) {
            case Plot p when VegaScene.draws(p) -> VegaScene.view(p, width);
            case Plot p -> new VegaPlot(p, width).view(width);
            case Panels p -> panels(p.title(), p.description(), p.columns(), p.figures(), width);
            case Frames f -> panels(f.title(), f.description(), 3, Scenes.moments(f), width);
            case Audio a -> new VegaPlot(a.waveform(), width).view(width);
            case Cloud c -> VegaCloud.view(c, width);
        };
    }

    private static ObjectNode panels(String title, String description, int columns, List<Figure> figures, double width) {
        int across = Math.max(1, Math.min(columns, figures.size()));
        var view = headed(title, description);
        view.put("columns", across).put("spacing", 28);
        var list = view.putArray("concat");
        double each = Math.max(120, (width - 60.0 * across) / across);
        for (var f : figures) list.add(view(f, each));
        alignTitles(list, across);
        view.putObject("resolve").putObject("scale").put("color", "independent");
        return view;
    }

    /** Titles stand over labels and legends: where one panel of a row has them and another has none, the other's title is raised as much. */
    private static void alignTitles(ArrayNode views, int across) {
        for (int row = 0; row < views.size(); row += across) {
            int end = Math.min(views.size(), row + across);
            double most = 0;
            for (int i = row; i < end; i++) most = Math.max(most, head(views.get(i)));
            for (int i = row; i < end; i++) {
                double head = head(views.get(i));
                if (head == most || !views.get(i).path("title").isString()) continue;
                var words = views.get(i).get("title").asString();
                ((ObjectNode) views.get(i)).putObject("title").put("text", words).put("offset", TITLE_OFFSET + most - head);
            }
        }
    }

    /** About how many pixels of labels and legends stand over a view. */
    private static double head(JsonNode view) {
        double height = 0;
        for (var legend : view.findValues("legend"))
            if (legend.path("orient").asString("").equals("top")) height = Math.max(height, legend.path("offset").asInt(0) + LEGEND);
        if (height > 0) return height;
        for (var layer : view.path("layer")) {
            var y = layer.path("encoding").path("y");
            if (y.path("title").isString()) height = Math.max(height, -y.path("axis").path("titleY").asInt(-10) + AXIS_TITLE);
        }
        return height;
    }

    /**
     * Whether the specification of a sequence is one view with a parameter {@code frame}, which counts from 0 through the figures of
     * {@link Frames#thinned} to {@link #MAX_FRAMES}: so it is for plots with axes. Other sequences come as a few of their figures side by side.
     */
    public static boolean slides(Frames f) {
        return !f.figures().isEmpty() && f.figures().stream().allMatch(x -> x instanceof Plot p && !VegaScene.draws(p))
                && f.thinned(MAX_FRAMES).figures().stream().mapToInt(x -> ((Plot) x).layers().size()).sum() <= MAX_LAYERS;
    }

    /** Plots with axes become one view whose layers answer to a slider; other sequences are shown side by side. */
    private static ObjectNode frames(Frames f, double width) {
        if (!slides(f)) return panels(f.title(), f.description(), Math.clamp((int) (width / LEAST_PANEL), 1, 3), Scenes.moments(f), width);
        var chosen = f.thinned(MAX_FRAMES).figures().stream().map(Plot.class::cast).toList();
        var layers = chosen.stream().flatMap(p -> p.layers().stream()).toList();
        var first = chosen.getFirst();
        var union = new Plot(f.title(), f.description(), first.x(), first.y(), layers, first.equalScale());
        var vega = new VegaPlot(union, width - MARGINS);
        var view = vega.frames(chosen, 0);
        var slider = view.putArray("params").addObject().put("name", "frame").put("value", f.thinned(MAX_FRAMES).first());
        slider.putObject("bind").put("input", "range").put("min", 0).put("max", chosen.size() - 1).put("step", 1).put("name",
                f.slider().isEmpty() ? "frame" : f.slider());
        return view;
    }

    static ObjectNode headed(String title, String description) {
        var view = JSON.objectNode();
        if (!title.isEmpty()) view.put("title", title);
        view.put("description", description.isEmpty() ? title : description);
        return view;
    }

    /** Colours and type of a theme as a Vega-Lite {@code config}. */
    public static ObjectNode config(Theme theme) {
        var c = JSON.objectNode();
        c.putNull("background");
        c.put("font", "Inter Variable, Inter, system-ui, sans-serif");
        c.putObject("view").putNull("stroke");
        c.putObject("title").put("anchor", "start").put("color", theme.ink()).put("fontSize", 15).put("fontWeight", 600).put("offset",
                TITLE_OFFSET);
        var axis = c.putObject("axis").put("labelColor", theme.quiet()).put("titleColor", theme.quiet()).put("labelFontSize", 11)
                .put("titleFontSize", 12).put("titleFontWeight", "normal").put("gridColor", theme.line()).put("domainColor", theme.quiet())
                .put("domainOpacity", 0.6).put("tickColor", theme.quiet()).put("tickOpacity", 0.6).put("labelPadding", 4)
                .put("tickSize", 4);
        axis.put("titlePadding", 8);
        c.putObject("axisX").put("grid", false);
        c.putObject("axisY").put("domain", false).put("ticks", false).put("titleAngle", 0).put("titleAlign", "left")
                .put("titleAnchor", "end").put("titleY", -10).put("titleBaseline", "bottom");
        c.putObject("legend").put("labelColor", theme.ink()).put("titleColor", theme.quiet()).put("labelFontSize", 12)
                .put("titleFontSize", 11).put("titleFontWeight", "normal").put("symbolStrokeWidth", 2)
                .put("symbolStrokeColor", theme.ink());
        c.putObject("circle").put("stroke", theme.paper()).put("strokeWidth", 0.8);
        c.putObject("rule").put("color", theme.ink());
        c.putObject("text").put("color", theme.ink()).put("fontSize", 11);
        c.putObject("style").putObject("quiet").put("color", theme.quiet());
        c.withObject("style").putObject("ink").put("color", theme.ink());
        c.withObject("style").putObject("casing").put("color", theme.paper());
        c.withObject("style").putObject("edge").put("color", theme.quiet());
        c.withObject("style").putObject("node").put("color", theme.surface()).put("stroke", theme.quiet());
        var range = c.putObject("range");
        var category = range.putArray("category");
        theme.series().forEach(category::add);
        range.putArray("diverging").add(Theme.hex(Ramp.BLUE)).add(theme.paper()).add(Theme.hex(Ramp.ORANGE));
        return c;
    }

    /** A JSON number of at most seven significant digits; null where there is none. */
    static void put(ObjectNode row, String field, double v) {
        if (!Double.isFinite(v)) {
            row.putNull(field);
        } else if (v == Math.rint(v) && Math.abs(v) < 1e15) {
            row.put(field, (long) v);
        } else {
            row.put(field, new BigDecimal(v).round(new MathContext(7)).doubleValue());
        }
    }

    static boolean has(Plot plot, Class<? extends Layer> kind) { return plot.layers().stream().anyMatch(kind::isInstance); }
}
