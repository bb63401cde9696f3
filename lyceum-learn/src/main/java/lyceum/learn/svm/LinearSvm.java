package lyceum.learn.svm;

import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A linear support vector machine for many rows, sparse or dense: minimises {@code |w|^2 / 2 + c sum_i v_i max(0, 1 - y_i w . x_i)}, or
 * with the hinge squared. Time for a pass is proportional to the number of entries; no Gram matrix is formed.
 *
 * {@snippet :
 * var data = Datasets.breastCancer();
 * LinearSvmModel model = new LinearSvm(0.1).fit(data.x().sub(data.x().mean(0)).div(100), data.y());
 * }
 *
 * <p>The intercept is the weight of one more column, of ones times {@code interceptScale}, and so is penalised, unlike that of {@link
 * Svm}; a scale of 10 makes the penalty a hundredth. More than two classes: one against the rest.
 *
 * @param c the price of a slack, positive
 * @param loss {@link Loss#SQUARED_HINGE} by default
 * @param solver {@link Solver#DUAL} by default
 * @param interceptScale 1 by default; 0 for no intercept
 * @param tolerance the largest difference of projected gradients (dual), or the largest gradient (primal), over c; 1e-6
 * @param maxIterations passes; 10,000
 * @param seed of the order in which rows or columns are visited
 * @see <a href="https://doi.org/10.1145/1390156.1390208">Hsieh, Chang, Lin, Keerthi and Sundararajan (2008)</a>, the dual solver
 * @see <a href="https://www.jmlr.org/papers/v9/chang08a.html">Chang, Hsieh and Lin (2008)</a>, the primal solver
 */
@Withers
public record LinearSvm(double c, Loss loss, Solver solver, double interceptScale, double tolerance, int maxIterations, long seed)
        implements LinearSvmWithers, Classifier {
    /** What a row inside the street costs. */
    public enum Loss {
        HINGE, SQUARED_HINGE
    }

    /** Which variables are changed one after the other. */
    public enum Solver {
        /** One a row: best for more columns than rows, and for both losses. */
        DUAL,
        /** One a column, for {@link Loss#SQUARED_HINGE}. */
        PRIMAL
    }

    public LinearSvm {
        if (!(c > 0 && c < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("LinearSvm: c is " + c + "; it is positive and finite");
        Objects.requireNonNull(loss, "loss");
        Objects.requireNonNull(solver, "solver");
        if (solver == Solver.PRIMAL && loss == Loss.HINGE)
            throw new IllegalArgumentException("LinearSvm: the hinge has kinks; solver PRIMAL is for SQUARED_HINGE");
        if (!(interceptScale >= 0))
            throw new IllegalArgumentException("LinearSvm: interceptScale is " + interceptScale + "; it is at least 0");
        if (!(tolerance > 0)) throw new IllegalArgumentException("LinearSvm: tolerance is " + tolerance + "; it is positive");
        if (maxIterations < 1) throw new IllegalArgumentException("LinearSvm: maxIterations is " + maxIterations + "; it is at least 1");
    }

    public LinearSvm(double c) { this(c, Loss.SQUARED_HINGE, Solver.DUAL, 1, 1e-6, 10_000, 0); }

    @Override public Set<Tag> tags() { return Set.of(Tag.NO_PROBABILITIES, Tag.RANDOMISED); }

    @Override public LinearSvmModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public LinearSvmModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.severalLabels(labels);
        return fit(Csr.fromDense(input.x().to(DType.F64)), found, input.weights(weights));
    }

    /**
     * Fits to sparse rows.
     *
     * @param weights (n), or null
     */
    public LinearSvmModel fit(Csr x, Tensor labels, Tensor weights) {
        if (x.rows() == 0 || x.columns() == 0)
            throw new ShapeException("LinearSvm.fit: x is " + x.rows() + " x " + x.columns() + "; it needs rows and columns");
        if (!Double.isFinite(x.values().to(DType.F64).sum().item()))
            throw new IllegalArgumentException("LinearSvm.fit: x has a value that is not finite; fill or drop missing values first");
        // One column stands in for x: labels and weights are checked as for dense rows.
        var input = LearnerInput.forFit(this, Tensor.zeros(DType.F64, x.rows(), 1));
        return fit(x, input.severalLabels(labels), input.weights(weights));
    }

    private LinearSvmModel fit(Csr x, Labels labels, double[] w) {
        int n = labels.rows(), p = (int) x.columns(), k = labels.count() == 2 ? 1 : labels.count();
        var descent = new LinearSvmDescent(this, x);
        double[] coefficients = new double[k * p], intercepts = new double[k], y = new double[n], price = new double[n];
        for (int i = 0; i < n; i++) price[i] = c * w[i];
        int passes = 0;
        boolean converged = true;
        for (int m = 0; m < k; m++) {
            int positive = k == 1 ? 1 : m;
            for (int i = 0; i < n; i++) y[i] = labels.codes()[i] == positive ? 1 : -1;
            double[] solution = descent.solve(y, price);
            System.arraycopy(solution, 0, coefficients, m * p, p);
            intercepts[m] = solution[p] * interceptScale;
            passes = Math.max(passes, descent.passes);
            converged &= descent.converged;
        }
        if (!converged) System.getLogger(LinearSvm.class.getName()).log(System.Logger.Level.WARNING,
                "LinearSvm.fit: not converged after " + maxIterations + " passes; standardise the columns, lower c or raise maxIterations");
        return new LinearSvmModel(labels.classes(), k == 1 ? Tensor.of(coefficients) : Tensor.of(coefficients, k, p),
                k == 1 ? Tensor.scalar(intercepts[0]) : Tensor.of(intercepts), passes, converged);
    }
}
