package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.List;
import lyceum.bayes.ChainDiagnostics;
import lyceum.bayes.Chains;
import lyceum.bayes.Mcmc;
import lyceum.bayes.MetropolisHastings;
import lyceum.bayes.Proposal;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;

/** Four chains on two hills, with steps that cross the valley and with steps that do not. */
@Lab(topics = "mcmc", title = "A healthy sampler and a stuck one")
final class McmcLab implements LabBody {
    @Override public void run(LabContext lab) {
        double apart = lab.param("apart", 8.0, 0.0, 10.0), healthy = lab.param("longStep", 8.0, 0.2, 12.0),
                stuck = lab.param("shortStep", 0.6, 0.1, 12.0);
        int draws = lab.param("draws", 4_000, 100, 20_000);
        boolean scattered = lab.flag("scatteredStarts", true);

        double half = apart / 2;
        double[][] starts = {{-half, 0}, {half, 0}, {scattered ? -half : half, 1}, {half, 1}};
        if (!scattered) starts[0][0] = half;
        Chains[] runs = {run(half, healthy, draws, lab, starts), run(half, stuck, draws, lab, starts)};
        String[] names = {"steps of " + healthy, "steps of " + stuck};
        double span = half + 3.5;
        var maps = new Figure[2];
        var traces = new Figure[2];
        var ranks = new Figure[2];
        for (int i = 0; i < 2; i++) {
            var map = Figure.plot(names[i]).surface(-span, span, -3.5, 3.5, (x, y) -> Math.exp(log(half, x, y)));
            var trace = Figure.plot(names[i]);
            for (int c = 0; c < 4; c++) {
                double[] xs = runs[i].trace(c, 0), ys = runs[i].trace(c, 1);
                double[] fewX = new double[60], fewY = new double[60], thin = new double[100], at = new double[100];
                for (int k = 0; k < 60; k++) {
                    fewX[k] = xs[k];
                    fewY[k] = ys[k];
                }
                for (int k = 0; k < 100; k++) thin[k] = xs[(int) (at[k] = k * draws / 100)];
                map = map.line("chain " + (c + 1), fewX, fewY);
                trace = trace.line("chain " + (c + 1), at, thin);
            }
            maps[i] = map.axes("x", "y").describedAs("The first 60 states of each chain over the target's density.");
            traces[i] = trace.axes("draw", "x").limitY(-span, span).describedAs("Every chain's x over time, each hundredth of the run.");
            int[][] counts = runs[i].rankHistogram(0, 10);
            var series = new Series[4];
            for (int c = 0; c < 4; c++) {
                var share = new double[10];
                for (int b = 0; b < 10; b++) share[b] = 10.0 * counts[c][b] / draws;
                series[c] = Series.of("chain " + (c + 1), share);
            }
            ranks[i] = Figure.bars(names[i], Figure.numbered(1, 10), series)
                    .axes("tenth of all draws by rank", "draws over their fair share").horizontalLine(1, "fair")
                    .describedAs("Chains that sample one law have their fair share of every tenth.");
        }
        lab.figure(Figure.row("Where they went", maps)
                .describedAs("Long steps cross the valley between the hills, short ones stay where they began."));
        lab.figure(Figure.row("Traces", traces)
                .describedAs("A healthy trace is a hairy caterpillar; stuck chains run side by side at different heights."));
        lab.figure(Figure.row("Ranks", ranks)
                .describedAs("Flat bars for the healthy sampler; for the stuck one each chain owns one half of the ranks."));

        lab.table("What the diagnostics say",
                List.of("", "R-hat", "plain split R-hat", "bulk ESS", "tail ESS", "mean of x", "MCSE", "accepted"),
                List.of(row(names[0], runs[0]), row(names[1], runs[1])));
        double[] lags = runs[0].autocorrelation(0, Math.min(100, draws - 1)), slow = runs[1].autocorrelation(0, Math.min(100, draws - 1));
        lab.figure(Figure.plot("Autocorrelation within chains").line(names[0], 0, lags).line(names[1], 0, slow).horizontalLine(0, "")
                .axes("lag", "correlation").describedAs(
                        "Inside its hill the stuck sampler looks fine: the correlation within chains knows nothing of the other hill."));
        lab.say("The truth is a mean of 0. Start all chains on one hill (scatteredStarts off) and R-hat finds nothing wrong.");
        lab.shows("R-hat of the long steps", runs[0].rHat(0), below(1.1));
        lab.shows("R-hat of the short steps", runs[1].rHat(0), above(1.5));
    }

    private static double log(double half, double x, double y) {
        double far = Math.abs(x) + half, near = Math.abs(x) - half;
        return -near * near / 2 - y * y / 2 + Math.log1p(Math.exp((near * near - far * far) / 2));
    }

    private static Chains run(double half, double step, int draws, LabContext lab, double[][] starts) {
        return new Mcmc(new MetropolisHastings(x -> log(half, x[0], x[1]), Proposal.normal(step)), 4, 0, draws, 1).run(lab.rng(1), starts);
    }

    private static List<?> row(String name, Chains c) {
        double plain = ChainDiagnostics.splitRHat(c.traces(0));
        return List.of(name, c.rHat(0), plain, c.bulkEss(0), c.tailEss(0), c.mean(0), c.mcse(0), c.acceptance());
    }
}
