package lyceum.nn.loss;

import java.util.Objects;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Neighbourhood components with proxies for neighbours: {@code -log(exp(-s D_y) / sum_(c != y) exp(-s D_c))}, D the squared distance of the unit vectors of an
 * embedding and of a class's proxy. Without the own class below the line it has no floor at 0.
 *
 * @param scale s, above 0; 1 by default, as in the paper
 * @param probability counts the own proxy below the line too: a softmax, which is 0 at best. With a scale of 9 this is ProxyNCA++ (Teh, DeVries and Taylor 2020)
 * @param reduction {@link Reduction#NONE} gives one loss an embedding
 * @see <a href="https://arxiv.org/abs/1703.07464">Movshovitz-Attias, Toshev, Leung, Ioffe and Singh (2017)</a>
 */
@Withers
public record ProxyNca(double scale, boolean probability, Reduction reduction) implements ProxyNcaWithers, ProxyLoss {
    public ProxyNca {
        if (!(scale > 0 && scale < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("ProxyNca: scale is " + scale + "; it is above 0");
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Scale 1, the paper's formula, the mean. */
    public ProxyNca() { this(1, false, Reduction.MEAN); }

    @Override public Tensor of(Tensor embeddings, Tensor proxies, Tensor labels) {
        var cosines = ProxyLoss.cosines("ProxyNca", embeddings, proxies, labels);
        if (proxies.size(0) < 2) throw new IllegalArgumentException("ProxyNca: one proxy; two classes or more are told apart");
        var logits = cosines.rsub(1).mul(-2 * scale); // |x - p|^2 = 2 - 2 cos
        var own = ProxyLoss.own(labels, proxies.size(0));
        var below = probability ? logits : logits.maskedFill(own, Double.NEGATIVE_INFINITY);
        return reduction.of(below.logSumExp(1).sub(logits.mul(own.to(logits.dtype())).sum(1)));
    }
}
