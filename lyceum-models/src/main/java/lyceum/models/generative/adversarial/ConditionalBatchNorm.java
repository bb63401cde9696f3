package lyceum.models.generative.adversarial;

import lyceum.DType;
import lyceum.nn.BatchNorm;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Batch normalisation whose scale and shift are linear in a condition: {@code (1 + G c) norm(x) + B c}. The statistics are shared by all conditions.
 *
 * @see <a href="https://arxiv.org/abs/1707.00683">de Vries and others (2017)</a>
 */
public final class ConditionalBatchNorm extends Conditioned {
    private final BatchNorm norm;
    private final Linear gain, bias;

    /** @param features channels of x @param width of conditions */
    public ConditionalBatchNorm(int features, int width, DType dtype, Rng rng) {
        norm = new BatchNorm(features, 1e-5, 0.1, false, dtype);
        gain = new Linear(width, features, false, dtype, Init.torchLinear(width), rng);
        bias = new Linear(width, features, false, dtype, Init.torchLinear(width), rng);
    }

    /** x (n, features, ..) under conditions (n, width). */
    @Override public Tensor forward(Tensor x, Tensor condition, Pass pass) {
        var wide = new long[x.rank()];
        for (int i = 0; i < wide.length; i++) wide[i] = i < 2 ? x.size(i) : 1;
        Tensor g = gain.forward(condition, pass).add(1).reshape(wide), b = bias.forward(condition, pass).reshape(wide);
        return emit(x, norm.forward(x, pass).mul(g).add(b), pass);
    }

    /** Without a condition: plain normalisation. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return norm.forward(x, pass); }
}
