package lyceum.optim;

/**
 * Where a solver arrived, whatever it solved: its best point, the value there, and why it stopped. A {@link Minimum} adds the gradient, an
 * {@link Optimum} the multipliers of its constraints and how far it is from the conditions of Karush, Kuhn and Tucker.
 */
public sealed interface Solution permits Minimum, Optimum {
    /** The point. */
    double[] x();

    /** The objective there. */
    double value();

    /** Steps taken; of a solver in rounds, its outer ones. */
    int iterations();

    /** Why it stopped. */
    StopReason stop();

    /** True if it stopped because a tolerance was met, not because it ran out of something. */
    default boolean converged() { return stop().converged(); }
}
