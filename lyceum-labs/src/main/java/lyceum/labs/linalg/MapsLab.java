package lyceum.labs.linalg;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.linalg.AffineMap;
import lyceum.linalg.LinearMap;
import lyceum.linalg.Linearity;
import lyceum.linalg.Resampling;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A grid under a linear map and under one with a bias: only in the second does the origin move. A square, its 3 x 3 matrix, and a picture. */
@Lab(topics = {"linear-function", "affine-transformation"}, title = "What moves the origin")
final class MapsLab implements LabBody {
    @Override public void run(LabContext lab) {
        double shear = lab.param("shear", 0.5, -2.0, 2.0), degrees = lab.param("degrees", 20, -180.0, 180.0),
                scale = lab.param("scale", 1, 0.2, 2.0);
        double right = lab.param("shiftX", 1.5, -3.0, 3.0), up = lab.param("shiftY", 0.5, -3.0, 3.0);
        var linear = AffineMap.rotation(Math.toRadians(degrees)).after(AffineMap.shear(shear)).after(AffineMap.scaling(scale, scale));
        var affine = AffineMap.translation(right, up).after(linear);
        lab.figure(Figure.row("A grid under two maps", grid("A x: linear", linear), grid("A x + b: affine", affine)).describedAs(
                "Both maps keep lines straight, parallel and evenly spaced. The linear one leaves the origin where it is, the affine one carries it along."));
        lab.figure(Figure.row("A square and its matrix", square(affine),
                Figure.heatmap("homogeneous form", affine.homogeneous().mul(1e3).round().div(1e3).toRows(), new String[] {"x'", "y'", "1"},
                        new String[] {"x", "y", "1"}).cellLabels().diverging().axes("what goes in", "what comes out").measuring("entry"))
                .describedAs(
                        "The unit square becomes a parallelogram. The matrix beside it holds the map in its first two columns and the shift in its third."));
        lab.say("Areas are multiplied by %.3f, the determinant. The shift plays no part in it.", affine.det());

        var functions = new ArrayList<UnaryOperator<Tensor>>(
                List.of(linear::apply, affine::apply, x -> linear.apply(x).abs(), x -> linear.apply(x).clamp(-2, 2), x -> x.flip(0)));
        var names = List.of("A x", "A x + b", "|A x|", "A x clipped at 2", "coordinates exchanged");
        var rows = new ArrayList<List<?>>();
        int refuted = 0;
        for (int i = 0; i < functions.size(); i++) {
            var found = new Linearity().counterexample(functions.get(i), 2, lab.rng(i));
            rows.add(List.of(names.get(i), found.isEmpty() ? "none in 50 trials" : text(found.get()),
                    found.map(Linearity.Counterexample::gap).orElse(0.0)));
            if (found.isPresent()) refuted++;
        }
        lab.table("Looking for counterexamples", List.of("function", "counterexample", "gap"), rows);
        if (right != 0 || up != 0) lab.shows("linear-function", "functions refuted, of five", refuted, exactly(3));
        var map = LinearMap.of(2, 2, linear::apply);
        lab.shows("linear-function", "matrix read off by probes, against A", Worst.gap(map.toMatrix(), linear.matrix()), below(1e-12));
        Tensor x = Tensor.randn(lab.rng(9), DType.F64, 2), y = Tensor.randn(lab.rng(10), DType.F64, 2);
        lab.shows("linear-function", "|<A x, y> - <x, A'y>|, A' by differentiation",
                Math.abs(map.apply(x).dot(y).sub(x.dot(map.applyTransposed(y))).item()), below(1e-12));
        var corners = Tensor.of(new double[][] {{0, 0}, {1, 0}, {0, 1}, {0.3, 0.8}});
        var fitted = AffineMap.fit(corners, affine.apply(corners));
        lab.shows("affine-transformation", "map found from four point pairs", Worst.gap(fitted.homogeneous(), affine.homogeneous()),
                below(1e-10));
        lab.shows("affine-transformation", "there and back again", Worst.gap(affine.inverse().apply(affine.apply(corners)), corners),
                below(1e-10));
        if (Math.hypot(right, up) > 0.1) lab.shows("affine-transformation", "|f(x + y) - f(x) - f(y)|",
                affine.apply(x.add(y)).sub(affine.apply(x)).sub(affine.apply(y)).norm().item(), above(0.09));
        picture(lab, linear, right, up);
    }

    private static String text(Linearity.Counterexample c) {
        return switch (c) {
            case Linearity.NotAdditive(var x, var y, var gap) ->
                    String.format(Locale.ROOT, "x = (%.3g, %.3g), y = (%.3g, %.3g)", x.item(0), x.item(1), y.item(0), y.item(1));
            case Linearity.NotHomogeneous(var x, var alpha, var gap) ->
                    String.format(Locale.ROOT, "x = (%.3g, %.3g), alpha = %.3g", x.item(0), x.item(1), alpha);
        };
    }

    private static Plot grid(String title, AffineMap f) {
        Plot plot = Figure.plot(title).axes("x", "y").equalScales();
        double[] x = new double[11 * 6 + 11 * 6], y = new double[x.length]; // a line there, a gap, a line across
        int n = 0;
        for (int line = -5; line <= 5; line++) for (int across = 0; across < 2; across++) {
            for (double end : new double[] {-5, 5}) {
                double[] p = f.apply(across == 0 ? Tensor.of(end / 2, line / 2.0) : Tensor.of(line / 2.0, end / 2)).toDoubleArray();
                x[n] = p[0];
                y[n++] = p[1];
            }
            x[n] = y[n] = Double.NaN;
            n++;
        }
        double[] origin = f.apply(Tensor.of(0.0, 0)).toDoubleArray();
        return plot.line("grid", Arrays.copyOf(x, n), Arrays.copyOf(y, n))
                .points("image of the origin", new double[] {origin[0]}, new double[] {origin[1]})
                .points("origin", new double[] {0}, new double[] {0}).crosses().limitX(-7, 7).limitY(-7, 7);
    }

    private static Plot square(AffineMap f) {
        var corners = Tensor.of(new double[][] {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}, {1, 1}});
        double[][] before = corners.transpose().toRows(), after = f.apply(corners).transpose().toRows();
        return Figure.line("the unit square and its image", before[0], before[1]).named("before").dashed().line("after", after[0], after[1])
                .axes("x", "y").equalScales();
    }

    /** A letter F, moved about the centre of its pixels. */
    private static void picture(LabContext lab, AffineMap linear, double right, double up) {
        int size = 64;
        var pixels = new double[size][size];
        for (int r = 12; r < 52; r++) for (int c = 20; c < 44; c++) if (c < 28 || r < 20 || r >= 28 && r < 36 && c < 38) pixels[r][c] = 1;
        var image = Tensor.of(pixels);
        // Rows run downwards: a mirror before and after makes angles and shifts those of the figures above.
        double middle = (size - 1) / 2.0;
        var mirror = AffineMap.scaling(1, -1);
        var moved = AffineMap.translation(6 * right, -6 * up).after(mirror.after(linear).after(mirror).about(middle, middle));
        lab.figure(Figure.images("A picture under the same map", 2, Image.gray("before", pixels),
                Image.gray("after", new Resampling().run(image, moved).toRows())).pixels(0, 1).describedAs(
                        "A letter, and the same letter sheared, turned and shifted; each new pixel asked the inverse map where it came from."));
    }
}
