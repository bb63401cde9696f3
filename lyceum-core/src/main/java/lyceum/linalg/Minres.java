package lyceum.linalg;

import java.util.Arrays;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Minimal residuals for {@code A x = b} with a symmetric map, definite or not, in constant memory. The preconditioner is symmetric and positive definite; the residual
 * that falls is then measured in its norm.
 *
 * <p>Of a singular map whose range does not hold b, the result is {@link Krylov#leastSquares}: it has the least residual, and (without a preconditioner) the least length
 * among those that have, the pseudoinverse's.
 *
 * {@snippet :
 * Krylov solved = new Minres().solve(LinearMap.of(Tensor.of(new double[][] {{1, 2}, {2, -3}})), Tensor.of(1.0, 2));
 * }
 *
 * @param tolerance stops when {@code |b - A x| <= tolerance |b|} as the iteration reckons both; 1e-10 by default
 * @param maxIterations 0 means {@code 10 n}
 * @see <a href="https://doi.org/10.1137/0712047">Paige and Saunders (1975)</a>
 * @see <a href="https://doi.org/10.1137/100787921">Choi, Paige and Saunders (2011), on singular systems</a>
 */
@Withers
public record Minres(double tolerance, int maxIterations) implements MinresWithers {
    public Minres {
        if (!(tolerance >= 0)) throw new IllegalArgumentException("minres: tolerance is " + tolerance + "; it is not negative");
        if (maxIterations < 0) throw new IllegalArgumentException("minres: maxIterations is " + maxIterations + "; it is not negative");
    }

    public Minres() { this(1e-10, 0); }

    /** A residual is the least where what the map makes of it is so small, beside the map and the residual. */
    private static final double LEAST = 1e-8;
    /** Part of the residual that a step takes off where it is at its end. */
    private static final double STILL = 1e-9;

    public Krylov solve(LinearMap a, Tensor b) { return solve(a, b, Preconditioner.none(), true); }

    /** @param b a vector of length n @throws NotPositiveDefiniteException if the preconditioner is not */
    public Krylov solve(LinearMap a, Tensor b, Preconditioner preconditioner) { return solve(a, b, preconditioner, false); }

    private Krylov solve(LinearMap a, Tensor b, Preconditioner preconditioner, boolean plain) {
        int n = LinearMap.requireSquare("minres", a);
        double[] side = Matrices.vector("minres", b, n), x = new double[n];
        double[] older = new double[n], r = side.clone(), z = LinearMap.checked("minres", preconditioner.apply(r.clone()), n);
        double beta = length(r, z, 0), first = beta, rest = beta;
        int limit = maxIterations == 0 ? 10 * n : maxIterations, step = 0;
        var residuals = new double[] {rest};
        double previous = 0, cos = -1, sin = 0, delta = 0, epsilon = 0, greatest = 0;
        double[] w = new double[n], w1 = new double[n];
        while (rest > tolerance * first && step < limit && beta > 0) {
            double[] v = z.clone();
            for (int i = 0; i < n; i++) v[i] /= beta;
            double[] av = LinearMap.checked("minres", a.times(v.clone()), n).clone();
            if (step > 0) Rows.axpy(-beta / previous, older, av, 0, n);
            double alpha = Rows.dot(v, av, 0, n);
            Rows.axpy(-alpha / beta, r, av, 0, n);
            older = r;
            r = av;
            z = LinearMap.checked("minres", preconditioner.apply(r.clone()), n);
            previous = beta;
            beta = length(r, z, step + 1);
            // The last rotation on the new column, then the one that ends it.
            double oldEpsilon = epsilon, mixed = cos * delta + sin * alpha, gamma = sin * delta - cos * alpha;
            epsilon = sin * beta;
            delta = -cos * beta;
            double size = Math.hypot(gamma, beta);
            greatest = Math.max(greatest, Math.hypot(alpha, beta));
            // singular: no part of b is left that this space reaches, or none that rounding lets it reach
            boolean stands = step > 0 && residuals[step - 1] - rest <= STILL * rest;
            if (size <= 4 * Math.ulp(1.0) * greatest || stands && Math.hypot(gamma, delta) <= LEAST * greatest) break;
            cos = gamma / size;
            sin = beta / size;
            double part = cos * rest;
            rest = sin * rest;
            var w2 = w1;
            w1 = w;
            w = new double[n];
            for (int i = 0; i < n; i++) {
                w[i] = (v[i] - oldEpsilon * w2[i] - mixed * w1[i]) / size;
                x[i] += part * w[i];
            }
            step++;
            residuals = Arrays.copyOf(residuals, step + 1);
            residuals[step] = rest;
        }
        var left = side.clone();
        Rows.axpy(-1, LinearMap.checked("minres", a.times(x.clone()), n), left, 0, n);
        boolean converged = rest <= tolerance * first;
        double norm = Rows.norm(left, 0, n);
        boolean least = !converged && norm > 0
                && Rows.norm(LinearMap.checked("minres", a.times(left.clone()), n), 0, n) <= 10 * LEAST * greatest * norm;
        // What x has outside the range lies along the residual, and only makes it longer (Liu, Milzarek and Roosta, 2023).
        if (least && plain) Rows.axpy(-Rows.dot(left, x, 0, n) / (norm * norm), left, x, 0, n);
        return new Krylov(Matrices.tensor(x, Matrices.resultType(b)), step, norm, converged, residuals, least);
    }

    private static double length(double[] r, double[] z, int step) {
        double square = Rows.dot(r, z, 0, r.length);
        if (square < 0) throw new NotPositiveDefiniteException("minres: the preconditioner", step, square);
        return Math.sqrt(square);
    }
}
