package lyceum.labs.core;

import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Average;
import lyceum.optim.Optimizer;
import lyceum.optim.Schedule;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Six hundred walkers on one bowl, all with noisy gradients: constant steps hover, falling steps settle, averages settle best. */
@Lab(topics = "sgd", title = "The cloud around the optimum")
final class SgdLab implements LabBody {
    private static final int WALKERS = 600, SHOWN = 150, STEPS = 1_000;

    /** Independent walkers in the plane, a row each, on {@code a/2 |x|^2} with gradient noise of deviation s. */
    private record Cloud(String name, double a, double s, Tensor x, Optimizer optimizer, Average average, Rng rng, double[] meanSquare) {
        static Cloud of(String name, double a, double s, double rate, Schedule schedule, Rng rng) {
            var x = Tensor.full(DType.F64, 2 * s / a, WALKERS, 2).copy().requiresGrad();
            var average = Average.mean(0);
            return new Cloud(name, a, s, x, new Sgd(rate).over(x).scheduledBy(schedule).averagedBy(average), average, rng,
                    new double[STEPS + 1]);
        }

        void step(int t) {
            var gradient = x.detach().mul(a).add(Tensor.randn(rng, DType.F64, WALKERS, 2).mul(s));
            optimizer.step(gradient);
            meanSquare[t] = x.detach().square().mean().item();
        }

        /** The sample of iterates, or of their averages, as points of a plot. */
        Plot onto(Plot plot, Tensor values, String label) {
            var shown = values.detach().narrow(0, 0, SHOWN).mul(1e3).round().div(1e3);
            return plot.points(label, shown.select(1, 0), shown.select(1, 1));
        }
    }

    @Override public void run(LabContext lab) {
        double a = lab.param("curvature", 1, 0.3, 3.0), s = lab.param("noise", 1, 0.1, 2.0);
        double[] rates = {0.05 / a, 0.3 / a, 1.2 / a};
        var clouds = new ArrayList<Cloud>();
        for (double rate : rates)
            clouds.add(Cloud.of(String.format(Locale.ROOT, "constant %.2f", rate), a, s, rate, Schedule.CONSTANT, lab.rng(clouds.size())));
        clouds.add(Cloud.of("1/(a t)", a, s, 1 / a, new Schedule.RobbinsMonro(1), lab.rng(3)));
        Cloud constant = clouds.get(1), falling = clouds.get(3);

        var frames = new ArrayList<Figure>();
        double reach = 5 * s / a;
        for (int t : lab.progress("steps", STEPS)) {
            for (var cloud : clouds) cloud.step(t + 1);
            if (Integer.bitCount(t + 1) == 1 && Integer.numberOfTrailingZeros(t + 1) % 2 == 0 || t + 1 == STEPS)
                frames.add(frame(t + 1, clouds, constant, reach));
        }
        lab.figure(Figure.frames("Walkers after 1, 4, 16, 64, 256 and 1,000 steps", "step", frames)
                .labelled("1", "4", "16", "64", "256", "1,000").describedAs(
                        "Clouds of constant steps stop shrinking, the larger the step the sooner; falling steps and the average keep contracting."));
        lab.figure(spread(clouds));

        for (int i = 0; i < 3; i++) {
            double measured = 0, expected = rates[i] * s * s / (a * (2 - rates[i] * a));
            for (int t = STEPS - 399; t <= STEPS; t++) measured += clouds.get(i).meanSquare[t] / 400;
            lab.check(2, clouds.get(i).name + ": variance over eta s^2 / (a (2 - eta a))", measured / expected, equalTo(1, 0.05));
        }
        double slope = Math.log(falling.meanSquare[STEPS] / falling.meanSquare[STEPS / 20]) / Math.log(20);
        double efficiency = constant.average.of(constant.x).square().mean().item() * STEPS * a * a / (s * s);
        lab.say("After %d steps the cloud of %s keeps a variance of %.4f, that of 1/(a t) has %.5f, and the average of the former %.5f: the best possible is %.5f.",
                STEPS, constant.name, constant.meanSquare[STEPS], falling.meanSquare[STEPS], efficiency * s * s / (a * a * STEPS),
                s * s / (a * a * STEPS));
        lab.check(3, "log-log slope of the variance under c/t", slope, equalTo(-1, 0.15));
        lab.check(3, "variance of the average over s^2 / (a^2 n)", efficiency, equalTo(1, 0.15));
    }

    private static Figure frame(int t, ArrayList<Cloud> clouds, Cloud averaged, double reach) {
        var panels = new ArrayList<Figure>();
        for (var cloud : clouds) panels.add(framed(cloud.onto(Figure.plot(cloud.name), cloud.x, cloud.name), reach));
        panels.add(framed(averaged.onto(Figure.plot("average of " + averaged.name), averaged.average.of(averaged.x), "average"), reach));
        return Figure.row("After " + t + " steps", panels.toArray(Figure[]::new));
    }

    private static Plot framed(Plot plot, double reach) {
        return plot.points("optimum", new double[] {0}, new double[] {0}).axes("first coordinate", "second coordinate")
                .limitX(-reach, reach).limitY(-reach, reach).equalScales();
    }

    private static Figure spread(ArrayList<Cloud> clouds) {
        var plot = Figure.plot("Mean squared distance from the optimum, per coordinate");
        double best = Math.pow(clouds.getFirst().s / clouds.getFirst().a, 2);
        double[] t = Tensor.logspace(0, Math.log10(STEPS), 120).round().toDoubleArray();
        for (var cloud : clouds) plot = plot.line(cloud.name, t, Arrays.stream(t).map(step -> cloud.meanSquare[(int) step]).toArray());
        return plot.line("s^2 / (a^2 t), the best possible", t, Arrays.stream(t).map(at -> best / at).toArray()).dashed()
                .axes("step", "mean square").logX().logY().describedAs(
                        "Constant steps end on level lines whose height grows with the step; steps of 1/(a t) follow the straight line of the best possible.");
    }
}
