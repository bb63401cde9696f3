package lyceum.plot.render;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.plot.Layer;
import lyceum.plot.Numbers;
import lyceum.plot.Plot;

/** The marks of a plot's layers at their pixels. */
final class LayerPainter {
    private static final int MAX_POINTS = 12_000;
    private static final int RIMMED_POINTS = 400;

    private final Plot plot;
    private final SeriesColors colors;
    private final Scale sx;
    private final Scale sy;
    private final double top;
    private final double left;
    private final List<Scene.Shape> out = new ArrayList<>();

    LayerPainter(Plot plot, SeriesColors colors, Scale sx, Scale sy, double top, double left) {
        this.plot = plot;
        this.colors = colors;
        this.sx = sx;
        this.sy = sy;
        this.top = top;
        this.left = left;
    }

    List<Scene.Shape> marks() {
        for (var l : plot.layers()) {
            switch (l) {
                case Layer.Line s -> line(s);
                case Layer.Points s -> points(s);
                case Layer.Bars s -> new BarPainter(s, colors, sx, sy).bars(out);
                case Layer.Histogram s -> histogram(s);
                case Layer.Heatmap s -> heatmap(s);
                case Layer.Region s -> region(s);
                case Layer.Contour s -> contour(s);
                case Layer.Band s -> band(s.name(), s.x(), s.low(), s.high());
                case Layer.StackedArea s -> area(s);
                case Layer.ErrorBars s -> new BarPainter(bars(), colors, sx, sy).whiskers(s, out);
                case Layer.Arrows s -> arrows(s);
                case Layer.Rule s -> rule(s);
                case Layer.Note _,Layer.Network _,Layer.ImageGrid _ -> {}
            }
        }
        return out;
    }

    private Layer.Bars bars() {
        for (var l : plot.layers()) if (l instanceof Layer.Bars b) return b;
        return null;
    }

    private void line(Layer.Line s) {
        var places = Decimation.line(s.x(), s.y(), (int) sx.pixels());
        var x = new double[2 * places.length];
        var y = new double[2 * places.length];
        int n = 0;
        for (int i : places) {
            double px = sx.at(s.x().get(i));
            double py = sy.at(s.y().get(i));
            if (!Double.isFinite(px) || !Double.isFinite(py)) {
                stroke(s, x, y, n);
                n = 0;
                continue;
            }
            if (s.style() == Layer.Line.Style.STEP && n > 0) {
                x[n] = px;
                y[n] = y[n - 1];
                n++;
            }
            x[n] = px;
            y[n++] = py;
        }
        stroke(s, x, y, n);
    }

    private void stroke(Layer.Line s, double[] x, double[] y, int n) {
        var tone = colors.tone(s.name());
        if (n == 1) {
            out.add(new Scene.Dots(new double[] {x[0]}, new double[] {y[0]}, 2.5, tone, 1, null));
        } else if (n > 1) {
            var xs = Arrays.copyOf(x, n);
            var ys = Arrays.copyOf(y, n);
            if (colors.overSurface) out.add(new Scene.Polyline(xs, ys, new Tone.Fixed(0xffffff), 4.5, 0, 0.9));
            out.add(new Scene.Polyline(xs, ys, tone, 2, s.style() == Layer.Line.Style.DASHED ? 5 : colors.dash(s.name()), 1));
        }
    }

    private void points(Layer.Points s) {
        var places = Decimation.points(s.x(), s.y(), (int) (sx.pixels() / 1.5), (int) (sy.pixels() / 1.5), MAX_POINTS);
        var x = new double[places.length];
        var y = new double[places.length];
        int n = 0;
        for (int i : places) {
            x[n] = sx.at(s.x().get(i));
            y[n] = sy.at(s.y().get(i));
            if (Double.isFinite(x[n]) && Double.isFinite(y[n])) n++;
        }
        if (s.mark() == Layer.Points.Mark.CROSS) {
            for (int i = 0; i < n; i++) Legend.cross(out, x[i], y[i], 5);
            return;
        }
        int all = plot.layers().stream().mapToInt(l -> l instanceof Layer.Points p ? p.x().size() : 0).sum();
        double radius = all <= 60 ? 4 : all <= RIMMED_POINTS ? 3.4 : all <= 2_000 ? 2.2 : 1.4;
        boolean overAreas = plot.layers().stream().anyMatch(l -> l instanceof Layer.Region);
        var rim = n <= RIMMED_POINTS || overAreas && n <= 2_000 ? Tone.Page.PAPER : null;
        if (n > 0)
            out.add(new Scene.Dots(Arrays.copyOf(x, n), Arrays.copyOf(y, n), radius, colors.tone(s.name()), rim == null ? 0.75 : 0.9, rim));
    }

    private void histogram(Layer.Histogram h) {
        int n = h.heights().size();
        var xywh = new double[4 * n];
        double base = sy.at(sy.log() ? sy.low() : 0);
        int k = 0;
        for (int i = 0; i < n; i++) {
            double a = sx.at(h.edges().get(i));
            double b = sx.at(h.edges().get(i + 1));
            double y = sy.at(h.heights().get(i));
            if (!Double.isFinite(a + b + y) || h.heights().get(i) == 0) continue;
            double gap = b - a > 4 ? 1 : 0;
            xywh[k++] = a + gap / 2;
            xywh[k++] = Math.min(y, base);
            xywh[k++] = Math.max(0.3, b - a - gap);
            xywh[k++] = Math.abs(base - y);
        }
        boolean several = plot.layers().stream().filter(Layer.Histogram.class::isInstance).count() > 1;
        if (k > 0) out.add(new Scene.Rects(Arrays.copyOf(xywh, k), colors.tone(h.name()), several ? 0.55 : 0.9));
    }

    private void heatmap(Layer.Heatmap h) {
        int rows = h.rows().size();
        int columns = h.columns().size();
        if (rows == 0 || columns == 0) return;
        var ramp = Ramp.of(h.values(), h.colors());
        double x = sx.at(-0.5);
        double y = sy.at(-0.5);
        double w = sx.at(columns - 0.5) - x;
        double hgt = sy.at(rows - 0.5) - y;
        out.add(raster(x, y, w, hgt, h.values(), columns, rows, ramp, false));
        double cw = w / columns;
        double ch = hgt / rows;
        if (cw > 14 && ch > 14) grid(x, y, w, hgt, columns, rows);
        if (!h.cellLabels() || ch < 11) return;
        double size = Math.min(12, ch * 0.6);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                double v = h.values().get(r * columns + c);
                var label = Ticks.number(v);
                if (TextWidth.of(label, size) <= cw - 2) {
                    out.add(new Scene.Text(x + (c + 0.5) * cw, y + (r + 0.5) * ch + size * 0.36, label, size, Scene.Anchor.MIDDLE,
                            ramp.over(v), false, false));
                }
            }
        }
    }

    /** Hairlines of paper between large cells. */
    private void grid(double x, double y, double w, double h, int columns, int rows) {
        for (int c = 1; c < columns; c++)
            out.add(new Scene.Polyline(new double[] {x + w * c / columns, x + w * c / columns}, new double[] {y, y + h}, Tone.Page.PAPER, 1,
                    0, 1));
        for (int r = 1; r < rows; r++)
            out.add(new Scene.Polyline(new double[] {x, x + w}, new double[] {y + h * r / rows, y + h * r / rows}, Tone.Page.PAPER, 1, 0,
                    1));
    }

    /** Pixels of values; very fine grids are thinned to about a pixel a cell. */
    private static Scene.Raster raster(double x, double y, double w, double h, Numbers values, int columns, int rows, Ramp ramp,
            boolean upwards) {
        var keepC = Decimation.evenly(columns, 1_024);
        var keepR = Decimation.evenly(rows, 1_024);
        var argb = new int[keepC.length * keepR.length];
        for (int r = 0; r < keepR.length; r++) {
            int row = upwards ? keepR[keepR.length - 1 - r] : keepR[r];
            for (int c = 0; c < keepC.length; c++) argb[r * keepC.length + c] = ramp.argb(values.get(row * columns + keepC[c]));
        }
        return new Scene.Raster(x, y, w, h, keepC.length, keepR.length, argb);
    }

    private void region(Layer.Region r) {
        if (r.values().size() == 0) return;
        if (r.classes().isEmpty()) {
            double x0 = sx.at(edge(r.x(), 0));
            double x1 = sx.at(edge(r.x(), r.x().size()));
            double y0 = sy.at(edge(r.y(), r.y().size()));
            double y1 = sy.at(edge(r.y(), 0));
            out.add(raster(x0, y0, x1 - x0, y1 - y0, r.values(), r.x().size(), r.y().size(),
                    Ramp.of(r.values(), Layer.ColorScale.SEQUENTIAL), true));
            return;
        }
        for (int k = 0; k < r.classes().size(); k++) {
            var runs = RegionRuns.of(r, k);
            var xywh = new double[4 * runs.size()];
            int n = 0;
            for (var run : runs) {
                double x = sx.at(run.x0());
                double y = sy.at(run.y1());
                xywh[n++] = x;
                xywh[n++] = y;
                xywh[n++] = sx.at(run.x1()) - x;
                xywh[n++] = sy.at(run.y0()) - y;
            }
            if (n > 0) out.add(new Scene.Rects(xywh, colors.tone(r.classes().get(k)), 0.2));
        }
    }

    /** The border before column (or row) {@code i}: half way between centres. */
    static double edge(Numbers centres, int i) {
        int n = centres.size();
        if (n == 1) return centres.get(0) + (i == 0 ? -0.5 : 0.5);
        if (i == 0) return centres.get(0) - (centres.get(1) - centres.get(0)) / 2;
        if (i == n) return centres.get(n - 1) + (centres.get(n - 1) - centres.get(n - 2)) / 2;
        return (centres.get(i - 1) + centres.get(i)) / 2;
    }

    private void contour(Layer.Contour c) {
        for (int k = 0; k < c.levels().size(); k++) {
            for (var path : MarchingSquares.lines(c.x(), c.y(), c.values(), c.levels().get(k))) {
                var x = path.x();
                var y = path.y();
                for (int i = 0; i < x.length; i++) {
                    x[i] = sx.at(x[i]);
                    y[i] = sy.at(y[i]);
                }
                var tone = !c.name().isEmpty() ? colors.tone(c.name()) : colors.overSurface ? new Tone.Fixed(0xffffff) : Tone.Page.QUIET;
                out.add(new Scene.Polyline(x, y, tone, c.name().isEmpty() ? 1 : 1.6, 0, c.name().isEmpty() ? 0.65 : 1));
            }
        }
    }

    private void band(String name, Numbers x, Numbers low, Numbers high) {
        var places = bandPlaces(x, low, high);
        int from = 0;
        for (int i = 0; i <= places.length; i++) {
            boolean gap = i == places.length
                    || !Double.isFinite(sx.at(x.get(places[i])) + sy.at(low.get(places[i])) + sy.at(high.get(places[i])));
            if (!gap) continue;
            if (i - from > 1) out.add(ribbon(x, low, high, places, from, i, colors.tone(name), 0.22));
            from = i + 1;
        }
    }

    private int[] bandPlaces(Numbers x, Numbers low, Numbers high) {
        int columns = (int) sx.pixels();
        if (x.size() <= 4 * columns) return Decimation.evenly(x.size(), Math.max(2, x.size()));
        return IntStream.concat(Arrays.stream(Decimation.line(x, low, columns)), Arrays.stream(Decimation.line(x, high, columns))).sorted()
                .distinct().toArray();
    }

    private Scene.Polygon ribbon(Numbers x, Numbers low, Numbers high, int[] places, int from, int to, Tone tone, double opacity) {
        int n = to - from;
        var px = new double[2 * n];
        var py = new double[2 * n];
        for (int j = 0; j < n; j++) {
            int at = places[from + j];
            px[j] = sx.at(x.get(at));
            px[2 * n - 1 - j] = px[j];
            py[j] = sy.at(low.get(at));
            py[2 * n - 1 - j] = sy.at(high.get(at));
        }
        return new Scene.Polygon(px, py, tone, opacity);
    }

    private void area(Layer.StackedArea a) {
        int n = a.x().size();
        if (n < 2) return;
        var base = new double[n];
        for (var s : a.series()) {
            var above = base.clone();
            for (int i = 0; i < n; i++) if (Double.isFinite(s.values().get(i))) above[i] += Math.max(0, s.values().get(i));
            var places = Decimation.evenly(n, Math.max(2, Math.min(n, 4 * (int) sx.pixels())));
            out.add(ribbon(a.x(), Numbers.of(base), Numbers.of(above), places, 0, places.length, colors.tone(s.name()), 0.75));
            base = above;
        }
    }

    private void arrows(Layer.Arrows a) {
        var tone = colors.tone(a.name());
        for (int i : Decimation.evenly(a.x().size(), 2_000)) {
            double x0 = sx.at(a.x().get(i));
            double y0 = sy.at(a.y().get(i));
            double x1 = sx.at(a.toX().get(i));
            double y1 = sy.at(a.toY().get(i));
            double length = Math.hypot(x1 - x0, y1 - y0);
            if (!Double.isFinite(length) || length < 0.5) continue;
            double head = Math.min(9, length * 0.5);
            double ux = (x1 - x0) / length * head;
            double uy = (y1 - y0) / length * head;
            out.add(new Scene.Polyline(new double[] {x0, x1 - ux * 0.8}, new double[] {y0, y1 - uy * 0.8}, tone,
                    a.x().size() > 50 ? 1.2 : 2.2, 0, 1));
            out.add(new Scene.Polygon(new double[] {x1, x1 - ux - 0.45 * uy, x1 - ux + 0.45 * uy},
                    new double[] {y1, y1 - uy + 0.45 * ux, y1 - uy - 0.45 * ux}, tone, 1));
        }
    }

    private void rule(Layer.Rule r) {
        double at = r.vertical() ? sx.at(r.at()) : sy.at(r.at());
        if (!Double.isFinite(at)) return;
        var across = new double[] {at, at};
        var along = r.vertical() ? new double[] {sy.start(), sy.end()} : new double[] {sx.start(), sx.end()};
        out.add(r.vertical() ? new Scene.Polyline(across, along, Tone.Page.INK, 1.2, 3, 0.8)
                : new Scene.Polyline(along, across, Tone.Page.INK, 1.2, 3, 0.8));
    }

    /** Words that may stand out of the plot's rectangle: labels of references above it, notes and names of points. */
    List<Scene.Shape> texts(double right, double top) {
        var words = new ArrayList<Scene.Shape>();
        double taken = Double.NEGATIVE_INFINITY;
        for (var l : plot.layers()) {
            switch (l) {
                case Layer.Rule r when !r.label().isEmpty() -> {
                    double at = r.vertical() ? sx.at(r.at()) : sy.at(r.at());
                    if (!Double.isFinite(at)) break;
                    double w = TextWidth.of(r.label(), TextSize.SMALL);
                    if (r.vertical()) {
                        double x = Math.clamp(at, left + w / 2, Math.max(left + w / 2, right - w / 2));
                        boolean covered = x - w / 2 < taken;
                        words.add(new Scene.Text(x, covered ? top + 12 : top - 6, r.label(), TextSize.SMALL, Scene.Anchor.MIDDLE,
                                Tone.Page.INK, false, covered));
                        if (!covered) taken = x + w / 2 + 6;
                    } else {
                        words.add(new Scene.Text(right - 4, at - 5 < top + 8 ? at + 14 : at - 5, r.label(), TextSize.SMALL,
                                Scene.Anchor.END, Tone.Page.INK, false, true));
                    }
                }
                case Layer.Bars b when plot.layers().stream().noneMatch(Layer.ErrorBars.class::isInstance) ->
                        new BarPainter(b, colors, sx, sy).values(words);
                case Layer.Note n -> note(words, sx.at(n.x()), sy.at(n.y()), n.text(), right, 0);
                case Layer.Points p when !p.labels().isEmpty() && p.x().size() <= 200 -> {
                    for (int i = 0; i < p.x().size(); i++)
                        note(words, sx.at(p.x().get(i)), sy.at(p.y().get(i)), p.labels().get(i), right, 6);
                }
                default -> {}
            }
        }
        return words;
    }

    private void note(List<Scene.Shape> words, double x, double y, String text, double right, double offset) {
        if (!Double.isFinite(x) || !Double.isFinite(y) || text.isEmpty()) return;
        boolean fits = x + offset + 3 + TextWidth.of(text, TextSize.SMALL) <= right + 40;
        words.add(new Scene.Text(fits ? x + offset + 1 : x - offset - 1, y - 5, text, TextSize.SMALL,
                fits ? Scene.Anchor.START : Scene.Anchor.END, Tone.Page.INK, false, true));
    }
}
