package lyceum.autograd;

import lyceum.tensor.CustomOp;
import lyceum.tensor.Tensor;

/**
 * An operation whose rules the user gives.
 *
 * {@snippet :
 * var cube = Primitive.of("cube", in -> in[0].pow(3), (i, g, out, in) -> g.mul(in[0].square()).mul(3));
 * Tensor y = cube.apply(x);
 *
 * var whole = cube.withPushForward((t, out, in) -> t[0].mul(in[0].square()).mul(3)).withBatching((size, batched, in) -> in[0].pow(3));
 * }
 *
 * <p>The value is computed unrecorded; the rules are written in tensor operations, so that they can be differentiated in turn. Forward mode and batches
 * follow from value and pull-back, if rules of their own are not given. Immutable; safe for concurrent use if the rules are.
 */
public final class Primitive {

    /** Computes the result from the operands. */
    @FunctionalInterface
    public interface Forward {
        Tensor compute(Tensor[] operands);
    }

    /** Gradient of operand {@code i}, from the gradient {@code g} of the result; null for zero. */
    @FunctionalInterface
    public interface Backward {
        Tensor gradient(int i, Tensor g, Tensor result, Tensor[] operands);
    }

    /** What the gradient reads of the forward pass beside operands and result, as the moments of a row: in tensor operations. */
    @FunctionalInterface
    public interface Keeping {
        Tensor[] of(Tensor[] operands);
    }

    /** Computes the result from the operands and what is kept. */
    @FunctionalInterface
    public interface KeepingForward {
        Tensor compute(Tensor[] operands, Tensor[] kept);
    }

    /** As {@link Backward}, with what was kept; where the gradient is to be differentiated in turn, that is computed again, recorded. */
    @FunctionalInterface
    public interface KeepingBackward {
        Tensor gradient(int i, Tensor g, Tensor result, Tensor[] operands, Tensor[] kept);
    }

    /** Tangent of the result from those of the operands, of which some are null for zero; null for zero. */
    @FunctionalInterface
    public interface PushForward {
        Tensor tangent(Tensor[] tangents, Tensor result, Tensor[] operands);
    }

    /** The results for a batch of {@code size}, which is the first axis of the operands that are {@code batched}, and of the result. */
    @FunctionalInterface
    public interface Batching {
        Tensor compute(long size, boolean[] batched, Tensor[] operands);
    }

    private final CustomOp operation;

    private Primitive(CustomOp operation) { this.operation = operation; }

    /** @param name appears in error messages */
    public static Primitive of(String name, Forward forward, Backward backward) {
        return new Primitive(CustomOp.of(name, forward::compute, backward::gradient));
    }

    /**
     * An operation whose gradient need not compute again what the result was computed from.
     *
     * @param name appears in error messages
     * @param keeping runs once, unrecorded, before {@code forward}; what it gives is held until the gradient has been computed
     */
    public static Primitive of(String name, Keeping keeping, KeepingForward forward, KeepingBackward backward) {
        return new Primitive(new CustomOp(name, keeping::of, forward::compute, backward::gradient, null, null));
    }

    /** With a rule for forward mode, which without one is the transpose of the pull-back: two sweeps through it. */
    public Primitive withPushForward(PushForward rule) { return new Primitive(operation.withPush(rule::tangent)); }

    /** With a rule for {@link Autograd#vmap}, which without one does one entry after the other. */
    public Primitive withBatching(Batching rule) { return new Primitive(operation.withBatching(rule::compute)); }

    /** With the same value in tensor operations, for those who write down what is done, such as an export: gradients stay what the rules give. */
    public Primitive withParts(Forward parts) { return new Primitive(operation.withParts(parts::compute)); }

    /** Applies the operation, recorded if an operand is tracked. */
    public Tensor apply(Tensor... operands) { return operation.apply(operands); }
}
