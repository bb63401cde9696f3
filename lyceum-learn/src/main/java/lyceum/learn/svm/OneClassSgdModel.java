package lyceum.learn.svm;

import lyceum.DType;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.NoveltyModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link OneClassSgd}.
 *
 * @param features the fitted map, or null
 * @param weights (D)
 * @param rho the offset: at most a share nu of the training rows scores less
 */
public record OneClassSgdModel(FittedTransformer features, Tensor weights, double rho, int nFeatures) implements NoveltyModel {
    @Override public Tensor decisionFunction(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        var wide = rows.to(DType.F64);
        return (features == null ? wide : features.transform(wide)).matmul(weights).sub(rho).to(rows.dtype());
    }
}
