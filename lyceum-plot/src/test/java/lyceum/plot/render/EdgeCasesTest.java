package lyceum.plot.render;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.FigureException;
import lyceum.plot.Image;
import lyceum.plot.Node;
import lyceum.plot.Samples;
import lyceum.plot.Series;
import org.junit.jupiter.api.Test;

/** What no renderer may stumble over. */
class EdgeCasesTest {
    private static final double[] NONE = {};
    private static final double[] ODD = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, -0.0, Double.MIN_VALUE,
            -Double.MAX_VALUE, Double.MAX_VALUE, 1e-300, 1, -1};

    @Test void emptyFiguresAreDrawn() throws Exception {
        for (var f : List.of(Figure.plot(""), Figure.line("t", NONE), Figure.scatter("t", NONE, NONE), Figure.bar("t", new String[0], NONE),
                Figure.bars("t", new String[] {"a"}), Figure.histogram("t", NONE), Figure.heatmap("t", new double[0][]),
                Figure.heatmap("t", new double[2][0]), Figure.images("t", 3), Figure.images("t", 3, Image.gray("", new double[0][])),
                Figure.regions("t", NONE, NONE, new int[0][], "a"), Figure.contour("t", NONE, NONE, new double[0][]),
                Figure.area("t", NONE), Figure.area("t", NONE, Series.of("a")), Figure.plot("t").band("a", NONE, NONE, NONE),
                Figure.plot("t").errorBars("a", NONE, NONE, NONE).arrows("b", NONE, NONE, NONE, NONE),
                Figure.tree("t", List.of(), List.of()), Figure.row("t"), Figure.frames("t", "i", List.of()),
                Figure.contour("t", new double[] {1}, new double[] {2}, new double[][] {{3}})))
            drawn(f);
    }

    @Test void oddValuesAreGapsOrExtremesButNeverErrors() throws Exception {
        var names = new String[ODD.length];
        Arrays.setAll(names, i -> "n" + i);
        var rows = new double[][] {ODD, ODD.clone()};
        var x = new double[ODD.length];
        Arrays.setAll(x, i -> i);
        for (var f : List.of(Figure.line("t", x, ODD), Figure.line("t", ODD, x), Figure.scatter("t", ODD, ODD), Figure.bar("t", names, ODD),
                Figure.bars("t", names, Series.of("a", ODD), Series.of("b", ODD)).stacked(), Figure.bar("t", names, ODD).horizontal(),
                Figure.histogram("t", ODD), Figure.heatmap("t", rows), Figure.heatmap("t", rows).diverging().cellLabels(),
                Figure.images("t", 2, Image.gray("a", rows)), Figure.contour("t", x, new double[] {0, 1}, rows),
                Figure.area("t", x, Series.of("a", ODD)),
                Figure.plot("t").band("a", x, ODD, ODD).errorBars("b", x, ODD, ODD).arrows("c", ODD, ODD, x, x)
                        .verticalLine(Double.NaN, "v").horizontalLine(Double.POSITIVE_INFINITY, "h").note(Double.NaN, 1, "n"),
                Figure.line("t", x, ODD).logX().logY(), Figure.bar("t", names, ODD).logY(), Figure.histogram("t", ODD).logX().logY(),
                Figure.line("t", new double[] {Double.MAX_VALUE, Double.MAX_VALUE}), Figure.line("t", new double[] {1, 1, 1}).logY(),
                Figure.line("t", new double[] {1e300, -1e300}), Figure.line("t", new double[] {5, 5 + 1e-15}),
                Figure.line("t", new double[] {1, 2}).limitY(10, Double.NaN),
                Figure.line("t", new double[] {1, 2}).limitX(Double.NaN, -5).logY()))
            drawn(f);
    }

    @Test void cyclesAndLargeNetworksAreLaidOut() throws Exception {
        drawn(Figure.graph("cycle", List.of(Node.of("a"), Node.of("b"), Node.of("c")),
                List.of(Edge.of("a", "b"), Edge.of("b", "c"), Edge.of("c", "a"), Edge.of("a", "a"))));
        var nodes = new ArrayList<Node>();
        var edges = new ArrayList<Edge>();
        for (int i = 0; i < 2_000; i++) {
            nodes.add(Node.of("n" + i));
            if (i > 0) edges.add(Edge.of("n" + (i - 1), "n" + i));
        }
        drawn(Figure.tree("chain", nodes, edges));
        drawn(Figure.graph("chain", nodes, edges));
        edges.clear();
        for (int i = 1; i < 2_000; i++) edges.add(Edge.of("n" + (i - 1) / 2, "n" + i));
        drawn(Figure.tree("binary", nodes, edges));
    }

    @Test void manyCategoriesAndLongNamesFit() throws Exception {
        var names = new String[300];
        Arrays.setAll(names, i -> "a rather long name of category number " + i);
        var v = new double[300];
        Arrays.setAll(v, i -> i);
        drawn(Figure.bar("t".repeat(300), names, v).axes("x".repeat(300), "y".repeat(300)));
        drawn(Figure.bar("t", names, v).horizontal());
        drawn(Figure.heatmap("t", new double[300][300], names, names).cellLabels());
        var plot = Figure.plot("t");
        for (int i = 0; i < 60; i++) plot = plot.line(names[i], v, v);
        drawn(plot);
    }

    @Test void figuresThatSurviveMutationCanBeDrawn() throws Exception {
        var rng = new Random(21);
        var documents = Samples.all().stream().map(Figure::toJson).filter(j -> j.length() < 9_000).toList();
        int drawn = 0;
        for (int trial = 0; trial < 120; trial++) {
            var json = new StringBuilder(documents.get(rng.nextInt(documents.size())));
            for (int m = rng.nextInt(1, 5); m > 0; m--)
                json.setCharAt(rng.nextInt(json.length()), "0123456789-eE.,".charAt(rng.nextInt(15)));
            Figure f;
            try {
                f = Figure.fromJson(json.toString());
            } catch (FigureException expected) {
                continue;
            }
            drawn(f);
            drawn++;
        }
        assertThat(drawn).isGreaterThan(10);
    }

    private static void drawn(Figure f) throws Exception {
        var svg = Svg.write(f, Theme.LIGHT);
        SvgTest.parsed(svg);
        assertThat(svg.indexOf("NaN"))
                .as(() -> f.title() + " draws "
                        + svg.substring(Math.max(0, svg.indexOf("NaN") - 200), Math.min(svg.length(), svg.indexOf("NaN") + 60)))
                .isNegative();
        assertThat(svg).doesNotContain("Infinity");
        Png.write(f, Theme.DARK, 320, 0.5);
        var spec = VegaLite.spec(f).toString();
        assertThat(spec).doesNotContain(":NaN", "Infinity");
        for (var style : List.of(new TerminalText(), new TerminalText().withWidth(40).withPlot(30, 5).withColor(true),
                new TerminalText().withAscii(true))) {
            var text = style.draw(f);
            for (var line : text.split("\n"))
                assertThat(TerminalText.length(line.replaceAll("\u001b\\[[0-9]*m", ""))).as(f.title() + "\n" + line)
                        .isLessThanOrEqualTo(style.width());
            if (style.ascii()) assertThat(text.chars().allMatch(c -> c < 128)).isTrue();
        }
        f.toCsv();
    }
}
