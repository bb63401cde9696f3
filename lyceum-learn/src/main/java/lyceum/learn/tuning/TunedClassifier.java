package lyceum.learn.tuning;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A classifier that tunes itself: searches by cross-validation of the rows it is given, then fits the best configuration to them all. Within an outer
 * {@link CrossValidation} that is nested cross-validation, which judges "tune, then fit" on rows that had no part in either.
 *
 * {@snippet :
 * var search = new HyperparameterSearch(new SearchSpace().log("c", 1e-3, 1e3), new RandomSearch(20));
 * var tuned = new TunedClassifier(search, c -> new LogisticRegression().withC(c.number("c")), Scorer.LOG_LOSS);
 * double honest = new CrossValidation(new StratifiedKFold(5)).score(tuned, x, labels).mean();
 * }
 *
 * @param search without a journal
 * @param recipe the classifier of a configuration
 * @param scheme of the inner folds, five stratified ones by default
 * @see <a href="https://www.jmlr.org/papers/v11/cawley10a.html">Cawley and Talbot (2010)</a>
 */
@Withers
public record TunedClassifier(HyperparameterSearch search, Function<Configuration, ? extends Classifier> recipe, FoldScheme scheme,
        Scorer scorer) implements TunedClassifierWithers, Classifier {
    public TunedClassifier {
        if (search.journal() != null)
            throw new IllegalArgumentException("TunedClassifier: the search has a journal; each fit is a search of its own");
    }

    public TunedClassifier(HyperparameterSearch search, Function<Configuration, ? extends Classifier> recipe, Scorer scorer) {
        this(search, recipe, new StratifiedKFold(5), scorer);
    }

    @Override public Set<Tag> tags() { return tags(recipe.apply(search.space().at(new double[search.space().size()]))); }

    static Set<Tag> tags(Learner tuned) {
        var tags = EnumSet.of(Tag.WEIGHTS_ARE_NOT_COPIES, Tag.ORDER_DEPENDENT);
        tags.addAll(tuned.tags());
        return tags;
    }

    /** The search on these rows. @param weights may be null */
    public Study study(Tensor x, Tensor labels, Tensor weights) {
        return search.tune(recipe, x, labels, new CrossValidation(scheme).withWeights(weights), scorer);
    }

    @Override public ClassificationModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.severalLabels(labels);
        input.weights(weights);
        return recipe.apply(study(input.x(), labels, weights).best().configuration()).fit(input.x(), labels, weights);
    }
}
