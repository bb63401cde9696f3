package lyceum.learn.linear;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.prob.Normal;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link LogisticRegression}.
 *
 * @param classes the labels, ascending
 * @param coefficients (p) for two classes, towards {@code classes[1]}; (K x p) for more
 * @param intercept (), or (K)
 * @param hasIntercept whether it was fitted
 * @param covariance of the coefficients, intercept last (the inverse Hessian); null with a penalty or more than two classes
 * @param logLikelihood weighted, at the solution
 * @param nullLogLikelihood of the weighted class shares alone
 * @param rows rows of positive weight
 * @param iterations that the solver made
 * @param converged whether it reached its tolerance
 * @param separation whether the classes are split by a plane; found for unpenalised fits only
 * @param separatedAt the Newton step that showed it; 0 if it was not found
 */
public record LogisticModel(long[] classes, Tensor coefficients, Tensor intercept, boolean hasIntercept, Tensor covariance,
        double logLikelihood, double nullLogLikelihood, int rows, int iterations, boolean converged, Separation separation, int separatedAt)
        implements ClassificationModel {

    static LogisticModel of(LogisticProblem problem, LogisticSolution solution, long[] classes, Tensor covariance) {
        int q = problem.width, p = q - (problem.intercept ? 1 : 0), outputs = problem.outputs;
        double[] slopes = new double[outputs * p], constants = new double[outputs], b = solution.b();
        for (int k = 0; k < outputs; k++) {
            System.arraycopy(b, k * q, slopes, k * p, p);
            if (problem.intercept) constants[k] = b[k * q + p];
        }
        double penalty = 0;
        for (double v : slopes) penalty += problem.l2 / 2 * v * v;
        var share = new double[problem.classes];
        int rows = 0;
        for (int i = 0; i < problem.codes.length; i++) {
            share[problem.codes[i]] += problem.weights[i];
            if (problem.weights[i] > 0) rows++;
        }
        double none = 0;
        for (double s : share) none += s > 0 ? s * Math.log(s / problem.totalWeight) : 0;
        return new LogisticModel(classes, outputs == 1 ? Tensor.of(slopes) : Tensor.of(slopes, outputs, p),
                outputs == 1 ? Tensor.scalar(constants[0]) : Tensor.of(constants), problem.intercept, covariance,
                penalty - problem.at(b).value(), none, rows, solution.iterations(), solution.converged(), solution.separation(),
                solution.separatedAt());
    }

    @Override public long[] classes() { return classes.clone(); }

    @Override public int nFeatures() { return (int) coefficients.size(coefficients.rank() - 1); }

    /** The coefficients as the solvers lay them out. */
    double[] flat() {
        int p = nFeatures(), outputs = coefficients.rank() == 1 ? 1 : (int) coefficients.size(0), q = p + (hasIntercept ? 1 : 0);
        double[] slopes = coefficients.toDoubleArray(), constants = intercept.reshape(-1).toDoubleArray(), b = new double[outputs * q];
        for (int k = 0; k < outputs; k++) {
            System.arraycopy(slopes, k * p, b, k * q, p);
            if (hasIntercept) b[k * q + p] = constants[k];
        }
        return b;
    }

    /** The linear scores: log odds for two classes (n), unnormalised log probabilities (n x K) for more. */
    @Override public Tensor decisionFunction(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return scores(rows.to(DType.F64)).to(rows.dtype());
    }

    private Tensor scores(Tensor rows) {
        return rows.matmul(coefficients.rank() == 1 ? coefficients : coefficients.transpose()).add(intercept);
    }

    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return probabilities(scores(rows.to(DType.F64))).to(rows.dtype());
    }

    private static Tensor probabilities(Tensor scores) {
        // Each side by its own sigmoid: the small one keeps its digits.
        return scores.rank() == 1 ? Tensor.stack(1, scores.neg().sigmoid(), scores.sigmoid()) : scores.softmax(1);
    }

    @Override public Tensor predict(Tensor x) { return Labels.choose(classes, scores(LearnerInput.forModel(this, x).x().to(DType.F64))); }

    /** {@link #decisionFunction(Tensor)} of sparse rows, F64. */
    public Tensor decisionFunction(Csr x) {
        if (x.columns() != nFeatures())
            throw new ShapeException("LogisticModel: x has " + x.columns() + " columns; the model was fitted on " + nFeatures());
        boolean binary = coefficients.rank() == 1;
        var scores = x.matmul((binary ? coefficients.unsqueeze(1) : coefficients.transpose()).to(x.dtype())).to(DType.F64);
        return (binary ? scores.reshape(-1) : scores).add(intercept);
    }

    /** {@link #predictProba(Tensor)} of sparse rows, F64. */
    public Tensor predictProba(Csr x) { return probabilities(decisionFunction(x)); }

    /** {@link #predict(Tensor)} of sparse rows. */
    public Tensor predict(Csr x) { return Labels.choose(classes, decisionFunction(x)); }

    /** The inference table with 95% Wald intervals. */
    public LogisticSummary summary() { return summary(0.95); }

    /**
     * The inference table: estimates, standard errors, Wald z, p, intervals, odds ratios, deviance.
     *
     * @throws UnsupportedOperationException for penalised fits, which have no such errors, and for more than two classes
     */
    public LogisticSummary summary(double level) {
        if (covariance == null) throw new UnsupportedOperationException(
                "LogisticModel.summary: standard errors are for two classes without a penalty; fit with unpenalised()");
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("LogisticModel.summary: level is " + level + "; it lies between 0 and 1, such as 0.95");
        int p = nFeatures();
        double[] b = flat();
        var names = CoefficientTable.names(p, hasIntercept);
        double reach = Normal.STANDARD.upperQuantile((1 - level) / 2);
        var table = new ArrayList<CoefficientTable.Coefficient>();
        for (int r = 0; r < b.length; r++) {
            int at = !hasIntercept ? r : r == 0 ? p : r - 1;
            double error = Math.sqrt(covariance.item(at, at)), z = b[at] / error;
            table.add(new CoefficientTable.Coefficient(names.get(r), b[at], error, z, 2 * Normal.STANDARD.survival(Math.abs(z)),
                    b[at] - reach * error, b[at] + reach * error));
        }
        return new LogisticSummary(new CoefficientTable("z", level, table), logLikelihood, nullLogLikelihood, rows, separation);
    }
}
