package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Brownian;
import lyceum.prob.Brownian.Reading;
import lyceum.prob.Sde;
import lyceum.prob.Sde.Method;
import lyceum.tensor.Tensor;

/** A fund whose mean grows while most of its paths fall, an integral with two values, and how fast solvers find the path. */
@Lab(topics = "ito-sde", title = "The square of a small step is not smaller")
final class SdeLab implements LabBody {
    @Override public void run(LabContext lab) {
        double rate = lab.param("rate", 0.05, -0.2, 0.5), volatility = lab.param("volatility", 0.4, 0.05, 1.0),
                years = lab.param("years", 30.0, 1.0, 60.0);
        int shown = lab.param("paths", 7, 1, 20);

        var w = Brownian.paths(lab.rng(1), 2_000, 360, years);
        var fund = Sde.exactGeometricBrownian(rate, volatility, Tensor.ones(DType.F64, 2_000), w);
        double[] times = Tensor.linspace(0, years, 361).toDoubleArray();
        var plot = Figure.plot("A fund that grows by " + Math.round(100 * rate) + "% a year on average");
        for (int i = 0; i < shown; i++) plot = plot.line("path " + (i + 1), times, fund.select(1, i).toDoubleArray());
        lab.figure(plot.line("mean", times, Tensor.of(times).mul(rate).exp().toDoubleArray()).dashed()
                .line("median", times, Tensor.of(times).mul(rate - volatility * volatility / 2).exp().toDoubleArray()).dashed().logY()
                .axes("years", "value of 1").describedAs(
                        "Paths scatter about the median, whose drift Itô's lemma lowers by half the squared volatility; few large ones carry the mean."));
        lab.say("After %.0f years the mean is %.2f, and %.0f%% of the paths hold less than was put in.", years, Math.exp(rate * years),
                100 * fund.get(360).lt(1).to(DType.F64).mean().item());

        double[] steps = {16, 64, 256, 1_024}, left = new double[4], middle = new double[4];
        for (int i = 0; i < 4; i++) {
            var b = Brownian.paths(lab.rng(10 + i), 500, (int) steps[i], 1);
            left[i] = b.integral(b.values(), Reading.LEFT).mean().item();
            middle[i] = b.integral(b.values(), Reading.MIDPOINT).mean().item();
        }
        lab.figure(Figure.plot("The mean of the sums of W dW").line("read at the left", steps, left).line("read midway", steps, middle)
                .horizontalLine(0, "Itô").horizontalLine(0.5, "Stratonovich").logX().axes("steps", "mean over 500 paths")
                .describedAs("Finer grids do not bring the two together: they are two integrals, half the time apart."));

        double[] h = new double[5], euler = new double[5], milstein = new double[5];
        var fine = Brownian.paths(lab.rng(20), 1_000, 128, 1);
        var sde = Sde.geometricBrownian(0.5, 0.8);
        for (int i = 0; i < 5; i++) {
            var b = fine.coarsened(1 << i);
            var start = Tensor.ones(DType.F64, 1_000);
            var exact = Sde.exactGeometricBrownian(0.5, 0.8, start, b).get(b.steps());
            h[i] = b.step();
            euler[i] = sde.solve(start, b, Method.EULER_MARUYAMA).get(b.steps()).sub(exact).abs().mean().item();
            milstein[i] = sde.solve(start, b, Method.MILSTEIN).get(b.steps()).sub(exact).abs().mean().item();
        }
        lab.figure(Figure.plot("Error at the end of a path").line("Euler-Maruyama", h, euler).line("Milstein", h, milstein).logX().logY()
                .axes("step", "mean absolute error")
                .describedAs("Two straight lines: a quarter of the step halves Euler's error and quarters Milstein's."));
        double orderEuler = Math.log(euler[4] / euler[0]) / Math.log(16),
                orderMilstein = Math.log(milstein[4] / milstein[0]) / Math.log(16);
        lab.table("Strong order", List.of("method", "order"),
                List.of(List.of("Euler-Maruyama", orderEuler), List.of("Milstein", orderMilstein)));
        lab.shows("Milstein's order less Euler's", orderMilstein - orderEuler, between(0.3, 0.7));
        var b = Brownian.paths(lab.rng(30), 200, 500, 1);
        lab.shows("trapezoid sums less W^2 / 2",
                b.integral(b.values(), Reading.TRAPEZOID).sub(b.at(500).square().div(2)).abs().max().item(), below(1e-12));
    }
}
