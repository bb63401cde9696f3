package lyceum.learn.linear;

import lyceum.tensor.Tensor;

/**
 * What {@link StreamedLinearRegression} has fitted.
 *
 * @param coefficients slopes (p), or (m x p) for m targets
 * @param intercept (), or (m)
 * @param rows that were seen; such of weight 0 do not count
 * @param rank of the design, the constant column included
 * @param covarianceFactor {@code (A'WA)^+}, the intercept first
 * @param variance of the noise, {@code rss / (rows - rank)}, () or (m)
 */
public record StreamedLinearModel(Tensor coefficients, Tensor intercept, boolean hasIntercept, long rows, int rank, Tensor covarianceFactor,
        Tensor variance) implements LinearModel {
    /** Standard errors, the intercept's first if there is one: (q), or (m x q). */
    public Tensor standardErrors() {
        var shape = covarianceFactor.diagonal().sqrt();
        return variance.rank() == 0 ? shape.mul(variance.sqrt()).compute() : variance.sqrt().unsqueeze(1).mul(shape).compute();
    }
}
