package lyceum.plot.render;

import lyceum.plot.Cloud;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Points in space as one view that its parameters {@code turn} and {@code tilt}, in degrees, project: nothing is sent again while one turns it. */
final class VegaCloud {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final int MOST = 4_000;
    private static final double WIDEST = 440;

    private VegaCloud() {}

    static ObjectNode view(Cloud cloud, double width) {
        var view = VegaLite.headed(cloud.title(), cloud.description());
        double side = Math.round(Math.min(WIDEST, width - 20));
        view.put("width", side).put("height", side);
        parameter(view, "turn", Cloud.TURN, 0, 360);
        parameter(view, "tilt", Cloud.TILT, -90, 90);
        var layers = view.putArray("layer");
        layers.add(edges(cloud));
        layers.add(points(cloud));
        layers.add(labels(cloud));
        return view;
    }

    private static void parameter(ObjectNode view, String name, double value, int least, int most) {
        view.withArray("params").addObject().put("name", name).put("value", value).putObject("bind").put("input", "range").put("min", least)
                .put("max", most).put("step", 1).put("name", name);
    }

    /** Where {@code u, v, w} from the middle are seen: to the right, up, and how far away as a share of the radius. */
    private static void project(ObjectNode layer, Cloud.Box box, String end) {
        var steps = layer.withArray("transform");
        calculate(steps.addObject(), "datum.u" + end + "*cos(turn*PI/180)-datum.v" + end + "*sin(turn*PI/180)", "px" + end);
        calculate(steps.addObject(), "datum.u" + end + "*sin(turn*PI/180)+datum.v" + end + "*cos(turn*PI/180)", "away" + end);
        calculate(steps.addObject(), "datum.w" + end + "*cos(tilt*PI/180)+datum.away" + end + "*sin(tilt*PI/180)", "py" + end);
        calculate(steps.addObject(), "(datum.away" + end + "*cos(tilt*PI/180)-datum.w" + end + "*sin(tilt*PI/180))/" + box.radius(),
                "far" + end);
    }

    private static void calculate(ObjectNode step, String formula, String as) { step.put("calculate", formula).put("as", as); }

    private static void place(ObjectNode layer, Cloud.Box box) {
        for (var axis : new String[] {"x", "y"}) {
            var scale = layer.withObject("encoding").putObject(axis).put("field", "p" + axis).put("type", "quantitative").putNull("axis")
                    .putObject("scale").put("nice", false).put("zero", false);
            scale.putArray("domain").add(-1.05 * box.radius()).add(1.05 * box.radius());
        }
    }

    private static void from(ObjectNode row, Cloud.Box box, double[] signs, int first, String end) {
        VegaLite.put(row, "u" + end, signs[first] * box.half()[0]);
        VegaLite.put(row, "v" + end, signs[first + 1] * box.half()[1]);
        VegaLite.put(row, "w" + end, signs[first + 2] * box.half()[2]);
    }

    private static ObjectNode edges(Cloud cloud) {
        var box = cloud.box();
        var layer = JSON.objectNode();
        var rows = layer.putObject("data").putArray("values");
        for (double[] e : Cloud.edges()) {
            var row = rows.addObject();
            from(row, box, e, 0, "");
            from(row, box, e, 3, "2");
        }
        project(layer, box, "");
        project(layer, box, "2");
        layer.putObject("mark").put("type", "rule").put("style", "quiet").put("strokeWidth", 0.8).put("opacity", 0.45);
        place(layer, box);
        layer.withObject("encoding").putObject("x2").put("field", "px2");
        layer.withObject("encoding").putObject("y2").put("field", "py2");
        return layer;
    }

    private static ObjectNode points(Cloud cloud) {
        var box = cloud.box();
        var layer = JSON.objectNode();
        var rows = layer.putObject("data").putArray("values");
        int all = cloud.groups().stream().mapToInt(g -> g.x().size()).sum();
        for (var g : cloud.groups()) {
            int n = g.x().size();
            for (int i : Decimation.evenly(n, all <= MOST ? n : Math.max(2, (int) ((long) MOST * n / all)))) {
                if (!g.isWhole(i)) continue;
                var row = rows.addObject().put("name", g.name());
                VegaLite.put(row, "x", g.x().get(i));
                VegaLite.put(row, "y", g.y().get(i));
                VegaLite.put(row, "z", g.z().get(i));
            }
        }
        var steps = layer.putArray("transform");
        for (int k = 0; k < 3; k++)
            calculate(steps.addObject(), "datum." + "xyz".charAt(k) + "-(" + box.middle()[k] + ")", String.valueOf("uvw".charAt(k)));
        project(layer, box, "");
        calculate(steps.addObject(), "38-20*datum.far", "size");
        layer.putObject("mark").put("type", "circle").put("opacity", 0.9);
        place(layer, box);
        var e = layer.withObject("encoding");
        e.putObject("size").put("field", "size").put("type", "quantitative").putNull("scale").putNull("legend");
        e.putObject("order").put("field", "far").put("type", "quantitative").put("sort", "descending");
        var color = e.putObject("color").put("field", "name").put("type", "nominal");
        var names = color.putObject("scale").putArray("domain");
        cloud.groups().forEach(g -> names.add(g.name()));
        if (cloud.groups().size() < 2) color.putNull("legend");
        else color.putObject("legend").putNull("title").put("orient", "top");
        var told = e.putArray("tooltip");
        if (cloud.groups().size() > 1) told.addObject().put("field", "name").put("type", "nominal").put("title", "series");
        String[] labels = {cloud.x(), cloud.y(), cloud.z()};
        for (int k = 0; k < 3; k++)
            told.addObject().put("field", String.valueOf("xyz".charAt(k))).put("type", "quantitative").put("title", labels[k]);
        return layer;
    }

    private static ObjectNode labels(Cloud cloud) {
        var box = cloud.box();
        var layer = JSON.objectNode();
        var rows = layer.putObject("data").putArray("values");
        String[] labels = {cloud.x(), cloud.y(), cloud.z()};
        for (int k = 0; k < 3; k++) from(rows.addObject().put("text", labels[k]), box, Cloud.end(k), 0, "");
        project(layer, box, "");
        layer.putObject("mark").put("type", "text").put("dy", -8).put("fontSize", 12);
        place(layer, box);
        layer.withObject("encoding").putObject("text").put("field", "text").put("type", "nominal");
        return layer;
    }
}
