package lyceum.nn;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * Normalises each feature over the batch: {@code (x - mean) / sqrt(var + epsilon) * weight + bias} for (batch, features, ..). Learning uses the
 * batch's biased variance and moves the running statistics by {@code momentum} towards it (unbiased, as PyTorch); predicting uses those. It serves
 * any number of further axes: PyTorch's BatchNorm1d, 2d and 3d, with the names of their state.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy (2015)</a>
 */
public final class BatchNorm extends Module {
    private final double epsilon, momentum;
    private final Tensor weight, bias;
    private final Tensor running_mean, running_var, num_batches_tracked;

    /** Epsilon 1e-5, momentum 0.1. */
    public BatchNorm(long features) { this(features, 1e-5, 0.1, DType.F32); }

    public BatchNorm(long features, double epsilon, double momentum, DType dtype) {
        this.epsilon = epsilon;
        this.momentum = momentum;
        weight = Tensor.ones(dtype, features).compute().requiresGrad();
        bias = Tensor.zeros(dtype, features).compute().requiresGrad();
        running_mean = Tensor.zeros(dtype, features).compute();
        running_var = Tensor.ones(dtype, features).compute();
        num_batches_tracked = Tensor.zeros(DType.I64).compute();
    }

    /** What is added to the variance. */
    public double epsilon() { return epsilon; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() < 2 || x.size(1) != weight.count())
            throw new ShapeException("BatchNorm: input " + x.shape() + " for " + weight.count() + " features on axis 1");
        var wide = new long[x.rank()];
        Arrays.fill(wide, 1);
        wide[1] = weight.count();
        var given = x.to(x.dtype().accumulator()); // squares of F16 end at 255
        var mean = running_mean.reshape(wide);
        var variance = running_var.reshape(wide);
        if (pass.isTraining()) {
            var axes = new int[x.rank() - 1];
            for (int i = 0, axis = 0; axis < x.rank(); axis++) if (axis != 1) axes[i++] = axis;
            double n = (double) x.count() / weight.count();
            if (n < 2) throw new ShapeException("BatchNorm: input " + x.shape() + " has one value a feature; learning needs at least two");
            mean = given.mean(axes, true);
            variance = given.sub(mean).square().mean(axes, true);
            move(running_mean, mean.detach().flatten());
            move(running_var, variance.detach().flatten().mul(n / (n - 1)));
            Autograd.noGrad(() -> { num_batches_tracked.copy_(num_batches_tracked.add(1)); });
        }
        return given.sub(mean).mul(variance.add(epsilon).rsqrt()).mul(weight.reshape(wide)).add(bias.reshape(wide))
                .to(DType.promote(x.dtype().toFloat(), weight.dtype()));
    }

    private void move(Tensor running, Tensor value) { Autograd.noGrad(() -> { running.copy_(running.lerp(value, momentum)); }); }
}
