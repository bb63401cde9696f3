package lyceum.stats;

import java.util.function.Function;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.linalg.Lu;
import lyceum.prob.Exponential;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.tensor.Tensor;

/**
 * The distance between distributions of one family along its shortest path, with the Fisher information as metric: {@code ds^2 = d theta' F d
 * theta}. It does not depend on the parameters that are used.
 *
 * {@snippet :
 * FisherRao.distance(new Normal(0, 1), new Normal(1, 1));           // 0.980: a shift by one deviation
 * FisherRao.bernoulli(0.01, 0.02);                                  // 0.083; from 0.50 to 0.51 it is 0.020
 * FisherRao.geodesic(theta -> FisherInformation.expected(ParametricFamily.GAMMA, theta), from, to, 100).length();
 * }
 *
 * @see <a href="https://doi.org/10.1007/978-1-4612-0919-5_16">Rao (1945)</a>
 * @see <a href="https://doi.org/10.1016/0047-259X(82)90065-3">Burbea and Rao (1982)</a>
 */
public final class FisherRao {
    private FisherRao() {}

    /** Of two coins: {@code 2 |asin sqrt p - asin sqrt q|}. */
    public static double bernoulli(double p, double q) { return categorical(new double[] {p, 1 - p}, new double[] {q, 1 - q}); }

    /** Of two distributions over the same outcomes: {@code 2 arccos sum sqrt(p q)}, twice an angle on the sphere of their roots. */
    public static double categorical(double[] p, double[] q) {
        if (p.length != q.length) throw new ShapeException("FisherRao: " + p.length + " and " + q.length + " outcomes");
        double chord = 0, sum = 0;
        for (int i = 0; i < p.length; i++) {
            if (!(p[i] >= 0 && q[i] >= 0)) throw new IllegalArgumentException("FisherRao: probability " + i + " is negative or NaN");
            double a = Math.sqrt(p[i]), b = Math.sqrt(q[i]);
            chord += (a - b) * (a - b);
            sum += (a + b) * (a + b);
        }
        return 4 * Math.atan2(Math.sqrt(chord), Math.sqrt(sum)); // keeps its digits for near distributions, where an arccosine loses half
    }

    /** {@code sqrt 2} times the hyperbolic distance of {@code (mean / sqrt 2, sd)} in the upper half plane. */
    public static double distance(Normal p, Normal q) {
        double a = (p.mean() - q.mean()) / Math.sqrt(2), s = p.standardDeviation(), t = q.standardDeviation();
        return 2 * Math.sqrt(2) * asinh(0.5 * Math.hypot(a, s - t) / Math.sqrt(s * t));
    }

    /** {@code 2 |sqrt p - sqrt q|} of the rates. */
    public static double distance(Poisson p, Poisson q) { return 2 * Math.abs(Math.sqrt(p.rate()) - Math.sqrt(q.rate())); }

    /** {@code |log(p / q)|} of the rates. */
    public static double distance(Exponential p, Exponential q) { return Math.abs(Math.log(p.rate() / q.rate())); }

    private static double asinh(double x) { return Math.log1p(x + x * x / (1 + Math.sqrt(1 + x * x))); }

    /** A path of parameter vectors at equal steps of time, and its length. */
    public record Geodesic(double[][] points, double length) {}

    /**
     * The geodesic between two parameter vectors of any metric, by shooting: the equation {@code x'' = -Gamma(x)(x', x')} is integrated by the
     * classical Runge-Kutta method, and Newton's method turns the initial velocity until the path ends at {@code to}. Derivatives of the metric
     * are central differences.
     *
     * @param metric the Fisher information at a parameter vector
     * @param steps of the integration
     * @throws IllegalArgumentException if no velocity is found: the ends are then too far apart in these parameters; try logarithms, or a point
     *         between
     */
    public static Geodesic geodesic(Function<double[], FisherInformation> metric, double[] from, double[] to, int steps) {
        int p = from.length;
        if (to.length != p) throw new ShapeException("FisherRao.geodesic: from " + p + " parameters to " + to.length);
        if (steps < 1) throw new IllegalArgumentException("FisherRao.geodesic: steps is " + steps + "; it is at least 1");
        UnaryOperator<double[]> shot = v -> last(shoot(metric, from, v, steps));
        var v = new double[p];
        for (int stage = 1; stage <= STAGES; stage++) { // the end moves out along the straight line, so that Newton starts near its root
            var aim = new double[p];
            for (int j = 0; j < p; j++) {
                aim[j] = from[j] + (to[j] - from[j]) * stage / STAGES;
                v[j] = stage == 1 ? aim[j] - from[j] : v[j] * stage / (stage - 1);
            }
            v = aimed(shot, v, aim, stage == STAGES ? 1e-8 : 1e-2);
        }
        var path = shoot(metric, from, v, steps);
        return new Geodesic(path, Math.sqrt(2 * metric.apply(from).divergence(v)));
    }

    private static final int STAGES = 4;

    private static double[] aimed(UnaryOperator<double[]> shot, double[] start, double[] aim, double tolerance) {
        var v = start.clone();
        int p = v.length;
        for (int k = 0; k < 30; k++) {
            double[] miss = minus(aim, shot.apply(v));
            double size = largest(miss);
            if (size <= tolerance * Math.max(1e-6, largest(aim))) return v;
            if (!Double.isFinite(size)) break;
            var jacobian = new double[p][p];
            for (int j = 0; j < p; j++) {
                double h = 1e-5 * Math.max(1e-3, Math.abs(v[j]));
                double[] ahead = v.clone(), behind = v.clone();
                ahead[j] += h;
                behind[j] -= h;
                double[] a = shot.apply(ahead), b = shot.apply(behind);
                for (int i = 0; i < p; i++) jacobian[i][j] = (a[i] - b[i]) / (2 * h);
            }
            var step = Lu.of(Tensor.of(jacobian)).solve(Tensor.of(miss)).toDoubleArray();
            double share = 1;
            while (share > 1e-3 && !(largest(minus(aim, shot.apply(at(v, share, step)))) < size)) share /= 2;
            v = at(v, share, step);
        }
        throw new IllegalArgumentException(
                "FisherRao.geodesic: no velocity found that ends at the aim; take other parameters (logarithms of scales), or go by a point between");
    }

    private static double largest(double[] a) {
        double largest = 0;
        for (double x : a) largest = Math.max(largest, Math.abs(x));
        return largest;
    }

    private static double[] minus(double[] a, double[] b) {
        var d = new double[a.length];
        for (int j = 0; j < d.length; j++) d[j] = a[j] - b[j];
        return d;
    }

    private static double[] last(double[][] path) { return path[path.length - 1]; }

    private static double[][] shoot(Function<double[], FisherInformation> metric, double[] from, double[] velocity, int steps) {
        int p = from.length;
        double h = 1.0 / steps;
        var path = new double[steps + 1][];
        double[] x = path[0] = from.clone(), v = velocity.clone();
        for (int k = 0; k < steps; k++) {
            double[] a1 = bend(metric, x, v), v2 = at(v, h / 2, a1), a2 = bend(metric, at(x, h / 2, v), v2), v3 = at(v, h / 2, a2);
            double[] a3 = bend(metric, at(x, h / 2, v2), v3), v4 = at(v, h, a3), a4 = bend(metric, at(x, h, v3), v4);
            double[] next = x.clone(), faster = v.clone();
            for (int j = 0; j < p; j++) {
                next[j] += h / 6 * (v[j] + 2 * v2[j] + 2 * v3[j] + v4[j]);
                faster[j] += h / 6 * (a1[j] + 2 * a2[j] + 2 * a3[j] + a4[j]);
            }
            x = path[k + 1] = next;
            v = faster;
        }
        return path;
    }

    private static double[] at(double[] x, double h, double[] v) {
        var y = x.clone();
        for (int j = 0; j < y.length; j++) y[j] += h * v[j];
        return y;
    }

    /** {@code -F^-1 (dF/dt v - grad(v'Fv) / 2)}: the acceleration of a geodesic. */
    private static double[] bend(Function<double[], FisherInformation> metric, double[] x, double[] v) {
        int p = x.length;
        double[] force = new double[p];
        for (int j = 0; j < p; j++) {
            double h = 1e-4 * Math.max(0.1, Math.min(1, Math.abs(x[j])));
            double[] ahead = x.clone(), behind = x.clone();
            ahead[j] += h;
            behind[j] -= h;
            FisherInformation a = metric.apply(ahead), b = metric.apply(behind);
            double[] fa = a.times(v), fb = b.times(v);
            for (int i = 0; i < p; i++) force[i] -= (fa[i] - fb[i]) / (2 * h) * v[j];
            force[j] += (a.divergence(v) - b.divergence(v)) / (2 * h);
        }
        return Lu.of(Tensor.of(metric.apply(x).matrix())).solve(Tensor.of(force)).toDoubleArray();
    }
}
