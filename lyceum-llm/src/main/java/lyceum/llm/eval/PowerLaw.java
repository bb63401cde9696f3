package lyceum.llm.eval;

/**
 * A loss that falls with one thing: {@code E + A / x^a}, where the rest is held fixed.
 *
 * @param floor E
 * @param scale A
 * @param exponent a
 */
public record PowerLaw(double floor, double scale, double exponent) {
    public double at(double x) { return floor + scale * Math.pow(x, -exponent); }
}
