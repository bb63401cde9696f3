package lyceum.learn.anomaly;

import java.util.Objects;
import lyceum.DType;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.NoveltyDetector;
import lyceum.stats.learner.NoveltyModel;
import lyceum.tensor.Tensor;

/** Outside a learned boundary: minus the decision function of any {@link NoveltyDetector}, such as a one-class SVM. */
public record OneClassScore(NoveltyDetector detector) implements AnomalyScorer {
    public OneClassScore { Objects.requireNonNull(detector, "detector"); }

    @Override public Fitted fit(Tensor x) {
        var rows = LearnerInput.forFit(this, x).x();
        var model = detector.fit(rows);
        return new Fitted(model, score(model, rows));
    }

    private static Tensor score(NoveltyModel model, Tensor rows) { return model.decisionFunction(rows).to(DType.F64).neg().compute(); }

    public record Fitted(NoveltyModel model, Tensor trainingScores) implements ScoringModel {
        @Override public int nFeatures() { return model.nFeatures(); }

        @Override public Tensor scores(Tensor x) { return score(model, LearnerInput.forModel(this, x).x()); }
    }
}
