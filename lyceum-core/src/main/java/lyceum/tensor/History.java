package lyceum.tensor;

import java.util.concurrent.atomic.AtomicLong;
import lyceum.DType;
import lyceum.LyceumException;

/**
 * How a tensor was made, as far as gradients need it: the histories of its operands, and the rule that turns its gradient into theirs.
 *
 * <p>It holds the operands themselves only where the rule reads them, so that an addition keeps no memory alive.
 */
final class History {
    /** Gradient of operand {@code i}, in the result's shape or the operand's; null if that operand is unaffected. */
    @FunctionalInterface interface Rule {
        Tensor gradient(int i, Tensor g);

        /** The rule for one visit of a sweep: one that makes the gradients of all operands at once keeps them there meanwhile. */
        default Rule forVisit() { return this; }
    }

    /** A value that a rule will read, with the number of in-place writes it had when the rule was made. */
    record Saved(Tensor tensor, int version, String operation) {
        static Saved of(Tensor tensor, String operation) {
            if (tensor == null) return null;
            var pending = tensor.deferred();
            if (pending != null) pending.readers().incrementAndGet();
            return new Saved(tensor, tensor.version(), operation);
        }

        Tensor get() {
            if (tensor.version() != version) throw new LyceumException("backward of " + operation + ": a value of shape " + tensor.shape()
                    + " that it needs was changed in place; write to a copy, or after backward");
            return tensor;
        }
    }

    /**
     * That a result is the part of its only operand from {@code from} on along {@code axis}.
     *
     * @param strides of the operand, whose gradient is laid out alike, so that undoing a permutation costs no copy
     */
    record Part(int axis, long from, long[] strides) { }

    private static final AtomicLong NEXT = new AtomicLong();

    /** Later operations have higher numbers: descending order is a topological one. */
    final long number = NEXT.getAndIncrement();
    final String operation;
    final History[] operands;
    final Shape[] shapes;
    final DType[] types;
    final Rule rule;
    final Tensor leaf;
    /** For a slice; else null. */
    Part part;
    /** True if the rule may keep what it is given, as one of the user's does: it comes by {@link CustomGradient}. */
    boolean ofUser;

    private History(String operation, History[] operands, Shape[] shapes, DType[] types, Rule rule, Tensor leaf) {
        this.operation = operation;
        this.operands = operands;
        this.shapes = shapes;
        this.types = types;
        this.rule = rule;
        this.leaf = leaf;
    }

    /** An operation on operands whose histories are at hand, but not they themselves. */
    static History of(String operation, Rule rule, History[] operands, Shape[] shapes, DType[] types) { return new History(operation, operands, shapes, types, rule, null); }

    static History leaf(Tensor leaf) { return new History("leaf", new History[0], null, null, null, leaf); }

    /** What is recorded from now on has this number or a higher one. */
    static long next() { return NEXT.get(); }

    /** True if an operation on these operands has to be recorded. */
    static boolean wanted(Tensor... operands) {
        boolean tracked = false;
        for (var operand : operands) tracked |= operand != null && operand.history() != null;
        return tracked && GradMode.isRecording();
    }

    /** Attaches to {@code result} that it came from {@code operands} by an operation with this rule. Call if {@link #wanted}. */
    static Tensor record(String operation, Tensor result, Rule rule, Tensor... operands) {
        var histories = new History[operands.length];
        var shapes = new Shape[operands.length];
        var types = new DType[operands.length];
        for (int i = 0; i < operands.length; i++) {
            if (operands[i] == null) continue;
            histories[i] = operands[i].history();
            shapes[i] = operands[i].shape();
            types[i] = operands[i].dtype();
        }
        return result.recorded(new History(operation, histories, shapes, types, rule, null));
    }
}
