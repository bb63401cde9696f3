package lyceum.models.generative.flow;

import java.util.ArrayList;
import java.util.Objects;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Sequential;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * A Glow for pictures (n, channels, height, width): at each level a squeeze, {@code steps} times actnorm, invertible convolution and channel coupling, and a split, of
 * which the last level has none. Noise comes out as (n, channels height width), or as a picture if there is one level.
 *
 * @param levels each halves height and width
 * @param steps a level
 * @param hidden channels of the conditioners: 3 x 3, 1 x 1 and 3 x 3 convolutions with ReLU between
 * @param kind of the couplings
 * @param limit of log scales in absolute value
 * @param dtype of the parameters: F32 or F64
 * @see <a href="https://arxiv.org/abs/1807.03039">Kingma and Dhariwal (2018)</a>
 */
@Withers
public record GlowConfig(int channels, int height, int width, int levels, int steps, int hidden, Coupling.Kind kind, double limit,
        DType dtype) implements GlowConfigWithers {
    public GlowConfig {
        Objects.requireNonNull(kind, "kind");
        FlowLayer.requireLimit("GlowConfig", limit);
        if (channels < 1 || levels < 1 || levels > 20 || steps < 1 || hidden < 1)
            throw new IllegalArgumentException("GlowConfig: " + channels + " channels, " + levels + " levels, " + steps + " steps, "
                    + hidden + " hidden; all are at least 1, levels at most 20");
        if (height < 1 || width < 1 || height % (1 << levels) != 0 || width % (1 << levels) != 0) throw new IllegalArgumentException(
                "GlowConfig: pictures of " + height + " x " + width + "; both sides are multiples of 2^levels = " + (1 << levels));
    }

    /** Affine couplings, log scales within 2, F32. */
    public GlowConfig(int channels, int height, int width, int levels, int steps, int hidden) {
        this(channels, height, width, levels, steps, hidden, Coupling.Kind.AFFINE, 2, DType.F32);
    }

    /** Each coupling begins as the identity; actnorms take their scales from the first batch. */
    public FlowChain build(Rng rng) { return level(channels, height, width, levels, rng); }

    private FlowChain level(int before, int h, int w, int left, Rng rng) {
        int c = 4 * before;
        var chain = new ArrayList<FlowLayer>();
        chain.add(new Squeeze());
        for (int k = 0; k < steps; k++) {
            chain.add(new ActNorm(c, dtype));
            chain.add(new InvertibleConvolution(c, dtype, rng));
            chain.add(new Coupling(Coupling.channels(c, true, dtype), conditioner(c, rng), kind, limit));
        }
        if (left > 1) chain.add(new MultiscaleSplit(c, h / 2, w / 2, level(c - c / 2, h / 2, w / 2, left - 1, rng)));
        return new FlowChain(chain);
    }

    private Layer conditioner(int c, Rng rng) {
        return new Sequential(convolution(c, hidden, 3, null, rng), Activation.RELU, convolution(hidden, hidden, 1, null, rng),
                Activation.RELU, convolution(hidden, kind == Coupling.Kind.AFFINE ? 2 * c : c, 3, Init.zeros(), rng));
    }

    private Conv2d convolution(int from, int to, int kernel, Init init, Rng rng) {
        return new Conv2d(from, to, new int[] {kernel}, new Convolution().withPadding(kernel / 2), init == null, dtype, init, rng);
    }
}
