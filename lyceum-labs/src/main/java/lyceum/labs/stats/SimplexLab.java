package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.prob.Beta;
import lyceum.prob.Dirichlet;

/** Three shares of one cake: from the corners to the middle as the concentration grows; a click rate learned click by click. */
@Lab(topics = "beta-dirichlet", title = "The simplex by concentration")
final class SimplexLab implements LabBody {
    private static final double[] TOTALS = {0.3, 0.6, 1, 1.5, 3, 6, 12, 25, 50, 100};
    private static final double HEIGHT = Math.sqrt(3) / 2;

    @Override public void run(LabContext lab) {
        double first = lab.param("mean share of A", 0.5, 0.05, 0.9), split = lab.param("B's part of the rest", 0.6, 0.05, 0.95),
                start = lab.param("concentration", 6.0, 0.3, 100.0), prior = lab.param("prior clicks and non-clicks", 1.0, 0.1, 50.0);
        int clicks = lab.param("clicks", 7, 0, 100), others = lab.param("non-clicks", 3, 0, 100);

        double[] mean = {first, (1 - first) * split, (1 - first) * (1 - split)};
        var frames = new ArrayList<Figure>();
        var labels = new ArrayList<String>();
        int at = 0;
        for (int f = 0; f < TOTALS.length; f++) {
            double total = TOTALS[f];
            if (Math.abs(Math.log(total / start)) < Math.abs(Math.log(TOTALS[at] / start))) at = f;
            var d = new Dirichlet(Arrays.stream(mean).map(m -> m * total).toArray());
            var rng = lab.rng(f);
            double[] us = new double[120], vs = new double[120];
            for (int i = 0; i < us.length; i++) {
                double[] x = d.sample(rng);
                us[i] = x[1] + x[2] / 2;
                vs[i] = HEIGHT * x[2];
            }
            frames.add(Figure.plot("concentration " + total).surface(grid(1), grid(HEIGHT), heights(d))
                    .measuring("share of the largest density, fourth root")
                    .line("simplex", new double[] {0, 1, 0.5, 0}, new double[] {0, 0, HEIGHT, 0}).points("draws", us, vs)
                    .note(0.02, 0.03, "A").note(0.95, 0.03, "B").note(0.5, 0.8, "C").axes("towards B", "towards C").equalScales()
                    .describedAs("Density and draws over the triangle of three shares; a corner is one share alone."));
            labels.add("" + total);
        }
        lab.figure(Figure.frames("Turn up the concentration", "sum of the parameters", frames).labelled(labels.toArray(String[]::new))
                .startingAt(at)
                .describedAs("At small concentrations draws sit in corners and on edges; at large ones they gather about the mean."));

        Beta before = new Beta(prior, prior), after = before.posterior(clicks, others);
        lab.figure(Figure.plot("A click rate, before and after").line("before", 0.005, 0.995, before::density).dashed()
                .line("after", 0.005, 0.995, after::density).verticalLine(after.quantile(0.025), "2.5%")
                .verticalLine(after.quantile(0.975), "97.5%").axes("click rate", "density")
                .describedAs("Clicks and non-clicks are added to the two parameters, and the density narrows."));
        lab.say("After %d clicks in %d: mean %.2f, and between %.2f and %.2f with 95%% probability.", clicks, clicks + others, after.mean(),
                after.quantile(0.025), after.quantile(0.975));

        var truth = new Dirichlet(Arrays.stream(mean).map(m -> m * Math.max(1, start)).toArray());
        var rng = lab.rng(50);
        double[][] rows = new double[2_000][];
        for (int i = 0; i < rows.length; i++) {
            do rows[i] = truth.sample(rng); while (Arrays.stream(rows[i]).anyMatch(x -> x == 0));
        }
        double[] fitted = Dirichlet.fit(rows).alpha(), alpha = truth.alpha();
        var table = new ArrayList<List<?>>();
        double worst = 0;
        for (int i = 0; i < 3; i++) {
            table.add(List.of("ABC".substring(i, i + 1), alpha[i], fitted[i], truth.marginal(i).toString()));
            worst = Math.max(worst, Math.abs(fitted[i] / alpha[i] - 1));
        }
        lab.table("Fitted to 2,000 draws", List.of("share", "parameter", "fitted", "alone it is"), table);
        lab.shows("largest relative error of a fitted parameter", worst, atMost(0.15));
        lab.shows("mean after the counts less (a + s) / (a + b + n)",
                Math.abs(after.mean() - (prior + clicks) / (2 * prior + clicks + others)), below(1e-14));
    }

    private static double[] grid(double to) {
        var xs = new double[49];
        Arrays.setAll(xs, i -> to * (i + 0.5) / 49);
        return xs;
    }

    /** By the largest on the grid, and flattened: densities below 1 grow without bound towards edges. Outside the triangle 0. */
    private static double[][] heights(Dirichlet d) {
        double[] us = grid(1), vs = grid(HEIGHT);
        var out = new double[vs.length][us.length];
        double most = 0;
        for (int j = 0; j < vs.length; j++) for (int i = 0; i < us.length; i++) {
            double c = vs[j] / HEIGHT, b = us[i] - c / 2, a = 1 - b - c;
            if (a > 0 && b > 0) most = Math.max(most, out[j][i] = Math.exp(d.logDensity(new double[] {a, b, c}) / 4));
        }
        for (var row : out) for (int i = 0; i < row.length; i++) row[i] /= most;
        return out;
    }
}
