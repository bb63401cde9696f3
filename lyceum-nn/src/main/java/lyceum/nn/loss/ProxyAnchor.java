package lyceum.nn.loss;

import lyceum.DType;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Each proxy looks at the whole batch, its hardest members most:
 *
 * <p>{@code mean over proxies with members of log(1 + sum over members exp(-a (cos - m)))
 * + mean over all proxies of log(1 + sum over others exp(a (cos + m)))}.
 *
 * @param scale a, above 0; 32 by default
 * @param margin m, at least 0; 0.1 by default
 * @see <a href="https://arxiv.org/abs/2003.13911">Kim, Kim, Cho and Kwak (2020)</a>
 */
@Withers
public record ProxyAnchor(double scale, double margin) implements ProxyAnchorWithers, ProxyLoss {
    public ProxyAnchor {
        if (!(scale > 0 && scale < Double.POSITIVE_INFINITY && margin >= 0 && margin < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("ProxyAnchor: scale " + scale + ", margin " + margin + "; above 0, and at least 0");
    }

    /** Scale 32, margin 0.1. */
    public ProxyAnchor() { this(32, 0.1); }

    @Override public Tensor of(Tensor embeddings, Tensor proxies, Tensor labels) {
        var cosines = ProxyLoss.cosines("ProxyAnchor", embeddings, proxies, labels);
        long classes = proxies.size(0);
        var own = ProxyLoss.own(labels, classes);
        var near = above(cosines.sub(margin).mul(-scale).maskedFill(own.not(), Double.NEGATIVE_INFINITY));
        var far = above(cosines.add(margin).mul(scale).maskedFill(own, Double.NEGATIVE_INFINITY));
        double present = own.to(DType.F64).sum(0).gt(0).to(DType.F64).sum().item();
        return near.sum().div(present).add(far.sum().div(classes)); // log(1 + nothing) is 0 for proxies without members
    }

    /** {@code log(1 + sum exp)} down each column: a logarithm of a sum with a zero among its rows. */
    private static Tensor above(Tensor logits) {
        return Tensor.concat(0, logits, Tensor.zeros(logits.dtype(), 1, logits.size(1))).logSumExp(0);
    }
}
