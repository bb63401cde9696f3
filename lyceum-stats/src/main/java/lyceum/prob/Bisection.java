package lyceum.prob;

import java.util.function.DoublePredicate;

/** Where a monotone condition ceases to hold, to the last bit. */
final class Bisection {
    private Bisection() {}

    /** Between {@code low} and {@code high}: the least double at which the condition, true below it, is false. */
    static double between(double low, double high, DoublePredicate isBelow) {
        while (low < high) {
            double middle = 0.5 * low + 0.5 * high;
            if (middle <= low || middle >= high) break;
            if (isBelow.test(middle)) low = middle;
            else high = middle;
        }
        return high;
    }

    /** Anywhere above 0, by doubling or halving from a guess first. */
    static double positive(double guess, DoublePredicate isBelow) {
        double low = guess, high = guess;
        while (high < Double.MAX_VALUE / 2 && isBelow.test(high)) high *= 2;
        while (low > Double.MIN_VALUE && !isBelow.test(low)) low /= 2;
        return between(low, high, isBelow);
    }
}
