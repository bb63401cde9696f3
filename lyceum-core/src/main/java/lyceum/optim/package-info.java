/**
 * Minimisers. Over the parameters of a model, a step for each gradient: {@link lyceum.optim.Sgd} is the class to start from,
 * {@link lyceum.optim.Adam} and {@link lyceum.optim.AdamW} its kin; {@link lyceum.optim.Optimizer} is what they have in common, with a
 * {@link lyceum.optim.Schedule}, a {@link lyceum.optim.Clip} and a {@link lyceum.optim.WeightDecay}; {@link lyceum.optim.Muon} and {@link lyceum.optim.Shampoo} are for matrices,
 * {@link lyceum.optim.Kfac} for layers whose inputs it sees,
 * {@link lyceum.optim.Sam} wraps any of them, {@link lyceum.optim.GradientSurgery} joins tasks.
 *
 * <p>Over a flat vector, from start to minimum: {@link lyceum.optim.Lbfgs} of an {@link lyceum.optim.Objective}, and
 * {@link lyceum.optim.GradientDescent} to compare with and to look at; {@link lyceum.optim.Bfgs} and
 * {@link lyceum.optim.NonlinearConjugateGradient} are kin of the first, {@link lyceum.optim.Newton} takes a
 * {@link lyceum.optim.SecondOrderObjective}. Inside a {@link lyceum.optim.Box}: Lbfgs again. With a kinked part: {@link lyceum.optim.ProximalGradient}. In a set whose
 * corners are easier to find than its nearest points: {@link lyceum.optim.FrankWolfe}. Under constraints:
 * {@link lyceum.optim.InteriorPoint} for linear and quadratic programs, {@link lyceum.optim.AugmentedLagrangian} for others, both with multipliers
 * that {@link lyceum.optim.Kkt} checks; {@link lyceum.optim.ConvexProblem} chooses among them for what is written as
 * {@link lyceum.optim.Expression}s; {@link lyceum.optim.Convexity} tells what can be known of a function before.
 *
 * <p>What any of these returns is a {@link lyceum.optim.Solution}: point, value, steps, and why it stopped.
 *
 * <p>{@link lyceum.optim.LearningRateFinder} proposes a rate, {@link lyceum.optim.ConvergenceMonitor} says whether any of them has arrived.
 */
package lyceum.optim;
