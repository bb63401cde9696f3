package lyceum.testing;

import java.util.function.DoublePredicate;

/**
 * What a measured number must satisfy, and how that reads; made for a static import. NaN satisfies no bound.
 *
 * @param expected as it is recorded: {@code below 1e-9}
 * @param test     whether a number satisfies it
 */
public record Bound(String expected, DoublePredicate test) {

    /** Whether {@code value} satisfies the bound. */
    public boolean holds(double value) { return !Double.isNaN(value) && test.test(value); }

    /** Less than {@code limit}. */
    public static Bound below(double limit) { return new Bound("below " + text(limit), v -> v < limit); }

    /** At most {@code limit}. */
    public static Bound atMost(double limit) { return new Bound("at most " + text(limit), v -> v <= limit); }

    /** More than {@code limit}. */
    public static Bound above(double limit) { return new Bound("above " + text(limit), v -> v > limit); }

    /** At least {@code limit}. */
    public static Bound atLeast(double limit) { return new Bound("at least " + text(limit), v -> v >= limit); }

    /**
     * From {@code low} to {@code high}, inclusive.
     *
     * @throws IllegalArgumentException if they are the wrong way round
     */
    public static Bound between(double low, double high) {
        if (!(low <= high)) throw new IllegalArgumentException("between " + low + " and " + high + ": the lower end comes first");
        return new Bound("between " + text(low) + " and " + text(high), v -> v >= low && v <= high);
    }

    /** Equal to {@code value} as numbers compare ({@code ==}). */
    public static Bound exactly(double value) { return new Bound("exactly " + text(value), v -> v == value); }

    /** At most {@code within} away from {@code value}. */
    public static Bound equalTo(double value, double within) {
        return new Bound(text(value) + " within " + text(within), v -> Math.abs(v - value) <= within);
    }

    /** {@code 300}, {@code 0.05}, {@code 1e-9}: a bound is a round number. */
    private static String text(double value) {
        var whole = value == Math.rint(value) && Math.abs(value) < 1e9;
        return whole ? String.valueOf((long) value) : Double.toString(value).replace(".0E", "e").replace('E', 'e');
    }
}
