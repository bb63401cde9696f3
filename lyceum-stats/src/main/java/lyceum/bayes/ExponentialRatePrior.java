package lyceum.bayes;

import java.util.List;
import lyceum.prob.Gamma;
import lyceum.prob.Lomax;

/** Of the rate of exponential waits. A point is a wait of at least 0. @param prior Gamma(a, b), b a rate, becomes Gamma(a + n, b + sum) */
public record ExponentialRatePrior(Gamma prior) implements ConjugatePrior<ExponentialRatePrior> {
    @Override public ExponentialRatePrior update(double[]... points) {
        double sum = 0;
        for (var x : ConjugatePrior.checked("ExponentialRatePrior", 1, points)) {
            if (x[0] < 0) throw new IllegalArgumentException("ExponentialRatePrior: the wait " + x[0] + " is negative");
            sum += x[0];
        }
        return new ExponentialRatePrior(new Gamma(prior.shape() + points.length, prior.rate() + sum));
    }

    @Override public Lomax predictive() { return new Lomax(prior.shape(), prior.rate()); }

    @Override public double logEvidence(double[]... points) {
        return PoissonRatePrior.logNormaliser(update(points).prior) - PoissonRatePrior.logNormaliser(prior);
    }

    @Override public List<Gamma> marginals() { return List.of(prior); }
}
