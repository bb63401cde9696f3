package lyceum.learn.decomposition;

import java.util.Arrays;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Eigen;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.linalg.SymmetricEigen;
import lyceum.optim.Box;
import lyceum.optim.Lbfgs;
import lyceum.tensor.Tensor;

/**
 * The likelihood of factor analysis as a function of the uniquenesses psi alone. With the eigenvalues l of {@code R* = psi^-1/2 R psi^-1/2} the best
 * loadings are {@code psi^1/2 U_k (l_k - 1)^1/2}, and what is left to minimise is {@code f = sum_{j > k} l_j - log l_j - 1} (Joreskog 1967), whose
 * gradient is {@code diag(L L^T + psi - R) / psi^2}.
 */
final class UniquenessSearch {
    private final FactorAnalysis learner;
    private final int p, k;
    /** Deviations, and the correlations; for a tied fit 1 and the covariance over its mean variance. */
    private final double[] deviation;
    private final double[][] r;

    UniquenessSearch(FactorAnalysis learner, double[][] covariance) {
        this.learner = learner;
        this.p = covariance.length;
        this.k = learner.factors();
        double mean = 0;
        for (int j = 0; j < p; j++) mean += covariance[j][j] / p;
        if (!(mean > 0)) mean = 1e-300;
        this.deviation = new double[p];
        this.r = new double[p][p];
        // A column without variance keeps a trace of it, so that densities exist.
        for (int j = 0; j < p; j++) deviation[j] = Math.sqrt(learner.tied() ? mean : Math.max(covariance[j][j], 1e-10 * mean));
        for (int i = 0; i < p; i++) for (int j = 0; j < p; j++) r[i][j] = covariance[i][j] / (deviation[i] * deviation[j]);
        if (!learner.tied()) for (int j = 0; j < p; j++) r[j][j] = 1;
    }

    private SymmetricEigen scaled(double[] psi) {
        var s = new double[p][p];
        for (int i = 0; i < p; i++) for (int j = 0; j < p; j++) s[i][j] = r[i][j] / Math.sqrt(psi[i] * psi[j]);
        return Eigen.symmetric(Tensor.of(s));
    }

    private double[] spread(double[] theta) {
        if (!learner.tied()) return theta;
        var psi = new double[p];
        Arrays.fill(psi, theta[0]);
        return psi;
    }

    /** {@code L} (p x k) for these uniquenesses. */
    private double[][] loadings(double[] psi, SymmetricEigen eigen) {
        double[] values = eigen.values().toDoubleArray();
        double[][] vectors = eigen.vectors().toRows(), loadings = new double[p][k];
        for (int c = 0; c < k; c++) {
            double size = Math.sqrt(Math.max(0, values[p - 1 - c] - 1));
            for (int j = 0; j < p; j++) loadings[j][c] = Math.sqrt(psi[j]) * vectors[j][p - 1 - c] * size;
        }
        return loadings;
    }

    private double at(double[] theta, double[] gradient) {
        double[] psi = spread(theta);
        var eigen = scaled(psi);
        double[] values = eigen.values().toDoubleArray();
        double f = 0;
        for (int c = 0; c < p - k; c++) {
            double l = Math.max(values[c], 1e-300);
            f += l - Math.log(l) - 1;
        }
        double[][] loadings = loadings(psi, eigen);
        Arrays.fill(gradient, 0);
        for (int j = 0; j < p; j++) {
            double own = psi[j] - r[j][j];
            for (double v : loadings[j]) own += v * v;
            gradient[learner.tied() ? 0 : j] += own / (psi[j] * psi[j]);
        }
        return f;
    }

    /** {@code (1 - k / 2p) / diag(R^-1)}, as in R. */
    private double[] start() {
        var start = new double[learner.tied() ? 1 : p];
        Arrays.fill(start, 0.5);
        if (learner.tied()) return start;
        try {
            var inverse = Cholesky.of(Tensor.of(r)).inverse();
            for (int j = 0; j < p; j++) start[j] = (1 - 0.5 * k / p) / inverse.item(j, j);
        } catch (NotPositiveDefiniteException e) {
            // Singular correlations: any start does.
        }
        return start;
    }

    FactorModel run(Tensor mean, double rows) {
        double least = learner.tied() ? 1e-10 : learner.leastUniqueness();
        double[] start = start();
        var found = new Lbfgs().withMaxIterations(learner.maxIterations()).withGradientTolerance(learner.tolerance())
                .withHistory(Math.min(20, start.length)).minimize(this::at, start, Box.of(start.length, least, learner.tied() ? 10 : 1));
        double[] psi = spread(found.x());
        double[][] loadings = loadings(psi, scaled(psi));
        for (int j = 0; j < p; j++) {
            for (int c = 0; c < k; c++) loadings[j][c] *= deviation[j];
            psi[j] *= deviation[j] * deviation[j];
        }
        double logDet = 0;
        for (double d : deviation) logDet += 2 * Math.log(d);
        // f compares with the saturated model: minus twice the mean log-likelihood is f + log|S| + p + p log 2 pi.
        double saturated = logDet + p + p * Math.log(2 * Math.PI), logDetR = 0;
        for (double l : Eigen.symmetricValues(Tensor.of(r)).toDoubleArray()) logDetR += Math.log(Math.max(l, 1e-300));
        double likelihood = -0.5 * (found.value() + saturated + logDetR);
        return FactorModel.of(mean, Tensor.of(loadings), psi, rows, found.value(), learner.tied(), new double[] {likelihood},
                found.iterations(), found.converged());
    }
}
