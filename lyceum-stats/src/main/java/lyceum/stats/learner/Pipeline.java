package lyceum.stats.learner;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Transformers one after the other, with a learner at the end if wanted; itself a transformer or learner of that kind.
 *
 * {@snippet :
 * var model = Pipeline.of(new Pca(10)).then(new Ridge(1.0)).fit(x, y);
 * model.predict(z);                                  // centred and projected as x was
 * }
 *
 * <p>Each transformer is fitted to what the one before it returns; sample weights and targets reach all of them.
 *
 * @param steps the transformers in order; may be empty
 */
@SuppressWarnings("overloads") // a learner is no lambda: which overload is meant shows from its type
public record Pipeline(List<Transformer> steps) implements Transformer {
    public Pipeline { steps = List.copyOf(steps); }

    public static Pipeline of(Transformer... steps) { return new Pipeline(List.of(steps)); }

    public static OfRegressor of(Transformer step, Regressor learner) { return of(step).then(learner); }

    public static OfClassifier of(Transformer step, Classifier learner) { return of(step).then(learner); }

    public static OfClusterer of(Transformer step, Clusterer learner) { return of(step).then(learner); }

    public Pipeline then(Transformer next) {
        var longer = new ArrayList<>(steps);
        longer.add(next);
        return new Pipeline(longer);
    }

    public OfRegressor then(Regressor learner) { return new OfRegressor(this, learner); }

    public OfClassifier then(Classifier learner) { return new OfClassifier(this, learner); }

    public OfClusterer then(Clusterer learner) { return new OfClusterer(this, learner); }

    public OfDensity then(Density learner) { return new OfDensity(this, learner); }

    public OfNoveltyDetector then(NoveltyDetector learner) { return new OfNoveltyDetector(this, learner); }

    @Override public Fitted fit(Tensor x) { return fit(x, null, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) { return fitUpTo(x, y, weights).fitted; }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.noneOf(Tag.class);
        for (var step : steps) tags.addAll(step.tags());
        if (steps.isEmpty()) tags.add(Tag.STATELESS);
        else if (!steps.getFirst().tags().contains(Tag.ALLOWS_NAN)) tags.remove(Tag.ALLOWS_NAN);
        if (!steps.isEmpty() && !steps.getFirst().tags().contains(Tag.POSITIVE_ONLY)) tags.remove(Tag.POSITIVE_ONLY);
        return tags;
    }

    private Set<Tag> with(Learner last) {
        var tags = EnumSet.noneOf(Tag.class);
        tags.addAll(tags());
        for (var tag : last.tags()) if (steps.isEmpty() || tag != Tag.ALLOWS_NAN && tag != Tag.POSITIVE_ONLY) tags.add(tag);
        tags.remove(Tag.SUPERVISED);
        if (!last.tags().contains(Tag.STATELESS)) tags.remove(Tag.STATELESS);
        return tags;
    }

    private record FittedOn(Fitted fitted, Tensor output) {}

    private FittedOn fitUpTo(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.matrix(name() + ".fit", x, true);
        var fitted = new ArrayList<FittedTransformer>();
        var current = input.x();
        for (var step : steps) {
            var model = step.tags().contains(Tag.NO_WEIGHTS) ? step.fit(current, y, null) : step.fit(current, y, weights);
            fitted.add(model);
            current = model.transform(current);
        }
        return new FittedOn(new Fitted(input.columns(), fitted), current);
    }

    /** Fitted transformers in order. @param nFeatures columns of the first one's input */
    public record Fitted(int nFeatures, List<FittedTransformer> steps) implements FittedTransformer {
        public Fitted { steps = List.copyOf(steps); }

        @Override public int nOutputs() { return steps.isEmpty() ? nFeatures : steps.getLast().nOutputs(); }

        @Override public Tensor transform(Tensor x) {
            var current = LearnerInput.forModelWithNaN(this, x).x();
            for (var step : steps) current = step.transform(current);
            return current;
        }

        @Override public boolean isInvertible() { return steps.stream().allMatch(FittedTransformer::isInvertible); }

        @Override public Tensor inverse(Tensor transformed) {
            var current = transformed;
            for (var step : steps.reversed()) current = step.inverse(current);
            return current;
        }
    }

    /** Transformers and a regressor. */
    public record OfRegressor(Pipeline before, Regressor last) implements Regressor {
        @Override public FittedRegressor fit(Tensor x, Tensor y) { return fit(x, y, null); }

        @Override public FittedRegressor fit(Tensor x, Tensor y, Tensor weights) {
            var start = before.fitUpTo(x, y, weights);
            return new FittedRegressor(start.fitted, last.fit(start.output, y, weights));
        }

        @Override public Set<Tag> tags() { return before.with(last); }
    }

    /** A fitted {@link OfRegressor}. */
    public record FittedRegressor(Fitted before, RegressionModel last) implements RegressionModel {
        @Override public int nFeatures() { return before.nFeatures(); }

        @Override public Tensor predict(Tensor x) { return last.predict(before.transform(x)); }
    }

    /** Transformers and a classifier. */
    public record OfClassifier(Pipeline before, Classifier last) implements Classifier {
        @Override public FittedClassifier fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

        @Override public FittedClassifier fit(Tensor x, Tensor labels, Tensor weights) {
            var start = before.fitUpTo(x, labels, weights);
            return new FittedClassifier(start.fitted, last.fit(start.output, labels, weights));
        }

        @Override public Set<Tag> tags() { return before.with(last); }
    }

    /** A fitted {@link OfClassifier}. */
    public record FittedClassifier(Fitted before, ClassificationModel last) implements ClassificationModel {
        @Override public int nFeatures() { return before.nFeatures(); }

        @Override public long[] classes() { return last.classes(); }

        @Override public boolean hasProbabilities() { return last.hasProbabilities(); }

        @Override public Tensor predictProba(Tensor x) { return last.predictProba(before.transform(x)); }

        @Override public Tensor decisionFunction(Tensor x) { return last.decisionFunction(before.transform(x)); }

        @Override public Tensor predict(Tensor x) { return last.predict(before.transform(x)); }
    }

    /** Transformers and a clusterer. */
    public record OfClusterer(Pipeline before, Clusterer last) implements Clusterer {
        @Override public FittedClusterer fit(Tensor x) { return fit(x, null); }

        @Override public FittedClusterer fit(Tensor x, Tensor weights) {
            var start = before.fitUpTo(x, null, weights);
            return new FittedClusterer(start.fitted, last.fit(start.output, weights));
        }

        @Override public Set<Tag> tags() { return before.with(last); }
    }

    /** A fitted {@link OfClusterer}. */
    public record FittedClusterer(Fitted before, ClusterModel last) implements ClusterModel {
        @Override public int nFeatures() { return before.nFeatures(); }

        @Override public Tensor labels() { return last.labels(); }

        @Override public int nClusters() { return last.nClusters(); }

        @Override public Tensor predict(Tensor x) { return last.predict(before.transform(x)); }
    }

    /** Transformers and a density, which is over transformed rows. */
    public record OfDensity(Pipeline before, Density last) implements Density {
        @Override public FittedDensity fit(Tensor x) { return fit(x, null); }

        @Override public FittedDensity fit(Tensor x, Tensor weights) {
            var start = before.fitUpTo(x, null, weights);
            return new FittedDensity(start.fitted, last.fit(start.output, weights));
        }

        @Override public Set<Tag> tags() { return before.with(last); }
    }

    /** A fitted {@link OfDensity}. */
    public record FittedDensity(Fitted before, DensityModel last) implements DensityModel {
        @Override public int nFeatures() { return before.nFeatures(); }

        @Override public Tensor logDensity(Tensor x) { return last.logDensity(before.transform(x)); }

        @Override public Tensor sample(Rng rng, int n) { return before.inverse(last.sample(rng, n)); }
    }

    /** Transformers and a novelty detector. */
    public record OfNoveltyDetector(Pipeline before, NoveltyDetector last) implements NoveltyDetector {
        @Override public FittedNovelty fit(Tensor x) { return fit(x, null); }

        @Override public FittedNovelty fit(Tensor x, Tensor weights) {
            var start = before.fitUpTo(x, null, weights);
            return new FittedNovelty(start.fitted, last.fit(start.output, weights));
        }

        @Override public Set<Tag> tags() { return before.with(last); }
    }

    /** A fitted {@link OfNoveltyDetector}. */
    public record FittedNovelty(Fitted before, NoveltyModel last) implements NoveltyModel {
        @Override public int nFeatures() { return before.nFeatures(); }

        @Override public Tensor decisionFunction(Tensor x) { return last.decisionFunction(before.transform(x)); }
    }
}
