package lyceum.plot.render;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.plot.Layer;
import lyceum.plot.Plot;

/** Which place of the palette each series has, by name, in the order in which the layers name them; and what a legend says. */
final class SeriesColors {
    /** How a legend shows a series. */
    enum Glyph {
        LINE, DASH, DOT, SQUARE, CROSS
    }

    /** One entry of a legend. */
    record Entry(String name, int color, Glyph glyph) {}

    private final Map<String, Integer> places = new LinkedHashMap<>();
    private final Map<String, Glyph> glyphs = new LinkedHashMap<>();
    /** Points in ink. */
    private final Set<String> crosses = new LinkedHashSet<>();
    /** Values as colour fill the plane: marks over it need a casing, and the palette's blue is skipped since viridis has it. */
    final boolean overSurface;

    SeriesColors(Plot plot) {
        overSurface = plot.layers().stream().anyMatch(l -> l instanceof Layer.Region r && r.classes().isEmpty());
        for (var l : plot.layers()) {
            switch (l) {
                case Layer.Line s -> name(s.name(), s.style() == Layer.Line.Style.DASHED ? Glyph.DASH : Glyph.LINE);
                case Layer.Points s when s.mark() == Layer.Points.Mark.CROSS -> crosses.add(s.name());
                case Layer.Points s -> name(s.name(), Glyph.DOT);
                case Layer.Bars b -> b.series().forEach(s -> name(s.name(), Glyph.SQUARE));
                case Layer.Histogram h -> name(h.name(), Glyph.SQUARE);
                case Layer.Band s -> name(s.name(), Glyph.SQUARE);
                case Layer.StackedArea a -> a.series().forEach(s -> name(s.name(), Glyph.SQUARE));
                case Layer.Arrows s -> name(s.name(), Glyph.LINE);
                case Layer.Region r -> r.classes().forEach(c -> name(c, Glyph.SQUARE));
                case Layer.Network n -> n.nodes().stream().filter(x -> !x.group().isEmpty()).forEach(x -> name(x.group(), Glyph.SQUARE));
                case Layer.ErrorBars s -> {
                    if (!s.name().isEmpty() && !places.containsKey(s.name())) name(s.name(), Glyph.LINE);
                }
                case Layer.Contour c -> {
                    if (!c.name().isEmpty()) name(c.name(), Glyph.LINE);
                }
                case Layer.Heatmap _,Layer.ImageGrid _,Layer.Rule _,Layer.Note _ -> {}
            }
        }
    }

    private void name(String name, Glyph glyph) {
        places.putIfAbsent(name, places.size() + (overSurface ? 1 : 0));
        glyphs.merge(name, glyph, SeriesColors::plainer);
    }

    /** A line explains its band, a point its region. */
    private static Glyph plainer(Glyph a, Glyph b) { return a.ordinal() <= b.ordinal() ? a : b; }

    /** Series beyond the palette repeat its colours and are told apart by dashes of this length; 0 within it. */
    double dash(String name) {
        return dash(of(name));
    }

    static double dash(int place) { return 2.5 * (place / Theme.LIGHT.series().size()); }

    /** How many series there are, the unnamed one counted. */
    int count() { return places.size(); }

    /** All names in the order of the palette. */
    List<String> names() { return List.copyOf(places.keySet()); }

    int of(String name) { return places.getOrDefault(name, crosses.contains(name) ? places.size() : 0); }

    Tone tone(String name) { return new Tone.Data(of(name)); }

    /** Named series that are not in {@code without}, those in ink last. */
    List<Entry> entries(Set<String> without) {
        var out = new ArrayList<Entry>();
        places.forEach((name, color) -> {
            if (!name.isEmpty() && !without.contains(name)) out.add(new Entry(name, color, glyphs.get(name)));
        });
        for (var name : crosses) if (!name.isEmpty() && !places.containsKey(name)) out.add(new Entry(name, places.size(), Glyph.CROSS));
        return out;
    }
}
