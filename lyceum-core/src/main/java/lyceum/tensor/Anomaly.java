package lyceum.tensor;

import java.util.function.Supplier;
import lyceum.DType;
import lyceum.LyceumException;

/**
 * Finds where a NaN comes from. Inside {@link #detect} every operation is computed at once and looked at, forward and backward: the first whose result
 * has a NaN where no operand has one is named by an exception, with the line that called it: for a backward, the line of the operation that it is of.
 *
 * {@snippet :
 * Anomaly.detect(() -> loss(x).backward());   // anomaly: the backward of sqrt made the first NaN (in div), of shape (3,) at 1; ...
 * }
 *
 * <p>Slow, for the search alone: nothing is fused. Of the calling thread only.
 */
public final class Anomaly {
    private static final ScopedValue<String> BACKWARD_OF = ScopedValue.newInstance();
    private static final ScopedValue<Boolean> DETECTING = ScopedValue.newInstance();

    private Anomaly() {}

    /** Runs {@code body}. @throws LyceumException at the first NaN that an operation makes of numbers: names the operation, the shape and the place */
    public static <T> T detect(Supplier<T> body) {
        return ScopedValue.where(DETECTING, true).call(() -> Tracing.within(Anomaly::look, body));
    }

    /** As {@link #detect(Supplier)}. */
    public static void detect(Runnable body) {
        detect(() -> {
            body.run();
            return null;
        });
    }

    /** Only a traced thread can be detecting, and asking for that is cheap. */
    static boolean isDetecting() { return Tracing.on() && DETECTING.isBound(); }

    static Tensor backwardOf(GradNode node, Supplier<Tensor> part) {
        return ScopedValue.where(BACKWARD_OF, node.operation.text() + (node.line == null ? "" : ", which " + node.line + " called,"))
                .call(part::get);
    }

    /** The first line outside of the packages that make up an operation: {@code Model.forward (Model.java:12)}. */
    static String line() {
        return StackWalker.getInstance().walk(frames -> frames.filter(f -> !isOurs(f.getClassName())).findFirst())
                .map(f -> f.getClassName().substring(f.getClassName().lastIndexOf('.') + 1) + "." + f.getMethodName() + " ("
                        + f.getFileName() + ":" + f.getLineNumber() + ")")
                .orElse("an unknown line");
    }

    private static boolean isOurs(String name) {
        // tests stand in these packages too, and are callers
        return (name.startsWith("lyceum.tensor.") || name.startsWith("lyceum.autograd.") || name.startsWith("lyceum.linalg.")
                || name.startsWith("java.") || name.startsWith("jdk.")) && !name.contains("Test");
    }

    private static void look(Operation operation, boolean stopped, Tensor result, Tensor... operands) {
        long at = firstNaN(result);
        if (at < 0) return;
        for (var operand : operands) if (firstNaN(operand) >= 0) return;
        var who = BACKWARD_OF.isBound() ? "the backward of " + BACKWARD_OF.get() + " made the first NaN (in " + operation.text() + ")"
                : operation.text() + " made the first NaN";
        throw new LyceumException("anomaly: " + who + ", of shape " + result.shape() + " at " + at + " of its elements in order"
                + (BACKWARD_OF.isBound() ? "" : ", called by " + line()) + "; keep its operands inside its domain, or mask them before it");
    }

    /** Its number among the elements in order, or -1. */
    private static long firstNaN(Tensor x) {
        if (!x.dtype().isFloat() || x.count() == 0) return -1;
        return Tracing.inside(() -> {
            var nan = x.shared().isNaN().flatten();
            return nan.countNonZero().itemLong() == 0 ? -1L : nan.to(DType.F32).argmax(0).itemLong();
        });
    }
}
