/**
 * Bayesian computation: posteriors in closed form, by sampling and by optimisation.
 *
 * <p>Start with {@link lyceum.bayes.LogDensity}, the log of a posterior up to a constant, and {@link lyceum.bayes.Mcmc}, which draws from it;
 * for graphical models with {@link lyceum.bayes.BayesianNetwork}. {@link lyceum.bayes.ImportanceSampling} weights the draws of one density for
 * another, {@link lyceum.bayes.SufficientStatistics} keeps of a sample what its likelihood needs.
 */
package lyceum.bayes;
