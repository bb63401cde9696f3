package lyceum.plot.render;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.plot.Axis;
import lyceum.plot.Layer;
import lyceum.plot.Plot;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A plot with axes as a layered Vega-Lite view. The axes' ranges are ours, so that all renderers show the same. */
final class VegaPlot {
    static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    final Plot plot;
    final SeriesColors colors;
    final List<String> placesX;
    final List<String> placesY;
    private static final double MOST_WIDTH = 520;
    /** A legend may stand over the axis's numbers too. */
    private static final double LEGEND_OVERHANG = 30;

    private final double box;
    private final double most;
    private Extent.Both extent;
    private final Set<String> direct = new HashSet<>();
    private final Map<String, Double> nameShift = new HashMap<>();
    /** How wide the axes' rectangle is, about. */
    private double inner = MOST_WIDTH;
    private int tickCountX = 8;
    private int tickCountY = 6;
    private final ArrayNode layers = JSON.arrayNode();
    private boolean legendPlaced;
    private final Set<String> shapesNamed = new HashSet<>();
    private int frame = -1;

    /** {@code most}: the widest that a plot whose shape is fixed may be. */
    VegaPlot(Plot plot, double most) {
        this.plot = plot;
        this.box = most;
        this.most = Math.min(MOST_WIDTH, most);
        this.colors = new SeriesColors(plot);
        this.extent = Extent.of(plot);
        this.placesX = PlotScene.places(plot, false);
        this.placesY = PlotScene.places(plot, true);
        long lines = plot.layers().stream().filter(l -> l instanceof Layer.Line s && !s.name().isEmpty()).count();
        if (lines <= 14) plot.layers().forEach(this::direct);
    }

    /** Lines that reach the right edge are named there. */
    private void direct(Layer layer) {
        if (!(layer instanceof Layer.Line s) || s.name().isEmpty() || s.x().size() == 0) return;
        int last = s.x().size() - 1;
        var scale = Scale.of(extent.x(), plot.x(), 0, 1);
        double end = scale.at(s.x().get(last));
        if (end > 0.93 && end < 1.001 && Double.isFinite(s.y().get(last))) direct.add(s.name());
    }

    ObjectNode view(double width) {
        var view = head(width);
        for (var l : plot.layers()) new VegaLayers(this).add(l);
        return finish(view);
    }

    /** All frames' layers, each shown while the slider stands at its frame. */
    ObjectNode frames(List<Plot> frames, double width) {
        var view = head(width);
        for (frame = 0; frame < frames.size(); frame++) {
            for (var l : frames.get(frame).layers()) new VegaLayers(this).add(l);
        }
        return finish(view);
    }

    private ObjectNode head(double width) {
        var view = VegaLite.headed(plot.title(), plot.description());
        double height = height(width);
        boolean equal = PlotScene.isEqual(plot, placesX, placesY);
        if (equal) {
            var fit = EqualFrame.of(extent, most, height);
            extent = fit.extent();
            height = fit.height();
            view.put("width", Math.round(fit.width()));
        }
        inner = width > 0 ? width : Math.max(120, box - 40);
        tickCountX = (int) Math.clamp((width > 0 ? width : box) / 70, 2, 8);
        tickCountY = (int) Math.clamp(height / 52, 2, 8);
        spreadNames(height);
        if (equal) {
            return view.put("height", Math.round(height));
        } else if (fixedShape()) {
            double spanX = extent.x().high() - extent.x().low();
            double spanY = extent.y().high() - extent.y().low();
            double ratio = VegaLite.has(plot, Layer.Heatmap.class)
                    ? (labelledCells() ? 1.6 : 1.0) * Math.max(1, placesX.size()) / Math.max(1, placesY.size()) : spanX / spanY;
            inner = Math.clamp(height * (Double.isFinite(ratio) ? ratio : 1), 60, most);
            view.put("width", Math.round(inner));
        } else if (width > 0) {
            view.put("width", Math.round(width));
        } else {
            view.put("width", "container");
            view.putObject("autosize").put("type", "fit-x").put("contains", "padding");
        }
        return view.put("height", Math.round(height));
    }

    /** Where the names of lines stand, in pixels below the lines' ends, so that none covers another. */
    private void spreadNames(double height) {
        var sy = Scale.of(extent.y(), plot.y(), height, 0);
        var ends = plot.layers().stream().filter(l -> l instanceof Layer.Line s && direct.contains(s.name())).map(Layer.Line.class::cast)
                .sorted(Comparator.comparingDouble(s -> sy.at(s.y().get(s.y().size() - 1)))).toList();
        var wanted = ends.stream().mapToDouble(s -> sy.at(s.y().get(s.y().size() - 1))).toArray();
        var settled = Spread.apart(wanted, 15, 0, height);
        for (int i = 0; i < settled.length; i++)
            nameShift.putIfAbsent(ends.get(i).name(), Math.round((settled[i] - wanted[i]) * 10) / 10.0);
    }

    double nameShift(String name) { return nameShift.getOrDefault(name, 0.0); }

    private boolean fixedShape() { return plot.equalScale() || VegaLite.has(plot, Layer.Heatmap.class); }

    private boolean labelledCells() { return plot.layers().stream().anyMatch(l -> l instanceof Layer.Heatmap h && h.cellLabels()); }

    private double height(double width) {
        if (placesY != null && placesX == null) return Math.clamp(26.0 * placesY.size(), 60, 2_000);
        for (var l : plot.layers()) if (l instanceof Layer.Heatmap h) return Math.clamp(36.0 * h.rows().size(), 80, width > 0 ? 280 : 420);
        return width > 0 ? Math.clamp(width * 0.62, 110, 300) : plot.equalScale() ? 380 : 300;
    }

    private ObjectNode finish(ObjectNode view) {
        if (layers.isEmpty()) {
            var empty = layer("point", JSON.arrayNode());
            x(empty, "x");
            y(empty, "y");
        }
        view.set("layer", layers);
        view.putObject("resolve").putObject("scale").put("color", "independent").put("shape", "independent");
        return view;
    }

    /** A new layer over these rows. */
    ObjectNode layer(String mark, ArrayNode rows) {
        var layer = layers.addObject();
        layer.putObject("data").set("values", rows);
        layer.putObject("mark").put("type", mark);
        layer.putObject("encoding");
        if (frame >= 0) layer.putArray("transform").addObject().put("filter", "frame == " + frame);
        return layer;
    }

    ObjectNode x(ObjectNode layer, String field) {
        return channel(layer.withObject("encoding").putObject("x").put("field", field), plot.x(), extent.x(), placesX, true);
    }

    ObjectNode y(ObjectNode layer, String field) {
        return channel(layer.withObject("encoding").putObject("y").put("field", field), plot.y(), extent.y(), placesY, false);
    }

    /** The channel at one value instead of a field. */
    ObjectNode datum(ObjectNode layer, boolean vertical, double value) {
        var node = layer.withObject("encoding").putObject(vertical ? "x" : "y");
        VegaLite.put(node, "datum", value);
        return channel(node, vertical ? plot.x() : plot.y(), vertical ? extent.x() : extent.y(), vertical ? placesX : placesY, vertical);
    }

    private ObjectNode channel(ObjectNode node, Axis axis, Extent range, List<String> places, boolean across) {
        var drawn = node.putObject("axis");
        if (!across && ruleNames()) drawn.put("titleY", -24);
        if (axis.label().isEmpty()) node.putNull("title");
        else node.put("title", axis.label());
        if (places == null) {
            node.put("type", "quantitative");
            var scale = node.putObject("scale").put("nice", false);
            if (axis.scale() == Axis.Scale.LOG) scale.put("type", "log");
            else scale.put("zero", false);
            var domain = scale.putArray("domain");
            domain.add(range.low()).add(range.high());
            if (VegaLite.has(plot, Layer.Region.class)) drawn.put("grid", false);
            ticks(drawn, Scale.of(range, axis, 0, 1).ticks(across ? tickCountX : tickCountY, across ? Whole.x(plot) : Whole.y(plot)));
            return node;
        }
        node.put("type", "ordinal");
        var domain = node.putObject("scale").putArray("domain");
        var names = JSON.arrayNode();
        for (int i = 0; i < places.size(); i++) {
            domain.add(i);
            if (!across) names.add(places.get(i));
        }
        if (across)
            new CategoryLabels(places, inner / Math.max(1, places.size()), 11).lines(places.size()).forEach(l -> names.add(lines(l)));
        drawn.put("labelExpr", names + "[datum.value]").put("labelAngle", 0).put("grid", false).put("ticks", false).put("labelLimit", 180)
                .put("labelOverlap", true);
        return node;
    }

    /** One line as a text, more as a list. */
    private static JsonNode lines(List<String> words) {
        if (words.size() < 2) return JSON.stringNode(words.isEmpty() ? "" : words.getFirst());
        var list = JSON.arrayNode();
        words.forEach(list::add);
        return list;
    }

    /** Our marks and their texts, so that every renderer writes the same numbers. */
    private static void ticks(ObjectNode axis, Ticks ticks) {
        var values = axis.putArray("values");
        for (double at : ticks.at()) values.add(at);
        var labels = JSON.arrayNode();
        ticks.labels().forEach(labels::add);
        if (labels.size() > 1) axis.put("labelExpr", labels + "[round(datum.index * " + (labels.size() - 1) + ")]");
        axis.put("labelOverlap", true).put("labelFlush", false);
    }

    /** The colour of a series; the first layer that can carries the legend of all that are not named on the spot. */
    void color(ObjectNode layer, String name) {
        // A datum would do, but the schema of version 6 gives a datum's colour no scale.
        var transform = layer.has("transform") ? (ArrayNode) layer.get("transform") : layer.putArray("transform");
        transform.addObject().put("calculate", JSON.stringNode(name).toString()).put("as", "series");
        colorBy(layer, "series");
    }

    /** A shape in ink, with a legend of its own where the series has a name. */
    void shape(ObjectNode layer, String name, String path) {
        var transform = layer.has("transform") ? (ArrayNode) layer.get("transform") : layer.putArray("transform");
        transform.addObject().put("calculate", JSON.stringNode(name).toString()).put("as", "series");
        var shape = layer.withObject("encoding").putObject("shape").put("field", "series").put("type", "nominal");
        shape.putObject("scale").putArray("domain").add(name);
        shape.withObject("scale").putArray("range").add(path);
        if (name.isEmpty() || !shapesNamed.add(name)) shape.putNull("legend");
        else shape.putObject("legend").putNull("title").put("orient", "top").put("symbolStrokeWidth", 2.2).put("symbolSize", 90)
                .put("symbolOpacity", 1).put("offset", legendOffset());
    }

    private int legendOffset() { return (plot.y().label().isEmpty() ? 8 : 26) + (ruleNames() ? 14 : 0); }

    /** How many of these names stand side by side, with the names of crosses to their right. */
    private int legendColumns(List<SeriesColors.Entry> values) {
        double crosses = colors.entries(direct).stream().filter(e -> e.glyph() == SeriesColors.Glyph.CROSS)
                .mapToDouble(VegaPlot::entryWidth).sum();
        double room = box + LEGEND_OVERHANG - crosses;
        if (values.stream().mapToDouble(VegaPlot::entryWidth).sum() <= room) return values.size();
        double widest = values.stream().mapToDouble(VegaPlot::entryWidth).max().orElse(1);
        return Math.clamp((int) (room / widest), 1, values.size());
    }

    private static double entryWidth(SeriesColors.Entry entry) { return TextWidth.of(entry.name(), 12) + 28; }

    /** Whether names of vertical references stand over the plot, under the axis's label. */
    private boolean ruleNames() {
        return plot.layers().stream().anyMatch(l -> l instanceof Layer.Rule r && r.vertical() && !r.label().isEmpty());
    }

    void colorBy(ObjectNode layer, String field) {
        scaleOf(layer.withObject("encoding").putObject("color").put("field", field).put("type", "nominal"));
    }

    private void scaleOf(ObjectNode color) {
        var domain = color.putObject("scale").putArray("domain");
        if (colors.overSurface) domain.add(" ");
        colors.names().forEach(domain::add);
        var values = colors.entries(direct).stream().filter(e -> e.glyph() != SeriesColors.Glyph.CROSS).toList();
        if (legendPlaced || values.isEmpty()) {
            color.putNull("legend");
            return;
        }
        legendPlaced = true;
        var legend = color.putObject("legend").putNull("title").put("orient", "top").put("direction", "horizontal").put("symbolOpacity", 1)
                .put("offset", legendOffset());
        int columns = legendColumns(values);
        if (columns < values.size()) legend.put("columns", columns).put("columnPadding", 12).put("rowPadding", 3);
        legend.put("symbolType", values.stream().allMatch(e -> e.glyph() == SeriesColors.Glyph.DOT) ? "circle" : "square")
                .put("symbolStrokeWidth", 0).put("symbolStrokeColor", "transparent");
        var shown = legend.putArray("values");
        values.forEach(e -> shown.add(e.name()));
    }

    boolean namedOnTheSpot(String name) { return direct.contains(name); }

    /** How words at a place along x are set so that they stay over the plot. */
    String alignAt(double x) {
        double share = Scale.of(extent.x(), plot.x(), 0, 1).at(x);
        return share < 0.15 ? "left" : share > 0.85 ? "right" : "center";
    }

    Extent extentX() { return extent.x(); }

    Extent extentY() { return extent.y(); }

    /** Fields shown when the pointer rests on a mark: pairs of field and title. */
    static void tooltip(ObjectNode layer, String... pairs) {
        var list = layer.withObject("encoding").putArray("tooltip");
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i].isEmpty()) continue;
            var entry = list.addObject().put("field", pairs[i]).put("title", pairs[i + 1]);
            if (!pairs[i].equals("series") && !pairs[i].equals("category") && !pairs[i].equals("row") && !pairs[i].equals("column")
                    && !pairs[i].equals("label"))
                entry.put("type", "quantitative").put("format", ".4~g");
            else entry.put("type", "nominal");
        }
    }
}
