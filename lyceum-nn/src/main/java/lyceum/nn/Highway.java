package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A layer that computes, or lets pass, element by element: {@code y = T(x) H(x) + (1 - T(x)) x} with a learned gate {@code T(x) = sigmoid(W x + b)}.
 *
 * {@snippet :
 * var layer = new Highway(64, Activation.TANH, rng);                      // gate bias -2: it carries at first
 * var deep = Highway.dense(64, Activation.TANH, -3, DType.F32, rng);
 * var images = Highway.conv(16, 3, Activation.RELU, -2, rng);             // (batch, 16, height, width), as large as before
 * var residual = layer.fixed(1, 1);                                       // x + H(x), on the same weights
 * for (var gates : Highway.gates(network, x)) gates.mean();               // how open, layer by layer
 * }
 *
 * <p>Parameters are {@code plain} for H and {@code gate} for T. The deeper a stack, the lower its gate biases begin: a signal that is carried through L layers
 * keeps {@code (1 - sigmoid(b))^L} of itself.
 *
 * @see <a href="https://arxiv.org/abs/1505.00387">Srivastava, Greff and Schmidhuber (2015)</a>
 */
public final class Highway extends Module {
    private final Layer plain, gate;
    private final double transform, carry;

    /** How open the gates of a layer are over a batch: mean and deviation of T, and the share above one half. */
    public record Gates(String layer, double mean, double deviation, double open) {}

    /** Dense, with a gate bias of -2, F32. */
    public Highway(int width, Activation activation, Rng rng) {
        this(linear(width, DType.F32, rng).activated(activation), biased(linear(width, DType.F32, rng), -2));
    }

    /**
     * Of any two layers that keep the shape.
     *
     * @param plain H
     * @param gate T before its sigmoid
     */
    public Highway(Layer plain, Layer gate) { this(plain, Objects.requireNonNull(gate, "gate"), Double.NaN, Double.NaN); }

    private Highway(Layer plain, Layer gate, double transform, double carry) {
        this.plain = Objects.requireNonNull(plain, "plain");
        this.gate = gate;
        this.transform = transform;
        this.carry = carry;
    }

    /** Dense: from (.., width) to the same. @param gateBias where the gate's biases begin, negative to carry at first */
    public static Highway dense(int width, Activation activation, double gateBias, DType dtype, Rng rng) {
        return new Highway(linear(width, dtype, rng).activated(activation), biased(linear(width, dtype, rng), gateBias));
    }

    /** Convolutional, F32. See {@link #conv(int, int, Activation, double, DType, Rng)}. */
    public static Highway conv(int channels, int kernel, Activation activation, double gateBias, Rng rng) {
        return conv(channels, kernel, activation, gateBias, DType.F32, rng);
    }

    /**
     * Convolutional: from (batch, channels, height, width) to the same.
     *
     * @param kernel odd, so that padding can keep the size
     * @throws IllegalArgumentException if the kernel is even
     */
    public static Highway conv(int channels, int kernel, Activation activation, double gateBias, DType dtype, Rng rng) {
        if (kernel < 1 || kernel % 2 == 0)
            throw new IllegalArgumentException("Highway: a kernel of " + kernel + "; it is odd, so that the size stays");
        var same = new Convolution().withPadding(kernel / 2);
        int[] sizes = {kernel};
        Conv2d plain = new Conv2d(channels, channels, sizes, same, true, dtype, null, rng),
                gate = new Conv2d(channels, channels, sizes, same, true, dtype, null, rng);
        Autograd.noGrad(() -> gate.bias().fill_(gateBias));
        return new Highway(plain.then(activation), gate);
    }

    private static Linear linear(int width, DType dtype, Rng rng) {
        return new Linear(width, width, true, dtype, Init.torchLinear(width), rng);
    }

    private static Linear biased(Linear layer, double bias) {
        Autograd.noGrad(() -> layer.bias().fill_(bias));
        return layer;
    }

    /** {@code y = transform H(x) + carry x} on the same H: gates that stay. (1, 1) is the residual block, (1, 0) the plain layer. */
    public Highway fixed(double transform, double carry) {
        if (!Double.isFinite(transform) || !Double.isFinite(carry))
            throw new IllegalArgumentException("Highway.fixed: gates of " + transform + " and " + carry + "; both are finite numbers");
        return new Highway(plain, null, transform, carry);
    }

    /** H. */
    public Layer plain() { return plain; }

    /** T before its sigmoid; null if gates are {@linkplain #fixed fixed}. */
    public Layer gate() { return gate; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var h = plain.forward(x, pass);
        if (!h.shape().equals(x.shape()))
            throw new ShapeException("Highway: from " + x.shape() + " to " + h.shape() + "; change the width in a layer of its own");
        if (gate == null) return h.mul(transform).add(x.mul(carry));
        var t = pass.point(this, "transform", gate.forward(x, pass).sigmoid());
        return t.mul(h).add(t.rsub(1.0).mul(x));
    }

    /** The gates of all highway layers in a network for a batch, first layer first; fixed gates are left out. */
    public static List<Gates> gates(Module network, Tensor x) {
        var hooks = Hooks.of(network);
        var all = new ArrayList<Gates>();
        network.modules().forEach((name, module) -> {
            if (module instanceof Highway highway && highway.gate != null)
                hooks.on(name.isEmpty() ? "transform" : name + ".transform", (point, in, t) -> {
                    var wide = t.detach().to(DType.F64);
                    double mean = wide.mean().item(), square = wide.sub(mean).square().mean().item();
                    all.add(new Gates(name, mean, Math.sqrt(square), wide.gt(0.5).to(DType.F64).mean().item()));
                    return t;
                });
        });
        Autograd.noGrad(() -> network.forward(x, Pass.inference().with(hooks)).compute());
        return all;
    }
}
