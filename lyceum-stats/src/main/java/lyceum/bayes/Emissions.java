package lyceum.bayes;

import java.util.List;
import lyceum.prob.Distribution;
import lyceum.random.Rng;

/**
 * What the hidden states of a {@link HiddenMarkovModel} show: a density of observations for each state, and what {@link BaumWelch} needs to learn it.
 *
 * <p>An observation is a vector of {@link #width()} numbers; one with a NaN in it is missing and none of these methods sees it. Parameters and
 * statistics are flat, as in {@link EmModel}. Immutable.
 */
public interface Emissions {
    /** Number of hidden states. */
    int states();

    /** Numbers in one observation. */
    int width();

    /** Natural logarithm of the density, or mass, of x in a state; {@code -Infinity} where it cannot be seen. */
    double logDensity(int state, double[] x);

    /** One draw of what a state shows. */
    double[] sample(int state, Rng rng);

    /** All that can be learnt, flat. A copy; empty if nothing can. */
    double[] parameters();

    /** The same kind with other parameters. @throws IllegalArgumentException if they are not possible */
    Emissions with(double[] parameters);

    /** Length of the sufficient statistics. */
    int statistics();

    /** Adds to {@code into}, from index {@code at} on, the expected statistics of x, whose state has the given probabilities. */
    void collect(double[] x, double[] posterior, double[] into, int at);

    /** The parameters that are best for the statistics, {@link #logPrior()} included. What no observation speaks of stays as it is here. */
    double[] maximise(double[] statistics);

    /** Logarithm of the prior density of these parameters, up to a constant; 0 without a prior. */
    default double logPrior() { return 0; }

    /** Parameters to begin learning at, drawn at random with a view to the data. */
    double[] randomParameters(List<double[][]> sequences, Rng rng);

    /** Any distributions, one a state, as they are: learning moves the transitions and leaves these alone. */
    static Emissions of(Distribution... distributions) { return new FixedEmissions(List.of(distributions)); }
}
