package lyceum.learn.anomaly;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.NoveltyDetector;
import lyceum.stats.learner.NoveltyModel;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Any {@link AnomalyScorer} with a threshold: rows that score above it are anomalies.
 *
 * {@snippet :
 * var model = new AnomalyDetector(new IsolationForest(), 0.01).fit(x);      // the oddest 1% of x lie above the threshold
 * Tensor scores = model.scores(z);                                           // larger is odder
 * Tensor normal = model.isNormal(z);
 * double[] why = model.explain(z.narrow(0, 0, 1)).select(0, 0).toDoubleArray();
 * Tensor p = model.calibrate(clean).pValues(z);                              // alarms at p <= 0.05 are false in at most 5%
 * }
 *
 * <p>Contamination moves the threshold and teaches nothing. What a false alarm rate is worth depends on the base rate: of one anomaly in 10,000 and 1%
 * false alarms, one alarm in a hundred is real.
 *
 * @param scorer what oddness means
 * @param contamination the share of training rows to lie above the threshold, in [0, 0.5]
 */
@Withers
public record AnomalyDetector(AnomalyScorer scorer, double contamination) implements AnomalyDetectorWithers, NoveltyDetector {
    public AnomalyDetector {
        Objects.requireNonNull(scorer, "scorer");
        if (!(contamination >= 0 && contamination <= 0.5))
            throw new IllegalArgumentException("AnomalyDetector: contamination is " + contamination + "; it lies between 0 and 0.5");
    }

    @Override public Set<Tag> tags() { return Set.of(Tag.NO_WEIGHTS, Tag.RANDOMISED); }

    @Override public Fitted fit(Tensor x) { return fit(x, null); }

    @Override public Fitted fit(Tensor x, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var model = scorer.fit(input.x());
        double[] scores = model.trainingScores().toDoubleArray();
        Arrays.sort(scores);
        int above = (int) Math.floor(contamination * scores.length + 1e-9);
        return new Fitted(model, scores[scores.length - 1 - above], medians(input.x()));
    }

    private static double[] medians(Tensor x) {
        double[][] columns = x.to(DType.F64).transpose().contiguous().toRows();
        var medians = new double[columns.length];
        for (int j = 0; j < medians.length; j++) {
            Arrays.sort(columns[j]);
            medians[j] = (columns[j][(columns[j].length - 1) / 2] + columns[j][columns[j].length / 2]) / 2;
        }
        return medians;
    }

    /**
     * @param model that scores
     * @param threshold the largest score that is normal
     * @param medians of the training columns
     */
    public record Fitted(ScoringModel model, double threshold, double[] medians) implements NoveltyModel {
        @Override public int nFeatures() { return model.nFeatures(); }

        /** Larger is odder (n), F64. */
        public Tensor scores(Tensor x) { return model.scores(x); }

        @Override public Tensor decisionFunction(Tensor x) {
            var rows = LearnerInput.forModel(this, x).x();
            return model.scores(rows).neg().add(threshold).to(rows.dtype());
        }

        /** By how much each score falls (n x p) when one column is set to its median: which columns made the row odd. */
        public Tensor explain(Tensor x) {
            var rows = LearnerInput.forModel(this, x).x().to(DType.F64);
            double[] all = model.scores(rows).toDoubleArray();
            double[][] values = rows.toRows();
            var out = new double[all.length][medians.length];
            for (int j = 0; j < medians.length; j++) {
                var column = new double[all.length];
                for (int i = 0; i < all.length; i++) {
                    column[i] = values[i][j];
                    values[i][j] = medians[j];
                }
                double[] without = model.scores(Tensor.of(values)).toDoubleArray();
                for (int i = 0; i < all.length; i++) {
                    out[i][j] = all[i] - without[i];
                    values[i][j] = column[i];
                }
            }
            return all.length == 0 ? Tensor.zeros(DType.F64, 0, medians.length) : Tensor.of(out);
        }

        /** With normal rows that the model has not seen, scores become p-values. */
        public ConformalAnomalies calibrate(Tensor normal) { return ConformalAnomalies.of(model, normal); }
    }
}
