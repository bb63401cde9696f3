package lyceum.text.vector;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * The examples of skip-gram: each word of a sentence with each of its neighbours, (centre, context), in the order of the text. Words that are thinned out go
 * before the window is laid, so that it then reaches further, as the C program of word2vec does. Ids may be items of any kind; a sequence is a border.
 *
 * {@snippet :
 * SkipGramPairs.within(2).list(new int[] {7, 8, 9}, Rng.of(0));        // 7 8, 7 9, 8 7, 8 9, 9 7, 9 8
 * }
 *
 * @param window neighbours on each side, at least 1
 * @param dynamicWindow whether each centre draws its own width from 1 to {@code window}, so that a neighbour at distance d is used with probability
 *                      {@code (window - d + 1) / window}
 * @param keep probability by id with which a word stays, from {@link #keeping}; null keeps all
 * @see <a href="https://arxiv.org/abs/1310.4546">Mikolov, Sutskever, Chen, Corrado and Dean (2013)</a>
 */
public record SkipGramPairs(int window, boolean dynamicWindow, double[] keep) {
    /** Takes an example. */
    @FunctionalInterface
    public interface Taker {
        void take(int centre, int context);
    }

    /** Takes a centre, {@code text[at]}, with its neighbours, {@code text[from]} to {@code text[to - 1]} except for itself. */
    @FunctionalInterface
    interface WindowTaker {
        void take(int[] text, int at, int from, int to);
    }

    public SkipGramPairs {
        if (window < 1) throw new IllegalArgumentException("SkipGramPairs: the window is " + window + "; it is at least 1");
    }

    /** A window of fixed width that keeps all words. */
    public static SkipGramPairs within(int window) { return new SkipGramPairs(window, false, null); }

    public SkipGramPairs withDynamicWindow(boolean dynamic) { return new SkipGramPairs(window, dynamic, keep); }

    /**
     * What subsampling keeps of each word: {@code min(1, sqrt(t / f) + t / f)}, f its share of all words, as the C program computes it.
     *
     * @param counts of each id
     * @param t 1e-3 to 1e-5 for large texts; 0 keeps all
     */
    public static double[] keeping(long[] counts, double t) {
        if (!(t >= 0)) throw new IllegalArgumentException("SkipGramPairs: the threshold of subsampling is " + t + "; it is not negative");
        double total = Arrays.stream(counts).sum();
        return Arrays.stream(counts).mapToDouble(c -> t == 0 || c == 0 ? 1 : Math.min(1, Math.sqrt(t * total / c) + t * total / c))
                .toArray();
    }

    /** All examples of a sentence, one after the other. */
    public void forEach(int[] sentence, Rng rng, Taker taker) {
        windows(sentence, rng, (text, at, from, to) -> {
            for (int i = from; i < to; i++) if (i != at) taker.take(text[at], text[i]);
        });
    }

    /** (pairs, 2) */
    public int[][] list(int[] sentence, Rng rng) {
        var pairs = new int[Math.multiplyExact(sentence.length, 2 * Math.min(window, sentence.length))][];
        int[] n = {0};
        forEach(sentence, rng, (centre, context) -> pairs[n[0]++] = new int[] {centre, context});
        return Arrays.copyOf(pairs, n[0]);
    }

    void windows(int[] sentence, Rng rng, WindowTaker taker) {
        int[] text = sentence;
        int n = sentence.length;
        if (keep != null) {
            text = new int[n];
            n = 0;
            for (int id : sentence) if (keep[id] >= 1 || rng.nextDouble() < keep[id]) text[n++] = id;
        }
        for (int at = 0; at < n; at++) {
            int width = dynamicWindow ? 1 + rng.nextInt(window) : window;
            taker.take(text, at, Math.max(0, at - width), (int) Math.min(n, (long) at + width + 1));
        }
    }
}
