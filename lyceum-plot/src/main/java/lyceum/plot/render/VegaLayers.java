package lyceum.plot.render;

import lyceum.plot.Axis;
import lyceum.plot.Layer;
import lyceum.plot.Numbers;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Each kind of layer as marks of Vega-Lite. */
final class VegaLayers {
    private static final int COLUMNS = 900;
    private static final int MAX_POINTS = 6_000;
    private static final String CROSS = "M-1-1L1 1M-1 1L1-1";

    private final VegaPlot v;
    private final String xName;
    private final String yName;
    private final VegaFields fields;

    VegaLayers(VegaPlot plot) {
        this.v = plot;
        this.xName = plot.plot.x().label().isEmpty() ? "x" : plot.plot.x().label();
        this.yName = plot.plot.y().label().isEmpty() ? "y" : plot.plot.y().label();
        this.fields = new VegaFields(plot, this);
    }

    void add(Layer layer) {
        switch (layer) {
            case Layer.Line s -> line(s);
            case Layer.Points s -> points(s);
            case Layer.Bars s -> bars(s);
            case Layer.Histogram s -> histogram(s);
            case Layer.Heatmap s -> fields.heatmap(s);
            case Layer.Region s when s.classes().isEmpty() -> fields.surface(s);
            case Layer.Region s -> fields.regions(s);
            case Layer.Contour s -> fields.contour(s);
            case Layer.Band s -> band(s);
            case Layer.StackedArea s -> area(s);
            case Layer.ErrorBars s -> errors(s);
            case Layer.Rule s -> rule(s);
            case Layer.Note s -> note(s);
            case Layer.Arrows s -> arrows(s);
            case Layer.Network _,Layer.ImageGrid _ -> {}
        }
    }

    /** A value that the axis can show, else NaN. */
    private static double shown(double value, Axis axis) { return axis.scale() == Axis.Scale.LOG && value <= 0 ? Double.NaN : value; }

    ObjectNode row(ArrayNode rows, double x, double y) {
        var row = rows.addObject();
        VegaLite.put(row, "x", shown(x, v.plot.x()));
        VegaLite.put(row, "y", shown(y, v.plot.y()));
        return row;
    }

    private static boolean ascending(Numbers x) {
        for (int i = 1; i < x.size(); i++) if (!(x.get(i) >= x.get(i - 1))) return false;
        return true;
    }

    private void line(Layer.Line s) {
        var rows = VegaPlot.JSON.arrayNode();
        boolean ordered = ascending(s.x());
        for (int i : Decimation.line(s.x(), s.y(), COLUMNS)) {
            var row = row(rows, s.x().get(i), s.y().get(i));
            if (!ordered) row.put("i", i);
        }
        if (v.colors.overSurface) xy(v.layer("line", rows.deepCopy()), ordered).withObject("mark").put("stroke", "#ffffff")
                .put("strokeWidth", 4.5).put("opacity", 0.9);
        var layer = xy(v.layer("line", rows), ordered);
        var mark = layer.withObject("mark").put("strokeWidth", 2);
        if (s.style() == Layer.Line.Style.DASHED) mark.putArray("strokeDash").add(5).add(4);
        else if (v.colors.dash(s.name()) > 0) mark.putArray("strokeDash").add(v.colors.dash(s.name())).add(2);
        if (s.style() == Layer.Line.Style.STEP) mark.put("interpolate", "step-after");
        mark.putObject("point").put("opacity", 0).put("size", 60);
        v.color(layer, s.name());
        VegaPlot.tooltip(layer, "x", xName, "y", s.name().isEmpty() ? yName : s.name());
        int last = s.x().size() - 1;
        if (v.namedOnTheSpot(s.name()) && last >= 0) {
            var end = VegaPlot.JSON.arrayNode();
            row(end, s.x().get(last), s.y().get(last));
            var label = xy(v.layer("text", end), true);
            label.withObject("mark").put("align", "left").put("dx", 6).put("dy", v.nameShift(s.name())).put("fontSize", 12)
                    .put("text", s.name()).put("clip", false);
            v.color(label, s.name());
        }
    }

    ObjectNode xy(ObjectNode layer, boolean ordered) {
        v.x(layer, "x");
        v.y(layer, "y");
        if (limited()) layer.withObject("mark").put("clip", true);
        if (!ordered) layer.withObject("encoding").putObject("order").put("field", "i").put("type", "quantitative");
        return layer;
    }

    /** Marks are cut only where an axis leaves data out; else strokes on its edge would be halved. */
    private boolean limited() {
        var x = v.plot.x();
        var y = v.plot.y();
        return !(Double.isNaN(x.from()) && Double.isNaN(x.to()) && Double.isNaN(y.from()) && Double.isNaN(y.to()));
    }

    private void points(Layer.Points s) {
        if (s.mark() == Layer.Points.Mark.CROSS) {
            crosses(s);
            return;
        }
        var rows = VegaPlot.JSON.arrayNode();
        for (int i : Decimation.points(s.x(), s.y(), 600, 400, MAX_POINTS)) {
            if (!Double.isFinite(s.x().get(i)) || !Double.isFinite(s.y().get(i))) continue;
            var row = row(rows, s.x().get(i), s.y().get(i));
            if (!s.labels().isEmpty()) row.put("label", s.labels().get(i));
        }
        int n = rows.size();
        var layer = xy(v.layer("circle", rows), true);
        layer.withObject("mark").put("size", n <= 60 ? 50 : n <= 400 ? 36 : n <= 2_000 ? 15 : 6).put("opacity", 0.85);
        v.color(layer, s.name());
        VegaPlot.tooltip(layer, s.labels().isEmpty() ? "" : "label", "point", "x", xName, "y", yName);
        if (s.labels().isEmpty() || n > 60) return;
        var words = xy(v.layer("text", rows.deepCopy()), true);
        words.withObject("mark").put("align", "left").put("dx", 7).put("dy", -5).put("clip", false);
        words.withObject("encoding").putObject("text").put("field", "label").put("type", "nominal");
    }

    /** Crosses in ink, each on a casing of paper; their name stands in a legend of shapes. */
    private void crosses(Layer.Points s) {
        var rows = VegaPlot.JSON.arrayNode();
        for (int i : Decimation.points(s.x(), s.y(), 600, 400, MAX_POINTS)) {
            if (Double.isFinite(s.x().get(i)) && Double.isFinite(s.y().get(i))) row(rows, s.x().get(i), s.y().get(i));
        }
        var casing = xy(v.layer("point", rows.deepCopy()), true);
        casing.withObject("mark").put("style", "casing").put("shape", CROSS).put("filled", false).put("size", 110).put("strokeWidth", 5.5)
                .put("opacity", 1);
        var layer = xy(v.layer("point", rows), true);
        layer.withObject("mark").put("style", "ink").put("filled", false).put("size", 110).put("strokeWidth", 2.4).put("opacity", 1);
        v.shape(layer, s.name(), CROSS);
        VegaPlot.tooltip(layer, "series", "point", "x", xName, "y", yName);
    }

    private void bars(Layer.Bars b) {
        var rows = VegaPlot.JSON.arrayNode();
        int n = b.categories().size();
        var up = new double[n];
        var down = new double[n];
        for (var s : b.series()) {
            for (int i = 0; i < n; i++) {
                double value = s.values().get(i);
                double from = !b.stacked() || !Double.isFinite(value) ? 0 : value >= 0 ? up[i] : down[i];
                if (b.stacked() && value > 0) up[i] += value;
                if (b.stacked() && value < 0) down[i] += value;
                var row = rows.addObject().put("i", i).put("category", b.categories().get(i)).put("series", s.name());
                VegaLite.put(row, "value", value);
                VegaLite.put(row, "from", from);
                VegaLite.put(row, "to", from + value);
            }
        }
        var layer = v.layer("bar", rows);
        layer.withObject("mark").put("opacity", 0.92).put("cornerRadiusEnd", 1);
        if (b.horizontal()) {
            v.y(layer, "i");
            v.x(layer, "from");
        } else {
            v.x(layer, "i");
            v.y(layer, "from");
        }
        layer.withObject("encoding").putObject(b.horizontal() ? "x2" : "y2").put("field", "to");
        if (!b.stacked() && b.series().size() > 1) offset(layer, b.horizontal()).put("field", "series").put("type", "nominal");
        v.colorBy(layer, "series");
        VegaPlot.tooltip(layer, "category", "category", b.series().size() > 1 ? "series" : "", "series", "value",
                b.horizontal() ? xName : yName);
        barValues(b);
    }

    /** Values at the ends of few, single bars. */
    private void barValues(Layer.Bars b) {
        if (b.series().size() != 1 || b.categories().size() > 24 || VegaLite.has(v.plot, Layer.ErrorBars.class)) return;
        var rows = VegaPlot.JSON.arrayNode();
        for (int i = 0; i < b.categories().size(); i++) {
            double value = b.series().getFirst().values().get(i);
            var row = rows.addObject().put("i", i).put("text", Ticks.number(value));
            VegaLite.put(row, "at", Math.max(0, value));
        }
        var words = v.layer("text", rows);
        if (b.horizontal()) ranged(words, "at", "", "i", "").withObject("mark").put("align", "left").put("dx", 5);
        else ranged(words, "i", "", "at", "").withObject("mark").put("dy", -8);
        words.withObject("encoding").putObject("text").put("field", "text").put("type", "nominal");
    }

    private ObjectNode offset(ObjectNode layer, boolean horizontal) {
        var offset = layer.withObject("encoding").putObject(horizontal ? "yOffset" : "xOffset");
        var domain = offset.putObject("scale").putArray("domain");
        for (var l : v.plot.layers()) {
            if (!(l instanceof Layer.Bars b)) continue;
            b.series().forEach(s -> domain.add(s.name()));
            break;
        }
        return offset;
    }

    private void histogram(Layer.Histogram h) {
        var rows = VegaPlot.JSON.arrayNode();
        for (int i = 0; i < h.heights().size(); i++) {
            var row = rows.addObject();
            VegaLite.put(row, "from", h.edges().get(i));
            VegaLite.put(row, "to", h.edges().get(i + 1));
            VegaLite.put(row, "y", shown(h.heights().get(i), v.plot.y()));
            VegaLite.put(row, "base", v.plot.y().scale() == Axis.Scale.LOG ? v.extentY().low() : 0);
        }
        long several = v.plot.layers().stream().filter(Layer.Histogram.class::isInstance).count();
        var layer = ranged(v.layer("rect", rows), "from", "to", "y", "base");
        layer.withObject("mark").put("opacity", several > 1 ? 0.55 : 0.9).put("strokeWidth", 0).put("x2Offset", -1).put("clip", limited());
        v.color(layer, h.name());
        VegaPlot.tooltip(layer, "from", "from", "to", "to", "y", h.name().isEmpty() ? yName : h.name());
    }

    ObjectNode ranged(ObjectNode layer, String x, String x2, String y, String y2) {
        v.x(layer, x);
        v.y(layer, y);
        if (!x2.isEmpty()) layer.withObject("encoding").putObject("x2").put("field", x2);
        if (!y2.isEmpty()) layer.withObject("encoding").putObject("y2").put("field", y2);
        return layer;
    }

    private void band(Layer.Band b) {
        var rows = VegaPlot.JSON.arrayNode();
        for (int i : Decimation.line(b.x(), b.high(), COLUMNS))
            VegaLite.put(row(rows, b.x().get(i), b.low().get(i)), "y2", shown(b.high().get(i), v.plot.y()));
        var layer = ranged(v.layer("area", rows), "x", "", "y", "y2");
        layer.withObject("mark").put("opacity", 0.22).put("clip", limited());
        v.color(layer, b.name());
    }

    private void area(Layer.StackedArea a) {
        var base = new double[a.x().size()];
        var places = Decimation.evenly(base.length, Math.max(2, Math.min(base.length, 4 * COLUMNS)));
        for (var s : a.series()) {
            var rows = VegaPlot.JSON.arrayNode();
            for (int i : base.length == 0 ? new int[0] : places) {
                double value = Double.isFinite(s.values().get(i)) ? Math.max(0, s.values().get(i)) : 0;
                var row = row(rows, a.x().get(i), base[i]);
                VegaLite.put(row, "y2", base[i] + value);
                VegaLite.put(row, "value", s.values().get(i));
            }
            for (int i = 0; i < base.length; i++) if (Double.isFinite(s.values().get(i))) base[i] += Math.max(0, s.values().get(i));
            var layer = ranged(v.layer("area", rows), "x", "", "y", "y2");
            layer.withObject("mark").put("opacity", 0.75);
            v.color(layer, s.name());
            VegaPlot.tooltip(layer, "x", xName, "value", s.name().isEmpty() ? yName : s.name());
        }
    }

    private void errors(Layer.ErrorBars e) {
        boolean lying = v.placesY != null && v.placesX == null;
        var rows = VegaPlot.JSON.arrayNode();
        for (int i : Decimation.evenly(e.x().size(), 2_000)) {
            var row = rows.addObject();
            VegaLite.put(row, "at", e.x().get(i));
            VegaLite.put(row, "low", shown(e.low().get(i), lying ? v.plot.x() : v.plot.y()));
            VegaLite.put(row, "high", e.high().get(i));
        }
        var bar = v.plot.layers().stream().filter(Layer.Bars.class::isInstance).map(Layer.Bars.class::cast)
                .filter(b -> !b.stacked() && b.series().size() > 1 && b.series().stream().anyMatch(s -> s.name().equals(e.name())))
                .findFirst();
        for (var part : new String[] {"rule", "low", "high"}) {
            boolean rule = part.equals("rule");
            var layer = v.layer(rule ? "rule" : "tick", rule ? rows : rows.deepCopy());
            if (lying) {
                v.y(layer, "at");
                v.x(layer, rule ? "low" : part);
            } else {
                v.x(layer, "at");
                v.y(layer, rule ? "low" : part);
            }
            if (rule) layer.withObject("encoding").putObject(lying ? "x2" : "y2").put("field", "high");
            else layer.withObject("mark").put("size", 8).put("thickness", 1.3).put("orient", lying ? "vertical" : "horizontal");
            if (bar.isPresent()) offset(layer, lying).put("datum", e.name());
            if (!rule && (bar.isPresent() || e.name().isEmpty() || v.placesX != null || v.placesY != null))
                layer.withObject("mark").put("style", "rule");
            else if (bar.isEmpty() && !e.name().isEmpty() && v.placesX == null && v.placesY == null) v.color(layer, e.name());
            VegaPlot.tooltip(layer, "low", "low", "high", "high");
        }
    }

    private void rule(Layer.Rule r) {
        if (!Double.isFinite(shown(r.at(), r.vertical() ? v.plot.x() : v.plot.y()))) return;
        var layer = v.layer("rule", one());
        v.datum(layer, r.vertical(), r.at());
        layer.withObject("mark").put("strokeWidth", 1.2).put("opacity", 0.8).putArray("strokeDash").add(3).add(3);
        if (r.label().isEmpty()) return;
        var word = v.layer("text", one());
        v.datum(word, r.vertical(), r.at());
        word.withObject("encoding").putObject(r.vertical() ? "y" : "x").set("value",
                r.vertical() ? VegaPlot.JSON.numberNode(0) : VegaPlot.JSON.stringNode("width"));
        word.withObject("mark").put("text", r.label()).put("dy", -6).put("align", r.vertical() ? v.alignAt(r.at()) : "right")
                .put("baseline", "bottom");
    }

    private static ArrayNode one() {
        var rows = VegaPlot.JSON.arrayNode();
        rows.addObject();
        return rows;
    }

    private void note(Layer.Note n) {
        var rows = VegaPlot.JSON.arrayNode();
        row(rows, n.x(), n.y());
        var layer = xy(v.layer("text", rows), true);
        layer.withObject("mark").put("text", n.text()).put("align", "left").put("dx", 4).put("dy", -5).put("clip", false);
    }

    private void arrows(Layer.Arrows a) {
        var rows = VegaPlot.JSON.arrayNode();
        for (int i : Decimation.evenly(a.x().size(), 2_000)) {
            var row = row(rows, a.x().get(i), a.y().get(i));
            VegaLite.put(row, "x2", a.toX().get(i));
            VegaLite.put(row, "y2", a.toY().get(i));
        }
        boolean many = rows.size() > 50;
        var layer = ranged(v.layer("rule", rows), "x", "x2", "y", "y2");
        layer.withObject("mark").put("strokeWidth", many ? 1.2 : 2.2);
        v.color(layer, a.name());
        var heads = v.layer("circle", rows.deepCopy());
        v.x(heads, "x2");
        v.y(heads, "y2");
        heads.withObject("mark").put("size", many ? 14 : 40).put("opacity", 1);
        v.color(heads, a.name());
        VegaPlot.tooltip(heads, "x2", xName, "y2", yName);
    }
}
