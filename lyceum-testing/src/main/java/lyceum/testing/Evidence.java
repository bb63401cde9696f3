package lyceum.testing;

import java.util.ArrayList;
import java.util.List;

/**
 * What an {@link Acceptance} test measured: each call asserts a number against its bound and records both, so that the ledger
 * shows how far inside its bound a clause holds. A test that claims a clause and records nothing fails.
 *
 * <pre>{@code
 * Evidence.of("largest gap to LAPACK", gap, below(1e-10));
 * Evidence.of("matrices", count, exactly(200));
 * Evidence.that("no pass over XOR is clean", !mistakes.hasCleanPass());
 * }</pre>
 *
 * <p>Works on the thread that runs the test and on threads started by it; elsewhere a number is asserted and not recorded.
 */
public final class Evidence {

    /**
     * A number that a test measured.
     *
     * @param name  what it is
     * @param value as measured; 1 or 0 for a fact
     * @param bound in words, {@code below 1e-10}; {@code true} for a fact
     */
    public record Entry(String name, double value, String bound) {}

    private static final Bound FACT = new Bound("true", v -> v == 1);

    /** Entries of the test that runs on this thread; null outside a recorded test. */
    private static final InheritableThreadLocal<List<Entry>> CURRENT = new InheritableThreadLocal<>();

    private Evidence() {}

    /**
     * Records {@code value} under {@code name} and asserts that it satisfies {@code bound}.
     *
     * @throws AssertionError if it does not: names all three
     */
    public static void of(String name, double value, Bound bound) { record(name, value, bound, name + " is " + value); }

    /** As {@link #of(String, double, Bound)}, for the largest of many distances; a failure names the place where it was. */
    public static void of(String name, Gap gap, Bound bound) {
        if (gap.seen() == 0) throw new AssertionError(name + ": nothing was compared");
        record(name, gap.worst(), bound, name + " is " + gap);
    }

    /** Records and asserts a fact that no number measures; where one does, {@link #of(String, double, Bound)} says more. */
    public static void that(String fact, boolean holds) { record(fact, holds ? 1 : 0, FACT, fact + " is " + holds); }

    private static void record(String name, double value, Bound bound, String measured) {
        var entries = CURRENT.get();
        if (entries != null) {
            synchronized (entries) {
                entries.add(new Entry(name, value, bound.expected()));
            }
        }
        if (!bound.holds(value)) throw new AssertionError(measured + "; it should be " + bound.expected());
    }

    static void begin() { CURRENT.set(new ArrayList<>()); }

    /** Whether the test that runs on this thread is recorded, and recorded nothing. */
    static boolean missing() {
        var entries = CURRENT.get();
        return entries != null && entries.isEmpty();
    }

    static List<Entry> end() {
        var entries = CURRENT.get();
        CURRENT.remove();
        if (entries == null) return List.of();
        synchronized (entries) {
            return List.copyOf(entries);
        }
    }
}
