package lyceum.learn.linear;

import java.util.List;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link RidgeCv}.
 *
 * @param best the model at the chosen strength
 * @param alphas the candidates
 * @param scores the criterion at each, smaller is better
 */
public record RidgeCvModel(RidgeModel best, List<Double> alphas, List<Double> scores) implements LinearModel {
    @Override public Tensor coefficients() { return best.coefficients(); }

    @Override public Tensor intercept() { return best.intercept(); }

    /** The chosen strength. */
    public double alpha() { return best.alpha(); }
}
