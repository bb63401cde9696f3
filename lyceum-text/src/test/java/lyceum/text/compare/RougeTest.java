package lyceum.text.compare;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import lyceum.data.corpus.Corpora;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.text.count.Stems;
import org.junit.jupiter.api.Test;

class RougeTest {
    private static final String TOPIC = "rouge";
    private static final Rouge ROUGE = new Rouge();

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void linsSentences() {
        var reference = "police killed the gunman";
        String kill = "police kill the gunman", reversed = "the gunman kill police", turned = "the gunman police killed";
        Evidence.of("L, " + kill, ROUGE.l(kill, reference).f1(), exactly(0.75));
        Evidence.of("L, " + reversed, ROUGE.l(reversed, reference).f1(), exactly(0.5));
        Evidence.of("S, " + kill, ROUGE.s(kill, reference).f1(), exactly(0.5));
        Evidence.of("S, " + reversed, ROUGE.s(reversed, reference).f1(), equalTo(1 / 6.0, 1e-12));
        Evidence.of("S, " + turned, ROUGE.s(turned, reference).f1(), equalTo(1 / 3.0, 1e-12));
    }

    private static List<Rouge.Score> all(List<?> c, List<?> r) {
        return List.of(Rouge.n(1, c, r), Rouge.n(2, c, r), Rouge.l(c, r), Rouge.lSum(List.of(c), List.of(r)), Rouge.w(c, r),
                Rouge.s(c, r, Integer.MAX_VALUE, false), Rouge.s(c, r, 2, true));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void identicalAndDisjoint() {
        var rng = Rng.of(2);
        double one = 0, none = 0;
        for (int i = 0; i < 200; i++) {
            List<Integer> text = words(rng, 3, 2 + rng.nextInt(10)),
                    other = words(rng, 3, 2 + rng.nextInt(10)).stream().map(w -> w + 10).toList();
            for (var s : all(text, text)) one = Math.max(one, Math.abs(s.f1() - 1));
            for (var s : all(text, other)) none = Math.max(none, Math.max(s.precision(), s.recall()));
        }
        Evidence.of("seven measures of identical texts, farthest from 1", one, atMost(1e-12));
        Evidence.of("of disjoint texts, most", none, exactly(0));
    }

    private static List<Integer> words(Rng rng, int alphabet, int length) {
        var list = new ArrayList<Integer>();
        for (int i = 0; i < length; i++) list.add(rng.nextInt(alphabet));
        return list;
    }

    /** Position sets of a in order of their bits read from the first word: the longest that b holds, the first of them. */
    private static List<Integer> leftmostBySearch(List<Integer> a, List<Integer> b) {
        List<Integer> best = List.of();
        for (int s = 0; s < 1 << a.size(); s++) {
            var places = new ArrayList<Integer>();
            for (int i = 0; i < a.size(); i++) if ((s >> i & 1) == 1) places.add(i);
            int at = 0;
            for (int j = 0; j < b.size() && at < places.size(); j++) if (a.get(places.get(at)).equals(b.get(j))) at++;
            if (at < places.size() || places.size() < best.size()) continue;
            if (places.size() > best.size()
                    || Arrays.compare(places.stream().mapToInt(p -> p).toArray(), best.stream().mapToInt(p -> p).toArray()) < 0)
                best = places;
        }
        return best;
    }

    /** Takes away from a copy of the other's items what is met. */
    private static int sharedOneByOne(List<?> a, List<?> b) {
        var left = new ArrayList<Object>(b);
        return (int) a.stream().filter(left::remove).count();
    }

    private static List<List<Integer>> runs(List<Integer> words, int n) {
        var runs = new ArrayList<List<Integer>>();
        for (int i = 0; i + n <= words.size(); i++) runs.add(words.subList(i, i + n));
        return runs;
    }

    private static List<List<Integer>> pairs(List<Integer> words, int gap) {
        var pairs = new ArrayList<List<Integer>>();
        for (int j = 0; j < words.size(); j++)
            for (int i = 0; i < j; i++) if (j - i <= (long) gap + 1) pairs.add(List.of(words.get(i), words.get(j)));
        return pairs;
    }

    private static double gap(Rouge.Score score, double hits, double candidate, double reference) {
        return Math.max(Math.abs(score.precision() - (candidate == 0 ? 0 : hits / candidate)),
                Math.abs(score.recall() - (reference == 0 ? 0 : hits / reference)));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void countsAreThoseOfEnumeration() {
        var rng = Rng.of(3);
        double worst = 0, recurrence = 0, over = 0;
        int missed = 0, pairs = 0;
        for (; pairs < 500; pairs++) {
            int alphabet = 2 + pairs % 5;
            List<Integer> c = words(rng, alphabet, 1 + rng.nextInt(9)), r = words(rng, alphabet, 1 + rng.nextInt(9));
            for (int n = 1; n <= 3; n++) {
                var score = Rouge.n(n, c, r);
                worst = Math.max(worst, gap(score, sharedOneByOne(runs(c, n), runs(r, n)), runs(c, n).size(), runs(r, n).size()));
            }
            worst = Math.max(worst, gap(Rouge.l(c, r), leftmostBySearch(r, c).size(), c.size(), r.size()));
            for (int gap : new int[] {0, 2, Integer.MAX_VALUE}) {
                worst = Math.max(worst, gap(Rouge.s(c, r, gap, false), sharedOneByOne(pairs(c, gap), pairs(r, gap)), pairs(c, gap).size(),
                        pairs(r, gap).size()));
                worst = Math.max(worst, gap(Rouge.s(c, r, gap, true), sharedOneByOne(pairs(c, gap), pairs(r, gap)) + sharedOneByOne(c, r),
                        pairs(c, gap).size() + c.size(), pairs(r, gap).size() + r.size()));
            }
            var candidate = List.of(c, words(rng, alphabet, 1 + rng.nextInt(6)));
            var reference = List.of(r, words(rng, alphabet, 1 + rng.nextInt(6)), words(rng, alphabet, 1 + rng.nextInt(6)));
            worst = Math.max(worst, gap(Rouge.lSum(candidate, reference), unionBySearch(candidate, reference),
                    candidate.stream().mapToInt(List::size).sum(), reference.stream().mapToInt(List::size).sum()));
            double[] found = {Math.pow(lin(r, c), 1 / 1.2), Math.pow(greatest(r, c, 0, 0, 0), 1 / 1.2)};
            recurrence = Math.max(recurrence, gap(Rouge.w(c, r), found[0], c.size(), r.size()));
            over = Math.max(over, Rouge.w(c, r).recall() - found[1] / r.size());
            if (Rouge.w(c, r).recall() < found[1] / r.size() - 1e-9) missed++;
        }
        Evidence.of("random pairs", pairs, exactly(500));
        Evidence.of("N, L, Lsum, S and SU less enumeration", worst, atMost(1e-12));
        Evidence.of("W less a transcription of Lin's recurrence", recurrence, atMost(1e-12));
        Evidence.of("W over the greatest sum of any alignment", over, atMost(1e-12));
        Evidence.of("pairs where W misses the greatest sum", missed, above(0));
    }

    private static int unionBySearch(List<List<Integer>> candidate, List<List<Integer>> reference) {
        List<Integer> left = new ArrayList<>(), held = new ArrayList<>();
        candidate.forEach(left::addAll);
        reference.forEach(held::addAll);
        int hits = 0;
        for (var sentence : reference) {
            var union = new TreeSet<Integer>();
            for (var other : candidate) union.addAll(leftmostBySearch(sentence, other));
            for (int i : union) {
                Integer word = sentence.get(i);
                if (!left.contains(word) || !held.contains(word)) continue;
                left.remove(word);
                held.remove(word);
                hits++;
            }
        }
        return hits;
    }

    /** Lin (2004), section 4: c and w tables. */
    private static double lin(List<Integer> x, List<Integer> y) {
        double[][] c = new double[x.size() + 1][y.size() + 1], w = new double[x.size() + 1][y.size() + 1];
        for (int i = 1; i <= x.size(); i++) for (int j = 1; j <= y.size(); j++) {
            if (x.get(i - 1).intValue() == y.get(j - 1)) {
                double k = w[i - 1][j - 1];
                c[i][j] = c[i - 1][j - 1] + (Math.exp(1.2 * Math.log(k + 1)) - (k == 0 ? 0 : Math.exp(1.2 * Math.log(k))));
                w[i][j] = k + 1;
            } else if (c[i - 1][j] > c[i][j - 1]) {
                c[i][j] = c[i - 1][j];
            } else {
                c[i][j] = c[i][j - 1];
            }
        }
        return c[x.size()][y.size()];
    }

    /** The greatest sum of f over runs of any alignment, by trying all. @param run pairs that end just here */
    private static double greatest(List<Integer> x, List<Integer> y, int i, int j, int run) {
        if (i == x.size() || j == y.size()) return 0;
        double best = Math.max(greatest(x, y, i + 1, j, 0), greatest(x, y, i, j + 1, 0));
        if (x.get(i).equals(y.get(j)))
            best = Math.max(best, Math.pow(run + 1, 1.2) - Math.pow(run, 1.2) + greatest(x, y, i + 1, j + 1, run + 1));
        return best;
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void stemsAreThoseOfNltksOriginalAlgorithm() {
        var words = new TreeSet<String>();
        Corpora.kingJames().stream().forEach(d -> {
            for (var w : d.text().toLowerCase(Locale.ROOT).split("[^a-z]+")) if (w.length() > 2) words.add(w);
        });
        var sorted = List.copyOf(words);
        var stems = new ArrayList<String>();
        int unused = 0;
        for (int i = 0; stems.size() < 5000; i += 2) {
            var word = sorted.get(i);
            stems.add(Stems.of(word));
            // what the scores compare; Lin's package leaves words of three letters alone
            if (!ROUGE.withStems(true).words(word).equals(List.of(word.length() > 3 ? stems.getLast() : word))) unused++;
        }
        long[] expected = Golden.load("golden/porter.json").named("stems").longs("expected.crc");
        int wrong = 0;
        for (int i = 0; i < expected.length; i++) {
            var crc = new CRC32();
            crc.update(String.join(" ", stems.subList(50 * i, 50 * i + 50)).getBytes(StandardCharsets.UTF_8));
            if (crc.getValue() != expected[i]) wrong++;
        }
        Evidence.of("words", stems.size(), exactly(5000));
        Evidence.of("blocks of 50 with another checksum", wrong, exactly(0));
        Evidence.of("words that the scores cut otherwise", unused, exactly(0));
        assertThat(Stems.of("killed")).isEqualTo("kill");
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void shufflingKeepsWordsAndLosesOrder() {
        int lowered = 0, kept = 0, verses = 0;
        var random = new Random(5);
        var all = Corpora.kingJames().stream().flatMap(d -> d.text().lines()).toList();
        for (int i = 0; i < 5000; i++) {
            var verse = all.get(6 * i); // from the first book to the last
            var words = new ArrayList<>(ROUGE.words(verse));
            Collections.shuffle(words, random);
            var shuffled = String.join(" ", words);
            if (ROUGE.n(1, shuffled, verse).f1() == 1) kept++;
            if (ROUGE.l(shuffled, verse).f1() < 1) lowered++;
            verses++;
        }
        Evidence.of("verses", verses, exactly(5000));
        Evidence.of("share that keeps ROUGE-1", kept / 5000.0, exactly(1));
        Evidence.of("share with a lower ROUGE-L", lowered / 5000.0, atLeast(0.95));
    }

    @Test void options() {
        assertThat(ROUGE.withStems(true).l("police kill the gunman", "police killed the gunman").f1()).isEqualTo(1);
        assertThat(ROUGE.withStopWords(java.util.Set.of("the")).words("The cat")).containsExactly("cat");
        var references = List.of("a b c", "a b d", "x y z");
        assertThat(Rouge.best(ROUGE::l, "a b c", references).f1()).isEqualTo(1);
        assertThat(Rouge.jackknife(ROUGE::l, "a b c", references)).isCloseTo((1 + 1 + 2 / 3.0) / 3, within(1e-12));
        var interval = Rouge.interval(new double[] {0.1, 0.2, 0.3, 0.4}, 0.9, 500, Rng.of(1));
        assertThat(interval.contains(0.25)).isTrue();
        assertThat(new Rouge.Score(0.5, 1).f(2)).isCloseTo(5 * 0.5 / (1 + 4 * 0.5), within(1e-12));
        assertThat(ROUGE.lSum("a b\nc d", "c d\na b").f1()).as("sentences in another order").isEqualTo(1);
        assertThat(ROUGE.l("a b\nc d", "c d\na b").f1()).isEqualTo(0.5);
        assertThatThrownBy(() -> Rouge.n(0, List.of(), List.of())).hasMessageContaining("n is 0");
        assertThatThrownBy(() -> Rouge.interval(new double[] {1}, 95, 10, Rng.of(1))).hasMessageContaining("level is 95.0");
        assertThatThrownBy(() -> Rouge.interval(new double[] {1}, 0.9, 0, Rng.of(1))).hasMessageContaining("of 0 resamples");
        assertThatThrownBy(() -> Rouge.best(ROUGE::l, "a", List.of())).hasMessageContaining("no reference");
        assertThat(references.stream().collect(Collectors.joining())).hasSize(15);
    }
}
