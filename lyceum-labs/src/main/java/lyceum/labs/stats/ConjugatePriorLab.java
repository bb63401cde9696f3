package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.bayes.NormalInverseGamma;
import lyceum.bayes.PoissonRatePrior;
import lyceum.bayes.ProbabilityPrior;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.prob.Beta;
import lyceum.prob.Gamma;

/** A prior as imaginary clicks: real ones are added, the belief narrows, and the forecast of the next ones follows. */
@Lab(topics = "conjugate-priors", title = "Prior, posterior and the next twenty")
final class ConjugatePriorLab implements LabBody {
    private static final int NEXT = 20;

    @Override public void run(LabContext lab) {
        double a = lab.param("imaginary clicks", 2.0, 0.2, 40.0), b = lab.param("imaginary misses", 2.0, 0.2, 40.0);
        double rate = lab.param("true click rate", 0.7, 0.05, 0.95);
        int views = lab.param("views", 30, 5, 100);

        var rng = lab.rng(1);
        var prior = new ProbabilityPrior(new Beta(a, b));
        var now = prior;
        var frames = new ArrayList<Figure>();
        double[][] points = new double[views][];
        double sequential = 0;
        for (int n = 0; n <= views; n++) {
            frames.add(picture(prior, now, n));
            if (n == views) break;
            points[n] = new double[] {rng.nextDouble() < rate ? 1 : 0, 1};
            sequential += now.predictive().logDensity(points[n][0]);
            now = now.update(points[n]);
        }
        lab.figure(Figure.frames("View by view", "views", frames).labelled(Figure.numbered(0, views))
                .describedAs("Each view adds one to a parameter; the density narrows and the forecast moves with it."));
        var interval = now.credible(0.95).getFirst();
        lab.say("After %d views: %s, 95%% between %.3f and %.3f.", views, now.prior(), interval.low(), interval.high());

        var rows = new ArrayList<List<?>>();
        for (double worth : new double[] {1, 4, 40, 400}) {
            var strong = new ProbabilityPrior(new Beta(worth * a / (a + b), worth * b / (a + b)));
            var after = strong.update(points);
            rows.add(List.of(worth, after.prior().mean(), after.prior().standardDeviation(), strong.logEvidence(points)));
        }
        lab.table("The same opinion, worth more or fewer views", List.of("worth in views", "posterior mean", "deviation", "log evidence"),
                rows);

        var counts = new PoissonRatePrior(new Gamma(2, 1)).update(new double[] {3}, new double[] {5}, new double[] {4});
        var scores = new NormalInverseGamma(0, 1, 2, 2).update(new double[] {1.2}, new double[] {0.4}, new double[] {2.1});
        lab.figure(Figure
                .row("Two other pairs",
                        Figure.plot("Poisson counts 3, 5, 4").line("rate, Gamma(2, 1) before", 0.02, 9, new Gamma(2, 1)::density).dashed()
                                .line("rate after", 0.02, 9, counts.prior()::density).axes("rate", "density")
                                .describedAs("A gamma prior and its posterior."),
                        Figure.plot("normals 1.2, 0.4, 2.1").line("mean, a t", -3, 5, scores.marginals().getFirst()::density)
                                .line("next number, a wider t", -3, 5, scores.predictive()::density).dashed().axes("value", "density")
                                .describedAs("The posterior of the mean and the predictive of the next number."))
                .describedAs("A gamma prior on a rate, and a normal-inverse-gamma prior on mean and variance."));
        lab.shows("mean rate of the counts less 14/4", Math.abs(counts.prior().mean() - 3.5), below(1e-14));
        lab.shows("sum of log forecasts less log evidence", Math.abs(sequential - prior.logEvidence(points)), below(1e-10));
    }

    private static Figure picture(ProbabilityPrior prior, ProbabilityPrior now, int n) {
        double[] before = new double[NEXT + 1], after = new double[NEXT + 1];
        for (int k = 0; k <= NEXT; k++) {
            before[k] = prior.predictive(NEXT).density(k);
            after[k] = now.predictive(NEXT).density(k);
        }
        return Figure
                .row("After " + n + " views",
                        Figure.plot("click rate").line("prior", 0.01, 0.99, prior.prior()::density).dashed()
                                .line("posterior", 0.01, 0.99, now.prior()::density).axes("click rate", "density")
                                .describedAs("The density of the click rate before and after."),
                        Figure.bars("clicks in the next " + NEXT, Figure.numbered(0, NEXT), Series.of("prior", before),
                                Series.of("posterior", after)).axes("clicks", "probability")
                                .describedAs("The forecast of clicks in the next twenty views."))
                .describedAs("The click rate and the forecast after so many views.");
    }
}
