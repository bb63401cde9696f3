package lyceum.nn.loss;

import java.util.function.UnaryOperator;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.prob.UnivariateDistribution;
import lyceum.tensor.Tensor;

/**
 * What a loss asks for: the one prediction of least expected loss under a distribution of targets.
 *
 * {@snippet :
 * var minutes = Tensor.of(12.0, 14, 15, 17, 62);
 * Elicitation.number(Loss.l1(), minutes);                     // the median
 * Elicitation.number(Loss.pinball(0.9), minutes);             // the quantile 0.9
 * Elicitation.vector(Loss.brier(), classNumbers, 3);          // logits whose softmax is the shares of the classes
 * }
 *
 * @see <a href="https://doi.org/10.1198/jasa.2011.r10138">Gneiting (2011)</a>
 */
public final class Elicitation {
    private static final int QUANTILES = 10_000;

    private Elicitation() {}

    /**
     * The number c that minimises the loss of predicting c for each target: where the slope, computed by autograd, changes its sign. Of
     * several one of them; of a loss that is not convex, a local minimum.
     *
     * @param loss of one number an example, weighted as it likes
     * @param targets (n), not empty
     * @throws ConvergenceException if the loss falls without end
     */
    public static double number(Loss loss, Tensor targets) {
        var wide = targets.dtype().isFloat() ? targets.to(DType.F64) : targets;
        var slope = Autograd.grad(c -> loss.of(c.expand(wide.shape().toArray()), wide));
        double low = -1, high = 1;
        while (at(slope, low) > 0) low = further("below", low);
        while (at(slope, high) < 0) high = further("above", high);
        for (double middle = (low + high) / 2; low < middle && middle < high; middle = (low + high) / 2) {
            double rise = at(slope, middle);
            if (rise == 0) return middle;
            if (rise < 0) low = middle;
            else high = middle;
        }
        return high;
    }

    /** {@link #number(Loss, Tensor)} under a distribution, of which 10,000 quantiles at even levels stand for all. */
    public static double number(Loss loss, UnivariateDistribution targets) {
        var quantiles = new double[QUANTILES];
        for (int i = 0; i < QUANTILES; i++) quantiles[i] = targets.quantile((i + 0.5) / QUANTILES);
        return number(loss, Tensor.of(quantiles));
    }

    /**
     * The vector of {@code size} that minimises a smooth loss of predicting it for each target, from zeros by L-BFGS.
     *
     * @param targets their first axis are examples
     */
    public static Tensor vector(Loss loss, Tensor targets, int size) {
        long n = targets.size(0);
        var objective = Objective.of(c -> loss.of(c.unsqueeze(0).expand(n, size), targets));
        var minimum = new Lbfgs().withGradientTolerance(1e-10).minimize(objective, new double[size]);
        if (!Double.isFinite(minimum.value()))
            throw new ConvergenceException("Elicitation: the loss is " + minimum.value() + "; it is finite near 0");
        return Tensor.of(minimum.x());
    }

    private static double at(UnaryOperator<Tensor> slope, double c) {
        double rise = slope.apply(Tensor.scalar(c)).item();
        if (Double.isNaN(rise)) throw new IllegalArgumentException("Elicitation: the slope of the loss at " + c
                + " is NaN; targets are numbers, not none, and the loss is finite for any prediction");
        return rise;
    }

    private static double further(String side, double bound) {
        if (Math.abs(bound) > 1e15) throw new ConvergenceException("Elicitation: the loss still falls " + side + " " + bound
                + "; a target distribution without spread, or a loss without a minimum");
        return 2 * bound;
    }
}
