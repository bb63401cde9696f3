package lyceum.plot;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/** One figure of each kind, for the tests of every renderer. */
public final class Samples {
    private Samples() {}

    /** All of them. */
    public static List<Figure> all() {
        return List.of(loss(), scatter(), coverage(), bars(), stackedBars(), importances(), confusion(), correlations(), digits(), colors(),
                regions(), contour(), intervals(), areas(), tree(), graph(), roc(), principalAxes(), longTail(), panels(), frames(),
                sound(), cloud());
    }

    public static Plot loss() {
        var x = range(0, 60, 61);
        var train = map(x, t -> 2.2 * Math.exp(-t / 14) + 0.08);
        var valid = map(x, t -> 2.2 * Math.exp(-t / 12) + 0.26 + 0.004 * t);
        return Figure.plot("Loss falls, then overfits").line("train", x, train).line("validation", x, valid).verticalLine(29, "best epoch")
                .axes("epoch", "loss (nats)").describedAs("Training loss keeps falling while validation loss turns up after epoch 29.");
    }

    public static Plot scatter() {
        var rng = new Random(1);
        int n = 150;
        var x = new double[n];
        var y = new double[n];
        var c = new int[n];
        for (int i = 0; i < n; i++) {
            c[i] = i % 3;
            x[i] = 4.3 + 1.1 * c[i] + 0.5 * rng.nextGaussian();
            y[i] = 3.4 - 0.3 * c[i] * (2 - c[i]) + 0.35 * rng.nextGaussian();
        }
        return Figure.scatter("Iris-like flowers", x, y, c, "setosa", "versicolor", "virginica")
                .axes("sepal length (cm)", "sepal width (cm)").describedAs("Three species; two of them overlap.");
    }

    public static Plot coverage() {
        var rng = new Random(2);
        var v = rng.doubles(200).map(_ -> 0.9 + 0.014 * rng.nextGaussian()).toArray();
        return Figure.histogram("Coverage over random splits", v).axes("coverage", "splits").verticalLine(0.9, "promised")
                .describedAs("Coverage of the sets on 200 random splits, gathered around the promised share.");
    }

    public static Plot bars() {
        return Figure
                .bars("Accuracy by model", new String[] {"digits", "wine", "iris"}, Series.of("tree", 0.85, 0.91, 0.94),
                        Series.of("forest", 0.97, 0.98, 0.95), Series.of("k-NN", 0.98, 0.72, 0.96))
                .errorBars("tree", new double[] {0, 1, 2}, new double[] {0.82, 0.87, 0.91}, new double[] {0.88, 0.95, 0.97})
                .axes("data set", "accuracy").describedAs("The forest is best on wine, k-NN on digits.");
    }

    public static Plot stackedBars() {
        return Figure
                .bars("Time in a training step", new String[] {"batch 16", "batch 64", "batch 256"}, Series.of("forward", 3, 9, 33),
                        Series.of("backward", 6, 19, 68), Series.of("optimiser", 2, 2, 2))
                .stacked().axes("", "time (ms)").describedAs("The optimiser's share vanishes as batches grow.");
    }

    public static Plot importances() {
        return Figure
                .bar("What the forest looks at",
                        new String[] {"mean concave points", "worst perimeter", "worst radius", "mean texture", "symmetry error"},
                        new double[] {0.31, 0.22, 0.17, 0.05, -0.01})
                .horizontal().axes("importance", "").describedAs("Concave points matter most; symmetry error not at all.");
    }

    public static Plot confusion() {
        var names = new String[] {"cat", "dog", "horse", "frog"};
        return Figure
                .heatmap("Confusion matrix", new double[][] {{81, 12, 4, 3}, {15, 74, 9, 2}, {3, 6, 90, 1}, {2, 1, 0, 97}}, names, names)
                .cellLabels().measuring("images").axes("predicted", "true").describedAs("Cats and dogs are mixed up, frogs are not.");
    }

    public static Plot correlations() {
        int n = 9;
        var v = new double[n][n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) v[i][j] = i == j ? 1 : Math.cos(1.3 * Math.abs(i - j)) * Math.exp(-0.2 * Math.abs(i - j));
        return Figure.heatmap("Correlations", v).diverging().measuring("correlation").axes("feature", "feature")
                .describedAs("Neighbours alternate in sign.");
    }

    public static Plot digits() {
        var rng = new Random(4);
        var images = IntStream.range(0, 10).mapToObj(k -> Image.gray(Integer.toString(k), blob(rng, k))).toList();
        return Figure.images("Ten blobs", 5, images).pixels(16, 0).describedAs("Ten small grey images of rings of growing size.");
    }

    public static Plot colors() {
        var ramp = new double[8][8];
        var across = new double[8][8];
        var flat = new double[8][8];
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < 8; j++) {
                ramp[i][j] = i / 7.0;
                across[i][j] = j / 7.0;
                flat[i][j] = 0.4;
            }
        }
        return Figure.images("Colour images", 3, Image.rgb("first", ramp, across, flat), Image.rgb("second", flat, ramp, across),
                Image.rgb("third", across, flat, ramp)).describedAs("Three ramps.");
    }

    public static Plot regions() {
        var xs = range(-3, 3, 61);
        var ys = range(-2, 2, 41);
        var c = new int[ys.length][xs.length];
        for (int i = 0; i < ys.length; i++)
            for (int j = 0; j < xs.length; j++) c[i][j] = ys[i] > Math.sin(2 * xs[j]) ? ys[i] > 1.2 ? 2 : 1 : 0;
        var rng = new Random(3);
        int n = 120;
        var px = new double[n];
        var py = new double[n];
        var pc = new int[n];
        for (int i = 0; i < n; i++) {
            px[i] = 6 * rng.nextDouble() - 3;
            py[i] = 4 * rng.nextDouble() - 2;
            pc[i] = py[i] + 0.2 * rng.nextGaussian() > Math.sin(2 * px[i]) ? py[i] > 1.2 ? 2 : 1 : 0;
        }
        return Figure.regions("A network's decision", xs, ys, c, "below", "above", "far above")
                .points(px, py, pc, "below", "above", "far above").axes("x1", "x2")
                .describedAs("The boundary follows a sine wave; few points lie on the wrong side.");
    }

    public static Plot contour() {
        var xs = range(-2, 2, 81);
        var ys = range(-1, 3, 81);
        var v = new double[ys.length][xs.length];
        for (int i = 0; i < ys.length; i++)
            for (int j = 0; j < xs.length; j++) v[i][j] = Math.log10(1 + Math.pow(1 - xs[j], 2) + 100 * Math.pow(ys[i] - xs[j] * xs[j], 2));
        return Figure.contour("Gradient descent in a valley", xs, ys, v).measuring("log10(1 + f)")
                .line("path", new double[] {-1.5, -1.1, -0.8, -0.2, 0.5, 0.8, 0.95, 1},
                        new double[] {2.5, 1.3, 0.7, 0.1, 0.2, 0.62, 0.9, 1})
                .axes("w1", "w2").equalScales().describedAs("The path finds the curved valley and follows it to the minimum at (1, 1).");
    }

    public static Plot intervals() {
        var x = range(0, 10, 50);
        var mean = map(x, Math::sin);
        return Figure.plot("A Gaussian process")
                .band("posterior", x, map(x, t -> Math.sin(t) - 0.15 - 0.05 * t), map(x, t -> Math.sin(t) + 0.15 + 0.05 * t))
                .line("posterior", x, mean).line("truth", x, map(x, t -> Math.sin(t) + 0.1 * Math.cos(3 * t))).dashed()
                .points("observed", new double[] {1, 2.5, 4, 6}, new double[] {0.9, 0.5, -0.7, -0.3}).axes("x", "f(x)")
                .describedAs("Uncertainty grows away from the four observations.");
    }

    public static Plot areas() {
        var x = range(0, 20, 41);
        return Figure
                .area("Topics over time", x, new Series("vision", Numbers.of(map(x, t -> 3 + Math.sin(t / 3)))),
                        new Series("language", Numbers.of(map(x, t -> 1 + t / 4))), new Series("tables", Numbers.of(map(x, _ -> 2.0))))
                .axes("year", "papers (thousands)").describedAs("Language grows, the others stay.");
    }

    public static Plot tree() {
        return Figure
                .tree("A decision tree of depth 2",
                        List.of(Node.of("r", "petal length ≤ 2.45|150 samples"), new Node("a", "setosa|50", "setosa"),
                                Node.of("b", "petal width ≤ 1.75|100 samples"), new Node("c", "versicolor|49 of 54", "versicolor"),
                                new Node("d", "virginica|45 of 46", "virginica")),
                        List.of(new Edge("r", "a", "yes"), new Edge("r", "b", "no"), new Edge("b", "c", "yes"), new Edge("b", "d", "no")))
                .describedAs("Petal length splits off setosa, petal width the rest.");
    }

    public static Plot graph() {
        return Figure
                .graph("How the loss is computed",
                        List.of(new Node("x", "x", "input"), new Node("w", "w", "parameter"), new Node("b", "b", "parameter"),
                                Node.of("mul", "x · w|6.0"), Node.of("add", "+ b|6.5"), Node.of("relu", "relu|6.5"),
                                new Node("y", "y", "input"), Node.of("loss", "(· − y)²|2.25")),
                        List.of(Edge.of("x", "mul"), Edge.of("w", "mul"), Edge.of("mul", "add"), Edge.of("b", "add"),
                                Edge.of("add", "relu"), Edge.of("relu", "loss"), Edge.of("y", "loss")))
                .describedAs("A chain of five operations from inputs and parameters to the loss.");
    }

    public static Plot roc() {
        return Figure.plot("ROC curve")
                .line("logistic, AUC 0.91", new double[] {0, 0, 0.05, 0.05, 0.1, 0.2, 0.2, 0.4, 0.7, 1},
                        new double[] {0, 0.4, 0.4, 0.6, 0.75, 0.8, 0.9, 0.95, 1, 1})
                .step().line("chance", new double[] {0, 1}, new double[] {0, 1}).dashed().axes("false positive rate", "true positive rate")
                .equalScales().describedAs("The curve rises far above chance.");
    }

    public static Plot principalAxes() {
        var rng = new Random(9);
        int n = 200;
        var x = new double[n];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            double a = 2 * rng.nextGaussian();
            double b = 0.6 * rng.nextGaussian();
            x[i] = 0.8 * a - 0.6 * b;
            y[i] = 0.6 * a + 0.8 * b;
        }
        return Figure.scatter("Two principal axes", x, y)
                .arrows("axes", new double[] {0, 0}, new double[] {0, 0}, new double[] {3.2, -0.72}, new double[] {2.4, 0.96})
                .note(3.2, 2.4, "PC 1").equalScales().axes("x1", "x2")
                .describedAs("The first axis follows the long direction of the cloud.");
    }

    public static Plot longTail() {
        var x = map(range(0, 4, 40), e -> Math.pow(10, e));
        return Figure.plot("Time by size").line("ours", x, map(x, n -> 1e-3 + 2e-7 * n * n))
                .line("reference", x, map(x, n -> 1e-2 + 1e-6 * n * Math.log(n + 1))).logX().logY().axes("n", "time (s)")
                .describedAs("The quadratic method wins below a thousand rows.");
    }

    public static Panels panels() {
        return Figure.grid("Four views of one run", 2, loss(), coverage(), confusion(), scatter())
                .describedAs("Loss, coverage, confusions and data.");
    }

    public static Audio sound() {
        return Figure
                .audio("A fading tone", 8_000, IntStream.range(0, 4_000).mapToDouble(i -> Math.sin(0.35 * i) * (1 - i / 4_000.0)).toArray())
                .describedAs("A tone that fades within half a second.");
    }

    public static Cloud cloud() {
        var rng = new Random(3);
        double[][] at = new double[3][120];
        for (int i = 0; i < 120; i++) {
            double angle = 2 * Math.PI * rng.nextDouble();
            at[0][i] = Math.cos(angle);
            at[1][i] = Math.sin(angle);
            at[2][i] = 3 * rng.nextDouble();
        }
        return new Cloud("A tube", "Points on the wall of a tube that stands upright.", "x (m)", "y (m)", "height (m)",
                List.of(new Cloud.Group("wall", Numbers.of(at[0]), Numbers.of(at[1]), Numbers.of(at[2])),
                        new Cloud.Group("axis", Numbers.of(0, 0), Numbers.of(0, 0), Numbers.of(0, 3))));
    }

    public static Frames frames() {
        var figures = IntStream.range(1, 5).mapToObj(k -> {
            var x = range(0, 6, 60);
            return Figure.line("sin(" + k + "x)", x, map(x, t -> Math.sin(k * t))).axes("x", "y").limitY(-1, 1)
                    .describedAs("Frequency " + k + ".");
        }).toList();
        return Figure.frames("Rising frequency", "frequency", figures).labelled("1", "2", "3", "4")
                .describedAs("A sine wave of growing frequency.");
    }

    static double[] range(double from, double to, int n) {
        return IntStream.range(0, n).mapToDouble(i -> from + (to - from) * i / (n - 1)).toArray();
    }

    static double[] map(double[] x, DoubleUnaryOperator f) { return Arrays.stream(x).map(f).toArray(); }

    private static double[][] blob(Random rng, int k) {
        var v = new double[12][12];
        for (int i = 0; i < 12; i++) {
            for (int j = 0; j < 12; j++)
                v[i][j] = Math
                        .round(Math.clamp(16 * Math.exp(-Math.pow(Math.hypot(i - 5.5, j - 5.5) - k * 0.55, 2)) + rng.nextDouble(), 0, 16));
        }
        return v;
    }
}
