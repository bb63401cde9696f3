package lyceum.plot.render;

import lyceum.plot.Axis;

/**
 * From values to pixels.
 *
 * @param low value at {@code start}
 * @param high value at {@code end}
 * @param log equal factors are equal lengths
 * @param start pixel of {@code low}
 * @param end pixel of {@code high}
 */
record Scale(double low, double high, boolean log, double start, double end) {

    static Scale of(Extent e, Axis axis, double start, double end) {
        return new Scale(e.low(), e.high(), axis.scale() == Axis.Scale.LOG, start, end);
    }

    /** The pixel of a value; NaN where there is none. Kept within a million pixels, so that every painter can draw to it. */
    double at(double v) {
        double t = log ? v > 0 ? (Math.log(v) - Math.log(low)) / (Math.log(high) - Math.log(low)) : Double.NaN
                : v / 2 / (high / 2 - low / 2) - low / 2 / (high / 2 - low / 2);
        if (!Double.isFinite(v)) return Double.NaN;
        return Math.clamp(start + t * (end - start), -1e6, 1e6);
    }

    /** The value at a pixel. */
    double value(double pixel) {
        double t = (pixel - start) / (end - start);
        return log ? Math.exp(Math.log(low) + t * (Math.log(high) - Math.log(low))) : low + t * (high - low);
    }

    Ticks ticks(int target, boolean whole) { return log ? Ticks.log(low, high, target) : Ticks.linear(low, high, target, whole); }

    double pixels() { return Math.abs(end - start); }
}
