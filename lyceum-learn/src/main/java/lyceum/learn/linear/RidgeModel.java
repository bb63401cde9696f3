package lyceum.learn.linear;

import lyceum.tensor.Tensor;

/**
 * A fitted {@link Ridge}.
 *
 * @param coefficients slopes (p), or (m x p) for m targets
 * @param intercept (), or (m)
 * @param alpha the strength used; NaN if each target had its own
 */
public record RidgeModel(Tensor coefficients, Tensor intercept, double alpha) implements LinearModel {}
