package lyceum.autograd;

import lyceum.tensor.Tensor;

/**
 * An operation whose gradient the user gives.
 *
 * {@snippet :
 * var cube = Primitive.of("cube", in -> in[0].pow(3), (i, g, out, in) -> g.mul(in[0].square()).mul(3));
 * Tensor y = cube.apply(x);
 * }
 *
 * <p>{@code forward} runs unrecorded; {@code backward} is written in tensor operations, so that it can be differentiated in turn.
 */
public interface Primitive {

    /** Computes the result from the operands. */
    @FunctionalInterface interface Forward {
        Tensor compute(Tensor[] operands);
    }

    /** Gradient of operand {@code i}, from the gradient {@code g} of the result; null for zero. */
    @FunctionalInterface interface Backward {
        Tensor gradient(int i, Tensor g, Tensor result, Tensor[] operands);
    }

    /** What the gradient reads of the forward pass beside operands and result, as the moments of a row: in tensor operations. */
    @FunctionalInterface interface Keeping {
        Tensor[] of(Tensor[] operands);
    }

    /** Computes the result from the operands and what is kept. */
    @FunctionalInterface interface KeepingForward {
        Tensor compute(Tensor[] operands, Tensor[] kept);
    }

    /** As {@link Backward}, with what was kept; where the gradient is to be differentiated in turn, that is computed again, recorded. */
    @FunctionalInterface interface KeepingBackward {
        Tensor gradient(int i, Tensor g, Tensor result, Tensor[] operands, Tensor[] kept);
    }

    /** Applies the operation, recorded if an operand is tracked. */
    Tensor apply(Tensor... operands);

    /** @param name appears in error messages */
    static Primitive of(String name, Forward forward, Backward backward) {
        return operands -> lyceum.tensor.CustomGradient.apply(name, operands, forward::compute, backward::gradient);
    }

    /**
     * An operation whose gradient need not compute again what the result was computed from.
     *
     * @param name appears in error messages
     * @param keeping runs once, unrecorded, before {@code forward}; what it gives is held until the gradient has been computed
     */
    static Primitive of(String name, Keeping keeping, KeepingForward forward, KeepingBackward backward) {
        return operands -> lyceum.tensor.CustomGradient.apply(name, operands, keeping::of, forward::compute, backward::gradient);
    }
}
