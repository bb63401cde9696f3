package lyceum.models.generative.adversarial;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * StyleGAN2's convolution: a style scales the weight's input channels, and each output channel's weights are brought back to unit length,
 * {@code w' = s w / sqrt(sum (s w)^2)}. It fixes the deviations that the statistics lead one to expect, not those that a picture has, which is why the droplets of
 * {@link AdaIn} are gone. Computed by scaling the input and the output: no weight a picture.
 *
 * @see <a href="https://arxiv.org/abs/1912.04958">Karras, Laine, Aittala, Hellsten, Lehtinen and Aila (2020), section 2.2</a>
 */
public final class ModulatedConv2d extends Conditioned {
    private final Tensor weight, bias;
    private final ScaledLinear affine;
    private final boolean demodulated;
    private final double scale;

    /**
     * @param kernel odd; the size of pictures stays
     * @param width of styles
     * @param demodulated whether outputs are brought back to unit length; false for the last layer, to colours
     */
    public ModulatedConv2d(int inputs, int outputs, int kernel, int width, boolean demodulated, DType dtype, Rng rng) {
        if (inputs < 1 || outputs < 1 || kernel < 1 || kernel % 2 == 0) throw new IllegalArgumentException(
                "ModulatedConv2d: " + inputs + " and " + outputs + " channels, kernel " + kernel + "; at least 1, and the kernel is odd");
        weight = Tensor.randn(rng, dtype, outputs, inputs, kernel, kernel).copy().requiresGrad();
        bias = Tensor.zeros(dtype, outputs).copy().requiresGrad();
        affine = new ScaledLinear(width, inputs, 1, 1, dtype, rng);
        this.demodulated = demodulated;
        scale = 1 / Math.sqrt((double) inputs * kernel * kernel);
    }

    /** (outputs, inputs, kernel, kernel), standard normal at first. */
    public Tensor weight() { return weight; }

    /** What a style (n, width) multiplies input channels by: (n, inputs). */
    public Tensor scales(Tensor style) { return affine.forward(style); }

    /** From (n, inputs, h, w) in styles (n, width) to (n, outputs, h, w). */
    @Override public Tensor forward(Tensor x, Tensor style, Pass pass) {
        if (x.rank() != 4 || x.size(1) != weight.size(1) || style.rank() != 2 || style.size(0) != x.size(0)) throw new ShapeException(
                "ModulatedConv2d: pictures " + x.shape() + " and styles " + style.shape() + " for " + weight.size(1) + " channels");
        var s = affine.forward(style, pass);
        var w = weight.mul(scale);
        var y = x.mul(s.reshape(x.size(0), x.size(1), 1, 1)).conv(w, null, new Convolution().withPadding((int) weight.size(2) / 2));
        if (demodulated) {
            var length = s.square().matmul(w.square().sum(2, 3).transpose()).add(1e-8).sqrt(); // (n, outputs)
            y = y.div(length.reshape(x.size(0), weight.size(0), 1, 1));
        }
        return emit(x, y.add(bias.reshape(1, weight.size(0), 1, 1)), pass);
    }
}
