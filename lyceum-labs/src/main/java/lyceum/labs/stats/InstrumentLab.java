package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.Arrays;
import java.util.List;
import lyceum.causal.AndersonRubin;
import lyceum.causal.InstrumentalVariables;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** An instrument grows weaker, and its estimates walk over to where least squares was all along. */
@Lab(topics = "instrumental-variables", title = "The instrument weakens")
final class InstrumentLab implements LabBody {
    @Override public void run(LabContext lab) {
        double strength = lab.param("strength of each instrument", 0.1, 0.0, 1.0),
                hidden = lab.param("error correlation", 0.8, -0.95, 0.95);
        int count = lab.param("instruments", 3, 1, 10), n = lab.param("observations", 300, 50, 2_000),
                runs = lab.param("samples", 300, 50, 1_000);
        boolean direct = lab.flag("the first instrument also acts directly", false);

        double[] ols = new double[runs], two = new double[runs], liml = new double[runs];
        double wald = 0, anderson = 0, unbounded = 0, f = 0, rejected = 0;
        for (int run : lab.progress("samples", runs)) {
            var model = sample(lab, run, n, count, strength, hidden, direct);
            ols[run] = model.ols().coefficients()[0];
            two[run] = model.twoStage().coefficients()[0];
            liml[run] = model.liml().coefficients()[0];
            f += model.firstStageF() / runs;
            if (model.twoStage().effect(0).interval(0.95).contains(0)) wald += 100.0 / runs;
            var set = model.andersonRubin(0.95);
            if (set.contains(0)) anderson += 100.0 / runs;
            if (set.shape() != AndersonRubin.Shape.BETWEEN) unbounded += 100.0 / runs;
            if (count > 1 && model.sargan().test().rejects(0.05)) rejected += 100.0 / runs;
        }
        var centres = new double[50];
        double[][] heights = new double[3][50], estimates = {ols, two, liml};
        for (int b = 0; b < 50; b++) centres[b] = -1.5 + (b + 0.5) * 0.06;
        for (int k = 0; k < 3; k++) for (double e : estimates[k]) if (Math.abs(e) < 1.5) heights[k][(int) ((e + 1.5) / 0.06)] += 1.0 / runs;
        lab.figure(Figure.plot("%d samples; mean first-stage F %.1f".formatted(runs, f)).line("least squares", centres, heights[0])
                .line("two stages", centres, heights[1]).line("LIML", centres, heights[2]).dashed().verticalLine(0, "the truth")
                .axes("estimated effect", "share of samples").describedAs(
                        "Least squares is precise and wrong. Two stages are right while the instruments are strong, and join it as they weaken."));
        for (double[] e : estimates) Arrays.sort(e);
        lab.table("Over the samples", List.of("", "median", "95% intervals that cover, %"),
                List.of(List.of("least squares", ols[runs / 2], ""), List.of("two stages", two[runs / 2], wald),
                        List.of("LIML", liml[runs / 2], ""), List.of("Anderson and Rubin", "", anderson)));
        lab.say("Of Anderson and Rubin's 95%% sets %.0f%% are not a bounded interval. %s", unbounded,
                count == 1 ? sample(lab, 0, n, count, strength, hidden, direct).sargan().verdict()
                        : "Sargan's test rejects in %.0f%% of samples.".formatted(rejected));

        double[] strengths = new double[9], medians = new double[9], coverage = new double[9], holds = new double[9];
        for (int k = 0; k < 9; k++) {
            strengths[k] = 0.05 * k;
            var found = new double[101];
            for (int run = 0; run <= 100; run++) {
                var model = sample(lab, 10_000 + run, n, count, strengths[k], hidden, direct);
                found[run] = model.twoStage().coefficients()[0];
                if (model.twoStage().effect(0).interval(0.95).contains(0)) coverage[k] += 1 / 1.01;
                if (model.andersonRubin(0.95).contains(0)) holds[k] += 1 / 1.01;
            }
            Arrays.sort(found);
            medians[k] = found[50];
        }
        lab.figure(Figure
                .row("What weakness does",
                        Figure.plot("Median of two stages").line("two stages", strengths, medians).horizontalLine(0, "truth")
                                .axes("strength of each instrument", "estimated effect").describedAs("The median leaves the truth."),
                        Figure.plot("Intervals").line("two stages", strengths, coverage).line("Anderson and Rubin", strengths, holds)
                                .dashed().horizontalLine(95, "told").axes("strength of each instrument", "95% intervals that cover, %")
                                .limitY(0, 100).describedAs("One kind keeps its word."))
                .describedAs(
                        "Left, the median of the two-stage estimates; right, how often 95% intervals hold the truth, both against the instruments' strength."));

        boolean[] banner = new boolean[1_000], course = new boolean[1_000];
        var points = new double[1_000];
        for (int i = 0; i < 1_000; i++) {
            banner[i] = i < 500;
            course[i] = i % 500 < (banner[i] ? 300 : 100);
            points[i] = banner[i] ? 12 : 10;
        }
        lab.shows("the article's pupils: points gained by each who was moved",
                InstrumentalVariables.wald(banner, course, points).effect().estimate(), equalTo(5, 1e-9));
        lab.shows("the median of least squares is off", Math.abs(ols[runs / 2]), above(0.5));
        lab.shows("Anderson and Rubin's sets cover, % away from 95", Math.abs(anderson - 95), below(5));
    }

    /** True effect 0; error and first stage correlated through what is hidden. */
    private static InstrumentalVariables sample(LabContext lab, int run, int n, int count, double strength, double hidden, boolean direct) {
        var rng = lab.rng(run);
        double[] y = new double[n], x = new double[n];
        var z = new double[count][n];
        for (int i = 0; i < n; i++) {
            y[i] = rng.nextGaussian();
            x[i] = hidden * y[i] + Math.sqrt(1 - hidden * hidden) * rng.nextGaussian();
            for (int k = 0; k < count; k++) x[i] += strength * (z[k][i] = rng.nextGaussian());
            if (direct) y[i] += 0.3 * z[0][i];
        }
        return InstrumentalVariables.of(y, x, z);
    }
}
