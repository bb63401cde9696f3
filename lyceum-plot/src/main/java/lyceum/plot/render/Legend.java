package lyceum.plot.render;

import java.util.List;

/** Names of series in rows under the title, each after its glyph. */
final class Legend {
    private static final double ROW = 18;
    private static final int MAX = 24;

    private Legend() {}

    /** Draws from {@code top}; returns where the last row ends. */
    static double draw(List<Scene.Shape> shapes, List<SeriesColors.Entry> entries, double top, double width) {
        double x = 0;
        double y = top + 12;
        int shown = entries.size() > MAX ? MAX - 1 : entries.size();
        for (int i = 0; i < shown; i++) {
            var e = entries.get(i);
            var name = TextWidth.fit(e.name(), TextSize.LABEL, width - 24);
            double w = 20 + TextWidth.of(name, TextSize.LABEL) + 14;
            if (x > 0 && x + w - 14 > width) {
                x = 0;
                y += ROW;
            }
            glyph(shapes, e, x, y - 4);
            shapes.add(new Scene.Text(x + 20, y, name, TextSize.LABEL, Scene.Anchor.START, Tone.Page.INK, false, false));
            x += w;
        }
        if (shown < entries.size()) shapes.add(new Scene.Text(x, y, "and " + (entries.size() - shown) + " more", TextSize.LABEL,
                Scene.Anchor.START, Tone.Page.QUIET, false, false));
        return y + 4;
    }

    private static void glyph(List<Scene.Shape> shapes, SeriesColors.Entry e, double x, double y) {
        var tone = new Tone.Data(e.color());
        if (e.glyph() == SeriesColors.Glyph.CROSS) {
            cross(shapes, x + 8, y, 4.5);
            return;
        }
        shapes.add(switch (e.glyph()) {
            case LINE -> new Scene.Polyline(new double[] {x, x + 14}, new double[] {y, y}, tone, 2, SeriesColors.dash(e.color()), 1);
            case DASH -> new Scene.Polyline(new double[] {x, x + 14}, new double[] {y, y}, tone, 2, 4, 1);
            case DOT -> new Scene.Dots(new double[] {x + 8}, new double[] {y}, 4, tone, 1, null);
            case SQUARE, CROSS -> new Scene.Box(x + 2, y - 5, 11, 11, 2, tone, null);
        });
    }

    /** A cross in ink on a casing of paper, so that it stands out from dots of any colour. */
    static void cross(List<Scene.Shape> shapes, double x, double y, double reach) {
        double[] across = {x - reach, x + reach};
        double[] down = {y - reach, y + reach};
        double[] up = {y + reach, y - reach};
        for (var tone : new Tone.Page[] {Tone.Page.PAPER, Tone.Page.INK}) {
            double width = tone == Tone.Page.PAPER ? 5.5 : 2.4;
            shapes.add(new Scene.Polyline(across, down, tone, width, 0, 1));
            shapes.add(new Scene.Polyline(across, up, tone, width, 0, 1));
        }
    }
}
