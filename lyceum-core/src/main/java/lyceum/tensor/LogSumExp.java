package lyceum.tensor;

import lyceum.DType;

/**
 * A running {@code log |sum of w exp(x)|} that never overflows: the largest exponent so far, and the sum relative to it.
 *
 * <p>Parts that were accumulated apart {@linkplain #merge merge} in any order; infinities and NaN are treated as by
 * {@code scipy.special.logsumexp}. Mutable, for one thread.
 *
 * {@snippet :
 * var part = new LogSumExp();
 * for (double logit : block) part.add(logit);
 * total.merge(part);
 * total.value();
 * }
 */
public final class LogSumExp {
    private double max = Double.NEGATIVE_INFINITY, sum;

    /** The result of a signed sum: {@code log |s|} and the sign of {@code s}. */
    public record Signed(Tensor log, Tensor sign) {}

    /** Adds {@code exp(x)}. */
    public void add(double x) { add(x, 1); }

    /** Adds {@code weight * exp(x)}; a weight of 0 adds nothing, whatever x is. */
    public void add(double x, double weight) {
        if (weight == 0) return;
        if (Double.isNaN(x) || Double.isNaN(max)) {
            max = Double.NaN;
        } else if (x > max) {
            sum = sum * scale(max, x) + weight;
            max = x;
        } else {
            sum += weight * scale(x, max);
        }
    }

    /** Adds what another accumulator holds. */
    public void merge(LogSumExp other) {
        if (other.sum != 0 || Double.isNaN(other.max)) {
            if (Double.isNaN(other.max)) add(other.max, 1);
            else add(other.max, other.sum);
        }
    }

    /** {@code exp(x - top)}, 1 for two equal infinities. */
    private static double scale(double x, double top) { return x == top ? 1 : Math.exp(x - top); }

    /** {@code log |sum|}; minus infinity for nothing, NaN if a NaN was added. */
    public double value() { return Double.isNaN(max) ? Double.NaN : max + Math.log(Math.abs(sum)); }

    /** Sign of the sum: -1, 0 or 1. */
    public double sign() { return Double.isNaN(max) ? Double.NaN : Math.signum(sum); }

    /** The share {@code exp(x) / sum} that x has of what was added: its softmax. */
    public double share(double x) { return sum == 0 ? 0 : Math.exp(x - max) / sum; }

    /** {@code log |sum of weights exp(x)|} and its sign along the axes, weights broadcast; differentiable in x. */
    public static Signed signed(Tensor x, Tensor weights, int... axes) {
        var wide = RowOps.wide(x.to(x.dtype().toFloat()));
        var present = weights.ne(0);
        var shift = RowOps.finiteTop(present.where(wide.detach(), Tensor.full(wide.dtype(), Double.NEGATIVE_INFINITY)), axes);
        var terms = present.where(wide.sub(shift).exp().mul(weights), wide.zerosLike());
        var sum = terms.sum(axes, true);
        var type = DType.promote(x.dtype().toFloat(), weights.dtype());
        var mask = Axes.mask("logSumExp", terms.shape(), axes);
        var shape = Axes.without(terms.shape(), mask).sizes();
        return new Signed(sum.abs().log().add(shift).to(type).reshape(shape), sum.detach().sign().to(type).reshape(shape));
    }
}
