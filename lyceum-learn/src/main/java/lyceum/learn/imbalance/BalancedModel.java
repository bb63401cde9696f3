package lyceum.learn.imbalance;

import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Labels;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link BalancedClassifier}.
 *
 * @param model fitted to balanced rows
 * @param correction of its probabilities, or null
 */
public record BalancedModel(ClassificationModel model, PriorCorrection correction) implements ClassificationModel {
    @Override public int nFeatures() { return model.nFeatures(); }

    @Override public long[] classes() { return model.classes(); }

    @Override public boolean hasProbabilities() { return model.hasProbabilities(); }

    @Override public Tensor predictProba(Tensor x) {
        return correction == null ? model.predictProba(x) : correction.apply(model.predictProba(x));
    }

    @Override public Tensor decisionFunction(Tensor x) {
        return correction == null ? model.decisionFunction(x) : ClassificationModel.super.decisionFunction(x);
    }

    @Override public Tensor predict(Tensor x) { return correction == null ? model.predict(x) : Labels.choose(classes(), predictProba(x)); }
}
