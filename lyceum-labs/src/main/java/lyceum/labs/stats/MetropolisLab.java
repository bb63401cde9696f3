package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleFunction;
import lyceum.bayes.Mcmc;
import lyceum.bayes.MetropolisHastings;
import lyceum.bayes.Proposal;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Gamma;

/** Steps taken and steps refused: drag the step size between creeping and being stuck. */
@Lab(topics = "metropolis-hastings", title = "Steps taken and steps refused")
final class MetropolisLab implements LabBody {
    @Override public void run(LabContext lab) {
        double step = lab.param("step", 1.0, 0.05, 8.0);
        String shape = lab.choice("target", "banana", "banana", "two hills", "round hill");
        int steps = lab.param("steps", 300, 20, 3_000), dimensions = lab.param("dimensions", 20, 1, 50);

        DoubleBinaryOperator log = switch (shape) {
            case "banana" -> (a, b) -> -a * a / 8 - Math.pow(b - 0.4 * (a * a - 4), 2) / 2;
            case "two hills" -> (a, b) -> Math.log(Math.exp(-((a - 3) * (a - 3) + b * b) / 2) + Math.exp(-((a + 3) * (a + 3) + b * b) / 2));
            default -> (a, b) -> -(a * a + b * b) / 2;
        };
        var normal = Proposal.normal(step);
        var proposed = new ArrayList<double[]>();
        var remembered = Proposal.symmetric((x, y, rng) -> {
            normal.draw(x, y, rng);
            proposed.add(y.clone());
        }, normal::logDensity);
        var walker = new MetropolisHastings(x -> log.applyAsDouble(x[0], x[1]), remembered).start(new double[] {0, -1}, 0, lab.rng(1));
        double[] xs = new double[steps + 1], ys = new double[steps + 1];
        var refused = new ArrayList<double[]>();
        ys[0] = -1;
        for (int t = 1; t <= steps; t++) {
            walker.step();
            xs[t] = walker.state()[0];
            ys[t] = walker.state()[1];
            if (xs[t] == xs[t - 1] && ys[t] == ys[t - 1]) refused.add(proposed.getLast());
        }
        lab.figure(Figure.plot("The walk").surface(-7, 7, -5, 9, (a, b) -> Math.exp(log.applyAsDouble(a, b))).line("path", xs, ys)
                .points("refused", refused.stream().mapToDouble(p -> p[0]).toArray(), refused.stream().mapToDouble(p -> p[1]).toArray())
                .crosses().limitX(-7, 7).limitY(-5, 9).axes("x", "y").describedAs(
                        "The path stays where the density is high; crosses are proposals that were refused, and there the walk stood still for a step."));
        lab.say("%d of %d proposals were taken.", steps - refused.size(), steps);

        ToDoubleFunction<double[]> hill = x -> {
            double sum = 0;
            for (double v : x) sum -= v * v / 2;
            return sum;
        };
        double[] taken = new double[14], jump = new double[14];
        double best = 0, scale = 0.4 / Math.sqrt(dimensions);
        for (int i = 0; i < 14; i++, scale *= 1.3) {
            var chains = new Mcmc(new MetropolisHastings(hill, Proposal.normal(scale)), 1, 500, 4_000, 1).run(lab.rng(2),
                    new double[dimensions]);
            taken[i] = chains.acceptance();
            double sum = 0;
            double[] x = chains.trace(0, 0);
            for (int t = 1; t < x.length; t++) sum += (x[t] - x[t - 1]) * (x[t] - x[t - 1]);
            jump[i] = sum * dimensions / (x.length - 1);
            best = Math.max(best, jump[i]);
        }
        lab.figure(Figure.plot("High acceptance is no virtue: a round hill in " + dimensions + " dimensions")
                .line("a step size each", taken, jump).verticalLine(0.234, "0.234")
                .axes("share accepted", "mean squared jump (squared deviations)").limitX(0, 1).limitY(0, 1.1 * best)
                .describedAs("Timid steps are nearly all taken and lead nowhere, bold ones are refused; the longest jumps lie between."));

        var law = new Gamma(3, 1);
        var multiply = Proposal.logNormal(1);
        ToDoubleFunction<double[]> target = x -> law.logDensity(x[0]);
        var right = new Mcmc(new MetropolisHastings(target, multiply)).withDraws(10_000).run(lab.rng(3), new double[] {3});
        var wrong = new Mcmc(new MetropolisHastings(target, Proposal.symmetric(multiply::draw, multiply::logDensity))).withDraws(10_000)
                .run(lab.rng(3), new double[] {3});
        var pictures = new Figure[2];
        for (int i = 0; i < 2; i++) {
            double[] all = (i == 0 ? right : wrong).pooled(0);
            double width = 12.0 / 48;
            double[] at = new double[48], density = new double[48];
            for (double x : all) if (x < 12) density[(int) (x / width)] += 1 / width / all.length;
            for (int k = 0; k < 48; k++) at[k] = (k + 0.5) * width;
            pictures[i] = Figure.plot(i == 0 ? "With Hastings' ratio" : "Without it").line("draws", at, density).step()
                    .line("Gamma(3, 1)", 0.01, 12.0, law::density).line("Gamma(2, 1)", 0.01, 12.0, new Gamma(2, 1)::density).dashed()
                    .axes("x", "density")
                    .describedAs(i == 0 ? "The draws follow the target." : "The draws follow another law, x times too small.");
        }
        lab.figure(Figure.row("Multiplying a positive x by exp(z): the same draws, judged twice", pictures).describedAs(
                "Left the draws follow Gamma(3, 1). Right, where the ratio was left out, they follow Gamma(2, 1) just as well."));
        lab.say("Means %.2f and %.2f for a truth of 3; R-hat is %.3f and %.3f.", right.mean(0), wrong.mean(0), right.rHat(0),
                wrong.rHat(0));
        lab.shows("mean with the ratio", right.mean(0), equalTo(3, 4 * right.mcse(0)));
        lab.shows("mean without it", wrong.mean(0), equalTo(2, 4 * wrong.mcse(0)));
        lab.shows("R-hat of the wrong chain", wrong.rHat(0), below(1.01));
    }
}
