package lyceum.optim;

import java.util.Arrays;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;

/**
 * A bounded convex set by what {@link FrankWolfe} asks of it: the corner that lies furthest against a direction. Cheaper than a projection for many
 * sets, and the corners are simple: one coordinate, one matrix of rank 1.
 */
@FunctionalInterface
public interface LinearOracle {

    /** A point s of the set with the least {@code gradient's}, a new array; the same one for the same gradient. */
    double[] least(double[] gradient);

    private static void require(String set, int n, double[] gradient) {
        if (gradient.length != n) throw new IllegalArgumentException(
                "LinearOracle." + set + ": a set of " + n + " coordinates for a gradient of " + gradient.length);
    }

    /** {@code x_i >= 0, sum x_i = radius}: corners have one entry. */
    static LinearOracle simplex(double radius) {
        Settings.above("LinearOracle.simplex", "radius", radius, 0);
        return g -> {
            int at = 0;
            for (int i = 1; i < g.length; i++) if (g[i] < g[at]) at = i;
            var corner = new double[g.length];
            corner[at] = radius;
            return corner;
        };
    }

    /** {@code sum |x_i| <= radius}: corners have one entry, of either sign. */
    static LinearOracle l1Ball(double radius) {
        Settings.above("LinearOracle.l1Ball", "radius", radius, 0);
        return g -> {
            int at = 0;
            for (int i = 1; i < g.length; i++) if (Math.abs(g[i]) > Math.abs(g[at])) at = i;
            var corner = new double[g.length];
            corner[at] = g[at] > 0 ? -radius : radius;
            return corner;
        };
    }

    /** {@code |x| <= radius}: every point of the edge is a corner, so take {@link FrankWolfe.Steps#ADAPTIVE}. */
    static LinearOracle l2Ball(double radius) {
        Settings.above("LinearOracle.l2Ball", "radius", radius, 0);
        return g -> {
            double norm = Vectors.norm(g);
            var point = new double[g.length];
            if (norm > 0) Vectors.addScaled(point, -radius / norm, g);
            return point;
        };
    }

    /** What lies within bounds, which are finite. */
    static LinearOracle box(Box box) {
        double[] lower = box.lower(), upper = box.upper();
        for (int i = 0; i < lower.length; i++)
            if (!Double.isFinite(lower[i]) || !Double.isFinite(upper[i])) throw new IllegalArgumentException(
                    "LinearOracle.box: coordinate " + i + " lies between " + lower[i] + " and " + upper[i] + "; the set is bounded");
        return g -> {
            require("box", lower.length, g);
            var corner = new double[g.length];
            for (int i = 0; i < corner.length; i++) corner[i] = g[i] > 0 ? lower[i] : upper[i];
            return corner;
        };
    }

    /** Matrices, row by row, whose singular values sum to at most {@code radius}: corners have rank 1, and there are infinitely many: take {@link FrankWolfe.Steps#ADAPTIVE}. */
    static LinearOracle nuclearBall(double radius, int rows, int columns) {
        Settings.above("LinearOracle.nuclearBall", "radius", radius, 0);
        return g -> {
            require("nuclearBall", rows * columns, g);
            var svd = Svd.of(Tensor.of(g, rows, columns));
            return svd.u().select(1, 0).outer(svd.vt().select(0, 0)).mul(-radius).toDoubleArray();
        };
    }

    /** The convex hull of points. */
    static LinearOracle hull(double[]... points) {
        if (points.length == 0) throw new IllegalArgumentException("LinearOracle.hull: there is no point");
        var corners = Arrays.stream(points).map(double[]::clone).toArray(double[][]::new);
        for (var corner : corners)
            if (corner.length != corners[0].length) throw new IllegalArgumentException(
                    "LinearOracle.hull: points of " + corners[0].length + " and of " + corner.length + " coordinates");
        return g -> {
            require("hull", corners[0].length, g);
            double[] best = corners[0];
            double least = Vectors.dot(g, best);
            for (var corner : corners) {
                double value = Vectors.dot(g, corner);
                if (value >= least) continue;
                least = value;
                best = corner;
            }
            return best.clone();
        };
    }
}
