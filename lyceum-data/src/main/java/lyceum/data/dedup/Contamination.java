package lyceum.data.dedup;

import java.util.Arrays;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Words;

/**
 * Text of a test set in training data: a document that shares a run of words with it (13 of them in Brown and others 2020). An item of fewer words counts
 * whole. Memory is 8 bytes a word of the test set.
 */
public final class Contamination {
    private final int run;
    private final long[] runs;
    private final int[] lengths;

    private Contamination(int run, long[] runs, int[] lengths) {
        this.run = run;
        this.runs = runs;
        this.lengths = lengths;
    }

    /** Reads what must not be learned from. @param run words in a run */
    public static Contamination of(Corpus heldOut, int run) {
        if (run < 1) throw new IllegalArgumentException("Contamination: runs of " + run + " words; at least 1");
        var found = new Object() {
            long[] runs = new long[1024];
            int n;
        };
        var lengths = new boolean[run + 1];
        heldOut.forEach(document -> {
            var words = Words.of(document.text());
            if (words.count() == 0) return;
            int length = Math.min(run, words.count());
            lengths[length] = true;
            for (int i = 0; i + length <= words.count(); i++) {
                if (found.n == found.runs.length) found.runs = Arrays.copyOf(found.runs, 2 * found.n);
                found.runs[found.n++] = hash(words, i, length);
            }
        });
        Arrays.sort(found.runs, 0, found.n);
        int kinds = 0;
        var used = new int[run + 1];
        for (int length = 1; length <= run; length++) if (lengths[length]) used[kinds++] = length;
        return new Contamination(run, Arrays.copyOf(found.runs, found.n), Arrays.copyOf(used, kinds));
    }

    private static long hash(Words words, int from, int length) {
        long hash = length;
        for (int i = from; i < from + length; i++) hash = MinHash.mixed(hash * 0x9E3779B97F4A7C15L + words.hash(i));
        return hash;
    }

    /** Words in a run. */
    public int run() { return run; }

    /** The first run of a text that the test set has too; null where there is none. */
    public String shared(String text) {
        var words = Words.of(text);
        for (int i = 0; i < words.count(); i++)
            for (int length : lengths)
                if (i + length <= words.count() && Arrays.binarySearch(runs, hash(words, i, length)) >= 0)
                    return text.substring(words.begin(i), words.end(i + length - 1));
        return null;
    }
}
