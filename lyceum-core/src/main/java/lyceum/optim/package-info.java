/**
 * Minimisers over a flat vector, from start to minimum: {@link lyceum.optim.Lbfgs} of an {@link lyceum.optim.Objective}.
 */
package lyceum.optim;
