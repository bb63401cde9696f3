package lyceum.plot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.tensor.Tensor;

/**
 * Layers on one pair of axes. Methods that restyle ({@link #dashed()}, {@link #stacked()}, {@link #cellLabels()}, ...) act on the
 * layer added last.
 *
 * @param title a few words
 * @param description one sentence that says what to see
 * @param x the horizontal axis as drawn
 * @param y the vertical axis as drawn
 * @param layers from back to front
 * @param equalScale one unit is as long on both axes
 */
public record Plot(String title, String description, Axis x, Axis y, List<Layer> layers, boolean equalScale) implements Figure {
    /** Places along each side of a rectangle on which a rule or a function is asked. */
    private static final int GRID = 60;

    /** Checks and cleans. */
    public Plot {
        title = Check.text("title", title, Check.TITLE);
        description = Check.text("description", description, Check.TEXT);
        x = x == null ? Axis.PLAIN : x;
        y = y == null ? Axis.PLAIN : y;
        layers = Check.list("layer", layers, 1_000);
    }

    /** The same plot under another title. */
    public Plot titled(String title) { return new Plot(title, description, x, y, layers, equalScale); }

    @Override public Plot describedAs(String description) { return new Plot(title, description, x, y, layers, equalScale); }

    /** Labels of the axes as drawn, units in parentheses: {@code axes("time (s)", "loss (nats)")}. */
    public Plot axes(String x, String y) { return axes(this.x.labelled(x), this.y.labelled(y)); }

    /** Both axes whole. */
    public Plot axes(Axis x, Axis y) { return new Plot(title, description, x, y, layers, equalScale); }

    /** The x axis becomes logarithmic. */
    public Plot logX() { return axes(x.log(), y); }

    /** The y axis becomes logarithmic. */
    public Plot logY() { return axes(x, y.log()); }

    /** The x axis runs from {@code from} to {@code to}; NaN leaves an end to the data. */
    public Plot limitX(double from, double to) { return axes(x.between(from, to), y); }

    /** The y axis runs from {@code from} to {@code to}; NaN leaves an end to the data. */
    public Plot limitY(double from, double to) { return axes(x, y.between(from, to)); }

    /** One unit is as long on both axes: for geometry. */
    public Plot equalScales() { return new Plot(title, description, x, y, layers, true); }

    /** One more layer, in front. */
    public Plot with(Layer layer) {
        var more = new ArrayList<>(layers);
        more.add(Check.present("layer", layer));
        return new Plot(title, description, x, y, more, equalScale);
    }

    /** One more series of the same kind as the last: a line, or points; on an empty plot a line. */
    public Plot add(String name, double[] xs, double[] ys) {
        for (var l : layers.reversed()) {
            if (l instanceof Layer.Points) return points(name, xs, ys);
            if (l instanceof Layer.Line(_, _, _, var style)) return with(new Layer.Line(name, Numbers.of(xs), Numbers.of(ys), style));
        }
        return line(name, xs, ys);
    }

    /** One more series of the same kind as the last: bars over the same categories, a histogram with the same bins, else a line over 0, 1, ... */
    public Plot add(String name, double[] values) {
        if (!layers.isEmpty()) {
            var last = layers.getLast();
            if (last instanceof Layer.Bars b) {
                var more = new ArrayList<>(b.series());
                more.add(Series.of(name, values));
                return replaceLast(new Layer.Bars(b.categories(), more, b.stacked(), b.horizontal()));
            }
            if (last instanceof Layer.Histogram h) return with(Bins.count(name, values, h.edges()));
            if (last instanceof Layer.StackedArea a) {
                var more = new ArrayList<>(a.series());
                more.add(Series.of(name, values));
                return replaceLast(new Layer.StackedArea(a.x(), more));
            }
        }
        return with(new Layer.Line(name, Numbers.upTo(values.length), Numbers.of(values), Layer.Line.Style.SOLID));
    }

    /** A line. */
    public Plot line(String name, double[] xs, double[] ys) {
        return with(new Layer.Line(name, Numbers.of(xs), Numbers.of(ys), Layer.Line.Style.SOLID));
    }

    /** A line through the values of two tensors of equal count, in order. */
    public Plot line(String name, Tensor xs, Tensor ys) { return line(name, xs.toDoubleArray(), ys.toDoubleArray()); }

    /** A line through {@code (first + i, ys[i])}, i from 0: a value for each step, epoch or size. */
    public Plot line(String name, int first, double[] ys) { return line(name, counted(first, ys.length), ys); }

    /** As {@link #line(String, int, double[])} through the values of a tensor, in order. */
    public Plot line(String name, int first, Tensor ys) { return line(name, first, ys.toDoubleArray()); }

    /** A function from {@code from} to {@code to}, at 201 even places. */
    public Plot line(String name, double from, double to, DoubleUnaryOperator f) {
        double[] xs = grid(from, to, 201);
        return line(name, xs, Arrays.stream(xs).map(f).toArray());
    }

    /** Points at the values of two tensors of equal count. */
    public Plot points(String name, Tensor xs, Tensor ys) { return points(name, xs.toDoubleArray(), ys.toDoubleArray()); }

    /** Points at the rows of a tensor {@code (n, 2)}. */
    public Plot points(String name, Tensor rows) { return points(name, column(rows, 0), column(rows, 1)); }

    /** Points by class at the rows of a tensor {@code (n, 2)}, as {@link #points(double[], double[], int[], String...)}. */
    public Plot points(Tensor rows, int[] classes, String... names) { return points(column(rows, 0), column(rows, 1), classes, names); }

    /** Points. */
    public Plot points(String name, double[] xs, double[] ys) {
        return with(new Layer.Points(name, Numbers.of(xs), Numbers.of(ys), List.of(), Layer.Points.Mark.DOT));
    }

    /** Points by class, a layer and a colour for each; {@code classes[i]} is a place in {@code names}. */
    public Plot points(double[] xs, double[] ys, int[] classes, String... names) {
        Check.sameLength("points by class", "xs", xs.length, "ys", ys.length);
        Check.sameLength("points by class", "xs", xs.length, "classes", classes.length);
        for (int c : classes)
            if (c < 0 || c >= names.length) throw new FigureException("points by class: class " + c + " has no name; there are "
                    + names.length + " names, for classes 0 to " + (names.length - 1));
        var plot = this;
        for (int c = 0; c < names.length; c++) plot = plot.points(names[c], pick(xs, classes, c), pick(ys, classes, c));
        return plot;
    }

    /** The space between {@code low} and {@code high}: an interval around the line of the same name. */
    public Plot band(String name, double[] xs, double[] low, double[] high) {
        return with(new Layer.Band(name, Numbers.of(xs), Numbers.of(low), Numbers.of(high)));
    }

    /** As {@link #band(String, double[], double[], double[])} by the values of three tensors of equal count. */
    public Plot band(String name, Tensor xs, Tensor low, Tensor high) {
        return band(name, xs.toDoubleArray(), low.toDoubleArray(), high.toDoubleArray());
    }

    /** Whiskers from {@code low} to {@code high}; over bars of this name, xs are places 0, 1, ... of categories. */
    public Plot errorBars(String name, double[] xs, double[] low, double[] high) {
        return with(new Layer.ErrorBars(name, Numbers.of(xs), Numbers.of(low), Numbers.of(high)));
    }

    /** As {@link #errorBars(String, double[], double[], double[])} by the values of three tensors of equal count. */
    public Plot errorBars(String name, Tensor xs, Tensor low, Tensor high) {
        return errorBars(name, xs.toDoubleArray(), low.toDoubleArray(), high.toDoubleArray());
    }

    /** A vertical reference at {@code x}. */
    public Plot verticalLine(double x, String label) { return with(new Layer.Rule(true, x, label)); }

    /** A horizontal reference at {@code y}. */
    public Plot horizontalLine(double y, String label) { return with(new Layer.Rule(false, y, label)); }

    /** A few words at a place. */
    public Plot note(double x, double y, String text) { return with(new Layer.Note(x, y, text)); }

    /** Arrows from {@code (xs[i], ys[i])} to {@code (toXs[i], toYs[i])}. */
    public Plot arrows(String name, double[] xs, double[] ys, double[] toXs, double[] toYs) {
        return with(new Layer.Arrows(name, Numbers.of(xs), Numbers.of(ys), Numbers.of(toXs), Numbers.of(toYs)));
    }

    /** Decision regions; {@code classes[row of y][column of x]} is a place in {@code names}. */
    public Plot regions(double[] xs, double[] ys, int[][] classes, String... names) {
        var values = new double[classes.length][];
        for (int r = 0; r < classes.length; r++) values[r] = Arrays.stream(classes[r]).asDoubleStream().toArray();
        return with(new Layer.Region(Numbers.of(xs), Numbers.of(ys), Numbers.flat("regions", values), Arrays.asList(names), ""));
    }

    /**
     * Decision regions of a rule over a rectangle, asked at 60 by 60 places.
     *
     * @param rule takes places {@code (n, 2)}, gives n classes, each a place in {@code names}
     */
    public Plot regions(double fromX, double toX, double fromY, double toY, UnaryOperator<Tensor> rule, String... names) {
        int[] flat = rule.apply(places(fromX, toX, fromY, toY)).toIntArray();
        var classes = new int[GRID][];
        for (int r = 0; r < GRID; r++) classes[r] = Arrays.copyOfRange(flat, r * GRID, (r + 1) * GRID);
        return regions(grid(fromX, toX, GRID), grid(fromY, toY, GRID), classes, names);
    }

    /** A function over a rectangle as colour, asked at 60 by 60 places: it takes {@code (n, 2)} and gives n values. */
    public Plot surface(double fromX, double toX, double fromY, double toY, UnaryOperator<Tensor> f) {
        double[][] values = f.apply(places(fromX, toX, fromY, toY)).reshape(GRID, GRID).toRows();
        return surface(grid(fromX, toX, GRID), grid(fromY, toY, GRID), values);
    }

    /** A function {@code f(x, y)} over a rectangle as colour, asked at 60 by 60 places. */
    public Plot surface(double fromX, double toX, double fromY, double toY, DoubleBinaryOperator f) {
        double[] xs = grid(fromX, toX, GRID), ys = grid(fromY, toY, GRID);
        var values = new double[GRID][GRID];
        for (int r = 0; r < GRID; r++) for (int c = 0; c < GRID; c++) values[r][c] = f.applyAsDouble(xs[c], ys[r]);
        return surface(xs, ys, values);
    }

    /** The places of a grid, row by row, from below. */
    private static Tensor places(double fromX, double toX, double fromY, double toY) {
        double[] xs = grid(fromX, toX, GRID), ys = grid(fromY, toY, GRID), flat = new double[2 * GRID * GRID];
        for (int i = 0; i < GRID * GRID; i++) {
            flat[2 * i] = xs[i % GRID];
            flat[2 * i + 1] = ys[i / GRID];
        }
        return Tensor.of(flat, GRID * GRID, 2);
    }

    private static double[] grid(double from, double to, int n) { return Tensor.linspace(from, to, n).toDoubleArray(); }

    private static double[] counted(int first, int n) { return Tensor.arange(first, (double) first + n, 1).toDoubleArray(); }

    private static double[] column(Tensor rows, int j) { return rows.select(1, j).toDoubleArray(); }

    /** A function of two variables as colour; {@code values[row of y][column of x]}. */
    public Plot surface(double[] xs, double[] ys, double[][] values) {
        return with(new Layer.Region(Numbers.of(xs), Numbers.of(ys), Numbers.flat("surface", values), List.of(), ""));
    }

    /** Lines of equal value through the surface (or regions) below, at these levels; none given: eight even ones. */
    public Plot contours(double... levels) {
        for (var l : layers.reversed()) {
            if (l instanceof Layer.Region r) {
                var at = levels.length > 0 ? levels : evenly(r.values().min(), r.values().max(), 8);
                return with(new Layer.Contour("", r.x(), r.y(), r.values(), Numbers.of(at)));
            }
        }
        throw new FigureException("contours() draws through a surface; add surface(xs, ys, values) first");
    }

    /** The last layer's series gets this name. */
    public Plot named(String name) {
        return restyle("named(...)", "a named series", l -> switch (l) {
            case Layer.Line s -> new Layer.Line(name, s.x(), s.y(), s.style());
            case Layer.Points s -> new Layer.Points(name, s.x(), s.y(), s.labels(), s.mark());
            case Layer.Histogram s -> new Layer.Histogram(name, s.edges(), s.heights());
            case Layer.Band s -> new Layer.Band(name, s.x(), s.low(), s.high());
            case Layer.ErrorBars s -> new Layer.ErrorBars(name, s.x(), s.low(), s.high());
            case Layer.Arrows s -> new Layer.Arrows(name, s.x(), s.y(), s.toX(), s.toY());
            case Layer.Contour s -> new Layer.Contour(name, s.x(), s.y(), s.values(), s.levels());
            case Layer.Bars s when !s.series().isEmpty() -> {
                var series = new ArrayList<>(s.series());
                series.set(series.size() - 1, new Series(name, series.getLast().values()));
                yield new Layer.Bars(s.categories(), series, s.stacked(), s.horizontal());
            }
            default -> null;
        });
    }

    /** The last line is dashed. */
    public Plot dashed() {
        return restyle("dashed()", "a line",
                l -> l instanceof Layer.Line s ? new Layer.Line(s.name(), s.x(), s.y(), Layer.Line.Style.DASHED) : null);
    }

    /** The last line runs in steps. */
    public Plot step() {
        return restyle("step()", "a line",
                l -> l instanceof Layer.Line s ? new Layer.Line(s.name(), s.x(), s.y(), Layer.Line.Style.STEP) : null);
    }

    /** The last points get these labels, one each. */
    public Plot labelled(String... labels) {
        return restyle("labelled(...)", "points",
                l -> l instanceof Layer.Points s ? new Layer.Points(s.name(), s.x(), s.y(), Arrays.asList(labels), s.mark()) : null);
    }

    /** The last points are crosses in ink: centres, optima, whatever was found among the data and is no part of them. */
    public Plot crosses() {
        return restyle("crosses()", "points",
                l -> l instanceof Layer.Points s ? new Layer.Points(s.name(), s.x(), s.y(), s.labels(), Layer.Points.Mark.CROSS) : null);
    }

    /** The last bars stand on top of each other. */
    public Plot stacked() {
        return restyle("stacked()", "bars",
                l -> l instanceof Layer.Bars s ? new Layer.Bars(s.categories(), s.series(), true, s.horizontal()) : null);
    }

    /** The last bars lie: categories down the y axis, for long names. */
    public Plot horizontal() {
        return restyle("horizontal()", "bars",
                l -> l instanceof Layer.Bars s ? new Layer.Bars(s.categories(), s.series(), s.stacked(), true) : null);
    }

    /** The last heatmap shows its values in its cells. */
    public Plot cellLabels() {
        return restyle("cellLabels()", "a heatmap", l -> l instanceof Layer.Heatmap s
                ? new Layer.Heatmap(s.values(), s.rows(), s.columns(), s.colors(), true, s.valueLabel()) : null);
    }

    /** The last heatmap runs from blue through paper (zero) to orange. */
    public Plot diverging() {
        return restyle("diverging()", "a heatmap", l -> l instanceof Layer.Heatmap s
                ? new Layer.Heatmap(s.values(), s.rows(), s.columns(), Layer.ColorScale.DIVERGING, s.cellLabels(), s.valueLabel()) : null);
    }

    /** What the last heatmap's or surface's values measure, with the unit. */
    public Plot measuring(String valueLabel) {
        for (int i = layers.size() - 1; i >= 0; i--) {
            var labelled = switch (layers.get(i)) {
                case Layer.Heatmap s -> new Layer.Heatmap(s.values(), s.rows(), s.columns(), s.colors(), s.cellLabels(), valueLabel);
                case Layer.Region s -> new Layer.Region(s.x(), s.y(), s.values(), s.classes(), valueLabel);
                default -> null;
            };
            if (labelled != null) return replace(i, labelled);
        }
        throw new FigureException("measuring(...) names the values of a heatmap or surface; there is none yet");
    }

    /** Pixel values drawn darkest and lightest in the last image grid; {@code black > white} draws ink on paper. */
    public Plot pixels(double black, double white) {
        return restyle("pixels(...)", "images",
                l -> l instanceof Layer.ImageGrid s ? new Layer.ImageGrid(s.images(), s.columns(), black, white) : null);
    }

    @Override public Table table() { return PlotTable.of(this); }

    private Plot restyle(String method, String what, UnaryOperator<Layer> change) {
        var changed = layers.isEmpty() ? null : change.apply(layers.getLast());
        if (changed == null) {
            throw new FigureException(method + " acts on " + what + "; the last layer is "
                    + (layers.isEmpty() ? "missing" : layers.getLast().getClass().getSimpleName()));
        }
        return replaceLast(changed);
    }

    private Plot replaceLast(Layer layer) { return replace(layers.size() - 1, layer); }

    private Plot replace(int i, Layer layer) {
        var changed = new ArrayList<>(layers);
        changed.set(i, layer);
        return new Plot(title, description, x, y, changed, equalScale);
    }

    private static double[] pick(double[] values, int[] classes, int c) {
        int n = 0;
        var out = new double[values.length];
        for (int i = 0; i < values.length; i++) if (classes[i] == c) out[n++] = values[i];
        return Arrays.copyOf(out, n);
    }

    private static double[] evenly(double low, double high, int n) {
        if (!(high > low)) return new double[0];
        var out = new double[n];
        for (int i = 0; i < n; i++) out[i] = low + (high - low) * (i + 1) / (n + 1);
        return out;
    }
}
