package lyceum.plot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * The data of a plot as one table: wide where its layers share their x (one column a series), else one row a value led by the
 * series' name. References and notes are in neither.
 */
final class PlotTable {
    private final LinkedHashSet<String> columns = new LinkedHashSet<>();
    private final List<Map<String, Object>> rows = new ArrayList<>();
    private final String xName;
    private final String yName;

    private PlotTable(Plot plot) {
        xName = plot.x().label().isEmpty() ? "x" : plot.x().label();
        yName = plot.y().label().isEmpty() || plot.y().label().equals(xName) ? "y" : plot.y().label();
    }

    static Table of(Plot plot) {
        var data = plot.layers().stream().filter(l -> !(l instanceof Layer.Rule || l instanceof Layer.Note || l instanceof Layer.Contour))
                .toList();
        var table = new PlotTable(plot);
        var shared = sharedX(data);
        if (shared != null) return table.wide(plot, shared, data);
        data.forEach(l -> table.append(l, data.size() > 1));
        return table.finish();
    }

    /** The x values that all layers have in common, null when they differ or a layer has none. */
    private static Numbers sharedX(List<Layer> data) {
        Numbers shared = null;
        for (var l : data) {
            var x = switch (l) {
                case Layer.Line s -> s.x();
                case Layer.Points s when s.labels().isEmpty() -> s.x();
                case Layer.Band s -> s.x();
                case Layer.ErrorBars s -> s.x();
                case Layer.StackedArea s -> s.x();
                case Layer.Bars s -> Numbers.upTo(s.categories().size());
                default -> null;
            };
            if (x == null || shared != null && !shared.equals(x)) return null;
            shared = x;
        }
        return shared;
    }

    private Table wide(Plot plot, Numbers x, List<Layer> data) {
        var names = new ArrayList<String>();
        var values = new ArrayList<Numbers>();
        List<String> categories = null;
        for (var l : data) {
            switch (l) {
                case Layer.Line s -> put(names, values, named(s.name(), yName), s.y());
                case Layer.Points s -> put(names, values, named(s.name(), yName), s.y());
                case Layer.Band s -> bounds(names, values, s.name(), s.low(), s.high());
                case Layer.ErrorBars s -> bounds(names, values, s.name(), s.low(), s.high());
                case Layer.StackedArea a -> a.series().forEach(s -> put(names, values, named(s.name(), yName), s.values()));
                case Layer.Bars b -> {
                    categories = b.categories();
                    var fallback = b.horizontal() ? xName : yName;
                    b.series().forEach(s -> put(names, values, named(s.name(), fallback), s.values()));
                }
                default -> throw new IllegalStateException("no shared x in " + l);
            }
        }
        boolean lying = data.stream().anyMatch(l -> l instanceof Layer.Bars b && b.horizontal());
        var first = categories == null ? xName : named(lying ? plot.y().label() : plot.x().label(), "category");
        var distinct = new LinkedHashSet<String>(List.of(first));
        for (var n : names) distinct.add(unique(distinct, n));
        var header = List.copyOf(distinct);
        var out = new ArrayList<List<Object>>(x.size());
        for (int i = 0; i < x.size(); i++) {
            var row = new Object[header.size()];
            row[0] = categories == null ? x.get(i) : categories.get(i);
            for (int c = 0; c < names.size(); c++) row[c + 1] = values.get(c).get(i);
            out.add(List.of(row));
        }
        return new Table(header, out);
    }

    private static void put(List<String> names, List<Numbers> values, String name, Numbers v) {
        names.add(name);
        values.add(v);
    }

    private void bounds(List<String> names, List<Numbers> values, String name, Numbers low, Numbers high) {
        put(names, values, named(name, yName) + " low", low);
        put(names, values, named(name, yName) + " high", high);
    }

    private void append(Layer layer, boolean many) {
        switch (layer) {
            case Layer.Line s -> pairs(s.name(), many, s.x(), s.y());
            case Layer.Points s -> {
                for (int i = 0; i < s.x().size(); i++) {
                    var row = pair(s.name(), many, s.x().get(i), s.y().get(i));
                    if (!s.labels().isEmpty()) row.put("label", s.labels().get(i));
                    rows.add(row);
                }
            }
            case Layer.Band s -> ranges(s.name(), many, s.x(), s.low(), s.high());
            case Layer.ErrorBars s -> ranges(s.name(), many, s.x(), s.low(), s.high());
            case Layer.StackedArea a -> a.series().forEach(s -> pairs(s.name(), true, a.x(), s.values()));
            case Layer.Bars b -> bars(b);
            case Layer.Histogram h -> {
                for (int i = 0; i < h.heights().size(); i++)
                    rows.add(row(many ? h.name() : "", "from", h.edges().get(i), "to", h.edges().get(i + 1), yName, h.heights().get(i)));
            }
            case Layer.Heatmap h -> heatmap(h);
            case Layer.ImageGrid g -> images(g);
            case Layer.Region r -> region(r);
            case Layer.Network n ->
                    n.edges().forEach(e -> rows.add(row("", "from", label(n, e.from()), "to", label(n, e.to()), "label", e.label())));
            case Layer.Arrows a -> {
                for (int i = 0; i < a.x().size(); i++) {
                    var row = pair(a.name(), many, a.x().get(i), a.y().get(i));
                    row.put(xName + " to", a.toX().get(i));
                    row.put(yName + " to", a.toY().get(i));
                    rows.add(row);
                }
            }
            case Layer.Rule _,Layer.Note _,Layer.Contour _ -> {}
        }
    }

    private void pairs(String name, boolean many, Numbers x, Numbers y) {
        for (int i = 0; i < x.size(); i++) rows.add(pair(name, many, x.get(i), y.get(i)));
    }

    private Map<String, Object> pair(String name, boolean many, double x, double y) { return row(many ? name : "", xName, x, yName, y); }

    private void ranges(String name, boolean many, Numbers x, Numbers low, Numbers high) {
        for (int i = 0; i < x.size(); i++) rows.add(row(many ? name : "", xName, x.get(i), "low", low.get(i), "high", high.get(i)));
    }

    private void bars(Layer.Bars b) {
        for (var s : b.series()) {
            for (int i = 0; i < b.categories().size(); i++)
                rows.add(row(s.name(), "category", b.categories().get(i), b.horizontal() ? xName : yName, s.values().get(i)));
        }
    }

    private void heatmap(Layer.Heatmap h) {
        int n = h.columns().size();
        var distinct = new LinkedHashSet<String>(List.of(named(yName.equals("y") ? "" : yName, "row")));
        for (var c : h.columns()) distinct.add(unique(distinct, c.isEmpty() ? "column" : c));
        var names = List.copyOf(distinct);
        for (int r = 0; r < h.rows().size(); r++) {
            var row = new LinkedHashMap<String, Object>();
            row.put(names.getFirst(), h.rows().get(r));
            for (int c = 0; c < n; c++) row.put(names.get(c + 1), h.values().get(r * n + c));
            rows.add(row);
        }
    }

    private void images(Layer.ImageGrid g) {
        for (int k = 0; k < g.images().size(); k++) {
            var image = g.images().get(k);
            var channels = image.channels() == 1 ? List.of("value") : List.of("red", "green", "blue");
            for (int p = 0; p < image.width() * image.height(); p++) {
                var row = row("", "image", k + 1.0, "caption", image.caption(), "row", (double) (p / image.width()), "column",
                        (double) (p % image.width()));
                for (int c = 0; c < channels.size(); c++) row.put(channels.get(c), image.pixels().get(p * channels.size() + c));
                rows.add(row);
            }
        }
    }

    private void region(Layer.Region r) {
        int n = r.x().size();
        for (int i = 0; i < r.values().size(); i++) {
            double v = r.values().get(i);
            var name = className(r, v);
            rows.add(row("", xName, r.x().get(i % n), yName, r.y().get(i / n), name == null ? named(r.valueLabel(), "value") : "class",
                    name == null ? (Object) v : name));
        }
    }

    private static String className(Layer.Region r, double v) {
        return v >= 0 && v < r.classes().size() && v == Math.rint(v) ? r.classes().get((int) v) : null;
    }

    private static String label(Layer.Network n, String id) {
        return n.nodes().stream().filter(x -> x.id().equals(id)).findFirst()
                .map(x -> x.label().isEmpty() ? id : x.label().replace('|', ' ')).orElse(id);
    }

    private Map<String, Object> row(String series, Object... pairs) {
        var row = new LinkedHashMap<String, Object>();
        if (!series.isEmpty()) row.put("series", series);
        for (int i = 0; i < pairs.length; i += 2) row.put((String) pairs[i], pairs[i + 1]);
        return row;
    }

    private Table finish() {
        if (rows.stream().anyMatch(r -> r.containsKey("series"))) columns.add("series");
        rows.forEach(r -> columns.addAll(r.keySet()));
        var out = new ArrayList<List<Object>>(rows.size());
        for (var r : rows) {
            var cells = new Object[columns.size()];
            int c = 0;
            for (var name : columns) cells[c++] = r.getOrDefault(name, "");
            out.add(Arrays.asList(cells));
        }
        return new Table(List.copyOf(columns), out);
    }

    private static String named(String name, String otherwise) { return name.isEmpty() ? otherwise : name; }

    private static String unique(Collection<String> taken, String name) {
        var candidate = name;
        for (int i = 2; taken.contains(candidate); i++) candidate = name + " " + i;
        return candidate;
    }
}
