package lyceum.tensor;

import java.util.function.Supplier;
import lyceum.backend.Parallel;

/** Whether operations are recorded for differentiation. A scoped value that {@link Parallel} carries into its workers. */
public final class GradMode {
    private static final ScopedValue<Boolean> RECORDING = ScopedValue.newInstance();

    static {
        Parallel.carry(RECORDING);
    }

    private GradMode() {}

    public static boolean isRecording() { return !RECORDING.isBound() || RECORDING.get(); }

    /** Runs {@code body} with recording on or off. */
    public static <T> T with(boolean recording, Supplier<T> body) {
        return isRecording() == recording ? body.get() : ScopedValue.where(RECORDING, recording).call(body::get);
    }

    /** Runs {@code body} with recording off, and so that no derivative that is being taken, forward mode's either, passes what it computes. */
    public static <T> T stopped(Supplier<T> body) { return with(false, () -> Tracing.stopped(body)); }
}
