package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.bayes.Chains;
import lyceum.bayes.Langevin;
import lyceum.bayes.LogDensity;
import lyceum.bayes.Mcmc;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Quadrature;

/** Climb and shake: as the step grows the uncorrected chain drifts from the target, the corrected one stays. */
@Lab(topics = "langevin", title = "Climb, shake and judge")
final class LangevinLab implements LabBody {
    @Override public void run(LabContext lab) {
        double step = lab.param("step", 0.8, 0.01, 1.9);
        String shape = lab.choice("target", "normal", "normal", "two hills");
        int draws = lab.param("draws", 10_000, 500, 50_000);

        // pi ~ exp(-x^2 / 2), or two hills at -1.5 and 1.5
        boolean normal = shape.equals("normal");
        DoubleUnaryOperator log = normal ? x -> -x * x / 2 : x -> -(x * x + 2.25) / 2 + Math.log(2 * Math.cosh(1.5 * x));
        LogDensity target = LogDensity.of(x -> log.applyAsDouble(x[0]), (x, g) -> {
            g[0] = -x[0] + (normal ? 0 : 1.5 * Math.tanh(1.5 * x[0]));
            return log.applyAsDouble(x[0]);
        });
        double mass = Quadrature.integrate(x -> Math.exp(log.applyAsDouble(x)), -12, 12, 1e-10);
        double variance = Quadrature.integrate(x -> x * x * Math.exp(log.applyAsDouble(x)), -12, 12, 1e-10) / mass;
        var mala = new Langevin(target, step);
        Chains[] runs = {run(mala.withCorrected(false), draws, lab), run(mala, draws, lab)};
        String[] names = {"ULA: every step taken", "MALA: judged"};
        var pictures = new Figure[2];
        for (int i = 0; i < 2; i++) {
            double[] all = runs[i].pooled(0), at = new double[61], density = new double[61];
            for (int k = 0; k < 61; k++) at[k] = -6 + 0.2 * k;
            for (double x : all) {
                int k = (int) Math.round((x + 6) / 0.2);
                if (k >= 0 && k < 61) density[k] += 1 / 0.2 / all.length;
            }
            pictures[i] = Figure.plot(names[i]).line("draws", at, density).step()
                    .line("target", -6.0, 6.0, x -> Math.exp(log.applyAsDouble(x)) / mass).dashed().axes("x", "density").limitX(-6, 6)
                    .describedAs(i == 0 ? "The draws spread wider than the target." : "The draws lie on the target.");
        }
        lab.figure(Figure.row("Histograms at step " + step, pictures)
                .describedAs("Uncorrected steps sample a law that is too wide; Metropolis' judgement puts it right at any step."));

        double[] steps = new double[12], free = new double[12], judged = new double[12], taken = new double[12], ess = new double[12];
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < 12; i++) {
            steps[i] = 0.05 * Math.pow(1.38, i);
            var chains = run(mala.withStep(steps[i]), draws / 4, lab);
            free[i] = run(mala.withStep(steps[i]).withCorrected(false), draws / 4, lab).variance(0);
            judged[i] = chains.variance(0);
            taken[i] = chains.acceptance();
            ess[i] = chains.ess(0) / (4.0 * chains.draws());
            if (i % 3 == 0) rows.add(List.of(steps[i], free[i], normal ? 1 / (1 - steps[i] / 2) : Double.NaN, judged[i], taken[i], ess[i]));
        }
        var plot = Figure.plot("Variance as the step grows").line("ULA", steps, free).line("MALA", steps, judged).horizontalLine(variance,
                "target");
        if (normal) plot = plot.line("1 / (1 - h / 2)", 0.05, steps[11], h -> 1 / (1 - h / 2)).dashed();
        lab.figure(
                plot.logX().axes("step h", "variance").describedAs("ULA's variance leaves the target's as the step grows; MALA's stays."));
        lab.figure(Figure.plot("What a step is worth").line("accepted", steps, taken).line("ESS for each draw", steps, ess).logX()
                .limitY(0, 1.5).axes("step h", "share")
                .describedAs("Short steps are all taken and creep; the effective size is largest between."));
        lab.table("Steps", List.of("h", "ULA's variance", "theory", "MALA's variance", "accepted", "ESS for each draw"), rows);
        lab.say("Target variance %.3f; ULA %.3f, MALA %.3f.", variance, runs[0].variance(0), runs[1].variance(0));
        lab.shows("MALA's variance less the target's, in MCSE", Math.abs(runs[1].variance(0) - variance) / runs[1].mcseOfVariance(0),
                below(4));
        if (normal) lab.shows("ULA's variance times 1 - h / 2", runs[0].variance(0) * (1 - step / 2), equalTo(1, 0.1));
    }

    private static Chains run(Langevin kernel, int draws, LabContext lab) {
        return new Mcmc(kernel, 4, 100, draws / 4 + 12, 1).run(lab.rng(1), new double[] {0});
    }
}
