package lyceum.optim;

import java.util.Arrays;
import java.util.Optional;
import lyceum.linalg.Norms;
import lyceum.linalg.ProximalMaps;
import lyceum.tensor.Tensor;

/**
 * A convex function h, perhaps with kinks or infinite outside a set, whose proximal operator is cheap:
 * {@code prox(z, t) = argmin_u h(u) + |u - z|^2 / (2 t)}. What {@link ProximalGradient} adds to a smooth function; any other
 * function can be plugged in by these two methods. Indicators of sets are infinite outside and their prox is the projection, whatever t.
 *
 * <p>{@link #conjugate} has a formula of its own, never {@code z - prox(z)}: Moreau's identity {@code z = prox_th(z) + t prox_{h-star /
 * t}(z / t)} can be tested by it.
 *
 * @see ProximalMaps
 * @see <a href="https://doi.org/10.1561/2400000003">Parikh and Boyd (2014)</a>
 */
public interface Proximal {

    /**
     * h at {@code x}; {@link Double#POSITIVE_INFINITY} outside its domain, where rounding of a projection (1e-9 of the set's size) still
     * counts as inside.
     */
    double value(double[] x);

    /** {@code argmin_u h(u) + |u - z|^2 / (2 t)}, a new array; t is above 0. */
    double[] prox(double[] z, double t);

    /** {@code sup_x x'y - h(x)} with its own operator, where this function has one in closed form. */
    default Optional<Proximal> conjugate() { return Optional.empty(); }

    /** The zero function: {@link ProximalGradient} of it is gradient descent. */
    static Proximal zero() { return new SquaredL2(0); }

    /** {@code lambda sum |x_i|}: soft thresholding. */
    record L1(double lambda) implements Proximal {
        public L1 { Settings.atLeast("Proximal.L1", "lambda", lambda, 0); }

        @Override public double value(double[] x) { return lambda * Arrays.stream(x).map(Math::abs).sum(); }

        @Override public double[] prox(double[] z, double t) { return ProximalMaps.softThreshold(z, t * lambda); }

        @Override public Optional<Proximal> conjugate() { return Optional.of(new ProximalSet.Box(-lambda, lambda)); }
    }

    /** {@code lambda |x|}, the length itself: shrinks all coordinates by one factor, to exactly zero within lambda. */
    record L2(double lambda) implements Proximal {
        public L2 { Settings.atLeast("Proximal.L2", "lambda", lambda, 0); }

        @Override public double value(double[] x) { return lambda * Vectors.norm(x); }

        @Override public double[] prox(double[] z, double t) { return ProximalMaps.blockShrink(z, t * lambda); }

        @Override public Optional<Proximal> conjugate() { return Optional.of(new ProximalSet.L2Ball(lambda)); }
    }

    /** {@code lambda / 2 |x|^2}. */
    record SquaredL2(double lambda) implements Proximal {
        public SquaredL2 { Settings.atLeast("Proximal.SquaredL2", "lambda", lambda, 0); }

        @Override public double value(double[] x) { return lambda / 2 * Vectors.dot(x, x); }

        @Override public double[] prox(double[] z, double t) {
            var u = new double[z.length];
            Vectors.addScaled(u, 1 / (1 + t * lambda), z);
            return u;
        }

        @Override public Optional<Proximal> conjugate() { return lambda == 0 ? Optional.empty() : Optional.of(new SquaredL2(1 / lambda)); }
    }

    /** {@code l1 sum |x_i| + l2 / 2 |x|^2}. */
    record ElasticNet(double l1, double l2) implements Proximal {
        public ElasticNet {
            Settings.atLeast("Proximal.ElasticNet", "l1", l1, 0);
            Settings.atLeast("Proximal.ElasticNet", "l2", l2, 0);
        }

        @Override public double value(double[] x) { return new L1(l1).value(x) + new SquaredL2(l2).value(x); }

        @Override public double[] prox(double[] z, double t) {
            var u = new double[z.length];
            for (int i = 0; i < u.length; i++) u[i] = ProximalMaps.softThreshold(z[i], t * l1) / (1 + t * l2);
            return u;
        }

        @Override public Optional<Proximal> conjugate() {
            return l2 == 0 ? new L1(l1).conjugate() : Optional.of(new Conjugates.Excess(l1, l2));
        }
    }

    /**
     * {@code lambda sum_g |x_g|}: groups enter or leave together.
     *
     * @param groups the group of each coordinate, from 0
     */
    record Group(double lambda, int... groups) implements Proximal {
        public Group {
            Settings.atLeast("Proximal.Group", "lambda", lambda, 0);
            groups = groups.clone();
            for (int g : groups) Settings.atLeast("Proximal.Group", "a group", g, 0);
        }

        @Override public double value(double[] x) { return lambda * Arrays.stream(lengths(x, groups)).sum(); }

        @Override public double[] prox(double[] z, double t) {
            double[] lengths = lengths(z, groups), u = z.clone();
            for (int i = 0; i < u.length; i++) u[i] *= ProximalMaps.keptShare(lengths[groups[i]], t * lambda);
            return u;
        }

        @Override public Optional<Proximal> conjugate() { return Optional.of(new Conjugates.GroupBalls(lambda, groups)); }

        static double[] lengths(double[] x, int[] groups) {
            if (x.length != groups.length) throw new IllegalArgumentException(
                    "Proximal.Group: " + x.length + " coordinates for " + groups.length + " group numbers; give one a coordinate");
            var squares = new double[Arrays.stream(groups).max().orElse(-1) + 1];
            for (int i = 0; i < x.length; i++) squares[groups[i]] += x[i] * x[i];
            for (int g = 0; g < squares.length; g++) squares[g] = Math.sqrt(squares[g]);
            return squares;
        }
    }

    /**
     * {@code lambda} times the sum of the singular values of x, read row by row as a (rows, columns) matrix: soft-thresholds them, so that
     * ranks fall.
     */
    record Nuclear(double lambda, int rows, int columns) implements Proximal {
        public Nuclear {
            Settings.atLeast("Proximal.Nuclear", "lambda", lambda, 0);
            Settings.atLeast("Proximal.Nuclear", "rows", rows, 1);
            Settings.atLeast("Proximal.Nuclear", "columns", columns, 1);
        }

        @Override public double value(double[] x) { return lambda * Norms.nuclear(Tensor.of(x, rows, columns)); }

        @Override public double[] prox(double[] z, double t) {
            return ProximalMaps.singularValues(Tensor.of(z, rows, columns), t * lambda).toDoubleArray();
        }

        @Override public Optional<Proximal> conjugate() { return Optional.of(new ProximalSet.SpectralBall(lambda, rows, columns)); }
    }

    /**
     * {@code lambda sum |x_{i+1} - x_i|}: pulls a signal into steps. Exact and in linear time: the derivative of each prefix's cost is a
     * piecewise linear function of its last value, of which the next sum sees what lies between -lambda and lambda.
     *
     * @see <a href="https://doi.org/10.1080/10618600.2012.681238">Johnson (2013)</a>
     */
    record TotalVariation(double lambda) implements Proximal {
        public TotalVariation { Settings.atLeast("Proximal.TotalVariation", "lambda", lambda, 0); }

        @Override public double value(double[] x) {
            double sum = 0;
            for (int i = 1; i < x.length; i++) sum += Math.abs(x[i] - x[i - 1]);
            return lambda * sum;
        }

        @Override public double[] prox(double[] z, double t) {
            return lambda == 0 || z.length < 2 ? z.clone() : TautString.pull(z, t * lambda);
        }
    }
}
