package lyceum.learn.anomaly;

import java.util.Arrays;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;

/**
 * Scores as p-values: {@code p = (1 + #{calibration scores >= s}) / (m + 1)}. If a new row is exchangeable with the m calibration rows, alarming at
 * {@code p <= a} is false in at most a share a of cases, whatever the scorer. No p is below {@code 1 / (m + 1)}. Many rows at once are for
 * {@link lyceum.stats.MultipleTesting}: these p-values are positively dependent, so Benjamini and Hochberg's rule holds.
 *
 * @param model fitted on other rows
 * @param calibration scores, ascending
 * @see <a href="https://arxiv.org/abs/2104.08279">Bates, Candès, Lei, Romano and Sesia (2023)</a>
 */
public record ConformalAnomalies(ScoringModel model, double[] calibration) implements Model {
    /** @param normal rows (m x p) that are normal and were not used to fit the model */
    public static ConformalAnomalies of(ScoringModel model, Tensor normal) {
        double[] scores = model.scores(normal).toDoubleArray();
        if (scores.length == 0) throw new IllegalArgumentException("ConformalAnomalies: there are no calibration rows");
        Arrays.sort(scores);
        return new ConformalAnomalies(model, scores);
    }

    @Override public int nFeatures() { return model.nFeatures(); }

    /** The p-value of each row (n), F64: small is odd. */
    public Tensor pValues(Tensor x) {
        double[] scores = model.scores(LearnerInput.forModel(this, x).x()).toDoubleArray();
        int m = calibration.length;
        for (int i = 0; i < scores.length; i++) {
            int low = 0, high = m;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (calibration[middle] >= scores[i]) high = middle;
                else low = middle + 1;
            }
            scores[i] = (1.0 + m - low) / (m + 1);
        }
        return Tensor.of(scores);
    }

    /** Where p is at most {@code level} (n), BOOL. */
    public Tensor isAnomaly(Tensor x, double level) {
        if (!(level > 0 && level < 1)) throw new IllegalArgumentException("isAnomaly: level is " + level + "; it lies between 0 and 1");
        return pValues(x).le(level);
    }
}
