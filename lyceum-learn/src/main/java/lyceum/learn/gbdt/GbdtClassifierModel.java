package lyceum.learn.gbdt;

import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link GbdtClassifier}.
 *
 * @param classes the labels, ascending
 * @param trees with one score, the log odds, for two classes, else one a class
 */
public record GbdtClassifierModel(long[] classes, GradientBoostedTrees trees) implements ClassificationModel {
    public GbdtClassifierModel {
        if (trees.outputs() != (classes.length == 2 ? 1 : classes.length)) throw new IllegalArgumentException(
                "GbdtClassifierModel: trees of " + trees.outputs() + " outputs for " + classes.length + " classes");
    }

    @Override public long[] classes() { return classes.clone(); }

    @Override public int nFeatures() { return trees.nFeatures(); }

    /** The scores: (n) log odds for two classes, else (n x classes). */
    @Override public Tensor decisionFunction(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        var scores = trees.scores(rows).to(rows.dtype());
        return classes.length == 2 ? scores.reshape(rows.size(0)) : scores;
    }

    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        var f = trees.scores(rows);
        return (classes.length == 2 ? Tensor.concat(1, f.neg().sigmoid(), f.sigmoid()) : f.softmax(1)).to(rows.dtype());
    }

    /** The model of the first rounds alone. */
    public GbdtClassifierModel first(int rounds) { return new GbdtClassifierModel(classes, trees.first(rounds)); }
}
