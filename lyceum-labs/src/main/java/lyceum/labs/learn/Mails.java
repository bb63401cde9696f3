package lyceum.labs.learn;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.data.SparseCounts;
import lyceum.data.Split;
import lyceum.learn.linear.Ridge;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Mails with a score of how much they look like spam, from a model that was fitted to other mails.
 *
 * @param spam what they are
 * @param scores larger for spam
 */
record Mails(boolean[] spam, double[] scores) {

    /** Two boxes, one to choose a threshold on and one to judge it by, scored by a ridge regression on log(1 + count) of the commonest words. */
    static Mails[] scored(int words, Rng rng) {
        var all = Datasets.spamAssassin().commonest(words);
        var parts = Split.stratified(all.labels(), rng, 0.3, 0.2, 0.5).of(all);
        var model = new Ridge(10.0).fit(logs(parts.get(0)), parts.get(0).y().to(DType.F64));
        return IntStream.of(1, 2).mapToObj(p -> new Mails(spam(parts.get(p)), model.predict(logs(parts.get(p))).toDoubleArray())).toArray(Mails[]::new);
    }

    private static Tensor logs(SparseCounts mails) { return mails.dense(DType.F64).log1p(); }

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
