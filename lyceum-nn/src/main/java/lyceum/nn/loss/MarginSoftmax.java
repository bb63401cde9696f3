package lyceum.nn.loss;

import java.util.Objects;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A classifier on the unit sphere, made stricter by a margin on the own class: cross-entropy of {@code s cos theta_c}, where that of the own class is
 * {@code s (cos(theta + angle) - cosine)}.
 *
 * {@snippet :
 * MarginSoftmax.arcFace().of(embeddings, proxies, labels);                                  // s = 64, angle 0.5
 * MarginSoftmax.cosFace().of(embeddings, proxies, labels);                                  // s = 64, cosine 0.35
 * MarginSoftmax.arcFace().withAngle(0.1);                                                   // raised over the first epochs: the full margin at random weights is where runs die
 * }
 *
 * <p>Where {@code theta + angle} passes pi the cosine would turn upward again; there the own logit is {@code s (cos theta - angle sin angle)}, as in the
 * authors' code. Cosines of the own class are held {@code 1e-7} inside of -1 and 1, where the sine's slope is infinite.
 *
 * @param scale s, above 0
 * @param angle added to the own angle, in [0, pi / 2] (ArcFace)
 * @param cosine taken from the own cosine, at least 0 (CosFace)
 * @param reduction {@link Reduction#NONE} gives one loss an embedding
 * @see <a href="https://arxiv.org/abs/1801.07698">Deng, Guo, Xue and Zafeiriou (2019): ArcFace</a>
 * @see <a href="https://arxiv.org/abs/1801.09414">Wang et al. (2018): CosFace</a>
 */
@Withers
public record MarginSoftmax(double scale, double angle, double cosine, Reduction reduction) implements MarginSoftmaxWithers, ProxyLoss {
    private static final double INSIDE = 1 - 1e-7;

    public MarginSoftmax {
        if (!(scale > 0 && scale < Double.POSITIVE_INFINITY && angle >= 0 && angle <= Math.PI / 2 && cosine >= 0
                && cosine < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("MarginSoftmax: scale " + scale + ", angle " + angle + ", cosine " + cosine
                    + "; the scale is above 0, the angle in [0, pi / 2], the cosine at least 0");
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Scale 64, angle 0.5 radians. */
    public static MarginSoftmax arcFace() { return new MarginSoftmax(64, 0.5, 0, Reduction.MEAN); }

    /** Scale 64, cosine 0.35. */
    public static MarginSoftmax cosFace() { return new MarginSoftmax(64, 0, 0.35, Reduction.MEAN); }

    @Override public Tensor of(Tensor embeddings, Tensor proxies, Tensor labels) {
        return new CrossEntropy().withReduction(reduction).of(logits(embeddings, proxies, labels), labels);
    }

    /** What the cross-entropy is taken of: (n, classes). */
    public Tensor logits(Tensor embeddings, Tensor proxies, Tensor labels) {
        var cosines = ProxyLoss.cosines("MarginSoftmax", embeddings, proxies, labels);
        var own = ProxyLoss.own(labels, proxies.size(0));
        return own.where(stricter(cosines).sub(cosine), cosines).mul(scale);
    }

    private Tensor stricter(Tensor cosines) {
        if (angle == 0) return cosines;
        var c = cosines.clamp(-INSIDE, INSIDE);
        var turned = c.mul(Math.cos(angle)).sub(c.square().rsub(1).sqrt().mul(Math.sin(angle))); // cos(theta + angle)
        return c.gt(-Math.cos(angle)).where(turned, c.sub(angle * Math.sin(angle)));
    }
}
