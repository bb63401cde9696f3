package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.loss.Loss;
import lyceum.nn.loss.Reduction;
import lyceum.nn.loss.WeightedLoss;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A line is pushed by the points within its margin; the others could be deleted. */
@Lab(topics = "hinge-loss", title = "Who still pushes")
final class HingeLossLab implements LabBody {
    @Override public void run(LabContext lab) {
        double penalty = lab.param("lambda", 0.01, 0.001, 1.0), apart = lab.param("distance of the classes", 3.0, 0.5, 6.0);
        int n = lab.param("points", 80, 20, 400), steps = lab.param("steps", 600, 50, 5000);
        var curves = Figure.plot("Losses of the margin");
        for (var e : List.of(new Named("hinge", Loss.hinge()), new Named("squared", Loss.squaredHinge()),
                new Named("smoothed", Loss.smoothedHinge(1)), new Named("logistic", Loss.softMargin())))
            curves = curves.line(e.name, -2, 3, m -> e.loss.of(Tensor.scalar(m), Tensor.scalar(1)).item());
        lab.figure(curves.line("mistake", -2, 3, m -> m <= 0 ? 1 : 0).dashed().axes("margin y f", "loss").limitY(0, 5).describedAs(
                "Hinge, squared and smoothed hinge are zero from margin 1 on, the logistic loss never; hinge and squared hinge lie above the step that counts mistakes."));

        var data = Datasets.blobs(lab.rng(1), n, new double[][] {{-apart / 2, 0}, {apart / 2, 0}}, 1);
        Tensor x = Tensor.concat(1, data.x().to(DType.F64), Tensor.ones(DType.F64, n, 1)).compute(),
                y = data.y().eq(1).to(DType.F64).mul(2).sub(1).compute();
        var w = Tensor.of(-1.0, 2, 1);
        var slope = Autograd.grad(v -> Loss.hinge().of(x.matmul(v), y));
        var frames = new ArrayList<Plot>();
        var pushing = new double[steps + 1];
        for (int t : lab.progress("steps", steps + 1)) {
            Tensor scores = x.matmul(w), pull = Autograd.grad(f -> Loss.hinge().withReduction(Reduction.SUM).of(f, y)).apply(scores);
            pushing[t] = pull.ne(0).to(DType.F64).mean().item();
            if (t == 0 || t == 3 || t == 10 || t == 40 || t == steps)
                frames.add(boundary(data.x(), data.labels(), pull, w.toDoubleArray(), t));
            if (t < steps) w = w.mul(1 - 1.0 / (t + 10)).sub(slope.apply(w).div(penalty * (t + 10))).compute();
        }
        lab.figure(Figure.frames("The boundary and who pushes it", "step", frames).describedAs(
                "The line turns between the two clouds; crosses mark the points within the margin, fewer and fewer of them, and only they have a gradient."));
        lab.figure(Figure.line("Points that push", pushing).axes("step", "share with a gradient").limitY(0, 1)
                .describedAs("The share of points with a gradient falls quickly and then stays at those near the boundary."));
        Tensor margins = x.matmul(w).mul(y),
                silent = Autograd.grad(f -> Loss.hinge().withReduction(Reduction.SUM).of(f, y)).apply(x.matmul(w));
        lab.say("%.0f%% of the points push at the end; of the logistic loss all would.", 100 * pushing[steps]);
        lab.shows("largest gradient beyond the margin", margins.gt(1).where(silent, silent.zerosLike()).abs().max().item(), exactly(0));
        lab.shows("share of right answers", margins.gt(0).to(DType.F64).mean().item(), above(0.6));
    }

    private record Named(String name, WeightedLoss loss) {}

    private static Plot boundary(Tensor points, int[] classes, Tensor pull, double[] w, int step) {
        double[][] p = points.toRows();
        double[] g = pull.toDoubleArray(), px = new double[g.length], py = new double[g.length];
        for (int i = 0; i < g.length; i++) {
            px[i] = g[i] == 0 ? Double.NaN : p[i][0];
            py[i] = g[i] == 0 ? Double.NaN : p[i][1];
        }
        return Figure.plot("step " + step).points(points, classes, "class -1", "class 1").points("pushing", px, py).crosses()
                .line("boundary", new double[] {at(w, 0, -4), at(w, 0, 4)}, new double[] {-4, 4}).axes("first feature", "second feature")
                .limitX(-5, 5).limitY(-4, 4);
    }

    /** Where the score is {@code level} at height y. */
    private static double at(double[] w, double level, double y) { return (level - w[2] - w[1] * y) / w[0]; }
}
