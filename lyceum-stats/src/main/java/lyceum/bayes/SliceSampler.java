package lyceum.bayes;

import java.util.function.ToDoubleFunction;
import lyceum.random.Rng;

/** Neal's (2003) slice sampler for one coordinate, figures 3 and 5. */
final class SliceSampler {
    /** Widths that the slice may be stepped out to; a target with a flat tail would never end otherwise. */
    private static final int MOST = 1_000;

    private SliceSampler() {}

    static void draw(ToDoubleFunction<double[]> logDensity, double[] x, int at, double width, Rng rng) {
        double from = x[at], height = logDensity.applyAsDouble(x) + Math.log(rng.nextDoublePositive());
        if (height != height || height == Double.NEGATIVE_INFINITY) throw new IllegalArgumentException(
                "Conditional.slice: the log density at coordinate " + at + " = " + from + " is not finite; start where it is");
        double low = from - width * rng.nextDouble(), high = low + width;
        // how the steps are shared between both sides is drawn first: else a limit would favour one
        int left = rng.nextInt(MOST), right = MOST - 1 - left;
        while (left-- > 0 && above(logDensity, x, at, low, height)) low -= width;
        while (right-- > 0 && above(logDensity, x, at, high, height)) high += width;
        while (true) {
            double to = low + (high - low) * rng.nextDouble();
            if (above(logDensity, x, at, to, height)) return;
            if (to < from) low = to;
            else high = to;
            if (!(low < high)) {
                x[at] = from;
                return;
            }
        }
    }

    /** Leaves the coordinate at {@code value}. */
    private static boolean above(ToDoubleFunction<double[]> logDensity, double[] x, int at, double value, double height) {
        x[at] = value;
        return logDensity.applyAsDouble(x) > height;
    }
}
