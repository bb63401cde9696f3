package lyceum.optim;

/**
 * One search for a strong Wolfe point, after Moré and Thuente (1994). The interval between {@code a}, the end with the lower value, and
 * {@code b} shrinks around such a point; each trial comes from a cubic or quadratic through values and slopes (section 4 of the paper).
 */
final class MoreThuente {
    private static final double NARROWEST = 1e-15;

    /** A place on the line: its length, value and slope, of phi or of the auxiliary function psi. */
    private record Trial(double t, double value, double slope) {
        Trial tilted(double slant) { return new Trial(t, value - slant * t, slope - slant); }
    }

    private final LineSearch.StrongWolfe rule;
    private final RayObjective line;
    private final double slant, noise;
    private Trial a, b;
    private boolean bracketed;
    private double least, most, ceiling;

    MoreThuente(LineSearch.StrongWolfe rule, RayObjective line) {
        this.rule = rule;
        this.line = line;
        this.slant = rule.c1() * line.startSlope();
        this.noise = 4 * Math.ulp(Math.abs(line.startValue()));
        this.ceiling = rule.maxStep();
    }

    double search(double first) {
        if (!(line.startSlope() < 0)) return Double.NaN;
        a = b = new Trial(0, line.startValue(), line.startSlope());
        double t = Math.min(first, ceiling), width = Double.POSITIVE_INFINITY, widthBefore = Double.POSITIVE_INFINITY;
        least = 0;
        most = 5 * t;
        boolean early = true, open = true;
        for (int i = 0; i < rule.maxEvaluations(); i++) {
            line.to(t);
            if (!line.isFinite()) {
                // Outside the domain: nothing beyond this length is tried again.
                ceiling = t;
                open = false;
                t = a.t + (t - a.t) / 4;
                continue;
            }
            var here = new Trial(t, line.value(), line.slope());
            if (accepted(here)) return t;
            boolean low = here.value <= line.startValue() + t * slant;
            if (open && t >= ceiling && low && here.slope <= slant) return t; // it falls all the way to the longest permitted step
            if (early && low && here.slope >= 0) early = false;
            t = early && here.value <= a.value && !low ? nextOnTilted(here) : next(a, b, here);
            if (bracketed) {
                if (Math.abs(b.t - a.t) >= 0.66 * widthBefore) t = a.t + 0.5 * (b.t - a.t);
                widthBefore = width;
                width = Math.abs(b.t - a.t);
                least = Math.min(a.t, b.t);
                most = Math.max(a.t, b.t);
                if (most - least <= NARROWEST * most) break;
                if (!(t > least && t < most)) t = a.t + 0.5 * (b.t - a.t);
            } else {
                least = t + 1.1 * (t - a.t);
                most = t + 4 * (t - a.t);
            }
            if (t >= ceiling) t = open ? ceiling : a.t + (ceiling - a.t) / 2;
        }
        if (a.t == 0 || !(a.value < line.startValue())) return Double.NaN;
        line.to(a.t);
        return a.t;
    }

    private boolean accepted(Trial here) {
        double start = line.startSlope();
        if (Math.abs(here.slope) > -rule.c2() * start) return false;
        if (here.value <= line.startValue() + here.t * slant) return true;
        return Math.abs(here.value - line.startValue()) <= noise && here.slope <= (2 * rule.c1() - 1) * start;
    }

    /** While the value is still above the line of sufficient decrease, psi(t) = phi(t) - phi(0) - c1 t phi'(0) is the function to reduce. */
    private double nextOnTilted(Trial here) {
        double t = next(a.tilted(slant), b.tilted(slant), here.tilted(slant));
        a = a.tilted(-slant);
        b = b.tilted(-slant);
        return t;
    }

    /** The next length to try from the interval's ends and the place just tried, and the interval that follows. */
    private double next(Trial x, Trial y, Trial p) {
        double t;
        if (p.value > x.value) {
            double cubic = cubic(x, p), quadratic = x.t + x.slope / ((x.value - p.value) / (p.t - x.t) + x.slope) / 2 * (p.t - x.t);
            t = Math.abs(cubic - x.t) < Math.abs(quadratic - x.t) ? cubic : cubic + (quadratic - cubic) / 2;
            bracketed = true;
        } else if (Math.signum(p.slope) * Math.signum(x.slope) < 0) {
            double cubic = cubic(p, x), secant = secant(p, x);
            t = Math.abs(cubic - p.t) > Math.abs(secant - p.t) ? cubic : secant;
            bracketed = true;
        } else if (Math.abs(p.slope) < Math.abs(x.slope)) {
            t = flatter(x, y, p);
        } else if (bracketed) {
            t = cubic(p, y);
        } else {
            t = p.t > x.t ? most : least;
        }
        if (p.value > x.value) {
            b = p;
            a = x;
        } else {
            b = Math.signum(p.slope) * Math.signum(x.slope) < 0 ? x : y;
            a = p;
        }
        return Double.isFinite(t) ? t : a.t + 0.5 * (b.t - a.t);
    }

    /** Same sign of slope, lower value, flatter: the cubic may have no minimum on the far side. */
    private double flatter(Trial x, Trial y, Trial p) {
        double theta = 3 * (x.value - p.value) / (p.t - x.t) + x.slope + p.slope;
        double scale = Math.max(Math.abs(theta), Math.max(Math.abs(x.slope), Math.abs(p.slope)));
        double gamma = scale * Math.sqrt(Math.max(0, theta / scale * (theta / scale) - x.slope / scale * (p.slope / scale)));
        if (p.t > x.t) gamma = -gamma;
        double r = (gamma - p.slope + theta) / (gamma + (x.slope - p.slope) + gamma);
        double cubic = r < 0 && gamma != 0 ? p.t + r * (x.t - p.t) : p.t > x.t ? most : least;
        double secant = secant(p, x);
        boolean cubicNearer = Math.abs(cubic - p.t) < Math.abs(secant - p.t);
        if (!bracketed) return Math.clamp(cubicNearer ? secant : cubic, Math.min(least, most), Math.max(least, most));
        double t = cubicNearer ? cubic : secant, limit = p.t + 0.66 * (y.t - p.t);
        return p.t > x.t ? Math.min(limit, t) : Math.max(limit, t);
    }

    /** The minimum of the cubic with the values and slopes of {@code from} and {@code to}. */
    private static double cubic(Trial from, Trial to) {
        double theta = 3 * (from.value - to.value) / (to.t - from.t) + from.slope + to.slope;
        double scale = Math.max(Math.abs(theta), Math.max(Math.abs(from.slope), Math.abs(to.slope)));
        double gamma = scale * Math.sqrt(Math.max(0, theta / scale * (theta / scale) - from.slope / scale * (to.slope / scale)));
        if (to.t < from.t) gamma = -gamma;
        double r = (gamma - from.slope + theta) / (gamma - from.slope + gamma + to.slope);
        return from.t + r * (to.t - from.t);
    }

    /** Where the straight line through both slopes is zero. */
    private static double secant(Trial p, Trial x) { return p.t + p.slope / (p.slope - x.slope) * (x.t - p.t); }
}
