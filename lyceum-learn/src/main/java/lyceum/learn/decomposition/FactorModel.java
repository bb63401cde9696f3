package lyceum.learn.decomposition;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.linalg.Linalg;
import lyceum.prob.ChiSquare;
import lyceum.random.Rng;
import lyceum.stats.TestResult;
import lyceum.stats.learner.DensityModel;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link FactorAnalysis} found; tensors are F64. {@link #transform} gives the regression scores {@code E[f | x]}.
 *
 * @param mean (p)
 * @param loadings L (p x k)
 * @param uniquenesses psi (p): the noise variance of each column, in its own unit squared
 * @param factorCorrelation of the factors (k x k), the identity except for oblique rotations
 * @param rows total weight of the rows
 * @param discrepancy {@code log|Sigma| - log|S| + tr(S Sigma^-1) - p} for the sample covariance S; NaN after EM
 * @param tied whether all columns share one uniqueness
 * @param history the mean log-likelihood before each step of EM; quasi-Newton tells the last value only
 * @param iterations done
 * @param converged whether it ended by its tolerance
 */
public record FactorModel(Tensor mean, Tensor loadings, Tensor uniquenesses, Tensor factorCorrelation, double rows, double discrepancy,
        boolean tied, double[] history, int iterations, boolean converged) implements DensityModel, FittedTransformer {

    /** With the rotation in which {@code L^T diag(psi)^-1 L} is diagonal, falling. */
    static FactorModel of(Tensor mean, Tensor loadings, double[] psi, double rows, double discrepancy, boolean tied, double[] history,
            int iterations, boolean converged) {
        var scaled = loadings.div(Tensor.of(psi).sqrt().unsqueeze(1)).compute();
        int k = (int) loadings.size(1);
        var axes = Eigen.symmetric(scaled.transpose().matmul(scaled)).vectors().flip(1);
        var signed = Spectrum.signed(loadings.matmul(axes).transpose()).transpose().contiguous();
        return new FactorModel(mean, signed, Tensor.of(psi), Tensor.eye(DType.F64, k), rows, discrepancy, tied, history, iterations,
                converged);
    }

    @Override public int nFeatures() { return (int) loadings.size(0); }

    @Override public int nOutputs() { return (int) loadings.size(1); }

    /** A copy. */
    @Override public double[] history() { return history.clone(); }

    /** Mean log-likelihood of the training rows. */
    public double logLikelihood() { return history[history.length - 1]; }

    /** {@code L Phi L^T + diag(psi)} (p x p). */
    public Tensor covariance() {
        return loadings.matmul(factorCorrelation).matmul(loadings.transpose()).add(Tensor.eye(DType.F64, nFeatures()).mul(uniquenesses));
    }

    /** The share of each column's variance that the factors explain (p), in [0, 1]. */
    public Tensor communalities() { return uniquenesses.div(covariance().diagonal()).neg().add(1); }

    /** The same model with rotated factors. */
    public FactorModel rotate(FactorRotation rotation) {
        if (!rotation.loadings().shape().equals(loadings.shape()))
            throw new ShapeException("FactorModel.rotate: rotated loadings have shape " + rotation.loadings().shape()
                    + " but the model has " + loadings.shape());
        return new FactorModel(mean, rotation.loadings(), uniquenesses, rotation.factorCorrelation(), rows, discrepancy, tied, history,
                iterations, converged);
    }

    private interface Reader {
        void read(Observed row, int i);
    }

    /** Reads rows in factors of correlation 0: with {@code Phi = C C^T}, {@code L C}. */
    private Tensor read(Tensor x, Reader reader) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        var root = Linalg.cholesky(factorCorrelation);
        var row = new Observed(loadings.matmul(root).toDoubleArray(), mean.toDoubleArray(), uniquenesses.toDoubleArray(), nOutputs());
        double[] values = rows.toDoubleArray();
        for (int i = 0; i < rows.size(0); i++) {
            row.read(values, i * nFeatures());
            reader.read(row, i);
        }
        return root;
    }

    /** The log density of the values that a row has; 0 for a row without any. */
    @Override public Tensor logDensity(Tensor x) {
        var out = new double[x.rank() == 2 ? (int) x.size(0) : 0];
        read(x, (row, i) -> out[i] = row.logDensity);
        return Tensor.of(out).to(scoreType(x));
    }

    /** Regression scores {@code E[f | x]} (n x k): the least expected error, shrunk towards 0. Missing values are integrated out. */
    @Override public Tensor transform(Tensor x) {
        int k = nOutputs();
        var out = new double[x.rank() == 2 ? (int) x.size(0) * k : 0];
        var root = read(x, (row, i) -> System.arraycopy(row.latent, 0, out, i * k, k));
        return Tensor.of(out, out.length / k, k).matmul(root.transpose()).to(scoreType(x));
    }

    private static DType scoreType(Tensor x) { return x.dtype() == DType.F64 || !x.dtype().isFloat() ? DType.F64 : DType.F32; }

    /** Bartlett's scores {@code (L^T psi^-1 L)^-1 L^T psi^-1 (x - mean)} (n x k): unbiased for each row, with more spread. */
    public Tensor bartlettScores(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        var weighted = loadings.div(uniquenesses.unsqueeze(1)).compute();
        var centred = rows.to(DType.F64).sub(mean);
        return Linalg.solve(loadings.transpose().matmul(weighted), centred.matmul(weighted).transpose()).transpose().to(rows.dtype());
    }

    /**
     * Entries of the covariance less its parameters: {@code ((p - k)^2 - (p + k)) / 2}, {@code p - 1} more if tied; below 0 the model has more
     * parameters than there are entries.
     */
    public int degreesOfFreedom() {
        int p = nFeatures();
        return p * (p + 1) / 2 + p - parameters();
    }

    /**
     * Whether the factors are enough: the discrepancy times {@code n - 1 - (2p + 5) / 6 - 2k / 3} (Bartlett 1951) against chi-square. For
     * uniquenesses away from their bound.
     *
     * @throws IllegalStateException after EM, or when no degrees of freedom are left
     */
    public TestResult goodnessOfFit() {
        if (Double.isNaN(discrepancy))
            throw new IllegalStateException("FactorModel.goodnessOfFit: EM knows no discrepancy; fit by QUASI_NEWTON");
        int p = nFeatures(), k = nOutputs(), df = degreesOfFreedom();
        if (df < 1) throw new IllegalStateException("FactorModel.goodnessOfFit: " + k + " factors of " + p + " columns leave " + df
                + " degrees of freedom; take fewer factors");
        double statistic = (rows - 1 - (2 * p + 5) / 6.0 - 2 * k / 3.0) * discrepancy;
        return new TestResult("factor analysis, goodness of fit", statistic, new ChiSquare(df).survival(statistic), df);
    }

    /** Free parameters: p means, {@code pk - k(k - 1)/2} loadings up to a rotation and p uniquenesses, 1 if tied. */
    public int parameters() {
        int p = nFeatures(), k = nOutputs();
        return p + p * k - k * (k - 1) / 2 + (tied ? 1 : p);
    }

    /** {@code -2 n logLikelihood + parameters log n}: smaller is better. */
    public double bic() { return -2 * rows * logLikelihood() + parameters() * Math.log(rows); }

    @Override public Tensor sample(Rng rng, int n) {
        var factors = Tensor.randn(rng, DType.F64, n, nOutputs()).matmul(Linalg.cholesky(factorCorrelation).transpose());
        var noise = Tensor.randn(rng, DType.F64, n, nFeatures()).mul(uniquenesses.sqrt());
        return factors.matmul(loadings.transpose()).add(mean).add(noise);
    }
}
