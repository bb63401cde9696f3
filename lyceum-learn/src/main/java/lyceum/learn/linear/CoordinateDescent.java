package lyceum.learn.linear;

import lyceum.withers.Withers;

/**
 * How a lasso or an elastic net is solved; the options that they share.
 *
 * @param intercept fit an unpenalised one (true by default)
 * @param positive keep every coefficient at 0 or above (false)
 * @param standardise penalise each coefficient as if its feature had standard deviation 1; what is returned is in the features' own units (false)
 * @param tolerance stop when the duality gap is below this part of the (weighted) mean square of y; 1e-10. Nearly always the solver ends sooner, at the exact solution
 *     of the linear system that holds on the support
 * @param maxIterations passes over the working set, 10,000
 */
@Withers
public record CoordinateDescent(boolean intercept, boolean positive, boolean standardise, double tolerance, int maxIterations)
        implements CoordinateDescentWithers {
    public CoordinateDescent {
        if (!(tolerance >= 0)) throw new IllegalArgumentException("CoordinateDescent: tolerance is " + tolerance + "; it is at least 0");
        if (maxIterations < 1)
            throw new IllegalArgumentException("CoordinateDescent: maxIterations is " + maxIterations + "; it is at least 1");
    }

    public CoordinateDescent() { this(true, false, false, 1e-10, 10_000); }
}
