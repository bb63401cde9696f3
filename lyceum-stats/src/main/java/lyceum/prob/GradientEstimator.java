package lyceum.prob;

import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Two ways to the gradient of {@code E f(x)} by the parameters of x, side by side. Both give the mean of f over draws as value; they differ in what
 * flows back.
 *
 * {@snippet :
 * Tensor loss = GradientEstimator.PATHWISE.expectation(q, x -> x.sub(2).square().sum(1), 100, rng);
 * loss.backward();
 * }
 *
 * @see <a href="https://arxiv.org/abs/1906.10652">Mohamed, Rosca, Figurnov and Mnih (2020), Monte Carlo Gradient Estimation in Machine Learning</a>
 */
public enum GradientEstimator {
    /**
     * Through the draws: needs a differentiable f and a {@link Reparameterized} distribution, and an {@code f'(x) dx/dtheta} with a mean. With a
     * Cauchy draw and f = cos it has none, though {@code E f} is smooth.
     */
    PATHWISE,
    /** {@code f(x) grad log p(x)} (Williams 1992): any f, any distribution, and much more variance. */
    SCORE,
    /** The same with, as baseline of each draw, the mean of f over the others: unbiased, and of less variance. At least two draws. */
    SCORE_LEAVE_ONE_OUT;

    /**
     * The mean of f over {@code n} draws; its gradient is the estimate.
     *
     * @param f of draws (n, shape...): (n). Its own parameters get their gradients as well
     */
    public Tensor expectation(TensorDistribution distribution, UnaryOperator<Tensor> f, int n, Rng rng) {
        if (n < (this == SCORE_LEAVE_ONE_OUT ? 2 : 1)) throw new IllegalArgumentException(
                "expectation: " + n + " draws; " + this + " takes at least " + (this == SCORE_LEAVE_ONE_OUT ? 2 : 1));
        if (this == PATHWISE) {
            if (!(distribution instanceof Reparameterized r)) throw new IllegalArgumentException("expectation: "
                    + distribution.getClass().getSimpleName() + " has no differentiable draws; use SCORE, or GumbelSoftmax");
            return values(f, r.rsample(rng, n), n).mean();
        }
        var x = distribution.sample(rng, n);
        Tensor value = values(f, x, n), weight = value.detach();
        if (this == SCORE_LEAVE_ONE_OUT) weight = weight.sub(weight.mean()).mul(n / (n - 1.0)); // f_i less the others' mean
        var log = distribution.logDensity(x);
        log = log.reshape(n, log.count() / n).sum(1);
        // log - log is 0: the value stays that of f, the gradient is added
        return value.add(weight.mul(log.sub(log.detach()))).mean();
    }

    private static Tensor values(UnaryOperator<Tensor> f, Tensor x, int n) {
        var value = f.apply(x);
        if (value.rank() != 1 || value.size(0) != n) throw new ShapeException(
                "expectation: f of draws " + x.shape() + " has shape " + value.shape() + "; it gives one number a draw, (" + n + ",)");
        return value;
    }
}
