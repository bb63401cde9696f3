/**
 * Minimisers. Over the parameters of a model, a step for each gradient: {@link lyceum.optim.Sgd} is the class to start from,
 * {@link lyceum.optim.Adam} and {@link lyceum.optim.AdamW} its kin; {@link lyceum.optim.Optimizer} is what they have in common. Over a flat
 * vector, from start to minimum: {@link lyceum.optim.Lbfgs} of an {@link lyceum.optim.Objective},
 * and {@link lyceum.optim.GradientDescent} to compare with and to look at.
 */
package lyceum.optim;
