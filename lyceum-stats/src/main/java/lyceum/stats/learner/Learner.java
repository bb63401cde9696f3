package lyceum.stats.learner;

import java.util.Set;

/**
 * Something with hyper-parameters that can be fitted: a {@link Regressor}, {@link Classifier}, {@link Clusterer}, {@link Transformer},
 * {@link Density} or {@link NoveltyDetector}.
 *
 * <p>Implementations are immutable (records), check their hyper-parameters when built, never change their inputs, and give the same model
 * for the same data whatever the number of threads. A stochastic one has its seed among its hyper-parameters.
 */
public interface Learner {
    /** Where this learner deviates from the common contract; empty for most. */
    default Set<Tag> tags() { return Set.of(); }

    /** The name that messages use: the class's simple name. */
    default String name() { return getClass().getSimpleName(); }
}
