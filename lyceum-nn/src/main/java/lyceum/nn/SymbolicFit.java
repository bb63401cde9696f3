package lyceum.nn;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import lyceum.ShapeException;

/**
 * A named function that a curve resembles: {@code c f(a x + b) + d}. The outer two numbers are a straight-line fit, the inner two are searched on a grid that
 * narrows, so that a curve may be wide, narrow, moved or turned over.
 *
 * @param name of f
 * @param r2 share of the curve's variance that it explains, at most 1
 * @see <a href="https://arxiv.org/abs/2404.19756">Liu et al. (2025), section 2.5</a>
 */
public record SymbolicFit(String name, double a, double b, double c, double d, double r2) {

    private record Known(String name, DoubleUnaryOperator f) {}

    private static final List<Known> FUNCTIONS = List.of(new Known("x", x -> x), new Known("x^2", x -> x * x),
            new Known("x^3", x -> x * x * x), new Known("sqrt", x -> x < 0 ? Double.NaN : Math.sqrt(x)), new Known("exp", Math::exp),
            new Known("log", x -> x <= 0 ? Double.NaN : Math.log(x)), new Known("sin", Math::sin), new Known("tanh", Math::tanh),
            new Known("abs", Math::abs), new Known("1/x", x -> x == 0 ? Double.NaN : 1 / x), new Known("gaussian", x -> Math.exp(-x * x)));
    private static final int STEPS = 21, ROUNDS = 10;

    /** The names of the functions that are tried. */
    public static List<String> functions() { return FUNCTIONS.stream().map(Known::name).toList(); }

    /** Every function's best fit to a curve, the best first; of equal ones the simpler. */
    public static List<SymbolicFit> all(double[] x, double[] y) {
        var fits = new ArrayList<SymbolicFit>();
        for (var known : FUNCTIONS) fits.add(of(known, x, y));
        fits.sort(Comparator.comparingDouble(fit -> -Math.rint(1e9 * fit.r2)));
        return List.copyOf(fits);
    }

    /** One function's best fit. @throws IllegalArgumentException if the name is unknown */
    public static SymbolicFit of(String name, double[] x, double[] y) {
        for (var known : FUNCTIONS) if (known.name.equals(name)) return of(known, x, y);
        throw new IllegalArgumentException("SymbolicFit: " + name + " is unknown; there are " + functions());
    }

    private static SymbolicFit of(Known known, double[] x, double[] y) {
        if (x.length != y.length || x.length < 3)
            throw new ShapeException("SymbolicFit: " + x.length + " places and " + y.length + " values; at least 3 of each");
        double least = Double.POSITIVE_INFINITY, largest = Double.NEGATIVE_INFINITY;
        for (double v : x) {
            least = Math.min(least, v);
            largest = Math.max(largest, v);
        }
        double half = largest > least ? (largest - least) / 2 : 1, middle = least / 2 + largest / 2;
        // In z = (x - middle) / half from -1 to 1; few points decide where to look, all decide in the end.
        int few = Math.min(x.length, 120);
        double[] z = new double[few], w = new double[few];
        for (int i = 0; i < few; i++) {
            int at = (int) ((long) i * x.length / few);
            z[i] = (x[at] - middle) / half;
            w[i] = y[at];
        }
        double a = 0, b = 0, reach = 10, best = Double.NEGATIVE_INFINITY;
        for (int round = 0; round < ROUNDS; round++, reach *= round == 1 ? 0.15 : 0.3) {
            double aroundA = a, aroundB = b;
            for (int i = 0; i < STEPS; i++) for (int j = 0; j < STEPS; j++) {
                double u = aroundA + reach * (2.0 * i / (STEPS - 1) - 1), v = aroundB + reach * (2.0 * j / (STEPS - 1) - 1);
                double r2 = line(known.f, z, w, u, v)[2];
                if (!(r2 > best)) continue;
                best = r2;
                a = u;
                b = v;
            }
        }
        double inner = a / half, outer = b - a * middle / half;
        double[] fit = line(known.f, x, y, inner, outer);
        return new SymbolicFit(known.name, inner, outer, fit[0], fit[1], Double.isNaN(fit[2]) ? Double.NEGATIVE_INFINITY : fit[2]);
    }

    /** c, d and R^2 of the straight line from f(a x + b) to y; NaN where f is not defined or flat. */
    private static double[] line(DoubleUnaryOperator f, double[] x, double[] y, double a, double b) {
        double n = x.length, meanF = 0, meanY = 0, ff = 0, fy = 0, yy = 0;
        var values = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            values[i] = f.applyAsDouble(a * x[i] + b);
            meanF += values[i] / n;
            meanY += y[i] / n;
        }
        for (int i = 0; i < x.length; i++) {
            double p = values[i] - meanF, q = y[i] - meanY;
            ff += p * p;
            fy += p * q;
            yy += q * q;
        }
        if (!(ff > 1e-20 * (1 + meanF * meanF) * n && ff < 1e300)) return new double[] {0, meanY, Double.NaN};
        double c = fy / ff;
        return new double[] {c, meanY - c * meanF, yy == 0 ? 1 : fy * fy / (ff * yy)};
    }

    /** At a place. */
    public double at(double x) {
        for (var known : FUNCTIONS) if (known.name.equals(name)) return c * known.f.applyAsDouble(a * x + b) + d;
        throw new IllegalArgumentException("SymbolicFit: " + name + " is unknown; there are " + functions());
    }

    @Override public String toString() { return String.format(Locale.ROOT, "%.3g %s(%.3g x %+.3g) %+.3g, R2 %.6f", c, name, a, b, d, r2); }
}
