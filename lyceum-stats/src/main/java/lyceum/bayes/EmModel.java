package lyceum.bayes;

/**
 * A model with something unseen, as {@link ExpectationMaximization} needs it: flat parameters, and the complete data's sufficient statistics in between.
 *
 * <p>With prior information the M step maximises log-likelihood plus log-prior, and {@link #objective} returns that sum.
 */
public interface EmModel {
    /** Number of observations. */
    int size();

    /**
     * E step: expected sufficient statistics of observations {@code from} (inclusive) to {@code to} (exclusive) under what {@code theta} says of the
     * unseen; sums, so that those of parts add up to those of the whole.
     */
    double[] expectation(double[] theta, int from, int to);

    /** M step: the parameters that are best for statistics of {@link #size()} observations. */
    double[] maximisation(double[] statistics);

    /** Log-likelihood of all observations, with the log-prior if there is one. What EM never lowers. */
    double objective(double[] theta);

    /**
     * The evidence lower bound, {@code E_q log p(x, z | theta) - E_q log q(z)} with {@code q = p(z | x, under)}, with the log-prior if there is one:
     * at most {@link #objective}, and equal to it where {@code under} is {@code theta}.
     */
    double bound(double[] theta, double[] under);

    /** True if theta is a possible parameter: acceleration asks before it goes there. */
    boolean allows(double[] theta);
}
