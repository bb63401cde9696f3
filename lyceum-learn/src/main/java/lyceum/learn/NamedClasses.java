package lyceum.learn;

import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * A classifier of labels of any comparable type: strings, enums, numbers. They are sorted, and column k of the probabilities belongs to the k-th; {@code "10"} sorts
 * before {@code "2"}, so read the order from {@link #classes}.
 *
 * {@snippet :
 * Tensor x = Tensor.of(new double[][] {{0.1}, {0.2}, {2.1}, {2.2}});
 * var model = NamedClasses.fit(lyceum.learn.bayes.NaiveBayes.gaussian(), x, List.of("ham", "ham", "spam", "spam"));
 * List<String> said = model.predict(x);
 * }
 *
 * @param model of the labels' numbers
 * @param classes sorted
 */
public record NamedClasses<L extends Comparable<L>>(ClassificationModel model, List<L> classes) {
    public NamedClasses { classes = List.copyOf(classes); }

    public static <L extends Comparable<L>> NamedClasses<L> fit(Classifier learner, Tensor x, List<L> labels) {
        return fit(learner, x, labels, null);
    }

    /** @param labels one a row, none null @param weights (n), or null */
    public static <L extends Comparable<L>> NamedClasses<L> fit(Classifier learner, Tensor x, List<L> labels, Tensor weights) {
        var classes = labels.stream().distinct().sorted(Comparator.naturalOrder()).toList();
        return new NamedClasses<>(learner.fit(x, codes(classes, labels), weights), classes);
    }

    private static <L extends Comparable<L>> Tensor codes(List<L> classes, List<L> labels) {
        var codes = new long[labels.size()];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = Collections.binarySearch(classes, labels.get(i));
            if (codes[i] < 0)
                throw new IllegalArgumentException("NamedClasses: label " + labels.get(i) + " in row " + i + " is none of " + classes);
        }
        return Tensor.of(codes);
    }

    /** The label of each row. */
    public List<L> predict(Tensor x) { return Arrays.stream(model.predict(x).toLongArray()).mapToObj(k -> classes.get((int) k)).toList(); }

    /** Probabilities (n x classes), columns in the order of {@link #classes}. */
    public Tensor predictProba(Tensor x) { return model.predictProba(x); }

    /** Accuracy. */
    public double score(Tensor x, List<L> labels) { return model.score(x, codes(classes, labels)); }
}
