package lyceum.nn;

import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Divides a layer's weight, seen as a matrix (outputs, rest), by its largest singular value: {@code y = W x / s + b} with {@code s = u' W v}. The vectors u and v come
 * from power iteration, some steps at each learning pass; gradients flow through s with u and v held still.
 *
 * {@snippet :
 * var layer = new Linear(64, 64, rng);
 * layer.attach(new SpectralNorm(layer, 1, rng));
 * SpectralNorm.attachAll(critic, 1, rng);              // to all linear and convolution layers in it
 * }
 *
 * <p>The weight itself stays as trained; {@code weight_u} and {@code weight_v} are saved beside it. Begins with 15 steps of iteration. A convolution's map may
 * be up to the kernel's size longer than its matrix: the bound is exact for linear layers.
 *
 * @see <a href="https://arxiv.org/abs/1802.05957">Miyato, Kataoka, Koyama and Yoshida (2018)</a>
 */
public final class SpectralNorm extends Module implements Adapter {
    // The layer's own tensors under its own names: one entry each in its state, and copies of the layer keep this in step.
    private final Tensor weight, bias, weight_u, weight_v;
    private final int iterations;
    private final boolean channelsFirst;

    /**
     * For one layer, to which it is yet to be {@linkplain Module#attach attached}.
     *
     * @param layer a {@link Linear} without activation, or a {@link ConvLayer} that is not transposed
     * @param iterations of a learning pass, at least 1
     */
    public SpectralNorm(Module layer, int iterations, Rng rng) {
        if (iterations < 1) throw new IllegalArgumentException("SpectralNorm: " + iterations + " iterations; at least 1");
        boolean known = layer instanceof Linear linear ? linear.activation() == null && linear.weight() != null
                : layer instanceof ConvLayer && !(layer instanceof ConvTranspose2d);
        if (!known) throw new IllegalArgumentException("SpectralNorm: a " + layer.getClass().getSimpleName()
                + "; it is a Linear with a weight and without activation, or a convolution that is not transposed");
        channelsFirst = layer instanceof ConvLayer;
        weight = layer instanceof Linear linear ? linear.weight() : ((ConvLayer) layer).weight();
        bias = layer instanceof Linear linear ? linear.bias() : ((ConvLayer) layer).bias();
        this.iterations = iterations;
        var w = matrix();
        weight_u = Tensor.randn(rng, w.dtype(), w.size(0)).copy();
        weight_v = Tensor.randn(rng, w.dtype(), w.size(1)).copy();
        iterate(15);
    }

    /** To all linear layers and convolutions of a network. Returns it. */
    public static <M extends Module> M attachAll(M network, int iterations, Rng rng) {
        for (var module : network.modules().values())
            if (module instanceof Linear || module instanceof ConvLayer && !(module instanceof ConvTranspose2d))
                module.attach(new SpectralNorm(module, iterations, rng));
        return network;
    }

    private Tensor matrix() { return weight.reshape(weight.size(0), -1); }

    private void iterate(int times) {
        Autograd.noGrad(() -> {
            try (var scope = Scope.open("power iteration")) {
                var w = matrix();
                Tensor u = weight_u, v = weight_v;
                for (int i = 0; i < times; i++) {
                    v = unit(u.matmul(w));
                    u = unit(w.matmul(v));
                }
                weight_u.copy_(u);
                weight_v.copy_(v);
            }
        });
    }

    private static Tensor unit(Tensor x) { return x.div(x.norm().add(1e-12)); }

    /** The largest singular value as it is known now, recorded. */
    public Tensor largest() { return weight_u.copy().matmul(matrix().matmul(weight_v.copy())); }

    @Override public Tensor adapt(Tensor x, Tensor y, Pass pass) {
        if (pass.isRemembered()) iterate(iterations);
        if (bias == null) return y.div(largest());
        var wide = new long[y.rank()];
        for (int i = 0; i < wide.length; i++) wide[i] = i == (channelsFirst ? 1 : wide.length - 1) ? bias.size(0) : 1;
        var b = bias.reshape(wide);
        return y.sub(b).div(largest()).add(b);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new UnsupportedOperationException("SpectralNorm: attach it to a layer");
    }
}
