package lyceum.linalg;

import java.util.Arrays;
import lyceum.linalg.dense.Matrices;
import lyceum.linalg.dense.Rows;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Generalised minimal residuals for {@code A x = b} with any square map: in each step the x of least {@code |b - A x|} over the Krylov space so far, restarted
 * after {@code restart} steps. The preconditioner stands on the right, so that residuals are those of the system itself.
 *
 * {@snippet :
 * Krylov solved = new Gmres().withRestart(50).solve(LinearMap.of(Tensor.of(new double[][] {{4, 1}, {2, 3}})), Tensor.of(1.0, 2));
 * }
 *
 * @param tolerance stops when {@code |b - A x| <= tolerance |b|}; 1e-10 by default
 * @param maxIterations products in all; 0 means {@code 10 n}
 * @param restart steps after which the basis is thrown away, 30 by default
 * @see <a href="https://doi.org/10.1137/0907058">Saad and Schultz (1986)</a>
 */
@Withers
public record Gmres(double tolerance, int maxIterations, int restart) implements GmresWithers {
    public Gmres {
        if (!(tolerance >= 0)) throw new IllegalArgumentException("gmres: tolerance is " + tolerance + "; it is not negative");
        if (maxIterations < 0) throw new IllegalArgumentException("gmres: maxIterations is " + maxIterations + "; it is not negative");
        if (restart < 1) throw new IllegalArgumentException("gmres: restart is " + restart + "; it is at least 1");
    }

    public Gmres() { this(1e-10, 0, 30); }

    public Krylov solve(LinearMap a, Tensor b) { return solve(a, b, Preconditioner.none()); }

    /** @param b a vector of length n @param preconditioner near the inverse of A */
    public Krylov solve(LinearMap a, Tensor b, Preconditioner preconditioner) {
        int n = LinearMap.requireSquare("gmres", a);
        double[] side = Matrices.vector("gmres", b, n), x = new double[n], r = side.clone();
        int limit = maxIterations == 0 ? 10 * n : maxIterations, step = 0;
        double norm = Rows.norm(r, 0, n), target = tolerance * norm;
        var residuals = new double[] {norm};
        while (norm > target && step < limit) {
            var cycle = new Cycle(a, preconditioner, n, Math.min(restart, Math.min(n, limit - step)), r, norm);
            int done = cycle.run(target);
            residuals = Arrays.copyOf(residuals, step + 1 + done);
            System.arraycopy(cycle.norms, 0, residuals, step + 1, done);
            step += done;
            var before = x.clone();
            Rows.axpy(1, cycle.correction(done), x, 0, n);
            r = side.clone();
            Rows.axpy(-1, LinearMap.checked("gmres", a.times(x.clone()), n), r, 0, n);
            double next = Rows.norm(r, 0, n);
            // A cycle that gains nothing will gain nothing again.
            if (!(next < norm * (1 - 1e-12))) {
                if (next <= norm) norm = next;
                else x = before; // rounding alone moved it, as where the map is singular
                break;
            }
            norm = next;
        }
        return new Krylov(Matrices.tensor(x, Matrices.resultType(b)), step, norm, norm <= target, residuals);
    }

    /** Arnoldi's basis of one stretch, and the least squares problem in it by Givens rotations. */
    private static final class Cycle {
        private final LinearMap a;
        private final Preconditioner preconditioner;
        private final int n;
        private final double[][] basis, h;
        private final double[] g, cos, sin, norms;

        Cycle(LinearMap a, Preconditioner preconditioner, int n, int most, double[] r, double norm) {
            this.a = a;
            this.preconditioner = preconditioner;
            this.n = n;
            basis = new double[most + 1][];
            h = new double[most][];
            g = new double[most + 1];
            cos = new double[most];
            sin = new double[most];
            norms = new double[most];
            basis[0] = r.clone();
            scale(basis[0], 1 / norm);
            g[0] = norm;
        }

        private static void scale(double[] v, double by) { for (int i = 0; i < v.length; i++) v[i] *= by; }

        /** The steps taken. */
        int run(double target) {
            for (int k = 0; k < h.length; k++) {
                double[] z = LinearMap.checked("gmres", preconditioner.apply(basis[k].clone()), n);
                double[] w = LinearMap.checked("gmres", a.times(z), n).clone(), column = h[k] = new double[k + 2];
                double before = Rows.norm(w, 0, n);
                for (int pass = 0; pass < 2; pass++) for (int i = 0; i <= k; i++) { // twice: one pass loses orthogonality
                    double c = Rows.dot(w, basis[i], 0, n);
                    column[i] += c;
                    Rows.axpy(-c, basis[i], w, 0, n);
                }
                double rest = Rows.norm(w, 0, n);
                boolean last = !(rest > 1e-15 * before);
                column[k + 1] = last ? 0 : rest;
                for (int i = 0; i < k; i++) {
                    double upper = column[i], lower = column[i + 1];
                    column[i] = cos[i] * upper + sin[i] * lower;
                    column[i + 1] = cos[i] * lower - sin[i] * upper;
                }
                double length = Math.hypot(column[k], column[k + 1]);
                if (length <= 1e-14 * before) length = 0; // a singular map: this direction takes nothing off
                cos[k] = length == 0 ? 0 : column[k] / length;
                sin[k] = length == 0 ? 1 : column[k + 1] / length;
                column[k] = length;
                g[k + 1] = -sin[k] * g[k];
                g[k] *= cos[k];
                norms[k] = Math.abs(g[k + 1]);
                if (last || norms[k] <= target) return k + 1;
                scale(w, 1 / rest);
                basis[k + 1] = w;
            }
            return h.length;
        }

        double[] correction(int steps) {
            var y = Arrays.copyOf(g, steps);
            for (int i = steps - 1; i >= 0; i--) {
                for (int j = i + 1; j < steps; j++) y[i] -= h[j][i] * y[j];
                y[i] = h[i][i] == 0 ? 0 : y[i] / h[i][i];
            }
            var sum = new double[n];
            for (int i = 0; i < steps; i++) Rows.axpy(y[i], basis[i], sum, 0, n);
            return LinearMap.checked("gmres", preconditioner.apply(sum), n);
        }
    }
}
