package lyceum.labs.linalg;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Norms;
import lyceum.linalg.Shrinkage;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A loss pulled towards the origin by two penalties: its contour meets the diamond at a corner, the circle at some point in between. */
@Lab(topics = "l1-l2-norms", title = "A corner and a curve")
final class ShrinkageLab implements LabBody {
    private static final int GRID = 61, COEFFICIENTS = 6;

    @Override public void run(LabContext lab) {
        double u = lab.param("best1", 1.6, -2.0, 2.0), v = lab.param("best2", 0.7, -2.0, 2.0), tilt = lab.param("tilt", -0.4, -0.9, 0.9);
        double lambda = lab.param("lambda", 0.6, 0.0, 3.0);
        var h = Tensor.of(new double[][] {{1, tilt}, {tilt, 1}});
        Tensor best = Tensor.of(u, v), b = h.matmul(best);
        var loss = Shrinkage.of(h, b);
        Tensor one = loss.l1(lambda), two = loss.l2(lambda);
        double diamond = Norms.p(one, 1), circle = Norms.p(two, 2);
        lab.figure(Figure.row("Where the contour touches",
                touch(h, best, one, "L1: " + text(one), new double[] {0, diamond, 0, -diamond, 0},
                        new double[] {diamond, 0, -diamond, 0, diamond}),
                touch(h, best, two, "L2: " + text(two), turn(circle, Math::cos), turn(circle, Math::sin)))
                .describedAs("Ellipses of equal loss around the best point. The smallest that reaches the diamond tends to touch a corner, "
                        + "where one coordinate is 0; the circle has none, and is touched off the axes."));
        lab.say("With lambda %.2f the L1 penalty gives %s and the squared L2 penalty %s; without either it is %s.", lambda, text(one),
                text(two), text(best));
        double saved = 0;
        for (int degree = 0; degree < 360; degree++) {
            var direction = Tensor.of(Math.cos(Math.toRadians(degree)), Math.sin(Math.toRadians(degree)));
            var onRim = direction.mul(diamond / Norms.p(direction, 1));
            saved = Math.max(saved, loss(h, best, one) - loss(h, best, onRim));
        }
        lab.shows("loss that points of the diamond could still save", saved, atMost(1e-9));
        paths(lab);
    }

    private static String text(Tensor x) { return String.format(Locale.ROOT, "(%.2f, %.2f)", x.item(0), x.item(1)); }

    private static double loss(Tensor h, Tensor best, Tensor x) {
        var d = x.sub(best);
        return d.dot(h.matmul(d)).item() / 2;
    }

    private static double[] turn(double radius, DoubleUnaryOperator f) {
        return IntStream.rangeClosed(0, 120).mapToDouble(i -> radius * f.applyAsDouble(Math.PI * i / 60)).toArray();
    }

    private static Plot touch(Tensor h, Tensor best, Tensor point, String title, double[] ballX, double[] ballY) {
        double[] axis = Tensor.linspace(-2.2, 2.2, GRID).toDoubleArray();
        var values = new double[GRID][GRID];
        for (int r = 0; r < GRID; r++)
            for (int c = 0; c < GRID; c++) values[r][c] = Math.rint(1e4 * loss(h, best, Tensor.of(axis[c], axis[r]))) / 1e4;
        double level = Math.max(1e-4, loss(h, best, point));
        return Figure.plot(title).surface(axis, axis, values).contours(level / 3, level, 2 * level, 4 * level).measuring("loss")
                .line("ball", ballX, ballY).points("least loss", new double[] {best.item(0)}, new double[] {best.item(1)})
                .points("shrunken", new double[] {point.item(0)}, new double[] {point.item(1)})
                .axes("first coefficient", "second coefficient").limitX(-2.2, 2.2).limitY(-2.2, 2.2).equalScales();
    }

    /** Least squares of a response on six features that are alike in pairs. */
    private static void paths(LabContext lab) {
        var rng = lab.rng(1);
        Tensor base = Tensor.randn(rng, DType.F64, 100, COEFFICIENTS), x = base.add(base.flip(1).mul(0.7));
        var y = x.matmul(Tensor.of(3.0, -2, 0, 0, 1, 0)).add(Tensor.randn(rng, DType.F64, 100).mul(2));
        Tensor h = x.transpose().matmul(x).div(100), b = x.transpose().matmul(y).div(100);
        var loss = Shrinkage.of(h, b);
        double[] lambdas = IntStream.rangeClosed(0, 80).mapToDouble(i -> Math.pow(10, -2 + i / 20.0)).toArray();
        lab.figure(Figure.row("Coefficients as the penalty grows", path("L1", lambdas, loss::l1), path("squared L2", lambdas, loss::l2))
                .describedAs(
                        "Under L1 one coefficient after another reaches zero and stays there; under the squared L2 they fade smoothly, some through zero, and none stays there."));
        double all = Norms.p(b, Double.POSITIVE_INFINITY);
        lab.say("Under L1 the last coefficient vanishes at lambda = %.2f, the largest size in b; under the squared L2 none stays at zero.",
                all);
        lab.shows("nonzero coefficients just above that lambda", loss.l1(1.000001 * all).countNonZero().item(), exactly(0));
        lab.shows("zeros under the squared L2 at 1000 times as much", COEFFICIENTS - loss.l2(1000 * all).countNonZero().item(), exactly(0));
        var found = loss.l1(0.5);
        double pull = Norms.p(b.sub(h.matmul(found)), Double.POSITIVE_INFINITY);
        lab.shows("pull of the loss against lambda 0.5, where a coefficient is left", Math.abs(pull - 0.5), below(1e-10));
    }

    private static Plot path(String title, double[] lambdas, DoubleFunction<Tensor> solution) {
        var solutions = Arrays.stream(lambdas).mapToObj(solution).map(Tensor::toDoubleArray).toList();
        Plot plot = Figure.plot(title).logX().axes("lambda", "coefficient");
        for (int j = 0; j < COEFFICIENTS; j++) {
            int at = j;
            plot = plot.line("x" + (j + 1), lambdas, solutions.stream().mapToDouble(s -> s[at]).toArray());
        }
        return plot;
    }
}
