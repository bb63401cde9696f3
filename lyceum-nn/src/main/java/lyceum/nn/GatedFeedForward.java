package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Formula;
import lyceum.tensor.Tensor;

/**
 * A feed-forward block whose hidden units are gated: {@code down(gate(x) activated * up(x))}. With {@link Activation#SILU} this is SwiGLU, with
 * GELU GEGLU, with RELU ReGLU, with SIGMOID the GLU, with IDENTITY the bilinear block.
 *
 * @see <a href="https://arxiv.org/abs/2002.05202">Shazeer (2020)</a>
 */
public final class GatedFeedForward extends Module {
    private final Activation activation;
    private final Formula gated; // of gate and up
    private final Linear gate_proj, up_proj, gate_up_proj, down_proj;

    /** SwiGLU without biases, F32. */
    public GatedFeedForward(int width, int hidden, Rng rng) { this(width, hidden, Activation.SILU, false, DType.F32, rng); }

    public GatedFeedForward(int width, int hidden, Activation activation, boolean bias, DType dtype, Rng rng) {
        this(activation, new Linear(width, hidden, bias, dtype, Init.torchLinear(width), rng),
                new Linear(width, hidden, bias, dtype, Init.torchLinear(width), rng), null,
                new Linear(hidden, width, bias, dtype, Init.torchLinear(hidden), rng));
    }

    private GatedFeedForward(Activation activation, Linear gate, Linear up, Linear both, Linear down) {
        this.activation = activation;
        gated = Formula.of(in -> activation.apply(in[0]).mul(in[1]));
        gate_proj = gate;
        up_proj = up;
        gate_up_proj = both;
        down_proj = down;
    }

    /** Hidden units with about the parameters of an ungated block of {@code 4 width}: {@code 8/3 width}, cut to a whole number and rounded up to a multiple, as Llama does. */
    public static int hiddenFor(int width, int multiple) {
        if (width < 1 || multiple < 1)
            throw new IllegalArgumentException("hiddenFor: width " + width + " and multiple " + multiple + "; at least 1");
        return (int) ((8L * width / 3 + multiple - 1) / multiple * multiple);
    }

    /** The same block with gate and up weights as one, {@code gate_up_proj} (2 hidden, width), gates first, as Phi-3's checkpoints have it: one product instead of two. */
    public GatedFeedForward fused() {
        if (gate_up_proj != null) return this;
        var bias = gate_proj.bias() == null ? null : Tensor.concat(0, gate_proj.bias().detach(), up_proj.bias().detach());
        return new GatedFeedForward(activation, null, null,
                new Linear(Tensor.concat(0, gate_proj.weight().detach(), up_proj.weight().detach()), bias), copied(down_proj));
    }

    /** The same block with gate and up weights apart. */
    public GatedFeedForward split() {
        if (gate_up_proj == null) return this;
        return new GatedFeedForward(activation, half(0), half(1), null, copied(down_proj));
    }

    private Linear half(int which) {
        Tensor weight = gate_up_proj.weight().detach(), bias = gate_up_proj.bias();
        long hidden = weight.size(0) / 2;
        return new Linear(weight.narrow(0, which * hidden, hidden), bias == null ? null : bias.detach().narrow(0, which * hidden, hidden));
    }

    private static Linear copied(Linear layer) {
        return new Linear(layer.weight().detach(), layer.bias() == null ? null : layer.bias().detach());
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        Tensor gate, up;
        if (gate_up_proj == null) {
            gate = gate_proj.forward(x, pass);
            up = up_proj.forward(x, pass);
        } else {
            var both = gate_up_proj.forward(x, pass);
            long hidden = both.size(-1) / 2;
            gate = both.narrow(-1, 0, hidden);
            up = both.narrow(-1, hidden, hidden);
        }
        var hidden = pass.point(this, "hidden", pass.isWatched() ? activation.forward(gate, pass).mul(up) : gated.at(gate, up));
        return down_proj.forward(hidden, pass);
    }
}
