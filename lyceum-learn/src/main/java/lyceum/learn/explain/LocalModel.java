package lyceum.learn.explain;

/**
 * A linear model that imitates another around one row.
 *
 * @param intercept at column values 0
 * @param coefficients in the columns' own units
 * @param fidelity weighted R2 against the outputs it was fitted to
 */
public record LocalModel(double intercept, double[] coefficients, double fidelity) {}
