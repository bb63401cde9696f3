package lyceum.learn.linear;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link Lasso}, {@link ElasticNet}, {@link MultiTaskLasso} or {@link LassoLars}.
 *
 * @param coefficients slopes (p), or (m x p) for m targets; 0 is exactly 0
 * @param intercept (), or (m)
 * @param hasIntercept whether it was fitted; it may then still be 0
 * @param dualityGap how far the objective can be above its minimum, as a part of the mean square of y
 * @param iterations passes made
 * @param converged whether the tolerance was reached
 */
public record LassoModel(Tensor coefficients, Tensor intercept, boolean hasIntercept, double alpha, double l1Ratio, double dualityGap,
        int iterations, boolean converged) implements LinearModel {

    LassoModel warned() {
        if (!converged) {
            System.getLogger(LassoModel.class.getName()).log(System.Logger.Level.WARNING,
                    "lasso: after " + iterations + " passes the duality gap is " + dualityGap
                            + " of the mean square of y; raise maxIterations or alpha, or standardise the features");
        }
        return this;
    }

    /** The features whose coefficient is not 0 (of any target), ascending. */
    public int[] support() {
        int p = nFeatures();
        double[] b = coefficients.toDoubleArray();
        return IntStream.range(0, p).filter(j -> {
            for (int at = j; at < b.length; at += p) if (b[at] != 0) return true;
            return false;
        }).toArray();
    }

    /**
     * Least squares on the {@link #support} alone: the same features without the shrinking. Its standard errors, were one to compute them, would not
     * know that the features were chosen by the same data.
     *
     * @param weights may be null
     */
    public LassoModel debiased(Tensor x, Tensor y, Tensor weights) {
        var rows = LearnerInput.forModel(this, x).x();
        int[] support = support();
        int p = nFeatures(), m = coefficients.rank() == 1 ? 1 : (int) coefficients.size(0);
        // With no feature left a column of zeros stands in, so that the intercept is the mean.
        var chosen = support.length == 0 ? Tensor.zeros(DType.F64, rows.size(0), 1)
                : rows.to(DType.F64).transpose().rows(support).transpose();
        var refit = new LinearRegression().withIntercept(hasIntercept).fit(chosen, y, weights);
        double[] b = refit.coefficients().toDoubleArray(), all = new double[m * p];
        for (int o = 0; o < m; o++) for (int k = 0; k < support.length; k++) all[o * p + support[k]] = b[o * support.length + k];
        return new LassoModel(m == 1 && coefficients.rank() == 1 ? Tensor.of(all) : Tensor.of(all, m, p), refit.intercept(), hasIntercept,
                alpha, l1Ratio, Double.NaN, iterations, converged);
    }

    /** {@link #debiased(Tensor, Tensor, Tensor)} with equal weights. */
    public LassoModel debiased(Tensor x, Tensor y) { return debiased(x, y, null); }

    @Override public String toString() {
        return "LassoModel[alpha=" + alpha + ", l1Ratio=" + l1Ratio + ", support=" + Arrays.toString(support()) + "]";
    }
}
