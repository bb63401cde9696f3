package lyceum.plot.render;

import java.util.Base64;
import lyceum.plot.Layer;
import lyceum.plot.Plot;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Networks and image grids for Vega-Lite: our own layout, drawn as lines, boxes, images and words at its pixels. */
final class VegaScene {
    private final ObjectNode view;
    private final ArrayNode layers;
    private final Scene scene;
    private final SeriesColors colors;

    private VegaScene(Plot plot, double width) {
        var bare = plot.titled("");
        this.scene = Scenes.of(bare, width);
        this.colors = new SeriesColors(plot);
        this.view = VegaLite.headed(plot.title(), plot.description());
        view.put("width", scene.width()).put("height", scene.height());
        this.layers = view.putArray("layer");
    }

    static boolean draws(Plot p) { return VegaLite.has(p, Layer.Network.class) || VegaLite.has(p, Layer.ImageGrid.class); }

    static ObjectNode view(Plot plot, double width) {
        var v = new VegaScene(plot, width);
        v.draw();
        v.view.putObject("resolve").putObject("scale").put("color", "independent");
        return v.view;
    }

    private void draw() {
        var lines = layer("line");
        lines.withObject("mark").put("style", "edge").put("strokeWidth", 1.2).put("interpolate", "linear");
        var lineRows = rows(lines);
        encoding(lines).putObject("detail").put("field", "k").put("type", "nominal");
        encoding(lines).putObject("order").put("field", "i").put("type", "quantitative");
        var heads = layer("point");
        heads.withObject("mark").put("style", "quiet").put("shape", "triangle-right").put("filled", true).put("size", 46).put("opacity", 1);
        var headRows = rows(heads);
        var boxes = layer("rect");
        boxes.withObject("mark").put("style", "node").put("cornerRadius", 5).put("strokeWidth", 1.2);
        range(boxes);
        var boxRows = rows(boxes);
        var groups = layer("rect");
        groups.withObject("mark").put("style", "node").put("cornerRadius", 5).put("strokeWidth", 1.2);
        range(groups);
        stroke(groups);
        var groupRows = rows(groups);
        var images = layer("image");
        images.withObject("mark").put("aspect", false);
        range(images);
        encoding(images).putObject("url").put("field", "url").put("type", "nominal");
        var imageRows = rows(images);
        var words = layer("text");
        words.withObject("mark").put("baseline", "alphabetic");
        encoding(words).putObject("text").put("field", "text").put("type", "nominal");
        var wordRows = rows(words);
        var quiet = layer("text");
        quiet.withObject("mark").put("baseline", "alphabetic").put("style", "quiet");
        encoding(quiet).putObject("text").put("field", "text").put("type", "nominal");
        var quietRows = rows(quiet);
        var legend = layer("square");
        legend.withObject("mark").put("opacity", 1).put("size", 110);
        stroke(legend);
        encoding(legend).set("fill", encoding(legend).get("stroke").deepCopy());
        var legendRows = rows(legend);
        int k = 0;
        for (var s : scene.shapes()) {
            switch (s) {
                case Scene.Polyline p -> {
                    for (int i = 0; i < p.x().length; i++) at(lineRows.addObject().put("k", k).put("i", i), p.x()[i], p.y()[i]);
                    k++;
                }
                case Scene.Polygon p -> at(headRows.addObject(), (p.x()[0] + p.x()[1]) / 2, p.y()[0]);
                case Scene.Dots d -> {
                    for (int i = 0; i < d.x().length; i++)
                        box(name(d.fill()).isEmpty() ? boxRows : groupRows, d.x()[i] - d.radius(), d.y()[i] - d.radius(), 2 * d.radius(),
                                2 * d.radius(), name(d.fill()));
                }
                case Scene.Box b when b.stroke() != null ->
                        box(name(b.stroke()).isEmpty() ? boxRows : groupRows, b.x(), b.y(), b.width(), b.height(), name(b.stroke()));
                case Scene.Box b -> at(legendRows.addObject().put("name", name(b.fill())), b.x() + b.width() / 2, b.y() + b.height() / 2);
                case Scene.Text t -> {
                    double w = TextWidth.of(t.text(), t.size());
                    double middle = t.anchor() == Scene.Anchor.START ? t.x() + w / 2
                            : t.anchor() == Scene.Anchor.END ? t.x() - w / 2 : t.x();
                    at((t.fill() == Tone.Page.QUIET ? quietRows : wordRows).addObject().put("text", t.text()), middle, t.y());
                }
                case Scene.Raster r -> {
                    var url = "data:image/png;base64,"
                            + Base64.getEncoder().encodeToString(PixelPng.encode(enlarged(r), r.columns() * 8, r.rows() * 8));
                    box(imageRows, r.x(), r.y(), r.width(), r.height(), "").put("url", url);
                }
                case Scene.Rects _,Scene.Moved _,Scene.Clip _ -> {}
            }
        }
        for (int i = layers.size() - 1; i >= 0; i--) if (layers.get(i).get("data").get("values").isEmpty()) layers.remove(i);
        if (layers.isEmpty()) {
            layers.addObject().put("mark", "text").putObject("data").putArray("values");
        }
    }

    /** Vega smooths what it enlarges; pixels that are eight wide keep their edges. */
    private static int[] enlarged(Scene.Raster r) {
        int w = r.columns() * 8;
        var out = new int[w * r.rows() * 8];
        for (int i = 0; i < out.length; i++) out[i] = r.argb()[i / w / 8 * r.columns() + i % w / 8];
        return out;
    }

    private ObjectNode layer(String mark) {
        var layer = layers.addObject();
        layer.putObject("data").putArray("values");
        layer.putObject("mark").put("type", mark);
        var e = layer.putObject("encoding");
        axis(e.putObject("x").put("field", "x"), scene.width(), false);
        axis(e.putObject("y").put("field", "y"), scene.height(), true);
        return layer;
    }

    private static void axis(ObjectNode channel, double length, boolean down) {
        channel.put("type", "quantitative").putNull("axis");
        var scale = channel.putObject("scale").put("nice", false).put("zero", false);
        scale.putArray("domain").add(down ? length : 0).add(down ? 0 : length);
    }

    private static ObjectNode encoding(ObjectNode layer) { return (ObjectNode) layer.get("encoding"); }

    private static ArrayNode rows(ObjectNode layer) { return (ArrayNode) layer.get("data").get("values"); }

    private static void range(ObjectNode layer) {
        encoding(layer).putObject("x2").put("field", "x2");
        encoding(layer).putObject("y2").put("field", "y2");
    }

    private void stroke(ObjectNode layer) {
        var stroke = encoding(layer).putObject("stroke").put("field", "name").put("type", "nominal").putNull("legend");
        var domain = stroke.putObject("scale").putArray("domain");
        colors.names().forEach(domain::add);
    }

    private String name(Tone tone) {
        return tone instanceof Tone.Data d && d.index() < colors.names().size() ? colors.names().get(d.index()) : "";
    }

    private static void at(ObjectNode row, double x, double y) {
        VegaLite.put(row, "x", tenth(x));
        VegaLite.put(row, "y", tenth(y));
    }

    private static ObjectNode box(ArrayNode rows, double x, double y, double w, double h, String name) {
        var row = rows.addObject().put("name", name);
        at(row, x, y);
        VegaLite.put(row, "x2", tenth(x + w));
        VegaLite.put(row, "y2", tenth(y + h));
        return row;
    }

    private static double tenth(double v) { return Math.round(v * 10) / 10.0; }
}
