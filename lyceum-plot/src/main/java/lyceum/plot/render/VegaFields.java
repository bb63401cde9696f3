package lyceum.plot.render;

import java.util.Base64;
import lyceum.plot.Layer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Layers that fill the plane: matrices, surfaces, decision regions and their contours, as marks of Vega-Lite. */
final class VegaFields {
    private static final int MAX_CELLS = 4_000;
    private static final String GRAY = "#8a867b";

    private final VegaPlot v;
    private final VegaLayers marks;

    VegaFields(VegaPlot plot, VegaLayers marks) {
        this.v = plot;
        this.marks = marks;
    }

    void heatmap(Layer.Heatmap h) {
        int n = h.columns().size();
        var rows = VegaPlot.JSON.arrayNode();
        var keepR = Decimation.evenly(h.rows().size(), 200);
        var keepC = Decimation.evenly(n, 200);
        var ramp = Ramp.of(h.values(), h.colors());
        for (int r : keepR) {
            for (int c : keepC) {
                double value = h.values().get(r * n + c);
                var row = rows.addObject().put("r", r).put("c", c).put("row", h.rows().get(r)).put("column", h.columns().get(c));
                VegaLite.put(row, "value", value);
                if (h.cellLabels())
                    row.put("text", Ticks.number(value)).put("ink", ramp.over(value) instanceof Tone.Fixed f ? Theme.hex(f.rgb()) : "");
            }
        }
        var layer = marks.ranged(v.layer("rect", rows), "c", "", "r", "");
        values(layer, ramp, h.valueLabel(), !h.cellLabels());
        VegaPlot.tooltip(layer, "row", named(v.plot.y().label(), "row"), "column", named(v.plot.x().label(), "column"), "value",
                named(h.valueLabel(), "value"));
        if (!h.cellLabels()) return;
        var words = marks.ranged(v.layer("text", rows.deepCopy()), "c", "", "r", "");
        var e = words.withObject("encoding");
        e.putObject("text").put("field", "text").put("type", "nominal");
        if (h.colors() == Layer.ColorScale.SEQUENTIAL)
            e.putObject("color").put("field", "ink").put("type", "nominal").putNull("scale").putNull("legend");
    }

    private static void values(ObjectNode layer, Ramp ramp, String label, boolean legend) {
        var color = layer.withObject("encoding").putObject("color").put("field", "value").put("type", "quantitative");
        var scale = color.putObject("scale").put("nice", false);
        var domain = scale.putArray("domain").add(ramp.low());
        domain.add(ramp.high());
        if (ramp.scale() == Layer.ColorScale.DIVERGING) scale.put("domainMid", 0).put("interpolate", "rgb");
        else scale.put("scheme", "viridis");
        if (!legend) color.putNull("legend");
        else if (label.isEmpty()) color.putObject("legend").putNull("title").put("gradientLength", 160);
        else color.putObject("legend").put("title", label).put("gradientLength", 160);
    }

    /** One picture, since the edges of cells would show as seams, a scale of colours, and cells to point at where they are few. */
    void surface(Layer.Region r) {
        int n = r.x().size();
        if (r.values().size() == 0) return;
        var ramp = Ramp.of(r.values(), Layer.ColorScale.SEQUENTIAL);
        var rows = VegaPlot.JSON.arrayNode();
        boolean few = r.values().size() <= MAX_CELLS;
        if (few) {
            for (int i = 0; i < r.values().size(); i++) {
                VegaLite.put(cell(rows, r, i % n, i % n + 1, i / n, i / n + 1), "value", r.values().get(i));
            }
        } else {
            for (double end : new double[] {ramp.low(), ramp.high()}) VegaLite.put(cell(rows, r, 0, 1, 0, 1), "value", end);
        }
        picture(r, ramp);
        var layer = marks.ranged(v.layer("rect", rows), "x", "x2", "y", "y2");
        layer.withObject("mark").put("opacity", 0).put("strokeWidth", 0).put("clip", true);
        values(layer, ramp, r.valueLabel(), true);
        layer.withObject("encoding").withObject("color").withObject("legend").put("symbolOpacity", 1).put("gradientOpacity", 1);
        if (few) VegaPlot.tooltip(layer, "value", named(r.valueLabel(), "value"));
    }

    private void picture(Layer.Region r, Ramp ramp) {
        var columns = Decimation.evenly(r.x().size(), 512);
        var lines = Decimation.evenly(r.y().size(), 512);
        var argb = new int[columns.length * lines.length];
        for (int i = 0; i < argb.length; i++)
            argb[i] = ramp.argb(r.values().get(lines[lines.length - 1 - i / columns.length] * r.x().size() + columns[i % columns.length]));
        var rows = VegaPlot.JSON.arrayNode();
        cell(rows, r, 0, r.x().size(), 0, r.y().size()).put("url",
                "data:image/png;base64," + Base64.getEncoder().encodeToString(PixelPng.encode(argb, columns.length, lines.length)));
        var layer = marks.ranged(v.layer("image", rows), "x", "x2", "y", "y2");
        layer.withObject("mark").put("aspect", false).put("clip", true);
        layer.withObject("encoding").putObject("url").put("field", "url").put("type", "nominal");
    }

    private static ObjectNode cell(ArrayNode rows, Layer.Region r, int c0, int c1, int r0, int r1) {
        var row = rows.addObject();
        VegaLite.put(row, "x", LayerPainter.edge(r.x(), c0));
        VegaLite.put(row, "x2", LayerPainter.edge(r.x(), c1));
        VegaLite.put(row, "y", LayerPainter.edge(r.y(), r0));
        VegaLite.put(row, "y2", LayerPainter.edge(r.y(), r1));
        return row;
    }

    void regions(Layer.Region r) {
        for (int k = 0; k < r.classes().size(); k++) {
            var rows = VegaPlot.JSON.arrayNode();
            for (var run : RegionRuns.of(r, k)) {
                var row = rows.addObject();
                VegaLite.put(row, "x", run.x0());
                VegaLite.put(row, "x2", run.x1());
                VegaLite.put(row, "y", run.y0());
                VegaLite.put(row, "y2", run.y1());
            }
            if (rows.isEmpty()) continue;
            var layer = marks.ranged(v.layer("rect", rows), "x", "x2", "y", "y2");
            layer.withObject("mark").put("opacity", 0.2).put("strokeWidth", 0).put("tooltip", false).put("clip", true);
            v.color(layer, r.classes().get(k));
        }
    }

    void contour(Layer.Contour c) {
        var rows = VegaPlot.JSON.arrayNode();
        int line = 0;
        for (int k = 0; k < c.levels().size(); k++) {
            for (var path : MarchingSquares.lines(c.x(), c.y(), c.values(), c.levels().get(k))) {
                for (int i = 0; i < path.x().length; i++) marks.row(rows, path.x()[i], path.y()[i]).put("k", line).put("i", i);
                line++;
            }
        }
        var layer = marks.xy(v.layer("line", rows), false);
        layer.withObject("encoding").putObject("detail").put("field", "k").put("type", "nominal");
        var mark = layer.withObject("mark").put("strokeWidth", c.name().isEmpty() ? 1 : 1.6).put("opacity", c.name().isEmpty() ? 0.65 : 1)
                .put("tooltip", false);
        if (c.name().isEmpty()) mark.put("color", v.colors.overSurface ? "#ffffff" : GRAY);
        else v.color(layer, c.name());
    }

    private static String named(String label, String otherwise) { return label.isEmpty() ? otherwise : label; }
}
