package lyceum.learn.linear;

import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link LassoCv}.
 *
 * @param model on all rows, at the chosen strength
 * @param alphas (k) strengths, descending
 * @param errors (k x folds) mean squared errors
 * @param bestAlpha where their mean is least
 * @param oneStandardErrorAlpha the largest alpha whose mean error is within one standard error of the least
 */
public record LassoCvModel(LassoModel model, Tensor alphas, Tensor errors, double bestAlpha, double oneStandardErrorAlpha)
        implements LinearModel {
    @Override public Tensor coefficients() { return model.coefficients(); }

    @Override public Tensor intercept() { return model.intercept(); }

    /** The chosen strength. */
    public double alpha() { return model.alpha(); }

    /** The features that are in, ascending. */
    public int[] support() { return model.support(); }

    /** The cross-validation curve, with the standard error over folds and both choices. */
    public Figure figure() {
        var curve = new ErrorCurve(alphas.toDoubleArray(), errors.toRows());
        int k = curve.strengths().length;
        double[] mean = new double[k], low = new double[k], high = new double[k];
        for (int i = 0; i < k; i++) {
            mean[i] = curve.mean(i);
            low[i] = mean[i] - curve.standardError(i);
            high[i] = mean[i] + curve.standardError(i);
        }
        return Figure.line("Cross-validated error over the strength", curve.strengths(), mean).named("mean over folds")
                .band("mean over folds", curve.strengths(), low, high).logX().axes("alpha", "mean squared error")
                .verticalLine(bestAlpha, "least").verticalLine(oneStandardErrorAlpha, "one standard error").describedAs(
                        "The error falls as the penalty weakens, is least at one strength and rises again or stays; a band of one standard error and the strongest penalty inside it are marked.");
    }
}
