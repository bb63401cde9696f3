package lyceum.learn.multiclass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import lyceum.DType;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;

/**
 * A tree of yes or no: the classes, ascending, are halved again and again, each split a binary fit on the rows of its classes. A class's probability is the product along its
 * path, as in a hierarchical softmax: K - 1 fits, of which about log2 K are asked for one class.
 *
 * {@snippet :
 * var learner = new NestedDichotomies(new LogisticRegression());
 * }
 *
 * @param learner of two classes, with probabilities
 * @see <a href="https://doi.org/10.1145/1015330.1015363">Frank and Kramer (2004)</a>
 */
public record NestedDichotomies(Classifier learner) implements Classifier {
    @Override public Set<Tag> tags() { return TwoClasses.tags(learner, true); }

    @Override public Fitted fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public Fitted fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var seen = input.severalLabels(labels);
        double[] w = weights == null ? null : input.weights(weights);
        var splits = new ArrayList<Split>();
        split(input.x(), seen.codes(), w, 0, seen.count(), splits);
        return new Fitted(seen.classes(), splits);
    }

    private void split(Tensor x, int[] codes, double[] w, int from, int to, List<Split> splits) {
        if (to - from < 2) return;
        int middle = (from + to) / 2, n = 0;
        int[] rows = new int[codes.length];
        double total = 0;
        for (int i = 0; i < codes.length; i++) if (codes[i] >= from && codes[i] < to) {
            rows[n++] = i;
            total += w == null ? 1 : w[i];
        }
        rows = Arrays.copyOf(rows, n);
        var second = new boolean[n];
        for (int i = 0; i < n; i++) second[i] = codes[rows[i]] >= middle;
        splits.add(new Split(from, middle, to,
                TwoClasses.fit(learner, x.rows(rows), second, w == null || total == 0 ? null : Tensor.of(w).rows(rows))));
        split(x, codes, w, from, middle, splits);
        split(x, codes, w, middle, to, splits);
    }

    /** Classes {@code from} to {@code to}, of which those from {@code middle} on are the model's 1. */
    public record Split(int from, int middle, int to, ClassificationModel model) {}

    /** @param splits from the root on */
    public record Fitted(long[] classes, List<Split> splits) implements ClassificationModel {
        @Override public long[] classes() { return classes.clone(); }

        @Override public int nFeatures() { return splits.getFirst().model.nFeatures(); }

        @Override public Tensor predictProba(Tensor x) {
            var rows = LearnerInput.forModelWithNaN(this, x).x();
            int n = (int) rows.size(0);
            var p = new double[n][classes.length];
            for (double[] row : p) Arrays.fill(row, 1);
            for (var split : splits) {
                double[] second = TwoClasses.probability(split.model, rows).toDoubleArray();
                for (int r = 0; r < n; r++)
                    for (int c = split.from; c < split.to; c++) p[r][c] *= c >= split.middle ? second[r] : 1 - second[r];
            }
            return Tensor.of(p).to(rows.dtype() == DType.F32 ? DType.F32 : DType.F64);
        }
    }
}
