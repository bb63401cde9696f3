package lyceum.labs;

/** The bounds that labs check numbers against; made for a static import. */
public final class Bounds {

    private Bounds() {}

    /** Less than {@code limit}. */
    public static Bound below(double limit) { return new Bound("below " + NumberText.of(limit), v -> v < limit); }

    /** At most {@code limit}. */
    public static Bound atMost(double limit) { return new Bound("at most " + NumberText.of(limit), v -> v <= limit); }

    /** More than {@code limit}. */
    public static Bound above(double limit) { return new Bound("above " + NumberText.of(limit), v -> v > limit); }

    /** At least {@code limit}. */
    public static Bound atLeast(double limit) { return new Bound("at least " + NumberText.of(limit), v -> v >= limit); }

    /**
     * From {@code low} to {@code high}, inclusive.
     *
     * @throws IllegalArgumentException if they are the wrong way round
     */
    public static Bound between(double low, double high) {
        if (!(low <= high)) throw new IllegalArgumentException("between " + low + " and " + high + ": the lower end comes first");
        return new Bound("between " + NumberText.of(low) + " and " + NumberText.of(high), v -> v >= low && v <= high);
    }

    /** Equal to {@code value} as numbers compare ({@code ==}). */
    public static Bound exactly(double value) { return new Bound("exactly " + NumberText.of(value), v -> v == value); }

    /** At most {@code within} away from {@code value}. */
    public static Bound equalTo(double value, double within) {
        return new Bound(NumberText.of(value) + " within " + NumberText.of(within), v -> Math.abs(v - value) <= within);
    }
}
