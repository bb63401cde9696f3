package lyceum.data.curation;

import java.util.Arrays;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Words;

/**
 * A language model of word n-grams, smoothed as Witten and Bell (1991) do: with {@code c(h)} the count of a history and {@code T(h)} the number of different
 * words seen after it,
 *
 * <p>{@code P(w | h) = (c(h w) + T(h) P(w | h')) / (c(h) + T(h))},
 *
 * <p>{@code h'} being {@code h} without its first word, and below one word {@code 1 / (V + 1)}. Case and punctuation count for nothing. As a {@link DocumentScorer}
 * it gives the mean log probability of a word: the perplexity filter of CCNet (Wenzek and others 2020).
 */
public final class NgramModel implements DocumentScorer {
    private static final long START = 0x5DEECE66DL;

    private final int order;
    private final LongCounts grams = new LongCounts(1 << 16), histories = new LongCounts(1 << 14), followers = new LongCounts(1 << 14);
    private long words, vocabulary;

    private NgramModel(int order) { this.order = order; }

    /** Learns from a corpus. @param order {@code n}, 1 to 8 */
    public static NgramModel train(Corpus corpus, int order) { return train(corpus, order, Long.MAX_VALUE); }

    /** Learns from the first {@code mostWords} running words of a corpus. */
    public static NgramModel train(Corpus corpus, int order, long mostWords) {
        if (order < 1 || order > 8) throw new IllegalArgumentException("NgramModel: order is " + order + "; it lies between 1 and 8");
        var model = new NgramModel(order);
        try (var reader = corpus.open()) {
            for (var document = reader.next(); document != null && model.words < mostWords; document = reader.next())
                model.learn(Words.of(document.text()), mostWords);
        }
        if (model.words == 0) throw new IllegalArgumentException("NgramModel: the corpus has no word to learn from");
        model.vocabulary = model.followers.get(key(model.history(), 1));
        return model;
    }

    private void learn(Words text, long mostWords) {
        var history = history();
        for (int i = 0; i < text.count() && words < mostWords; i++, words++) {
            long word = text.hash(i);
            for (int n = 1; n <= order; n++) {
                long before = key(history, n), gram = key(before, word);
                histories.add(before);
                if (grams.add(gram) == 1) followers.add(before);
            }
            push(history, word);
        }
    }

    private long[] history() {
        var history = new long[Math.max(1, order - 1)];
        Arrays.fill(history, START);
        return history;
    }

    private static void push(long[] history, long word) {
        System.arraycopy(history, 1, history, 0, history.length - 1);
        history[history.length - 1] = word;
    }

    /** Of the last {@code n - 1} words of a history. */
    private static long key(long[] history, int n) {
        long key = n;
        for (int i = history.length - n + 1; i < history.length; i++) key = key(key, history[i]);
        return key;
    }

    private static long key(long a, long b) {
        long z = (a + 0x9E3779B97F4A7C15L) * 0xBF58476D1CE4E5B9L ^ b;
        z = (z ^ z >>> 31) * 0x94D049BB133111EBL;
        return z ^ z >>> 30;
    }

    /** How many running words it learned from. */
    public long words() { return words; }

    /** {@code V}, how many different ones. */
    public long vocabulary() { return vocabulary; }

    private double probability(long[] history, long word) {
        double p = 1.0 / (vocabulary + 1);
        for (int n = 1; n <= order; n++) {
            long before = key(history, n);
            int seen = histories.get(before);
            if (seen == 0) break;
            int kinds = followers.get(before);
            p = (grams.get(key(before, word)) + kinds * p) / (seen + (double) kinds);
        }
        return p;
    }

    /** Sum of log probabilities of a text's words, in nats, and their number. */
    private double[] logProbability(String text) {
        var words = Words.of(text);
        var history = history();
        double sum = 0;
        for (int i = 0; i < words.count(); i++) {
            long word = words.hash(i);
            sum += Math.log(probability(history, word));
            push(history, word);
        }
        return new double[] {sum, words.count()};
    }

    /** The mean log probability of a word, in nats; negative infinity for a text without words. */
    @Override public double score(String text) {
        var sum = logProbability(text);
        return sum[1] == 0 ? Double.NEGATIVE_INFINITY : sum[0] / sum[1];
    }

    /** {@code exp} of less the mean log probability of a word over a corpus. */
    public double perplexity(Corpus corpus) {
        var totals = new double[2];
        corpus.forEach(document -> {
            var sum = logProbability(document.text());
            totals[0] += sum[0];
            totals[1] += sum[1];
        });
        if (totals[1] == 0) throw new IllegalArgumentException("NgramModel.perplexity: the corpus has no word");
        return Math.exp(-totals[0] / totals[1]);
    }
}
