package lyceum.learn.linear;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.prob.FisherF;
import lyceum.prob.StudentT;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link LinearRegression}.
 *
 * @param coefficients slopes (p), or (m x p) for m targets
 * @param intercept (), or (m)
 * @param hasIntercept whether it was fitted
 * @param rank of the (weighted) design, the constant column included; 0 where there is no table
 * @param covarianceFactor {@code (A'WA)^+}, the intercept first: times sigma^2 the covariance of the coefficients; null of iterative and positive fits,
 *        which have no table
 * @param fitted values of the rows that it was fitted on, in the shape of y
 * @param residuals {@code y - fitted}
 * @param hatDiagonal the leverage of each row (n), between 0 and 1, with sum {@code rank}; null where there is no table
 * @param weights of the rows (n)
 */
public record LinearRegressionModel(Tensor coefficients, Tensor intercept, boolean hasIntercept, int rank, Tensor covarianceFactor,
        Tensor fitted, Tensor residuals, Tensor hatDiagonal, Tensor weights) implements LinearModel {

    /**
     * Values with their standard errors and intervals, each of shape (n), or (n x m) for m targets.
     */
    public record Intervals(Tensor value, Tensor standardError, Tensor low, Tensor high) {}

    /** The inference table with 95% intervals, of the first target if there are several. */
    public RegressionSummary summary() { return summary(0, 0.95); }

    /**
     * The inference table of one target.
     *
     * @param target its column, 0 if there is one only
     * @param level of the intervals, in (0, 1)
     */
    public RegressionSummary summary(int target, double level) {
        checkLevel("summary", level);
        requireTable("summary");
        int m = targets();
        if (target < 0 || target >= m) throw new IllegalArgumentException("LinearRegressionModel.summary: target " + target + " of " + m);
        double[] r = column(residuals, target), f = column(fitted, target), w = weights.toDoubleArray();
        double n = 0, total = 0, mean = 0, logWeights = 0;
        for (int i = 0; i < r.length; i++) {
            if (w[i] == 0) continue;
            n++;
            total += w[i];
            mean += w[i] * (f[i] + r[i]);
            logWeights += Math.log(w[i]);
        }
        mean = hasIntercept ? mean / total : 0;
        double rss = 0, tss = 0;
        for (int i = 0; i < r.length; i++) {
            rss += w[i] * r[i] * r[i];
            tss += w[i] * (f[i] + r[i] - mean) * (f[i] + r[i] - mean);
        }
        int dfModel = rank - (hasIntercept ? 1 : 0), dfResidual = (int) n - rank;
        double variance = dfResidual > 0 ? rss / dfResidual : Double.NaN, r2 = 1 - rss / tss;
        double statistic = (tss - rss) / dfModel / variance;
        double p = statistic >= 0 && dfModel > 0 ? new FisherF(dfModel, dfResidual).survival(statistic) : Double.NaN;
        double likelihood = -n / 2 * (Math.log(2 * Math.PI * rss / n) + 1) + logWeights / 2;
        return new RegressionSummary(table(target, variance, dfResidual, level), r2,
                1 - (1 - r2) * (n - (hasIntercept ? 1 : 0)) / dfResidual, Math.sqrt(variance), statistic, p, dfModel, dfResidual,
                likelihood, 2 * rank - 2 * likelihood, Math.log(n) * rank - 2 * likelihood, rank < covarianceFactor.size(0));
    }

    private CoefficientTable table(int target, double variance, int df, double level) {
        double[] slopes = coefficients.rank() == 1 ? coefficients.toDoubleArray() : coefficients.select(0, target).toDoubleArray();
        double constant = intercept.rank() == 0 ? intercept.item() : intercept.item(target);
        var names = CoefficientTable.names(slopes.length, hasIntercept);
        double reach = df > 0 ? new StudentT(df).upperQuantile((1 - level) / 2) : Double.NaN;
        var rows = new ArrayList<CoefficientTable.Coefficient>();
        for (int j = 0; j < names.size(); j++) {
            double b = !hasIntercept ? slopes[j] : j == 0 ? constant : slopes[j - 1];
            double error = Math.sqrt(variance * covarianceFactor.item(j, j)), t = b / error;
            double p = df > 0 && !Double.isNaN(t) ? 2 * new StudentT(df).survival(Math.abs(t)) : Double.NaN;
            rows.add(new CoefficientTable.Coefficient(names.get(j), b, error, t, p, b - reach * error, b + reach * error));
        }
        return new CoefficientTable("t", level, rows);
    }

    /** The mean of y at each row of {@code x}, with the interval that holds it at this level; shrinks to nothing as rows are added. */
    public Intervals meanInterval(Tensor x, double level) { return intervals(x, level, 0); }

    /** The interval that holds one new observation (of weight 1) at each row of {@code x}; the error is of the difference from the prediction. */
    public Intervals predictionInterval(Tensor x, double level) { return intervals(x, level, 1); }

    private Intervals intervals(Tensor x, double level, double own) {
        checkLevel(own == 0 ? "meanInterval" : "predictionInterval", level);
        requireTable(own == 0 ? "meanInterval" : "predictionInterval");
        var rows = LearnerInput.forModel(this, x).x().to(DType.F64);
        var design = hasIntercept ? Tensor.concat(1, Tensor.ones(DType.F64, rows.size(0), 1), rows) : rows;
        var spread = design.matmul(covarianceFactor).mul(design).sum(1).add(own).sqrt();
        int m = targets();
        var sigma = new double[m];
        int df = 0;
        for (int o = 0; o < m; o++) {
            var summary = summary(o, level);
            sigma[o] = summary.sigma();
            df = summary.dfResidual();
        }
        var value = predict(rows);
        var error = value.rank() == 1 ? spread.mul(sigma[0]) : spread.unsqueeze(1).mul(Tensor.of(sigma));
        var reach = error.mul(df > 0 ? new StudentT(df).upperQuantile((1 - level) / 2) : Double.NaN);
        return new Intervals(value, error, value.sub(reach), value.add(reach));
    }

    private int targets() { return coefficients.rank() == 1 ? 1 : (int) coefficients.size(0); }

    private static double[] column(Tensor values, int target) {
        return values.rank() == 1 ? values.toDoubleArray() : values.select(1, target).toDoubleArray();
    }

    private void requireTable(String method) {
        if (covarianceFactor == null) throw new LyceumException("LinearRegressionModel." + method
                + ": an iterative, sparse or positive fit has coefficients only; errors and intervals come with the solvers QR, SVD and CHOLESKY");
    }

    private static void checkLevel(String method, double level) {
        if (!(level > 0 && level < 1)) throw new IllegalArgumentException(
                "LinearRegressionModel." + method + ": level is " + level + "; it lies between 0 and 1, such as 0.95");
    }
}
