package lyceum.learn.imbalance;

import lyceum.learn.selection.TrainingOnly;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * Rows resampled for a fit. They are no data to evaluate with: {@link lyceum.learn.selection.CrossValidation} refuses them, and a {@link BalancedClassifier}
 * resamples the training rows of each fold instead.
 *
 * @param x (m x p), in the type of the rows they come from
 * @param labels (m), I64
 * @param source the row that each comes from
 * @param partner the row that it is mixed with, or the source again
 * @param share of the partner in the mixture, in [0, 1]
 * @param by what made them
 */
public record Resampled(Tensor x, Tensor labels, int[] source, int[] partner, double[] share, String by) implements TrainingOnly {
    public int size() { return source.length; }

    /** A classifier fitted to these rows. */
    public ClassificationModel fit(Classifier classifier) { return classifier.fit(x, labels); }

    @Override public String advice() {
        return by + " made these rows before folds were cut, so that copies and mixtures of one row would train and test; "
                + "cut the folds of the rows as they were, with a BalancedClassifier that resamples the training rows of each";
    }
}
