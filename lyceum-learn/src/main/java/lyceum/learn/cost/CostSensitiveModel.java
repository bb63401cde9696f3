package lyceum.learn.cost;

import lyceum.learn.imbalance.ThresholdModel;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link CostSensitive}. It decides; what it decides by are the probabilities of {@link #model}, true ones or moved by weights as the method has it.
 *
 * @param costs by which the model's probabilities are judged, or null where the model itself minds the costs
 * @param threshold of the larger label's probability for TUNED_THRESHOLD, NaN otherwise
 */
public record CostSensitiveModel(ClassificationModel model, CostMatrix costs, double threshold) implements ClassificationModel {
    static CostSensitiveModel plain(ClassificationModel model) { return new CostSensitiveModel(model, null, Double.NaN); }

    @Override public int nFeatures() { return model.nFeatures(); }

    @Override public long[] classes() { return model.classes(); }

    @Override public boolean hasProbabilities() { return false; }

    @Override public Tensor predictProba(Tensor x) {
        throw new UnsupportedOperationException(
                "CostSensitiveModel: decisions do not follow the larger probability; ask model().predictProba(x)");
    }

    /** How much cheaper a label is: of two classes what the smaller one is expected to cost more than the larger; of several the negative expected costs. */
    @Override public Tensor decisionFunction(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        if (costs != null) {
            var expected = costs.expected(model.predictProba(rows));
            return (classes().length == 2 ? expected.select(1, 0).sub(expected.select(1, 1)) : expected.neg()).to(rows.dtype()).compute();
        }
        return (Double.isNaN(threshold) ? model : new ThresholdModel(model, threshold)).decisionFunction(rows);
    }
}
