package lyceum.optim;

import java.util.Arrays;
import java.util.Optional;
import lyceum.linalg.Norms;
import lyceum.linalg.Projections;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;

/** Indicators of convex sets: 0 inside, infinite outside, so that the proximal operator is the projection. */
public sealed interface ProximalSet extends Proximal {
    /** How far outside a projected point may lie by rounding, over the set's size. */
    double ROUNDING = 1e-9;

    /** The nearest point of the set, a new array. */
    double[] project(double[] z);

    /** How far {@code x} violates what defines the set, over the set's size (at least 1); 0 inside. */
    double violation(double[] x);

    @Override default double value(double[] x) { return violation(x) <= ROUNDING ? 0 : Double.POSITIVE_INFINITY; }

    @Override default double[] prox(double[] z, double t) { return project(z); }

    /** {@code low <= x_i <= high} for every coordinate; either may be infinite. */
    record Box(double low, double high) implements ProximalSet {
        public Box {
            if (!(low <= high))
                throw new IllegalArgumentException("ProximalSet.Box: low is " + low + " and high " + high + "; low is at most high");
        }

        @Override public double[] project(double[] z) {
            var u = new double[z.length];
            for (int i = 0; i < u.length; i++) u[i] = Math.clamp(z[i], low, high);
            return u;
        }

        @Override public double violation(double[] x) {
            double most = 0;
            for (double value : x) most = Math.max(most, Math.max(low - value, value - high) / Math.max(1, Math.abs(value)));
            return most;
        }

        @Override public Optional<Proximal> conjugate() {
            return Double.isFinite(low) && Double.isFinite(high) ? Optional.of(new Conjugates.BoxSupport(low, high)) : Optional.empty();
        }
    }

    /** {@code x_i >= 0, sum x_i = radius}: mixtures, for radius 1. */
    record Simplex(double radius) implements ProximalSet {
        public Simplex { Settings.above("ProximalSet.Simplex", "radius", radius, 0); }

        public Simplex() { this(1); }

        @Override public double[] project(double[] z) { return Projections.onSimplex(z, radius); }

        @Override public double violation(double[] x) {
            double most = Math.abs(Arrays.stream(x).sum() - radius);
            for (double value : x) most = Math.max(most, -value);
            return most / Math.max(1, radius);
        }

        @Override public Optional<Proximal> conjugate() { return Optional.of(new Conjugates.Largest(radius, false)); }
    }

    /** {@code sum |x_i| <= radius}. */
    record L1Ball(double radius) implements ProximalSet {
        public L1Ball { Settings.above("ProximalSet.L1Ball", "radius", radius, 0); }

        @Override public double[] project(double[] z) { return Projections.onL1Ball(z, radius); }

        @Override public double violation(double[] x) { return Math.max(0, new L1(1).value(x) - radius) / Math.max(1, radius); }

        @Override public Optional<Proximal> conjugate() { return Optional.of(new Conjugates.Largest(radius, true)); }
    }

    /** {@code |x| <= radius}. */
    record L2Ball(double radius) implements ProximalSet {
        public L2Ball { Settings.atLeast("ProximalSet.L2Ball", "radius", radius, 0); }

        @Override public double[] project(double[] z) { return Projections.onL2Ball(z, radius); }

        @Override public double violation(double[] x) { return Math.max(0, Vectors.norm(x) - radius) / Math.max(1, radius); }

        @Override public Optional<Proximal> conjugate() { return Optional.of(new L2(radius)); }
    }

    /** {@code |(x_1, ..., x_n)| <= x_0}, the second-order cone. */
    record SecondOrderCone() implements ProximalSet {
        @Override public double[] project(double[] z) {
            double length = length(z), t = z[0];
            if (length <= t) return z.clone();
            var u = new double[z.length];
            if (length <= -t) return u; // the polar cone falls onto the tip
            Vectors.addScaled(u, (1 + t / length) / 2, z);
            u[0] = (length + t) / 2;
            return u;
        }

        @Override public double violation(double[] x) { return Math.max(0, length(x) - x[0]) / Math.max(1, Math.abs(x[0])); }

        private static double length(double[] z) {
            var rest = z.clone();
            rest[0] = 0;
            return Vectors.norm(rest);
        }
    }

    /** Matrices, row by row, whose singular values are at most {@code radius}. */
    record SpectralBall(double radius, int rows, int columns) implements ProximalSet {
        public SpectralBall { Settings.atLeast("ProximalSet.SpectralBall", "radius", radius, 0); }

        @Override public double[] project(double[] z) {
            var svd = Svd.of(Tensor.of(z, rows, columns));
            return svd.u().mul(svd.s().minimum(radius)).matmul(svd.vt()).toDoubleArray();
        }

        @Override public double violation(double[] x) {
            return Math.max(0, Norms.spectral(Tensor.of(x, rows, columns)) - radius) / Math.max(1, radius);
        }

        @Override public Optional<Proximal> conjugate() { return Optional.of(new Nuclear(radius, rows, columns)); }
    }
}
