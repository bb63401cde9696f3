package lyceum.plot.render;

import java.util.ArrayList;
import java.util.List;

/** Names under an axis of categories: whole where they fit, in two or three lines where they fit so, else shortened; thinned when there are very many. */
final class CategoryLabels {
    private static final int MAX_LINES = 3;

    private final List<List<String>> lines = new ArrayList<>();
    private final double size;
    private final int every;

    CategoryLabels(List<String> names, double step, double size) {
        this.size = size;
        double widestShort = names.stream().limit(500).mapToDouble(s -> Math.min(TextWidth.of(s, size), 40)).max().orElse(0);
        every = Math.max(1, (int) Math.ceil((Math.min(widestShort, 24) + 4) / Math.max(0.01, step)));
        for (int i = 0; i < names.size(); i += every) lines.add(wrapped(names.get(i), step * every - 6));
    }

    /** The lines of each name, none where it is left out. */
    List<List<String>> lines(int names) {
        var all = new ArrayList<List<String>>();
        for (int i = 0; i < names; i++) all.add(i % every == 0 ? lines.get(i / every) : List.of());
        return all;
    }

    double extraHeight() { return (lines.stream().mapToInt(List::size).max().orElse(1) - 1) * (size + 2); }

    void draw(List<Scene.Shape> shapes, Scale sx, double base) {
        for (int k = 0; k < lines.size(); k++) {
            for (int j = 0; j < lines.get(k).size(); j++) {
                shapes.add(new Scene.Text(sx.at(k * every), base + 17 + j * (size + 2), lines.get(k).get(j), size, Scene.Anchor.MIDDLE,
                        Tone.Page.QUIET, false, false));
            }
        }
    }

    private List<String> wrapped(String name, double width) {
        if (TextWidth.of(name, size) <= width) return List.of(name);
        var out = new ArrayList<String>();
        var line = "";
        for (var word : name.split(" ")) {
            var longer = line.isEmpty() ? word : line + " " + word;
            if (line.isEmpty() || TextWidth.of(longer, size) <= width) {
                line = longer;
            } else {
                out.add(line);
                line = word;
            }
        }
        out.add(line);
        if (out.size() > MAX_LINES) out.set(MAX_LINES - 1, out.get(MAX_LINES - 1) + "…");
        return out.stream().limit(MAX_LINES).map(s -> TextWidth.fit(s, size, width)).toList();
    }
}
