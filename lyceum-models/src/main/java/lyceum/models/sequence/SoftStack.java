package lyceum.models.sequence;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * A stack that is pushed and popped by degrees, and so can be learned: values with strengths, of which popping takes from the top as much as is said, and reading gives the
 * topmost ones up to a strength of 1.
 *
 * <pre>
 * s_i = max(0, s_i - max(0, pop - sum of s above i))      then the new value with strength push
 * read = sum of min(s_i, max(0, 1 - sum of s above i)) v_i
 * </pre>
 *
 * <p>With strengths of 0 and 1 it is a stack. Immutable.
 *
 * @param values (batch, n, width), the top last
 * @param strengths (batch, n)
 * @see <a href="https://arxiv.org/abs/1506.02516">Grefenstette, Hermann, Suleyman and Blunsom (2015)</a>
 */
public record SoftStack(Tensor values, Tensor strengths) {

    /** Of nothing: null tensors. */
    public static SoftStack empty() { return new SoftStack(null, null); }

    /**
     * Pops, then pushes.
     *
     * @param pop how much, in [0, 1], (batch)
     * @param push how much, in [0, 1], (batch)
     * @param value (batch, width)
     */
    public SoftStack step(Tensor pop, Tensor push, Tensor value) {
        if (value.rank() != 2 || pop.rank() != 1 || pop.size(0) != value.size(0) || !push.shape().equals(pop.shape()))
            throw new ShapeException("SoftStack: pop " + pop.shape() + ", push " + push.shape() + " and value " + value.shape()
                    + "; they are (batch), (batch) and (batch, width)");
        Tensor above = value.unsqueeze(1), strength = push.unsqueeze(1);
        if (values == null) return new SoftStack(above, strength);
        var left = strengths.sub(pop.unsqueeze(1).sub(above(strengths)).relu()).relu();
        return new SoftStack(Tensor.concat(1, values, above), Tensor.concat(1, left, strength));
    }

    /** (batch, width). */
    public Tensor read() {
        if (values == null) throw new IllegalStateException("SoftStack: nothing was pushed yet");
        var share = strengths.minimum(above(strengths).rsub(1.0).relu());
        return share.unsqueeze(1).matmul(values).squeeze(1);
    }

    /** The strengths above each. */
    private static Tensor above(Tensor s) { return s.sum(1, true).sub(s.cumsum(1)); }
}
