package lyceum.learn.linear;

import lyceum.DType;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * The data of a lasso in the form that its solvers want: rows times the root of their share of the weight, so that the loss is {@code |y - X b|^2 / 2};
 * centred and scaled as the options say. Products of columns are computed once and kept.
 */
final class SparseProblem {
    final int p, targets;
    /** Columns, each as long as there are rows. */
    private final double[][] x;
    private final double[][] gram;
    /** {@code X'y} by feature and target, the squared length of each column (0: leave it alone), and of each target. */
    final double[][] correlation;
    final double[] norm, scale, meanX, meanY, squareY;
    /** Whether columns and targets were centred. */
    final boolean intercept;

    private SparseProblem(double[][] x, double[][] y, double[] scale, double[] meanX, double[] meanY, double[] raw, boolean intercept) {
        this.x = x;
        this.intercept = intercept;
        this.scale = scale;
        this.meanX = meanX;
        this.meanY = meanY;
        p = x.length;
        targets = y.length;
        norm = new double[p];
        squareY = new double[targets];
        correlation = new double[p][targets];
        for (int j = 0; j < p; j++) {
            norm[j] = dot(x[j], x[j]);
            // A constant column is noise of rounding once it is centred.
            if (norm[j] <= 1e-24 * raw[j]) norm[j] = 0;
            for (int o = 0; o < targets; o++) correlation[j][o] = norm[j] == 0 ? 0 : dot(x[j], y[o]);
        }
        for (int o = 0; o < targets; o++) squareY[o] = dot(y[o], y[o]);
        gram = new double[p][];
        int n = x[0].length;
        if (p <= 1000 && n >= p) {
            var columns = Tensor.of(x);
            System.arraycopy(columns.matmul(columns.transpose()).toRows(), 0, gram, 0, p);
        }
    }

    static SparseProblem of(Learner learner, CoordinateDescent options, Tensor x, Tensor y, Tensor weights, boolean several) {
        var input = LearnerInput.forFit(learner, x);
        double[] w = input.weights(weights);
        double[][] columns = input.x().to(DType.F64).transpose().toRows();
        var t = (several ? input.targets(y) : input.target(y)).to(DType.F64);
        double[][] targets = t.rank() == 1 ? new double[][] {t.toDoubleArray()} : t.transpose().toRows();
        return of(options, columns, targets, w);
    }

    /** Overwrites the arrays of {@code columns} and {@code targets}. */
    static SparseProblem of(CoordinateDescent options, double[][] columns, double[][] targets, double[] w) {
        int p = columns.length, n = w.length;
        double total = 0;
        for (double v : w) total += v;
        double[] scale = new double[p], meanX = new double[p], meanY = new double[targets.length], raw = new double[p];
        var share = new double[n];
        for (int i = 0; i < n; i++) share[i] = w[i] / total;
        for (int j = 0; j < p; j++) {
            for (int i = 0; i < n; i++) raw[j] += share[i] * columns[j][i] * columns[j][i];
            meanX[j] = centre(columns[j], share, options.intercept());
            scale[j] = 1;
            if (!options.standardise()) continue;
            double square = dot(columns[j], columns[j]), mean = options.intercept() ? 0 : dot(columns[j], share);
            double deviation = Math.sqrt(Math.max(0, square - mean * mean));
            if (square <= 1e-24 * raw[j] || deviation == 0) continue;
            scale[j] = 1 / deviation;
            for (int i = 0; i < n; i++) columns[j][i] *= scale[j];
            raw[j] *= scale[j] * scale[j];
        }
        for (int o = 0; o < targets.length; o++) meanY[o] = centre(targets[o], share, options.intercept());
        return new SparseProblem(columns, targets, scale, meanX, meanY, raw, options.intercept());
    }

    /** Centres if asked, multiplies by the roots of the shares, returns the mean that was taken off. */
    private static double centre(double[] v, double[] share, boolean intercept) {
        double mean = 0;
        if (intercept) {
            for (int i = 0; i < v.length; i++) mean += share[i] * v[i];
            // Once more, for what rounding left.
            double rest = 0;
            for (int i = 0; i < v.length; i++) rest += share[i] * (v[i] - mean);
            mean += rest;
        }
        for (int i = 0; i < v.length; i++) v[i] = (v[i] - mean) * Math.sqrt(share[i]);
        return mean;
    }

    /** {@code X'x_k}. */
    double[] gram(int k) {
        if (gram[k] == null) {
            var column = new double[p];
            for (int j = 0; j < p; j++) column[j] = gram[j] != null ? gram[j][k] : dot(x[j], x[k]);
            gram[k] = column;
        }
        return gram[k];
    }

    /** The least strength at which every coefficient is 0. */
    double alphaMax(double l1Ratio, boolean positive) {
        double largest = 0;
        for (int j = 0; j < p; j++) {
            double square = 0;
            for (double c : correlation[j]) square += c * c;
            largest = Math.max(largest, positive ? correlation[j][0] : Math.sqrt(square));
        }
        return largest / l1Ratio;
    }

    /** The model with these coefficients of the prepared problem, by feature and target. */
    LassoModel model(double[][] b, boolean single, double alpha, double l1Ratio, LassoSolver.End end) {
        int m = targets;
        double[] slopes = new double[m * p], constants = new double[m];
        for (int o = 0; o < m; o++) {
            constants[o] = meanY[o];
            for (int j = 0; j < p; j++) {
                slopes[o * p + j] = b[j][o] * scale[j];
                constants[o] -= slopes[o * p + j] * meanX[j];
            }
        }
        return new LassoModel(single ? Tensor.of(slopes) : Tensor.of(slopes, m, p),
                single ? Tensor.scalar(constants[0]) : Tensor.of(constants), intercept, alpha, l1Ratio, end.gap(), end.iterations(),
                end.converged());
    }

    static double dot(double[] a, double[] b) {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        int i = 0, n = a.length;
        for (; i + 3 < n; i += 4) {
            s0 += a[i] * b[i];
            s1 += a[i + 1] * b[i + 1];
            s2 += a[i + 2] * b[i + 2];
            s3 += a[i + 3] * b[i + 3];
        }
        for (; i < n; i++) s0 += a[i] * b[i];
        return s0 + s1 + (s2 + s3);
    }
}
