package lyceum.stats.learner;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/** A fitted {@link Classifier}. */
public interface ClassificationModel extends Model {
    /** The labels seen, ascending: column k of {@link #predictProba} belongs to {@code classes()[k]}. A copy. */
    long[] classes();

    /**
     * The probability of each class (n x classes), rows summing to 1, in the type of {@code x}.
     *
     * @throws UnsupportedOperationException if {@link #hasProbabilities()} is false
     */
    Tensor predictProba(Tensor x);

    /** False for models that only rank or decide (perceptron, support vectors without calibration). */
    default boolean hasProbabilities() { return true; }

    /**
     * A score that grows with the evidence: (n) for two classes, positive for {@code classes()[1]}; (n x classes) otherwise.
     * By default the log odds, or the log probabilities.
     */
    default Tensor decisionFunction(Tensor x) {
        var p = predictProba(x);
        if (classes().length != 2) return p.log();
        return p.select(1, 1).log().sub(p.select(1, 0).log());
    }

    /** The most probable label of each row (n), I64; the smaller label at a tie. */
    default Tensor predict(Tensor x) { return Labels.choose(classes(), hasProbabilities() ? predictProba(x) : decisionFunction(x)); }

    /** {@link #score(Tensor, Tensor, Tensor)} with equal weights. */
    default double score(Tensor x, Tensor labels) { return score(x, labels, null); }

    /** Accuracy: the weighted share of rows whose label is predicted. */
    default double score(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forScore(this, x);
        double[] w = input.weights(weights);
        long[] truth = input.labelValues(labels), predicted = predict(x).toLongArray();
        double right = 0;
        for (int i = 0; i < w.length; i++) if (truth[i] == predicted[i]) right += w[i];
        return right / Arrays.stream(w).sum();
    }
}
