package lyceum.learn.decomposition;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * What {@link Pca} found; all parts are F64.
 *
 * @param mean of each column (p)
 * @param components (k x p), orthonormal rows, by falling variance
 * @param explainedVariance of the scores of each component (k), with divisor n - 1
 * @param totalVariance sum of the variances of all columns
 * @param noiseVariance mean variance of the components that were left out, the maximum-likelihood noise of probabilistic PCA
 * @param divisor rows minus one
 * @param whiten whether scores are divided by their deviations
 */
public record PcaModel(Tensor mean, Tensor components, Tensor explainedVariance, double totalVariance, double noiseVariance, double divisor,
        boolean whiten) implements FittedTransformer {

    static PcaModel of(String operation, Tensor mean, Spectrum spectrum, int k, int least, double totalVariance, double divisor,
            boolean whiten) {
        double[] all = spectrum.variances();
        double left = 0;
        if (all.length == least) for (int i = k; i < least; i++) left += all[i];
        else left = Math.max(0, totalVariance - Arrays.stream(all, 0, k).sum());
        double noise = k < least ? left / (least - k) : 0;
        if (whiten && !(all[k - 1] > 1e-28 * all[0])) {
            int rank = 0;
            while (rank < k && all[rank] > 1e-28 * all[0]) rank++;
            throw new IllegalArgumentException(
                    operation + ": component " + (rank + 1) + " of " + k + " has no variance and cannot be whitened; keep at most " + rank);
        }
        return new PcaModel(mean, spectrum.axes().narrow(0, 0, k).contiguous(), Tensor.of(Arrays.copyOf(all, k)), totalVariance, noise,
                divisor, whiten);
    }

    @Override public int nFeatures() { return (int) components.size(1); }

    @Override public int nOutputs() { return (int) components.size(0); }

    /** The share of the variance that each component explains (k). */
    public Tensor explainedVarianceRatio() { return explainedVariance.div(totalVariance); }

    /** {@code s = sqrt(variance (n - 1))} (k). */
    public Tensor singularValues() { return explainedVariance.mul(divisor).sqrt(); }

    @Override public Tensor transform(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        var scores = scores(rows);
        return (whiten ? scores.div(explainedVariance.sqrt()) : scores).to(rows.dtype());
    }

    private Tensor scores(Tensor rows) { return rows.to(DType.F64).sub(mean).matmul(components.transpose()); }

    /** Scores of sparse rows, which are not filled. */
    public Tensor transform(Csr x) {
        if (x.columns() != nFeatures())
            throw new ShapeException("PcaModel: x has " + x.columns() + " columns; the model was fitted on " + nFeatures());
        var scores = x.matmul(components.transpose().to(x.dtype())).to(DType.F64).sub(components.matmul(mean.unsqueeze(1)).squeeze(1));
        return whiten ? scores.div(explainedVariance.sqrt()) : scores;
    }

    @Override public boolean isInvertible() { return true; }

    /** From scores (n x k) to the nearest rows of the components' plane. */
    @Override public Tensor inverse(Tensor transformed) {
        if (transformed.rank() != 2 || transformed.size(1) != nOutputs())
            throw new ShapeException("PcaModel.inverse: shape " + transformed.shape() + "; scores have " + nOutputs() + " columns");
        var scores = transformed.to(DType.F64);
        var back = (whiten ? scores.mul(explainedVariance.sqrt()) : scores).matmul(components).add(mean);
        return transformed.dtype().isFloat() ? back.to(transformed.dtype()) : back;
    }

    /** Sum of squared distances of the rows to their reconstructions. */
    public double reconstructionError(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x().to(DType.F64);
        return rows.sub(scores(rows).matmul(components).add(mean)).square().sum().item();
    }

    /** The covariance (p x p) of probabilistic PCA: {@code V (L - noise) V^T + noise I}. */
    public Tensor covariance() {
        var scaled = components.transpose().mul(explainedVariance.sub(noiseVariance).relu());
        return scaled.matmul(components).add(Tensor.eye(DType.F64, nFeatures()).mul(noiseVariance));
    }

    /**
     * Natural logarithm of the density of each row (n) under probabilistic PCA, F64. Needs {@code noiseVariance > 0} or all components.
     *
     * @see <a href="https://doi.org/10.1111/1467-9868.00196">Tipping and Bishop (1999), section 3</a>
     */
    public Tensor logDensity(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x().to(DType.F64);
        int p = nFeatures(), k = nOutputs();
        if (k < p && !(noiseVariance > 0)) throw new IllegalStateException(
                "PcaModel.logDensity: the left-out components have no variance, and so rows no density; keep fewer components");
        var scores = scores(rows);
        var quadratic = scores.square().div(explainedVariance).sum(1);
        double logDet = explainedVariance.log().sum().item() + (k < p ? (p - k) * Math.log(noiseVariance) : 0);
        if (k < p) quadratic = quadratic.add(rows.sub(mean).sub(scores.matmul(components)).square().sum(1).div(noiseVariance));
        return quadratic.add(p * Math.log(2 * Math.PI) + logDet).mul(-0.5);
    }

    /** The mean of {@link #logDensity} over the rows. */
    public double score(Tensor x) { return logDensity(x).mean().item(); }

    /** {@code n} rows drawn from probabilistic PCA, F64. */
    public Tensor sample(Rng rng, int n) {
        var along = Tensor.randn(rng, DType.F64, n, nOutputs()).mul(explainedVariance.sub(noiseVariance).relu().sqrt()).matmul(components);
        return along.add(mean).add(Tensor.randn(rng, DType.F64, n, nFeatures()).mul(Math.sqrt(noiseVariance)));
    }
}
