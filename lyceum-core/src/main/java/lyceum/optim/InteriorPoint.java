package lyceum.optim;

import java.util.Arrays;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Ldl;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.linalg.dense.Dense;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Primal-dual interior point with Mehrotra's predictor and corrector for dense convex {@link QuadraticProgram}s: some ten to twenty Newton
 * steps on the conditions of optimality with {@code lambda_i s_i = mu}, mu falling to 0.
 *
 * {@snippet :
 * var optimum = new InteriorPoint().minimize(program);
 * switch (optimum.stop()) {
 *     case OPTIMAL -> use(optimum.x());
 *     case INFEASIBLE -> explain(optimum.lambda());       // QuadraticProgram.provesInfeasible
 *     case UNBOUNDED -> explain(optimum.x());             // QuadraticProgram.provesUnbounded
 *     default -> log.warning(optimum.toString());
 * }
 * }
 *
 * <p>A step costs one factorisation of a matrix of {@code n + k + m} rows. Where the iteration finds no optimum, two linear programs look
 * for the certificate of infeasibility or of unboundedness, and only a certificate that was verified is reported.
 *
 * @param tolerance optimal when the largest of {@link Kkt.Residuals} and the gap {@code s'lambda} are at most this, times the largest
 *     coefficient where that is above 1 in q, b and h
 * @param maxIterations Newton steps before it gives up
 * @see <a href="https://doi.org/10.1137/0802028">Mehrotra (1992)</a>
 */
@Withers
public record InteriorPoint(double tolerance, int maxIterations) implements InteriorPointWithers {
    private static final double CERTIFIED = 1e-6, REGULAR = 1e-11, BEFORE_THE_WALL = 0.99;

    public InteriorPoint {
        Settings.above("InteriorPoint", "tolerance", tolerance, 0);
        Settings.atLeast("InteriorPoint", "maxIterations", maxIterations, 1);
    }

    /** Tolerance 1e-9, 100 steps. */
    public InteriorPoint() { this(1e-9, 100); }

    /**
     * The optimum, or a certificate that there is none: in the multipliers for INFEASIBLE, in x for UNBOUNDED.
     *
     * @throws IllegalArgumentException if P is not positive semidefinite
     */
    public Optimum minimize(QuadraticProgram program) { return minimize(program, Progress.SILENT); }

    /** The same, telling {@code progress} the largest residual before each step. */
    public Optimum minimize(QuadraticProgram program, Progress progress) {
        requireConvex(program.p());
        var found = new Run(program).minimize(progress);
        if (found.converged()) return found;
        double[] none = new double[program.q().length];
        var farkas = certificate(program);
        double[] nu = Arrays.copyOf(farkas, program.b().length), lambda = Arrays.copyOfRange(farkas, nu.length, farkas.length);
        for (int i = 0; i < lambda.length; i++) lambda[i] = Math.max(0, lambda[i]);
        if (program.provesInfeasible(nu, lambda, CERTIFIED)) return new Optimum(none, Double.POSITIVE_INFINITY, nu, lambda,
                program.residuals(none, nu, lambda), found.iterations(), StopReason.INFEASIBLE);
        var ray = ray(program);
        if (program.provesUnbounded(ray, CERTIFIED) && isFeasible(program))
            return new Optimum(ray, Double.NEGATIVE_INFINITY, new double[nu.length], new double[lambda.length],
                    program.residuals(ray, new double[nu.length], new double[lambda.length]), found.iterations(), StopReason.UNBOUNDED);
        return found;
    }

    private static void requireConvex(double[][] p) {
        double size = 0;
        for (var row : p) size = Math.max(size, Vectors.largest(row));
        if (size == 0) return;
        var lifted = Dense.copy(p);
        for (int i = 0; i < p.length; i++) lifted[i][i] += 1e-9 * size * p.length; // what rounding may take from an eigenvalue of 0
        try {
            Cholesky.of(Tensor.of(lifted));
        } catch (NotPositiveDefiniteException e) {
            throw new IllegalArgumentException(
                    "InteriorPoint: P is not positive semidefinite, so the program is not convex; AugmentedLagrangian finds a local minimum",
                    e);
        }
    }

    /** {@code min b'nu + h'lambda} with {@code A'nu + G'lambda = 0} in a box: below 0 exactly where the program is infeasible. */
    private double[] certificate(QuadraticProgram program) {
        int n = program.q().length, k = program.b().length, m = program.h().length;
        var equal = new double[n][k + m];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < k; j++) equal[i][j] = program.a()[j][i];
            for (int j = 0; j < m; j++) equal[i][k + j] = program.g()[j][i];
        }
        var cost = Arrays.copyOf(program.b(), k + m);
        System.arraycopy(program.h(), 0, cost, k, m);
        var low = new double[k + m];
        Arrays.fill(low, 0, k, -1);
        return new Run(boxed(QuadraticProgram.linear(cost).withEqualities(equal, new double[n]), low)).minimize(Progress.SILENT).x();
    }

    /** {@code min q'd} with {@code P d = 0, A d = 0, G d <= 0} in a box: below 0 exactly where a feasible program is unbounded. */
    private double[] ray(QuadraticProgram program) {
        int n = program.q().length;
        double[][] equal = new double[n + program.b().length][];
        System.arraycopy(program.p(), 0, equal, 0, n);
        System.arraycopy(program.a(), 0, equal, n, program.b().length);
        var low = new double[n];
        Arrays.fill(low, -1);
        return new Run(boxed(QuadraticProgram.linear(program.q()).withEqualities(equal, new double[equal.length])
                .withInequalities(program.g(), new double[program.h().length]), low)).minimize(Progress.SILENT).x();
    }

    private boolean isFeasible(QuadraticProgram program) {
        int n = program.q().length;
        var found = new Run(QuadraticProgram.of(Dense.identity(n, n), new double[n]).withEqualities(program.a(), program.b())
                .withInequalities(program.g(), program.h())).minimize(Progress.SILENT);
        return found.converged();
    }

    /** The same with {@code low <= x <= 1}. */
    private static QuadraticProgram boxed(QuadraticProgram program, double[] low) {
        int n = low.length, m = program.h().length;
        double[][] g = Arrays.copyOf(program.g(), m + 2 * n);
        double[] h = Arrays.copyOf(program.h(), m + 2 * n);
        for (int i = 0; i < n; i++) {
            (g[m + i] = new double[n])[i] = 1;
            h[m + i] = 1;
            (g[m + n + i] = new double[n])[i] = -1;
            h[m + n + i] = -low[i];
        }
        return program.withInequalities(g, h);
    }

    private final class Run {
        private final QuadraticProgram program;
        private final int n, k, m;
        private final double within;
        private double[] x, nu, lambda, s;
        private double[][] matrix;
        private Ldl factors;

        Run(QuadraticProgram program) {
            this.program = program;
            n = program.q().length;
            k = program.b().length;
            m = program.h().length;
            double scale = Math.max(Vectors.largest(program.q()), Math.max(Vectors.largest(program.b()), Vectors.largest(program.h())));
            within = tolerance * Math.max(1, scale);
        }

        Optimum minimize(Progress progress) {
            if (!start()) return optimum(0, StopReason.ITERATIONS);
            for (int iteration = 0; iteration < maxIterations; iteration++) {
                double residual = program.residuals(x, nu, lambda).largest();
                progress.step("interior point", iteration, maxIterations, "residual", residual);
                if (residual <= within && Vectors.dot(s, lambda) <= within) return optimum(iteration, StopReason.OPTIMAL);
                if (!(Vectors.largest(x) + Vectors.largest(lambda) + Vectors.largest(nu) < 1e12))
                    return optimum(iteration, StopReason.DIVERGED);
                if (!step()) return optimum(iteration, StopReason.ITERATIONS);
            }
            return optimum(maxIterations, StopReason.ITERATIONS);
        }

        private Optimum optimum(int iterations, StopReason stop) {
            return new Optimum(x, program.value(x), nu, lambda, program.residuals(x, nu, lambda), iterations, stop);
        }

        /** The minimum of the objective plus {@code |G x - h|^2 / 2}, with slacks and multipliers shifted until they are positive. */
        private boolean start() {
            x = new double[n];
            nu = new double[k];
            s = new double[m];
            lambda = new double[m];
            Arrays.fill(s, 1);
            Arrays.fill(lambda, 1);
            if (!factor()) return false;
            var right = new double[n + k + m];
            for (int i = 0; i < n; i++) right[i] = -program.q()[i];
            System.arraycopy(program.b(), 0, right, n, k);
            System.arraycopy(program.h(), 0, right, n + k, m);
            var found = solve(right);
            x = Arrays.copyOf(found, n);
            nu = Arrays.copyOfRange(found, n, n + k);
            lambda = Arrays.copyOfRange(found, n + k, n + k + m);
            for (int i = 0; i < m; i++) s[i] = -lambda[i];
            shift(s);
            shift(lambda);
            return Double.isFinite(Vectors.largest(found));
        }

        private static void shift(double[] positive) {
            double least = Arrays.stream(positive).min().orElse(1);
            if (least < 1e-3 * Math.max(1, Vectors.largest(positive)))
                for (int i = 0; i < positive.length; i++) positive[i] += 1 - Math.min(least, 0);
        }

        private boolean step() {
            if (!factor()) return false;
            double[] dual = Dense.times(program.p(), x), equal = Dense.times(program.a(), x), below = Dense.times(program.g(), x),
                    product = new double[m];
            Vectors.addScaled(dual, 1, program.q());
            Vectors.addScaled(dual, 1, Dense.transposeTimes(program.a(), nu, n));
            Vectors.addScaled(dual, 1, Dense.transposeTimes(program.g(), lambda, n));
            Vectors.addScaled(equal, -1, program.b());
            for (int i = 0; i < m; i++) {
                below[i] += s[i] - program.h()[i];
                product[i] = s[i] * lambda[i];
            }
            double mu = m == 0 ? 0 : Vectors.dot(s, lambda) / m;
            var affine = direction(dual, equal, below, product);
            double reach = Math.min(longest(s, affine.s), longest(lambda, affine.lambda)), left = 0;
            for (int i = 0; i < m; i++) left += (s[i] + reach * affine.s[i]) * (lambda[i] + reach * affine.lambda[i]);
            double centring = m == 0 ? 0 : Math.pow(left / m / mu, 3);
            for (int i = 0; i < m; i++) product[i] += affine.s[i] * affine.lambda[i] - centring * mu;
            var next = direction(dual, equal, below, product);
            double length = Math.min(1, BEFORE_THE_WALL * Math.min(longest(s, next.s), longest(lambda, next.lambda)));
            if (!(length > 1e-10)) return false;
            Vectors.addScaled(x, length, next.x);
            Vectors.addScaled(nu, length, next.nu);
            Vectors.addScaled(lambda, length, next.lambda);
            Vectors.addScaled(s, length, next.s);
            return true;
        }

        private record Direction(double[] x, double[] nu, double[] lambda, double[] s) {}

        /**
         * Newton's direction for {@code P x + q + A'nu + G'lambda, A x - b, G x + s - h, s lambda - target}, given what they leave over now.
         */
        private Direction direction(double[] dual, double[] equal, double[] below, double[] product) {
            var right = new double[n + k + m];
            for (int i = 0; i < n; i++) right[i] = -dual[i];
            for (int i = 0; i < k; i++) right[n + i] = -equal[i];
            for (int i = 0; i < m; i++) right[n + k + i] = -below[i] + product[i] / lambda[i];
            var d = solve(right);
            double[] dLambda = Arrays.copyOfRange(d, n + k, n + k + m), ds = new double[m];
            for (int i = 0; i < m; i++) ds[i] = -(product[i] + s[i] * dLambda[i]) / lambda[i];
            return new Direction(Arrays.copyOf(d, n), Arrays.copyOfRange(d, n, n + k), dLambda, ds);
        }

        /**
         * {@code [P A' G'; A 0 0; G 0 -S/Lambda]}, with a grain on its diagonal so that dependent rows do no harm; refinement takes it out
         * again.
         */
        private boolean factor() {
            int size = n + k + m;
            matrix = new double[size][size];
            for (int i = 0; i < n; i++) System.arraycopy(program.p()[i], 0, matrix[i], 0, n);
            for (int j = 0; j < k + m; j++) {
                double[] row = j < k ? program.a()[j] : program.g()[j - k];
                for (int i = 0; i < n; i++) matrix[n + j][i] = matrix[i][n + j] = row[i];
            }
            for (int i = 0; i < m; i++) matrix[n + k + i][n + k + i] = -s[i] / lambda[i];
            var grained = Dense.copy(matrix);
            for (int i = 0; i < size; i++) grained[i][i] += i < n ? REGULAR : -REGULAR;
            try {
                factors = Ldl.of(Tensor.of(grained));
                return true;
            } catch (IllegalArgumentException notFinite) {
                return false;
            }
        }

        private double[] solve(double[] right) {
            try {
                var found = factors.solve(Tensor.of(right)).toDoubleArray();
                for (int refinement = 0; refinement < 3; refinement++) {
                    var rest = right.clone();
                    Vectors.addScaled(rest, -1, Dense.times(matrix, found));
                    var better = found.clone();
                    Vectors.addScaled(better, 1, factors.solve(Tensor.of(rest)).toDoubleArray());
                    var left = right.clone();
                    Vectors.addScaled(left, -1, Dense.times(matrix, better));
                    if (!(Vectors.largest(left) < Vectors.largest(rest))) break;
                    found = better;
                }
                return found;
            } catch (IllegalArgumentException broken) {
                var none = new double[right.length];
                Arrays.fill(none, Double.NaN);
                return none;
            }
        }

        /** The longest step along {@code d} that keeps {@code v} from falling below 0. */
        private static double longest(double[] v, double[] d) {
            double most = 1 / BEFORE_THE_WALL;
            for (int i = 0; i < v.length; i++) {
                if (Double.isNaN(d[i])) return Double.NaN;
                if (d[i] < 0) most = Math.min(most, -v[i] / d[i]);
            }
            return most;
        }
    }
}
