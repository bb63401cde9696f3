package lyceum.nn.loss;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** What formulas of one value an element have in common. */
final class Elements {
    private Elements() {}

    static Tensor residual(String operation, Tensor prediction, Tensor target) {
        same(operation, prediction, target);
        return prediction.sub(target.to(prediction.dtype()));
    }

    static Tensor margin(String operation, Tensor score, Tensor target) {
        same(operation, score, target);
        return score.mul(target.to(score.dtype()));
    }

    /** A softplus each way: each is exact where it is small, which their difference from a multiple of the logit is not. */
    static Tensor binary(String operation, Tensor z, Tensor target, Tensor positiveWeight) {
        same(operation, z, target);
        var t = target.to(z.dtype());
        var positive = positiveWeight == null ? t : t.mul(positiveWeight);
        return positive.mul(z.neg().softplus()).add(t.rsub(1).mul(z.softplus()));
    }

    static Tensor limitedLog(Tensor p) {
        var none = p.eq(0);
        return none.where(Tensor.full(p.dtype(), -100), none.where(p.onesLike(), p).log()).maximum(-100);
    }

    static void above(String operation, String name, double value, double limit) {
        if (!(value > limit))
            throw new IllegalArgumentException(operation + ": " + name + " is " + value + "; it is above " + (long) limit);
    }

    /** Refuses to broadcast. */
    static void same(String operation, Tensor prediction, Tensor target) {
        if (!prediction.shape().equals(target.shape())) throw new ShapeException(operation + ": prediction " + prediction.shape()
                + " and target " + target.shape() + " differ; reshape one, losses do not broadcast");
    }

    /** A chance of error so small that its power has no finite slope counts as the least normal number. */
    static Tensor focused(Tensor surprise, Tensor error, double gamma) { return error.maximum(Float.MIN_NORMAL).pow(gamma).mul(surprise); }
}
