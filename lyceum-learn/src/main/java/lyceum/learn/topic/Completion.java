package lyceum.learn.topic;

import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * Documents cut into two halves at random, token by token: one to infer from, one to be predicted.
 *
 * @param seen documents x words
 * @param hidden of the same shape
 */
public record Completion(Csr seen, Csr hidden) {
    /** The probability of a word in a document. */
    @FunctionalInterface
    public interface WordProbability {
        double of(int document, int word);
    }

    /** @param counts whole numbers */
    public static Completion of(Csr counts, Rng rng) { return of(WordCounts.of(counts, "Completion"), rng); }

    static Completion of(WordCounts data, Rng rng) {
        double[] seen = new double[data.word().length], hidden = new double[seen.length];
        for (int d = 0; d < data.documents(); d++) {
            int from = data.start()[d], to = data.start()[d + 1], n = 0;
            for (int e = from; e < to; e++) {
                if (data.count()[e] != Math.rint(data.count()[e]))
                    throw new IllegalArgumentException("document completion: a count is " + data.count()[e] + "; tokens are whole");
                n += (int) data.count()[e];
            }
            var token = new int[n];
            n = 0;
            for (int e = from; e < to; e++) for (int c = 0; c < data.count()[e]; c++) token[n++] = e;
            rng.shuffle(token);
            for (int i = 0; i < n; i++) (i % 2 == 0 ? seen : hidden)[token[i]]++;
        }
        return new Completion(csr(data, seen), csr(data, hidden));
    }

    private static Csr csr(WordCounts data, double[] counts) {
        return Csr.of(data.documents(), data.vocabulary(), data.start(), data.word(), Tensor.of(counts)).withoutZeros();
    }

    /** {@code exp} of minus the mean log probability of the hidden tokens. */
    public double perplexity(WordProbability p) {
        var data = WordCounts.of(hidden, "perplexity");
        double sum = 0;
        for (int d = 0; d < data.documents(); d++)
            for (int e = data.start()[d]; e < data.start()[d + 1]; e++) sum += data.count()[e] * Math.log(p.of(d, data.word()[e]));
        return Math.exp(-sum / data.total());
    }
}
