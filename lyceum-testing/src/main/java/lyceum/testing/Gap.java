package lyceum.testing;

import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/**
 * The largest distance of computed numbers from expected ones, and the place where it was.
 *
 * <pre>{@code
 * var gap = Gap.absolute();
 * for (var c : golden.list("cases")) gap.see(c, "coef", fit(c).coefficients().toDoubleArray());
 * Evidence.of("largest gap to scikit-learn", gap, below(1e-8));
 * }</pre>
 *
 * <p>NaN is no distance from NaN, nor an infinity from itself; from anything else they are infinitely far.
 */
public final class Gap {

    private final DoubleUnaryOperator scale;
    private final boolean together;
    private double worst;
    private int seen;
    private String place = "nothing was compared";

    private Gap(boolean together, DoubleUnaryOperator scale) {
        this.together = together;
        this.scale = scale;
    }

    /** Distances as they are: {@code |actual - expected|}. */
    public static Gap absolute() { return new Gap(false, expected -> 1); }

    /** Distances over the expected value's size where that is above 1: {@code |actual - expected| / max(1, |expected|)}. */
    public static Gap relativeBeyondOne() { return new Gap(false, expected -> Math.max(1, Math.abs(expected))); }

    /** As {@link #relativeBeyondOne}, by the largest expected value of each array that is compared. */
    public static Gap overLargest() { return new Gap(true, expected -> Math.max(1, Math.abs(expected))); }

    /** Distances over the expected value's size, {@code |actual - expected| / |expected|}; from 0 only 0 is no distance. */
    public static Gap relative() { return new Gap(false, Math::abs); }

    /** Compares two numbers; {@code where} says in words which they are. */
    public Gap see(String where, double actual, double expected) { return see(where, actual, expected, expected); }

    private Gap see(String where, double actual, double expected, double size) {
        seen++;
        double distance = distance(actual, expected, scale.applyAsDouble(size));
        if (distance > worst || seen == 1) {
            worst = distance;
            place = String.format(Locale.ROOT, "%s: %s for %s", where, actual, expected);
        }
        return this;
    }

    /**
     * Compares arrays number by number.
     *
     * @throws AssertionError if their lengths differ
     */
    public Gap see(String where, double[] actual, double[] expected) {
        if (actual.length != expected.length) {
            throw new AssertionError(where + ": " + actual.length + " numbers for " + expected.length);
        }
        double largest = largest(expected);
        for (int i = 0; i < actual.length; i++) {
            see(where + "[" + i + "]", actual[i], expected[i], together ? largest : expected[i]);
        }
        return this;
    }

    /**
     * Compares with the number or the array of any number of dimensions at {@code path} of golden values. What the reference left
     * open (a JSON {@code null}) is passed over.
     *
     * @throws AssertionError if nothing stands there, or its length differs
     */
    public Gap see(Golden golden, String path, double... actual) {
        var part = golden.at(path);
        var leaves = part.leaves();
        if (actual.length != leaves.size()) {
            throw new AssertionError(part.place() + ": " + actual.length + " numbers for " + leaves.size());
        }
        double largest = largest(leaves.stream().filter(leaf -> !leaf.isNull()).mapToDouble(Golden::value).toArray());
        for (int i = 0; i < actual.length; i++) {
            var leaf = leaves.get(i);
            if (!leaf.isNull()) {
                see(leaf.place(), actual[i], leaf.value(), together ? largest : leaf.value());
            }
        }
        return this;
    }

    /** The largest distance; 0 before anything was compared. */
    public double worst() { return worst; }

    /** How many numbers were compared. */
    public int seen() { return seen; }

    /** The largest distance and its place: {@code 2.1e-9 at golden/ridge.json:cases.3.coef.0: 1.5 for 1.4999999979}. */
    @Override public String toString() { return worst + " at " + place; }

    private static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Double.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest;
        }
        return largest;
    }

    private static double distance(double actual, double expected, double size) {
        if (Double.compare(actual, expected) == 0 || actual == expected) return 0;
        double distance = Math.abs(actual - expected) / size;
        return Double.isNaN(distance) || Double.isInfinite(actual) || Double.isInfinite(expected) ? Double.POSITIVE_INFINITY : distance;
    }
}
