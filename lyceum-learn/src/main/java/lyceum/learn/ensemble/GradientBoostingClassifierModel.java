package lyceum.learn.ensemble;

import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link GradientBoostingClassifier}.
 *
 * @param classes the labels, ascending
 * @param boosting the sum of trees: one score for two classes, else one a class
 * @param link from the score of two classes to the probability of the second
 */
public record GradientBoostingClassifierModel(long[] classes, GradientBoosting boosting, BoostingLoss.Link link)
        implements ClassificationModel {
    @Override public long[] classes() { return classes.clone(); }

    @Override public int nFeatures() { return boosting.nFeatures(); }

    /** The scores: (n) for two classes, log odds or half of them under the exponential loss; else (n x classes). */
    @Override public Tensor decisionFunction(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        var scores = Tensor.of(boosting.scores(rows)).to(rows.dtype());
        return classes.length == 2 ? scores : scores.reshape(rows.size(0), classes.length);
    }

    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        int n = (int) rows.size(0), k = classes.length;
        double[] f = boosting.scores(rows);
        if (k > 2) return Tensor.of(f, n, k).softmax(1).to(rows.dtype());
        var p = new double[2 * n];
        for (int i = 0; i < n; i++) {
            p[2 * i + 1] = link.of(f[i]);
            p[2 * i] = link.of(-f[i]);
        }
        return Tensor.of(p, n, k).to(rows.dtype());
    }

    /** The model of the first stages alone: staged predictions. */
    public GradientBoostingClassifierModel first(int stages) {
        return new GradientBoostingClassifierModel(classes, boosting.first(stages), link);
    }
}
