package lyceum.theory;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.PseudoInverse;
import lyceum.optim.InteriorPoint;
import lyceum.optim.Objective;
import lyceum.optim.Newton;
import lyceum.optim.QuadraticProgram;
import lyceum.optim.SecondOrderObjective;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Which of many perfect solutions an algorithm ends in, and which one theory says: five cases in which the answer is known.
 *
 * {@snippet :
 * Tensor found = ImplicitBias.gradientDescent(x, y, start, 20_000);    // least squares with more columns than rows
 * Tensor told = ImplicitBias.nearestSolution(x, y, start);             // start + X^+ (y - X start)
 *
 * Tensor direction = ImplicitBias.normalisedDescent(x, labels, 100_000);
 * Tensor margin = ImplicitBias.hardMargin(x, labels);                  // the direction it tends to
 * }
 *
 * @see <a href="https://arxiv.org/abs/1710.10345">Soudry and others (2018), separable data</a>
 * @see <a href="https://arxiv.org/abs/1705.09280">Gunasekar and others (2017), matrix factorisation</a>
 * @see <a href="https://arxiv.org/abs/1802.08246">Gunasekar and others (2018), mirror descent</a>
 * @see <a href="https://arxiv.org/abs/1904.09080">Blanc and others (2020), label noise</a>
 */
public final class ImplicitBias {
    private ImplicitBias() {}

    private static void requireRows(Tensor x, Tensor y) {
        if (x.rank() != 2 || y.rank() != 1 || x.size(0) != y.size(0))
            throw new ShapeException("ImplicitBias: inputs " + x.shape() + " and targets " + y.shape() + "; they are (n, d) and (n)");
    }

    /** Full-batch gradient descent on {@code |Xw - y|^2 / 2} at the rate {@code 1 / |X|^2}. @param x (n, d) @param y (n) @param start (d) */
    public static Tensor gradientDescent(Tensor x, Tensor y, Tensor start, int steps) {
        requireRows(x, y);
        double rate = 1 / x.matmul(x.transpose()).square().sum().sqrt().item(); // Frobenius norm of the kernel: at least its largest eigenvalue
        var w = start;
        var transposed = x.transpose().compute();
        for (int step = 0; step < steps; step++) w = w.sub(transposed.matmul(x.matmul(w).sub(y)).mul(rate)).compute();
        return w;
    }

    /** Where it ends: {@code start + X^+ (y - X start)}, the solution nearest to its start. */
    public static Tensor nearestSolution(Tensor x, Tensor y, Tensor start) {
        requireRows(x, y);
        return start.add(PseudoInverse.of(x).solve(y.sub(x.matmul(start))));
    }

    /**
     * Gradient descent on the logistic loss of separable data, with the gradient divided by {@code sum sigma(-m_i)}, m the margins, which falls as
     * the loss does: so the steps do not die out. The direction of the weights, of length 1.
     *
     * @param x (n, d)
     * @param labels (n), -1 or 1
     */
    public static Tensor normalisedDescent(Tensor x, Tensor labels, int steps) {
        requireRows(x, labels);
        var z = x.mul(labels.reshape(-1, 1)).compute();
        var transposed = z.transpose().compute();
        double rate = 1 / z.square().sum(1).max().item();
        var w = Tensor.zeros(DType.F64, x.size(1));
        for (int step = 1; step <= steps; step++) {
            // The gradient is -sum sigma(-m_i) z_i; over its sum of weights it is a softmax of the margins once all are large.
            var pull = z.matmul(w).neg().sigmoid();
            w = w.add(transposed.matmul(pull).mul(rate / pull.sum().item())).compute();
        }
        return w.div(w.norm()).compute();
    }

    /**
     * The hard-margin support vector machine through the origin, {@code min |w|^2 / 2, y_i x_i'w >= 1}, as a direction of length 1.
     *
     * @throws IllegalArgumentException if no such w exists
     */
    public static Tensor hardMargin(Tensor x, Tensor labels) {
        requireRows(x, labels);
        int n = (int) x.size(0), d = (int) x.size(1);
        var g = x.mul(labels.reshape(-1, 1)).neg().toRows();
        var h = new double[n];
        Arrays.fill(h, -1);
        var found = new InteriorPoint()
                .minimize(QuadraticProgram.of(Tensor.eye(DType.F64, d).toRows(), new double[d]).withInequalities(g, h));
        if (!found.converged())
            throw new IllegalArgumentException("ImplicitBias: the data are not separable by a plane through the origin; " + found.stop());
        var w = Tensor.of(found.x());
        return w.div(w.norm()).compute();
    }

    /**
     * Gradient descent on {@code sum (<A_k, U U'> - b_k)^2 / (4 m)} from a random U, its entries normal of deviation {@code scale}, all n columns wide: nothing asks for a low rank.
     *
     * @param measurements (m, n, n), symmetric
     * @param values (m)
     * @return {@code U U'}, (n, n)
     */
    public static Tensor matrixSensing(Tensor measurements, Tensor values, double scale, double rate, int steps, Rng rng) {
        if (measurements.rank() != 3 || measurements.size(1) != measurements.size(2) || measurements.size(0) != values.count())
            throw new ShapeException("ImplicitBias: measurements " + measurements.shape() + " and values " + values.shape()
                    + "; they are (m, n, n) and (m)");
        long m = measurements.size(0), n = measurements.size(1);
        var flat = measurements.reshape(m, n * n).to(DType.F64).compute();
        var transposed = flat.transpose().compute();
        var u = Tensor.randn(rng, DType.F64, n, n).mul(scale).compute();
        for (int step = 0; step < steps; step++) {
            var residual = flat.matmul(u.matmul(u.transpose()).reshape(n * n)).sub(values).div((double) m);
            u = u.sub(transposed.matmul(residual).reshape(n, n).matmul(u).mul(rate)).compute();
        }
        return u.matmul(u.transpose()).compute();
    }

    /**
     * Mirror descent with the entropy as its potential on {@code |Aw - b|^2 / 2}: {@code w_i = w_i exp(-rate g_i)}, from a positive start.
     *
     * @param a (n, d)
     * @param b (n), reached by some positive w
     */
    public static Tensor entropicDescent(Tensor a, Tensor b, Tensor start, double rate, int steps) {
        requireRows(a, b);
        if (!(start.min().item() > 0)) throw new IllegalArgumentException("ImplicitBias: entropic descent begins above 0 everywhere");
        var transposed = a.transpose().compute();
        var w = start;
        for (int step = 0; step < steps; step++) w = w.mul(transposed.matmul(a.matmul(w).sub(b)).mul(-rate).exp()).compute();
        return w;
    }

    /**
     * Where it ends: the w with {@code Aw = b} of least generalised divergence {@code sum w_i log(w_i / start_i) - w_i + start_i}; by Newton on its dual,
     * {@code w = start exp(A'nu)}.
     */
    public static Tensor minimumKl(Tensor a, Tensor b, Tensor start) {
        requireRows(a, b);
        var found = new Newton().withGradientTolerance(1e-12).minimize(
                SecondOrderObjective.of(nu -> start.mul(a.transpose().matmul(nu).exp()).sum().sub(b.mul(nu).sum())),
                new double[(int) b.count()]);
        if (!found.converged()) throw new IllegalArgumentException("ImplicitBias: no positive w gives b; " + found);
        return start.mul(a.transpose().matmul(Tensor.of(found.x())).exp()).compute();
    }

    /** A model as a function of its flat parameters: predictions (n) for a fixed set of inputs. */
    @FunctionalInterface
    public interface Model extends UnaryOperator<Tensor> {}

    private static Tensor loss(Model model, Tensor w, Tensor y) { return model.apply(w).sub(y).square().mean().div(2); }

    /**
     * Gradient descent on the mean squared error, each step against labels with fresh noise: it keeps a low loss and drifts along the perfect solutions
     * to where the Hessian's trace is small.
     *
     * @param noise standard deviation added to the labels; 0 for plain descent
     */
    public static Tensor labelNoise(Model model, Tensor y, Tensor start, double rate, double noise, int steps, Rng rng) {
        double[] w = start.toDoubleArray(), gradient = new double[w.length];
        for (int step = 0; step < steps; step++) {
            var noisy = noise == 0 ? y : y.add(Tensor.randn(rng, DType.F64, y.count()).mul(noise)).compute();
            Objective.of(v -> loss(model, v, noisy)).at(w, gradient);
            for (int i = 0; i < w.length; i++) w[i] -= rate * gradient[i];
        }
        return Tensor.of(w);
    }

    /** Half the mean squared error. */
    public static double error(Model model, Tensor w, Tensor y) { return loss(model, w, y).item(); }

    /** Trace of the Hessian of half the mean squared error: how sharp the minimum is. */
    public static double sharpness(Model model, Tensor w, Tensor y) {
        double[][] hessian = SecondOrderObjective.of(v -> loss(model, v, y)).hessian(w.toDoubleArray());
        double trace = 0;
        for (int i = 0; i < hessian.length; i++) trace += hessian[i][i];
        return trace;
    }
}
