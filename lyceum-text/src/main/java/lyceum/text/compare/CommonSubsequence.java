package lyceum.text.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * A longest common subsequence: items that stand in both sequences in the same order, gaps allowed, as many as can be. With {@code L(i, j)} for the first i
 * items of a and j of b,
 *
 * <pre>L(i, j) = L(i-1, j-1) + 1 if a_i = b_j, else max(L(i-1, j), L(i, j-1)).</pre>
 *
 * {@snippet :
 * var common = CommonSubsequence.of("ABCBDAB", "BDCABA");
 * common.length();                                          // 4
 * CommonSubsequence.all("ABCBDAB", "BDCABA", 10);           // BCAB, BCBA, BDAB
 * }
 *
 * <p>The usual answer is not the only one: compare lengths. Time is m n, memory linear by default (Hirschberg); for nearly equal sequences {@link Method#MYERS}
 * takes time (m + n) D with D items that differ. Characters are code points.
 *
 * @param inA places in a, ascending
 * @param inB places in b of the same items
 * @param cells most cells of tables that were alive at once
 * @see <a href="https://doi.org/10.1145/360825.360861">Hirschberg (1975)</a>
 * @see <a href="https://doi.org/10.1007/BF01840446">Myers (1986)</a>
 */
public record CommonSubsequence(int[] inA, int[] inB, long cells) {
    /** How it is found. */
    public enum Method {
        /** The whole table, and the way back through it. */
        TABLE,
        /** Halves of a around the best split of b: linear memory, twice the work. */
        HIRSCHBERG,
        /** Furthest points of each diagonal for 0, 1, 2, ... differences: fast where there are few. Memory grows as their square. */
        MYERS
    }

    public CommonSubsequence {
        if (inA.length != inB.length)
            throw new IllegalArgumentException("CommonSubsequence: " + inA.length + " places in a and " + inB.length + " in b");
    }

    public int length() { return inA.length; }

    public static CommonSubsequence of(String a, String b) { return of(Symbols.of(a, b), Method.HIRSCHBERG); }

    public static CommonSubsequence of(String a, String b, Method method) { return of(Symbols.of(a, b), method); }

    public static CommonSubsequence of(List<?> a, List<?> b) { return of(a, b, Method.HIRSCHBERG); }

    public static CommonSubsequence of(List<?> a, List<?> b, Method method) { return of(Symbols.of(a, b), method); }

    static CommonSubsequence of(Symbols s, Method method) {
        return switch (method) {
            case TABLE -> SubsequenceTable.of(s.a(), s.b()).subsequence();
            case HIRSCHBERG -> new Hirschberg(s.a(), s.b()).subsequence();
            case MYERS -> new MyersPath(s.a(), s.b()).subsequence();
        };
    }

    /** The length alone, 64 cells at a step: the sum of a column's bits (Crochemore and others 2001, Hyyro 2004). */
    public static int length(String a, String b) { return length(Symbols.of(a, b)); }

    public static int length(List<?> a, List<?> b) { return length(Symbols.of(a, b)); }

    static int length(Symbols s) {
        int words = Math.ceilDiv(s.a().length, 64);
        var masks = Symbols.masks(s.a(), s.alphabet());
        var column = new long[words];
        Arrays.fill(column, -1);
        for (int symbol : s.b()) {
            long carry = 0;
            for (int w = 0; w < words; w++) {
                long v = column[w], match = masks[symbol * words + w], u = v & match, sum = v + u, added = sum + carry;
                carry = Long.compareUnsigned(sum, v) < 0 || Long.compareUnsigned(added, sum) < 0 ? 1 : 0;
                column[w] = added | v & ~match;
            }
        }
        int zeros = 0;
        for (int w = 0; w < words; w++) {
            long live = w < words - 1 || s.a().length % 64 == 0 ? -1 : (1L << s.a().length) - 1;
            zeros += Long.bitCount(~column[w] & live);
        }
        return zeros;
    }

    /** The length by two rows of the table: m n steps, n cells. */
    public static int lengthByRows(List<?> a, List<?> b) {
        var s = Symbols.of(a, b);
        var row = new int[s.b().length + 1];
        for (int symbol : s.a()) Hirschberg.step(row, symbol, s.b(), 0, s.b().length, false);
        return row[s.b().length];
    }

    /**
     * All different longest common subsequences, in the order of their characters.
     *
     * @throws IllegalArgumentException if there are more than {@code most}
     */
    public static List<String> all(String a, String b, int most) {
        var table = SubsequenceTable.of(a.codePoints().toArray(), b.codePoints().toArray());
        return table.all(most).stream().map(points -> new String(points, 0, points.length)).toList();
    }

    /** The greatest sum of weights of a common subsequence; an item's weight is at least 0. */
    public static <T> double weight(List<T> a, List<T> b, ToDoubleFunction<T> weight) {
        var s = Symbols.of(a, b);
        double[] row = new double[b.size() + 1];
        for (int i = 0; i < a.size(); i++) {
            double w = weight.applyAsDouble(a.get(i)), corner = 0;
            if (!(w >= 0)) throw new IllegalArgumentException("weight: " + a.get(i) + " weighs " + w + "; weights are at least 0");
            for (int j = 1; j < row.length; j++) {
                double above = row[j];
                row[j] = Math.max(Math.max(above, row[j - 1]), s.a()[i] == s.b()[j - 1] ? corner + w : 0);
                corner = above;
            }
        }
        return row[b.size()];
    }

    /** The length of a longest sequence that is a subsequence of all. @throws IllegalArgumentException if the product of their lengths passes 2^26 */
    public static int lengthOfSeveral(List<? extends List<?>> sequences) {
        if (sequences.isEmpty()) throw new IllegalArgumentException("lengthOfSeveral: there are no sequences");
        long cells = 1;
        var stride = new int[sequences.size()];
        for (int k = stride.length - 1; k >= 0; k--) {
            stride[k] = (int) cells;
            cells *= sequences.get(k).size() + 1L;
            if (cells > 1 << 26) throw new IllegalArgumentException("lengthOfSeveral: the table has more than 2^26 cells");
        }
        int diagonal = IntStream.of(stride).sum();
        var table = new int[(int) cells];
        var at = new int[stride.length];
        for (int cell = 0; cell < cells; cell++) {
            int rest = cell, best = 0;
            boolean inside = true;
            for (int k = 0; k < stride.length; k++) {
                at[k] = rest / stride[k];
                rest %= stride[k];
                if (at[k] == 0) inside = false;
                else best = Math.max(best, table[cell - stride[k]]);
            }
            if (!inside) continue;
            var first = sequences.getFirst().get(at[0] - 1);
            boolean same = true;
            for (int k = 1; k < stride.length; k++) same &= first.equals(sequences.get(k).get(at[k] - 1));
            table[cell] = same ? table[cell - diagonal] + 1 : best;
        }
        return table[(int) cells - 1];
    }

    /** The whole table of lengths, row by row. */
    record SubsequenceTable(int[] a, int[] b, int[] lengths) {
        static SubsequenceTable of(int[] a, int[] b) {
            int wide = b.length + 1;
            var t = new int[Math.multiplyExact(a.length + 1, wide)];
            for (int i = 1; i <= a.length; i++)
                for (int j = 1; j < wide; j++)
                    t[i * wide + j] = a[i - 1] == b[j - 1] ? t[(i - 1) * wide + j - 1] + 1
                            : Math.max(t[(i - 1) * wide + j], t[i * wide + j - 1]);
            return new SubsequenceTable(a, b, t);
        }

        int at(int i, int j) { return lengths[i * (b.length + 1) + j]; }

        CommonSubsequence subsequence() {
            int i = a.length, j = b.length, k = at(i, j);
            int[] inA = new int[k], inB = new int[k];
            while (k > 0) {
                if (a[i - 1] == b[j - 1]) {
                    inA[--k] = --i;
                    inB[k] = --j;
                } else if (at(i - 1, j) >= at(i, j - 1)) i--;
                else j--;
            }
            return new CommonSubsequence(inA, inB, lengths.length);
        }

        List<int[]> all(int most) {
            var found = new ArrayList<int[]>();
            var last = new int[at(a.length, b.length)];
            collect(a.length, b.length, last.length, last, found, most);
            found.sort(Arrays::compare);
            return found;
        }

        /** For each different last item, from where it last stands in both: no sequence is met twice. */
        private void collect(int i, int j, int k, int[] suffix, List<int[]> found, int most) {
            if (k == 0) {
                if (found.size() == most) throw new IllegalArgumentException("all: there are more than " + most);
                found.add(suffix.clone());
                return;
            }
            var tried = new TreeSet<Integer>();
            for (int x = i; x > 0 && at(x, j) == k; x--) {
                if (!tried.add(a[x - 1])) continue;
                int y = j;
                while (y > 0 && b[y - 1] != a[x - 1]) y--;
                if (y == 0 || at(x - 1, y - 1) != k - 1) continue;
                suffix[k - 1] = a[x - 1];
                collect(x - 1, y - 1, k - 1, suffix, found, most);
            }
        }
    }
}
