package lyceum.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.random.Rng;

/**
 * A kernel {@code f(s)} of the scaled squared distance {@code s = sum_j (x_j - z_j)^2 / l_j^2}. One length scale l serves all columns;
 * one for each ("automatic relevance determination") learns which columns matter. Parameters: the length scales, then the kernel's own.
 */
public sealed interface Stationary extends ShiftInvariant permits Rbf, Matern, RationalQuadratic {
    /** One for all columns, or one for each. */
    List<Double> lengthScales();

    /** {@code f(s)}. */
    double value(double s);

    /** {@code f'(s)}; at 0, where a kernel with a kink has none, 0. */
    double slope(double s);

    private double scale(int j) { return lengthScales().size() == 1 ? lengthScales().getFirst() : lengthScales().get(j); }

    private void check(int p) {
        int count = lengthScales().size();
        if (count != 1 && count != p) throw new ShapeException(getClass().getSimpleName() + ": " + count + " length scales for points of "
                + p + " columns; give one, or one for each column");
    }

    /** The scaled squared distance s of two points. */
    default double squared(double[] x, double[] z) {
        check(x.length);
        double sum = 0;
        for (int j = 0; j < x.length; j++) {
            double d = (x[j] - z[j]) / scale(j);
            sum += d * d;
        }
        return sum;
    }

    @Override default double of(double[] x, double[] z) { return value(squared(x, z)); }

    private double[][] scaled(double[][] rows) {
        if (rows.length == 0) return rows;
        check(rows[0].length);
        var out = new double[rows.length][rows[0].length];
        for (int j = 0; j < rows[0].length; j++) {
            double l = scale(j);
            for (int i = 0; i < out.length; i++) out[i][j] = rows[i][j] / l;
        }
        return out;
    }

    @Override default double[][] matrix(double[][] x, double[][] z) {
        boolean same = x == z;
        double[][] a = scaled(x), s = SquaredDistances.of(a, same ? a : scaled(z));
        Parallel.range(s.length, 8, (same ? 5.0 : 10.0) * z.length, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                double[] row = s[i];
                for (int j = 0, end = same ? i + 1 : row.length; j < end; j++) row[j] = value(row[j]);
            }
        });
        return same ? KernelParameters.mirrored(s) : s;
    }

    @Override default KernelRows against(double[][] z) {
        var points = new PointColumns(scaled(z));
        return (x, into) -> points.distances(scaled(new double[][] {x})[0], this::value, into);
    }

    @Override default double[] diagonal(double[][] x) {
        var one = new double[x.length];
        Arrays.fill(one, 1);
        return one;
    }

    @Override default void addGradient(double[] x, double[] z, double weight, double[] into) {
        double factor = 2 * weight * slope(squared(x, z));
        for (int j = 0; j < x.length; j++) into[j] += factor * (x[j] - z[j]) / (scale(j) * scale(j));
    }

    /** {@code ds / d log l_j = -2 (x_j - z_j)^2 / l_j^2}. */
    @Override default void addParameterGradient(double[] x, double[] z, double weight, double[] into, int at) {
        double s = squared(x, z), factor = -2 * weight * slope(s);
        if (lengthScales().size() == 1) {
            into[at] += factor * s;
            return;
        }
        for (int j = 0; j < x.length; j++) {
            double d = (x[j] - z[j]) / scale(j);
            into[at + j] += factor * d * d;
        }
    }

    @Override default double[] parameters() { return lengthScales().stream().mapToDouble(Math::log).toArray(); }

    /** Length scales from the first of these logarithms. */
    static List<Double> exponentials(double[] logs, int count) {
        var scales = new ArrayList<Double>(count);
        for (int j = 0; j < count; j++) scales.add(Math.exp(logs[j]));
        return scales;
    }

    /** A normal frequency of variance {@code 1 / (l_j^2 mixing)}: these kernels are mixtures of RBF kernels. */
    private double[] normal(Rng rng, int p, double mixing) {
        check(p);
        var omega = new double[p];
        for (int j = 0; j < p; j++) omega[j] = rng.nextGaussian() / (scale(j) * Math.sqrt(mixing));
        return omega;
    }

    @Override default double[] frequency(Rng rng, int p) { return normal(rng, p, mixing(rng)); }

    /** Draws v such that the kernel is {@code E exp(-s / (2 v))}. */
    double mixing(Rng rng);
}
