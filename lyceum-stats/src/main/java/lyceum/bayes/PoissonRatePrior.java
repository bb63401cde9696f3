package lyceum.bayes;

import java.util.List;
import lyceum.math.Special;
import lyceum.prob.Gamma;
import lyceum.prob.NegativeBinomial;

/** Of the rate of Poisson counts. A point is a count. @param prior Gamma(a, b), b a rate, becomes Gamma(a + sum, b + n) */
public record PoissonRatePrior(Gamma prior) implements ConjugatePrior<PoissonRatePrior> {
    @Override public PoissonRatePrior update(double[]... points) {
        double sum = 0;
        for (var x : ConjugatePrior.checked("PoissonRatePrior", 1, points))
            sum += ConjugatePrior.count("PoissonRatePrior", x[0], Double.MAX_VALUE);
        return new PoissonRatePrior(new Gamma(prior.shape() + sum, prior.rate() + points.length));
    }

    @Override public NegativeBinomial predictive() { return new NegativeBinomial(prior.shape(), prior.rate() / (prior.rate() + 1)); }

    @Override public double logEvidence(double[]... points) {
        double log = logNormaliser(update(points).prior) - logNormaliser(prior);
        for (var x : points) log -= Special.lgamma(x[0] + 1);
        return log;
    }

    /** {@code log int rate^(shape-1) exp(-rate b)}. */
    static double logNormaliser(Gamma g) { return Special.lgamma(g.shape()) - g.shape() * Math.log(g.rate()); }

    @Override public List<Gamma> marginals() { return List.of(prior); }
}
