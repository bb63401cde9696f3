package lyceum.learn.multioutput;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Several targets by a regressor that knows one: a model a target, or a chain of models.
 *
 * {@snippet :
 * Tensor x = Tensor.rand(lyceum.random.Rng.of(1), lyceum.DType.F64, 100, 3), y = Tensor.stack(1, x.sum(1), x.square().sum(1));
 * var both = new MultiOutput(new lyceum.learn.ensemble.GradientBoostingRegressor()).fit(x, y);      // predicts (n x 2)
 * var chain = new MultiOutput(new lyceum.learn.linear.Ridge(1.0)).withChained(true).fit(x, y);      // the second sees the first
 * }
 *
 * <p>A chain learns each target from the columns and the targets before it, and predicts it from the columns and its own predictions of these: good
 * where targets hang together in ways that the columns do not show alike. Learners that take several targets themselves are faster.
 *
 * @param learner of one target
 * @param chained false by default
 * @see <a href="https://doi.org/10.1007/s10994-016-5546-z">Spyromitros-Xioufis, Tsoumakas, Groves and Vlahavas (2016)</a>
 */
@Withers
public record MultiOutput(Regressor learner, boolean chained) implements MultiOutputWithers, Regressor {
    public MultiOutput {
        Objects.requireNonNull(learner, "learner");
        requireChainable("MultiOutput", learner, chained);
    }

    static void requireChainable(String who, Learner learner, boolean chained) {
        if (chained && learner.tags().contains(Tag.PAIRWISE)) throw new IllegalArgumentException(who + ": " + learner.name()
                + " takes a matrix of kernel values, to which a chain cannot add columns; use a kernel of points, or no chain");
    }

    /** What the next of a chain sees: a target (n) more. */
    static Tensor extended(Tensor columns, Tensor target) {
        return Tensor.concat(1, columns, target.to(columns.dtype()).unsqueeze(1)).compute();
    }

    /** A model a target. */
    public MultiOutput(Regressor learner) { this(learner, false); }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.MULTI_OUTPUT);
        tags.addAll(learner.tags());
        return tags;
    }

    @Override public Fitted fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var targets = input.targets(y);
        boolean single = targets.rank() == 1;
        if (single) targets = targets.unsqueeze(1);
        var models = new ArrayList<RegressionModel>();
        var columns = input.x();
        for (long target = 0; target < targets.size(1); target++) {
            models.add(learner.fit(columns, targets.select(1, target), weights));
            if (chained) columns = extended(columns, targets.select(1, target));
        }
        return new Fitted(input.columns(), models, chained, single);
    }

    /**
     * Fitted models.
     *
     * @param models one a target
     * @param chained whether each but the first has the targets before it as further columns
     * @param single whether it was fitted to (n), and so predicts (n)
     */
    public record Fitted(int nFeatures, List<RegressionModel> models, boolean chained, boolean single) implements RegressionModel {
        public Fitted {
            models = List.copyOf(models);
        }

        @Override public Tensor predict(Tensor x) {
            var columns = LearnerInput.forModelWithNaN(this, x).x();
            var found = new Tensor[models.size()];
            for (int i = 0; i < found.length; i++) {
                found[i] = models.get(i).predict(columns);
                if (chained && i + 1 < found.length) columns = extended(columns, found[i]);
            }
            return single ? found[0] : Tensor.stack(1, found);
        }
    }
}
