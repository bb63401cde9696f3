package lyceum.bayes;

import java.util.List;
import lyceum.ShapeException;
import lyceum.prob.Distribution;
import lyceum.prob.UnivariateDistribution;
import lyceum.stats.Interval;

/**
 * A prior whose posterior belongs to the same family: data are added to its parameters, and predictive distribution and evidence have
 * closed forms.
 *
 * {@snippet :
 * var clicks = new ProbabilityPrior(new Beta(2, 2));
 * var after = clicks.update(new double[] {7, 10});       // 7 of 10
 * after.prior().mean();                                  // 9/14
 * after.predictive(20).cdf(10);                          // at most 10 of the next 20
 * after.credible(0.95).getFirst();                       // an interval for the probability
 * clicks.logEvidence(new double[] {7, 10});
 * }
 *
 * <p>Points are arrays, of one number for a univariate model. Priors are immutable.
 *
 * @param <P> the family itself
 * @see <a href="https://doi.org/10.1201/b16018">Gelman, Carlin, Stern, Dunson, Vehtari and Rubin (2013), Bayesian Data Analysis, chapters
 * 2 and 3</a>
 */
public sealed interface ConjugatePrior<P extends ConjugatePrior<P>> permits ProbabilityPrior, ProbabilitiesPrior, PoissonRatePrior,
        ExponentialRatePrior, NormalMeanPrior, NormalInverseGamma, NormalInverseWishart {

    /** The posterior after these points; by all at once or one after the other. */
    P update(double[]... points);

    /** Of the next point, with the parameter integrated out. */
    Distribution predictive();

    /** {@code log p(points)}, with the parameter integrated out; counting coefficients are included. */
    double logEvidence(double[]... points);

    /** The distribution of each parameter alone. */
    List<? extends UnivariateDistribution> marginals();

    /** For each parameter the interval that leaves equal probability on both sides. @param level in (0, 1) */
    default List<Interval> credible(double level) {
        if (!(level > 0 && level < 1)) throw new IllegalArgumentException("credible: level is " + level + "; it lies between 0 and 1");
        double tail = (1 - level) / 2;
        return marginals().stream().map(m -> new Interval(m.quantile(tail), m.upperQuantile(tail))).toList();
    }

    /** The points, each of this length, and finite. */
    static double[][] checked(String model, int length, double[]... points) {
        for (var x : points) {
            if (x.length != length) throw new ShapeException(model + ": a point of " + x.length + " numbers; it has " + length);
            for (double v : x)
                if (!Double.isFinite(v)) throw new IllegalArgumentException(model + ": a point holds " + v + "; numbers are finite");
        }
        return points;
    }

    /** A whole number from 0 to a bound. */
    static double count(String model, double k, double most) {
        if (!(k >= 0 && k <= most) || k != Math.rint(k)) throw new IllegalArgumentException(
                model + ": the count " + k + " is not whole and at least 0" + (most < 1e300 ? ", at most " + most : ""));
        return k;
    }
}
