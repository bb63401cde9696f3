package lyceum.learn.neighbors;

import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The mean over the k nearest training rows, for one or several targets.
 *
 * {@snippet :
 * var model = new KNeighborsRegressor(10).withMetric(Metric.MANHATTAN).fit(x, y);
 * }
 *
 * <p>Put the columns on one scale first, or use {@link Metric.Mahalanobis}. Sample weights multiply the weights in the mean; rows of weight 0 are left out. Of
 * equally far rows the earlier one is the neighbour.
 *
 * @param k neighbours, at most the number of rows
 * @param weights how much each says; all the same by default
 * @param search metric and algorithm
 * @see <a href="https://doi.org/10.1109/TIT.1967.1053964">Cover and Hart (1967), Nearest neighbor pattern classification</a>
 */
@Withers
public record KNeighborsRegressor(int k, NeighborWeights weights, @Withers.Flat NearestNeighbors search)
        implements KNeighborsRegressorWithers, Regressor {
    public KNeighborsRegressor {
        if (k < 1) throw new IllegalArgumentException("k is " + k + "; at least 1 neighbour is asked");
        Objects.requireNonNull(weights, "weights");
        Objects.requireNonNull(search, "search");
    }

    public KNeighborsRegressor(int k) { this(k, NeighborWeights.UNIFORM, new NearestNeighbors()); }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.WEIGHTS_ARE_NOT_COPIES, Tag.MULTI_OUTPUT);
        if (search.metric() instanceof Metric.Custom) tags.add(Tag.NOT_SAVABLE);
        return tags;
    }

    @Override public KNeighborsRegressorModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public KNeighborsRegressorModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var targets = input.targets(y).to(DType.F64);
        var kept = TrainingRows.of(input, input.weights(weights), k);
        return new KNeighborsRegressorModel(k, this.weights, targets.rows(kept.numbers()), kept.weights(), search.fit(kept.rows()));
    }
}
