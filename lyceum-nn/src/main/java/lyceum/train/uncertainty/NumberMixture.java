package lyceum.train.uncertainty;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Normal distributions of M members for the same numbers, and their mixture with equal weights.
 *
 * @param means of the members (members, ..), F64
 * @param variances of the members, in the shape of the means
 * @param mean of the mixture (..)
 * @param total variance of the mixture (..)
 * @param aleatoric mean variance of the members (..): noise
 * @param epistemic variance of the members' means (..): ignorance
 * @see PredictiveVariance
 */
public record NumberMixture(Tensor means, Tensor variances, Tensor mean, Tensor total, Tensor aleatoric, Tensor epistemic) {
    /**
     * @param means (members, ..)
     * @param variances in the same shape, at least 0
     */
    public static NumberMixture of(Tensor means, Tensor variances) {
        if (means.rank() == 0 || means.size(0) == 0 || !variances.shape().equals(means.shape())) throw new ShapeException(
                "NumberMixture: means " + means.shape() + " and variances " + variances.shape() + "; both are (members, ..), alike");
        int m = (int) means.size(0), n = (int) (means.count() / m);
        Tensor mu = means.to(DType.F64).compute(), v = variances.to(DType.F64).compute();
        double[] all = mu.toDoubleArray(), noises = v.toDoubleArray();
        double[] mean = new double[n], total = new double[n], noise = new double[n], ignorance = new double[n], a = new double[m],
                b = new double[m];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < m; k++) {
                a[k] = all[k * n + i];
                b[k] = noises[k * n + i];
            }
            var parts = PredictiveVariance.of(a, b);
            mean[i] = parts.mean();
            total[i] = parts.total();
            noise[i] = parts.aleatoric();
            ignorance[i] = parts.epistemic();
        }
        long[] shape = means.select(0, 0).shape().toArray();
        return new NumberMixture(mu, v, Tensor.of(mean, shape), Tensor.of(total, shape), Tensor.of(noise, shape),
                Tensor.of(ignorance, shape));
    }

    /** The mixture's mean {@code -log density}, in nats: of the sum of the members' bells, not of one bell with its mean and variance. */
    public double logLoss(Tensor y) { return -densities(y).logSumExp(0).mean().item() + Math.log(means.size(0)); }

    /** The same of each member alone; their mean is never below {@link #logLoss}. */
    public double[] logLosses(Tensor y) {
        var logs = densities(y);
        return logs.reshape(logs.size(0), -1).mean(1).neg().toDoubleArray();
    }

    private Tensor densities(Tensor y) {
        if (!y.shape().equals(mean.shape()))
            throw new ShapeException("NumberMixture: forecasts of shape " + mean.shape() + " but y has shape " + y.shape());
        if (!(variances.min().item() > 0))
            throw new IllegalStateException("NumberMixture: a member's variance is 0, and so its density is not a number; give it noise");
        return y.to(DType.F64).sub(means).square().div(variances).add(variances.log()).add(Math.log(2 * Math.PI)).mul(-0.5);
    }
}
