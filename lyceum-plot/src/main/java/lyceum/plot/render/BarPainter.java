package lyceum.plot.render;

import java.util.Arrays;
import java.util.List;
import lyceum.plot.Layer;

/** Bars, grouped or stacked, standing or lying, and the whiskers over them. */
final class BarPainter {
    private static final double FILLED = 0.78;

    private final Layer.Bars bars;
    private final SeriesColors colors;
    private final Scale sx;
    private final Scale sy;

    /** {@code bars} is null where whiskers stand on numbers. */
    BarPainter(Layer.Bars bars, SeriesColors colors, Scale sx, Scale sy) {
        this.bars = bars;
        this.colors = colors;
        this.sx = sx;
        this.sy = sy;
    }

    void bars(List<Scene.Shape> out) {
        int n = bars.categories().size();
        var up = new double[n];
        var down = new double[n];
        for (int k = 0; k < bars.series().size(); k++) {
            var s = bars.series().get(k);
            var xywh = new double[4 * n];
            int filled = 0;
            for (int i = 0; i < n; i++) {
                double v = s.values().get(i);
                if (!Double.isFinite(v)) continue;
                double from = !bars.stacked() ? 0 : v >= 0 ? up[i] : down[i];
                if (v >= 0) up[i] += v;
                else down[i] += v;
                filled = rect(xywh, filled, i, k, from, bars.stacked() ? from + v : v);
            }
            if (filled > 0) out.add(new Scene.Rects(Arrays.copyOf(xywh, filled), colors.tone(s.name()), 0.92));
        }
        var values = bars.horizontal() ? sx : sy;
        if (!values.log() && values.low() < 0) zero(out, values);
    }

    private void zero(List<Scene.Shape> out, Scale values) {
        double at = values.at(0);
        var across = new double[] {at, at};
        out.add(bars.horizontal() ? new Scene.Polyline(across, new double[] {sy.start(), sy.end()}, Tone.Page.QUIET, 1, 0, 1)
                : new Scene.Polyline(new double[] {sx.start(), sx.end()}, across, Tone.Page.QUIET, 1, 0, 1));
    }

    private int rect(double[] xywh, int at, int category, int series, double from, double to) {
        var places = bars.horizontal() ? sy : sx;
        var values = bars.horizontal() ? sx : sy;
        double step = places.pixels() / Math.max(1, bars.categories().size());
        double thick = group(step) / (bars.stacked() ? 1 : bars.series().size());
        double gap = !bars.stacked() && bars.series().size() > 1 && thick > 6 ? 1 : 0;
        double start = centre(category, series) - thick / 2 + gap / 2;
        double a = values.log() && from <= 0 ? values.start() : values.at(from);
        double b = values.at(to);
        if (!Double.isFinite(a + b)) return at;
        double length = Math.abs(b - a);
        xywh[at] = bars.horizontal() ? Math.min(a, b) : start;
        xywh[at + 1] = bars.horizontal() ? start : Math.min(a, b);
        xywh[at + 2] = bars.horizontal() ? length : thick - gap;
        xywh[at + 3] = bars.horizontal() ? thick - gap : length;
        return at + 4;
    }

    /** The middle of a series' bar in a category, in pixels along the axis of categories. */
    private double centre(double category, int series) {
        var places = bars.horizontal() ? sy : sx;
        double middle = places.at(category);
        if (bars.stacked() || series < 0) return middle;
        double step = places.pixels() / Math.max(1, bars.categories().size());
        double group = group(step);
        return middle - group / 2 + group * (series + 0.5) / bars.series().size();
    }

    private double group(double step) {
        int side = bars.stacked() ? 1 : Math.max(1, bars.series().size());
        return Math.min(FILLED * step, bars.horizontal() ? Math.max(20, 14.0 * side) : 56 + 34.0 * (side - 1));
    }

    /** Values at the ends of few, single bars, so that nobody has to measure them. */
    void values(List<Scene.Shape> out) {
        int n = bars.categories().size();
        var axis = bars.horizontal() ? sx : sy;
        if (bars.series().size() != 1 || n > 24 || axis.log()) return;
        var values = bars.series().getFirst().values();
        double room = (bars.horizontal() ? sy : sx).pixels() / Math.max(1, n) - 4;
        for (int i = 0; i < n; i++) {
            double v = values.get(i);
            var label = Ticks.number(v);
            if (label.isEmpty() || !bars.horizontal() && TextWidth.of(label, TextSize.SMALL) > room) continue;
            double at = axis.at(v);
            if (bars.horizontal()) out.add(new Scene.Text((v < 0 ? axis.at(0) : at) + 5, sy.at(i) + 4, label, TextSize.SMALL,
                    Scene.Anchor.START, Tone.Page.INK, false, false));
            else out.add(new Scene.Text(sx.at(i), (v < 0 ? axis.at(0) : at) - 5, label, TextSize.SMALL, Scene.Anchor.MIDDLE, Tone.Page.INK,
                    false, false));
        }
    }

    void whiskers(Layer.ErrorBars e, List<Scene.Shape> out) {
        boolean lying = bars != null && bars.horizontal();
        int series = -1;
        if (bars != null) for (int k = 0; k < bars.series().size(); k++) if (bars.series().get(k).name().equals(e.name())) series = k;
        var tone = series >= 0 || e.name().isEmpty() ? Tone.Page.INK : colors.tone(e.name());
        var values = lying ? sx : sy;
        for (int i : Decimation.evenly(e.x().size(), 2_000)) {
            double c = bars != null ? centre(e.x().get(i), series) : sx.at(e.x().get(i));
            double a = values.at(e.low().get(i));
            double b = values.at(e.high().get(i));
            if (!Double.isFinite(a + b + c)) continue;
            whisker(out, lying, c, a, b, tone);
        }
    }

    private static void whisker(List<Scene.Shape> out, boolean lying, double c, double a, double b, Tone tone) {
        var across = new double[] {c - 3.5, c + 3.5};
        for (var s : new double[][][] {{{c, c}, {a, b}}, {across, {a, a}}, {across, {b, b}}}) {
            out.add(lying ? new Scene.Polyline(s[1], s[0], tone, 1.3, 0, 1) : new Scene.Polyline(s[0], s[1], tone, 1.3, 0, 1));
        }
    }
}
