package lyceum.text.count;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import lyceum.data.corpus.Corpora;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class NGramsTest {
    private static final String TOPIC = "n-gram";
    private static final Golden GOLDEN = Golden.load("golden/n-gram.json");

    static List<String> kingJames() {
        var words = new ArrayList<String>();
        Corpora.kingJames().stream().forEach(d -> {
            for (var w : d.text().toLowerCase(Locale.ROOT).split("[^a-z]+")) if (!w.isEmpty()) words.add(w);
        });
        return words;
    }

    static int[] ids(List<String> words, Map<String, Integer> vocabulary) {
        return words.stream().mapToInt(w -> vocabulary.computeIfAbsent(w, _ -> vocabulary.size())).toArray();
    }

    private static List<String> tokens(Recipe r, int letters, int least, int most) {
        int length = least + r.below(most - least + 1);
        return IntStream.of(r.belows(letters, length)).mapToObj(c -> String.valueOf((char) ('a' + c))).toList();
    }

    private static long crc(List<List<String>> grams) {
        var crc = new CRC32();
        crc.update(grams.stream().map(g -> String.join(",", g)).collect(Collectors.joining("|")).getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void runsAreThoseOfNltk() {
        var r = new Recipe(144);
        int cases = 0, wrong = 0, counts = 0;
        for (double[] expected : GOLDEN.named("grams").matrix("expected.crc")) {
            List<List<String>> plain = new ArrayList<>(), every = new ArrayList<>(), skipping = new ArrayList<>(),
                    padded = new ArrayList<>();
            for (int i = 0; i < 20; i++, cases++) {
                var s = tokens(r, 4, 0, 12);
                int n = 1 + r.below(4), skips = r.below(3);
                plain.addAll(NGrams.of(s, n));
                every.addAll(NGrams.range(s, 1, n));
                if (n > 1) skipping.addAll(NGrams.skipping(s, n, skips));
                padded.addAll(NGrams.of(NGrams.padded(s, n, "<", ">"), n));
                if (NGrams.of(s, n).size() != Math.max(0, s.size() - n + 1)) counts++;
                if (NGrams.counts(s, n).values().stream().mapToInt(c -> c).sum() != Math.max(0, s.size() - n + 1)) counts++;
            }
            long[] own = {crc(plain), crc(every), crc(skipping), crc(padded)};
            for (int k = 0; k < 4; k++) if (own[k] != expected[k]) wrong++;
        }
        Evidence.of("random sequences", cases, exactly(1000));
        Evidence.of("checksums of blocks other than nltk's", wrong, exactly(0));
        Evidence.of("sequences without max(0, N - n + 1) runs", counts, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void countsAddUpOverTheLastToken() {
        var rng = Rng.of(3);
        int histories = 0, wrong = 0, sequences = 0;
        for (; sequences < 1000; sequences++) {
            int n = 2 + sequences % 3;
            var plain = IntStream.range(0, 1 + rng.nextInt(30)).mapToObj(_ -> 2 + rng.nextInt(4)).toList();
            var s = NGrams.padded(plain, n, 0, 1);
            var trie = NGramTrie.of(s.stream().mapToInt(i -> i).toArray(), n);
            var last = s.subList(s.size() - n + 1, s.size());
            for (var history : NGrams.counts(s, n - 1).entrySet()) {
                int[] h = history.getKey().stream().mapToInt(i -> i).toArray();
                int sum = trie.followers(h).stream().mapToInt(NGramTrie.Counted::count).sum();
                if (sum != trie.count(h) - (history.getKey().equals(last) ? 1 : 0) || trie.count(h) != history.getValue()) wrong++;
                histories++;
            }
        }
        Evidence.of("sequences", sequences, exactly(1000));
        Evidence.of("histories whose counts do not add up", wrong, exactly(0));
        assertThat(histories).isGreaterThan(5000);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void associationsAreThoseOfNltk() {
        var words = kingJames();
        var golden = GOLDEN.named("kjv");
        assertThat(words).hasSize(golden.integer("input.words"));
        var vocabulary = new HashMap<String, Integer>();
        var trie = NGramTrie.of(ids(words, vocabulary), 2);
        double[][] scores = golden.matrix("expected.scores");
        var pairs = golden.texts("expected.pairs");
        double worst = 0;
        for (int i = 0; i < pairs.size(); i++) {
            var pair = pairs.get(i).split(" ");
            int a = vocabulary.get(pair[0]), b = vocabulary.get(pair[1]);
            var c = new Collocation(trie.count(a, b), trie.count(a), trie.count(b), words.size());
            double[] own = {c.pmi(), c.likelihoodRatio(), c.studentT(), c.chiSquared()};
            for (int k = 0; k < 4; k++) worst = Math.max(worst, Math.abs(own[k] - scores[i][k]) / Math.max(1, Math.abs(scores[i][k])));
        }
        Evidence.of("pairs, four scores each", pairs.size(), exactly(200));
        Evidence.of("scores less nltk's, relative above 1", worst, atMost(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theTrieIsSmall() {
        var words = kingJames();
        var vocabulary = new HashMap<String, Integer>();
        var trie = NGramTrie.of(ids(words, vocabulary), 3);
        var grams = new HashMap<String, Integer>();
        for (int i = 0; i + 3 <= words.size(); i++)
            grams.merge(words.get(i) + " " + words.get(i + 1) + " " + words.get(i + 2), 1, Integer::sum);
        assertThat(trie.distinct(3)).isEqualTo(grams.size());
        int wrong = 0;
        for (int i = 0; i + 3 <= words.size(); i += 7) {
            int count = trie.count(vocabulary.get(words.get(i)), vocabulary.get(words.get(i + 1)), vocabulary.get(words.get(i + 2)));
            if (count != grams.get(words.get(i) + " " + words.get(i + 1) + " " + words.get(i + 2))) wrong++;
        }
        assertThat(wrong).isZero();
        // an entry of a HashMap, a String and its bytes with compressed references, and a table filled to three quarters; counts up to 127 are shared
        long map = 4L * (Integer.highestOneBit(grams.size() * 4 / 3) * 2L);
        for (var gram : grams.keySet()) map += 32 + 24 + (16 + gram.length() + 7) / 8 * 8L;
        Evidence.of("trigrams", trie.distinct(3), exactly(grams.size()));
        Evidence.of("bytes of the trie, with its lower orders, over those of the map", (double) trie.bytes() / map, below(0.4));
    }

    @Test void ordersIdsAndTopsOfTries() {
        var trie = NGramTrie.of(List.of(new int[] {3, 1, 3, 1, 2}, new int[] {2, 3}), 2);
        assertThat(trie.count(3, 1)).isEqualTo(2);
        assertThat(trie.count(2, 2)).as("not across texts").isZero();
        assertThat(trie.count(9)).isZero();
        assertThat(trie.top(2, 1).getFirst().gram()).containsExactly(3, 1);
        assertThat(trie.followers(1)).extracting(NGramTrie.Counted::count).containsExactly(1, 1);
        var wide = NGramTrie.of(new int[] {1_000_000_000, 7, 1_000_000_000, 7, 5}, 3);
        assertThat(wide.count(1_000_000_000, 7)).isEqualTo(2);
        assertThat(wide.count(1_000_000_000, 7, 5)).isEqualTo(1);
        assertThatThrownBy(() -> NGramTrie.of(new int[] {-1}, 1)).hasMessageContaining("an id -1");
        assertThatThrownBy(() -> NGramTrie.of(new int[0], 9)).hasMessageContaining("order is 9");
        assertThatThrownBy(() -> trie.count(1, 2, 3)).hasMessageContaining("runs of 3");
        assertThatThrownBy(() -> NGrams.of(List.of(), 0)).hasMessageContaining("n is 0");
        assertThatThrownBy(() -> new Collocation(3, 2, 5, 10)).hasMessageContaining("fit no table");
        assertThat(NGrams.padded(List.of("a"), 3, null, ">")).containsExactly("a", ">", ">");
    }
}
