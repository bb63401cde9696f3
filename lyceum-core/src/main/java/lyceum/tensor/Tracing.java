package lyceum.tensor;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import lyceum.LyceumException;
import lyceum.backend.Op;
import lyceum.memory.Scope;

/**
 * The door through which {@code lyceum.autograd.Graph} sees what a function does: inside {@link #with}, every operation that makes a tensor
 * tells the recorder. Nothing is recorded on other threads.
 */
public final class Tracing {
    /** Is told of every operation, in the order in which they are made. */
    @FunctionalInterface public interface Recorder {
        /** @param stopped true if no gradient passes the result, since it was made without recording for gradients */
        void made(Operation operation, boolean stopped, Tensor result, Tensor... operands);
    }

    /** Null where nobody is told. */
    private static final ScopedValue<Recorder> RECORDER = ScopedValue.newInstance();
    /** Asking an unbound scoped value costs a microsecond where others are bound, and every small operation asks: so ask only while one runs. */
    private static final AtomicInteger RUNNING = new AtomicInteger();

    private Tracing() { }

    /** Runs {@code body}; its operations are told to {@code recorder}. */
    public static <T> T with(Recorder recorder, Supplier<T> body) {
        RUNNING.incrementAndGet();
        try {
            return ScopedValue.where(RECORDER, recorder).call(body::get);
        } finally {
            RUNNING.decrementAndGet();
        }
    }

    /** True if an operation made now has to be told. */
    static boolean on() { return RUNNING.get() != 0 && RECORDER.isBound() && RECORDER.get() != null; }

    /** Call if {@link #on}. Returns the result. */
    static Tensor made(Operation operation, Tensor result, Tensor... operands) {
        RECORDER.get().made(operation, !GradMode.isRecording() && result.dtype().isFloat(), result, operands);
        return result;
    }

    /** Runs {@code body} untold: the inside of an operation that is told as a whole, and checks of values. */
    static <T> T untold(Supplier<T> body) { return on() ? ScopedValue.where(RECORDER, null).call(body::get) : body.get(); }

    static void refuseInPlace(String operation) {
        if (on()) throw new LyceumException(operation + ": writes in place cannot be traced; use an operation that returns a new tensor, such as where or scatter");
    }

    /**
     * A value of its own that later writes to {@code x} do not reach, and that outlives the current scope: what a graph keeps of a tensor that it
     * did not see being made.
     */
    public static Tensor frozen(Tensor x) {
        try (var forever = Scope.outside()) {
            var pending = x.deferred();
            if (pending != null && pending.op() == Op.CONST) return new Tensor(x.dtype(), x.shape(), Deferred.leaf(Op.CONST, pending.immediate()));
            return untold(() -> GradMode.with(false, () -> Viewing.copyOf(x)));
        }
    }
}
