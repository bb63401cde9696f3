package lyceum.data.dedup;

import java.util.Arrays;
import lyceum.data.corpus.Words;

/** The set of runs of {@code n} words (or characters) in a text, as sorted 64-bit hashes; case and punctuation aside. */
public final class Shingles {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Shingles() {}

    /** Runs of {@code n} words. A text of fewer words, but one at least, has all of them as its one shingle. */
    public static long[] words(String text, int n) {
        checked(n);
        var words = Words.of(text);
        if (words.count() == 0) return new long[0];
        int length = Math.min(n, words.count());
        var hashes = new long[words.count()];
        for (int i = 0; i < hashes.length; i++) hashes[i] = words.hash(i);
        return runs(hashes, length);
    }

    /** Runs of {@code n} characters of the text as it is. */
    public static long[] characters(String text, int n) {
        checked(n);
        if (text.isEmpty()) return new long[0];
        var hashes = new long[text.length()];
        for (int i = 0; i < hashes.length; i++) hashes[i] = MinHash.mixed(text.charAt(i) + GOLDEN);
        return runs(hashes, Math.min(n, hashes.length));
    }

    private static void checked(int n) { if (n < 1) throw new IllegalArgumentException("Shingles: runs of " + n + "; at least 1"); }

    private static long[] runs(long[] hashes, int n) {
        var runs = new long[hashes.length - n + 1];
        for (int i = 0; i < runs.length; i++) {
            long run = n;
            for (int j = i; j < i + n; j++) run = MinHash.mixed(run * GOLDEN + hashes[j]);
            runs[i] = run;
        }
        Arrays.sort(runs);
        int distinct = 0;
        for (int i = 0; i < runs.length; i++) if (i == 0 || runs[i] != runs[i - 1]) runs[distinct++] = runs[i];
        return distinct == runs.length ? runs : Arrays.copyOf(runs, distinct);
    }

    /** {@code |A n B| / |A u B|} of two sorted sets; 0 for two empty ones, which have nothing in common. */
    public static double jaccard(long[] a, long[] b) {
        int i = 0, j = 0, both = 0;
        while (i < a.length && j < b.length) {
            if (a[i] == b[j]) {
                both++;
                i++;
                j++;
            } else if (a[i] < b[j]) i++;
            else j++;
        }
        int union = a.length + b.length - both;
        return union == 0 ? 0 : (double) both / union;
    }
}
