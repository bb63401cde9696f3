package lyceum.bayes;

import java.util.List;
import lyceum.math.Incomplete;
import lyceum.prob.Beta;
import lyceum.prob.BetaBinomial;

/** Of the probability of a success. A point is (successes, trials). @param prior Beta(a, b) becomes Beta(a + successes, b + failures) */
public record ProbabilityPrior(Beta prior) implements ConjugatePrior<ProbabilityPrior> {
    @Override public ProbabilityPrior update(double[]... points) {
        double successes = 0, failures = 0;
        for (var x : ConjugatePrior.checked("ProbabilityPrior", 2, points)) {
            successes += ConjugatePrior.count("ProbabilityPrior", x[0], ConjugatePrior.count("ProbabilityPrior", x[1], Double.MAX_VALUE));
            failures += x[1] - x[0];
        }
        return new ProbabilityPrior(prior.posterior(successes, failures));
    }

    /** Of one trial. */
    @Override public BetaBinomial predictive() { return predictive(1); }

    /** Of the successes in so many trials. */
    public BetaBinomial predictive(long trials) { return new BetaBinomial(trials, prior.alpha(), prior.beta()); }

    @Override public double logEvidence(double[]... points) {
        Beta after = update(points).prior;
        double log = Incomplete.logBeta(after.alpha(), after.beta()) - Incomplete.logBeta(prior.alpha(), prior.beta());
        for (var x : points) log += Incomplete.logChoose(x[1], x[0]);
        return log;
    }

    @Override public List<Beta> marginals() { return List.of(prior); }
}
