package lyceum.optim;

import java.util.Arrays;
import java.util.Optional;

/** Conjugates that have no name of their own in the field. */
final class Conjugates {
    private Conjugates() {}

    /** {@code sum max(|y_i| - l1, 0)^2 / (2 l2)}, of the elastic net. */
    record Excess(double l1, double l2) implements Proximal {
        @Override public double value(double[] y) {
            double sum = 0;
            for (double value : y) sum += Math.pow(Math.max(Math.abs(value) - l1, 0), 2);
            return sum / (2 * l2);
        }

        @Override public double[] prox(double[] z, double t) {
            var u = new double[z.length];
            for (int i = 0; i < u.length; i++)
                u[i] = Math.abs(z[i]) <= l1 ? z[i] : Math.copySign((l2 * Math.abs(z[i]) + t * l1) / (l2 + t), z[i]);
            return u;
        }

        @Override public Optional<Proximal> conjugate() { return Optional.of(new ElasticNet(l1, l2)); }
    }

    /** Each group within a ball. */
    record GroupBalls(double radius, int[] groups) implements Proximal {
        @Override public double value(double[] y) {
            return Arrays.stream(Group.lengths(y, groups)).allMatch(r -> r <= radius + ProximalSet.ROUNDING * Math.max(1, radius)) ? 0
                    : Double.POSITIVE_INFINITY;
        }

        @Override public double[] prox(double[] z, double t) {
            double[] lengths = Group.lengths(z, groups), u = z.clone();
            for (int i = 0; i < u.length; i++) if (lengths[groups[i]] > radius) u[i] *= radius / lengths[groups[i]];
            return u;
        }

        @Override public Optional<Proximal> conjugate() { return Optional.of(new Group(radius, groups)); }
    }

    /** {@code sum max(low y_i, high y_i)}, the support function of a box. */
    record BoxSupport(double low, double high) implements Proximal {
        @Override public double value(double[] y) { return Arrays.stream(y).map(v -> Math.max(low * v, high * v)).sum(); }

        @Override public double[] prox(double[] z, double t) {
            var u = new double[z.length];
            for (int i = 0; i < u.length; i++) u[i] = z[i] > t * high ? z[i] - t * high : z[i] < t * low ? z[i] - t * low : 0;
            return u;
        }

        @Override public Optional<Proximal> conjugate() { return Optional.of(new ProximalSet.Box(low, high)); }
    }

    /** {@code radius max y_i}, or {@code radius max |y_i|}: supports of the simplex and of the L1 ball. Its prox cuts off the tops. */
    record Largest(double radius, boolean absolute) implements Proximal {
        @Override public double value(double[] y) { return radius * (absolute ? Vectors.largest(y) : Arrays.stream(y).max().orElse(0)); }

        @Override public double[] prox(double[] z, double t) {
            double cut = cut(z, t * radius);
            var u = new double[z.length];
            for (int i = 0; i < u.length; i++) u[i] = absolute ? Math.clamp(z[i], -cut, cut) : Math.min(z[i], cut);
            return u;
        }

        /** The level above which the entries add up to {@code area}, by bisection. */
        private double cut(double[] z, double area) {
            double high = absolute ? Vectors.largest(z) : Arrays.stream(z).max().orElse(0), low = absolute ? 0 : high - area;
            if (absolute && above(z, 0) <= area) return 0;
            for (double middle; (middle = low + (high - low) / 2) > low && middle < high;) {
                if (above(z, middle) > area) low = middle;
                else high = middle;
            }
            return high;
        }

        private double above(double[] z, double level) {
            double sum = 0;
            for (double value : z) sum += Math.max((absolute ? Math.abs(value) : value) - level, 0);
            return sum;
        }

        @Override public Optional<Proximal> conjugate() {
            return Optional.of(absolute ? new ProximalSet.L1Ball(radius) : new ProximalSet.Simplex(radius));
        }
    }
}
