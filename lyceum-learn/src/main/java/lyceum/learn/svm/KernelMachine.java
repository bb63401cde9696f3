package lyceum.learn.svm;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.PrecomputedKernel;
import lyceum.kernel.RkhsFunction;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Eigen;
import lyceum.optim.InteriorPoint;
import lyceum.optim.QuadraticProgram;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Regularised risk in a reproducing kernel Hilbert space: minimises {@code sum_i w_i L(y_i, f(x_i)) + (lambda / 2) |f|^2}. By the
 * representer theorem the minimiser is {@code f = sum_i a_i k(x_i, .)}.
 *
 * {@snippet :
 * Tensor x = Tensor.linspace(0, 6, 40).unsqueeze(1), y = x.select(1, 0).sin();
 * KernelMachineModel model = new KernelMachine(new Rbf(1.0), new MachineLoss.Quantile(0.9), 0.1).fit(x, y);
 * model.function().norm();
 * }
 *
 * <p>Solved in the primal, in an orthonormal basis of the span of the centres: squared loss by one Cholesky factorisation, logistic loss
 * by Newton's method, the others as a quadratic program with a slack for each row by an interior-point method, {@code O(n^3)} a step: a
 * few hundred rows. For many rows with a hinge or a tube see {@link Svm} and {@link SvmRegressor}. There is no intercept.
 *
 * @param kernel a valid one
 * @param loss targets are any numbers, or 1 and -1 for hinge and logistic loss
 * @param lambda positive
 * @see <a href="https://doi.org/10.1007/3-540-44581-1_27">Schölkopf, Herbrich and Smola (2001)</a>
 */
@Withers
public record KernelMachine(KernelFunction kernel, MachineLoss loss, double lambda) implements KernelMachineWithers, Regressor {
    public KernelMachine {
        Objects.requireNonNull(loss, "loss");
        if (!(lambda > 0 && lambda < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("KernelMachine: lambda is " + lambda + "; it is positive and finite");
    }

    @Override public Set<Tag> tags() { return kernel instanceof PrecomputedKernel ? Set.of(Tag.PAIRWISE) : Set.of(); }

    @Override public KernelMachineModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public KernelMachineModel fit(Tensor x, Tensor y, Tensor weights) { return fit(x, y, weights, null); }

    /**
     * The minimum over functions with more centres than the rows, {@code sum_i a_i k(x_i, .) + sum_j b_j k(extra_j, .)}. The representer
     * theorem says that they are of no use.
     *
     * @param weights (n), or null
     * @param extra (m x p), or null
     */
    public KernelMachineModel fit(Tensor x, Tensor y, Tensor weights, Tensor extra) {
        var input = LearnerInput.forFit(this, x);
        double[] w = input.weights(weights), target = input.target(y).to(DType.F64).toDoubleArray();
        if (loss.isForSigns()) for (int i = 0; i < target.length; i++)
            if (Math.abs(target[i]) != 1) throw new IllegalArgumentException(
                    input.operation() + ": y is " + target[i] + " at row " + i + "; this loss needs targets of 1 and -1");
        if (extra != null && (extra.rank() != 2 || extra.size(1) != input.columns())) throw new ShapeException(
                input.operation() + ": extra centres have shape " + extra.shape() + "; x has " + input.columns() + " columns");
        Tensor rows = input.x().to(DType.F64), centres = (extra == null ? rows : Tensor.concat(0, rows, extra.to(DType.F64))).copy();
        // f = sum_j u_j b_j, the b_j orthonormal: u's length is f's, and B has the values of the b_j at the rows.
        var eigen = Eigen.symmetric(kernel.gram(centres));
        double[] values = eigen.values().toDoubleArray();
        int total = values.length, rank = 0;
        while (rank < total && values[total - 1 - rank] > 1e-13 * total * values[total - 1]) rank++;
        if (rank == 0) throw new IllegalArgumentException(input.operation() + ": the kernel is 0 between all rows");
        Tensor vectors = eigen.vectors().narrow(1, total - rank, rank), scale = eigen.values().narrow(0, total - rank, rank).sqrt();
        var b = vectors.narrow(0, 0, target.length).mul(scale).contiguous();
        var u = switch (loss) {
            case MachineLoss.Squared() -> squared(b, target, w);
            case MachineLoss.Logistic() -> logistic(b, target, w);
            default -> program(b.toRows(), target, w);
        };
        var function = new RkhsFunction(kernel, centres, vectors.matmul(u.div(scale)).compute());
        double[] f = b.matmul(u).toDoubleArray();
        double objective = 0.5 * lambda * u.square().sum().item();
        for (int i = 0; i < f.length; i++) objective += w[i] * loss.of(target[i], f[i]);
        return new KernelMachineModel(function, objective);
    }

    private Tensor ridge(Tensor b, Tensor weight, Tensor right) {
        var system = b.transpose().matmul(b.mul(weight.unsqueeze(1))).add(Tensor.eye(DType.F64, b.size(1)).mul(lambda));
        return Cholesky.of(system).solve(right);
    }

    private Tensor squared(Tensor b, double[] y, double[] w) {
        var weight = Tensor.of(w);
        return ridge(b, weight, b.transpose().matmul(Tensor.of(y).mul(weight))).compute();
    }

    /** Newton's method; halved steps far from the minimum. */
    private Tensor logistic(Tensor b, double[] y, double[] w) {
        int n = y.length;
        var u = Tensor.zeros(DType.F64, b.size(1));
        double value = value(b, u, y, w);
        for (int iteration = 0; iteration < 100; iteration++) {
            double[] f = b.matmul(u).toDoubleArray(), slope = new double[n], curvature = new double[n];
            for (int i = 0; i < n; i++) {
                double p = 1 / (1 + Math.exp(y[i] * f[i]));
                slope[i] = -w[i] * y[i] * p;
                curvature[i] = w[i] * p * (1 - p);
            }
            var gradient = b.transpose().matmul(Tensor.of(slope)).add(u.mul(lambda));
            var step = ridge(b, Tensor.of(curvature), gradient);
            double decrement = gradient.mul(step).sum().item(), length = 1;
            if (decrement < 1e-26 * (1 + Math.abs(value))) break;
            var next = u.sub(step).compute();
            double tried = value(b, next, y, w);
            while (tried > value - 1e-4 * length * decrement && length > 1e-3) {
                length /= 2;
                next = u.sub(step.mul(length)).compute();
                tried = value(b, next, y, w);
            }
            u = next;
            value = tried;
        }
        return u;
    }

    private double value(Tensor b, Tensor u, double[] y, double[] w) {
        double[] f = b.matmul(u).toDoubleArray();
        double sum = 0.5 * lambda * u.square().sum().item();
        for (int i = 0; i < f.length; i++) sum += w[i] * loss.of(y[i], f[i]);
        return sum;
    }

    /** {@code min (lambda / 2) |u|^2 + sum_i w_i s_i} with {@code s_i} above every line of row i's loss. */
    private Tensor program(double[][] b, double[] y, double[] w) {
        int n = y.length, r = b[0].length, lines = loss.slopes(1).length, m = n * lines;
        double[][] p = new double[r + n][r + n], g = new double[m][r + n];
        double[] q = new double[r + n], h = new double[m];
        for (int j = 0; j < r; j++) p[j][j] = lambda;
        for (int i = 0; i < n; i++) {
            // A row of weight 0 has its slack pressed down all the same, so that it is determined; nothing else sees it.
            q[r + i] = w[i] > 0 ? w[i] : 1;
            double[] slopes = loss.slopes(y[i]), offsets = loss.offsets(y[i]);
            for (int k = 0; k < lines; k++) {
                int row = i * lines + k;
                if (w[i] > 0) for (int j = 0; j < r; j++) g[row][j] = slopes[k] * b[i][j];
                g[row][r + i] = -1;
                h[row] = -offsets[k];
            }
        }
        var optimum = new InteriorPoint().withTolerance(1e-11).minimize(QuadraticProgram.of(p, q).withInequalities(g, h));
        return Tensor.of(Arrays.copyOf(optimum.x(), r));
    }
}
