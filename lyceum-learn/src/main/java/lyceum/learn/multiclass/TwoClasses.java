package lyceum.learn.multiclass;

import java.util.EnumSet;
import java.util.Set;
import lyceum.DType;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;

/** What the reductions share: binary fits and their scores. */
final class TwoClasses {
    private TwoClasses() {}

    /** A model's score for its second class, (n) F64: the decision function; of a model that has seen one class plus or minus 1. */
    static Tensor score(ClassificationModel model, Tensor x) {
        long[] classes = model.classes();
        if (classes.length == 1) return Tensor.full(DType.F64, classes[0] == 1 ? 1 : -1, x.size(0));
        return model.decisionFunction(x).to(DType.F64);
    }

    /** Its probability of label 1. */
    static Tensor probability(ClassificationModel model, Tensor x) {
        long[] classes = model.classes();
        if (classes.length == 1) return Tensor.full(DType.F64, classes[0], x.size(0));
        return model.predictProba(x).to(DType.F64).select(1, 1).contiguous();
    }

    /** Fits one class of codes against others: 1 for those of which {@code second} is true. */
    static ClassificationModel fit(Classifier learner, Tensor x, boolean[] second, Tensor weights) {
        var labels = new long[second.length];
        boolean same = true;
        for (int i = 0; i < labels.length; i++) {
            labels[i] = second[i] ? 1 : 0;
            same &= second[i] == second[0];
        }
        return same ? new Constant((int) x.size(1), labels[0]) : learner.fit(x, Tensor.of(labels), weights);
    }

    /** What a bit that is the same for all classes comes to. */
    record Constant(int nFeatures, long label) implements ClassificationModel {
        @Override public long[] classes() { return new long[] {label}; }

        @Override public Tensor predictProba(Tensor x) { return Tensor.ones(x.dtype(), LearnerInput.forModelWithNaN(this, x).rows(), 1); }
    }

    static Set<Tag> tags(Classifier learner, boolean probabilities) {
        var tags = EnumSet.noneOf(Tag.class);
        tags.addAll(learner.tags());
        tags.remove(Tag.BINARY_ONLY);
        if (!probabilities) tags.add(Tag.NO_PROBABILITIES);
        return tags;
    }
}
