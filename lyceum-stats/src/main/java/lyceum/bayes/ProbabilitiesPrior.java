package lyceum.bayes;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.math.Incomplete;
import lyceum.math.Special;
import lyceum.prob.Beta;
import lyceum.prob.Dirichlet;
import lyceum.prob.DirichletMultinomial;

/** Of the probabilities of k outcomes. A point is k counts. @param prior Dirichlet(alpha) becomes Dirichlet(alpha + counts) */
public record ProbabilitiesPrior(Dirichlet prior) implements ConjugatePrior<ProbabilitiesPrior> {
    @Override public ProbabilitiesPrior update(double[]... points) {
        var sums = new double[prior.dimensions()];
        for (var x : ConjugatePrior.checked("ProbabilitiesPrior", sums.length, points))
            for (int i = 0; i < sums.length; i++) sums[i] += ConjugatePrior.count("ProbabilitiesPrior", x[i], Double.MAX_VALUE);
        return new ProbabilitiesPrior(prior.posterior(sums));
    }

    /** Of one trial. */
    @Override public DirichletMultinomial predictive() { return predictive(1); }

    /** Of the counts in so many trials. */
    public DirichletMultinomial predictive(long trials) { return new DirichletMultinomial(trials, prior); }

    @Override public double logEvidence(double[]... points) {
        double log = logNormaliser(update(points).prior.alpha()) - logNormaliser(prior.alpha());
        for (var x : points) {
            double n = 0;
            for (double k : x) log += Incomplete.logChoose(n += k, k);
        }
        return log;
    }

    private static double logNormaliser(double[] alpha) {
        double total = 0, log = 0;
        for (double a : alpha) {
            total += a;
            log += Special.lgamma(a);
        }
        return log - Special.lgamma(total);
    }

    @Override public List<Beta> marginals() { return IntStream.range(0, prior.dimensions()).mapToObj(prior::marginal).toList(); }
}
