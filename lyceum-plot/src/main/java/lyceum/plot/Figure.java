package lyceum.plot;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.tensor.Tensor;

/**
 * A figure as data: what it shows, in what units, and one sentence that says what to see. Immutable; methods return a changed copy.
 *
 * <pre>{@code
 * Figure.histogram("Coverage over random splits", coverage).axes("coverage", "splits").verticalLine(0.9, "promised")
 *     .describedAs("Coverage of the sets on 200 random splits, gathered around the promised share.");
 *
 * Figure.plot("Loss").line("train", epochs, train).line("validation", epochs, validation).axes("epoch", "loss (nats)").logY();
 * }</pre>
 *
 * <p>Lists that belong together must have the same length, else a {@link FigureException} names both. Values that are not finite leave gaps.
 * Empty data give an empty figure, not an error.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({@Type(value = Plot.class, name = "plot"), @Type(value = Panels.class, name = "panels"),
        @Type(value = Frames.class, name = "frames"), @Type(value = Audio.class, name = "audio"),
        @Type(value = Cloud.class, name = "cloud")})
public sealed interface Figure permits Plot, Panels, Frames, Audio, Cloud {

    /** What the figure shows, a few words. */
    String title();

    /** One sentence for readers who cannot see the figure; pages also show it as a caption. */
    String description();

    /** The same figure with this description. */
    Figure describedAs(String description);

    /** The data as a table. */
    Table table();

    /** The data as CSV (RFC 4180). */
    default String toCsv() { return table().toCsv(); }

    /** The figure as JSON, with a {@code formatVersion}; {@link #fromJson} reads it back, equal. */
    default String toJson() { return FigureJson.write(this); }

    /**
     * Reads what {@link #toJson} wrote. The document may be untrusted: it is at most 64 MiB, and everything a figure's
     * constructors refuse is refused here too.
     *
     * @throws FigureException if it is not a figure; says where
     */
    static Figure fromJson(String json) { return FigureJson.read(json); }

    /** An empty plot to put layers on. */
    static Plot plot(String title) { return new Plot(title, "", Axis.PLAIN, Axis.PLAIN, List.of(), false); }

    /** A line through {@code (xs[i], ys[i])}. */
    static Plot line(String title, double[] xs, double[] ys) { return plot(title).line("", xs, ys); }

    /** A line through {@code (i, ys[i])}, i from 0. */
    static Plot line(String title, double[] ys) { return line(title, 0, Check.present("line '" + title + "': ys", ys)); }

    /** A line through {@code (first + i, ys[i])}, i from 0: a value for each step, epoch or size. */
    static Plot line(String title, int first, double[] ys) { return plot(title).line("", first, ys); }

    /** As {@link #line(String, int, double[])} through the values of a tensor, in order. */
    static Plot line(String title, int first, Tensor ys) { return plot(title).line("", first, ys); }

    /** A line through the values of two tensors of equal count, in order. */
    static Plot line(String title, Tensor xs, Tensor ys) { return plot(title).line("", xs, ys); }

    /** A function from {@code from} to {@code to}. */
    static Plot line(String title, double from, double to, DoubleUnaryOperator f) { return plot(title).line("", from, to, f); }

    /** Points at the values of two tensors of equal count. */
    static Plot scatter(String title, Tensor xs, Tensor ys) { return plot(title).points("", xs, ys); }

    /** Points at {@code (xs[i], ys[i])}. */
    static Plot scatter(String title, double[] xs, double[] ys) { return plot(title).points("", xs, ys); }

    /** Points by class at the rows of a tensor {@code (n, 2)}, as {@link #scatter(String, double[], double[], int[], String...)}. */
    static Plot scatter(String title, Tensor rows, int[] classes, String... names) { return plot(title).points(rows, classes, names); }

    /**
     * Points by class, a colour for each.
     *
     * @param classes class number of each point, 0 to {@code names.length - 1}
     * @param names what the classes are called
     */
    static Plot scatter(String title, double[] xs, double[] ys, int[] classes, String... names) {
        return plot(title).points(xs, ys, classes, names);
    }

    /** One bar for each category. */
    static Plot bar(String title, String[] categories, double[] values) { return bars(title, categories, Series.of("", values)); }

    /** One bar for each category, as high as the values of a tensor, in order. */
    static Plot bar(String title, String[] categories, Tensor values) { return bars(title, categories, Series.of("", values)); }

    /** Bars side by side, one of each series for each category; {@link Plot#stacked()} puts them on top of each other. */
    static Plot bars(String title, String[] categories, Series... series) {
        return plot(title).with(new Layer.Bars(Arrays.asList(categories), Arrays.asList(series), false, false)).axes("", "");
    }

    /** Counts of the values in bins chosen by the rule of Freedman and Diaconis (1981), between 5 and 60 of them. */
    static Plot histogram(String title, double[] values) { return plot(title).with(Bins.count("", values)); }

    /** Counts of the values in {@code bins} equal bins from the smallest to the largest. */
    static Plot histogram(String title, double[] values, int bins) { return plot(title).with(Bins.count("", values, bins)); }

    /** A histogram that was counted already: a height for each stretch between two of the ascending edges. */
    static Plot histogram(String title, double[] edges, double[] heights) {
        return plot(title).with(new Layer.Histogram("", Numbers.of(edges), Numbers.of(heights)));
    }

    /** A matrix as colours, first row on top, rows and columns numbered from 0. */
    static Plot heatmap(String title, double[][] values) {
        int columns = values.length == 0 ? 0 : values[0].length;
        return heatmap(title, values, numbered(0, values.length - 1), numbered(0, columns - 1));
    }

    /** A matrix {@code (rows, columns)} as colours, first row on top, rows and columns numbered from 0. */
    static Plot heatmap(String title, Tensor values) { return heatmap(title, values.toRows()); }

    /** A matrix as colours, first row on top; see {@link Plot#cellLabels()} and {@link Plot#diverging()}. */
    static Plot heatmap(String title, double[][] values, String[] rows, String[] columns) {
        var flat = Numbers.flat("heatmap '" + title + "'", values);
        return plot(title)
                .with(new Layer.Heatmap(flat, Arrays.asList(rows), Arrays.asList(columns), Layer.ColorScale.SEQUENTIAL, false, ""));
    }

    /** A matrix {@code (rows, columns)} as colours, first row on top. */
    static Plot heatmap(String title, Tensor values, String[] rows, String[] columns) {
        return heatmap(title, values.toRows(), rows, columns);
    }

    /** Small images in rows of {@code columns}, from the smallest pixel value (black) to the largest (white). */
    static Plot images(String title, int columns, List<Image> images) {
        double low = images.stream().mapToDouble(i -> i.pixels().min()).filter(Double::isFinite).min().orElse(0);
        double high = images.stream().mapToDouble(i -> i.pixels().max()).filter(Double::isFinite).max().orElse(1);
        if (low >= 0 && high <= 1) {
            low = 0;
            high = 1;
        }
        return plot(title).with(new Layer.ImageGrid(images, columns, low, high));
    }

    /** Small images in rows of {@code columns}. */
    static Plot images(String title, int columns, Image... images) { return images(title, columns, Arrays.asList(images)); }

    /**
     * Decision regions: the class at each place of a grid.
     *
     * @param xs centres of the columns, ascending
     * @param ys centres of the rows, ascending
     * @param classes {@code classes[row of y][column of x]}, numbers from 0
     * @param names what the classes are called; points of these names get their colours
     */
    static Plot regions(String title, double[] xs, double[] ys, int[][] classes, String... names) {
        return plot(title).regions(xs, ys, classes, names);
    }

    /** Decision regions of a rule over a rectangle; it takes places {@code (n, 2)} and gives n classes. */
    static Plot regions(String title, double fromX, double toX, double fromY, double toY, UnaryOperator<Tensor> rule, String... names) {
        return plot(title).regions(fromX, toX, fromY, toY, rule, names);
    }

    /**
     * A function of two variables as colour with lines of equal value.
     *
     * @param values {@code values[row of y][column of x]}
     */
    static Plot contour(String title, double[] xs, double[] ys, double[][] values) {
        return plot(title).surface(xs, ys, values).contours();
    }

    /** Areas on top of each other, the first at the bottom. */
    static Plot area(String title, double[] xs, Series... series) {
        return plot(title).with(new Layer.StackedArea(Numbers.of(xs), Arrays.asList(series)));
    }

    /** A tree, root on top. */
    static Plot tree(String title, List<Node> nodes, List<Edge> edges) {
        return plot(title).with(new Layer.Network(nodes, edges, Layer.Network.Flow.DOWN));
    }

    /** A directed graph in layers from left to right; edges of a cycle run back. */
    static Plot graph(String title, List<Node> nodes, List<Edge> edges) {
        return plot(title).with(new Layer.Network(nodes, edges, Layer.Network.Flow.RIGHT));
    }

    /** Figures side by side. */
    static Panels row(String title, Figure... figures) {
        return new Panels(title, "", Math.max(1, figures.length), Arrays.asList(figures));
    }

    /** Figures in rows of {@code columns}. */
    static Panels grid(String title, int columns, Figure... figures) { return new Panels(title, "", columns, Arrays.asList(figures)); }

    /**
     * A sequence under a slider: a training run, an algorithm's steps.
     *
     * @param slider what the slider counts
     * @param figures one for each place of the slider, numbered from 0
     */
    static Frames frames(String title, String slider, List<? extends Figure> figures) {
        return new Frames(title, "", slider, List.of(numbered(0, figures.size() - 1)), new ArrayList<>(figures), null);
    }

    /** Sound that can be heard. @param rate samples a second @param amplitudes from -1 to 1; what lies beyond is held there */
    static Audio audio(String title, int rate, double... amplitudes) { return Audio.of(title, rate, amplitudes); }

    /** As {@link #audio(String, int, double...)}, of the values of a tensor in order. */
    static Audio audio(String title, int rate, Tensor amplitudes) { return Audio.of(title, rate, amplitudes); }

    /** Points in space at the rows of a tensor (n, 3), the third axis up. */
    static Cloud cloud(String title, Tensor rows) { return Cloud.of(title, rows, new int[(int) rows.size(0)], ""); }

    /** Points in space by class, a colour for each. @param classes 0 to {@code names.length - 1} */
    static Cloud cloud(String title, Tensor rows, int[] classes, String... names) { return Cloud.of(title, rows, classes, names); }

    /** Names of categories or frames that are numbers: {@code from} to {@code to}, both included. */
    static String[] numbered(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(Integer::toString).toArray(String[]::new);
    }
}
