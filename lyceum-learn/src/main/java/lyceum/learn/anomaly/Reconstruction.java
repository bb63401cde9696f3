package lyceum.learn.anomaly;

import java.util.Objects;
import lyceum.DType;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/**
 * Off the usual subspace: the squared error of going there and back, for any invertible transformer, such as {@code new Pca(2)}. Blind to rows that
 * are far out within the subspace.
 */
public record Reconstruction(Transformer transformer) implements AnomalyScorer {
    public Reconstruction { Objects.requireNonNull(transformer, "transformer"); }

    @Override public Fitted fit(Tensor x) {
        var rows = LearnerInput.forFit(this, x).x();
        var model = transformer.fit(rows);
        if (!model.isInvertible()) throw new IllegalArgumentException("Reconstruction.fit: " + transformer.name() + " has no way back");
        return new Fitted(model, errors(model, rows));
    }

    private static Tensor errors(FittedTransformer model, Tensor rows) {
        return rows.sub(model.inverse(model.transform(rows))).to(DType.F64).square().sum(1).compute();
    }

    public record Fitted(FittedTransformer model, Tensor trainingScores) implements ScoringModel {
        @Override public int nFeatures() { return model.nFeatures(); }

        @Override public Tensor scores(Tensor x) { return errors(model, LearnerInput.forModel(this, x).x()); }
    }
}
