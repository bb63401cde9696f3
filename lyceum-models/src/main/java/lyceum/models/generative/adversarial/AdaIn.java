package lyceum.models.generative.adversarial;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Adaptive instance normalisation: each channel of each picture gets the mean and deviation that the style says, whatever it had,
 * {@code scale (x - mean) / deviation + shift}. Scale and shift are linear in the style and begin at about 1 and 0.
 *
 * @see <a href="https://arxiv.org/abs/1703.06868">Huang and Belongie (2017)</a>
 */
public final class AdaIn extends Conditioned {
    private static final double EPSILON = 1e-8;

    private final ScaledLinear scale, shift;

    /** @param channels of the pictures @param width of styles */
    public AdaIn(int channels, int width, DType dtype, Rng rng) {
        if (channels < 1 || width < 1)
            throw new IllegalArgumentException("AdaIn: " + channels + " channels and styles of " + width + "; both at least 1");
        scale = new ScaledLinear(width, channels, 1, 1, dtype, rng);
        shift = new ScaledLinear(width, channels, 0, 1, dtype, rng);
    }

    /** What a style (n, width) asks of channels. @param scale (n, channels), whose size is the deviation @param shift (n, channels), the mean */
    public record Style(Tensor scale, Tensor shift) {}

    /** Scale and shift of styles (n, width). */
    public Style style(Tensor w) { return style(w, Pass.inference()); }

    private Style style(Tensor w, Pass pass) { return new Style(scale.forward(w, pass), shift.forward(w, pass)); }

    /** Pictures x (n, channels, h, w) in styles (n, width). */
    @Override public Tensor forward(Tensor x, Tensor style, Pass pass) { return emit(x, apply(x, style(style, pass)), pass); }

    /** With a given scale and shift. */
    public static Tensor apply(Tensor x, Style style) {
        if (x.rank() != 4 || style.scale.rank() != 2 || style.scale.size(0) != x.size(0) || style.scale.size(1) != x.size(1))
            throw new ShapeException("AdaIn: pictures " + x.shape() + " and styles " + style.scale.shape()
                    + "; they are (n, channels, h, w) and (n, channels)");
        var centred = x.sub(x.mean(new int[] {2, 3}, true));
        var unit = centred.div(centred.square().mean(new int[] {2, 3}, true).add(EPSILON).sqrt());
        return unit.mul(style.scale.reshape(x.size(0), x.size(1), 1, 1)).add(style.shift.reshape(x.size(0), x.size(1), 1, 1));
    }
}
