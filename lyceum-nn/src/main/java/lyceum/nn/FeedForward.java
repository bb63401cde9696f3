package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A network of two layers at each position by itself: {@code fc2(dropout(activation(fc1(x))))}, from (.., width) over {@code hidden} units to (.., width). The
 * gated kind is {@link GatedFeedForward}.
 *
 * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani et al. (2017), section 3.3</a>
 */
public final class FeedForward extends Module {
    private final Activation activation;
    private final Dropout dropout;
    private final Linear fc1, fc2;

    /** Four times as many hidden units, GELU, with biases, F32. */
    public FeedForward(int width, Rng rng) { this(width, 4 * width, Activation.GELU, true, 0, DType.F32, rng); }

    /** @param dropout on the hidden units while learning */
    public FeedForward(int width, int hidden, Activation activation, boolean bias, double dropout, DType dtype, Rng rng) {
        this.activation = activation;
        this.dropout = new Dropout(dropout);
        fc1 = new Linear(width, hidden, bias, dtype, Init.torchLinear(width), rng);
        fc2 = new Linear(hidden, width, bias, dtype, Init.torchLinear(hidden), rng);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var hidden = pass.point(this, "hidden", activation.forward(fc1.forward(x, pass), pass));
        return fc2.forward(dropout.forward(hidden, pass), pass);
    }
}
