package lyceum.learn.anomaly;

import java.util.Objects;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.stats.Mahalanobis;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Far from the bulk: squared Mahalanobis distance from the centre. Finds points outside an ellipse, and none in the hole of a ring.
 *
 * @param covariance ROBUST by default: anomalies in the training rows would else widen the ellipse that should keep them out
 * @param seed of the robust estimate's starts
 * @see <a href="https://doi.org/10.1080/00401706.1999.10485670">Rousseeuw and Van Driessen (1999): FAST-MCD</a>
 */
@Withers
public record RobustDistance(Covariance covariance, long seed) implements RobustDistanceWithers, AnomalyScorer {
    /** How centre and spread are estimated. */
    public enum Covariance {
        SAMPLE,
        /** Ledoit and Wolf's, for many columns beside few rows. */
        SHRUNK,
        /** Minimum covariance determinant. */
        ROBUST
    }

    public RobustDistance { Objects.requireNonNull(covariance, "covariance"); }

    public RobustDistance() { this(Covariance.ROBUST, 0); }

    @Override public Fitted fit(Tensor x) {
        var rows = LearnerInput.forFit(this, x).x().to(DType.F64);
        var metric = switch (covariance) {
            case SAMPLE -> Mahalanobis.fit(rows);
            case SHRUNK -> Mahalanobis.shrunk(rows);
            case ROBUST -> Mahalanobis.robust(rows, Rng.of(seed));
        };
        return new Fitted(metric.mean(), metric.covariance(), scores(metric, rows));
    }

    private static Tensor scores(Mahalanobis metric, Tensor rows) {
        double[][] x = rows.toRows();
        var out = new double[x.length];
        for (int i = 0; i < out.length; i++) out[i] = metric.squared(x[i]);
        return Tensor.of(out);
    }

    public record Fitted(double[] mean, Tensor covariance, Tensor trainingScores) implements ScoringModel {
        @Override public int nFeatures() { return mean.length; }

        @Override public Tensor scores(Tensor x) {
            var rows = LearnerInput.forModel(this, x).x().to(DType.F64);
            return RobustDistance.scores(Mahalanobis.of(mean, covariance.toRows()), rows);
        }
    }
}
