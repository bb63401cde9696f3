package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.causal.Effect;
import lyceum.causal.ScienceTable;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;

/** A table with both outcomes, of which every experiment uncovers half, and five ways to guess the rest. */
@Lab(topics = "potential-outcomes", title = "The hidden half")
final class PotentialOutcomesLab implements LabBody {
    @Override public void run(LabContext lab) {
        int units = lab.param("units", 300, 40, 1_000), runs = lab.param("experiments", 200, 50, 1_000);
        double selection = lab.param("how far the covariate decides treatment (0 is a lottery)", 1.0, 0.0, 4.0);
        double variation = lab.param("how far effects vary", 1.0, 0.0, 3.0);
        boolean curved = lab.flag("outcome is curved in the covariate", false);

        var rng = lab.rng(1);
        double[][] x = new double[units][1];
        double[] y0 = new double[units], y1 = new double[units];
        for (int i = 0; i < units; i++) {
            x[i][0] = rng.nextGaussian();
            y0[i] = 5 + (curved ? x[i][0] * x[i][0] + x[i][0] : 2 * x[i][0]) + rng.nextGaussian();
            y1[i] = y0[i] + 1 + variation * 0.5 * x[i][0];
        }
        var table = new ScienceTable(y0, y1);
        boolean[] first = assign(lab.rng(2).split(0), x, selection);
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < 8; i++)
            rows.add(List.of(i + 1, x[i][0], first[i] ? "hidden" : "%.2f".formatted(y0[i]), first[i] ? "%.2f".formatted(y1[i]) : "hidden",
                    "hidden (%.2f)".formatted(y1[i] - y0[i])));
        lab.table("The first eight units, as one experiment shows them", List.of("unit", "covariate", "Y(0)", "Y(1)", "effect"), rows);

        String[] names = {"difference in means", "regression adjustment", "weighting", "doubly robust", "matching"};
        var estimates = new double[5][runs];
        double[] mean = new double[5], spread = new double[5], covered = new double[5];
        double truth = table.averageEffect();
        for (int run : lab.progress("experiments", runs)) {
            boolean[] t = assign(lab.rng(2).split(run), x, selection);
            var data = table.experiment(t, x);
            Effect[] effects = {data.differenceInMeans(), data.regressionAdjustment(), data.weighting(), data.doublyRobust(),
                    data.matching(1, false)};
            for (int k = 0; k < 5; k++) {
                estimates[k][run] = effects[k].estimate();
                mean[k] += effects[k].estimate() / runs;
                if (effects[k].interval(0.95).contains(truth)) covered[k] += 100.0 / runs;
            }
        }
        var results = new ArrayList<List<?>>();
        for (int k = 0; k < 5; k++) {
            for (double e : estimates[k]) spread[k] += (e - mean[k]) * (e - mean[k]) / runs;
            results.add(List.of(names[k], mean[k] - truth, Math.sqrt(spread[k]), covered[k]));
        }
        double low = truth - 2.5, width = 0.1;
        var centres = new double[61];
        var heights = new double[5][61];
        for (int b = 0; b <= 60; b++) centres[b] = low + (b + 0.5) * width;
        for (int k = 0; k < 5; k++) for (double e : estimates[k]) heights[k][Math.clamp((int) ((e - low) / width), 0, 60)] += 1.0 / runs;
        var plot = Figure.plot("What %d experiments on these units say".formatted(runs));
        for (int k = 0; k < 5; k++) plot = plot.line(names[k], centres, heights[k]);
        lab.figure(plot.verticalLine(truth, "the truth").axes("estimated effect, outcome units", "share of experiments").describedAs(
                "Each curve: one estimator over all experiments. Under a lottery all sit on the truth; under selection the plain difference leaves it."));
        lab.table("Five estimators", List.of("estimator", "bias", "standard deviation", "95% intervals that cover, %"), results);

        var data = table.experiment(first, x);
        double[] e = data.propensities(), treated = new double[20], untreated = new double[20];
        for (int i = 0; i < units; i++) (first[i] ? treated : untreated)[Math.min(19, (int) (20 * e[i]))]++;
        var middles = new double[20];
        for (int b = 0; b < 20; b++) middles[b] = (b + 0.5) / 20;
        lab.figure(Figure.plot("Overlap of the arms").line("treated", middles, treated).line("untreated", middles, untreated)
                .axes("estimated propensity", "units")
                .describedAs("Where one curve is at zero, units of the other arm have nobody to be compared with."));
        var overlap = data.overlap(0.01);
        lab.say("True average effect %.3f. %d units have a chance below 1%% of one arm; the %d treated are worth %.0f equal ones after weighting.",
                truth, overlap.flagged().length, data.outcomes(true).length, overlap.effectiveSize()[0]);
        lab.shows("bias of the difference in means under selection", Math.abs(mean[0] - truth), above(1));
        lab.shows("bias of the doubly robust estimate", Math.abs(mean[3] - truth), below(0.1));
    }

    private static boolean[] assign(Rng rng, double[][] x, double selection) {
        var treated = new boolean[x.length];
        for (int i = 0; i < x.length; i++) treated[i] = rng.nextDouble() < 1 / (1 + Math.exp(-selection * x[i][0]));
        treated[0] = true;
        treated[1] = false;
        return treated;
    }
}
