package lyceum.theory;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import lyceum.math.Special;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Networks that approximate a given function, with their weights written out, and what to compare them with.
 *
 * {@snippet :
 * var network = UniversalApproximation.relu(Math::exp, 0, 1, 16);      // joins 17 points of the curve by straight lines
 * network.supError(Math::exp, 0, 1, 10_000);                           // at most e / (8 * 16^2)
 * UniversalApproximation.relu(Math::exp, 0, 1, UniversalApproximation.pieces(Math.E, 0, 1, 0.01));    // an error of at most 0.01
 * UniversalApproximation.bumps(g, new double[] {0, 0}, new double[] {1, 1}, 1, 0.05).width();         // 382 units for two inputs
 * UniversalApproximation.widthErrors(z -> z * z, f, 0, 1, 512, rng);   // a polynomial activation never gets there
 * }
 *
 * @see RidgeNetwork one hidden layer on two inputs
 * @see <a href="https://doi.org/10.1016/S0893-6080(05)80131-5">Leshno, Lin, Pinkus and Schocken (1993)</a>
 */
public final class UniversalApproximation {
    private UniversalApproximation() {}

    private static double rectify(double z) { return Math.max(0, z); }

    /**
     * One hidden layer on one input, {@code offset + sum a_j activation(w_j x + b_j)}.
     *
     * @param w weights of the input
     * @param b biases
     * @param a weights of the output
     */
    public record Network(DoubleUnaryOperator activation, double[] w, double[] b, double[] a, double offset) {
        /** Units of the hidden layer. */
        public int width() { return a.length; }

        public double at(double x) {
            double sum = offset;
            for (int j = 0; j < a.length; j++) sum += a[j] * activation.applyAsDouble(w[j] * x + b[j]);
            return sum;
        }

        /** Element by element. */
        public Tensor at(Tensor x) {
            double[] y = x.toDoubleArray();
            for (int i = 0; i < y.length; i++) y[i] = at(y[i]);
            return Tensor.of(y).reshape(x.shape().toArray());
        }

        /** The largest distance from f on a grid of this many equal steps. */
        public double supError(DoubleUnaryOperator f, double low, double high, int steps) {
            double most = 0;
            for (int i = 0; i <= steps; i++) {
                double x = low + (high - low) * i / steps;
                most = Math.max(most, Math.abs(at(x) - f.applyAsDouble(x)));
            }
            return most;
        }
    }

    private static void interval(double low, double high, int pieces) {
        if (!(low < high)) throw new IllegalArgumentException("UniversalApproximation: an interval from " + low + " to " + high);
        if (pieces < 1) throw new IllegalArgumentException("UniversalApproximation: " + pieces + " pieces; at least 1 is needed");
    }

    /** How many equal pieces keep the error of {@link #relu} within epsilon, {@code L (high - low) / (2 epsilon)}, for an L-Lipschitz function. */
    public static int pieces(double lipschitz, double low, double high, double epsilon) {
        interval(low, high, 1);
        if (!(epsilon > 0)) throw new IllegalArgumentException("UniversalApproximation: epsilon is " + epsilon + "; it is above 0");
        return (int) Math.max(1, Math.ceil(lipschitz * (high - low) / (2 * epsilon)));
    }

    /**
     * A ReLU network of as many units as pieces, that meets f at the ends of equal pieces and is straight between: unit i adds the change of slope at
     * {@code t_i}. Misses f by at most {@code L h / 2} for pieces of length h, and {@code max |f''| h^2 / 8} where it is twice differentiable.
     */
    public static Network relu(DoubleUnaryOperator f, double low, double high, int pieces) {
        interval(low, high, pieces);
        double h = (high - low) / pieces, before = 0;
        double[] w = new double[pieces], b = new double[pieces], a = new double[pieces];
        for (int i = 0; i < pieces; i++) {
            double t = low + i * h, slope = (f.applyAsDouble(low + (i + 1) * h) - f.applyAsDouble(t)) / h;
            w[i] = 1;
            b[i] = -t;
            a[i] = slope - before;
            before = slope;
        }
        return new Network(UniversalApproximation::rectify, w, b, a, f.applyAsDouble(low));
    }

    /**
     * A staircase of sigmoids: a step at each end of a piece from its middle's height to the next one's. The steeper, the nearer to
     * {@code L h / 2}; within {@code L h} once {@code steepness h} is some tens.
     *
     * @param steepness of each sigmoid, per unit of x
     */
    public static Network sigmoid(DoubleUnaryOperator f, double low, double high, int pieces, double steepness) {
        interval(low, high, pieces);
        double h = (high - low) / pieces;
        double[] w = new double[pieces - 1], b = new double[pieces - 1], a = new double[pieces - 1];
        for (int i = 1; i < pieces; i++) {
            w[i - 1] = steepness;
            b[i - 1] = -steepness * (low + i * h);
            a[i - 1] = f.applyAsDouble(low + (i + 0.5) * h) - f.applyAsDouble(low + (i - 0.5) * h);
        }
        return new Network(Special::sigmoid, w, b, a, f.applyAsDouble(low + 0.5 * h));
    }

    /**
     * Bumps over a grid in the plane. In units u, v of the grid's steps from its own point a bump is
     * {@code relu(1 - (|u| + |v| + |u - v|) / 2)}: 1 there, 0 at the others, and all of them add up to 1. The absolute values are a first layer of ReLUs
     * that the bumps share, the bumps a second; one layer cannot make a bump in the plane, as a sum of ridges never ends.
     *
     * @param heights of the bumps, (columns + 1, rows + 1): f at the grid's points
     */
    public record Bumps(double[] low, double[] step, double[][] heights) {
        private int columns() { return heights.length - 1; }

        private int rows() { return heights[0].length - 1; }

        /** Two ReLUs for each |x - x_i|, each |y - y_j| and each diagonal. */
        public int firstWidth() { return 2 * (columns() + 1 + rows() + 1 + columns() + rows() + 1); }

        /** A bump for each point of the grid. */
        public int secondWidth() { return (columns() + 1) * (rows() + 1); }

        public int width() { return firstWidth() + secondWidth(); }

        /** Through both layers, unit by unit. */
        public double at(double x, double y) {
            double u = (x - low[0]) / step[0], v = (y - low[1]) / step[1];
            double sum = 0;
            for (int i = 0; i <= columns(); i++)
                for (int j = 0; j <= rows(); j++)
                    sum += heights[i][j] * rectify(1 - (size(u - i) + size(v - j) + size(u - v - (i - j))) / 2);
            return sum;
        }

        private static double size(double z) { return rectify(z) + rectify(-z); }
    }

    /**
     * Bumps that stay within epsilon of an L-Lipschitz f on a rectangle. Between points of the grid they mix the values at the three corners of a
     * triangle, which is off by at most {@code L sqrt(h_x^2 + h_y^2) / 2}; on the unit square {@code L / (sqrt(2) epsilon)} steps a side are enough.
     *
     * @param lipschitz of f for the Euclidean distance
     */
    public static Bumps bumps(DoubleBinaryOperator f, double[] low, double[] high, double lipschitz, double epsilon) {
        if (!(epsilon > 0)) throw new IllegalArgumentException("UniversalApproximation: epsilon is " + epsilon + "; it is above 0");
        var step = new double[2];
        var count = new int[2];
        for (int k = 0; k < 2; k++) {
            interval(low[k], high[k], 1);
            count[k] = (int) Math.max(1, Math.ceil(lipschitz * (high[k] - low[k]) / (Math.sqrt(2) * epsilon)));
            step[k] = (high[k] - low[k]) / count[k];
        }
        var heights = new double[count[0] + 1][count[1] + 1];
        for (int i = 0; i <= count[0]; i++)
            for (int j = 0; j <= count[1]; j++) heights[i][j] = f.applyAsDouble(low[0] + i * step[0], low[1] + j * step[1]);
        return new Bumps(low.clone(), step, heights);
    }

    /**
     * Sup-norm errors of least-squares fits by 1, 2, ... hidden units with random weights, a constant among the outputs: with a polynomial activation
     * of degree p nothing is gained after p units.
     */
    public static double[] widthErrors(DoubleUnaryOperator activation, DoubleUnaryOperator f, double low, double high, int width, Rng rng) {
        interval(low, high, width);
        int grid = 1_001;
        var rest = new double[grid];
        var basis = new double[Math.min(width + 1, grid)][];
        int rank = 0;
        for (int i = 0; i < grid; i++) rest[i] = f.applyAsDouble(low + (high - low) * i / (grid - 1));
        var errors = new double[width];
        for (int unit = 0; unit <= width; unit++) {
            var values = new double[grid];
            double w = 0, b = 1;
            if (unit > 0) { // about as many slopes as the interval shows, with their knees inside it
                w = 20 * rng.nextGaussian() / (high - low);
                b = -w * (low + (high - low) * rng.nextDouble());
            }
            for (int i = 0; i < grid; i++)
                values[i] = unit == 0 ? 1 : activation.applyAsDouble(w * (low + (high - low) * i / (grid - 1)) + b);
            double size = Math.sqrt(dot(values, values));
            for (int again = 0; again < 2; again++) for (int k = 0; k < rank; k++) subtract(values, basis[k]);
            double left = Math.sqrt(dot(values, values));
            if (left > 1e-9 * size && rank < basis.length) { // else it is a mixture of those before
                for (int i = 0; i < grid; i++) values[i] /= left;
                subtract(rest, basis[rank++] = values);
            }
            if (unit > 0) for (double r : rest) errors[unit - 1] = Math.max(errors[unit - 1], Math.abs(r));
        }
        return errors;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static void subtract(double[] values, double[] unit) {
        double along = dot(values, unit);
        for (int i = 0; i < values.length; i++) values[i] -= along * unit[i];
    }

    /**
     * A ReLU network of the same form found by minimising the mean squared error on 201 points by L-BFGS, from random weights: often far behind the
     * one that {@link #relu} writes down.
     */
    public static Network train(DoubleUnaryOperator f, double low, double high, int width, int iterations, Rng rng) {
        interval(low, high, width);
        int grid = 201;
        double[] x = new double[grid], y = new double[grid], start = new double[3 * width + 1];
        for (int i = 0; i < grid; i++) y[i] = f.applyAsDouble(x[i] = low + (high - low) * i / (grid - 1));
        for (int j = 0; j < width; j++) {
            start[j] = rng.nextGaussian();
            start[width + j] = -start[j] * (low + (high - low) * rng.nextDouble());
            start[2 * width + j] = rng.nextGaussian() / Math.sqrt(width);
        }
        Objective loss = (p, gradient) -> {
            Arrays.fill(gradient, 0);
            double sum = 0;
            for (int i = 0; i < grid; i++) {
                double out = p[3 * width];
                for (int j = 0; j < width; j++) out += p[2 * width + j] * rectify(p[j] * x[i] + p[width + j]);
                double error = out - y[i], slope = 2 * error / grid;
                sum += error * error / grid;
                gradient[3 * width] += slope;
                for (int j = 0; j < width; j++) {
                    double z = p[j] * x[i] + p[width + j];
                    if (z <= 0) continue;
                    gradient[2 * width + j] += slope * z;
                    gradient[width + j] += slope * p[2 * width + j];
                    gradient[j] += slope * p[2 * width + j] * x[i];
                }
            }
            return sum;
        };
        double[] p = new Lbfgs().withMaxIterations(iterations).minimize(loss, start).x();
        double[] w = new double[width], b = new double[width], a = new double[width];
        System.arraycopy(p, 0, w, 0, width);
        System.arraycopy(p, width, b, 0, width);
        System.arraycopy(p, 2 * width, a, 0, width);
        return new Network(UniversalApproximation::rectify, w, b, a, p[3 * width]);
    }
}
