package lyceum.labs.learn;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.data.SparseCounts;
import lyceum.data.Split;
import lyceum.learn.linear.LogisticModel;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * Mails with a score of how much they look like spam, from a model that was fitted to other mails.
 *
 * @param spam what they are
 * @param scores larger for spam
 */
record Mails(boolean[] spam, double[] scores) {

    /**
     * Two boxes, one to choose a threshold on and one to judge it by, scored by a logistic regression on log(1 + count). Mails of the first box have scores of
     * models that were fitted to the rest of it, those of the second box of one fitted to the whole first.
     */
    static Mails[] scored(int words, Rng rng) {
        var all = Datasets.spamAssassin().commonest(words);
        var boxes = Split.stratified(all.labels(), rng, 0.5, 0.5).of(all);
        SparseCounts first = boxes.get(0), second = boxes.get(1);
        var outOfFold = new double[first.size()];
        for (var fold : new StratifiedKFold(4).folds(new FoldScheme.Rows(first.size(), first.y().toLongArray(), null))) {
            double[] scores = fit(first.rows(fold.train())).decisionFunction(logs(first.rows(fold.test()))).toDoubleArray();
            for (int i = 0; i < scores.length; i++) outOfFold[fold.test()[i]] = scores[i];
        }
        return new Mails[] {new Mails(spam(first), outOfFold),
                new Mails(spam(second), fit(first).decisionFunction(logs(second)).toDoubleArray())};
    }

    private static LogisticModel fit(SparseCounts mails) {
        return new LogisticRegression().withTolerance(1e-4).fit(logs(mails), mails.y());
    }

    private static Csr logs(SparseCounts mails) {
        return Csr.of(mails.size(), mails.features(), mails.rowStarts(), mails.columns(), Tensor.of(mails.counts()).to(DType.F64).log1p());
    }

    private static boolean[] spam(SparseCounts mails) {
        var spam = new boolean[mails.size()];
        for (int i = 0; i < spam.length; i++) spam[i] = mails.labels()[i] == 1;
        return spam;
    }

    int size() { return spam.length; }

    /** Spam at or above a threshold. */
    int caught(double threshold) { return (int) IntStream.range(0, size()).filter(i -> spam[i] && scores[i] >= threshold).count(); }

    /** Good mails at or above a threshold. */
    int blocked(double threshold) { return (int) IntStream.range(0, size()).filter(i -> !spam[i] && scores[i] >= threshold).count(); }

    int allSpam() { return caught(Double.NEGATIVE_INFINITY); }

    double precision(double threshold) { return caught(threshold) / (double) (caught(threshold) + blocked(threshold)); }

    double recall(double threshold) { return caught(threshold) / (double) allSpam(); }

    double[] spamScores() { return IntStream.range(0, size()).filter(i -> spam[i]).mapToDouble(i -> scores[i]).toArray(); }
}
