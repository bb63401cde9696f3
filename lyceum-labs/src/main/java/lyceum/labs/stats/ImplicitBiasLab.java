package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.theory.ImplicitBias;

/** One equation, a line of perfect answers, and each algorithm with a favourite among them. */
@Lab(topics = "implicit-regularization", title = "Same data, same zero loss, another model")
final class ImplicitBiasLab implements LabBody {
    @Override public void run(LabContext lab) {
        double a = lab.param("firstInput", 2.0, 0.2, 4.0), b = lab.param("secondInput", 1.0, 0.2, 4.0),
                target = lab.param("target", 5.0, 1.0, 8.0);
        double startX = lab.param("startX", 0.0, -1.0, 3.0), startY = lab.param("startY", 2.0, -1.0, 3.0);

        Tensor x = Tensor.of(new double[][] {{a, b}}), y = Tensor.of(target);
        var plot = Figure.plot("Ways to a solution of " + a + " w1 + " + b + " w2 = " + target).line("solutions", -1, 4,
                w -> (target - a * w) / b);
        double rate = 0.1 / (a * a + b * b);
        plot = way(plot, "gradient descent from 0", new Sgd(rate), x, y, 0, 0, 400);
        plot = way(plot, "Adam from 0", new Adam(0.02), x, y, 0, 0, 600);
        plot = way(plot, "gradient descent from your start", new Sgd(rate), x, y, startX, startY, 400);
        double[] first = new double[61], second = new double[61];
        for (int k = 0; k <= 60; k++) {
            double[] w = ImplicitBias.entropicDescent(x, y, Tensor.of(0.3, 0.3), 0.02, 20 * k).toDoubleArray();
            first[k] = w[0];
            second[k] = w[1];
        }
        lab.figure(plot.line("entropic descent from (0.3, 0.3)", first, second).axes("w1", "w2").limitX(-1, 4).limitY(-1, 4).equalScales()
                .describedAs("All ways end on the line of perfect solutions, and each elsewhere: it is the algorithm that chose."));
        Tensor start = Tensor.of(startX, startY), found = ImplicitBias.gradientDescent(x, y, start, 2_000),
                told = ImplicitBias.nearestSolution(x, y, start);
        lab.say("From (%.2f, %.2f) descent ends at (%.4f, %.4f), the foot of the perpendicular.", startX, startY, found.item(0),
                found.item(1));
        lab.shows("distance from the projection of the start", found.sub(told).abs().max().item(), below(1e-8));

        var rng = lab.rng(1);
        double[][] points = new double[30][];
        var labels = new double[30];
        for (int i = 0; i < 30;) {
            double u = 4 * rng.nextDouble() - 2, v = 4 * rng.nextDouble() - 2, side = 0.9 * u + 0.4 * v;
            if (Math.abs(side) < 0.35) continue;
            points[i] = new double[] {u, v};
            labels[i++] = Math.signum(side);
        }
        Tensor cloud = Tensor.of(points), sides = Tensor.of(labels), margin = ImplicitBias.hardMargin(cloud, sides);
        int[] looks = {1, 3, 10, 30, 100, 300, 1_000, 3_000};
        double[] steps = new double[looks.length], angle = new double[looks.length];
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < looks.length; i++) {
            var w = ImplicitBias.normalisedDescent(cloud, sides, looks[i]);
            steps[i] = looks[i];
            double cosine = Math.min(1, w.dot(margin).item());
            angle[i] = Math.max(1e-4, Math.toDegrees(Math.acos(cosine)));
            rows.add(List.of(looks[i], cosine, cloud.matmul(w).mul(sides).min().item()));
        }
        lab.figure(Figure.plot("Logistic regression on separable data turns to the hard margin").line("angle", steps, angle).logX().logY()
                .axes("step", "degrees to the hard margin's direction")
                .describedAs("Training error is zero almost at once; the direction goes on turning towards the widest margin."));
        lab.table("By step", List.of("step", "cosine with the hard margin", "least margin"), rows);
        lab.shows("cosine with the hard margin at the end", (double) rows.getLast().get(1), atLeast(0.999));
    }

    private static Plot way(Plot plot, String name, UpdateRule rule, Tensor x, Tensor y, double startX, double startY, int steps) {
        var w = Tensor.of(startX, startY).requiresGrad();
        var optimizer = rule.over(w);
        double[] first = new double[steps + 1], second = new double[steps + 1];
        for (int k = 0; k <= steps; k++) {
            first[k] = w.item(0);
            second[k] = w.item(1);
            optimizer.step(x.transpose().matmul(x.matmul(w.detach()).sub(y)).to(DType.F64));
        }
        return plot.line(name, first, second);
    }
}
