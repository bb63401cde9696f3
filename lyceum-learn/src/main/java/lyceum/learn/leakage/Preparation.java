package lyceum.learn.leakage;

import lyceum.learn.selection.Fold;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/**
 * What is done to the rows before a learner sees them, written as it is done: it is given all rows and the fold, and may look where it must not. A learner that
 * is a {@link lyceum.stats.learner.Pipeline} needs none: it is fitted to training rows and cannot look elsewhere.
 */
@FunctionalInterface
public interface Preparation {
    /** The rows of a fold as the learner gets them: (training rows x columns) and (test rows x columns). */
    record Prepared(Tensor train, Tensor test) {}

    /**
     * Prepares the rows of a fold; the same answer for the same rows.
     *
     * @param x all rows
     * @param y all targets or labels
     */
    Prepared prepare(Tensor x, Tensor y, Fold fold);

    /** The same work done as it should be, or null if that is not known. */
    default Preparation repaired() { return null; }

    /** The rows as they are. */
    static Preparation none() { return (x, y, fold) -> new Prepared(x.rows(fold.train()), x.rows(fold.test())); }

    /** A transformer fitted to the training rows of each fold: as it should be. */
    static Preparation inside(Transformer transformer) {
        return (x, y, fold) -> {
            var train = x.rows(fold.train());
            var fitted = transformer.fit(train, y.rows(fold.train()), null);
            return new Prepared(fitted.transform(train), fitted.transform(x.rows(fold.test())));
        };
    }

    /** A transformer fitted to all rows before the folds are cut: the mistake. */
    static Preparation outside(Transformer transformer) {
        return new Preparation() {
            @Override public Prepared prepare(Tensor x, Tensor y, Fold fold) {
                var all = transformer.fit(x, y, null).transform(x);
                return new Prepared(all.rows(fold.train()), all.rows(fold.test()));
            }

            @Override public Preparation repaired() { return inside(transformer); }
        };
    }
}
