package lyceum.bench;

import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import lyceum.memory.Scope;

/** Calls against the clock. */
final class Timing {
    /** A scope costs little beside a call of this length, and its memory is warm when the next one takes it, as that of the peers is. */
    private static final double LONG_CALL = 1e-6;
    /** Seconds after which a call is as long as it has shown itself. */
    private static final double SETTLING = 0.1;
    private static final double PATIENCE = 8;

    /** The median of some samples, the interquartile range over it (NaN for fewer than four), and the least sample. */
    record Median(double value, double spread, double least) {
        static Median of(double[] samples) {
            var sorted = samples.clone();
            Arrays.sort(sorted);
            int n = sorted.length;
            double middle = sorted[n / 2];
            return new Median(middle, n < 4 ? Double.NaN : (sorted[n - 1 - n / 4] - sorted[n / 4]) / middle, sorted[0]);
        }
    }

    /** How many calls make a sample, and about what it takes. */
    record Pace(int calls, double seconds) {}

    private Timing() {}

    /** What {@code calls} of {@code body} take. */
    static double seconds(Supplier<?> body, int calls) {
        long start = System.nanoTime();
        for (int i = 0; i < calls; i++) body.get();
        return (System.nanoTime() - start) * 1e-9;
    }

    /** Times calls of {@code body}, each in a scope of its own, as a step of training is; short ones leave their few bytes to the collector. */
    static IntToDoubleFunction clock(Supplier<?> body) {
        // The first calls make machine code and run in the interpreter: they do not tell how long one is.
        double spent = 0;
        for (int calls = 1; spent < SETTLING; calls *= 2) {
            double took = seconds(body, calls);
            if (took / calls < LONG_CALL) return n -> seconds(body, n);
            spent += took;
        }
        var scoped = scoped(body);
        return calls -> seconds(scoped, calls);
    }

    /** In a scope of its own, so that the next call finds its memory warm and no collector's turn falls to another. */
    static Supplier<?> scoped(Supplier<?> body) {
        return () -> {
            try (var scope = Scope.open("measurement")) {
                return body.get();
            }
        };
    }

    /**
     * Runs until calls have not become faster for {@code warmUp} seconds, in which nothing was {@code unsettled} (as long as a JVM compiles, calls may yet become
     * faster), but not for more than {@code PATIENCE} times as long. Finds how many calls make up {@code sample} seconds.
     */
    static Pace pace(IntToDoubleFunction seconds, double warmUp, double sample, BooleanSupplier unsettled) {
        double spent = 0, fasterAt = 0, best = Double.POSITIVE_INFINITY;
        int calls = 1;
        while (spent - fasterAt < warmUp && spent < PATIENCE * warmUp) {
            double took = seconds.applyAsDouble(calls), each = took / calls;
            spent += Math.max(took, 1e-9);
            if (each < 0.95 * best || unsettled.getAsBoolean()) fasterAt = spent;
            best = Math.min(best, each);
            calls = (int) Math.clamp(Math.min(2.0 * calls, warmUp / 8 / each), 1, 1 << 24);
        }
        int together = Math.clamp(Math.round(sample / best), 1, 1 << 24);
        return new Pace(together, together * best);
    }
}
