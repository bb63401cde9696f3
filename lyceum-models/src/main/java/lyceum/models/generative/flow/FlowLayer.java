package lyceum.models.generative.flow;

import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * An invertible map of items (n, ..) with the logarithm of the determinant of its Jacobian: {@link #transform} leads from data towards noise, {@link #inverse} back.
 * Both are recorded, so that either direction can be trained.
 *
 * <p>Stacked in a {@link FlowChain}, logarithms add. What a layer computes as a {@link Module} is the value of {@code transform}.
 */
public abstract class FlowLayer extends Module {
    /**
     * Where items came to.
     *
     * @param value (n, ..)
     * @param logDet {@code log |det|} of the map that was taken, at each item (n)
     */
    public record Moved(Tensor value, Tensor logDet) {}

    /** From data towards noise. */
    public abstract Moved transform(Tensor x, Pass pass);

    /** Back, with the determinant of the way back: that of {@link #transform} at the result, with the other sign. */
    public abstract Moved inverse(Tensor y, Pass pass);

    /** The same weights, used the other way round. */
    public FlowLayer inverted() { return new InvertedFlow(this); }

    @Override protected final Tensor compute(Tensor x, Pass pass) { return transform(x, pass).value; }

    /** The sum over each item: (n). */
    static Tensor sumOfItems(Tensor x) { return x.reshape(x.size(0), -1).sum(1); }

    /** No change of volume: zeros (n). */
    static Tensor none(Tensor x) { return Tensor.zeros(x.dtype(), x.size(0)); }

    /** {@code limit tanh(raw / limit)}: the identity near 0, never beyond the limit, so that no outlier overflows the exponential. */
    static Tensor limited(Tensor raw, double limit) { return Double.isInfinite(limit) ? raw : raw.div(limit).tanh().mul(limit); }

    static double requireLimit(String name, double limit) {
        if (!(limit > 0))
            throw new IllegalArgumentException(name + ": the limit of log scales is " + limit + "; it is above 0, or infinite");
        return limit;
    }
}
