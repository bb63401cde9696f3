package lyceum.learn.linear;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.LinearMap;
import lyceum.linalg.Lsqr;
import lyceum.linalg.NonNegativeLeastSquares;
import lyceum.optim.Lbfgs;
import lyceum.tensor.Tensor;

/**
 * {@code sqrt(w) (X - 1 m')} with columns of length 1, known by its products: what iterative solvers want, and sparse rows stay sparse. The intercept is what the
 * means leave.
 *
 * @param means m, weighted; zeros without an intercept
 * @param lengths of the centred columns; infinite for one without spread
 * @param roots {@code sqrt(w)}
 */
record CentredRows(LinearMap x, Tensor y, Tensor weights, boolean intercept, double[] means, double[] lengths, double[] roots) {
    /** @param squares {@code sum w x^2} of each column: only the scale hangs on their last digits */
    static CentredRows of(LinearMap x, double[] squares, Tensor y, Tensor weights, boolean intercept) {
        double[] w = weights.toDoubleArray(), means = new double[x.cols()], lengths = new double[x.cols()];
        double total = Arrays.stream(w).sum();
        if (intercept) means = Arrays.stream(x.transposeTimes(w)).map(s -> s / total).toArray();
        for (int j = 0; j < lengths.length; j++) {
            double left = squares[j] - total * means[j] * means[j];
            lengths[j] = left > 1e-14 * squares[j] ? Math.sqrt(left) : Double.POSITIVE_INFINITY; // of a column without spread the slope is 0
        }
        return new CentredRows(x, y, weights, intercept, means, lengths, Arrays.stream(w).map(Math::sqrt).toArray());
    }

    private double[] times(double[] b) {
        var scaled = new double[b.length];
        double shift = 0;
        for (int j = 0; j < b.length; j++) {
            scaled[j] = b[j] / lengths[j];
            shift += scaled[j] * means[j];
        }
        double[] out = x.times(scaled);
        for (int i = 0; i < out.length; i++) out[i] = roots[i] * (out[i] - shift);
        return out;
    }

    private double[] transposeTimes(double[] r) {
        var scaled = new double[r.length];
        double sum = 0;
        for (int i = 0; i < r.length; i++) sum += scaled[i] = roots[i] * r[i];
        double[] out = x.transposeTimes(scaled);
        for (int j = 0; j < out.length; j++) out[j] = (out[j] - sum * means[j]) / lengths[j];
        return out;
    }

    private LinearMap map() {
        return new LinearMap() {
            @Override public int rows() { return x.rows(); }

            @Override public int cols() { return x.cols(); }

            @Override public double[] times(double[] b) { return CentredRows.this.times(b); }

            @Override public double[] transposeTimes(double[] r) { return CentredRows.this.transposeTimes(r); }
        };
    }

    /** @param solver null for slopes of at least 0, from {@code dense} rows */
    LinearRegressionModel fit(LinearRegression.Solver solver, Tensor dense) {
        boolean several = y.rank() == 2;
        var targets = y.reshape(y.size(0), -1);
        int m = (int) targets.size(1), p = x.cols();
        Tensor mean = intercept ? weights.div(weights.sum()).matmul(targets) : Tensor.zeros(DType.F64, m);
        Tensor sides = targets.sub(mean).mul(Tensor.of(roots).unsqueeze(1)).compute(), scale = Tensor.of(lengths);
        var slopes = new Tensor[m];
        for (int o = 0; o < m; o++) {
            var side = sides.select(1, o).contiguous();
            Tensor b = solver == null
                    ? NonNegativeLeastSquares.solve(dense.sub(Tensor.of(means)).mul(Tensor.of(roots).unsqueeze(1)).div(scale), side)
                    : solver == LinearRegression.Solver.LSQR ? new Lsqr().solve(map(), side).x() : byGradient(side.toDoubleArray());
            slopes[o] = b.div(scale).unsqueeze(0);
        }
        Tensor b = Tensor.concat(0, slopes), constant = mean.sub(b.matmul(Tensor.of(means)));
        var fitted = new double[m][];
        for (int o = 0; o < m; o++) fitted[o] = x.times(b.select(0, o).toDoubleArray());
        var values = Tensor.of(fitted).transpose().add(constant).compute();
        if (!several) return new LinearRegressionModel(b.reshape(p).compute(), constant.reshape().compute(), intercept, 0, null,
                values.reshape(-1), y.sub(values.reshape(-1)).compute(), null, weights);
        return new LinearRegressionModel(b.compute(), constant.compute(), intercept, 0, null, values, y.sub(values).compute(), null,
                weights);
    }

    /** Half of the digits drown in a quadratic's value; what a descent leaves is minimised again beside its own size. */
    private Tensor byGradient(double[] side) {
        var descent = new Lbfgs().withMaxIterations(20_000).withMaxEvaluations(100_000).withGradientTolerance(1e-9);
        double[] b = new double[x.cols()], r = side.clone();
        for (int round = 0; round < 3; round++) {
            double[] left = transposeTimes(r);
            double size = 0;
            for (double g : left) size = Math.max(size, Math.abs(g));
            if (size == 0) break;
            for (int j = 0; j < left.length; j++) left[j] /= size;
            double[] step = descent.minimize((d, gradient) -> { // |X d|^2 / 2 - d . left
                double[] xd = times(d), g = transposeTimes(xd);
                double value = 0;
                for (double v : xd) value += v * v / 2;
                for (int j = 0; j < d.length; j++) {
                    value -= d[j] * left[j];
                    gradient[j] = g[j] - left[j];
                }
                return value;
            }, new double[b.length]).x();
            for (int j = 0; j < b.length; j++) b[j] += size * step[j];
            double[] fitted = times(b);
            for (int i = 0; i < r.length; i++) r[i] = side[i] - fitted[i];
        }
        return Tensor.of(b);
    }
}
