package lyceum.text.compare;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.compare.CommonSubsequence.Method;
import org.junit.jupiter.api.Test;

class CommonSubsequenceTest {
    private static final String TOPIC = "lcs";

    static String word(Rng rng, int letters, int longest) {
        var text = new StringBuilder();
        for (int i = rng.nextInt(longest + 1); i > 0; i--) text.append((char) ('a' + rng.nextInt(letters)));
        return text.toString();
    }

    private static List<Integer> sequence(Rng rng, int letters, int length) {
        return IntStream.range(0, length).mapToObj(_ -> rng.nextInt(letters)).toList();
    }

    /** Every subset of a, tried in b. */
    private static int bruteForce(String a, String b, Set<String> best) {
        int longest = 0;
        for (int s = 0; s < 1 << a.length(); s++) {
            var kept = new StringBuilder();
            for (int i = 0; i < a.length(); i++) if ((s >> i & 1) == 1) kept.append(a.charAt(i));
            if (kept.length() < longest || !isSubsequence(kept.toString(), b)) continue;
            if (kept.length() > longest) best.clear();
            longest = kept.length();
            best.add(kept.toString());
        }
        return longest;
    }

    private static boolean isSubsequence(String part, String whole) {
        int at = 0;
        for (int i = 0; i < whole.length() && at < part.length(); i++) if (whole.charAt(i) == part.charAt(at)) at++;
        return at == part.length();
    }

    private static List<Integer> codes(String s) { return s.chars().boxed().toList(); }

    /** Whether it names places that ascend and hold the same items in both. */
    private static boolean isCommon(CommonSubsequence c, List<?> a, List<?> b) {
        for (int k = 0; k < c.length(); k++) {
            if (!a.get(c.inA()[k]).equals(b.get(c.inB()[k]))) return false;
            if (k > 0 && (c.inA()[k] <= c.inA()[k - 1] || c.inB()[k] <= c.inB()[k - 1])) return false;
        }
        return true;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Acceptance(topic = TOPIC, clause = 2)
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void allMethodsAgreeWithTrialOfAllSubsets() {
        var rng = Rng.of(175);
        int pairs = 0, wrong = 0, uncommon = 0, distances = 0, sets = 0;
        for (; pairs < 1000; pairs++) {
            String a = word(rng, 2 + pairs % 3, 12), b = word(rng, 2 + pairs % 3, 12);
            var best = new HashSet<String>();
            int length = bruteForce(a, b, best);
            for (var method : Method.values()) {
                var found = CommonSubsequence.of(a, b, method);
                if (found.length() != length) wrong++;
                if (!isCommon(found, codes(a), codes(b))) uncommon++;
            }
            if (CommonSubsequence.length(a, b) != length || CommonSubsequence.lengthByRows(codes(a), codes(b)) != length) wrong++;
            if (!new HashSet<>(CommonSubsequence.all(a, b, 1000)).equals(best)) sets++;
            // deletions and insertions only: by a table of its own
            if (insertDelete(a, b) != a.length() + b.length() - 2 * length) distances++;
            if (Diff.of(codes(a), codes(b)).size() != a.length() + b.length() - 2 * length) distances++;
        }
        int large = 0;
        for (int i = 0; i < 6; i++) {
            List<Integer> a = sequence(rng, i < 3 ? 4 : 60, 2000), b = i % 2 == 0 ? sequence(rng, i < 3 ? 4 : 60, 2000) : edited(rng, a);
            int expected = CommonSubsequence.of(a, b, Method.TABLE).length();
            for (var method : Method.values()) {
                var found = CommonSubsequence.of(a, b, method);
                if (found.length() != expected || !isCommon(found, a, b)) large++;
            }
            if (CommonSubsequence.length(a, b) != expected || CommonSubsequence.lengthByRows(a, b) != expected) large++;
        }
        Evidence.of("random pairs up to length 12", pairs, exactly(1000));
        Evidence.of("lengths beside all subsets, five ways", wrong, exactly(0));
        Evidence.of("results that are no common subsequence", uncommon, exactly(0));
        Evidence.of("sets of all longest ones beside all subsets", sets, exactly(0));
        Evidence.of("insert and delete distances other than m + n - 2 L", distances, exactly(0));
        Evidence.of("disagreements at length 2,000", large, exactly(0));
    }

    private static List<Integer> edited(Rng rng, List<Integer> a) {
        var b = new ArrayList<>(a);
        for (int i = 0; i < 100; i++) {
            b.remove(rng.nextInt(b.size()));
            b.add(rng.nextInt(b.size()), rng.nextInt(9));
        }
        return b;
    }

    private static int insertDelete(String a, String b) {
        var d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) for (int j = 0; j <= b.length(); j++) {
            if (i == 0 || j == 0) d[i][j] = i + j;
            else d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1,
                    a.charAt(i - 1) == b.charAt(j - 1) ? d[i - 1][j - 1] : Integer.MAX_VALUE);
        }
        return d[a.length()][b.length()];
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void diffTurnsOneIntoTheOther() {
        var rng = Rng.of(4);
        int wrong = 0, back = 0, pairs = 0;
        for (; pairs < 1000; pairs++) {
            List<Integer> a = codes(word(rng, 3, 30)), b = codes(word(rng, 3, 30));
            var diff = Diff.of(a, b);
            if (!diff.apply(a).equals(b)) wrong++;
            if (!diff.inverse().apply(b).equals(a)) back++;
        }
        Evidence.of("pairs", pairs, exactly(1000));
        Evidence.of("scripts that do not turn a into b", wrong, exactly(0));
        Evidence.of("inverses that do not turn b into a", back, exactly(0));
        var diff = Diff.of(List.of("one", "two", "three"), List.of("one", "three", "four"));
        assertThat(diff.toString()).isEqualTo("  one\n- two\n  three\n+ four\n");
        assertThatThrownBy(() -> diff.apply(List.of("one"))).hasMessageContaining("expects [two]");
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void hirschbergsTablesAreLinear() {
        var rng = Rng.of(5);
        double most = 0;
        int pairs = 0;
        for (int m : new int[] {1, 2, 3, 7, 50, 400, 2000}) for (int n : new int[] {1, 2, 5, 33, 800, 2000}) {
            var found = CommonSubsequence.of(sequence(rng, 4, m), sequence(rng, 4, n));
            most = Math.max(most, found.cells() / (2.0 * (m + n)));
            assertThat(found.cells()).as(m + " and " + n).isGreaterThanOrEqualTo(Math.min(m, n) > 1 ? Math.min(m, n) : 0);
            pairs++;
        }
        Evidence.of("pairs of lengths", pairs, exactly(42));
        Evidence.of("live cells over 2 (m + n), most", most, atMost(1));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void theBooksExample() {
        Evidence.of("length for ABCBDAB and BDCABA", CommonSubsequence.of("ABCBDAB", "BDCABA").length(), exactly(4));
        assertThat(CommonSubsequence.all("ABCBDAB", "BDCABA", 10)).containsExactly("BCAB", "BCBA", "BDAB");
        assertThatThrownBy(() -> CommonSubsequence.all("ABCBDAB", "BDCABA", 2)).hasMessageContaining("more than 2");
    }

    @Test void weightsAndSeveralSequences() {
        // one heavy letter outweighs three light ones
        assertThat(CommonSubsequence.weight(codes("xabc"), codes("abcx"), c -> c == 'x' ? 5 : 1)).isEqualTo(5);
        assertThat(CommonSubsequence.weight(codes("xabc"), codes("abcx"), c -> 1)).isEqualTo(3);
        assertThatThrownBy(() -> CommonSubsequence.weight(codes("a"), codes("a"), c -> -1)).hasMessageContaining("weighs -1");
        var rng = Rng.of(9);
        for (int i = 0; i < 200; i++) {
            String a = word(rng, 2, 7), b = word(rng, 2, 7), c = word(rng, 2, 7);
            int best = 0;
            for (int s = 0; s < 1 << a.length(); s++) {
                var kept = new StringBuilder();
                for (int k = 0; k < a.length(); k++) if ((s >> k & 1) == 1) kept.append(a.charAt(k));
                if (isSubsequence(kept.toString(), b) && isSubsequence(kept.toString(), c)) best = Math.max(best, kept.length());
            }
            assertThat(CommonSubsequence.lengthOfSeveral(List.of(codes(a), codes(b), codes(c)))).isEqualTo(best);
        }
        assertThatThrownBy(() -> CommonSubsequence.lengthOfSeveral(List.of())).hasMessageContaining("no sequences");
        assertThat(CommonSubsequence.of("", "abc").length()).isZero();
        assertThat(CommonSubsequence.length("a\uD83D\uDE00b", "\uD83D\uDE00")).as("code points").isEqualTo(1);
        assertThat(Arrays.asList(Method.values())).hasSize(3);
    }
}
