package lyceum.learn.anomaly;

import lyceum.stats.learner.Learner;
import lyceum.tensor.Tensor;

/** Learns from rows that are mostly normal how odd a row is. {@link AnomalyDetector} adds a threshold. */
public interface AnomalyScorer extends Learner {
    /**
     * @param x (n x p), F64 or F32, finite; scale columns first where a distance between rows is meant
     * @throws IllegalArgumentException if shapes or values do not fit; the message names them
     */
    ScoringModel fit(Tensor x);
}
