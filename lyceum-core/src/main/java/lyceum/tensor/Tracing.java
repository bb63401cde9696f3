package lyceum.tensor;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import lyceum.LyceumException;
import lyceum.backend.Op;
import lyceum.memory.Scope;

/**
 * Lets recorders observe what a function does: inside {@link #with}, every operation that creates a tensor is reported to the recorder. Graphs,
 * forward mode and batches are such recorders. Operations of other threads are not reported.
 */
public final class Tracing {
    /** Receives every operation, in the order of the calls. */
    @FunctionalInterface
    public interface Recorder {
        /**
         * Operations performed in here are reported to the recorders outside this one.
         *
         * @param stopped true if no derivative passes the result, since it was made where none is to be taken
         */
        void made(Operation operation, boolean stopped, Tensor result, Tensor... operands);

        /** Called before a value is read out of a tensor, by {@code what}. */
        default void read(String what, Tensor tensor) {}

        /** A reverse sweep begins or ends; sweeps nest. */
        default void sweep(boolean begins) {}

        /**
         * What follows, until the next call or the end of the sweep, is the pull-back of an operation.
         *
         * @param history {@link Tracing#history} of the operation's result
         */
        default void visit(Operation operation, Object history) {}
    }

    /** A recorder and those outside it, which are notified first; {@code beyond} are not notified, but consulted before a value is read. */
    private record Listeners(Recorder recorder, boolean stopped, Listeners outer, Listeners beyond) {
        Listeners stoppedAll() { return new Listeners(recorder, true, outer == null ? null : outer.stoppedAll(), beyond); }

        void ask(String what, Tensor x) {
            recorder.read(what, x);
            if (outer != null) outer.ask(what, x);
            if (beyond != null) beyond.ask(what, x);
        }

        void sweeps(boolean begins) {
            if (outer != null) outer.sweeps(begins);
            recorder.sweep(begins);
        }

        void visits(GradNode node) {
            if (outer != null) outer.visits(node);
            recorder.visit(node.operation, node);
        }

        void tell(Operation operation, Tensor result, Tensor... operands) {
            if (outer != null) outer.tell(operation, result, operands);
            ScopedValue.where(LISTENERS, outer).run(() -> recorder.made(operation, stopped && result.dtype().isFloat(), result, operands));
        }
    }

    /** Null if nothing is listening. */
    private static final ScopedValue<Listeners> LISTENERS = ScopedValue.newInstance();
    /** Asking an unbound scoped value costs a microsecond where others are bound, and every small operation asks: so ask only while one runs. */
    private static final AtomicInteger RUNNING = new AtomicInteger();

    private Tracing() {}

    /** Runs {@code body}; its operations are reported to {@code recorder} alone. */
    public static <T> T with(Recorder recorder, Supplier<T> body) {
        return with(new Listeners(recorder, false, null, on() ? LISTENERS.get() : null), body);
    }

    /** Runs {@code body}; its operations are reported to {@code recorder} after the recorders that are active already. */
    static <T> T within(Recorder recorder, Supplier<T> body) {
        return with(new Listeners(recorder, false, on() ? LISTENERS.get() : null, null), body);
    }

    private static <T> T with(Listeners listeners, Supplier<T> body) {
        RUNNING.incrementAndGet();
        try {
            return ScopedValue.where(LISTENERS, listeners).call(body::get);
        } finally {
            RUNNING.decrementAndGet();
        }
    }

    /** True if an operation performed now must be reported. */
    public static boolean on() { return RUNNING.get() != 0 && LISTENERS.isBound() && LISTENERS.get() != null; }

    /** A value that {@code operation} has computed: recorded for gradients if an operand is tracked, and reported. Returns it. */
    static Tensor made(Operation operation, Tensor value, Tensor[] kept, Tensor... operands) {
        return made(operation, value.dtype().isFloat() && GradNode.wanted(operands), value, kept, operands);
    }

    static Tensor made(Operation operation, boolean recorded, Tensor value, Tensor[] kept, Tensor... operands) {
        if (recorded && operation.isDifferentiable()) GradNode.attach(operation, value, kept, operands);
        if (on()) LISTENERS.get().tell(operation, value, operands);
        return value;
    }

    /** Runs {@code body} without reporting: the inside of an operation that is reported as a whole, and checks of values. */
    public static <T> T untold(Supplier<T> body) { return on() ? ScopedValue.where(LISTENERS, null).call(body::get) : body.get(); }

    /** Runs {@code body} as the inside of an operation: neither recorded nor reported. */
    static <T> T inside(Supplier<T> body) { return untold(() -> GradMode.with(false, body)); }

    /** Computes a value of {@code operation} without reporting it; listeners are still consulted about what a user-defined operation reads besides its operands. */
    static <T> T inside(Operation operation, Supplier<T> body) {
        if (!operation.isOfUser()) return untold(body);
        return ScopedValue.where(LISTENERS, new Listeners(new ClosedOver(operation.text(), LISTENERS.get()), false, null, null))
                .call(body::get);
    }

    private record ClosedOver(String name, Listeners asked) implements Recorder {
        @Override public void made(Operation operation, boolean stopped, Tensor result, Tensor... operands) {
            for (var operand : operands) asked.ask("what " + name + " closes over, and does not get as an operand,", operand);
        }

        @Override public void read(String what, Tensor tensor) { asked.ask(what, tensor); }
    }

    /** Runs {@code body}; recorders that are active now take no derivative through it. */
    static <T> T stopped(Supplier<T> body) {
        return on() ? ScopedValue.where(LISTENERS, LISTENERS.get().stoppedAll()).call(body::get) : body.get();
    }

    static void sweeps(boolean begins) { if (on()) LISTENERS.get().sweeps(begins); }

    static void visits(GradNode node) { if (on()) LISTENERS.get().visits(node); }

    /** What stands for the making of {@code x} in {@link Recorder#visit}; null if that is not recorded. */
    public static Object history(Tensor x) { return x.node(); }

    static void refuseInPlace(String operation) {
        if (on()) throw new LyceumException(
                operation + ": writes in place cannot be traced; use an operation that returns a new tensor, such as where or scatter");
    }

    /** Call before a value of {@code x} decides what is done next. */
    static void reading(String what, Tensor x) { if (on()) LISTENERS.get().ask(what, x); }

    /** True for one number everywhere, which is no memory yet. */
    public static boolean isConstant(Tensor x) { return x.pending() != null && x.pending().op() == Op.CONST; }

    /**
     * A value of its own that later writes to {@code x} do not reach, and that outlives the current scope: what a graph keeps of a tensor that it
     * did not see being made.
     */
    public static Tensor frozen(Tensor x) {
        try (var forever = Scope.outside()) {
            var pending = x.pending();
            if (pending != null && pending.op() == Op.CONST)
                return new Tensor(x.dtype(), x.shape(), PendingValue.leaf(Op.CONST, pending.immediate()));
            return inside(() -> ViewOps.copyOf(x));
        }
    }
}
