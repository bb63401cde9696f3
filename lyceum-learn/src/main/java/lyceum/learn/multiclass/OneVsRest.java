package lyceum.learn.multiclass;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;

/**
 * K classes by K binary fits, each class against all others; the highest score decides. Probabilities are the K of the fits, divided by their sum.
 *
 * {@snippet :
 * var learner = new OneVsRest(new LogisticRegression());
 * }
 *
 * @param learner of two classes
 * @see <a href="https://www.jmlr.org/papers/v5/rifkin04a.html">Rifkin and Klautau (2004)</a>
 */
public record OneVsRest(Classifier learner) implements Classifier {
    @Override public Set<Tag> tags() { return TwoClasses.tags(learner, !learner.tags().contains(Tag.NO_PROBABILITIES)); }

    @Override public Fitted fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public Fitted fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var seen = input.severalLabels(labels);
        if (weights != null) input.weights(weights);
        var models = new ArrayList<ClassificationModel>();
        for (int k = seen.count() == 2 ? 1 : 0; k < seen.count(); k++) { // of two classes one fit says all
            var second = new boolean[seen.rows()];
            for (int i = 0; i < second.length; i++) second[i] = seen.codes()[i] == k;
            models.add(TwoClasses.fit(learner, input.x(), second, weights));
        }
        return new Fitted(seen.classes(), models);
    }

    /** @param models one for each class, or one for the second of two */
    public record Fitted(long[] classes, List<ClassificationModel> models) implements ClassificationModel {
        @Override public long[] classes() { return classes.clone(); }

        @Override public int nFeatures() { return models.getFirst().nFeatures(); }

        @Override public boolean hasProbabilities() { return models.getFirst().hasProbabilities(); }

        @Override public Tensor decisionFunction(Tensor x) {
            var rows = LearnerInput.forModelWithNaN(this, x).x();
            if (models.size() == 1) return TwoClasses.score(models.getFirst(), rows).to(rows.dtype());
            return Tensor.concat(1, models.stream().map(m -> TwoClasses.score(m, rows).unsqueeze(1)).toArray(Tensor[]::new))
                    .to(rows.dtype());
        }

        @Override public Tensor predictProba(Tensor x) {
            if (!hasProbabilities())
                throw new UnsupportedOperationException("OneVsRest.predictProba: the binary models have no probabilities");
            var rows = LearnerInput.forModelWithNaN(this, x).x();
            if (models.size() == 1) return models.getFirst().predictProba(rows);
            var p = Tensor.concat(1, models.stream().map(m -> TwoClasses.probability(m, rows).unsqueeze(1)).toArray(Tensor[]::new));
            var sum = p.sum(1).unsqueeze(1);
            return sum.gt(0).where(p.div(sum), Tensor.full(p.dtype(), 1.0 / models.size(), 1)).to(rows.dtype());
        }

        /** By scores, which still differ where probabilities round to 1. */
        @Override public Tensor predict(Tensor x) { return Labels.choose(classes, decisionFunction(x)); }
    }
}
