package lyceum.models.generative.flow;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * Batch normalisation that can be undone, for rows (n, d): {@code y = exp(log_gamma) (x - mean) / sqrt(variance + epsilon) + beta}, with determinant
 * {@code sum of log_gamma - log(variance + epsilon) / 2}. Learning takes mean and variance (dividing by the count) from the batch and moves the running ones;
 * predicting, and every way back, takes the running ones.
 *
 * @see <a href="https://arxiv.org/abs/1705.07057">Papamakarios, Pavlakou and Murray (2017), section 3.4</a>
 */
public final class FlowBatchNorm extends FlowLayer {
    private final double epsilon, momentum;
    private final Tensor log_gamma, beta, running_mean, running_var;

    /** Epsilon 1e-5, momentum 0.1. */
    public FlowBatchNorm(int features, DType dtype) { this(features, 1e-5, 0.1, dtype); }

    /** @param momentum the share of a new batch in the running statistics, in (0, 1] */
    public FlowBatchNorm(int features, double epsilon, double momentum, DType dtype) {
        if (features < 1 || !(epsilon > 0) || !(momentum > 0 && momentum <= 1)) throw new IllegalArgumentException("FlowBatchNorm: "
                + features + " features, epsilon " + epsilon + ", momentum " + momentum + "; at least 1, above 0, in (0, 1]");
        this.epsilon = epsilon;
        this.momentum = momentum;
        log_gamma = Tensor.zeros(dtype, features).compute().requiresGrad();
        beta = Tensor.zeros(dtype, features).compute().requiresGrad();
        running_mean = Tensor.zeros(dtype, features).compute();
        running_var = Tensor.ones(dtype, features).compute();
    }

    private void require(Tensor x) {
        if (x.rank() != 2 || x.size(1) != beta.count())
            throw new ShapeException("FlowBatchNorm: rows " + x.shape() + "; they are (n, " + beta.count() + ")");
    }

    private Tensor logDet(Tensor x, Tensor variance) { return log_gamma.sub(variance.add(epsilon).log().mul(0.5)).sum().expand(x.size(0)); }

    @Override public Moved transform(Tensor x, Pass pass) {
        require(x);
        Tensor mean = running_mean, variance = running_var;
        if (pass.isTraining()) {
            if (x.size(0) < 2) throw new ShapeException("FlowBatchNorm: rows " + x.shape() + "; learning needs at least two");
            mean = x.mean(0);
            variance = x.sub(mean).square().mean(0);
            Tensor m = mean.detach(), v = variance.detach();
            if (pass.isRemembered()) Autograd.noGrad(() -> {
                running_mean.copy_(running_mean.lerp(m, momentum));
                running_var.copy_(running_var.lerp(v, momentum));
            });
        }
        var y = x.sub(mean).mul(variance.add(epsilon).rsqrt()).mul(log_gamma.exp()).add(beta);
        return new Moved(y, logDet(x, variance));
    }

    @Override public Moved inverse(Tensor y, Pass pass) {
        require(y);
        var x = y.sub(beta).mul(log_gamma.neg().exp()).mul(running_var.add(epsilon).sqrt()).add(running_mean);
        return new Moved(x, logDet(y, running_var).neg());
    }
}
