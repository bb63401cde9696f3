package lyceum.learn.decomposition;

import java.util.Arrays;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.stats.learner.DensityModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link ProbabilisticPca} found; all parts are F64.
 *
 * @param mean (p)
 * @param components (k x p), orthonormal rows
 * @param signalVariance variance along each component beyond the noise (k)
 * @param noiseVariance of every column
 * @param logLikelihood mean over the training rows, before the last step
 * @param iterations of EM
 * @param converged whether it ended by its tolerance
 */
public record ProbabilisticPcaModel(Tensor mean, Tensor components, Tensor signalVariance, double noiseVariance, double logLikelihood,
        int iterations, boolean converged) implements DensityModel {

    @Override public int nFeatures() { return (int) components.size(1); }

    /** k. */
    public int nComponents() { return (int) components.size(0); }

    /** The loadings W (p x k). */
    public Tensor loadings() { return components.transpose().mul(signalVariance.sqrt()); }

    private interface Reader {
        void read(Observed row, int i);
    }

    private void read(double[] x, int n, Reader reader) {
        var noise = new double[nFeatures()];
        Arrays.fill(noise, noiseVariance);
        var row = new Observed(loadings().toDoubleArray(), mean.toDoubleArray(), noise, nComponents());
        for (int i = 0; i < n; i++) {
            row.read(x, i * nFeatures());
            reader.read(row, i);
        }
    }

    /** The log density of the values that a row has; 0 for a row without any. */
    @Override public Tensor logDensity(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        var out = new double[(int) rows.size(0)];
        read(rows.toDoubleArray(), out.length, (row, i) -> out[i] = row.logDensity);
        return Tensor.of(out).to(rows.dtype());
    }

    /** The expected latent values of each row (n x k). */
    public Tensor latents(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        int n = (int) rows.size(0), k = nComponents();
        var out = new double[n * k];
        read(rows.toDoubleArray(), n, (row, i) -> System.arraycopy(row.latent, 0, out, i * k, k));
        return Tensor.of(out, n, k).to(rows.dtype());
    }

    /** The rows with missing values replaced by what the others let expect. */
    public Tensor impute(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        var expected = latents(rows.to(DType.F64)).matmul(loadings().transpose()).add(mean).to(rows.dtype());
        return Tensor.where(rows.isNaN(), expected, rows);
    }

    @Override public Tensor sample(Rng rng, int n) {
        var along = Tensor.randn(rng, DType.F64, n, nComponents()).matmul(loadings().transpose());
        return along.add(mean).add(Tensor.randn(rng, DType.F64, n, nFeatures()).mul(Math.sqrt(noiseVariance)));
    }
}
