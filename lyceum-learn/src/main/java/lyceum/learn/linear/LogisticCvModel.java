package lyceum.learn.linear;

import java.util.List;
import lyceum.stats.learner.ClassificationModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link LogisticRegressionCv}.
 *
 * @param model on all rows, at the chosen strength
 * @param cs the candidates
 * @param errors (candidates x folds) log losses
 * @param c the chosen one
 */
public record LogisticCvModel(LogisticModel model, List<Double> cs, Tensor errors, double c) implements ClassificationModel {
    @Override public long[] classes() { return model.classes(); }

    @Override public int nFeatures() { return model.nFeatures(); }

    @Override public Tensor predictProba(Tensor x) { return model.predictProba(x); }

    @Override public Tensor decisionFunction(Tensor x) { return model.decisionFunction(x); }

    @Override public Tensor predict(Tensor x) { return model.predict(x); }
}
