package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.prob.Beta;
import lyceum.stats.MaximumAPosteriori;
import lyceum.stats.ParametricFamily;
import lyceum.stats.Prior;
import lyceum.stats.Transform;

/** A coin, a prior, and the two modes that one posterior has in two coordinates. */
@Lab(topics = "map-estimation", title = "The mode, pulled by a prior")
final class MapEstimationLab implements LabBody {
    @Override public void run(LabContext lab) {
        double a = lab.param("prior alpha", 6, 1.0, 50.0), b = lab.param("prior beta", 3, 1.0, 50.0),
                truth = lab.param("true probability", 0.3, 0.05, 0.95);
        int most = lab.param("tosses", 200, 5, 5_000);
        var rng = lab.rng(1);
        var frames = new ArrayList<Plot>();
        var names = new ArrayList<String>();
        var rows = new ArrayList<List<?>>();
        var sizes = new ArrayList<Double>();
        var gaps = new ArrayList<Double>();
        int heads = 0, done = 0;
        double worst = 0;
        for (int n = 5; n <= most; n *= 2) {
            for (; done < n; done++) if (rng.nextDouble() < truth) heads++;
            double share = (double) heads / n;
            var l = ParametricFamily.binomial(n).logLikelihood(heads);
            var prior = List.of(Prior.of(ParametricFamily.BETA, a, b));
            double[] start = {0.5};
            double mode = new MaximumAPosteriori(prior, List.of(Transform.LOGIT), false).fit(l, start).mode()[0];
            var inLogit = new MaximumAPosteriori(prior, List.of(Transform.LOGIT), true).fit(l, start);
            Beta posterior = new Beta(a + heads, b + n - heads), likelihood = new Beta(1 + heads, 1 + n - heads), before = new Beta(a, b);
            frames.add(Figure.plot(n + " tosses, " + heads + " heads").line("prior", 0.002, 0.998, before::density)
                    .line("likelihood, scaled", 0.002, 0.998, likelihood::density).line("posterior", 0.002, 0.998, posterior::density)
                    .verticalLine(mode, "mode").verticalLine(inLogit.mode()[0], "mode of the logit")
                    .axes("probability of heads", "density"));
            names.add(n + " tosses");
            double closed = (a + heads - 1) / (a + b + n - 2);
            rows.add(List.of(n, share, mode, inLogit.mode()[0], posterior.mean(), Math.exp(inLogit.logEvidence())));
            worst = Math.max(worst, Math.abs(mode - closed));
            sizes.add((double) n);
            gaps.add(Math.max(1e-12, Math.abs(mode - share)));
        }
        lab.figure(Figure.frames("Prior, likelihood, posterior", "tosses", frames).labelled(names.toArray(String[]::new)).describedAs(
                "With few tosses the posterior sits between prior and likelihood; with many the likelihood wins, and both modes move onto its peak."));
        lab.table("Points and evidence", List.of("tosses", "share of heads", "mode", "mode of the logit", "mean", "evidence by Laplace"),
                rows);
        double[] x = sizes.stream().mapToDouble(v -> v).toArray();
        lab.figure(Figure.plot("The prior's pull").line("|mode - share|", x, gaps.stream().mapToDouble(v -> v).toArray())
                .line("1 / n, for comparison", x, sizes.stream().mapToDouble(n -> gaps.getFirst() * sizes.getFirst() / n).toArray())
                .dashed().axes("tosses", "distance").logX().logY()
                .describedAs("The distance between the mode and the maximum of the likelihood falls like one over the number of tosses."));
        lab.say("The mode of p and the mode of its logit are different points of one posterior: %s and %s at the end.",
                rows.getLast().get(2), rows.getLast().get(3));
        lab.shows("largest gap of the found mode from (a + k - 1) / (a + b + n - 2)", worst, below(1e-6));
    }
}
