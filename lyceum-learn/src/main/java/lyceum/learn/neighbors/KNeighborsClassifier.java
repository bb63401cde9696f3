package lyceum.learn.neighbors;

import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The majority of the k nearest training rows; of equal votes the smaller label wins.
 *
 * {@snippet :
 * var model = new KNeighborsClassifier(5).withWeights(NeighborWeights.DISTANCE).fit(x, labels);
 * }
 *
 * <p>Put the columns on one scale first, or use {@link Metric.Mahalanobis}. Sample weights multiply the votes; rows of weight 0 are left out. Of
 * equally far rows the earlier one is the neighbour.
 *
 * @param k neighbours, at most the number of rows
 * @param weights how much each says; all the same by default
 * @param search metric and algorithm
 * @see <a href="https://doi.org/10.1109/TIT.1967.1053964">Cover and Hart (1967), Nearest neighbor pattern classification</a>
 */
@Withers
public record KNeighborsClassifier(int k, NeighborWeights weights, @Withers.Flat NearestNeighbors search)
        implements KNeighborsClassifierWithers, Classifier {
    public KNeighborsClassifier {
        if (k < 1) throw new IllegalArgumentException("k is " + k + "; at least 1 neighbour is asked");
        Objects.requireNonNull(weights, "weights");
        Objects.requireNonNull(search, "search");
    }

    public KNeighborsClassifier(int k) { this(k, NeighborWeights.UNIFORM, new NearestNeighbors()); }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.WEIGHTS_ARE_NOT_COPIES);
        if (search.metric() instanceof Metric.Custom) tags.add(Tag.NOT_SAVABLE);
        return tags;
    }

    @Override public KNeighborsClassifierModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public KNeighborsClassifierModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.labels(labels);
        var kept = TrainingRows.of(input, input.weights(weights), k);
        return new KNeighborsClassifierModel(k, this.weights, found.classes(), kept.pick(found.codes()), kept.weights(),
                search.fit(kept.rows()));
    }
}
