package lyceum.learn.linear;

import java.util.List;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/**
 * Lasso or elastic-net solutions along descending strengths.
 *
 * @param alphas (k), descending
 * @param coefficients (k x p)
 * @param intercepts (k)
 * @param hasIntercept whether they were fitted
 * @param l1Ratio of the penalty
 * @param dualityGaps (k), as parts of the mean square of y
 * @param converged whether the tolerance was reached at each strength
 */
public record LassoPath(Tensor alphas, Tensor coefficients, Tensor intercepts, boolean hasIntercept, double l1Ratio, Tensor dualityGaps,
        List<Boolean> converged) {

    static LassoPath of(SparseProblem problem, CoordinateDescent options, double l1Ratio, double[] alphas) {
        int k = alphas.length, p = problem.p;
        if (k == 0) throw new IllegalArgumentException("Lasso.path: there are no alphas");
        double[] coefficients = new double[k * p], intercepts = new double[k], gaps = new double[k];
        var converged = new Boolean[k];
        var descent = new LassoSolver(problem, options);
        for (int i = 0; i < k; i++) {
            if (!(alphas[i] > 0) || i > 0 && alphas[i] > alphas[i - 1])
                throw new IllegalArgumentException("Lasso.path: alpha " + i + " is " + alphas[i] + "; alphas are positive and descend");
            var end = descent.solve(alphas[i] * l1Ratio, alphas[i] * (1 - l1Ratio));
            var model = problem.model(descent.coefficients(), true, alphas[i], l1Ratio, end);
            System.arraycopy(model.coefficients().toDoubleArray(), 0, coefficients, i * p, p);
            intercepts[i] = model.intercept().item();
            gaps[i] = end.gap();
            converged[i] = end.converged();
        }
        return new LassoPath(Tensor.of(alphas), Tensor.of(coefficients, k, p), Tensor.of(intercepts), problem.intercept, l1Ratio,
                Tensor.of(gaps), List.of(converged));
    }

    /** {@code count} strengths in equal ratios from {@code top} to {@code least} times it. */
    static double[] grid(double top, int count, double least) {
        if (count < 1) throw new IllegalArgumentException("Lasso.path: " + count + " alphas; at least 1 is needed");
        if (!(least > 0 && least < 1))
            throw new IllegalArgumentException("Lasso.path: the least alpha is " + least + " times the largest; it lies between 0 and 1");
        // Where nothing correlates with y, any strength will do.
        double from = top > 0 ? top : 1;
        var alphas = new double[count];
        for (int i = 0; i < count; i++) alphas[i] = i == 0 ? from : from * Math.pow(least, (double) i / (count - 1));
        return alphas;
    }

    /** The model at {@code alphas[i]}. */
    public LassoModel model(int i) {
        return new LassoModel(coefficients.select(0, i).copy(), intercepts.select(0, i).copy(), hasIntercept, alphas.item(i), l1Ratio,
                dualityGaps.item(i), 0, converged.get(i));
    }

    /** How many features are in at each strength. */
    public int[] supportSizes() {
        int k = (int) alphas.count(), p = (int) coefficients.size(1);
        double[] b = coefficients.toDoubleArray();
        var sizes = new int[k];
        for (int i = 0; i < b.length; i++) if (b[i] != 0) sizes[i / p]++;
        return sizes;
    }

    /** Each coefficient over the strength. */
    public Figure figure(List<String> names) {
        double[] at = alphas.toDoubleArray();
        Plot plot = Figure.plot("Coefficients over the strength of the penalty").axes("alpha", "coefficient").logX();
        for (int j = 0; j < coefficients.size(1); j++)
            plot = plot.line(names.size() > j ? names.get(j) : "x" + j, at, coefficients.select(1, j).toDoubleArray());
        return plot.describedAs(
                "One line a feature: at the right every coefficient is 0, and as the penalty weakens to the left one after another leaves the axis.");
    }
}
