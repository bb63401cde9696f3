package lyceum.optim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.tensor.Tensor;

/**
 * How a gradient becomes a step: the formula of an optimiser, without its state.
 *
 * <p>A rule is a record of its settings and a pure function, written in tensor operations, so that it can be differentiated and its
 * element-wise chain runs as one program. {@link #over} applies it to parameters and returns the {@link Optimizer} that holds the state.
 *
 * <p>A new rule is a record that implements the three methods without a body.
 */
public interface UpdateRule {

    /** A parameter's next value, and the next values of its slots in their order. */
    record Update(Tensor parameter, List<Tensor> slots) {}

    /** The step's scale; a {@link Schedule} multiplies it. */
    double learningRate();

    /** Names of the state kept for a parameter {@code x}. */
    List<String> slots(Tensor x);

    /**
     * A slot's value before the first step: zeros of the shape of {@code x}, unless the rule says otherwise.
     *
     * @param x the parameter, in the type in which it is updated
     */
    default Tensor start(String slot, Tensor x) { return Tensor.zeros(x.dtype(), x.shape().toArray()); }

    /** Where a slot is kept from then on, with its first value; it is written in place. In memory, unless the rule says otherwise. */
    default Tensor kept(Tensor start) { return start.copy(); }

    /**
     * One step for one parameter. Changes nothing.
     *
     * @param x the parameter
     * @param gradient of the objective, in the shape of x
     * @param slots in the order of {@link #slots}
     * @param step which step of this parameter it is, from 1
     * @param rate the learning rate of this step
     */
    Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate);

    /**
     * True if every element's step depends on this element of x, gradient and slots alone, by one formula for all shapes, as in Adam: then the step
     * of all parameters is one program. False, which is always right, for rules that look at norms, rows or shapes.
     */
    default boolean isElementwise() { return false; }

    /** True if it ascends: a coupled {@link WeightDecay} then pulls the other way. A record component of this name implements it. */
    default boolean maximize() { return false; }

    /** An optimiser of these parameters with this rule; they are named "0", "1", ... in its saved state. */
    default Optimizer over(Tensor... parameters) { return over(List.of(parameters)); }

    /** Like {@link #over(Tensor...)}. */
    default Optimizer over(List<Tensor> parameters) {
        var named = new LinkedHashMap<String, Tensor>();
        for (var parameter : parameters) named.put(Integer.toString(named.size()), parameter);
        return over(named);
    }

    /** An optimiser of named parameters with this rule. */
    default Optimizer over(SequencedMap<String, Tensor> parameters) {
        return new Optimizer(List.of(new Optimizer.Group(this, parameters)));
    }
}
