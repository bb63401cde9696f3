package lyceum.models.generative.adversarial;

import lyceum.DType;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A linear layer with an equalised learning rate: weights begin standard normal and are scaled by {@code rate / sqrt(inputs)} when used, biases by {@code rate}. */
final class ScaledLinear extends Module {
    private final Tensor weight, bias;
    private final double scale, rate;

    ScaledLinear(int inputs, int outputs, double bias, double rate, DType dtype, Rng rng) {
        weight = Tensor.randn(rng, dtype, outputs, inputs).div(rate).copy().requiresGrad();
        this.bias = Tensor.full(dtype, bias / rate, outputs).copy().requiresGrad();
        this.rate = rate;
        scale = rate / Math.sqrt(inputs);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return x.matmul(weight.transpose()).mul(scale).add(bias.mul(rate)); }
}
