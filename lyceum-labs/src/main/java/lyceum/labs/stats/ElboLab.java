package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.bayes.Elbo;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** One hidden coin: the evidence, cut into the bound and the gap, while q is dragged. */
@Lab(topics = "elbo", title = "The evidence, a bound and a gap")
final class ElboLab implements LabBody {
    @Override public void run(LabContext lab) {
        double prior = lab.param("prior", 0.3, 0.01, 0.99), ifOne = lab.param("likelihoodIfOne", 0.9, 0.01, 1.0),
                ifZero = lab.param("likelihoodIfZero", 0.2, 0.01, 1.0), chosen = lab.param("q", 0.5, 0.01, 0.99);
        double[] p = {1 - prior, prior}, likelihood = {ifZero, ifOne};
        double posterior = Elbo.posterior(p, likelihood)[1];

        double[] qs = new double[99], one = new double[99], five = new double[99];
        for (int i = 0; i < 99; i++) {
            qs[i] = (i + 1) / 100.0;
            double[] q = {1 - qs[i], qs[i]};
            one[i] = Elbo.of(p, likelihood, q).value();
            five[i] = Elbo.importanceWeighted(p, likelihood, q, 5);
        }
        var elbo = Elbo.of(p, likelihood, new double[] {1 - chosen, chosen});
        lab.figure(Figure.plot("The bound over q").line("ELBO", qs, one).line("with 5 samples", qs, five)
                .horizontalLine(elbo.logEvidence(), "log p(x)").verticalLine(posterior, "posterior").verticalLine(chosen, "your q")
                .axes("q(z = 1)", "nats").describedAs(
                        "Both curves touch the log evidence at the posterior and nowhere else; five samples hang the curve higher everywhere."));

        var rows = new ArrayList<List<?>>();
        double worst = 0, least = Double.POSITIVE_INFINITY;
        for (double v : new double[] {prior, 0.5, posterior, 0.9, chosen}) {
            double[] q = {1 - v, v};
            var e = Elbo.of(p, likelihood, q);
            worst = Math.max(worst, Math.abs(e.value() - (e.energy() + e.entropy())));
            worst = Math.max(worst, Math.abs(e.value() - (e.reconstruction() - e.toPrior())));
            worst = Math.max(worst, Math.abs(e.value() - (e.logEvidence() - e.gap())));
            least = Math.min(least, e.gap());
            rows.add(List.of(v, e.value(), e.gap(), e.energy(), e.entropy(), e.reconstruction(), e.toPrior(),
                    Elbo.importanceWeighted(p, likelihood, q, 5)));
        }
        lab.table("What the bound is made of",
                List.of("q(z = 1)", "ELBO", "gap", "energy", "entropy", "reconstruction", "KL to the prior", "5 samples"), rows);
        lab.figure(Figure
                .bar("log p(x) is the bound plus the gap", new String[] {"-log p(x)", "-ELBO", "gap"},
                        new double[] {-elbo.logEvidence(), -elbo.value(), elbo.gap()})
                .axes("part", "nats").describedAs("The bound hangs below the evidence by exactly the divergence of q from the posterior."));
        lab.say("log p(x) = %.4f, posterior %.3f; your q gives %.4f and leaves %.4f.", elbo.logEvidence(), posterior, elbo.value(),
                elbo.gap());

        int[] samples = {1, 2, 3, 5, 8, 12};
        double[] counts = new double[samples.length], bounds = counts.clone();
        for (int i = 0; i < samples.length; i++) {
            counts[i] = samples[i];
            bounds[i] = Elbo.importanceWeighted(p, likelihood, new double[] {1 - chosen, chosen}, samples[i]);
        }
        lab.figure(Figure.plot("More samples, a tighter bound").line("bound", counts, bounds).horizontalLine(elbo.logEvidence(), "log p(x)")
                .axes("samples inside the logarithm", "nats")
                .describedAs("The bound rises with every sample and never passes the evidence."));
        lab.shows("largest distance between the decompositions", worst, below(1e-12));
        lab.shows("least gap", least, atLeast(-1e-12));
    }
}
