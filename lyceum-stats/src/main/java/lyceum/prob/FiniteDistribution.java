package lyceum.prob;

import java.util.Arrays;
import java.util.function.DoublePredicate;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import lyceum.random.Rng;

/**
 * Finitely many numbers with their probabilities.
 *
 * {@snippet :
 * var die = FiniteDistribution.uniform(1, 6);
 * var two = die.plus(die);
 * two.density(7);                                 // 6/36
 * two.given(sum -> sum >= 10).mean();             // 10.67
 * FiniteDistribution.of(new Poisson(3), 0, 40).plus(die);   // a family of integers, cut off
 * }
 */
public final class FiniteDistribution implements UnivariateDistribution {
    private final double[] values;
    private final Categorical weights;

    private FiniteDistribution(double[] values, Categorical weights) {
        this.values = values;
        this.weights = weights;
    }

    /**
     * @param values finite; equal ones are put together
     * @param weights one each: non-negative, not all zero; divided by their sum
     */
    public static FiniteDistribution of(double[] values, double... weights) {
        if (values.length != weights.length)
            throw new IllegalArgumentException("FiniteDistribution: " + weights.length + " weights for " + values.length + " values");
        var distinct = Arrays.stream(values).map(v -> Arguments.finite("FiniteDistribution", "a value", v) + 0.0).sorted().distinct()
                .toArray();
        var sums = new double[distinct.length];
        for (int i = 0; i < values.length; i++) sums[Arrays.binarySearch(distinct, values[i] + 0.0)] += weights[i];
        return new FiniteDistribution(distinct, new Categorical(sums));
    }

    /** Of a sample: each of its n values with mass 1/n; its cdf is the empirical one. */
    public static FiniteDistribution empirical(double... sample) {
        var ones = new double[sample.length];
        Arrays.fill(ones, 1);
        return of(sample, ones);
    }

    /** {@code low, low + 1, ..., high}, all alike. */
    public static FiniteDistribution uniform(int low, int high) { return empirical(integers(low, high)); }

    /** A family of integers, given that it lies between {@code low} and {@code high}. */
    public static FiniteDistribution of(UnivariateDistribution family, int low, int high) {
        if (!family.isDiscrete()) throw new IllegalArgumentException("FiniteDistribution: " + family + " is not discrete");
        double[] values = integers(low, high);
        return of(values, Arrays.stream(values).map(family::density).toArray());
    }

    private static double[] integers(int low, int high) {
        if (low > high) throw new IllegalArgumentException("FiniteDistribution: integers from " + low + " to " + high);
        return IntStream.rangeClosed(low, high).asDoubleStream().toArray();
    }

    /** The numbers, ascending. A copy. */
    public double[] values() { return values.clone(); }

    /** Their probabilities. A copy. */
    public double[] probabilities() { return weights.probabilities(); }

    /** The sum with an independent one: convolution. */
    public FiniteDistribution plus(FiniteDistribution other) {
        int n = Math.multiplyExact(values.length, other.values.length), at = 0;
        double[] sums = new double[n], products = new double[n];
        for (int i = 0; i < values.length; i++) for (int j = 0; j < other.values.length; j++, at++) {
            sums[at] = values[i] + other.values[j];
            products[at] = weights.density(i) * other.weights.density(j);
        }
        return of(sums, products);
    }

    /** Of a function of it. */
    public FiniteDistribution map(DoubleUnaryOperator f) { return of(Arrays.stream(values).map(f).toArray(), weights.probabilities()); }

    /** What is left when it is known to satisfy something. */
    public FiniteDistribution given(DoublePredicate condition) {
        return new FiniteDistribution(values, weights.given(i -> condition.test(values[i])));
    }

    /** The most probable number, the least of equals. */
    public double mode() { return values[weights.mode()]; }

    @Override public double logDensity(double x) { return Math.log(density(x)); }

    @Override public double density(double x) { return x != x ? x : weights.density(Arrays.binarySearch(values, x + 0.0)); }

    /** The last place with a value at most x; -1 if there is none. */
    private int place(double x) {
        int at = Arrays.binarySearch(values, x + 0.0);
        return at < 0 ? -at - 2 : at;
    }

    @Override public double cdf(double x) { return x != x ? x : weights.cdf(place(x)); }

    @Override public double survival(double x) { return x != x ? x : weights.survival(place(x)); }

    @Override public double quantile(double p) { return values[(int) weights.quantile(p)]; }

    @Override public double mean() {
        double mean = 0;
        for (int i = 0; i < values.length; i++) mean += values[i] * weights.density(i);
        return mean;
    }

    @Override public double variance() {
        double mean = mean(), variance = 0;
        for (int i = 0; i < values.length; i++) variance += (values[i] - mean) * (values[i] - mean) * weights.density(i);
        return variance;
    }

    @Override public double entropy() { return weights.entropy(); }

    @Override public double low() { return values[0]; }

    @Override public double high() { return values[values.length - 1]; }

    @Override public double valueAbove(double x) {
        int at = place(x) + 1;
        return at < values.length ? values[at] : Double.POSITIVE_INFINITY;
    }

    @Override public double valueBelow(double x) {
        int at = x == Double.NEGATIVE_INFINITY ? -1 : place(Math.nextDown(x));
        return at < 0 ? Double.NEGATIVE_INFINITY : values[at];
    }

    @Override public boolean isDiscrete() { return true; }

    @Override public double sample(Rng rng) { return values[(int) weights.sample(rng)]; }

    @Override public boolean equals(Object o) {
        return o instanceof FiniteDistribution f && Arrays.equals(values, f.values) && weights.equals(f.weights);
    }

    @Override public int hashCode() { return 31 * Arrays.hashCode(values) + weights.hashCode(); }

    @Override public String toString() {
        return "FiniteDistribution" + Arrays.toString(values) + " with " + Arrays.toString(probabilities());
    }
}
