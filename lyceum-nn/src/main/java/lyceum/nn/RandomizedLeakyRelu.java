package lyceum.nn;

import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * Leaky ReLU whose slope below zero is drawn anew for every number while learning, uniform in [lower, upper); predicting, it is their mean.
 *
 * @param lower least slope
 * @param upper largest slope
 * @see <a href="https://arxiv.org/abs/1505.00853">Xu, Wang, Chen and Li (2015)</a>
 */
public record RandomizedLeakyRelu(double lower, double upper) implements Layer {
    public RandomizedLeakyRelu {
        if (!(lower <= upper && Math.abs(lower) < Double.POSITIVE_INFINITY && upper < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(
                    "RandomizedLeakyRelu: slopes from " + lower + " to " + upper + "; both are finite, in this order");
    }

    /** From 1/8 to 1/3, as in PyTorch. */
    public RandomizedLeakyRelu() { this(1.0 / 8, 1.0 / 3); }

    @Override public Tensor forward(Tensor x, Pass pass) {
        if (!pass.isTraining()) return pass.show(this, x, Activation.leakyRelu(x, (lower + upper) / 2));
        var type = x.dtype() == DType.F64 ? DType.F64 : DType.F32;
        var slope = Tensor.rand(pass.rng(), type, x.shape().toArray()).mul(upper - lower).add(lower).to(x.dtype());
        return pass.show(this, x, Activation.leakyRelu(x, slope));
    }
}
