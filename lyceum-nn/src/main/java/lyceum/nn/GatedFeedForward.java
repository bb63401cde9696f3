package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A feed-forward block whose hidden units are gated: {@code down(gate(x) activated * up(x))}. With {@link Activation#SILU} this is SwiGLU, with
 * GELU GEGLU, with RELU ReGLU, with SIGMOID the GLU, with IDENTITY the bilinear block.
 *
 * @see <a href="https://arxiv.org/abs/2002.05202">Shazeer (2020)</a>
 */
public final class GatedFeedForward extends Module {
    private final Activation activation;
    private final Linear gate_proj, up_proj, down_proj;

    /** SwiGLU without biases, F32. */
    public GatedFeedForward(int width, int hidden, Rng rng) { this(width, hidden, Activation.SILU, false, DType.F32, rng); }

    public GatedFeedForward(int width, int hidden, Activation activation, boolean bias, DType dtype, Rng rng) {
        this.activation = activation;
        gate_proj = new Linear(width, hidden, bias, dtype, Init.torchLinear(width), rng);
        up_proj = new Linear(width, hidden, bias, dtype, Init.torchLinear(width), rng);
        down_proj = new Linear(hidden, width, bias, dtype, Init.torchLinear(hidden), rng);
    }

    /** Hidden units with about the parameters of an ungated block of {@code 4 width}: {@code 8/3 width}, rounded up to a multiple. */
    public static int hiddenFor(int width, int multiple) { return (int) ((8L * width / 3 + multiple - 1) / multiple * multiple); }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        return down_proj.forward(activation.forward(gate_proj.forward(x, pass), pass).mul(up_proj.forward(x, pass)), pass);
    }
}
