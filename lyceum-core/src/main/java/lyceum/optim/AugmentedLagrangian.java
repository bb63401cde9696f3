package lyceum.optim;

import java.util.Objects;
import lyceum.linalg.Cholesky;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Augmented Lagrangian: minimises {@code f + nu'h + rho/2 |h|^2} over x, then moves the multipliers by what is still violated,
 * {@code nu = nu + rho h(x)}, and again. An inequality counts as {@code (max(0, lambda + rho g)^2 - lambda^2) / (2 rho)}, and
 * {@code lambda = max(0, lambda + rho g(x))}. Rho stays moderate, unlike that of a bare penalty.
 *
 * {@snippet :
 * var optimum = new AugmentedLagrangian().minimize(program, x0);
 * optimum.x(); optimum.nu(); optimum.residuals();
 * }
 *
 * <p>A local method: from another start a non-convex program may give another point. A quadratic program with equalities alone is solved
 * without iterations by {@link QuadraticProgram#direct}. All arithmetic is F64; deterministic.
 *
 * @param penalty the first rho
 * @param growth what rho is multiplied by when the violation has not fallen to a quarter
 * @param tolerance converged when the largest of {@link Kkt.Residuals} is at most this
 * @param maxIterations rounds of multipliers before it gives up
 * @param inner minimises over x, to at least a tenth of the tolerance
 * @see "Hestenes (1969), Multiplier and Gradient Methods, JOTA 4"
 * @see "Powell (1969), A Method for Nonlinear Constraints in Minimization Problems"
 * @see "Rockafellar (1973), A Dual Approach to Solving Nonlinear Programming Problems by Unconstrained Optimization"
 */
@Withers
public record AugmentedLagrangian(double penalty, double growth, double tolerance, int maxIterations, Lbfgs inner)
        implements AugmentedLagrangianWithers {
    private static final double LARGEST_PENALTY = 1e6;
    private static final int POLISHED = 300;

    public AugmentedLagrangian {
        Settings.above("AugmentedLagrangian", "penalty", penalty, 0);
        Settings.atLeast("AugmentedLagrangian", "growth", growth, 1);
        Settings.atLeast("AugmentedLagrangian", "tolerance", tolerance, 0);
        Settings.atLeast("AugmentedLagrangian", "maxIterations", maxIterations, 0);
        Objects.requireNonNull(inner, "inner");
    }

    /** Penalty 10, growth 5, tolerance 1e-8, 100 rounds of L-BFGS with 20 pairs. */
    public AugmentedLagrangian() {
        this(10, 5, 1e-8, 100, new Lbfgs().withHistory(20).withMaxIterations(2_000).withGradientTolerance(1e-9));
    }

    /** The local minimum found from {@code start}, which is not changed, with multipliers begun at 0. */
    public Optimum minimize(NonlinearProgram program, double[] start) { return minimize(program, start, Progress.SILENT); }

    /** The same, telling {@code progress} after each round. */
    public Optimum minimize(NonlinearProgram program, double[] start, Progress progress) {
        double[] x = start.clone(), nu = new double[program.equalities().size()], lambda = new double[program.inequalities().size()];
        var precise = inner.withGradientTolerance(Math.min(inner.gradientTolerance(), tolerance / 10));
        double rho = penalty, before = Double.POSITIVE_INFINITY;
        var residuals = Kkt.residuals(program, x, nu, lambda);
        for (int round = 1; round <= maxIterations; round++) {
            double[] fixedNu = nu, fixedLambda = lambda;
            double fixedRho = rho;
            Objective augmented = (p, g) -> augmented(program, fixedNu, fixedLambda, fixedRho, p, g);
            var found = precise.minimize(augmented, x);
            if (found.stop() == StopReason.NOT_FINITE) return optimum(program, x, nu, lambda, round - 1, StopReason.NOT_FINITE);
            x = polished(augmented, found.x(), precise.gradientTolerance());
            double[] h = NonlinearProgram.values(program.equalities(), x), g = NonlinearProgram.values(program.inequalities(), x);
            double violated = Vectors.largest(h);
            for (int i = 0; i < g.length; i++) violated = Math.max(violated, Math.abs(Math.max(g[i], -lambda[i] / rho)));
            nu = nu.clone();
            lambda = lambda.clone();
            Vectors.addScaled(nu, rho, h);
            for (int i = 0; i < g.length; i++) lambda[i] = Math.max(0, lambda[i] + rho * g[i]);
            residuals = Kkt.residuals(program, x, nu, lambda);
            progress.step("augmented Lagrangian", round, maxIterations, "residual", residuals.largest());
            if (residuals.largest() <= tolerance) return optimum(program, x, nu, lambda, round, StopReason.OPTIMAL);
            if (violated > before / 4 && violated > tolerance) rho = Math.min(rho * growth, LARGEST_PENALTY);
            before = violated;
        }
        return optimum(program, x, nu, lambda, maxIterations, StopReason.ITERATIONS);
    }

    /**
     * A line search sees values, whose last bits hide gradients below the root of the rounding unit; Newton's steps see gradients. They
     * cost a Hessian, differenced, and are taken while they halve the gradient.
     */
    private static double[] polished(Objective f, double[] x, double tolerance) {
        if (x.length > POLISHED) return x;
        var gradient = new double[x.length];
        f.at(x, gradient);
        for (double now = Vectors.largest(gradient); now > tolerance;) {
            var hessian = Tensor.of(Kkt.hessian(f, x));
            double[] next = x.clone(), there = new double[x.length];
            try {
                Vectors.addScaled(next, -1,
                        Cholesky.of(hessian.add(hessian.transpose()).mul(0.5)).solve(Tensor.of(gradient)).toDoubleArray());
            } catch (IllegalArgumentException notConvexHere) {
                return x;
            }
            f.at(next, there);
            double then = Vectors.largest(there);
            if (!(then <= now / 2)) return x;
            x = next;
            gradient = there;
            now = then;
        }
        return x;
    }

    private static Optimum optimum(NonlinearProgram program, double[] x, double[] nu, double[] lambda, int rounds, StopReason stop) {
        return new Optimum(x, program.f().at(x, new double[x.length]), nu, lambda, Kkt.residuals(program, x, nu, lambda), rounds, stop);
    }

    private static double augmented(NonlinearProgram program, double[] nu, double[] lambda, double rho, double[] x, double[] gradient) {
        double value = program.f().at(x, gradient);
        var part = new double[x.length];
        for (int j = 0; j < nu.length; j++) {
            double h = program.equalities().get(j).at(x, part);
            value += h * (nu[j] + rho / 2 * h);
            Vectors.addScaled(gradient, nu[j] + rho * h, part);
        }
        for (int i = 0; i < lambda.length; i++) {
            double felt = lambda[i] + rho * program.inequalities().get(i).at(x, part);
            // Written so that NaN from outside a constraint's domain is passed on.
            if (felt <= 0) {
                value -= lambda[i] * lambda[i] / (2 * rho);
            } else {
                value += (felt * felt - lambda[i] * lambda[i]) / (2 * rho);
                Vectors.addScaled(gradient, felt, part);
            }
        }
        return value;
    }
}
