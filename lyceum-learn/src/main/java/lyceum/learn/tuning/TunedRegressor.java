package lyceum.learn.tuning;

import java.util.Set;
import java.util.function.Function;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.KFold;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A regressor that tunes itself: searches by cross-validation of the rows it is given, then fits the best configuration to them all. Within an outer
 * {@link CrossValidation} that is nested cross-validation, which judges "tune, then fit" on rows that had no part in either.
 *
 * {@snippet :
 * var search = new HyperparameterSearch(new SearchSpace().log("alpha", 1e-3, 1e3), new RandomSearch(20));
 * var tuned = new TunedRegressor(search, c -> new Ridge(c.number("alpha")), Scorer.R2);
 * double honest = new CrossValidation(new KFold(5)).score(tuned, x, y).mean();
 * }
 *
 * @param search without a journal
 * @param recipe the regressor of a configuration
 * @param scheme of the inner folds, five by default
 * @see <a href="https://www.jmlr.org/papers/v11/cawley10a.html">Cawley and Talbot (2010)</a>
 */
@Withers
public record TunedRegressor(HyperparameterSearch search, Function<Configuration, ? extends Regressor> recipe, FoldScheme scheme,
        Scorer scorer) implements TunedRegressorWithers, Regressor {
    public TunedRegressor {
        if (search.journal() != null)
            throw new IllegalArgumentException("TunedRegressor: the search has a journal; each fit is a search of its own");
    }

    public TunedRegressor(HyperparameterSearch search, Function<Configuration, ? extends Regressor> recipe, Scorer scorer) {
        this(search, recipe, new KFold(5), scorer);
    }

    @Override public Set<Tag> tags() { return TunedClassifier.tags(recipe.apply(search.space().at(new double[search.space().size()]))); }

    /** The search on these rows. @param weights may be null */
    public Study study(Tensor x, Tensor y, Tensor weights) {
        return search.tune(recipe, x, y, new CrossValidation(scheme).withWeights(weights), scorer);
    }

    @Override public RegressionModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var targets = input.targets(y);
        input.weights(weights);
        return recipe.apply(study(input.x(), targets, weights).best().configuration()).fit(input.x(), targets, weights);
    }
}
