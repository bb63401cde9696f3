package lyceum.optim;

import java.util.Arrays;
import lyceum.ShapeException;

/**
 * Bounds on each coordinate, {@code lower <= x <= upper}; infinities leave a side open.
 *
 * @param lower of length n
 * @param upper of length n
 */
public record Box(double[] lower, double[] upper) {
    public Box {
        if (lower.length != upper.length) throw new ShapeException("Box: " + lower.length + " lower bounds, " + upper.length + " upper");
        for (int i = 0; i < lower.length; i++)
            if (!(lower[i] <= upper[i])) throw new IllegalArgumentException(
                    "Box: coordinate " + i + " lies between " + lower[i] + " and " + upper[i] + "; the lower bound is at most the upper");
        lower = lower.clone();
        upper = upper.clone();
    }

    /** The same bounds for n coordinates. */
    public static Box of(int n, double lower, double upper) {
        double[] low = new double[n], high = new double[n];
        Arrays.fill(low, lower);
        Arrays.fill(high, upper);
        return new Box(low, high);
    }

    /** The nearest point inside, a new array. */
    public double[] project(double[] x) {
        if (x.length != lower.length) throw new ShapeException("Box: a point of " + x.length + " numbers for " + lower.length + " bounds");
        var inside = new double[x.length];
        for (int i = 0; i < x.length; i++) inside[i] = Math.clamp(x[i], lower[i], upper[i]);
        return inside;
    }

    /** The nearest point inside to one reached from {@code origin}, and on a bound from which only rounding of the way keeps it. */
    double[] settle(double[] x, double[] origin) {
        var inside = project(x);
        for (int i = 0; i < x.length; i++) {
            double noise = 4 * Math.ulp(Math.max(Math.abs(x[i]), Math.abs(origin[i])));
            if (inside[i] - lower[i] <= noise) inside[i] = lower[i];
            else if (upper[i] - inside[i] <= noise) inside[i] = upper[i];
        }
        return inside;
    }

    public boolean contains(double[] x) {
        for (int i = 0; i < x.length; i++) if (!(x[i] >= lower[i] && x[i] <= upper[i])) return false;
        return x.length == lower.length;
    }

    /** Largest absolute entry of {@code P(x - g) - x}: 0 exactly at a first-order minimum. */
    double projectedGradient(double[] x, double[] g) {
        double largest = 0;
        for (int i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(Math.clamp(x[i] - g[i], lower[i], upper[i]) - x[i]));
        return largest;
    }

    /** The largest t at which {@code x + t d} lies inside; infinite if no bound is in the way. */
    double longest(double[] x, double[] d) {
        double t = Double.POSITIVE_INFINITY;
        for (int i = 0; i < x.length; i++) {
            if (d[i] > 0) t = Math.min(t, (upper[i] - x[i]) / d[i]);
            else if (d[i] < 0) t = Math.min(t, (lower[i] - x[i]) / d[i]);
        }
        return t;
    }
}
