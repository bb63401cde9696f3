package lyceum.learn.cluster;

import java.util.Set;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/**
 * Rows become their distances to the centres of {@link KMeans}: clusters as features for a pipeline.
 *
 * @param clusterer finds the centres
 */
public record ClusterDistances(KMeans clusterer) implements Transformer {
    @Override public Set<Tag> tags() { return clusterer.tags(); }

    @Override public KMeansModel fit(Tensor x, Tensor y, Tensor weights) { return clusterer.fit(x, weights); }
}
