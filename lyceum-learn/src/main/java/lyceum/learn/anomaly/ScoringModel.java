package lyceum.learn.anomaly;

import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;

/** A fitted {@link AnomalyScorer}. */
public interface ScoringModel extends Model {
    /** How odd each row of x (n x p) is (n), F64: larger is odder. The unit is the method's own. */
    Tensor scores(Tensor x);

    /** The same of the rows that it was fitted on (n), each without itself where the method compares rows with each other. */
    Tensor trainingScores();
}
