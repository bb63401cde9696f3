package lyceum.autograd;

import lyceum.tensor.CustomOp;
import lyceum.tensor.Tensor;

/**
 * An operation whose gradient the user gives.
 *
 * {@snippet :
 * var cube = Primitive.of("cube", in -> in[0].pow(3), (i, g, out, in) -> g.mul(in[0].square()).mul(3));
 * Tensor y = cube.apply(x);
 * }
 *
 * <p>{@code forward} runs unrecorded; {@code backward} is written in tensor operations, so that it can be differentiated in turn. Forward mode and
 * batches follow from these two, if rules of their own are not given.
 */
public interface Primitive {

    /** Computes the result from the operands. */
    @FunctionalInterface
    interface Forward {
        Tensor compute(Tensor[] operands);
    }

    /** Gradient of operand {@code i}, from the gradient {@code g} of the result; null for zero. */
    @FunctionalInterface
    interface Backward {
        Tensor gradient(int i, Tensor g, Tensor result, Tensor[] operands);
    }

    /** What the gradient reads of the forward pass beside operands and result, as the moments of a row: in tensor operations. */
    @FunctionalInterface
    interface Keeping {
        Tensor[] of(Tensor[] operands);
    }

    /** Computes the result from the operands and what is kept. */
    @FunctionalInterface
    interface KeepingForward {
        Tensor compute(Tensor[] operands, Tensor[] kept);
    }

    /** As {@link Backward}, with what was kept; where the gradient is to be differentiated in turn, that is computed again, recorded. */
    @FunctionalInterface
    interface KeepingBackward {
        Tensor gradient(int i, Tensor g, Tensor result, Tensor[] operands, Tensor[] kept);
    }

    /** Applies the operation, recorded if an operand is tracked. */
    Tensor apply(Tensor... operands);

    /** Tangent of the result from those of the operands, of which some are null for zero; null for zero. In tensor operations. */
    @FunctionalInterface
    interface Forwards {
        Tensor tangent(Tensor[] tangents, Tensor result, Tensor[] operands);
    }

    /** The results for a batch of {@code size}, which is the first axis of the operands that are {@code batched}, and of the result. */
    @FunctionalInterface
    interface Batching {
        Tensor compute(long size, boolean[] batched, Tensor[] operands);
    }

    /** @param name appears in error messages */
    static Primitive of(String name, Forward forward, Backward backward) { return of(name, forward, backward, null, null); }

    /**
     * An operation with rules for forward mode and batches as well.
     *
     * @param name appears in error messages
     * @param forwards the push-forward; if null, the transpose of {@code backward}, which costs two sweeps through it
     * @param batching what {@link Autograd#vmap} does; if null, one entry after the other
     */
    static Primitive of(String name, Forward forward, Backward backward, Forwards forwards, Batching batching) {
        var operation = new CustomOp(name, null, (in, kept) -> forward.compute(in),
                (i, g, out, in, kept) -> backward.gradient(i, g, out, in), forwards == null ? null : forwards::tangent,
                batching == null ? null : batching::compute);
        return operation::apply;
    }

    /**
     * An operation whose gradient need not compute again what the result was computed from.
     *
     * @param name appears in error messages
     * @param keeping runs once, unrecorded, before {@code forward}; what it gives is held until the gradient has been computed
     */
    static Primitive of(String name, Keeping keeping, KeepingForward forward, KeepingBackward backward) {
        var operation = new CustomOp(name, keeping::of, forward::compute, backward::gradient, null, null);
        return operation::apply;
    }
}
