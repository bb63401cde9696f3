package lyceum.retrieval;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import lyceum.random.Rng;
import lyceum.retrieval.SemanticSearch.Mode;
import lyceum.retrieval.SemanticSearch.Passage;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.Given;
import lyceum.text.encoder.MiniLm;
import lyceum.text.encoder.TextEncoder;
import lyceum.text.encoder.TokenVectors;
import lyceum.text.encoder.Tsv;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SemanticSearchTest {
    private static final String TOPIC = "semantic-search";

    private static double reciprocalRank(List<String> found, String wanted) {
        int at = found.indexOf(wanted);
        return at < 0 ? 0 : 1.0 / (at + 1);
    }

    /**
     * Clause 2: on 100 hand-written queries that share no content word with the verse or Brown sentence that they mean, among 600 of these, the mean reciprocal rank is
     * at least 0.2 above BM25's. BM25 is the better one of with and without stems.
     */
    @Acceptance(topic = TOPIC, clause = 2)
    @Tag("slow")
    @Test void paraphrasesAreFoundWhereWordsFail() {
        var queries = new LinkedHashMap<String, String>();
        for (var line : Tsv.read("paraphrases")) {
            queries.put(line[0], line[1]);
            assertThat(Collections.disjoint(Tsv.content(line[0]), Tsv.content(line[1]))).as(line[0]).isTrue();
        }
        var texts = new LinkedHashSet<>(queries.values());
        var rng = Rng.of(600);
        while (texts.size() < 600) {
            var from = rng.nextInt(2) == 0 ? Given.verses() : Given.brownSentences();
            var text = from.get(rng.nextInt(from.size()));
            if (text.length() > 30 && text.length() < 200) texts.add(text);
        }
        assertThat(Given.verses().containsAll(queries.values().stream().limit(68).toList())).isTrue();
        assertThat(Given.brownSentences().containsAll(queries.values().stream().skip(68).toList())).isTrue();
        var search = new SemanticSearch(MiniLm.encoder());
        search.addAll(texts.stream().map(t -> new Passage(t, 0, t, Map.of())).toList());
        var plain = new InvertedIndex(new TextAnalyzer());
        for (var text : texts) plain.add(text, text);
        double words = 0, plainWords = 0, meaning = 0, fused = 0;
        for (var query : queries.entrySet()) {
            words += reciprocalRank(ids(search.search(query.getKey(), 600, Mode.WORDS, _ -> true)), query.getValue()) / 100;
            plainWords += reciprocalRank(new Bm25().search(plain, query.getKey(), 600).stream().map(SearchHit::id).toList(),
                    query.getValue()) / 100;
            meaning += reciprocalRank(ids(search.search(query.getKey(), 600, Mode.MEANING, _ -> true)), query.getValue()) / 100;
            fused += reciprocalRank(ids(search.search(query.getKey(), 600)), query.getValue()) / 100;
        }
        Evidence.of("queries", queries.size(), exactly(100));
        double bm25 = Math.max(words, plainWords);
        Evidence.of("MRR by meaning less BM25's, which is " + bm25, meaning - bm25, atLeast(0.2));
        Evidence.of("MRR of both fused less BM25's", fused - bm25, atLeast(0.2));
    }

    static List<String> ids(List<SemanticSearch.Hit> hits) { return hits.stream().map(SemanticSearch.Hit::id).toList(); }

    /** Clause 3: on 100 queries that are an exact identifier, fusion keeps hit@1 at 0.95 or more. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Tag("slow")
    @Test void fusionKeepsExactIdentifiers() {
        var rng = Rng.of(31);
        String[] things = {"pump for the cooling circuit", "filter of the air intake", "gasket for the fuel line",
                "relay of the starter motor", "sensor for oil pressure"};
        var codes = new LinkedHashSet<String>();
        // the codes are twins that differ by one turned pair of digits
        while (codes.size() < 100) {
            int a = rng.nextInt(10), b = rng.nextInt(10), c = rng.nextInt(10), d = rng.nextInt(10);
            if (b == c) continue;
            char last = (char) ('A' + rng.nextInt(26));
            codes.add("XK-" + a + b + c + d + "-" + last + "9");
            codes.add("XK-" + a + c + b + d + "-" + last + "9");
        }
        var list = codes.stream().limit(100).toList();
        var search = new SemanticSearch(MiniLm.encoder());
        var texts = new ArrayList<Passage>();
        for (int i = 0; i < 100; i++)
            texts.add(new Passage(list.get(i), 0, "Replacement " + things[i % 5] + ", part number " + list.get(i) + ".", Map.of()));
        search.addAll(texts);
        double fused = 0, meaning = 0;
        for (var code : list) {
            if (search.search(code, 1).getFirst().id().equals(code)) fused += 0.01;
            if (search.search(code, 1, Mode.MEANING, _ -> true).getFirst().id().equals(code)) meaning += 0.01;
        }
        Evidence.of("codes", list.size(), exactly(100));
        Evidence.of("hit@1 of fusion, by meaning alone " + meaning, fused, atLeast(0.95));
    }

    /** Counts a few words: enough of an encoder to see what the index does. */
    record Words(List<String> known) implements TextEncoder {
        @Override public int dimension() { return known.size() + 1; }

        @Override public Tensor encode(List<String> texts) {
            var rows = new float[texts.size() * dimension()];
            for (int i = 0; i < texts.size(); i++) {
                for (int j = 0; j < known.size(); j++) if (texts.get(i).contains(known.get(j))) rows[i * dimension() + j] = 1;
                rows[(i + 1) * dimension() - 1] = 0.1f;
            }
            return Tensor.of(rows, texts.size(), dimension());
        }

        @Override public List<TokenVectors> tokens(List<String> texts) { throw new UnsupportedOperationException(); }
    }

    static final Words TOY = new Words(List.of("river", "bank", "money", "boat"));

    static SemanticSearch toy() {
        var search = new SemanticSearch(TOY, new SemanticSearch.Options().withOverlap(2).withPassageWords(6));
        search.add("a", "a boat on the river", Map.of("kind", "water"));
        search.add("b", "one two three four five six seven eight money nine ten eleven twelve thirteen", Map.of("kind", "bank"));
        search.add("c", "the river bank", Map.of("kind", "water"));
        return search;
    }

    @Test void longTextsAreFoundByTheirPassages() {
        var search = toy();
        var best = search.search("money", 3, Mode.MEANING, _ -> true);
        assertThat(ids(best).getFirst()).isEqualTo("b");
        assertThat(best).hasSize(3); // each text once, by its best passage
        assertThat(best.getFirst().passage().text()).isEqualTo("five six seven eight money nine");
        assertThat("one two three four five six seven eight money nine".substring(best.getFirst().passage().start()))
                .startsWith("five six");
        assertThat(best.getFirst().score()).isCloseTo(1, within(1e-6));
        assertThat(ids(search.search("river", 9, Mode.WORDS, _ -> true))).containsExactlyInAnyOrder("a", "c");
        assertThat(ids(search.search("thirteen", 1))).containsExactly("b");
    }

    @Test void anExplanationAddsUpToTheScore() {
        var search = toy();
        search.add("d", "a far away farm", Map.of());
        int explained = 0;
        for (var query : List.of("money in the bank", "the river bank", "a boat", "nine ten river", "unheard of")) {
            var words = search.search(query, 9, Mode.WORDS, _ -> true);
            for (var hit : search.search(query, 9)) {
                var why = search.explain(query, hit.id());
                assertThat(why.covered() + why.meaning()).as(query + " in " + hit.id()).isCloseTo(hit.score(), within(1e-6));
                assertThat(why.byMeaning().id()).isEqualTo(hit.id());
                var byWords = words.stream().filter(w -> w.id().equals(hit.id())).findFirst();
                assertThat(why.byWords()).isEqualTo(byWords.map(SemanticSearch.Hit::passage).orElse(null));
                assertThat(why.words().stream().mapToDouble(Bm25.Contribution::score).sum())
                        .isCloseTo(byWords.map(SemanticSearch.Hit::score).orElse(0.0), within(1e-9));
                explained++;
            }
        }
        assertThat(explained).isGreaterThan(12);
        assertThat(search.explain("money", "b").words()).singleElement().satisfies(w -> assertThat(w.term()).isEqualTo("monei"));
        assertThat(search.explain("money", "b").byMeaning().text()).isEqualTo("five six seven eight money nine");
        assertThat(search.explain("money", "d").words()).isEmpty();
        assertThatThrownBy(() -> search.explain("money", "z")).hasMessageContaining("no text 'z'");
    }

    @Test void filtersLeaveKHitsAndRemovedTextsAreGone() {
        var search = toy();
        assertThat(ids(search.search("money in the bank", 1, Mode.FUSED, p -> p.attributes().get("kind").equals("water"))))
                .containsExactly("c");
        assertThat(ids(search.search("river", 2, Mode.WORDS, p -> p.id().equals("c")))).containsExactly("c");
        assertThat(search.remove("c")).isTrue();
        assertThat(search.remove("c")).isFalse();
        assertThat(ids(search.search("the river bank", 9))).doesNotContain("c");
        search.add("c", "boat", Map.of());
        assertThat(search.size()).isEqualTo(3);
        assertThatThrownBy(() -> search.add("c", "x", Map.of())).hasMessageContaining("'c' is in the index");
        assertThatThrownBy(() -> search.addAll(List.of(new Passage("q", 0, "x", Map.of()), new Passage("q", 0, "y", Map.of()))))
                .hasMessageContaining("'q'");
        assertThat(search.size()).isEqualTo(3);
        assertThatThrownBy(() -> search.add("d", " ", Map.of())).hasMessageContaining("'d' is blank");
        assertThatThrownBy(() -> search.search("x", 0)).hasMessageContaining("k is 0");
        assertThatThrownBy(() -> new SemanticSearch.Options().withOverlap(160)).hasMessageContaining("160 shared");
        assertThat(new SemanticSearch(TOY).search("river", 3)).isEmpty();
    }

    @Test void aTextThatWordsAndMeaningKnowByOtherPassagesIsOne() {
        var search = new SemanticSearch(TOY,
                new SemanticSearch.Options().withFusion(RankFusion.reciprocal()).withDepth(2).withOverlap(0).withPassageWords(3));
        search.add("both", "riverside moneyless lane river by night", Map.of());
        search.add("other", "a bank", Map.of());
        var found = search.search("river money", 2);
        assertThat(ids(found)).containsExactly("both", "other");
        assertThat(found.getFirst().score()).isCloseTo(2 / 61.0, within(1e-15));
        assertThat(found.getFirst().passage().text()).isEqualTo("river by night");
    }

    @Test void wordsThatAllTextsHoldAddNothing() {
        var search = new SemanticSearch(TOY, new SemanticSearch.Options().withBm25(new Bm25().withVariant(Bm25.Variant.OKAPI)));
        search.add("a", "river", Map.of());
        search.add("b", "river money", Map.of());
        var found = search.search("river", 2);
        assertThat(found).isEqualTo(search.search("river", 2, Mode.MEANING, _ -> true));
    }

    @Test void aQueryIsEncodedOnceForItsHitsAndTheirReasons() {
        var asked = new ArrayList<String>();
        var counting = new TextEncoder() {
            @Override public int dimension() { return TOY.dimension(); }

            @Override public Tensor encode(List<String> texts) {
                asked.addAll(texts);
                return TOY.encode(texts);
            }

            @Override public List<TokenVectors> tokens(List<String> texts) { throw new UnsupportedOperationException(); }
        };
        var search = new SemanticSearch(counting);
        search.add("a", "the river", Map.of());
        search.add("b", "the money", Map.of());
        asked.clear();
        for (var query : List.of("river", "money", "river")) {
            var meant = query.equals("river") ? "a" : "b";
            for (var hit : search.search(query, 2))
                assertThat(search.explain(query, hit.id()).meaning() > 0.9).isEqualTo(hit.id().equals(meant));
        }
        assertThat(asked).containsExactly("river", "money", "river");
    }

    @Test void fusionIsItsFormula() {
        var a = List.of(new SearchHit("x", 9), new SearchHit("y", 5), new SearchHit("z", 1));
        var b = List.of(new SearchHit("y", 0.4), new SearchHit("w", 0.2));
        var fused = RankFusion.reciprocal().fuse(List.of(a, b), 3);
        assertThat(fused).extracting(SearchHit::id).containsExactly("y", "x", "w");
        assertThat(fused.getFirst().score()).isCloseTo(1 / 62.0 + 1 / 61.0, within(1e-15));
        var weighted = new RankFusion.Scores(List.of(0.25, 0.75)).fuse(List.of(a, b), 9);
        assertThat(weighted).extracting(SearchHit::id).containsExactly("y", "x", "z", "w");
        assertThat(weighted.getFirst().score()).isCloseTo(0.25 * 0.5 + 0.75, within(1e-15));
        assertThat(new RankFusion.Scores(List.of()).fuse(List.of(List.of(new SearchHit("q", 3))), 1))
                .containsExactly(new SearchHit("q", 1));
        assertThatThrownBy(() -> new RankFusion.Reciprocal(60, List.of(-1.0))).hasMessageContaining("a weight is -1.0");
        assertThatThrownBy(() -> new RankFusion.Reciprocal(60, List.of(1.0)).fuse(List.of(a, b), 1))
                .hasMessageContaining("ranking number 1");
    }
}
