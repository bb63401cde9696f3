package lyceum.text.count;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs of n neighbouring tokens, letters or anything else. A sequence of N gives {@code max(0, N - n + 1)} of them.
 *
 * {@snippet :
 * NGrams.of(List.of("to", "be", "or", "not"), 2);                      // [to, be], [be, or], [or, not]
 * NGrams.of(NGrams.padded(List.of("to", "be"), 2, "<s>", "</s>"), 2);  // [<s>, to], [to, be], [be, </s>]
 * NGrams.range(List.of("to", "be", "or"), 1, 2);                       // at each place the shorter first
 * NGrams.skipping(List.of("a", "b", "c"), 2, 1);                       // [a, b], [a, c], [b, c]
 * }
 *
 * <p>Texts of many tokens are counted by {@link NGramTrie}.
 */
public final class NGrams {
    private NGrams() {}

    public static <T> List<List<T>> of(List<T> items, int n) {
        check(n);
        var grams = new ArrayList<List<T>>(Math.max(0, items.size() - n + 1));
        for (int i = 0; i + n <= items.size(); i++) grams.add(List.copyOf(items.subList(i, i + n)));
        return grams;
    }

    /** Of every length from {@code least} to {@code most}: at each place the shorter first. */
    public static <T> List<List<T>> range(List<T> items, int least, int most) {
        check(least);
        if (most < least) throw new IllegalArgumentException("NGrams: the range is " + least + " to " + most);
        var grams = new ArrayList<List<T>>();
        for (int i = 0; i < items.size(); i++)
            for (int n = least; n <= most && i + n <= items.size(); n++) grams.add(List.copyOf(items.subList(i, i + n)));
        return grams;
    }

    /** n items in order that lie within n + {@code skips} neighbours, the first of which belongs to them. */
    public static <T> List<List<T>> skipping(List<T> items, int n, int skips) {
        check(n);
        if (skips < 0) throw new IllegalArgumentException("NGrams: " + skips + " items cannot be skipped");
        var grams = new ArrayList<List<T>>();
        for (int i = 0; i + n <= items.size(); i++)
            choose(items, i + 1, Math.min(items.size(), i + n + skips), n - 1, new ArrayList<>(List.of(items.get(i))), grams);
        return grams;
    }

    private static <T> void choose(List<T> items, int from, int to, int left, List<T> chosen, List<List<T>> grams) {
        if (left == 0) {
            grams.add(List.copyOf(chosen));
            return;
        }
        for (int i = from; i + left <= to; i++) {
            chosen.add(items.get(i));
            choose(items, i + 1, to, left - 1, chosen, grams);
            chosen.removeLast();
        }
    }

    /** With n - 1 marks before and behind; a mark that is null is left out. */
    public static <T> List<T> padded(List<T> items, int n, T before, T behind) {
        check(n);
        var padded = new ArrayList<T>();
        if (before != null) padded.addAll(Collections.nCopies(n - 1, before));
        padded.addAll(items);
        if (behind != null) padded.addAll(Collections.nCopies(n - 1, behind));
        return padded;
    }

    /** How often each stands in the sequence, in the order of first appearance. */
    public static <T> Map<List<T>, Integer> counts(List<T> items, int n) {
        var counts = new LinkedHashMap<List<T>, Integer>();
        for (var gram : of(items, n)) counts.merge(gram, 1, Integer::sum);
        return counts;
    }

    private static void check(int n) { if (n < 1) throw new IllegalArgumentException("NGrams: n is " + n + "; it is 1 or more"); }
}
