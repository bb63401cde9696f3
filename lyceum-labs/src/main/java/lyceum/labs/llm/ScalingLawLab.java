package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.eval.ComputeFrontier;
import lyceum.llm.eval.ScalingLaw;
import lyceum.llm.eval.ScalingLawFit;
import lyceum.llm.eval.ScalingRun;
import lyceum.plot.Figure;

/** From many small runs to one large one: the law, what it foretells, and the best size of a budget, found by two ways that must agree. */
@Lab(topics = {"scaling-laws", "chinchilla"}, title = "What will the big run cost, and what will it give?")
final class ScalingLawLab implements LabBody {

    @Override public void run(LabContext lab) {
        double noise = lab.param("noise of a run's loss, %", 0.3, 0, 3) / 100,
                budget = Math.pow(10, lab.param("log10 of the large budget", 23.76, 21, 27));
        int resamples = lab.param("resamples", 100, 20, 1000);
        var truth = ScalingLaw.chinchilla();
        var rng = lab.rng(1);
        var runs = new ArrayList<ScalingRun>();
        for (double n = 1e7; n < 2e9; n *= Math.sqrt(10))
            for (double d = 1e8; d < 1e11; d *= Math.sqrt(10))
                runs.add(new ScalingRun(n, d, truth.loss(n, d) * Math.exp(noise * rng.nextGaussian())));
        var boot = new ScalingLawFit().bootstrap(runs, resamples, lab.rng(2));
        var law = boot.estimate();

        var at = truth.allocation(budget);
        var sizes = logSpaced(1e7, 2 * at.parameters(), 40);
        double[] lows = new double[40], highs = new double[40], told = new double[40], real = new double[40];
        for (int i = 0; i < 40; i++) {
            double n = sizes[i], d = 20 * n;
            var band = boot.interval(l -> l.loss(n, d), 0.9);
            lows[i] = band.low();
            highs[i] = band.high();
            told[i] = law.loss(n, d);
            real[i] = truth.loss(n, d);
        }
        lab.figure(Figure.plot("Loss at twenty tokens a parameter").band("90% interval", sizes, lows, highs).line("fitted", sizes, told)
                .line("planted law", sizes, real).dashed().verticalLine(2e9, "largest run").logX().logY()
                .axes("parameters", "loss, nats a token")
                .describedAs("The fitted law and its band, from the sizes that were run to one far beyond: the band opens slowly."));

        var valleys = Figure.plot("Valleys of equal compute");
        var isoRuns = new ArrayList<ScalingRun>();
        for (double flops = 1e19; flops < 2e22; flops *= 10) {
            double middle = truth.allocation(flops).parameters();
            var ns = logSpaced(middle / 12, middle * 12, 25);
            var losses = new double[25];
            for (int i = 0; i < 25; i++) {
                losses[i] = truth.loss(ns[i], flops / 6 / ns[i]);
                isoRuns.add(new ScalingRun(ns[i], flops / 6 / ns[i], losses[i]));
            }
            valleys = valleys.line(String.format(Locale.ROOT, "%.0e FLOP", flops), ns, losses);
        }
        var frontier = ComputeFrontier.isoFlop(isoRuns, 4);
        var rows = new ArrayList<List<?>>();
        double worst = 0;
        for (var o : frontier.optima()) {
            var formula = truth.allocation(o.flops());
            worst = Math.max(worst, Math.abs(o.parameters() / formula.parameters() - 1));
            rows.add(List.of(o.flops(), o.parameters() / 1e9, formula.parameters() / 1e9, formula.tokensPerParameter(), o.loss()));
        }
        double[] bottoms = frontier.optima().stream().mapToDouble(ComputeFrontier.Optimum::parameters).toArray(),
                depths = frontier.optima().stream().mapToDouble(ComputeFrontier.Optimum::loss).toArray();
        lab.figure(valleys.line("frontier", bottoms, depths).dashed().logX().axes("parameters", "loss, nats a token").describedAs(
                "Loss against size, a curve for each budget: too small a model is full, too large a one has read too little. The bottoms move right and down."));
        lab.table("The bottoms, by parabola and by formula",
                List.of("FLOP", "parabola, 1e9 parameters", "formula, 1e9", "tokens a parameter", "loss"), rows);
        var far = boot.interval(l -> l.allocation(budget).parameters() / 1e9, 0.9);
        var again = ScalingLaw.replicated().allocation(budget);
        lab.say("A budget of %.3g FLOP: %.1f billion parameters by the printed constants, %.1f by the fit (90%% interval %.1f to %.1f) from runs of at most %.0e.",
                budget, at.parameters() / 1e9, law.allocation(budget).parameters() / 1e9, far.low(), far.high(),
                runs.stream().mapToDouble(ScalingRun::flops).max().orElseThrow());
        lab.say("By the constants of the replication it is %.0f billion and %.0f tokens for each.", again.parameters() / 1e9,
                again.tokensPerParameter());
        lab.shows("chinchilla", "worst bottom of a valley, relative to the formula", worst, atMost(0.05));
        lab.shows("scaling-laws", "share of the loss that the law explains", ScalingLawFit.rSquared(law, runs), above(0.95));
    }

    private static double[] logSpaced(double from, double to, int count) {
        var points = new double[count];
        for (int i = 0; i < count; i++) points[i] = from * Math.pow(to / from, i / (count - 1.0));
        return points;
    }
}
