package lyceum.optim;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.linalg.Ldl;
import lyceum.linalg.dense.Dense;
import lyceum.tensor.Tensor;

/**
 * Minimise {@code x'Px / 2 + q'x} with {@code A x = b} and {@code G x <= h}. P is symmetric and positive semidefinite; with P = 0 it is a
 * linear program. Solved by {@link InteriorPoint}, or {@link #direct} where there are equalities alone.
 *
 * {@snippet :
 * var program = QuadraticProgram.of(p, q).withEqualities(a, b).withInequalities(g, h);
 * var optimum = new InteriorPoint().minimize(program);
 * double gap = optimum.value() - program.dualValue(optimum.nu(), optimum.lambda());
 * }
 *
 * @param p {@code (n, n)}
 * @param q {@code (n)}
 * @param a {@code (k, n)}
 * @param b {@code (k)}
 * @param g {@code (m, n)}
 * @param h {@code (m)}
 * @see "Boyd and Vandenberghe (2004), Convex Optimization, section 4.4"
 */
public record QuadraticProgram(double[][] p, double[] q, double[][] a, double[] b, double[][] g, double[] h) {
    public QuadraticProgram {
        check("P", p, q.length, q.length);
        check("A", a, b.length, q.length);
        check("G", g, h.length, q.length);
        for (int i = 0; i < p.length; i++) {
            for (int j = 0; j < i; j++) {
                if (Math.abs(p[i][j] - p[j][i]) > 1e-12 * Math.max(1, Math.abs(p[i][j])))
                    throw new IllegalArgumentException("QuadraticProgram: P[" + i + "][" + j + "] is " + p[i][j] + " and P[" + j + "][" + i
                            + "] is " + p[j][i] + "; P is symmetric");
            }
        }
    }

    private static void check(String name, double[][] matrix, int rows, int n) {
        boolean fits = matrix.length == rows;
        for (var row : matrix) fits &= row.length == n;
        if (!fits) throw new ShapeException("QuadraticProgram: " + name + " is not (" + rows + ", " + n + ")");
    }

    /** Without constraints. */
    public static QuadraticProgram of(double[][] p, double[] q) {
        return new QuadraticProgram(p, q, new double[0][], new double[0], new double[0][], new double[0]);
    }

    /** A linear objective. */
    public static QuadraticProgram linear(double... q) { return of(new double[q.length][q.length], q); }

    public QuadraticProgram withEqualities(double[][] a, double[] b) { return new QuadraticProgram(p, q, a, b, g, h); }

    public QuadraticProgram withInequalities(double[][] g, double[] h) { return new QuadraticProgram(p, q, a, b, g, h); }

    /** The objective at x. */
    public double value(double[] x) { return Vectors.dot(x, Dense.times(p, x)) / 2 + Vectors.dot(q, x); }

    /** What is left of the conditions of optimality. */
    public Kkt.Residuals residuals(double[] x, double[] nu, double[] lambda) {
        var stationarity = stationarity(nu, lambda);
        Vectors.addScaled(stationarity, 1, Dense.times(p, x));
        double[] equal = Dense.times(a, x), below = Dense.times(g, x);
        Vectors.addScaled(equal, -1, b);
        Vectors.addScaled(below, -1, h);
        return Kkt.residuals(stationarity, equal, below, lambda);
    }

    /** {@code q + A'nu + G'lambda}. */
    private double[] stationarity(double[] nu, double[] lambda) {
        var sum = push(nu, lambda);
        Vectors.addScaled(sum, 1, q);
        return sum;
    }

    /** {@code A'nu + G'lambda}. */
    private double[] push(double[] nu, double[] lambda) {
        var sum = Dense.transposeTimes(a, nu, q.length);
        Vectors.addScaled(sum, 1, Dense.transposeTimes(g, lambda, q.length));
        return sum;
    }

    /**
     * Lagrange's dual function, {@code -r'P^+ r / 2 - b'nu - h'lambda} with {@code r = q + A'nu + G'lambda}: for {@code lambda >= 0} a
     * lower bound of the objective at every feasible point. Negative infinity where r has a part outside P's range (beyond 1e-7 of its
     * length, which rounding explains).
     */
    public double dualValue(double[] nu, double[] lambda) {
        var r = stationarity(nu, lambda);
        double linear = -Vectors.dot(b, nu) - Vectors.dot(h, lambda), quadratic = 0;
        var pairs = Eigen.symmetric(Tensor.of(p));
        double[] values = pairs.values().toDoubleArray(), parts = pairs.vectors().transpose().matmul(Tensor.of(r)).toDoubleArray();
        double scale = 1e-7 * Math.max(1, Math.max(Vectors.norm(q), Vectors.norm(r))), flat = 1e-12 * Vectors.largest(values);
        for (int i = 0; i < values.length; i++) {
            if (values[i] > flat) quadratic += parts[i] * parts[i] / values[i];
            else if (values[i] < -flat || Math.abs(parts[i]) > scale) return Double.NEGATIVE_INFINITY;
        }
        return linear - quadratic / 2;
    }

    /**
     * The dual as a program of its own, in Dorn's form: minimise {@code w'Pw / 2 + b'nu + h'lambda} over (w, nu, lambda) with
     * {@code P w + A'nu + G'lambda = -q}, {@code lambda >= 0}. Its optimum is minus this one's.
     */
    public QuadraticProgram dual() {
        int n = q.length, k = b.length, m = h.length, size = n + k + m;
        double[][] quadratic = new double[size][size], equal = new double[n][size], signs = new double[m][size];
        double[] linear = new double[size], right = new double[n];
        for (int i = 0; i < n; i++) {
            System.arraycopy(p[i], 0, quadratic[i], 0, n);
            System.arraycopy(p[i], 0, equal[i], 0, n);
            for (int j = 0; j < k; j++) equal[i][n + j] = a[j][i];
            for (int j = 0; j < m; j++) equal[i][n + k + j] = g[j][i];
            right[i] = -q[i];
        }
        System.arraycopy(b, 0, linear, n, k);
        System.arraycopy(h, 0, linear, n + k, m);
        for (int j = 0; j < m; j++) signs[j][n + k + j] = -1;
        return of(quadratic, linear).withEqualities(equal, right).withInequalities(signs, new double[m]);
    }

    /**
     * The stationary point under equalities alone and its multipliers, from one factorisation of {@code [P A'; A 0]} and a step of
     * refinement.
     *
     * @throws IllegalStateException if there are inequalities
     * @throws lyceum.linalg.SingularMatrixException if the rows of A are dependent, or P is flat along them
     */
    public Optimum direct() {
        if (h.length > 0)
            throw new IllegalStateException("QuadraticProgram.direct: there are " + h.length + " inequalities; use InteriorPoint");
        int n = q.length, k = b.length;
        var matrix = new double[n + k][n + k];
        var right = new double[n + k];
        for (int i = 0; i < n; i++) {
            System.arraycopy(p[i], 0, matrix[i], 0, n);
            right[i] = -q[i];
        }
        for (int j = 0; j < k; j++) {
            for (int i = 0; i < n; i++) matrix[n + j][i] = matrix[i][n + j] = a[j][i];
            right[n + j] = b[j];
        }
        var factors = Ldl.of(Tensor.of(matrix));
        var found = factors.solve(Tensor.of(right)).toDoubleArray();
        Vectors.addScaled(right, -1, Dense.times(matrix, found));
        Vectors.addScaled(found, 1, factors.solve(Tensor.of(right)).toDoubleArray());
        double[] x = Arrays.copyOf(found, n), nu = Arrays.copyOfRange(found, n, n + k);
        return new Optimum(x, value(x), nu, new double[0], residuals(x, nu, new double[0]), 1, StopReason.OPTIMAL);
    }

    /**
     * Whether these multipliers prove that no point is feasible: {@code A'nu + G'lambda = 0} and {@code lambda >= 0}, but {@code b'nu +
     * h'lambda < 0} (Farkas). Within {@code tolerance} times that last number's size.
     */
    public boolean provesInfeasible(double[] nu, double[] lambda, double tolerance) {
        double strength = -Vectors.dot(b, nu) - Vectors.dot(h, lambda);
        boolean signs = Arrays.stream(lambda).allMatch(value -> value >= 0);
        // Below this the strength is rounding of its own terms.
        double rounding = 1e-12 * (Vectors.norm(b) * Vectors.norm(nu) + Vectors.norm(h) * Vectors.norm(lambda));
        return strength > rounding && signs && Vectors.largest(push(nu, lambda)) <= tolerance * strength;
    }

    /**
     * Whether the objective falls for ever along this ray from any feasible point: {@code P d = 0, A d = 0, G d <= 0, q'd < 0}, within
     * {@code tolerance} times the last number's size.
     */
    public boolean provesUnbounded(double[] ray, double tolerance) {
        double strength = -Vectors.dot(q, ray), most = Math.max(Vectors.largest(Dense.times(p, ray)), Vectors.largest(Dense.times(a, ray)));
        for (var row : g) most = Math.max(most, Vectors.dot(row, ray));
        return strength > 1e-12 * Vectors.norm(q) * Vectors.norm(ray) && most <= tolerance * strength;
    }
}
