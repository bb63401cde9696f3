package lyceum.learn.svm;

import java.util.Set;
import lyceum.DType;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.PrecomputedKernel;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Support vector regression: the flattest function that misses targets by at most epsilon, larger misses at a price. Minimises
 * {@code |w|^2 / 2 + c sum_i w_i max(0, |y_i - f(x_i)| - epsilon)}; rows inside the tube have no part in the function.
 *
 * {@snippet :
 * Tensor x = Tensor.linspace(0, 6, 80).unsqueeze(1), y = x.select(1, 0).sin();
 * SvmRegressorModel model = new SvmRegressor(new Rbf(1.0), 10, 0.05).fit(x, y);
 * }
 *
 * @param kernel a valid one
 * @param c the price, positive
 * @param epsilon half the width of the tube, in units of y; at least 0
 * @param solver tolerance, cache
 * @see <a href="https://doi.org/10.1023/B:STCO.0000035301.49549.88">Smola and Schölkopf (2004)</a>
 */
@Withers
public record SvmRegressor(KernelFunction kernel, double c, double epsilon, @Withers.Flat SmoOptions solver)
        implements SvmRegressorWithers, Regressor {
    public SvmRegressor {
        if (!(c > 0 && c < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("SvmRegressor: c is " + c + "; it is positive and finite");
        if (!(epsilon >= 0)) throw new IllegalArgumentException("SvmRegressor: epsilon is " + epsilon + "; it is at least 0");
    }

    public SvmRegressor(KernelFunction kernel, double c, double epsilon) { this(kernel, c, epsilon, new SmoOptions()); }

    @Override public Set<Tag> tags() { return kernel instanceof PrecomputedKernel ? Set.of(Tag.PAIRWISE) : Set.of(); }

    @Override public SvmRegressorModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public SvmRegressorModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] w = input.weights(weights), z = input.target(y).to(DType.F64).toDoubleArray();
        var rows = input.x().to(DType.F64).copy();
        int n = z.length;
        // Two variables a row: what pulls the function up, and what pulls it down.
        var index = new int[2 * n];
        double[] sign = new double[2 * n], bound = new double[2 * n], p = new double[2 * n], alpha = new double[2 * n];
        for (int i = 0; i < n; i++) {
            index[i] = index[n + i] = i;
            sign[i] = 1;
            sign[n + i] = -1;
            bound[i] = bound[n + i] = c * w[i];
            p[i] = epsilon - z[i];
            p[n + i] = epsilon + z[i];
        }
        var gram = new GramRows(kernel, rows.toRows(), 1_000_000L * solver.cacheMegabytes());
        var smo = new Smo(gram, index, sign, bound, p, alpha, false, solver);
        if (!smo.converged) Smo.warn(input.operation(), solver, smo.violation);
        var coefficients = new double[1][n];
        for (int i = 0; i < n; i++) coefficients[0][i] = alpha[i] - alpha[n + i];
        var support = SupportVectors.of(kernel, rows, coefficients, new double[] {smo.intercept(0)});
        return new SvmRegressorModel(support, smo.objective(), smo.violation, smo.converged);
    }
}
