package lyceum.stats.learner;

import lyceum.tensor.Tensor;

/** A fitted {@link NoveltyDetector}. */
public interface NoveltyModel extends Model {
    /** A score that grows with normality (n), in the type of {@code x}: negative for novelties. */
    Tensor decisionFunction(Tensor x);

    /** True where a row of {@code x} is normal, false where it is a novelty (n), BOOL. */
    default Tensor isNormal(Tensor x) { return decisionFunction(x).ge(0); }
}
