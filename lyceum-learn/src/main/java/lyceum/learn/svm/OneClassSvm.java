package lyceum.learn.svm;

import java.util.Set;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.PrecomputedKernel;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.NoveltyDetector;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * One-class support vector machine: cuts the rows off from the origin of feature space, except for a share nu of them. Solves
 *
 * <pre>
 * min  |w|^2 / 2 - nu n rho + sum_i w_i s_i        w . phi(x_i) >= rho - s_i,   s_i >= 0
 * </pre>
 *
 * n the sum of the weights; {@code f(x) = sum_i a_i k(x_i, x) - rho} with {@code 0 <= a_i <= w_i} and {@code sum a = nu n}. Dividing a
 * and rho by nu n gives the paper's scale. Of the rows at most a share nu has f below 0, and at least a share nu are support vectors.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(Rng.of(1), DType.F64, 300, 2), far = Tensor.of(new double[][] {{5, 5}});
 * OneClassSvmModel model = new OneClassSvm(Rbf.ofVariance(x), 0.05).fit(x);
 * boolean normal = model.isNormal(far).toBooleanArray()[0];       // false
 * }
 *
 * <p>With a kernel for which k(x, x) is one constant, such as RBF, this is support vector data description, the smallest soft ball:
 * {@link OneClassSvmModel#squaredRadius}. For gamma start with {@code Rbf.ofVariance} or {@code Rbf.ofMedianDistance}; for many rows see
 * {@link OneClassSgd}.
 *
 * @param kernel a valid one
 * @param nu above 0 and at most 1: the share that may be rejected
 * @param solver tolerance (over nu n weights of at most 1), cache
 * @see <a href="https://doi.org/10.1162/089976601750264965">Schölkopf, Platt, Shawe-Taylor, Smola and Williamson (2001)</a>
 */
@Withers
public record OneClassSvm(KernelFunction kernel, double nu, @Withers.Flat SmoOptions solver)
        implements OneClassSvmWithers, NoveltyDetector {
    public OneClassSvm {
        if (!(nu > 0 && nu <= 1)) throw new IllegalArgumentException("OneClassSvm: nu is " + nu + "; it is above 0 and at most 1");
    }

    public OneClassSvm(KernelFunction kernel, double nu) { this(kernel, nu, new SmoOptions()); }

    @Override public Set<Tag> tags() { return kernel instanceof PrecomputedKernel ? Set.of(Tag.PAIRWISE) : Set.of(); }

    @Override public OneClassSvmModel fit(Tensor x) { return fit(x, null); }

    @Override public OneClassSvmModel fit(Tensor x, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] w = input.weights(weights);
        var rows = input.x().to(DType.F64).copy();
        int n = w.length;
        double total = 0;
        for (double v : w) total += v;
        double left = nu * total;
        double[] y = new double[n], alpha = new double[n];
        for (int i = 0; i < n; i++) {
            y[i] = 1;
            alpha[i] = Math.min(w[i], left);
            left -= alpha[i];
        }
        var gram = new GramRows(kernel, rows.toRows(), 1_000_000L * solver.cacheMegabytes());
        var smo = new Smo(gram, IntStream.range(0, n).toArray(), y, w, new double[n], alpha, false, solver);
        if (!smo.converged) Smo.warn(input.operation(), solver, smo.violation);
        var support = SupportVectors.of(kernel, rows, new double[][] {alpha}, new double[] {smo.intercept(0)});
        return new OneClassSvmModel(support, nu * total, smo.objective(), smo.violation, smo.converged);
    }
}
