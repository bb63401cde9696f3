package lyceum.optim;

/**
 * How far to go along a direction of descent.
 *
 * <p>{@code phi} is the objective along the ray, {@code phi'} its slope; {@code c1} and {@code c2} are as in Nocedal and Wright, <i>Numerical
 * Optimization</i> (2006), section 3.1.
 */
@FunctionalInterface
public interface LineSearch {

    /**
     * Looks for an acceptable point and leaves the line there.
     *
     * @param first the length to try first, above 0
     * @return the length found, or NaN if there is none; then the line is anywhere
     */
    double search(RayObjective line, double first);

    /** Takes the first length as it is: constant and scheduled steps. */
    static LineSearch fixed() {
        return (line, first) -> {
            line.to(first);
            return first;
        };
    }

    /**
     * Backtracking: multiplies the length by {@code shrink} until {@code phi(t) <= phi(0) + c1 t phi'(0)}, and strictly below phi(0). The first length is tried as given,
     * so that a caller who passes the last one doubled lets it grow.
     *
     * @param c1 part of the promised decrease to insist on, in (0, 1)
     * @param shrink in (0, 1)
     * @param maxEvaluations trials before it gives up
     * @see <a href="https://doi.org/10.2140/pjm.1966.16.1">Armijo (1966)</a>
     */
    record Armijo(double c1, double shrink, int maxEvaluations) implements LineSearch {
        public Armijo {
            if (!(c1 > 0 && c1 < 1)) throw new IllegalArgumentException("Armijo: c1 is " + c1 + "; it lies between 0 and 1");
            if (!(shrink > 0 && shrink < 1))
                throw new IllegalArgumentException("Armijo: shrink is " + shrink + "; it lies between 0 and 1");
            if (maxEvaluations < 1)
                throw new IllegalArgumentException("Armijo: maxEvaluations is " + maxEvaluations + "; it is at least 1");
        }

        public Armijo() { this(1e-4, 0.5, 60); }

        @Override public double search(RayObjective line, double first) {
            double t = first;
            for (int i = 0; i < maxEvaluations; i++, t *= shrink) {
                line.to(t);
                if (!line.isFinite()) continue;
                double promised = line.promised();
                if (line.value() < line.startValue() && line.value() <= line.startValue() + c1 * promised) return t;
                // Hager and Zhang (2005): where rounding hides the decrease, the slope still tells whether the step is too long.
                boolean hidden = Math.abs(promised) <= 64 * Math.ulp(line.startValue())
                        && line.value() <= line.startValue() + 4 * Math.ulp(line.startValue());
                if (hidden && i == 0 && line.slope() <= (2 * c1 - 1) * line.startSlope()) return t;
            }
            return Double.NaN;
        }
    }

    /**
     * {@code phi(t) <= phi(0) + c1 t phi'(0)} and {@code |phi'(t)| <= c2 |phi'(0)|}, found by safeguarded cubic interpolation. Where rounding
     * hides the decrease, the approximate condition of Hager and Zhang is accepted, which looks at slopes only.
     *
     * @param c1 in (0, 1/2); 1e-4 is usual
     * @param c2 in (c1, 1): 0.9 for quasi-Newton directions, 0.1 for conjugate gradients
     * @param maxStep longest length
     * @param maxEvaluations trials before it settles for the lowest point seen
     * @see <a href="https://doi.org/10.1145/192115.192132">Moré and Thuente (1994)</a>
     * @see <a href="https://doi.org/10.1137/030601880">Hager and Zhang (2005), equation 4.3</a>
     */
    record StrongWolfe(double c1, double c2, double maxStep, int maxEvaluations) implements LineSearch {
        public StrongWolfe {
            if (!(c1 > 0 && c1 < 0.5)) throw new IllegalArgumentException("StrongWolfe: c1 is " + c1 + "; it lies between 0 and 1/2");
            if (!(c2 > c1 && c2 < 1))
                throw new IllegalArgumentException("StrongWolfe: c2 is " + c2 + "; it lies between c1 = " + c1 + " and 1");
            if (!(maxStep > 0)) throw new IllegalArgumentException("StrongWolfe: maxStep is " + maxStep + "; it is above 0");
            if (maxEvaluations < 1)
                throw new IllegalArgumentException("StrongWolfe: maxEvaluations is " + maxEvaluations + "; it is at least 1");
        }

        public StrongWolfe() { this(1e-4, 0.9, 1e20, 40); }

        @Override public double search(RayObjective line, double first) { return new MoreThuente(this, line).search(first); }
    }

    /**
     * The minimum along the ray, as a root of {@code phi'}: the length is doubled until the slope turns, then false position (Illinois variant)
     * closes in. On a quadratic the second evaluation is exact.
     *
     * @param tolerance slope to end at, relative to {@code |phi'(0)|}
     * @param maxEvaluations trials before it settles for the last, if that is not above the start
     */
    record Exact(double tolerance, int maxEvaluations) implements LineSearch {
        public Exact {
            if (!(tolerance >= 0 && tolerance < 1))
                throw new IllegalArgumentException("Exact: tolerance is " + tolerance + "; it lies in [0, 1)");
            if (maxEvaluations < 2) throw new IllegalArgumentException("Exact: maxEvaluations is " + maxEvaluations + "; it is at least 2");
        }

        public Exact() { this(1e-10, 60); }

        @Override public double search(RayObjective line, double first) {
            if (!(line.startSlope() < 0)) return Double.NaN;
            double goal = -tolerance * line.startSlope(), ceiling = Double.POSITIVE_INFINITY, t = first;
            double low = 0, lowSlope = line.startSlope(), high = Double.NaN, highSlope = Double.NaN;
            int side = 0;
            for (int i = 0; i < maxEvaluations; i++) {
                line.to(t);
                if (!line.isFinite()) {
                    ceiling = t;
                    t = low + (t - low) / 8;
                    continue;
                }
                double slope = line.slope();
                if (Math.abs(slope) <= goal) return t;
                double next;
                if (slope < 0 && Double.isNaN(high)) {
                    double root = t - slope * (t - low) / (slope - lowSlope), longest = Math.min(10 * t, t + (ceiling - t) / 2);
                    next = root > t ? Math.min(root, longest) : longest;
                    low = t;
                    lowSlope = slope;
                } else {
                    // Halving the slope at an end that stayed twice keeps false position from creeping.
                    if (slope < 0) {
                        low = t;
                        lowSlope = slope;
                        if (side < 0) highSlope /= 2;
                        side = -1;
                    } else {
                        high = t;
                        highSlope = slope;
                        if (side > 0) lowSlope /= 2;
                        side = 1;
                    }
                    next = high - highSlope * (high - low) / (highSlope - lowSlope);
                    if (!(next > low && next < high)) next = low + (high - low) / 2;
                    if (next == low || next == high) break; // neighbours: no double lies between
                }
                t = next;
            }
            return line.isFinite() && line.value() <= line.startValue() ? line.t() : Double.NaN;
        }
    }
}
