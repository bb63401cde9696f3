package lyceum.plot.render;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.plot.Axis;
import lyceum.plot.Layer;
import lyceum.plot.Plot;

/**
 * A plot with axes: the title, the y axis's label over its numbers (so no text stands on its side), names beside the lines that
 * reach the right edge and a legend for the rest, a colour bar where colours are values.
 */
final class PlotScene {
    private static final double SMALL = 11;
    private static final int MAX_BESIDE = 14;

    private final Plot plot;
    private final double width;
    private final SeriesColors colors;
    private Extent.Both extent;
    private final List<String> placesX;
    private final List<String> placesY;
    private final List<Scene.Shape> shapes;
    private final double headerEnd;
    private final double taller;

    /** The title stands already, above {@code headerEnd}; between its axes the plot is {@code taller} than it would be. */
    PlotScene(Plot plot, double width, List<Scene.Shape> shapes, double headerEnd, double taller) {
        this.shapes = shapes;
        this.headerEnd = headerEnd;
        this.taller = taller;
        this.plot = plot;
        this.width = width;
        this.colors = new SeriesColors(plot);
        this.extent = Extent.of(plot);
        this.placesX = places(plot, false);
        this.placesY = places(plot, true);
    }

    /** Names along an axis of categories; null on an axis of numbers. */
    static List<String> places(Plot plot, boolean vertical) {
        for (var l : plot.layers()) {
            if (l instanceof Layer.Bars b && b.horizontal() == vertical) return b.categories();
            if (l instanceof Layer.Heatmap h) return vertical ? h.rows() : h.columns();
        }
        return null;
    }

    Scene scene() {
        var beside = beside();
        double top = legend(headerEnd, colors.entries(names(beside)));
        var ramp = ramp();
        double bar = ramp == null ? 0 : 64;
        boolean ruleLabels = plot.layers().stream().anyMatch(l -> l instanceof Layer.Rule r && r.vertical() && !r.label().isEmpty());
        top += (plot.y().label().isEmpty() ? 10 : 28) + (ruleLabels ? 14 : 0);

        boolean barValues = placesY != null && placesX == null;
        double right = Math.max(beside.isEmpty() ? 10 : Math.min(width * 0.3, widest(beside) + 12), barValues ? 40 : bar);
        double left = leftMargin();
        double inner = Math.max(40, width - left - right);
        double height = innerHeight(inner);
        if (square()) {
            inner = Math.min(inner, equalWidth(inner, height) * (labelledCells() ? 1.5 : 1));
        } else if (isEqual(plot, placesX, placesY)) {
            var data = extent;
            var frame = EqualFrame.of(data, inner, height);
            extent = frame.extent();
            // Wider limits may have longer numbers.
            double longer = leftMargin() - left;
            if (longer > 0) {
                left += longer;
                frame = EqualFrame.of(data, inner - longer, height);
                extent = frame.extent();
            }
            inner = frame.width();
            height = frame.height();
        }
        var labelsX = placesX == null ? null : fitted(inner);
        double bottom = 22 + (plot.x().label().isEmpty() ? 0 : 18) + (labelsX == null ? 0 : labelsX.extraHeight());

        var sx = Scale.of(extent.x(), plot.x(), left, left + inner);
        var sy = placesY == null ? Scale.of(extent.y(), plot.y(), top + height, top) : Scale.of(extent.y(), plot.y(), top, top + height);
        axes(sx, sy, left, top, inner, height, labelsX);
        var painter = new LayerPainter(plot, colors, sx, sy, top, left);
        shapes.add(new Scene.Clip(left - 4, top - 4, inner + 8, height + 8, painter.marks()));
        shapes.addAll(painter.texts(left + inner, top));
        if (ramp != null) colorBar(ramp, left + inner + 16, top, height);
        namesBeside(beside, sy, left + inner + 8, top, top + height);
        return new Scene(width, top + height + bottom, shapes);
    }

    /** Whether one unit is as long on both axes: a wish that has no meaning for names or where factors are lengths. */
    static boolean isEqual(Plot plot, List<String> placesX, List<String> placesY) {
        return plot.equalScale() && placesX == null && placesY == null && plot.x().scale() != Axis.Scale.LOG
                && plot.y().scale() != Axis.Scale.LOG;
    }

    private boolean labelledCells() { return plot.layers().stream().anyMatch(l -> l instanceof Layer.Heatmap h && h.cellLabels()); }

    private boolean square() {
        return plot.layers().stream().anyMatch(l -> l instanceof Layer.Heatmap h && h.rows().size() == h.columns().size());
    }

    private double innerHeight(double inner) {
        if (placesY != null && plot.layers().stream().anyMatch(Layer.Bars.class::isInstance))
            return Math.clamp(26.0 * placesY.size(), 60, 2_000);
        for (var l : plot.layers()) {
            if (l instanceof Layer.Heatmap h && !h.rows().isEmpty() && !h.columns().isEmpty()) {
                double cell = Math.min(inner / h.columns().size(), 48);
                return Math.clamp(cell * h.rows().size(), 60, 480);
            }
        }
        return Math.max(80, Math.clamp(inner * (plot.equalScale() ? 0.72 : 0.52), 140, 420) + taller);
    }

    /** The width at which a cell is as wide as high. */
    private double equalWidth(double inner, double height) {
        double spanX = extent.x().high() - extent.x().low();
        double spanY = extent.y().high() - extent.y().low();
        double w = height * spanX / spanY;
        return Double.isFinite(w) ? Math.clamp(w, inner * 0.25, inner) : inner;
    }

    private double leftMargin() {
        if (placesY != null) {
            double widest = placesY.stream().limit(200).mapToDouble(s -> TextWidth.of(s, SMALL)).max().orElse(0);
            return Math.min(width * 0.35, widest) + 12;
        }
        var scale = Scale.of(extent.y(), plot.y(), 240, 0);
        // How many marks there will be depends on the height, which is not known yet; the longest label of a few must fit, and that of many.
        return IntStream.of(3, 6).mapToObj(marks -> scale.ticks(marks, false)).flatMap(ticks -> ticks.labels().stream())
                .mapToDouble(s -> TextWidth.of(s, SMALL)).max().orElse(0) + 10;
    }

    /** Draws names and glyphs of series under the title, in rows; returns the new top. */
    private double legend(double top, List<SeriesColors.Entry> entries) {
        if (entries.isEmpty()) return top;
        return Legend.draw(shapes, entries, top + 6, width) + 2;
    }

    /** Lines and areas whose last value stands at the right edge are named there. */
    private record Beside(String name, int color, double y) {}

    private List<Beside> beside() {
        var out = new ArrayList<Beside>();
        double span = extent.x().high() - extent.x().low();
        boolean log = plot.x().scale() == Axis.Scale.LOG;
        for (var l : plot.layers()) {
            if (l instanceof Layer.Line s && !s.name().isEmpty() && s.x().size() > 0) {
                int last = s.x().size() - 1;
                double x = s.x().get(last);
                double from = log ? Math.log(x / extent.x().low()) / Math.log(extent.x().high() / extent.x().low())
                        : (x - extent.x().low()) / span;
                boolean first = out.stream().noneMatch(b -> b.name.equals(s.name()));
                if (first && from > 0.93 && from < 1.001 && Double.isFinite(s.y().get(last)))
                    out.add(new Beside(s.name(), colors.of(s.name()), s.y().get(last)));
            }
            if (l instanceof Layer.StackedArea a && a.x().size() > 0) {
                double sum = 0;
                int last = a.x().size() - 1;
                for (var s : a.series()) {
                    double v = Math.max(0, s.values().get(last));
                    if (!s.name().isEmpty() && Double.isFinite(v)) out.add(new Beside(s.name(), colors.of(s.name()), sum + v / 2));
                    if (Double.isFinite(v)) sum += v;
                }
            }
        }
        return out.size() > MAX_BESIDE || out.size() > width / 40 || width < 300 ? List.of() : out;
    }

    private static Set<String> names(List<Beside> beside) {
        var names = new HashSet<String>();
        beside.forEach(b -> names.add(b.name));
        return names;
    }

    private static double widest(List<Beside> beside) {
        return beside.stream().mapToDouble(b -> TextWidth.of(b.name, TextSize.LABEL)).max().orElse(0);
    }

    private void namesBeside(List<Beside> beside, Scale sy, double x, double top, double bottom) {
        var sorted = beside.stream().sorted(Comparator.comparingDouble(b -> sy.at(b.y))).toList();
        var wanted = sorted.stream().mapToDouble(b -> sy.at(b.y)).toArray();
        var y = Spread.apart(wanted, 15, top, bottom);
        for (int i = 0; i < y.length; i++) {
            var b = sorted.get(i);
            var text = TextWidth.fit(b.name, TextSize.LABEL, width - x);
            shapes.add(new Scene.Text(x, y[i] + 4, text, TextSize.LABEL, Scene.Anchor.START, new Tone.DataText(b.color), false, false));
        }
    }

    private Ramp ramp() {
        for (var l : plot.layers()) {
            if (l instanceof Layer.Heatmap h && !h.cellLabels()) return Ramp.of(h.values(), h.colors());
            if (l instanceof Layer.Region r && r.classes().isEmpty()) return Ramp.of(r.values(), Layer.ColorScale.SEQUENTIAL);
        }
        return null;
    }

    private String rampLabel() {
        for (var l : plot.layers()) {
            if (l instanceof Layer.Heatmap h) return h.valueLabel();
            if (l instanceof Layer.Region r && r.classes().isEmpty()) return r.valueLabel();
        }
        return "";
    }

    private void colorBar(Ramp ramp, double x, double top, double height) {
        int steps = 64;
        var pixels = new int[steps];
        for (int i = 0; i < steps; i++) pixels[i] = ramp.argb(ramp.high() - (ramp.high() - ramp.low()) * i / (steps - 1));
        double h = Math.min(height, 180);
        shapes.add(new Scene.Raster(x, top, 10, h, 1, steps, pixels));
        var scale = new Scale(ramp.low(), ramp.high(), false, top + h, top);
        var ticks = scale.ticks(4, false);
        for (int i = 0; i < ticks.at().length; i++) {
            shapes.add(new Scene.Text(x + 15, scale.at(ticks.at()[i]) + 4, ticks.labels().get(i), SMALL, Scene.Anchor.START,
                    Tone.Page.QUIET, false, false));
        }
        if (!rampLabel().isEmpty()) {
            var label = TextWidth.fit(rampLabel(), SMALL, width * 0.5);
            double end = Math.min(width, x + Math.max(10, TextWidth.of(label, SMALL)));
            shapes.add(new Scene.Text(end, top - 8, label, SMALL, Scene.Anchor.END, Tone.Page.QUIET, false, false));
        }
    }

    private void axes(Scale sx, Scale sy, double left, double top, double w, double h, CategoryLabels labelsX) {
        boolean filled = placesX != null && placesY != null || plot.layers().stream().anyMatch(Layer.Region.class::isInstance);
        if (placesY == null) {
            var ticks = sy.ticks((int) Math.clamp(h / 52, 2, 8), Whole.y(plot));
            for (int i = 0; i < ticks.at().length; i++) {
                double y = sy.at(ticks.at()[i]);
                if (!filled) shapes.add(new Scene.Polyline(new double[] {left, left + w}, new double[] {y, y}, Tone.Page.LINE, 1, 0, 1));
                shapes.add(new Scene.Text(left - 8, y + 4, ticks.labels().get(i), SMALL, Scene.Anchor.END, Tone.Page.QUIET, false, false));
            }
        } else {
            double step = h / Math.max(1, placesY.size());
            int every = Math.max(1, (int) Math.ceil(13 / Math.max(0.001, step)));
            for (int i = 0; i < placesY.size(); i += every) {
                var text = TextWidth.fit(placesY.get(i), SMALL, left - 10);
                shapes.add(new Scene.Text(left - 8, sy.at(i) + 4, text, SMALL, Scene.Anchor.END, Tone.Page.QUIET, false, false));
            }
        }
        double base = top + h;
        if (placesX == null) {
            var ticks = ticksX(sx, w);
            for (int i = 0; i < ticks.at().length; i++) {
                double x = sx.at(ticks.at()[i]);
                if (placesY != null && !filled)
                    shapes.add(new Scene.Polyline(new double[] {x, x}, new double[] {top, base}, Tone.Page.LINE, 1, 0, 1));
                shapes.add(new Scene.Polyline(new double[] {x, x}, new double[] {base, base + 4}, Tone.Page.QUIET, 1, 0, 0.6));
                shapes.add(new Scene.Text(x, base + 17, ticks.labels().get(i), SMALL, Scene.Anchor.MIDDLE, Tone.Page.QUIET, false, false));
            }
        } else {
            labelsX.draw(shapes, sx, base);
        }
        boolean horizontalBars = placesY != null && placesX == null;
        if (!filled && !horizontalBars)
            shapes.add(new Scene.Polyline(new double[] {left, left + w}, new double[] {base, base}, Tone.Page.QUIET, 1, 0, 0.6));
        double below = base + 34 + (labelsX == null ? 0 : labelsX.extraHeight());
        if (!plot.x().label().isEmpty())
            shapes.add(new Scene.Text(left + w / 2, below, TextWidth.fit(plot.x().label(), TextSize.LABEL, width), TextSize.LABEL,
                    Scene.Anchor.MIDDLE, Tone.Page.QUIET, false, false));
        boolean ruleLabels = plot.layers().stream().anyMatch(l -> l instanceof Layer.Rule r && r.vertical() && !r.label().isEmpty());
        if (!plot.y().label().isEmpty()) shapes.add(new Scene.Text(0, top - 10 - (ruleLabels ? 14 : 0),
                TextWidth.fit(plot.y().label(), TextSize.LABEL, width * (rampLabel().isEmpty() ? 1 : 0.6)), TextSize.LABEL,
                Scene.Anchor.START, Tone.Page.QUIET, false, false));
    }

    /** As many marks as their numbers leave room for. */
    private Ticks ticksX(Scale sx, double w) {
        for (int target = (int) Math.clamp(w / 64, 2, 10); target > 1; target--) {
            var t = sx.ticks(target, Whole.x(plot));
            double needed = t.labels().stream().mapToDouble(s -> TextWidth.of(s, SMALL) + 14).sum();
            if (needed <= w) return t;
        }
        return sx.ticks(1, Whole.x(plot));
    }

    private CategoryLabels fitted(double inner) { return new CategoryLabels(placesX, inner / Math.max(1, placesX.size()), SMALL); }
}
