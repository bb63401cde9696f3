package lyceum.models.ssl;

import java.util.Arrays;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * The classes that a {@link FewShotLearner} was shown. {@link #registered} adds one from a single example and changes no weight; immutable, so safe for threads.
 *
 * @param learner whose space and rule it uses
 * @param examples embeddings (n, width)
 * @param labels of the examples, from 0; each class has one at least
 */
public record FewShotClassifier(FewShotLearner learner, Tensor examples, int[] labels) {
    /** What nobody is. */
    public static final int UNKNOWN = -1;

    public FewShotClassifier {
        labels = labels.clone();
        learner.scores(examples, labels, examples.narrow(0, 0, 0), classes(labels)); // says what does not fit
    }

    private static int classes(int[] labels) { return Arrays.stream(labels).max().orElse(0) + 1; }

    public int classes() { return classes(labels); }

    /** With these examples as well. @param items (m, ..) @param labels of them: of a new class, the next number, or of one that is known */
    public FewShotClassifier registered(Tensor items, int... labels) {
        int[] all = Arrays.copyOf(this.labels, this.labels.length + labels.length);
        System.arraycopy(labels, 0, all, this.labels.length, labels.length);
        return new FewShotClassifier(learner, Tensor.concat(0, examples, learner.embed(items, 256)).compute(), all);
    }

    /** Scores (m, classes) of items, see {@link FewShotConfig.Rule}. */
    public Tensor scores(Tensor items) {
        return Autograd.noGrad(() -> learner.scores(examples, labels, learner.embed(items, 256), classes()).compute());
    }

    /** The class of each item. */
    public int[] predict(Tensor items) { return predict(items, Double.NEGATIVE_INFINITY); }

    /** The class of each item, {@link #UNKNOWN} where its score is below the limit. */
    public int[] predict(Tensor items, double limit) {
        if (Double.isNaN(limit)) throw new IllegalArgumentException("FewShotClassifier: the limit is NaN; minus infinity for none");
        var scores = scores(items);
        int[] best = scores.argmax(1).toIntArray();
        double[] highest = scores.max(1).toDoubleArray();
        for (int i = 0; i < best.length; i++) if (highest[i] < limit) best[i] = UNKNOWN;
        return best;
    }
}
