package lyceum.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import lyceum.linalg.Eigen;
import lyceum.linalg.LeastSquares;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.linalg.dense.Dense;
import lyceum.tensor.Tensor;

/**
 * The conditions of Karush, Kuhn and Tucker: what they leave over at a point, the multipliers that fit it best, whether they suffice, and
 * Lagrange's dual.
 *
 * {@snippet :
 * var multipliers = Kkt.multipliers(program, x, 1e-6);
 * var residuals = Kkt.residuals(program, x, multipliers.nu(), multipliers.lambda());
 * var kind = Kkt.classify(program, x, 1e-6);                      // a minimum, a maximum, a saddle?
 * double bound = Kkt.dualValue(program, nu, lambda, x);           // a lower bound of the optimum where lambda >= 0
 * }
 *
 * @see "Kuhn and Tucker (1951), Nonlinear Programming, Second Berkeley Symposium"
 * @see "Nocedal and Wright (2006), Numerical Optimization, chapter 12"
 */
public final class Kkt {
    private Kkt() {}

    /**
     * Largest absolute violations; all are 0 at a point that satisfies the conditions.
     *
     * @param stationarity of {@code grad f + sum nu_j grad h_j + sum lambda_i grad g_i = 0}
     * @param feasibility of {@code h = 0} and {@code g <= 0}
     * @param sign of {@code lambda >= 0}
     * @param complementarity of {@code lambda_i g_i = 0}
     */
    public record Residuals(double stationarity, double feasibility, double sign, double complementarity) {

        public double largest() { return Math.max(Math.max(stationarity, feasibility), Math.max(sign, complementarity)); }

        @Override public String toString() {
            return String.format(Locale.ROOT, "stationarity %.2g, feasibility %.2g, sign %.2g, complementarity %.2g", stationarity,
                    feasibility, sign, complementarity);
        }
    }

    /** Multipliers of equalities and of inequalities; those of inactive ones are 0. */
    public record Multipliers(double[] nu, double[] lambda) {}

    /** What the conditions of first and second order say about a point. */
    public enum Kind {
        /** The first-order conditions do not hold. */
        NOT_STATIONARY,
        /** They hold, and the Lagrangian curves up along every direction that the active constraints leave: a strict local minimum. */
        LOCAL_MINIMUM,
        /** They hold, but the Lagrangian curves down along such a direction: no minimum. The conditions are necessary only. */
        NECESSARY_ONLY,
        /** They hold, and some direction is flat to second order, or an active multiplier is 0: undecided. */
        UNDECIDED
    }

    /** What is left over of the conditions at x with these multipliers. */
    public static Residuals residuals(NonlinearProgram program, double[] x, double[] nu, double[] lambda) {
        var gradient = new double[x.length];
        program.lagrangian(nu, lambda).at(x, gradient);
        double[] h = NonlinearProgram.values(program.equalities(), x), g = NonlinearProgram.values(program.inequalities(), x);
        return residuals(gradient, h, g, lambda);
    }

    static Residuals residuals(double[] gradient, double[] h, double[] g, double[] lambda) {
        double feasibility = Vectors.largest(h), sign = 0, complementarity = 0;
        for (int i = 0; i < g.length; i++) {
            feasibility = Math.max(feasibility, g[i]);
            sign = Math.max(sign, -lambda[i]);
            complementarity = Math.max(complementarity, Math.abs(lambda[i] * g[i]));
        }
        return new Residuals(Vectors.largest(gradient), feasibility, sign, complementarity);
    }

    /**
     * The multipliers that make the Lagrangian's gradient shortest, by least squares over equalities and inequalities with {@code g_i >=
     * -active}. A negative one among lambda says that the point would rather leave that constraint. Where gradients are dependent many
     * multipliers fit equally well, and the fit is made without negative ones in lambda.
     */
    public static Multipliers multipliers(NonlinearProgram program, double[] x, double active) {
        var at = active(program, x, active);
        var gradient = new double[x.length];
        program.f().at(x, gradient);
        double[] nu = new double[program.equalities().size()], lambda = new double[program.inequalities().size()];
        if (at.gradients.length == 0) return new Multipliers(nu, lambda);
        var fit = LeastSquares.solve(Tensor.of(at.gradients).transpose(), Tensor.of(gradient).neg()).coefficients().toDoubleArray();
        boolean negative = Arrays.stream(fit, nu.length, fit.length).anyMatch(v -> v < 0);
        if (negative && !independent(at.gradients)) fit = withoutNegative(at.gradients, gradient, nu.length);
        System.arraycopy(fit, 0, nu, 0, nu.length);
        for (int k = 0; k < at.inequalities.length; k++) lambda[at.inequalities[k]] = fit[nu.length + k];
        return new Multipliers(nu, lambda);
    }

    /** {@code min |J'm + grad f|^2 / 2} over m with {@code m_i >= 0} from {@code first} on, J of the gradients as rows. */
    private static double[] withoutNegative(double[][] gradients, double[] gradient, int first) {
        int k = gradients.length;
        double[][] gram = new double[k][k], signs = new double[k - first][k];
        for (int i = 0; i < k; i++) for (int j = 0; j < k; j++) gram[i][j] = Vectors.dot(gradients[i], gradients[j]);
        for (int i = first; i < k; i++) signs[i - first][i] = -1;
        var program = QuadraticProgram.of(gram, Dense.times(gradients, gradient)).withInequalities(signs, new double[k - first]);
        return new InteriorPoint().withTolerance(1e-12).minimize(program).x();
    }

    private record Active(double[][] gradients, int[] inequalities) {}

    private static Active active(NonlinearProgram program, double[] x, double within) {
        double[] g = NonlinearProgram.values(program.inequalities(), x);
        var active = new ArrayList<Integer>();
        for (int i = 0; i < g.length; i++) if (g[i] >= -within) active.add(i);
        var inequalities = active.stream().map(program.inequalities()::get).toList();
        var rows = Stream.concat(Arrays.stream(NonlinearProgram.gradients(program.equalities(), x)),
                Arrays.stream(NonlinearProgram.gradients(inequalities, x))).toArray(double[][]::new);
        return new Active(rows, active.stream().mapToInt(i -> i).toArray());
    }

    /**
     * What the conditions say about x, with multipliers by least squares. The second order looks at the Hessian of the Lagrangian on the
     * directions orthogonal to all active gradients, which has the signs of the bordered Hessian; it is differenced from gradients.
     *
     * @param tolerance of the first-order conditions, of activity and, relative to the largest curvature, of zero curvature
     */
    public static Kind classify(NonlinearProgram program, double[] x, double tolerance) {
        var multipliers = multipliers(program, x, tolerance);
        if (!(residuals(program, x, multipliers.nu, multipliers.lambda).largest() <= tolerance)) return Kind.NOT_STATIONARY;
        var active = active(program, x, tolerance);
        double[] curvatures = curvatures(program.lagrangian(multipliers.nu, multipliers.lambda), x, active.gradients);
        double largest = Math.max(1, Vectors.largest(curvatures)), least = Arrays.stream(curvatures).min().orElse(1);
        // A direction along which every active inequality stays as it is belongs to the critical cone whatever its multiplier.
        if (least < -tolerance * largest) return Kind.NECESSARY_ONLY;
        boolean strict = Arrays.stream(active.inequalities).allMatch(i -> multipliers.lambda[i] > tolerance);
        return strict && least > tolerance * largest ? Kind.LOCAL_MINIMUM : Kind.UNDECIDED;
    }

    /** Eigenvalues, rising, of a function's Hessian on the space orthogonal to these gradients. */
    private static double[] curvatures(Objective f, double[] x, double[][] gradients) {
        int n = x.length;
        var hessian = Tensor.of(hessian(f, x));
        if (gradients.length > 0) {
            var qr = Qr.pivoted(Tensor.of(gradients).transpose());
            int rank = qr.rank(1e-9);
            if (rank == n) return new double[0];
            var basis = qr.fullQ().narrow(1, rank, n - rank);
            hessian = basis.transpose().matmul(hessian).matmul(basis);
        }
        return Eigen.symmetricValues(hessian.add(hessian.transpose()).mul(0.5)).toDoubleArray();
    }

    /** Second derivatives, by central differences of gradients; symmetric up to rounding. */
    static double[][] hessian(Objective f, double[] x) {
        int n = x.length;
        var rows = new double[n][n];
        double[] at = x.clone(), low = new double[n];
        for (int i = 0; i < n; i++) {
            double step = 6e-6 * Math.max(1, Math.abs(x[i])); // the cube root of the rounding unit
            at[i] = x[i] + step;
            f.at(at, rows[i]);
            at[i] = x[i] - step;
            f.at(at, low);
            at[i] = x[i];
            for (int j = 0; j < n; j++) rows[i][j] = (rows[i][j] - low[j]) / (2 * step);
        }
        return rows;
    }

    /** Linear independence of the active gradients at x (LICQ), under which multipliers exist at a minimum and are unique. */
    public static boolean licq(NonlinearProgram program, double[] x, double active) {
        return independent(active(program, x, active).gradients);
    }

    private static boolean independent(double[][] gradients) {
        return gradients.length == 0
                || gradients.length <= gradients[0].length && Svd.of(Tensor.of(gradients)).rank(1e-9) == gradients.length;
    }

    /**
     * The qualification of Mangasarian and Fromovitz (MFCQ): gradients of equalities are independent, and along some direction all active inequalities fall
     * while equalities stay. Weaker than {@link #licq}: multipliers exist at a minimum and are bounded. Asked of a linear program over directions.
     */
    public static boolean mfcq(NonlinearProgram program, double[] x, double active) {
        int n = x.length, k = program.equalities().size();
        var at = active(program, x, active);
        double[][] equal = new double[k][n + 1], falls = new double[at.inequalities.length + 2 * n + 1][n + 1];
        if (!independent(Arrays.copyOf(at.gradients, k))) return false;
        var most = new double[falls.length];
        Arrays.fill(most, at.inequalities.length, most.length, 1);
        for (int i = 0; i < at.gradients.length; i++) System.arraycopy(at.gradients[i], 0, i < k ? equal[i] : falls[i - k], 0, n);
        for (int i = 0; i < at.inequalities.length; i++) falls[i][n] = 1; // g_i'd + t <= 0 with t as large as can be
        for (int i = 0; i <= n; i++) falls[at.inequalities.length + i][i] = 1;
        for (int i = 0; i < n; i++) falls[at.inequalities.length + n + 1 + i][i] = -1;
        var cost = new double[n + 1];
        cost[n] = -1;
        return -new InteriorPoint()
                .minimize(QuadraticProgram.linear(cost).withEqualities(equal, new double[k]).withInequalities(falls, most)).value() > 1e-6;
    }

    /**
     * A point with {@code g_i(x) <= -margin} for all i and {@code h = 0}, if one is found from {@code start}: Slater's condition, under
     * which a convex program has no gap. Minimises t with {@code g_i(x) <= t} and {@code t >= -2 margin}; for a convex program that finds
     * it where it exists.
     */
    public static Optional<double[]> slater(NonlinearProgram program, double[] start, double margin) {
        int n = start.length;
        var inequalities = new ArrayList<Objective>();
        for (var g : program.inequalities()) inequalities.add(widened(g, n, -1));
        inequalities.add((y, gradient) -> {
            Arrays.fill(gradient, 0);
            gradient[n] = -1;
            return -2 * margin - y[n];
        });
        Objective t = (y, gradient) -> {
            Arrays.fill(gradient, 0);
            gradient[n] = 1;
            return y[n];
        };
        var wide = new NonlinearProgram(t, program.equalities().stream().map(h -> widened(h, n, 0)).toList(), inequalities);
        var y = Arrays.copyOf(start, n + 1);
        y[n] = Arrays.stream(NonlinearProgram.values(program.inequalities(), start)).max().orElse(0);
        var found = Arrays.copyOf(new AugmentedLagrangian().withMaxIterations(30).minimize(wide, y).x(), n);
        boolean strict = Arrays.stream(NonlinearProgram.values(program.inequalities(), found)).allMatch(g -> g <= -margin)
                && Vectors.largest(NonlinearProgram.values(program.equalities(), found)) <= margin;
        return strict ? Optional.of(found) : Optional.empty();
    }

    /** {@code c(x) + slope t} over (x, t). */
    private static Objective widened(Objective c, int n, double slope) {
        return (y, gradient) -> {
            var part = new double[n];
            double value = c.at(Arrays.copyOf(y, n), part);
            System.arraycopy(part, 0, gradient, 0, n);
            gradient[n] = slope;
            return value + slope * y[n];
        };
    }

    /**
     * Lagrange's dual function {@code q(nu, lambda) = inf_x f + nu'h + lambda'g}, as far as L-BFGS descends from {@code start}: exact where
     * the Lagrangian is convex in x. For {@code lambda >= 0} no feasible point lies below it.
     *
     * @return negative infinity where the descent never ends
     */
    public static double dualValue(NonlinearProgram program, double[] nu, double[] lambda, double[] start) {
        return infimum(program, nu, lambda, start).value();
    }

    private static Minimum infimum(NonlinearProgram program, double[] nu, double[] lambda, double[] start) {
        for (double value : lambda) Settings.atLeast("Kkt", "a multiplier of an inequality", value, 0);
        var found = new Lbfgs().withMaxIterations(5_000).withGradientTolerance(1e-10).minimize(program.lagrangian(nu, lambda), start);
        boolean fell = found.value() < -1e12 || !Double.isFinite(found.value());
        return fell
                ? new Minimum(found.x(), Double.NEGATIVE_INFINITY, found.gradient(), found.iterations(), found.evaluations(), found.stop())
                : found;
    }

    /**
     * A feasible point beside the best bound that was found.
     *
     * @param primal the objective at the point
     * @param dual the largest value of the dual function that the ascent found
     * @param multipliers where that is
     */
    public record Gap(double primal, double dual, Multipliers multipliers) {

        /** {@code primal - dual}: the optimum lies no further below the point than this. */
        public double gap() { return primal - dual; }
    }

    /**
     * How far the optimum can lie below f at a feasible point: maximises the dual function by ascent along {@code (h, g)} at its inner
     * minimum, from multipliers at 0. Convex programs that satisfy {@link #slater} end with a gap near 0 at their optimum; others may keep
     * one.
     *
     * @param x feasible to within {@code 1e-8}
     * @param start where the inner minimisations begin
     * @throws IllegalArgumentException if x is not feasible
     */
    public static Gap gap(NonlinearProgram program, double[] x, double[] start) {
        int m = program.equalities().size(), k = program.inequalities().size();
        double violated = residuals(program, x, new double[m], new double[k]).feasibility;
        if (!(violated <= 1e-8)) throw new IllegalArgumentException(
                "Kkt.gap: the point violates a constraint by " + violated + "; only feasible points bound the optimum");
        Objective down = (both, gradient) -> {
            double[] nu = Arrays.copyOf(both, m), lambda = Arrays.copyOfRange(both, m, m + k);
            var inner = infimum(program, nu, lambda, start);
            double[] h = NonlinearProgram.values(program.equalities(), inner.x()),
                    g = NonlinearProgram.values(program.inequalities(), inner.x());
            for (int j = 0; j < m; j++) gradient[j] = -h[j];
            for (int i = 0; i < k; i++) gradient[m + i] = -g[i];
            return -inner.value();
        };
        var ascent = GradientDescent.armijo(1).withMaxIterations(500).withGradientTolerance(1e-8).withProjection(both -> {
            for (int i = m; i < both.length; i++) both[i] = Math.max(0, both[i]);
            return both;
        }).minimize(down, new double[m + k]);
        var best = new Multipliers(Arrays.copyOf(ascent.x(), m), Arrays.copyOfRange(ascent.x(), m, m + k));
        return new Gap(program.f().at(x, new double[x.length]), -ascent.value(), best);
    }
}
