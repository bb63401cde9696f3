/**
 * Probability distributions, and the special functions under them.
 *
 * <p>Start with {@link lyceum.prob.UnivariateDistribution}: density, cdf, quantile, sampling, moments and entropy of a family, for a number or
 * element by element for a tensor. {@link lyceum.prob.MultivariateDistribution} is the same over vectors, {@link lyceum.math.Incomplete}
 * has the incomplete gamma and beta functions and their inverses. Families are records: {@code new Normal(0, 1).quantile(0.975)}. Logarithms are
 * natural and entropies in nats. {@link lyceum.prob.Truncated}, {@link lyceum.prob.Mixture}, {@link lyceum.prob.Transformed} and
 * {@link lyceum.prob.Independent} make new distributions of others, {@link lyceum.prob.FiniteDistribution} one of a sample.
 *
 * <p>{@link lyceum.prob.TensorDistribution} has tensors for parameters and is differentiable in them; the draws of a {@link lyceum.prob.Reparameterized}
 * one are as well, and {@link lyceum.prob.GradientEstimator} puts both ways to a gradient side by side.
 *
 * <p>{@link lyceum.prob.JointTable} holds several discrete variables together, {@link lyceum.prob.Autoregressive} tells a sequence by what comes
 * next ({@link lyceum.prob.MarkovChain}, {@link lyceum.prob.LinearAutoregression}), and {@link lyceum.prob.ProbabilitySpace} is what all of them stand on.
 */
package lyceum.prob;
