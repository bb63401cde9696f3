package lyceum.nn;

import lyceum.tensor.Tensor;

/**
 * The point of the simplex that is nearest to x, along the last axis: {@code p = max(x - tau, 0)} with tau such that p sums to 1. Unlike the softmax it gives
 * exact zeros, to all that lies 1 or more below the largest. Differentiable: {@code dp = s (dx - mean of dx over the support)}.
 *
 * @see <a href="https://arxiv.org/abs/1602.02068">Martins and Astudillo (2016)</a>
 */
public final class Sparsemax implements Layer {
    /** x (.., n) to probabilities of the same shape. */
    public static Tensor of(Tensor x) {
        x = x.sub(x.detach().max(-1, true)); // the same point, and large numbers keep their digits
        var falling = x.detach().sort(-1, true).values();
        var rank = Tensor.arange(1, x.size(-1) + 1, 1).to(x.dtype());
        var inside = falling.mul(rank).add(1).gt(falling.cumsum(-1));
        var smallest = inside.where(falling, Tensor.full(x.dtype(), Double.POSITIVE_INFINITY, 1)).min(-1, true);
        Tensor support = x.detach().ge(smallest), none = Tensor.zeros(x.dtype(), 1);
        var tau = support.where(x, none).sum(-1, true).sub(1).div(support.to(x.dtype()).sum(-1, true));
        return support.where(x.sub(tau), none).relu();
    }

    @Override public Tensor forward(Tensor x, Pass pass) { return of(x); }
}
