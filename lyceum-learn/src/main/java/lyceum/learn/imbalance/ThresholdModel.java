package lyceum.learn.imbalance;

import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A model of two classes that is cut elsewhere than at one half. It decides; probabilities are those of {@link #model}.
 *
 * @param threshold least probability of the larger label that is called so
 */
public record ThresholdModel(ClassificationModel model, double threshold) implements ClassificationModel {
    @Override public int nFeatures() { return model.nFeatures(); }

    @Override public long[] classes() { return model.classes(); }

    @Override public boolean hasProbabilities() { return false; }

    @Override public Tensor predictProba(Tensor x) {
        throw new UnsupportedOperationException(
                "ThresholdModel: decisions do not follow the larger probability; ask model().predictProba(x)");
    }

    /** Probability of the larger label less the threshold; a row at the threshold has the least positive number. */
    @Override public Tensor decisionFunction(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        double[] p = model.predictProba(rows).select(1, 1).toDoubleArray();
        for (int i = 0; i < p.length; i++) p[i] = p[i] >= threshold ? Math.max(Float.MIN_VALUE, p[i] - threshold) : p[i] - threshold;
        return Tensor.of(p).to(rows.dtype());
    }
}
