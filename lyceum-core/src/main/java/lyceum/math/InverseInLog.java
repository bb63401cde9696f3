package lyceum.math;

/** Solves {@code probability(x) = target} for x above 0 by Newton's method on logarithms of both, kept inside a shrinking bracket. */
final class InverseInLog {
    interface Tail {
        double probability(double x);

        /** Logarithm of the absolute derivative of the probability. */
        double logDensity(double x);
    }

    private InverseInLog() {}

    /**
     * @param guess log of a first x
     * @param low bracket of log x
     * @param decreasing whether the probability falls with x
     */
    static double solve(double guess, double low, double high, boolean decreasing, double target, Tail tail) {
        if (guess != guess) guess = (low + high) / 2;
        double t = Math.clamp(guess, low, high);
        for (int i = 0; i < 200; i++) {
            double x = Math.exp(t), p = tail.probability(x);
            // log(p / target), which is exact near the solution
            double error = p == 0 ? Double.NEGATIVE_INFINITY : Math.log1p((p - target) / target);
            if (error == 0) return x;
            if (error > 0 == decreasing) low = t;
            else high = t;
            double slope = Math.exp(tail.logDensity(x) + t) / p, next = t - error / (decreasing ? -slope : slope);
            // Newton on x itself where the step is small: exp(t) has lost the last digits of x
            if (Math.abs(next - t) < 1e-7) return polish(x, x * Math.expm1(next - t), decreasing, target, tail);
            t = next > low && next < high ? next : (low + high) / 2;
            if (high - low < 1e-16 * Math.max(1, Math.abs(low))) break;
        }
        return Math.exp(t);
    }

    private static double polish(double x, double step, boolean decreasing, double target, Tail tail) {
        x += step;
        double p = tail.probability(x), density = Math.exp(tail.logDensity(x));
        double last = (p - target) / (decreasing ? -density : density);
        return Math.abs(last) < 1e-6 * x ? x - last : x;
    }
}
