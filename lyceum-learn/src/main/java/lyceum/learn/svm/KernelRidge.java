package lyceum.learn.svm;

import java.util.Set;
import lyceum.DType;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.PrecomputedKernel;
import lyceum.linalg.Cholesky;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Kernel ridge regression: the function of the kernel's space that minimises {@code sum_i w_i (y_i - f(x_i))^2 + alpha |f|^2}. It is
 * {@code f(x) = sum_i a_i k(x_i, x)} with {@code (K + alpha W^-1) a = y}.
 *
 * {@snippet :
 * Tensor x = Tensor.linspace(0, 6, 40).unsqueeze(1), y = x.select(1, 0).sin();
 * KernelRidgeModel model = new KernelRidge(new Rbf(1.0), 0.01).fit(x, y);
 * }
 *
 * <p>There is no intercept: with a kernel whose functions fall to 0 far from data, centre y. Costs {@code n^3 / 3} flops and {@code n^2}
 * numbers. The posterior mean of a Gaussian process with noise variance alpha is the same function.
 *
 * @param kernel a valid one
 * @param alpha the strength of the penalty, positive
 * @see <a href="https://eprints.soton.ac.uk/258942/">Saunders, Gammerman and Vovk (1998)</a>
 */
@Withers
public record KernelRidge(KernelFunction kernel, double alpha) implements KernelRidgeWithers, Regressor {
    public KernelRidge {
        if (!(alpha > 0 && alpha < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("KernelRidge: alpha is " + alpha + "; it is positive and finite");
    }

    @Override public Set<Tag> tags() {
        return kernel instanceof PrecomputedKernel ? Set.of(Tag.MULTI_OUTPUT, Tag.PAIRWISE) : Set.of(Tag.MULTI_OUTPUT);
    }

    @Override public KernelRidgeModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public KernelRidgeModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        Tensor rows = input.x().to(DType.F64), targets = input.targets(y).to(DType.F64), gram = kernel.gram(rows);
        // With S = sqrt(W) and a = S d the system is symmetric, and weight 0 leaves a row out: (S K S + alpha I) d = S y.
        var s = Tensor.of(input.weights(weights)).sqrt().compute();
        var column = s.unsqueeze(1);
        boolean several = targets.rank() == 2;
        var right = (several ? targets : targets.unsqueeze(1)).mul(column);
        try {
            var system = gram.mul(column).mul(s).add(Tensor.eye(DType.F64, input.rows()).mul(alpha));
            var dual = Cholesky.of(system).solve(right).mul(column).compute();
            return new KernelRidgeModel(kernel, rows.copy(), several ? dual : dual.squeeze(1));
        } catch (NotPositiveDefiniteException e) {
            throw new IllegalArgumentException(input.operation() + ": the Gram matrix plus alpha = " + alpha
                    + " is not positive definite; raise alpha, or look whether " + kernel + " is a valid kernel", e);
        }
    }
}
