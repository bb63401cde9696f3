package lyceum.causal;

/**
 * The values that Anderson and Rubin's test does not reject.
 *
 * @param shape where they lie
 * @param low the smaller root; NaN if there is none
 * @param high the larger one
 * @see <a href="https://doi.org/10.1214/aoms/1177730090">Anderson and Rubin (1949)</a>
 */
public record AndersonRubin(Shape shape, double low, double high) {
    public enum Shape {
        /** From low to high: the instruments are strong enough for a bounded interval. */
        BETWEEN,
        /** Up to low, and from high on: they are weak. */
        OUTSIDE,
        /** Every number: they say nothing. */
        EVERYWHERE,
        /** None: every value is rejected, so the exclusion or the linearity must be wrong. */
        NOWHERE
    }

    /** Where {@code a b^2 - 2 c b + d <= 0}. */
    static AndersonRubin of(double a, double c, double d) {
        double discriminant = c * c - a * d;
        if (discriminant < 0) return new AndersonRubin(a < 0 ? Shape.EVERYWHERE : Shape.NOWHERE, Double.NaN, Double.NaN);
        double root = Math.sqrt(discriminant), one = (c - root) / a, other = (c + root) / a;
        return new AndersonRubin(a > 0 ? Shape.BETWEEN : Shape.OUTSIDE, Math.min(one, other), Math.max(one, other));
    }

    /** Whether a value is not rejected. */
    public boolean contains(double b) {
        return switch (shape) {
            case BETWEEN -> b >= low && b <= high;
            case OUTSIDE -> b <= low || b >= high;
            case EVERYWHERE -> true;
            case NOWHERE -> false;
        };
    }
}
