package lyceum.causal;

import java.util.HashMap;

/**
 * Coefficients of an equation with instruments, and their errors.
 *
 * @param method which estimator
 * @param coefficients endogenous columns, constant, exogenous columns
 * @param residuals {@code y - X beta}, with X as observed and not as the first stage fits it
 * @param mapped for each coefficient the column that its normal equation multiplies by: X as fitted, in two stages; null for GMM
 * @param inverse of the normal equations' matrix; for GMM the covariance itself
 */
public record IvFit(String method, double[] coefficients, double[] residuals, double[][] mapped, double[][] inverse) {
    /** Errors of equal variance: {@code s^2 (Xhat^T X)^-1} with {@code s^2 = e^T e / (n - k)}. For GMM, robust. */
    public double[] standardErrors() {
        int n = residuals.length, k = coefficients.length;
        double scale = mapped == null ? 1 : InstrumentalVariables.dot(residuals, residuals) / (n - k);
        var errors = new double[k];
        for (int j = 0; j < k; j++) errors[j] = Math.sqrt(scale * inverse[j][j]);
        return errors;
    }

    /** Errors of any variance: White's sandwich with the factor {@code n / (n - k)}. */
    public double[] robustErrors() {
        var clusters = new int[residuals.length];
        for (int i = 0; i < clusters.length; i++) clusters[i] = i;
        int n = residuals.length;
        return sandwich(clusters, n / (n - (double) coefficients.length));
    }

    /** Errors that may be correlated within clusters, with the factor {@code G / (G - 1) (n - 1) / (n - k)} for G clusters. @param clusters one for each unit */
    public double[] clusterErrors(int[] clusters) {
        int n = residuals.length;
        if (clusters.length != n)
            throw new IllegalArgumentException("clusterErrors: " + clusters.length + " clusters for " + n + " observations");
        var seen = new HashMap<Integer, Integer>();
        var numbered = new int[n];
        for (int i = 0; i < n; i++) {
            seen.putIfAbsent(clusters[i], seen.size());
            numbered[i] = seen.get(clusters[i]);
        }
        double g = seen.size();
        if (g < 2) throw new IllegalArgumentException("clusterErrors: there is one cluster; at least 2 are needed");
        return sandwich(numbered, g / (g - 1) * (n - 1) / (n - coefficients.length));
    }

    private double[] sandwich(int[] clusters, double factor) {
        if (mapped == null) throw new IllegalStateException("GMM: its standardErrors are robust already");
        int k = coefficients.length, groups = 0;
        for (int c : clusters) groups = Math.max(groups, c + 1);
        var scores = new double[groups][k];
        for (int j = 0; j < k; j++) for (int i = 0; i < residuals.length; i++) scores[clusters[i]][j] += mapped[j][i] * residuals[i];
        var errors = new double[k];
        for (double[] score : scores) for (int j = 0; j < k; j++) {
            double moved = InstrumentalVariables.dot(inverse[j], score);
            errors[j] += moved * moved * factor;
        }
        for (int j = 0; j < k; j++) errors[j] = Math.sqrt(errors[j]);
        return errors;
    }

    /** A coefficient with its classical error. */
    public Effect effect(int j) { return new Effect(coefficients[j], standardErrors()[j]); }
}
