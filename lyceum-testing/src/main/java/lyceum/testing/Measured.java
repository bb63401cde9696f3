package lyceum.testing;

import java.util.ArrayList;
import java.util.List;

/**
 * Reports the numbers that an {@link Acceptance} test measured, so that the ledger shows how far inside its bound a clause
 * holds. Each method returns its argument: {@code assertThat(Measured.value("gap", gap)).isLessThan(1e-9)}.
 *
 * <p>Works on the thread that runs the test and on threads started by it; elsewhere the report is dropped.
 */
public final class Measured {

    /** A number that a test reported. */
    public record Value(String name, double value) { }

    /** Values of the test that runs on this thread; null outside a recorded test. */
    private static final InheritableThreadLocal<List<Value>> CURRENT = new InheritableThreadLocal<>();

    private Measured() { }

    /**
     * Reports {@code value} under {@code name}, such as {@code "max gap"}.
     *
     * @return {@code value}
     */
    public static double value(String name, double value) {
        var values = CURRENT.get();
        if (values != null) {
            synchronized (values) {
                values.add(new Value(name, value));
            }
        }
        return value;
    }

    /**
     * Reports {@code value} without a name.
     *
     * @return {@code value}
     */
    public static double value(double value) {
        return value("value", value);
    }

    static void begin() {
        CURRENT.set(new ArrayList<>());
    }

    static List<Value> end() {
        var values = CURRENT.get();
        CURRENT.remove();
        if (values == null) {
            return List.of();
        }
        synchronized (values) {
            return List.copyOf(values);
        }
    }
}
