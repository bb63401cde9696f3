package lyceum.tensor;

import java.util.Locale;
import lyceum.DType;
import lyceum.backend.View;

/**
 * What is done to tensors, as data: one record holds everything that is known about an operation, and histories, traces, forward mode, batches, memory plans
 * and listings read it. Everything that {@link Tensor} offers is one of these or a composition of them; records of equal components are equal.
 *
 * <ul>
 * <li>its <b>value</b>, by {@link #value};
 * <li>its <b>pull-back</b> from the gradient of the result to that of an operand, and what that {@link #reads};
 * <li>its <b>push-forward</b> from the tangents of the operands to that of the result;
 * <li>its <b>batching rule</b>, {@link #batched}: many at once, by as many kernels as one takes;
 * <li>its <b>cost</b> in scalar operations and bytes, whether it is a view, and a few words about it.
 * </ul>
 *
 * <p>All rules but the value are in tensor operations, so that they can be differentiated, traced and batched in turn.
 */
public sealed interface Operation permits ElementwiseOp, ReduceOp, ScanOp, ArgsortOp, GeluTanhOp, RowOps.Softmax, RowOps.LogSoftmax,
        RowOps.LogSumExp, NormOp, MatmulOp, SparseMatmulOp, PackedMatrix.Product, QuantisedMatrix.Product, AttentionOp, LstmOp, ConvolveOp,
        PoolOps.LargestPlaces, PoolOps.Pick, PoolOps.Unpick, PoolOps.Average, GatherOp, ScatterOp, ConcatOp, ViewOps.Copy, ViewOps.Reshape,
        ViewOps.Expand, ViewOps.Permute, ViewOps.Slice, ViewOps.Flip, ViewOps.Diagonal, ViewOps.Unfold, ViewOps.Stop, ViewOps.Same,
        CustomOp, Checkpoint.Rerun {

    /** In {@link #reads}: the result. Bit {@code i} stands for operand {@code i}. */
    int RESULT = 1 << 31;

    /** In {@link #reads}: every operand, were they more than 31, and the result. */
    int ALL = -1;

    /** A value, and what the pull-back reads beside operands and result. */
    record Outcome(Tensor value, Tensor... kept) {}

    /** The type and shape of an operand or result. */
    record Form(DType type, Shape shape) {
        static Form of(Tensor x) { return new Form(x.dtype(), x.shape()); }

        long bytes() { return shape.count() * type.bytes(); }
    }

    /** Scalar operations (a multiply-add counts one), and bytes that are read and written. */
    record Cost(long operations, long bytes) {}

    /** How the result lies in memory: in its own, under the operand's strides, under other ones, or (if the operand has no gaps) as its elements in order. */
    enum Memory {
        OWN, SAME, STRIDED, IN_ORDER
    }

    /** Gradients of one visit of a sweep, where one computation gives those of all operands. */
    @FunctionalInterface
    interface Visit {
        Tensor pullback(int i, Tensor g);
    }

    /** The value, neither recorded nor reported to listeners; it may stay pending. Operands have the types and shapes that the operation takes. */
    Tensor value(Tensor... in);

    /** True if the pull-back reads more than operands and result. */
    default boolean keeps() { return false; }

    /** The value with what the pull-back {@link #keeps}. */
    default Outcome outcome(Tensor... in) { return new Outcome(value(in)); }

    /** The value: recorded for gradients if an operand is tracked, and reported to listeners. All that is done to tensors goes through here. */
    default Tensor apply(Tensor... in) {
        boolean told = Tracing.on(), wanted = GradNode.wanted(in);
        if (wanted && keeps()) {
            var outcome = told ? Tracing.inside(this, () -> outcome(in)) : outcome(in);
            return Tracing.made(this, outcome.value.dtype().isFloat(), outcome.value, outcome.kept, in);
        }
        var value = told ? Tracing.inside(this, () -> value(in)) : value(in);
        return wanted || told ? Tracing.made(this, wanted && value.dtype().isFloat(), value, null, in) : value;
    }

    /** Does it and stores the result in {@code out}, which has the result's shape and type and overlaps no operand. */
    default void into(View out, Tensor... in) { Storing.copy(apply(in), out); }

    /** False if no derivative passes: its result is an integer, a step or meant as a constant. */
    default boolean isDifferentiable() { return true; }

    /** True if it is linear in all float operands together: its push-forward is then itself. */
    default boolean isLinear() { return false; }

    /** True if it is linear in either of its two operands. */
    default boolean isBilinear() { return false; }

    /** True if its two operands may change places. */
    default boolean commutes() { return false; }

    /** What the pull-back for operand {@code i} reads: a bit for each operand, and {@link #RESULT}. */
    default int reads(int i) { return 0; }

    /** Gradient of operand {@code i} from that of the result, in the operand's shape or the result's, in any type; null for zero. */
    Tensor pullback(int i, Tensor g, Reading reading);

    /** The operand as which its gradient is to lie in memory, so that nothing has to turn it round; {@link Reading#strides} tells. Or -1. */
    default int gradientLiesAs() { return -1; }

    /** For one visit of a sweep; null where {@link #pullback} is all there is. */
    default Visit visit(Reading reading) { return null; }

    /**
     * The tangent of the result: the derivative of the value along the tangents.
     *
     * @param tangents of the operands, in their shapes and types; null for zero
     * @return in a shape that stretches to the result's; null for zero
     */
    default Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        if (isLinear()) return apply(Tangents.orZero(tangents, in));
        if (isComposed()) return Forward.along(this::composed, in, tangents);
        throw new AssertionError(text() + " is neither linear nor composed and has no push-forward");
    }

    /**
     * For each entry of a batch the value of that entry.
     *
     * @param isBatched which operands have the batch as their first axis; at least one. Others are the same for every entry
     * @return with the batch as its first axis
     */
    Tensor batched(long size, boolean[] isBatched, Tensor... in);

    /** The value in simpler operations, each recorded and reported: what a fused operation abbreviates. */
    default Tensor composed(Tensor... in) { return apply(in); }

    /** True if it stands for several simpler operations. */
    default boolean isComposed() { return false; }

    /** By default one operation for each element of the result, and every operand read once. */
    default Cost cost(Form out, Form... in) {
        if (isView()) return new Cost(0, 0);
        return new Cost(operations(out, in), bytes(out, in));
    }

    private static long bytes(Form out, Form... in) {
        long bytes = out.bytes();
        for (var operand : in) bytes += operand.bytes();
        return bytes;
    }

    /** See {@link #cost}. */
    default long operations(Form out, Form... in) { return out.shape.count(); }

    default Memory memory() { return Memory.OWN; }

    /** True if the result shares the operand's memory, for contiguous operands. */
    default boolean isView() { return memory() != Memory.OWN; }

    /** True if its rules are the user's, who may keep what they are given. */
    default boolean isOfUser() { return false; }

    /** A few words, such as {@code sum [0]}. */
    default String text() { return getClass().getSimpleName().toLowerCase(Locale.ROOT); }
}
