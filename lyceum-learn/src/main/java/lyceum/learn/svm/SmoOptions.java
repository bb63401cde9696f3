package lyceum.learn.svm;

import lyceum.withers.Withers;

/**
 * How the dual problems of support vector machines are solved: by sequential minimal optimisation.
 *
 * @param tolerance stop when no pair of variables violates the optimality conditions by more, in units of the decision function; 1e-3
 * @param maxIterations steps of two variables; 10 million. A model that stops here says so: {@code converged} is false
 * @param shrinking whether variables that stay at their bounds are set aside (true)
 * @param cacheMegabytes for rows of the Gram matrix, 500: all of it up to about 7,900 rows; each fit has one, folds that are fitted at once one each
 */
@Withers
public record SmoOptions(double tolerance, int maxIterations, boolean shrinking, int cacheMegabytes) implements SmoOptionsWithers {
    public SmoOptions {
        if (!(tolerance > 0)) throw new IllegalArgumentException("SmoOptions: tolerance is " + tolerance + "; it is positive");
        if (maxIterations < 1) throw new IllegalArgumentException("SmoOptions: maxIterations is " + maxIterations + "; it is at least 1");
        if (cacheMegabytes < 1)
            throw new IllegalArgumentException("SmoOptions: cacheMegabytes is " + cacheMegabytes + "; it is at least 1");
    }

    public SmoOptions() { this(1e-3, 10_000_000, true, 500); }
}
