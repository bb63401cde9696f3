package lyceum.labs;

import java.util.function.DoublePredicate;

/**
 * What a checked number must satisfy, and how that reads; see {@link Bounds}. NaN satisfies no bound.
 *
 * @param expected as it is shown: {@code below 1e-9}
 * @param test     whether a number satisfies it
 */
public record Bound(String expected, DoublePredicate test) {

    /** Whether {@code value} satisfies the bound. */
    public boolean holds(double value) { return !Double.isNaN(value) && test.test(value); }
}
