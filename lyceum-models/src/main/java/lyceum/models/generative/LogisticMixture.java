package lyceum.models.generative;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A mixture of logistic distributions over the levels of a pixel. On the scale from -1 (level 0) to 1 (the last), a component of centre mu and scale s gives level x the
 * mass {@code sigmoid((x + h - mu) / s) - sigmoid((x - h - mu) / s)}, h half a level; the first and last levels take the tails, so that masses sum to 1. Channels of a
 * pixel share the component; the centre of a later channel moves linearly with the earlier ones.
 *
 * <p>Parameters are (n, {@link #parameters}, h, w), along axis 1: logits of the K components, then centres, log scales (channel by channel, K each) and, for each pair of
 * channels, K coefficients before a tanh. Log scales below -7 count as that. The difference of sigmoids is computed as
 * {@code log sigmoid(a) + log sigmoid(-b) + log(1 - exp(b - a))}, exact however far the tail.
 *
 * @param channels of a pixel
 * @param levels of a channel
 * @param components K
 * @see <a href="https://arxiv.org/abs/1701.05517">Salimans, Karpathy, Chen and Kingma (2017)</a>
 */
public record LogisticMixture(int channels, int levels, int components) {
    private static final double LEAST_LOG_SCALE = -7;

    public LogisticMixture {
        if (channels < 1 || levels < 2 || components < 1) throw new IllegalArgumentException(
                "LogisticMixture: " + channels + " channels, " + levels + " levels, " + components + " components; at least 1, 2 and 1");
    }

    /** Numbers that a network says of a pixel: {@code K (1 + 2 C + C (C - 1) / 2)}. */
    public int parameters() { return components * (1 + 2 * channels + channels * (channels - 1) / 2); }

    private Tensor block(Tensor parameters, int number) { return parameters.narrow(1, (long) number * components, components); }

    private Tensor require(Tensor parameters) {
        if (parameters.rank() != 4 || parameters.size(1) != parameters())
            throw new ShapeException("LogisticMixture: parameters " + parameters.shape() + "; they are (n, " + parameters() + ", h, w)");
        return parameters;
    }

    /** Levels on the scale from -1 to 1. */
    Tensor scaled(Tensor x) { return x.mul(2.0 / (levels - 1)).sub(1); }

    /** The centre (n, K, h, w) of a channel, the levels of earlier ones known. */
    private Tensor centre(Tensor parameters, Tensor scaled, int channel) {
        var centre = block(parameters, 1 + channel);
        int pair = 1 + 2 * channels + channel * (channel - 1) / 2;
        for (int j = 0; j < channel; j++) centre = centre.add(block(parameters, pair + j).tanh().mul(scaled.narrow(1, j, 1)));
        return centre;
    }

    private Tensor logScale(Tensor parameters, int channel) { return block(parameters, 1 + channels + channel).maximum(LEAST_LOG_SCALE); }

    /** The log probability (n, h, w) of pixels, computed in F64: in F32 a needle's masses do not add up. @param x levels (n, C, h, w), whole numbers */
    public Tensor logMass(Tensor parameters, Tensor x) {
        var type = require(parameters).dtype();
        if (x.rank() != 4 || x.size(1) != channels)
            throw new ShapeException("LogisticMixture: levels " + x.shape() + "; they are (n, " + channels + ", h, w)");
        parameters = parameters.to(DType.F64);
        x = x.to(DType.F64);
        var scaled = scaled(x);
        double half = 1.0 / (levels - 1);
        var sum = block(parameters, 0).logSoftmax(1);
        for (int c = 0; c < channels; c++) {
            var sharpness = logScale(parameters, c).neg().exp();
            var off = scaled.narrow(1, c, 1).sub(centre(parameters, scaled, c));
            Tensor belowTop = off.add(half).mul(sharpness).logSigmoid(), aboveBottom = off.sub(half).mul(sharpness).neg().logSigmoid();
            var inside = belowTop.add(aboveBottom).add(sharpness.mul(-2 * half).expm1().neg().log());
            var level = x.narrow(1, c, 1);
            sum = sum.add(level.le(0).where(belowTop, level.ge(levels - 1.0).where(aboveBottom, inside)));
        }
        return sum.logSumExp(1).to(type);
    }

    /** Levels (n, C, h, w) drawn. */
    public Tensor sample(Tensor parameters, Rng rng) {
        require(parameters);
        long n = parameters.size(0), h = parameters.size(2), w = parameters.size(3);
        var weights = block(parameters, 0);
        var gumbel = uniform(rng, weights).log().neg().log().neg();
        var chosen = weights.add(gumbel).argmax(1).oneHot(parameters.dtype(), components).moveAxis(-1, 1);
        var drawn = new Tensor[channels];
        Tensor scaled = null;
        for (int c = 0; c < channels; c++) {
            var centre = centre(parameters, scaled, c).mul(chosen).sum(1, true);
            var scale = logScale(parameters, c).mul(chosen).sum(1, true).exp();
            var u = uniform(rng, centre);
            var value = centre.add(scale.mul(u.log().sub(u.rsub(1).log())));
            drawn[c] = value.add(1).mul((levels - 1) / 2.0).round().clamp(0.0, levels - 1.0);
            var now = scaled(drawn[c]);
            scaled = c == 0 ? now : Tensor.concat(1, scaled, now);
        }
        return channels == 1 ? drawn[0].reshape(n, 1, h, w) : Tensor.concat(1, drawn);
    }

    private static Tensor uniform(Rng rng, Tensor like) {
        return Tensor.rand(rng, like.dtype(), like.shape().toArray()).clamp(1e-7, 1 - 1e-7);
    }
}
