package lyceum.stats.learner;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** A fitted {@link Regressor}. */
public interface RegressionModel extends Model {
    /** Predictions for the rows of {@code x} (n x p): (n), or (n x m) if it was fitted on (n x m) targets, in the type of {@code x}. */
    Tensor predict(Tensor x);

    /** {@link #score(Tensor, Tensor, Tensor)} with equal weights. */
    default double score(Tensor x, Tensor y) { return score(x, y, null); }

    /**
     * The coefficient of determination, {@code R2 = 1 - sum w (y - f)^2 / sum w (y - mean)^2}; the mean over outputs if there are several.
     * For a constant {@code y} it is 1 if every prediction is exact and 0 otherwise.
     */
    default double score(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forScore(this, x);
        int n = input.rows();
        var targets = input.targets(y).to(DType.F64);
        double[] w = input.weights(weights), truth = targets.toDoubleArray(), prediction = predict(x).toDoubleArray();
        if (truth.length != prediction.length) {
            throw new ShapeException(
                    LearnerInput.nameOf(this) + ".score: y has " + truth.length + " values but the model predicts " + prediction.length);
        }
        var weight = Tensor.of(w);
        // Of equal weights the mean as y.mean(0) adds it up: then it scores 0 to the last bit.
        double[] mean = (weights == null ? targets.mean(0) : weight.matmul(targets).div(weight.sum())).toDoubleArray();
        int outputs = truth.length / n;
        double total = 0;
        for (int o = 0; o < outputs; o++) total += determination(truth, prediction, w, mean[o], o, outputs);
        return total / outputs;
    }

    private static double determination(double[] truth, double[] prediction, double[] w, double mean, int output, int outputs) {
        double residual = 0, spread = 0;
        for (int i = 0; i < w.length; i++) {
            double y = truth[i * outputs + output], error = y - prediction[i * outputs + output];
            residual += w[i] * error * error;
            spread += w[i] * (y - mean) * (y - mean);
        }
        if (spread > 0) return 1 - residual / spread;
        return residual == 0 ? 1 : 0;
    }
}
