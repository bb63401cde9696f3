package lyceum.text.compare;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Words;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class EditDistanceTest {
    private static final String TOPIC = "edit-distance";

    private static String word(Recipe r, int letters, int longest) {
        int length = r.below(longest + 1);
        var text = new StringBuilder();
        for (int c : r.belows(letters, length)) text.append((char) ('a' + c));
        return text.toString();
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void knownPairs() {
        Evidence.of("kitten, sitting", EditDistance.LEVENSHTEIN.of("kitten", "sitting"), exactly(3));
        Evidence.of("intention, execution", EditDistance.LEVENSHTEIN.of("intention", "execution"), exactly(5));
        Evidence.of("intention, execution, substitutions at 2", EditDistance.LEVENSHTEIN.withSubstitution(2).of("intention", "execution"),
                exactly(8));
        assertThat(EditDistance.RESTRICTED.of("CA", "ABC")).isEqualTo(3);
        assertThat(EditDistance.DAMERAU.of("CA", "ABC")).isEqualTo(2);
        assertThat(EditDistance.DAMERAU.align("CA", "ABC").edits()).extracting(e -> e.kind().name()).containsExactly("SWAP", "INSERT");
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void distancesAreThoseOfNltkAndOfSearch() {
        var golden = Golden.load("golden/edit-distance.json").named("pairs");
        int[] plain = golden.ints("expected.plain"), swaps = golden.ints("expected.transpositions"),
                two = golden.ints("expected.substitutionTwo");
        var r = new Recipe(176);
        int wrong = 0;
        for (int i = 0; i < plain.length; i++) {
            String a = word(r, 4, 12), b = word(r, 4, 12);
            if (EditDistance.LEVENSHTEIN.of(a, b) != plain[i]) wrong++;
            if (EditDistance.DAMERAU.of(a, b) != swaps[i]) wrong++;
            if (EditDistance.LEVENSHTEIN.withSubstitution(2).of(a, b) != two[i]) wrong++;
        }
        Evidence.of("pairs", plain.length, exactly(2000));
        Evidence.of("distances other than nltk's, three kinds", wrong, exactly(0));
        var all = new ArrayList<String>(List.of(""));
        for (int from = 0, length = 1; length <= 5; length++) {
            int to = all.size();
            for (int i = from; i < to; i++)
                for (var c : List.of("a", "b", "c"))
                    if (length <= 4 || !c.equals("c") && !all.get(i).contains("c")) all.add(all.get(i) + c);
            from = to;
        }
        int searched = 0, missed = 0;
        for (boolean swapping : new boolean[] {false, true}) {
            var kind = swapping ? EditDistance.DAMERAU : EditDistance.LEVENSHTEIN;
            for (var a : all) {
                var found = search(a, swapping);
                for (var b : all) {
                    searched++;
                    if (kind.of(a, b) != found.get(b)) missed++;
                }
            }
        }
        Evidence.of("pairs up to length 5 searched", searched, above(20_000));
        Evidence.of("distances other than the search's", missed, exactly(0));
    }

    /** Numbers of edits to every text over a, b, c of at most six letters, breadth first. */
    private static Map<String, Integer> search(String start, boolean swapping) {
        var distance = new HashMap<>(Map.of(start, 0));
        var queue = new ArrayDeque<>(List.of(start));
        while (!queue.isEmpty()) {
            var s = queue.remove();
            var next = new HashSet<String>();
            for (int i = 0; i <= s.length(); i++) {
                for (var c : List.of("a", "b", "c")) {
                    if (s.length() < 6) next.add(s.substring(0, i) + c + s.substring(i));
                    if (i < s.length()) next.add(s.substring(0, i) + c + s.substring(i + 1));
                }
                if (i < s.length()) next.add(s.substring(0, i) + s.substring(i + 1));
                if (swapping && i + 1 < s.length()) next.add(s.substring(0, i) + s.charAt(i + 1) + s.charAt(i) + s.substring(i + 2));
            }
            for (var n : next) if (distance.putIfAbsent(n, distance.get(s) + 1) == null) queue.add(n);
        }
        return distance;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void metricButForTheRestrictedForm() {
        var rng = Rng.of(3);
        int triples = 0, broken = 0, known = 0, restricted = 0;
        for (; triples < 10_000; triples++) {
            String a = CommonSubsequenceTest.word(rng, 3, 6), b = CommonSubsequenceTest.word(rng, 3, 6),
                    c = CommonSubsequenceTest.word(rng, 3, 6);
            for (var kind : List.of(EditDistance.LEVENSHTEIN, EditDistance.DAMERAU)) {
                double ab = kind.of(a, b), bc = kind.of(b, c), ac = kind.of(a, c);
                if (kind.of(a, a) != 0 || (ab == 0) != a.equals(b) || ab != kind.of(b, a) || ac > ab + bc) broken++;
            }
        }
        var texts = new ArrayList<String>(List.of(""));
        for (int i = 0; texts.size() < 40; i++) for (var c : List.of("A", "B", "C")) texts.add(texts.get(i) + c);
        for (var a : texts) for (var b : texts) for (var c : texts) {
            if (a.length() > 2 || b.length() > 2) continue;
            var kind = EditDistance.RESTRICTED;
            if (kind.of(a, c) <= kind.of(a, b) + kind.of(b, c)) continue;
            restricted++;
            if (a.equals("CA") && b.equals("AC") && c.equals("ABC")) known++;
        }
        Evidence.of("triples", triples, exactly(10_000));
        Evidence.of("of them no metric", broken, exactly(0));
        Evidence.of("CA, AC, ABC breaks the restricted form", known, exactly(1));
        Evidence.of("triples of texts up to length 3 that break the restricted form", restricted, above(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void bitsEqualTheTable() {
        var rng = Rng.of(4);
        int pairs = 0, wrong = 0, banded = 0;
        for (int longest : new int[] {5, 63, 64, 65, 130, 400}) {
            for (int i = 0; i < 120; i++, pairs++) {
                var a = CommonSubsequenceTest.word(rng, 2 + i % 20, longest);
                var b = i % 2 == 0 ? CommonSubsequenceTest.word(rng, 2 + i % 20, longest) : scrambled(rng, a);
                int table = (int) EditDistance.LEVENSHTEIN.of(a, b);
                if (EditDistance.levenshtein(a, b) != table) wrong++;
                int swapped = (int) EditDistance.RESTRICTED.of(a, b);
                for (int most : new int[] {0, 1, 3, 10, 50}) {
                    if (EditDistance.atMost(a, b, most) != Math.min(table, most + 1)) banded++;
                    if (EditDistance.atMostWithSwaps(a, b, most) != Math.min(swapped, most + 1)) banded++;
                }
            }
        }
        Evidence.of("pairs up to 400 characters", pairs, exactly(720));
        Evidence.of("bit-parallel distances other than the table's", wrong, exactly(0));
        Evidence.of("banded distances other than the table's", banded, exactly(0));
    }

    private static String scrambled(Rng rng, String a) {
        var b = new StringBuilder(a);
        for (int i = rng.nextInt(6); i > 0 && !b.isEmpty(); i--) {
            int at = rng.nextInt(b.length());
            if (rng.nextInt(2) == 0) b.deleteCharAt(at);
            else b.insert(at, (char) ('a' + rng.nextInt(5)));
        }
        return b.toString();
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void treesFindWhatComparingAllFinds() {
        var words = new ArrayList<>(counts().keySet());
        words.sort(Comparator.naturalOrder());
        var some = words.subList(0, 2000);
        var tree = new BkTree(some);
        var trie = new WordTrie(some);
        assertThat(tree.size()).isEqualTo(2000);
        var rng = Rng.of(5);
        int wrong = 0, found = 0, queries = 0;
        for (int radius = 0; radius <= 3; radius++) {
            for (int i = 0; i < 25; i++, queries++) {
                var query = scrambled(rng, some.get(rng.nextInt(some.size())));
                Set<String> all = new HashSet<>();
                for (var w : some) if (EditDistance.LEVENSHTEIN.of(query, w) <= radius) all.add(w);
                found += all.size();
                var byTree = tree.within(query, radius);
                if (!Set.copyOf(byTree.stream().map(BkTree.Match::word).toList()).equals(all)) wrong++;
                if (!byTree.equals(trie.within(query, radius))) wrong++;
            }
        }
        Evidence.of("queries", queries, exactly(100));
        Evidence.of("matches found", found, above(200));
        Evidence.of("queries that differ from brute force", wrong, exactly(0));
        assertThat(tree.add(some.getFirst())).isFalse();
    }

    private static Map<String, Integer> counts() {
        var counts = new HashMap<String, Integer>();
        Corpora.kingJames().stream().forEach(document -> {
            var words = Words.of(document.text().toLowerCase(Locale.ROOT));
            for (int i = 0; i < words.count(); i++)
                if (words.word(i).chars().allMatch(Character::isLetter)) counts.merge(words.word(i), 1, Integer::sum);
        });
        return counts;
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void singleTyposAreMended() {
        var counts = counts();
        var words = counts.keySet().stream().filter(w -> w.length() >= 4).sorted().toList();
        var speller = new SpellingCorrector(counts);
        var rng = Rng.of(6);
        int right = 0, typos = 0;
        while (typos < 1000) {
            var word = words.get(rng.nextInt(words.size()));
            var typo = new StringBuilder(word);
            int at = rng.nextInt(word.length() - 1);
            char letter = (char) ('a' + rng.nextInt(26));
            switch (rng.nextInt(4)) {
                case 0 -> typo.deleteCharAt(at);
                case 1 -> typo.insert(at, letter);
                case 2 -> typo.setCharAt(at, letter);
                default -> typo.replace(at, at + 2, "" + word.charAt(at + 1) + word.charAt(at));
            }
            if (counts.containsKey(typo.toString())) continue;
            typos++;
            if (speller.correct(typo.toString()).equals(word)) right++;
        }
        Evidence.of("typos in words of the King James Bible, each type alike", typos, exactly(1000));
        Evidence.of("share mended", right / 1000.0, atLeast(0.7));
        assertThat(speller.correct("the")).isEqualTo("the");
        assertThat(speller.correct("qqqqqqqq")).isEqualTo("qqqqqqqq");
    }

    @Test void otherSimilarities() {
        assertThat(EditDistance.hamming("karolin", "kathrin")).isEqualTo(3);
        assertThatThrownBy(() -> EditDistance.hamming("a", "ab")).hasMessageContaining("1 and 2 characters");
        assertThat(EditDistance.jaro("MARTHA", "MARHTA")).isCloseTo(0.944444444, within(1e-9));
        assertThat(EditDistance.jaroWinkler("MARTHA", "MARHTA")).isCloseTo(0.961111111, within(1e-9));
        assertThat(EditDistance.jaroWinkler("DIXON", "DICKSONX")).isCloseTo(0.813333333, within(1e-9));
        assertThat(EditDistance.jaro("", "")).isEqualTo(1);
        assertThat(EditDistance.jaro("a", "")).isZero();
        var rate = ErrorRate.words("yes", "yeah it is");
        assertThat(rate.rate()).isEqualTo(3);
        assertThat(rate).isEqualTo(new ErrorRate(1, 0, 2, 1));
        assertThat(ErrorRate.characters("abc", "abd").plus(ErrorRate.characters("x", "x")).rate()).isEqualTo(0.25);
        assertThat(EditDistance.LEVENSHTEIN.withDeletion(3).of("abc", "b")).isEqualTo(6);
        assertThat(EditDistance.LEVENSHTEIN.table("ab", "b")).isDeepEqualTo(new double[][] {{0, 1}, {1, 1}, {2, 1}});
        assertThatThrownBy(() -> EditDistance.LEVENSHTEIN.withSwap(-1)).hasMessageContaining("a cost is -1");
        assertThatThrownBy(() -> EditDistance.DAMERAU.withSwap(0.3)).hasMessageContaining("two swaps cost 0.6");
        assertThatThrownBy(() -> EditDistance.atMost("a", "b", -1)).hasMessageContaining("-1");
        assertThat(EditDistance.atMost("kitten", "sitting", Integer.MAX_VALUE)).isEqualTo(3);
        assertThat(EditDistance.atMost("", "", Integer.MAX_VALUE)).isZero();
        assertThat(new BkTree(List.of("kitten", "sitting", "hat")).within("mitten", Integer.MAX_VALUE)).hasSize(3);
    }
}
