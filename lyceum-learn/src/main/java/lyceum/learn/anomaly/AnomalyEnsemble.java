package lyceum.learn.anomaly;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * Several scorers as one. Each score is put on one scale by the median and the median absolute deviation of its training scores, then they are
 * averaged, or the largest is taken: the mean is steadier, the maximum hears the one specialist.
 *
 * @param scorers at least one
 * @param combination mean by default
 */
public record AnomalyEnsemble(List<AnomalyScorer> scorers, Combination combination) implements AnomalyScorer {
    public enum Combination {
        MEAN, MAXIMUM
    }

    public AnomalyEnsemble {
        scorers = List.copyOf(scorers);
        Objects.requireNonNull(combination, "combination");
        if (scorers.isEmpty()) throw new IllegalArgumentException("AnomalyEnsemble: there are no scorers");
    }

    public AnomalyEnsemble(AnomalyScorer... scorers) { this(List.of(scorers), Combination.MEAN); }

    @Override public Fitted fit(Tensor x) {
        var rows = LearnerInput.forFit(this, x).x();
        var models = scorers.stream().map(s -> s.fit(rows)).toList();
        double[] centre = new double[models.size()], scale = new double[centre.length];
        var training = new double[centre.length][];
        for (int m = 0; m < centre.length; m++) {
            training[m] = models.get(m).trainingScores().toDoubleArray();
            double c = centre[m] = median(training[m]), s = median(Arrays.stream(training[m]).map(v -> Math.abs(v - c)).toArray());
            scale[m] = s == 0 ? 1 : s;
        }
        return new Fitted(models, combination, centre, scale, Tensor.of(combined(training, combination, centre, scale)));
    }

    private static double median(double[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private static double[] combined(double[][] scores, Combination combination, double[] centre, double[] scale) {
        var out = new double[scores[0].length];
        for (int i = 0; i < out.length; i++) {
            double sum = 0, most = Double.NEGATIVE_INFINITY;
            for (int m = 0; m < scores.length; m++) {
                double z = (scores[m][i] - centre[m]) / scale[m];
                sum += z / scores.length;
                most = Math.max(most, z);
            }
            out[i] = combination == Combination.MEAN ? sum : most;
        }
        return out;
    }

    public record Fitted(List<ScoringModel> models, Combination combination, double[] centre, double[] scale, Tensor trainingScores)
            implements ScoringModel {
        @Override public int nFeatures() { return models.getFirst().nFeatures(); }

        @Override public Tensor scores(Tensor x) {
            var all = new double[models.size()][];
            for (int m = 0; m < all.length; m++) all[m] = models.get(m).scores(x).toDoubleArray();
            return Tensor.of(combined(all, combination, centre, scale));
        }
    }
}
