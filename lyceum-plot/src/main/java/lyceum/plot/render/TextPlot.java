package lyceum.plot.render;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lyceum.plot.Axis;
import lyceum.plot.Layer;
import lyceum.plot.Numbers;
import lyceum.plot.Plot;

/** A plot with two axes of numbers in character cells. */
final class TextPlot {
    private static final String EIGHTHS = " ▁▂▃▄▅▆▇█";
    private static final String SHADES = " ░▒▓█";
    private static final String ASCII_SHADES = " .:*#";

    private final Plot plot;
    private final TerminalText style;
    private final SeriesColors colors;
    private final int left;
    private final TextCanvas canvas;
    private final Scale sx;
    private final Scale sy;
    private final Ticks ticksY;
    /** Series of one line each and points of several classes carry their glyph. */
    private final boolean several;

    TextPlot(Plot plot, TerminalText style) {
        this.plot = plot;
        this.style = style;
        this.colors = new SeriesColors(plot);
        var extent = Extent.of(plot);
        int rows = style.plotHeight();
        this.ticksY = Scale.of(extent.y(), plot.y(), rows, 0).ticks(Math.max(2, plot.y().scale() == Axis.Scale.LOG ? rows / 2 : rows / 3),
                Whole.y(plot));
        this.left = Math.min(style.width() / 3, ticksY.labels().stream().mapToInt(TerminalText::length).max().orElse(0) + 1);
        int columns = Math.max(10, Math.min(style.plotWidth(), style.width() - left - 2));
        this.canvas = new TextCanvas(columns, rows, style);
        this.sx = Scale.of(extent.x(), plot.x(), 0, columns - 1e-6);
        this.sy = Scale.of(extent.y(), plot.y(), rows - 1e-6, 0);
        this.several = colors.count() > 1 || plot.layers().stream().anyMatch(Layer.ErrorBars.class::isInstance);
    }

    void draw(List<String> lines) {
        if (!plot.y().label().isEmpty()) lines.add(TerminalText.cut(plot.y().label(), style.width()));
        // Dots first, then glyphs, then textures where nothing stands yet.
        for (var l : plot.layers()) dots(l);
        for (var l : plot.layers()) glyphs(l);
        for (var l : plot.layers().reversed()) textures(l);
        lines.addAll(framed());
        legend(lines);
    }

    private void dots(Layer layer) {
        switch (layer) {
            case Layer.Line s -> line(s);
            case Layer.Points s when !several -> {
                for (int i : Decimation.points(s.x(), s.y(), 2 * canvas.width, 4 * canvas.height, 20_000))
                    dot(s.x().get(i), s.y().get(i), colors.of(s.name()));
            }
            case Layer.Contour c -> {
                for (int k = 0; k < c.levels().size(); k++) {
                    for (var path : MarchingSquares.lines(c.x(), c.y(), c.values(), c.levels().get(k))) {
                        for (int i = 0; i < path.x().length; i++)
                            if (!colors.overSurface) dot(path.x()[i], path.y()[i], colors.of(c.name()));
                    }
                }
            }
            case Layer.Arrows a -> {
                for (int i : Decimation.evenly(a.x().size(), 1_000))
                    segment(a.x().get(i), a.y().get(i), a.toX().get(i), a.toY().get(i), colors.of(a.name()), false);
            }
            default -> {}
        }
    }

    private void dot(double x, double y, int series) {
        double px = sx.at(x);
        double py = sy.at(y);
        if (Double.isFinite(px) && Double.isFinite(py)) canvas.dot(px, py, series);
    }

    private void segment(double x0, double y0, double x1, double y1, int series, boolean dashed) {
        double a = sx.at(x0);
        double b = sy.at(y0);
        double c = sx.at(x1);
        double d = sy.at(y1);
        if (Double.isFinite(a + b + c + d)) canvas.line(a, b, c, d, series, dashed);
    }

    private void line(Layer.Line s) {
        var places = Decimation.line(s.x(), s.y(), 2 * canvas.width);
        int series = colors.of(s.name());
        boolean dashed = s.style() == Layer.Line.Style.DASHED;
        for (int k = 0; k < places.length; k++) {
            double x = s.x().get(places[k]);
            double y = s.y().get(places[k]);
            dot(x, y, series);
            if (k == 0) continue;
            double x0 = s.x().get(places[k - 1]);
            double y0 = s.y().get(places[k - 1]);
            if (s.style() == Layer.Line.Style.STEP) {
                segment(x0, y0, x, y0, series, false);
                segment(x, y0, x, y, series, false);
            } else {
                segment(x0, y0, x, y, series, dashed);
            }
        }
    }

    private void glyphs(Layer layer) {
        switch (layer) {
            case Layer.Line s when several -> marks(s);
            case Layer.Points s -> {
                int series = colors.of(s.name());
                boolean cross = s.mark() == Layer.Points.Mark.CROSS;
                for (int i = 0; cross && i < s.x().size(); i++) put(s.x().get(i), s.y().get(i), cross(), series);
                for (int i = 0; !cross && several && i < s.x().size(); i++)
                    put(s.x().get(i), s.y().get(i), TextCanvas.mark(series, style.ascii()), series);
                for (int i = 0; i < s.labels().size() && i < 60; i++) word(s.x().get(i), s.y().get(i), s.labels().get(i), 1);
            }
            case Layer.ErrorBars e -> {
                for (int i : Decimation.evenly(e.x().size(), 1_000)) whisker(e, i);
            }
            case Layer.Arrows a -> {
                for (int i = 0; i < Math.min(50, a.x().size()); i++)
                    put(a.toX().get(i), a.toY().get(i), TextCanvas.mark(colors.of(a.name()), style.ascii()), colors.of(a.name()));
            }
            case Layer.Note n -> word(n.x(), n.y(), n.text(), 0);
            case Layer.Histogram h -> histogram(h);
            default -> {}
        }
    }

    /** What a cross is in text: no glyph of a series. */
    private int cross() { return style.ascii() ? '$' : '★'; }

    /** Glyphs at four places of a line, each line's a little further on, and at its end. */
    private void marks(Layer.Line s) {
        int n = s.x().size();
        int series = colors.of(s.name());
        for (int k = 0; k < 4; k++) {
            int i = (int) ((long) (n - 1) * (2 * k + 1 + (series % 4) * 0.45) / 8.0);
            if (i >= 0 && i < n) put(s.x().get(i), s.y().get(i), TextCanvas.mark(series, style.ascii()), series);
        }
        if (n > 0) put(s.x().get(n - 1), s.y().get(n - 1), TextCanvas.mark(series, style.ascii()), series);
    }

    private void put(double x, double y, int glyph, int series) {
        double px = sx.at(x);
        double py = sy.at(y);
        if (Double.isFinite(px) && Double.isFinite(py)) canvas.put((int) Math.floor(px), (int) Math.floor(py), glyph, series, true);
    }

    private void word(double x, double y, String text, int offset) {
        double px = sx.at(x);
        double py = sy.at(y);
        if (!Double.isFinite(px) || !Double.isFinite(py)) return;
        int start = (int) Math.floor(px) + offset;
        canvas.word(Math.max(0, Math.min(start, canvas.width - TerminalText.length(text))), (int) Math.floor(py), text, -1);
    }

    private void whisker(Layer.ErrorBars e, int i) {
        double x = sx.at(e.x().get(i));
        double a = sy.at(e.low().get(i));
        double b = sy.at(e.high().get(i));
        if (!Double.isFinite(x + a + b)) return;
        int column = (int) Math.floor(x);
        int top = (int) Math.floor(Math.clamp(Math.min(a, b), 0, canvas.height - 1));
        int bottom = (int) Math.floor(Math.clamp(Math.max(a, b), 0, canvas.height - 1));
        for (int row = top; row <= bottom; row++) canvas.put(column, row, '│', colors.of(e.name()), false);
        if (bottom > top) {
            canvas.put(column, top, '┬', colors.of(e.name()), true);
            canvas.put(column, bottom, '┴', colors.of(e.name()), true);
        }
    }

    private void histogram(Layer.Histogram h) {
        int series = colors.of(h.name());
        for (int c = 0; c < canvas.width; c++) {
            double at = sx.value(c + 0.5);
            int bin = bin(h.edges(), at);
            if (bin < 0) continue;
            double y = sy.at(h.heights().get(bin));
            double filled = Double.isFinite(y) ? canvas.height - y : 0;
            for (int r = 0; r < canvas.height; r++) {
                double part = Math.clamp(filled - r, 0, 1);
                int eighth = (int) Math.round(8 * part);
                if (r == 0 && eighth == 0 && h.heights().get(bin) > 0) eighth = 1;
                if (eighth == 0) break;
                int glyph = several ? eighth >= 4 ? TextCanvas.fill(series, style.ascii()) : 0
                        : style.ascii() ? eighth >= 4 || r == 0 ? '#' : 0 : EIGHTHS.charAt(eighth);
                if (glyph != 0) canvas.put(c, canvas.height - 1 - r, glyph, series, several);
            }
        }
    }

    private static int bin(Numbers edges, double v) {
        int low = 0;
        int high = edges.size() - 2;
        if (edges.size() < 2 || v < edges.get(0) || v > edges.get(edges.size() - 1)) return -1;
        while (low < high) {
            int mid = (low + high + 1) >>> 1;
            if (edges.get(mid) <= v) low = mid;
            else high = mid - 1;
        }
        return low;
    }

    private void textures(Layer layer) {
        switch (layer) {
            case Layer.Rule r -> {
                double at = r.vertical() ? sx.at(r.at()) : sy.at(r.at());
                if (!Double.isFinite(at)) break;
                int n = r.vertical() ? canvas.height : canvas.width;
                boolean over = plot.layers().stream().anyMatch(l -> l instanceof Layer.Histogram || l instanceof Layer.Region);
                for (int i = 0; i < n; i++) {
                    if (r.vertical()) canvas.put((int) Math.floor(at), i, style.ascii() ? ':' : '┆', -1, over);
                    else canvas.put(i, (int) Math.floor(at), style.ascii() ? '-' : '┄', -1, over);
                }
            }
            case Layer.Band b -> {
                for (int c = 0; c < canvas.width; c++)
                    column(c, sy.at(Interpolate.at(b.x(), b.low(), sx.value(c + 0.5))),
                            sy.at(Interpolate.at(b.x(), b.high(), sx.value(c + 0.5))), style.ascii() ? '.' : '░', colors.of(b.name()));
            }
            case Layer.StackedArea a -> {
                for (int c = 0; c < canvas.width; c++) {
                    double base = 0;
                    for (var s : a.series()) {
                        double v = Math.max(0, Interpolate.at(a.x(), s.values(), sx.value(c + 0.5)));
                        if (!Double.isFinite(v)) continue;
                        column(c, sy.at(base), sy.at(base + v), TextCanvas.fill(colors.of(s.name()), style.ascii()), colors.of(s.name()));
                        base += v;
                    }
                }
            }
            case Layer.Region r -> region(r);
            default -> {}
        }
    }

    private void column(int c, double a, double b, int glyph, int series) {
        if (!Double.isFinite(a + b)) return;
        int top = (int) Math.round(Math.clamp(Math.min(a, b), 0, canvas.height));
        int bottom = (int) Math.round(Math.clamp(Math.max(a, b), 0, canvas.height));
        for (int row = top; row < bottom; row++) canvas.put(c, row, glyph, series, false);
    }

    private void region(Layer.Region r) {
        if (r.values().size() == 0) return;
        var ramp = Ramp.of(r.values(), Layer.ColorScale.SEQUENTIAL);
        var shades = style.ascii() ? ASCII_SHADES : SHADES;
        for (int row = 0; row < canvas.height; row++) {
            int i = Interpolate.nearest(r.y(), sy.value(row + 0.5));
            for (int c = 0; c < canvas.width; c++) {
                double v = r.values().get(i * r.x().size() + Interpolate.nearest(r.x(), sx.value(c + 0.5)));
                if (!Double.isFinite(v)) continue;
                if (r.classes().isEmpty()) {
                    canvas.put(c, row, shades.charAt((int) Math.min(4, 5 * ramp.place(v))), -1, false);
                } else {
                    int texture = style.ascii() ? " .:'-".charAt((int) Math.floorMod((long) v, 5L))
                            : " ░▒·▓".charAt((int) Math.floorMod((long) v, 5L));
                    canvas.put(c, row, texture, v >= 0 && v < r.classes().size() ? colors.of(r.classes().get((int) v)) : -1, false);
                }
            }
        }
    }

    private List<String> framed() {
        var out = new ArrayList<String>();
        var label = new String[canvas.height];
        for (int i = ticksY.at().length - 1; i >= 0; i--) {
            int row = (int) Math.floor(Math.clamp(sy.at(ticksY.at()[i]), 0, canvas.height - 1));
            if (label[row] == null) label[row] = ticksY.labels().get(i);
        }
        var rows = canvas.rows();
        for (int r = 0; r < rows.size(); r++) {
            var text = label[r] == null ? "" : TerminalText.cut(label[r], left - 1);
            out.add((TerminalText.right(text, left - 1) + " " + (label[r] == null ? "│" : "┤") + rows.get(r)).stripTrailing());
        }
        out.addAll(TextAxis.below(sx, canvas.width, left, plot.x().label(), Whole.x(plot)));
        return out;
    }

    private void legend(List<String> lines) {
        var entries = new ArrayList<String>();
        boolean areas = plot.layers().stream().anyMatch(l -> l instanceof Layer.StackedArea || l instanceof Layer.Histogram);
        for (var e : colors.entries(Set.of())) {
            int glyph = e.glyph() == SeriesColors.Glyph.CROSS ? cross() : areas && e.glyph() == SeriesColors.Glyph.SQUARE
                    ? TextCanvas.fill(e.color(), style.ascii()) : TextCanvas.mark(e.color(), style.ascii());
            boolean band = e.glyph() == SeriesColors.Glyph.SQUARE
                    && plot.layers().stream().anyMatch(l -> l instanceof Layer.Band b && b.name().equals(e.name()));
            var sign = several || areas || e.glyph() == SeriesColors.Glyph.CROSS ? Character.toString(band ? '░' : glyph) + " "
                    : colors.overSurface ? "⠤ " : "";
            entries.add((style.color() ? TextCanvas.code(e.color()) + sign + "\u001b[0m" : sign)
                    + TerminalText.cut(e.name(), style.width() - left - 4));
        }
        for (var l : plot.layers()) {
            if (l instanceof Layer.Rule r && !r.label().isEmpty())
                entries.add((r.vertical() ? "┆ " : "┄ ") + TerminalText.cut(r.label(), style.width() / 2) + " " + Ticks.number(r.at()));
            if (l instanceof Layer.Region r && r.classes().isEmpty() && r.values().size() > 0) {
                entries.add("░ " + Ticks.number(r.values().min()) + " to █ " + Ticks.number(r.values().max())
                        + (r.valueLabel().isEmpty() ? "" : " " + r.valueLabel()));
            }
        }
        TextAxis.flow(entries, left + 1, style.width(), lines);
    }
}
