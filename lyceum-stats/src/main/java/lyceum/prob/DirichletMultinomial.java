package lyceum.prob;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.math.Incomplete;
import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * Counts of outcomes in trials whose probabilities are drawn from a {@link Dirichlet} once for all of them; more spread than {@link
 * Multinomial}.
 */
public final class DirichletMultinomial implements MultivariateDistribution {
    private final long trials;
    private final Dirichlet prior;
    private final double[] alpha;
    private final double total;

    /** @param trials at least 0 */
    public DirichletMultinomial(long trials, Dirichlet prior) {
        if (trials < 0) throw new IllegalArgumentException("DirichletMultinomial: trials is " + trials + "; it cannot be negative");
        this.trials = trials;
        this.prior = prior;
        alpha = prior.alpha();
        total = Arrays.stream(alpha).sum();
    }

    @Override public int dimensions() { return alpha.length; }

    @Override public boolean isDiscrete() { return true; }

    @Override public double logDensity(double[] x) {
        if (x.length != alpha.length)
            throw new ShapeException("logDensity: the point has " + x.length + " entries; it needs " + alpha.length);
        // One outcome after the other against those before it: beta-binomial counts
        double sum = 0, weight = 0, log = 0;
        for (int i = 0; i < x.length; i++) {
            if (!(x[i] >= 0) || x[i] != Math.rint(x[i])) return x[i] != x[i] ? x[i] : Double.NEGATIVE_INFINITY;
            if (i > 0) log += Incomplete.logChoose(sum + x[i], x[i]) + Incomplete.logBeta(alpha[i] + x[i], weight + sum)
                    - Incomplete.logBeta(alpha[i], weight);
            sum += x[i];
            weight += alpha[i];
        }
        return sum == trials ? log : Double.NEGATIVE_INFINITY;
    }

    @Override public double[] mean() { return Arrays.stream(alpha).map(a -> trials * a / total).toArray(); }

    @Override public double[][] covariance() {
        double[][] c = new Multinomial(trials, alpha).covariance();
        for (var row : c) for (int j = 0; j < row.length; j++) row[j] *= (trials + total) / (1 + total);
        return c;
    }

    /** By summation over each count alone. */
    @Override public double entropy() {
        double entropy = Special.lgamma(total + trials) - Special.lgamma(total) - Special.lgamma(trials + 1.0);
        for (double a : alpha)
            entropy += Quadrature.expectation(new BetaBinomial(trials, a, total - a),
                    x -> Special.lgamma(x + 1) + Special.lgamma(a) - Special.lgamma(a + x));
        return entropy;
    }

    @Override public double[] sample(Rng rng) { return new Multinomial(trials, prior.sample(rng)).sample(rng); }

    @Override public boolean equals(Object o) { return o instanceof DirichletMultinomial d && trials == d.trials && prior.equals(d.prior); }

    @Override public int hashCode() { return 31 * Long.hashCode(trials) + prior.hashCode(); }

    @Override public String toString() { return "DirichletMultinomial[trials=" + trials + ", prior=" + prior + "]"; }
}
