package lyceum.bayes;

import lyceum.prob.Beta;
import lyceum.prob.Binomial;
import lyceum.prob.Categorical;
import lyceum.prob.Distribution;
import lyceum.prob.Exponential;
import lyceum.prob.ExponentialFamily;
import lyceum.prob.Gamma;
import lyceum.prob.Multinomial;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.NaturalPrior;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;

/**
 * What a sample tells about the parameters of an exponential family: its size and the sum of its statistic. Estimate, likelihood and posterior
 * follow from these few numbers as from the data; parts of a sample are summed apart and merged.
 *
 * {@snippet :
 * var monday = SufficientStatistics.poisson();
 * monday.add(3);
 * monday.addAll(new double[] {5}, new double[] {2});
 * var week = monday.merge(tuesday);
 * week.maximumLikelihood();                               // Poisson[rate=...]
 * week.posterior(new PoissonRatePrior(new Gamma(1, 1)));
 * double[] few = week.values();                           // to ship; restore(few) elsewhere
 * }
 *
 * <p>Sums are compensated and normal data are kept about their mean, so that neither long streams nor large offsets cost digits. To be filled
 * by one thread; {@link #merge} leaves its operands as they are.
 *
 * @param <D> the family's distributions
 * @see <a href="https://doi.org/10.1098/rsta.1922.0009">Fisher (1922), On the Mathematical Foundations of Theoretical Statistics</a>
 */
public sealed interface SufficientStatistics<D extends Distribution> permits SummedStatistics, CentredStatistics {

    /** Of zeros and ones: their sum. */
    static SufficientStatistics<Binomial> bernoulli() { return SummedStatistics.of("Bernoulli", 1, ExponentialFamily.BERNOULLI); }

    /** Of counts: their sum. */
    static SufficientStatistics<Poisson> poisson() { return SummedStatistics.of("Poisson", 1, ExponentialFamily.POISSON); }

    /** Of waits: their sum. */
    static SufficientStatistics<Exponential> exponential() { return SummedStatistics.of("exponential", 1, ExponentialFamily.EXPONENTIAL); }

    /** Of positive numbers: the sums of their logarithms and of themselves. */
    static SufficientStatistics<Gamma> gamma() { return SummedStatistics.of("gamma", 1, ExponentialFamily.GAMMA); }

    /** Of numbers between 0 and 1: the sums of log x and of log(1 - x). */
    static SufficientStatistics<Beta> beta() { return SummedStatistics.of("beta", 1, ExponentialFamily.BETA); }

    /** Of outcomes 0 to k - 1: how often each but the last came. @param outcomes k, at least 2 */
    static SufficientStatistics<Categorical> categorical(int outcomes) {
        return SummedStatistics.of("categorical", 1, ExponentialFamily.categorical(outcomes));
    }

    /** Of vectors of k counts with one sum: their sum. @param trials that sum */
    static SufficientStatistics<Multinomial> multinomial(int outcomes, long trials) {
        return SummedStatistics.multinomial(outcomes, trials);
    }

    /** Of numbers: mean and sum of squares about it. */
    static SufficientStatistics<Normal> normal() { return CentredStatistics.normal(); }

    /** Of vectors: mean and products about it. @param dimensions at least 1 */
    static SufficientStatistics<MultivariateNormal> multivariateNormal(int dimensions) {
        return CentredStatistics.multivariate(dimensions);
    }

    /** Points seen. */
    long count();

    /** One point more. @throws IllegalArgumentException outside the support */
    void add(double... point);

    /** Points, a row each. */
    default void addAll(double[]... points) { for (double[] x : points) add(x); }

    /** Of both samples together. @throws IllegalArgumentException for another family */
    SufficientStatistics<D> merge(SufficientStatistics<D> other);

    /** All numbers that are kept, the count first. */
    double[] values();

    /** The same family with values from elsewhere. */
    SufficientStatistics<D> restore(double... values);

    /** The member of greatest likelihood. @throws IllegalArgumentException if there is none, as of no points, or of ones alone */
    D maximumLikelihood();

    /** {@code log p(sample)} under a member. */
    double logLikelihood(D member);

    /** After the sample. @throws IllegalArgumentException if the prior is not for this family */
    <P extends ConjugatePrior<P>> P posterior(P prior);

    /** Of the natural parameters, after the sample. @throws IllegalArgumentException if the prior is of another family */
    NaturalPrior posterior(NaturalPrior prior);
}
