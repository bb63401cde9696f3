package lyceum.text.vector;

import java.util.Arrays;
import java.util.List;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * How often words stand near each other: each pair at distance d inside the window adds a weight to both its cells. Sentences are borders.
 *
 * @param window neighbours on each side, 5 by default
 * @param weighting what a pair at distance d adds
 * @param minCount rarer words are left out, 5 by default
 */
@Withers
public record Cooccurrences(int window, Weighting weighting, int minCount) implements CooccurrencesWithers {
    /** What a pair at distance d adds. */
    public enum Weighting {
        /** 1. */
        FLAT,
        /** 1 / d, as GloVe does. */
        HARMONIC,
        /** (window - d + 1) / window, what the dynamic window of word2vec gives on average. */
        LINEAR
    }

    /**
     * Words by falling count and what was counted.
     *
     * @param counts of the words
     * @param matrix F64 (words, words), symmetric
     */
    public record Counted(List<String> words, long[] counts, Csr matrix) {}

    public Cooccurrences {
        if (window < 1) throw new IllegalArgumentException("Cooccurrences: the window is " + window + "; it is at least 1");
    }

    public Cooccurrences(int window) { this(window, Weighting.FLAT, 5); }

    public Counted count(List<? extends List<String>> sentences) {
        var text = IndexedText.of("Cooccurrences", sentences, minCount);
        int n = text.words().size();
        var cells = new Cells();
        for (int[] s : text.sentences()) {
            for (int i = 0; i < s.length; i++) {
                for (int j = Math.max(0, i - window); j < i; j++) {
                    int d = i - j;
                    cells.add(s[i], s[j],
                            weighting == Weighting.FLAT ? 1 : weighting == Weighting.HARMONIC ? 1.0 / d : (window - d + 1.0) / window);
                }
            }
        }
        return new Counted(text.words(), text.counts(), cells.symmetric(n));
    }

    /** Sums by cell of the triangle, in a table that doubles when it is half full. */
    private static final class Cells {
        private long[] keys = new long[1 << 10];
        private double[] sums = new double[1 << 10];
        private int size;

        Cells() { Arrays.fill(keys, -1); }

        void add(int a, int b, double weight) {
            long key = (long) Math.max(a, b) << 32 | Math.min(a, b);
            int at = place(key);
            if (keys[at] < 0) {
                keys[at] = key;
                if (++size * 2 > keys.length) {
                    grow();
                    at = place(key);
                }
            }
            sums[at] += a == b ? 2 * weight : weight; // a word beside itself is its own neighbour both ways
        }

        private int place(long key) {
            int at = (int) (key * 0x9E3779B97F4A7C15L >>> 32) & keys.length - 1;
            while (keys[at] >= 0 && keys[at] != key) at = at + 1 & keys.length - 1;
            return at;
        }

        private void grow() {
            long[] oldKeys = keys;
            double[] oldSums = sums;
            keys = new long[Math.multiplyExact(2, oldKeys.length)];
            sums = new double[keys.length];
            Arrays.fill(keys, -1);
            for (int i = 0; i < oldKeys.length; i++) {
                if (oldKeys[i] < 0) continue;
                int at = place(oldKeys[i]);
                keys[at] = oldKeys[i];
                sums[at] = oldSums[i];
            }
        }

        Csr symmetric(int n) {
            var starts = new int[n + 1];
            for (long key : keys) {
                if (key < 0) continue;
                int a = (int) (key >>> 32), b = (int) key;
                starts[a + 1]++;
                if (a != b) starts[b + 1]++;
            }
            for (int i = 0; i < n; i++) starts[i + 1] = Math.addExact(starts[i + 1], starts[i]);
            long[] sorted = Arrays.stream(keys).filter(k -> k >= 0).sorted().toArray();
            var next = Arrays.copyOf(starts, n);
            var columns = new int[starts[n]];
            var values = new double[starts[n]];
            for (int half = 0; half < 2; half++) { // columns below the diagonal first, then those above it, each in order
                for (long key : sorted) {
                    int a = (int) (key >>> 32), b = (int) key;
                    if (half == 1 && a == b) continue;
                    int row = half == 0 ? a : b, at = next[row]++;
                    columns[at] = half == 0 ? b : a;
                    values[at] = sums[place(key)];
                }
            }
            return Csr.of(n, n, starts, columns, Tensor.of(values));
        }
    }
}
