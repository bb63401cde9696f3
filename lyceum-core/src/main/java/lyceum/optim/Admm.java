package lyceum.optim;

import java.util.Arrays;
import java.util.List;
import lyceum.linalg.Cholesky;
import lyceum.linalg.dense.Dense;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Alternating direction method of multipliers for {@code min x'Px / 2 + q'x} with {@code A_k x + b_k} in a convex set C_k that can be
 * projected onto: one factorisation, then {@code x = argmin}, {@code z = project(A x + b + y / rho)}, {@code y = y + rho (A x + b - z)}.
 * Many cheap steps to moderate accuracy, where {@link InteriorPoint} has no barrier.
 *
 * @param penalty rho
 * @param tolerance converged when neither {@code A x + b - z} nor {@code P x + q + A'y} has a larger entry than this
 * @param maxIterations steps before it gives up
 * @see <a href="https://doi.org/10.1561/2200000016">Boyd, Parikh, Chu, Peleato and Eckstein (2011)</a>
 */
@Withers
public record Admm(double penalty, double tolerance, int maxIterations) implements AdmmWithers {
    /** Keeps x where P and A leave it free. */
    private static final double ANCHOR = 1e-6;

    public Admm {
        Settings.above("Admm", "penalty", penalty, 0);
        Settings.above("Admm", "tolerance", tolerance, 0);
        Settings.atLeast("Admm", "maxIterations", maxIterations, 1);
    }

    /** Penalty 1, tolerance 1e-9, 20,000 steps. */
    public Admm() { this(1, 1e-9, 20_000); }

    /** {@code a x + b} lies in {@code set}. */
    public record Block(double[][] a, double[] b, ProximalSet set) {}

    /** The minimum; the multipliers of all blocks, one after the other, are in {@link Optimum#nu}, with {@code P x + q + A'nu = 0}. */
    public Optimum minimize(double[][] p, double[] q, List<Block> blocks) { return minimize(p, q, blocks, Progress.SILENT); }

    /** The same, telling {@code progress} the largest residual after each step. */
    public Optimum minimize(double[][] p, double[] q, List<Block> blocks, Progress progress) {
        int n = q.length;
        double[][] a = blocks.stream().flatMap(block -> Arrays.stream(block.a)).toArray(double[][]::new);
        double[] b = blocks.stream().flatMapToDouble(block -> Arrays.stream(block.b)).toArray(), x = new double[n],
                y = new double[b.length];
        var z = project(blocks, b);
        var matrix = Dense.copy(p);
        for (int i = 0; i < n; i++) {
            matrix[i][i] += ANCHOR;
            for (var row : a) Vectors.addScaled(matrix[i], penalty * row[i], row);
        }
        var factors = Cholesky.of(Tensor.of(matrix));
        for (int step = 1; step <= maxIterations; step++) {
            var pull = new double[b.length];
            for (int i = 0; i < b.length; i++) pull[i] = penalty * (z[i] - b[i]) - y[i];
            var right = Dense.transposeTimes(a, pull, n);
            for (int i = 0; i < n; i++) right[i] += ANCHOR * x[i] - q[i];
            x = factors.solve(Tensor.of(right)).toDoubleArray();
            var image = Dense.times(a, x);
            Vectors.addScaled(image, 1, b);
            var lifted = image.clone();
            Vectors.addScaled(lifted, 1 / penalty, y);
            z = project(blocks, lifted);
            double apart = 0;
            for (int i = 0; i < b.length; i++) {
                apart = Math.max(apart, Math.abs(image[i] - z[i]));
                y[i] += penalty * (image[i] - z[i]);
            }
            var stationarity = Dense.transposeTimes(a, y, n);
            Vectors.addScaled(stationarity, 1, Dense.times(p, x));
            Vectors.addScaled(stationarity, 1, q);
            var residuals = new Kkt.Residuals(Vectors.largest(stationarity), apart, 0, 0); // y lies in the normal cone at z by its making
            progress.step("alternating directions", step, maxIterations, "residual", residuals.largest());
            boolean done = residuals.largest() <= tolerance;
            if (done || step == maxIterations) return new Optimum(x, Vectors.dot(x, Dense.times(p, x)) / 2 + Vectors.dot(q, x), y,
                    new double[0], residuals, step, done ? StopReason.OPTIMAL : StopReason.ITERATIONS);
        }
        throw new AssertionError("unreachable: maxIterations is at least 1");
    }

    private static double[] project(List<Block> blocks, double[] all) {
        var projected = new double[all.length];
        int at = 0;
        for (var block : blocks) {
            int size = block.b.length;
            System.arraycopy(block.set.project(Arrays.copyOfRange(all, at, at + size)), 0, projected, at, size);
            at += size;
        }
        return projected;
    }
}
