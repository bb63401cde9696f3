package lyceum.learn.anomaly;

import java.util.Objects;
import lyceum.DType;
import lyceum.stats.learner.Density;
import lyceum.stats.learner.DensityModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/** Improbable: minus the log density of any {@link Density}, such as a Gaussian mixture. */
public record DensityScore(Density density) implements AnomalyScorer {
    public DensityScore { Objects.requireNonNull(density, "density"); }

    @Override public Fitted fit(Tensor x) {
        var rows = LearnerInput.forFit(this, x).x().to(DType.F64);
        var model = density.fit(rows);
        return new Fitted(model, model.logDensity(rows).neg().compute());
    }

    public record Fitted(DensityModel model, Tensor trainingScores) implements ScoringModel {
        @Override public int nFeatures() { return model.nFeatures(); }

        @Override public Tensor scores(Tensor x) {
            return model.logDensity(LearnerInput.forModel(this, x).x().to(DType.F64)).neg().compute();
        }
    }
}
