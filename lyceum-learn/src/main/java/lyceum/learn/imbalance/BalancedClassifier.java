package lyceum.learn.imbalance;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A classifier fitted to rows that are weighted or resampled by class. It does so with whatever rows it is given to fit to, so that within cross-validation test
 * rows are neither weighted nor resampled.
 *
 * {@snippet :
 * var classifier = BalancedClassifier.weighted(new LogisticRegression()).withCorrected(true);
 * var model = classifier.fit(x, labels);
 * model.predictProba(z);                             // for the classes as frequent as they are in labels
 * }
 *
 * <p>Balancing moves decisions towards rare classes, and as much could be had by moving the threshold; ranking hardly changes. Probabilities are for classes of the
 * balanced frequencies, unless {@code corrected}. See also {@code Bagging.withBalanced}, which balances the rows of each member.
 *
 * @param weights of the classes, or null
 * @param resampler of the rows, or null; exactly one of both
 * @param corrected whether probabilities are restored to the frequencies of the training rows (decisions then follow those), false by default
 * @param seed of the resampling
 * @see <a href="https://doi.org/10.1093/jamia/ocac093">van den Goorbergh, van Smeden, Timmerman and Van Calster (2022)</a>
 */
@Withers
public record BalancedClassifier(Classifier classifier, ClassWeights weights, Resampler resampler, boolean corrected, long seed)
        implements BalancedClassifierWithers, Classifier {
    public BalancedClassifier {
        if ((weights == null) == (resampler == null)) throw new IllegalArgumentException(
                "BalancedClassifier: weights and resampler are both " + (weights == null ? "null" : "given") + "; one of them is needed");
        if (weights != null && classifier.tags().contains(Tag.NO_WEIGHTS))
            throw new IllegalArgumentException("BalancedClassifier: " + classifier.name() + " takes no sample weights; resample instead");
        if (corrected && classifier.tags().contains(Tag.NO_PROBABILITIES)) throw new IllegalArgumentException(
                "BalancedClassifier: " + classifier.name() + " has no probabilities to correct; calibrate it first");
    }

    /** Balanced weights. */
    public static BalancedClassifier weighted(Classifier classifier) { return weighted(classifier, ClassWeights.balanced()); }

    public static BalancedClassifier weighted(Classifier classifier, ClassWeights weights) {
        return new BalancedClassifier(classifier, weights, null, false, 0);
    }

    public static BalancedClassifier resampled(Classifier classifier, Resampler resampler) {
        return new BalancedClassifier(classifier, null, resampler, false, 0);
    }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.noneOf(Tag.class);
        tags.addAll(classifier.tags());
        if (resampler != null) tags.addAll(Set.of(Tag.WEIGHTS_ARE_NOT_COPIES, Tag.ORDER_DEPENDENT));
        return tags;
    }

    @Override public BalancedModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public BalancedModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.severalLabels(labels);
        double[] own = input.weights(weights), before = found.weightOfClasses(own);
        if (this.weights != null) {
            var rows = this.weights.rows(labels, Tensor.of(own));
            var model = classifier.fit(input.x(), labels, rows);
            return new BalancedModel(model, corrected ? correction(found.weightOfClasses(rows.toDoubleArray()), before) : null);
        }
        int[] kept = IntStream.range(0, own.length).filter(i -> own[i] > 0).toArray();
        var drawn = resampler.resample(input.x().rows(kept), labels.rows(kept), Rng.of(seed));
        var carried = new double[drawn.size()];
        for (int i = 0; i < carried.length; i++)
            carried[i] = (1 - drawn.share()[i]) * own[kept[drawn.source()[i]]] + drawn.share()[i] * own[kept[drawn.partner()[i]]];
        var model = classifier.fit(drawn.x(), drawn.labels(), weights == null ? null : Tensor.of(carried));
        var after = new double[found.count()];
        long[] resampled = drawn.labels().toLongArray();
        for (int i = 0; i < carried.length; i++) after[Arrays.binarySearch(found.classes(), resampled[i])] += carried[i];
        return new BalancedModel(model, corrected ? correction(after, before) : null);
    }

    private static PriorCorrection correction(double[] trained, double[] actual) {
        return new PriorCorrection(normal(trained), normal(actual));
    }

    private static double[] normal(double[] totals) {
        double sum = Arrays.stream(totals).sum();
        return Arrays.stream(totals).map(t -> t / sum).toArray();
    }
}
