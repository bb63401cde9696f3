package lyceum.optim;

import java.util.Arrays;
import lyceum.linalg.LeastSquares;

/**
 * How fast errors fall, read from their tail: {@code e_(k+1) = rate * e_k^order}.
 *
 * <p>Order 1 is linear convergence, where {@code rate} is the factor a step; order 2 is Newton's. The order is the slope of {@code log e_(k+1)} on
 * {@code log e_k} over the last third of the errors above the floor of rounding, three of them at least. Where it is within 0.2 of 1 the rate is the
 * geometric mean factor of a step there.
 *
 * {@snippet :
 * var rate = ConvergenceRate.of(gradientNorms);
 * System.out.println(rate.order() + " " + rate.stepsPerDigit());
 * }
 *
 * @param order NaN if there are fewer than three errors above the floor, or they do not change
 * @param rate NaN with it
 * @param used how many errors were looked at
 * @see "Nocedal and Wright (2006), Numerical Optimization, appendix A.2"
 */
public record ConvergenceRate(double order, double rate, int used) {
    private static final double LINEAR = 0.2;

    /** Of errors, residuals or step lengths, down to 1e-13 of the largest: what follows is taken for rounding. */
    public static ConvergenceRate of(double... errors) { return above(1e-13 * Vectors.largest(errors), errors); }

    /** Like {@link #of}, down to the first error at or below a floor. */
    public static ConvergenceRate above(double floor, double... errors) {
        int n = 0;
        while (n < errors.length && errors[n] > floor && errors[n] < Double.POSITIVE_INFINITY) n++;
        int used = Math.min(n, Math.max(3, n / 3));
        if (used < 3) return new ConvergenceRate(Double.NaN, Double.NaN, n);
        double[] logs = Arrays.stream(errors, n - used, n).map(Math::log).toArray();
        double[] now = Arrays.copyOf(logs, used - 1), next = Arrays.copyOfRange(logs, 1, used);
        double order = LeastSquares.slope(now, next);
        double rate = Math.abs(order - 1) <= LINEAR ? Math.exp((logs[used - 1] - logs[0]) / (used - 1))
                : Math.exp(mean(next) - order * mean(now));
        return new ConvergenceRate(order, Double.isNaN(order) ? Double.NaN : rate, used);
    }

    /** Steps for one more decimal digit at order 1: {@code -1 / log10(rate)}; infinite where errors do not fall. */
    public double stepsPerDigit() { return rate < 1 ? -1 / Math.log10(rate) : Double.POSITIVE_INFINITY; }

    /**
     * What is still to come after a step that changed something by {@code change}, at order 1: {@code rate / (1 - rate) * change}, the sum of all
     * later changes. Infinite where they do not fall.
     */
    public double remaining(double change) { return rate < 1 ? rate / (1 - rate) * change : Double.POSITIVE_INFINITY; }

    /**
     * The power of t with which errors fall where there is no linear rate, {@code e_t = c t^power}: the slope of the logarithm of means over windows
     * that are evenly spaced in log t, ten a decade.
     *
     * @param errors of steps 0, 1, ...; positive ones on average
     * @param from first step that counts, at least 1
     */
    public static double power(double[] errors, int from) {
        if (from < 1 || from >= errors.length / 2) throw new IllegalArgumentException(
                "power: from is " + from + "; it is at least 1 and in the first half of " + errors.length + " errors");
        int windows = Math.max(2, (int) Math.round(10 * Math.log10((double) errors.length / from)));
        double[] x = new double[windows], y = new double[windows];
        int start = from, made = 0;
        for (int w = 1; w <= windows; w++) {
            int end = (int) Math.round(from * Math.pow((double) errors.length / from, (double) w / windows));
            if (end <= start) continue;
            double sum = 0, place = 0;
            for (int t = start; t < end; t++) {
                sum += errors[t];
                place += Math.log(t);
            }
            x[made] = place / (end - start);
            y[made++] = Math.log(sum / (end - start));
            start = end;
        }
        return LeastSquares.slope(Arrays.copyOf(x, made), Arrays.copyOf(y, made));
    }

    private static double mean(double[] values) { return Arrays.stream(values).sum() / values.length; }
}
