package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import lyceum.random.Rng;
import lyceum.retrieval.Bm25.Variant;
import org.junit.jupiter.api.Test;

class BlockMaxTest {
    private static InvertedIndex index() { return new InvertedIndex(text -> List.of(text.split(" "))); }

    /** Words of which the n-th stands in about one of n texts. */
    private static String word(Rng rng) { return "w" + (int) Math.pow(3000, rng.nextDouble()); }

    private static String text(Rng rng, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) text.append(i > 0 ? " " : "").append(word(rng));
        return text.toString();
    }

    @Test void documentsThatOnlyEqualTheWorstAreNotScored() {
        var index = index();
        for (int i = 0; i < 20_000; i++) index.add(String.valueOf(i), (i % 3 == 0 ? "lost" : "found") + " card number " + i);
        var bm25 = new Bm25();
        for (var query : List.of("card", "lost", "lost card", "card found number")) {
            var fast = bm25.rank(index, query, 10);
            assertThat(fast.hits()).as(query).isEqualTo(bm25.exhaustive(index, query, 10).hits()).hasSize(10);
            assertThat(fast.scored()).as(query).isLessThan(500);
            assertThat(fast.postings()).as(query).isGreaterThan(6_000);
        }
    }

    /** Texts of one length, where scores are often equal, and of many; in one segment and in several with gaps; every variant; short queries and long ones. */
    @Test void theTopIsThatOfEveryPosting() {
        var rng = Rng.of(12);
        for (boolean even : new boolean[] {true, false}) {
            InvertedIndex one = index(), several = index();
            var texts = new ArrayList<String>();
            for (int i = 0; i < 12_000; i++) {
                texts.add(text(rng, even ? 20 : 1 + rng.nextInt(i % 100 == 0 ? 400 : 40)));
                one.add(String.valueOf(i), texts.get(i));
                if (i == 7_000 || i == 10_500) several.commit();
                several.add(String.valueOf(i), texts.get(i));
            }
            assertThat(several.segments()).isGreaterThan(1);
            for (int q = 0; q < 300; q++) {
                var query = text(rng, q % 50 == 0 ? 300 : 1 + q % 7);
                int k = q % 3 == 0 ? 1 : q % 3 == 1 ? 10 : 300;
                var bm25 = new Bm25().withVariant(Variant.values()[q % Variant.values().length]).withB(q % 5 == 0 ? 0 : 0.75)
                        .withK1(q % 11 == 0 ? 0 : 1.2);
                var every = bm25.exhaustive(one, query, k);
                assertThat(every.scored()).isEqualTo(every.postings());
                for (var index : List.of(one, several)) {
                    var fast = bm25.rank(index, query, k);
                    assertThat(fast.hits()).as("%s of %s, by %s", k, query, bm25).isEqualTo(every.hits());
                    assertThat(fast.scored()).isLessThanOrEqualTo(fast.postings());
                }
                if (q % 10 == 0) assertScores(bm25, texts, query, every.hits());
            }
        }
    }

    /** By the definition. */
    private static void assertScores(Bm25 bm25, List<String> texts, String query, List<SearchHit> hits) {
        double mean = texts.stream().mapToInt(t -> t.split(" ").length).average().orElseThrow();
        var holders = new HashMap<String, Integer>();
        for (var text : texts) for (var word : new HashSet<>(Arrays.asList(text.split(" ")))) holders.merge(word, 1, Integer::sum);
        for (var hit : hits.subList(0, Math.min(20, hits.size()))) {
            var words = Arrays.asList(texts.get(Integer.parseInt(hit.id())).split(" "));
            double score = 0;
            for (var word : query.split(" "))
                score += bm25.contribution(bm25.idf(texts.size(), holders.getOrDefault(word, 0)), Collections.frequency(words, word),
                        words.size(), mean);
            assertThat(hit.score()).isCloseTo(score, within(1e-9 * Math.max(1, Math.abs(score))));
        }
    }

    @Test void filteredAndDeletedDocumentsAreLeftOut() {
        var rng = Rng.of(13);
        var index = index();
        for (int i = 0; i < 6_000; i++) index.add(String.valueOf(i), text(rng, 15));
        var gone = new HashSet<String>();
        for (int i = 0; i < 6_000; i += 7) {
            index.delete(String.valueOf(i));
            gone.add(String.valueOf(i));
        }
        var bm25 = new Bm25();
        for (int q = 0; q < 100; q++) {
            var query = text(rng, 1 + q % 5);
            var filter = TextQuery.not(TextQuery.term(word(rng)));
            var allowed = new HashSet<>(index.matching(filter));
            var all = bm25.exhaustive(index, query, 6_000).hits();
            assertThat(all).extracting(SearchHit::id).doesNotContainAnyElementsOf(gone);
            assertThat(bm25.rank(index, query, 10, filter).hits())
                    .isEqualTo(all.stream().filter(hit -> allowed.contains(hit.id())).limit(10).toList());
        }
    }

    @Test void weightsOfSeveralSegmentsAreRankedAsThoseOfOne() {
        var rng = Rng.of(14);
        InvertedIndex one = index(), several = index(), merged = index();
        for (int d = 0; d < 4_000; d++) {
            var weights = new HashMap<String, Double>();
            for (int i = 0; i < 10; i++) weights.put(word(rng), rng.nextInt(8) / 4.0);
            for (var index : List.of(one, several, merged)) {
                if (index != one && d % 1_900 == 0) index.commit();
                index.addWeights(String.valueOf(d), weights);
            }
        }
        merged.merge();
        for (int q = 0; q < 100; q++) {
            Map<String, Double> query = new HashMap<>();
            for (int i = 0; i <= q % 6; i++) query.put(word(rng), 0.25 + rng.nextInt(4));
            var hits = one.impacts(query, 10).hits();
            assertThat(several.impacts(query, 10).hits()).isEqualTo(hits);
            assertThat(merged.impacts(query, 10).hits()).isEqualTo(hits);
        }
    }
}
