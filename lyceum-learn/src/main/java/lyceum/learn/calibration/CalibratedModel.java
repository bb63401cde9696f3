package lyceum.learn.calibration;

import java.util.List;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link CalibratedClassifier}.
 *
 * @param parts models with their maps, whose probabilities are averaged
 */
public record CalibratedModel(long[] classes, List<Part> parts) implements ClassificationModel {

    /** A model, and the map of its scores. */
    public record Part(ClassificationModel model, CalibrationMap map, Kind kind) {}

    /** What the map takes. */
    public enum Kind {
        /** The decision function. */
        SCORES,
        /** The decision function, held between -50 and 50, with a column for each class or one for two. */
        LOGITS,
        /** The probabilities; of the second class where there are two. */
        PROBABILITIES;

        Tensor of(ClassificationModel model, Tensor x) {
            if (this == PROBABILITIES) {
                var p = model.predictProba(x);
                return model.classes().length == 2 ? p.select(1, 1) : p;
            }
            var scores = model.decisionFunction(x);
            return this == LOGITS ? scores.clamp(-50, 50) : scores;
        }
    }

    public CalibratedModel { parts = List.copyOf(parts); }

    CalibratedModel(long[] classes, Part[] parts) { this(classes, List.of(parts)); }

    @Override public long[] classes() { return classes.clone(); }

    @Override public int nFeatures() { return parts.getFirst().model.nFeatures(); }

    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        Tensor sum = null;
        for (var part : parts) {
            var p = part.map.apply(part.kind.of(part.model, rows));
            sum = sum == null ? p : sum.add(p);
        }
        return sum.div(parts.size()).to(rows.dtype());
    }
}
