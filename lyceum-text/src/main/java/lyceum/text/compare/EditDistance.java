package lyceum.text.compare;

import java.util.Arrays;
import java.util.List;
import lyceum.withers.Withers;

/**
 * The least cost of turning one sequence into another by deletions, insertions, substitutions and, where asked, swaps of neighbours:
 *
 * <pre>D(i, j) = min(D(i-1, j) + deletion, D(i, j-1) + insertion, D(i-1, j-1) + substitution if a_i != b_j, ...)</pre>
 *
 * {@snippet :
 * EditDistance.LEVENSHTEIN.of("kitten", "sitting");                    // 3
 * EditDistance.LEVENSHTEIN.withSubstitution(2).of("intention", "execution"); // 8
 * EditDistance.DAMERAU.of("CA", "ABC");                                // 2
 * EditDistance.RESTRICTED.of("CA", "ABC");                             // 3: a swapped pair is not edited again
 * EditDistance.levenshtein("kitten", "sitting");                       // the plain case, 64 cells at a step
 * }
 *
 * <p>Characters are code points; {@link #of(List, List)} takes words or anything else. The restricted form is no metric: CA, AC, ABC break the triangle.
 *
 * @param deletion cost, positive
 * @param insertion cost, positive
 * @param substitution cost, positive
 * @param swap cost of exchanging two neighbours
 * @param swaps none, of pairs that are not edited otherwise, or any
 * @see <a href="https://doi.org/10.1145/321796.321811">Wagner and Fischer (1974)</a>
 * @see "Lowrance and Wagner (1975) for unrestricted swaps"
 */
@Withers
public record EditDistance(double deletion, double insertion, double substitution, double swap, Swaps swaps)
        implements EditDistanceWithers {
    /** Exchanges of neighbours. */
    public enum Swaps {
        /** None: Levenshtein. */
        NONE,
        /** Of pairs that nothing else happens to: optimal string alignment. */
        RESTRICTED,
        /** Of any, also with edits between them: Damerau. Asks {@code 2 swap >= deletion + insertion}. */
        FULL
    }

    public static final EditDistance LEVENSHTEIN = new EditDistance(1, 1, 1, 1, Swaps.NONE),
            RESTRICTED = LEVENSHTEIN.withSwaps(Swaps.RESTRICTED), DAMERAU = LEVENSHTEIN.withSwaps(Swaps.FULL);

    public EditDistance {
        for (double cost : new double[] {deletion, insertion, substitution, swap})
            if (!(cost > 0 && cost < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("EditDistance: a cost is " + cost + "; costs are positive");
        if (swaps == Swaps.FULL && 2 * swap < deletion + insertion) throw new IllegalArgumentException(
                "EditDistance: two swaps cost " + 2 * swap + ", less than a deletion and an insertion; FULL needs at least that");
    }

    public double of(String a, String b) { return table(Symbols.of(a, b)).total(); }

    public double of(List<?> a, List<?> b) { return table(Symbols.of(a, b)).total(); }

    /** A cheapest way, edit by edit. */
    public EditAlignment align(String a, String b) { return table(Symbols.of(a, b)).alignment(); }

    public EditAlignment align(List<?> a, List<?> b) { return table(Symbols.of(a, b)).alignment(); }

    /** Every cell's cost, row by row: {@code table(a, b)[i][j]} turns the first i items of a into the first j of b. */
    public double[][] table(String a, String b) { return table(Symbols.of(a, b)).rows(); }

    EditTable table(Symbols s) { return EditTable.of(this, s); }

    /** Levenshtein's distance by bits: each word holds the differences between 64 neighbouring cells of a column (Myers 1999, Hyyro 2003). */
    public static int levenshtein(String a, String b) { return levenshtein(Symbols.of(a, b)); }

    public static int levenshtein(List<?> a, List<?> b) { return levenshtein(Symbols.of(a, b)); }

    static int levenshtein(Symbols s) {
        int m = s.a().length, words = Math.ceilDiv(m, 64);
        if (m == 0) return s.b().length;
        var masks = Symbols.masks(s.a(), s.alphabet());
        long[] plus = new long[words], minus = new long[words];
        Arrays.fill(plus, -1);
        long last = 1L << (m - 1);
        int distance = m;
        for (int symbol : s.b()) {
            // the difference that enters the first word from above: row 0 grows by one a column
            long plusIn = 1, minusIn = 0;
            for (int w = 0; w < words; w++) {
                long p = plus[w], n = minus[w], match = masks[symbol * words + w], either = match | n;
                match |= minusIn;
                long same = (match & p) + p ^ p | match, up = n | ~(same | p), down = p & same;
                if (w == words - 1) {
                    if ((up & last) != 0) distance++;
                    if ((down & last) != 0) distance--;
                }
                long plusOut = up >>> 63, minusOut = down >>> 63;
                up = up << 1 | plusIn;
                down = down << 1 | minusIn;
                plus[w] = down | ~(either | up);
                minus[w] = up & either;
                plusIn = plusOut;
                minusIn = minusOut;
            }
        }
        return distance;
    }

    /** Levenshtein's distance if it is at most {@code most}, else {@code most + 1}: only cells that near the diagonal are looked at. */
    public static int atMost(CharSequence a, CharSequence b, int most) { return BandedDistance.of(a, b, most, false); }

    /** The same with swaps of pairs that nothing else happens to, as {@link #RESTRICTED} has them: what typing errors are. */
    public static int atMostWithSwaps(CharSequence a, CharSequence b, int most) { return BandedDistance.of(a, b, most, true); }

    /** How many places differ. @throws IllegalArgumentException for unequal lengths */
    public static int hamming(String a, String b) {
        var s = Symbols.of(a, b);
        if (s.a().length != s.b().length) throw new IllegalArgumentException(
                "hamming: " + s.a().length + " and " + s.b().length + " characters; the lengths must be equal");
        int differ = 0;
        for (int i = 0; i < s.a().length; i++) if (s.a()[i] != s.b()[i]) differ++;
        return differ;
    }

    /**
     * Jaro's similarity in [0, 1]: the mean of the shares of matched characters in a and b, and of matches in order; matches lie at most half of the longer
     * length less one apart (Jaro 1989).
     */
    public static double jaro(String a, String b) {
        var s = Symbols.of(a, b);
        int m = s.a().length, n = s.b().length, window = Math.max(0, Math.max(m, n) / 2 - 1), matches = 0;
        if (m == 0 && n == 0) return 1;
        var taken = new boolean[n];
        var partners = new int[m];
        for (int i = 0; i < m; i++) {
            partners[i] = -1;
            for (int j = Math.max(0, i - window); j < Math.min(n, i + window + 1); j++) {
                if (taken[j] || s.a()[i] != s.b()[j]) continue;
                taken[j] = true;
                partners[i] = j;
                matches++;
                break;
            }
        }
        if (matches == 0) return 0;
        int half = 0, at = 0;
        for (int i = 0; i < m; i++) {
            if (partners[i] < 0) continue;
            while (!taken[at]) at++;
            if (s.a()[i] != s.b()[at++]) half++;
        }
        double c = matches;
        return (c / m + c / n + (c - half / 2) / c) / 3;
    }

    /** Jaro's similarity raised by a tenth of what is missing for each of up to four equal first characters (Winkler 1990). */
    public static double jaroWinkler(String a, String b) {
        double jaro = jaro(a, b);
        int[] p = a.codePoints().limit(4).toArray(), q = b.codePoints().limit(4).toArray();
        int same = 0;
        while (same < Math.min(p.length, q.length) && p[same] == q[same]) same++;
        return jaro + 0.1 * same * (1 - jaro);
    }
}
