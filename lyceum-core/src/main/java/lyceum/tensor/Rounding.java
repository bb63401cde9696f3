package lyceum.tensor;

import lyceum.random.Rng;

/** How a number becomes an integer, for {@link NumberFormat} and {@link Quantizer}. */
@FunctionalInterface
public interface Rounding {

    /** To the nearest; halves to the even one. */
    Rounding NEAREST_EVEN = Math::rint;

    /** What lies behind the point is cut off. */
    Rounding TOWARD_ZERO = x -> x < 0 ? Math.ceil(x) : Math.floor(x);

    /** Up with the probability of what lies behind the point, else down: right on average. Not safe for threads, as its {@code rng}. */
    static Rounding stochastic(Rng rng) { return x -> Math.floor(x + rng.nextDouble()); }

    /** A whole number next to {@code x}, which is finite. */
    double round(double x);
}
