package lyceum.learn.linear;

import java.util.List;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link RidgeCv}.
 *
 * @param model at the chosen strength, as in {@link LassoCvModel}
 * @param alphas the candidates
 * @param scores the criterion at each, smaller is better
 */
public record RidgeCvModel(RidgeModel model, List<Double> alphas, List<Double> scores) implements LinearModel {
    @Override public Tensor coefficients() { return model.coefficients(); }

    @Override public Tensor intercept() { return model.intercept(); }

    /** The chosen strength. */
    public double alpha() { return model.alpha(); }
}
