package lyceum.retrieval;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SearchEngineTest {
    private static final String TOPIC = "information-retrieval";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void reciprocalRankFusionIsItsFormula() {
        var rng = Rng.of(378);
        double gap = 0;
        int lists = 0, wrongOrder = 0;
        while (lists < 1000) {
            var rankings = new ArrayList<List<SearchHit>>();
            for (int r = 1 + rng.nextInt(4); r > 0; r--, lists++) {
                var order = new ArrayList<Integer>();
                for (int i = 0; i < 60; i++) order.add(rng.nextInt(order.size() + 1), i);
                var ranking = new ArrayList<SearchHit>();
                for (int i = 0, n = rng.nextInt(50); i < n; i++) ranking.add(new SearchHit("d" + order.get(i), rng.nextGaussian()));
                rankings.add(ranking);
            }
            double constant = rng.nextInt(100);
            var fused = new RankFusion.Reciprocal(constant, List.of()).fuse(rankings, 100);
            double last = Double.POSITIVE_INFINITY;
            int there = 0;
            for (int i = 0; i < 60; i++) {
                double truth = 0;
                for (var ranking : rankings)
                    for (int at = 0; at < ranking.size(); at++) if (ranking.get(at).id().equals("d" + i)) truth += 1 / (constant + 1 + at);
                var id = "d" + i;
                double score = fused.stream().filter(h -> h.id().equals(id)).mapToDouble(SearchHit::score).findAny().orElse(0);
                gap = Math.max(gap, Math.abs(score - truth));
                if (truth > 0) there++;
            }
            for (var hit : fused) {
                if (hit.score() > last) wrongOrder++;
                last = hit.score();
            }
            if (there != fused.size()) wrongOrder++;
        }
        Evidence.of("random lists", lists, atLeast(1000));
        Evidence.of("largest gap to the sum of 1 / (constant + rank)", gap, below(1e-15));
        Evidence.of("answers out of order or with other documents", wrongOrder, exactly(0));
    }

    /** A query, which third it is of, and the verse that is wanted. */
    private record Asked(String text, int third, String verse) {}

    /** Words of a verse, a verse in other words, and half of each. */
    private static final class World {
        static final List<Asked> FIT = new ArrayList<>(), TEST = new ArrayList<>();
        static final InvertedIndex WORDS = new InvertedIndex(new TextAnalyzer().withStemmed(true));
        static final DenseRetriever MEANING = new DenseRetriever(EncodedVerses::encode, EncodedVerses::encode,
                new FlatIndex(384, VectorMetric.COSINE));
        static final Map<String, float[][]> TOKENS = new HashMap<>();
        static final Map<String, String> TEXTS = EncodedVerses.texts();
        static {
            TEXTS.forEach(WORDS::add);
            MEANING.add(TEXTS);
            var rng = Rng.of(3);
            var lines = new ArrayList<String[]>(EncodedVerses.OTHER_WORDS);
            Collections.shuffle(lines, new Random(3));
            // no verse is asked for in both parts
            var fitted = lines.stream().limit(20).map(l -> l[1]).collect(Collectors.toSet());
            var others = lines.stream().filter(l -> !fitted.contains(l[1])).toList();
            for (int i = 0; i < 120; i++) {
                var into = i < 20 ? FIT : TEST;
                int exact = rng.nextInt(EncodedVerses.TEXTS.size());
                into.add(new Asked(part(rng, EncodedVerses.TEXTS.get(exact), 4), 0, "" + exact));
                into.add(other(i < 20 ? lines.get(i) : others.get(i - 20)));
                var mixed = i < 20 ? lines.get(i) : others.get(others.size() - 1 - (i - 20));
                var words = mixed[0].split(" ");
                into.add(new Asked(String.join(" ", Arrays.copyOf(words, (words.length + 1) / 2)) + " " + part(rng, mixed[1], 2), 2,
                        other(mixed).verse));
            }
            var all = new ArrayList<>(FIT);
            all.addAll(TEST);
            var vectors = EncodedVerses.tokens(all.stream().map(Asked::text).toList());
            for (int i = 0; i < all.size(); i++) TOKENS.put(all.get(i).text, vectors.get(i));
        }

        private static Asked other(String[] line) { return new Asked(line[0], 1, "" + EncodedVerses.TEXTS.indexOf(line[1])); }

        private static String part(Rng rng, String verse, int words) {
            var all = verse.split(" ");
            int n = Math.min(words, all.length), from = rng.nextInt(all.length - n + 1);
            return String.join(" ", Arrays.copyOfRange(all, from, from + n));
        }

        static SequencedMap<String, Retriever> retrievers() {
            var retrievers = new LinkedHashMap<String, Retriever>();
            retrievers.put("words", SearchEngine.shares(WORDS, new Bm25()));
            retrievers.put("meaning", MEANING);
            return retrievers;
        }
    }

    /** Mean reciprocal rank of each third and of all. */
    private static double[] reciprocalRanks(Retriever retriever, List<Asked> queries) {
        var sums = new double[4];
        var counts = new double[4];
        for (var asked : queries) {
            double rank = JudgedRanking.inOrder(retriever.search(asked.text, 100), Map.of(asked.verse, 1)).reciprocalRank();
            for (int part : new int[] {asked.third, 3}) {
                sums[part] += rank;
                counts[part]++;
            }
        }
        for (int i = 0; i < 4; i++) sums[i] /= counts[i];
        return sums;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Tag("slow")
    @Test void weightedFusionIsBetterThanEither() {
        var retrievers = World.retrievers();
        var rankings = new ArrayList<List<List<SearchHit>>>();
        var grades = new ArrayList<Map<String, Integer>>();
        for (var asked : World.FIT) {
            rankings.add(retrievers.values().stream().map(r -> r.search(asked.text, 100)).toList());
            grades.add(Map.of(asked.verse, 1));
        }
        var fusion = RankFusion.fitted(rankings, grades, 20);
        var engine = new SearchEngine(retrievers).withFusion(fusion);
        double[] words = reciprocalRanks(retrievers.get("words"), World.TEST),
                meaning = reciprocalRanks(retrievers.get("meaning"), World.TEST), fused = reciprocalRanks(engine, World.TEST),
                reciprocal = reciprocalRanks(new SearchEngine(retrievers), World.TEST);
        Evidence.of("queries, and others that weights were fitted on", World.TEST.size() + World.FIT.size() / 1000.0, exactly(300.06));
        Evidence.of("MRR of BM25", words[3], above(0));
        Evidence.of("MRR of dense search", meaning[3], above(0));
        Evidence.of("MRR of plain reciprocal-rank fusion", reciprocal[3], above(0));
        Evidence.of("MRR of weighted fusion less BM25's", fused[3] - words[3], above(0));
        Evidence.of("MRR of weighted fusion less dense search's", fused[3] - meaning[3], above(0));
        String[] names = {"exact words", "paraphrases", "mixed"};
        for (int t = 0; t < 3; t++)
            Evidence.of(names[t] + ": MRR of weighted fusion less the better one's", fused[t] - Math.max(words[t], meaning[t]),
                    atLeast(-0.05));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void rerankingRaisesTheRightOneAndLosesNone() {
        var retrievers = new LinkedHashMap<String, Retriever>();
        retrievers.put("words", SearchEngine.shares(World.WORDS, new Bm25()));
        var plain = new SearchEngine(retrievers);
        var documents = new LinkedHashMap<String, float[][]>();
        for (int i = 0; i < EncodedVerses.TOKENS.size(); i++) documents.put("" + i, EncodedVerses.TOKENS.get(i));
        var late = ColBert.build(new ColBert.Options().withCentroids(256).withSteps(3).withBits(4), documents);
        Reranker byTokens = (query, hits) -> late.rerank(World.TOKENS.get(query), hits.stream().map(SearchHit::id).toList());
        LearnedReranker.Feature before = (_, hit) -> hit.score(), tokens = (query,
                hit) -> late.rerank(World.TOKENS.get(query), List.of(hit.id())).getFirst().score() / World.TOKENS.get(query).length;
        var learned = LearnedReranker.fit(new LearnedReranker.Options(), List.of(before, tokens),
                World.FIT.stream().map(a -> new LearnedReranker.Judged(a.text, plain.search(a.text, 50), Map.of(a.verse, 1))).toList());
        double first = 0, second = 0, third = 0;
        int changed = 0, queries = 0;
        for (var asked : World.TEST) {
            var grades = Map.of(asked.verse, 1);
            var hits = plain.search(asked.text, 100);
            first += JudgedRanking.inOrder(hits, grades).reciprocalRank();
            for (var reranker : List.of(byTokens, learned)) {
                var ranking = JudgedRanking.inOrder(plain.withReranker(reranker).withReranked(50).search(asked.text, 100), grades);
                if (ranking.recallAt(50) != JudgedRanking.inOrder(hits, grades).recallAt(50)) changed++;
                if (reranker == learned) second += ranking.reciprocalRank();
                else third += ranking.reciprocalRank();
            }
            queries++;
        }
        Evidence.of("queries whose recall@50 reranking changed, of 300, two rerankers", changed, exactly(0));
        Evidence.of("queries", queries, exactly(300));
        Evidence.of("MRR of the learned reranker less that before", (second - first) / queries, above(0));
        Evidence.of("MRR of reranking by late interaction less that before", (third - first) / queries, above(0));
    }

    @Test void expansionFindsWhatTheFirstHitsSay() {
        var index = new InvertedIndex(new TextAnalyzer());
        var texts = Map.of("a", "car engine motor", "b", "car motor motor", "c", "motor oil", "d", "tree leaf");
        texts.forEach(index::add);
        var weights = new Rm3(2, 2, 0.4).expand(Map.of("car", 1), List.of(new SearchHit("a", 1), new SearchHit("b", 3)),
                id -> index.terms(texts.get(id)));
        // P(motor|R) = 1/4 1/3 + 3/4 2/3 = 7/12, P(car|R) = 1/3: of these two 7/11 and 4/11
        assertThat(weights.keySet()).containsExactly("car", "motor");
        assertThat(weights.get("motor")).isCloseTo(0.6 * 7 / 11, within(1e-12));
        assertThat(weights.get("car")).isCloseTo(0.4 + 0.6 * 4 / 11, within(1e-12));
        var bm25 = new Bm25();
        assertThat(bm25.search(index, "car", 5)).extracting(SearchHit::id).containsExactlyInAnyOrder("a", "b");
        assertThat(new Rm3().over(index, bm25, texts::get).search("car", 5)).extracting(SearchHit::id).contains("c").doesNotContain("d");
        assertThat(new Rm3().over(index, bm25, texts::get).search("nothing", 5)).isEmpty();
        assertThat(new Rm3(2, 2, 1).over(index, bm25, texts::get).search("car", 5)).isEqualTo(bm25.search(index, "car", 5));
        assertThatThrownBy(() -> new Rm3(0, 1, 1)).hasMessageContaining("documents 0");
        assertThatThrownBy(() -> bm25.search(index, Map.of("x", -1.0), 3)).hasMessageContaining("weight of 'x' is -1.0");
    }

    @Test void scoresBelowZeroAddNothing() {
        var index = new InvertedIndex(new TextAnalyzer());
        var texts = Map.of("a", "car engine motor", "b", "car motor motor", "c", "motor oil", "d", "tree leaf");
        texts.forEach(index::add);
        // by Okapi a term of half the documents gives 0, and one of more less than that
        var okapi = new Bm25().withVariant(Bm25.Variant.OKAPI);
        assertThat(new Rm3().expand(Map.of("car", 1), okapi.search(index, "car", 5), id -> index.terms(texts.get(id))))
                .isEqualTo(Map.of("car", 1.0));
        assertThat(new Rm3().over(index, okapi, texts::get).search("car", 5)).extracting(SearchHit::id).containsExactlyInAnyOrder("a", "b");
        assertThat(new Rm3().over(index, okapi, texts::get).search("motor", 5)).extracting(SearchHit::id).containsExactlyInAnyOrder("a",
                "b", "c");
        var shares = SearchEngine.shares(index, okapi).search("motor oil tree", 5);
        assertThat(shares).filteredOn(hit -> hit.id().equals("b")).containsExactly(new SearchHit("b", 0));
        assertThat(shares.getFirst().id()).isEqualTo("d");
    }

    @Test void stagesAndErrors() {
        var retrievers = new LinkedHashMap<String, Retriever>();
        retrievers.put("one", (_, k) -> List.of(new SearchHit("a", 3), new SearchHit("b", 1)).subList(0, Math.min(k, 2)));
        retrievers.put("two", (_, _) -> List.of(new SearchHit("b", 9)));
        var engine = new SearchEngine(retrievers);
        var answer = engine.withReranker((_, hits) -> hits.reversed()).withReranked(2).answer("q", 1);
        assertThat(answer.stages().keySet()).containsExactly("one", "two", "fused", "reranked");
        assertThat(answer.place("fused", "b")).isEqualTo(1);
        assertThatThrownBy(() -> answer.stages().clear()).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> engine.retrievers().clear()).isInstanceOf(UnsupportedOperationException.class);
        assertThat(answer.hits()).extracting(SearchHit::id).containsExactly("a");
        assertThat(answer.place("two", "a")).isZero();
        assertThatThrownBy(() -> engine.withReranker((_, _) -> List.of()).search("q", 3)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("0 documents of 2");
        var crossed = Reranker.by(id -> "text " + id, (_, texts) -> texts.stream().mapToDouble(t -> t.endsWith("a") ? 2 : 1).toArray());
        assertThat(engine.withReranker(crossed).search("q", 2)).containsExactly(new SearchHit("a", 2), new SearchHit("b", 1));
        assertThatThrownBy(() -> new SearchEngine(new LinkedHashMap<>())).hasMessageContaining("no retrievers");
        assertThatThrownBy(() -> engine.withDepth(0)).hasMessageContaining("depth 0");
        var wrong = new LinkedHashMap<String, Retriever>();
        wrong.put("fused", retrievers.get("one"));
        assertThatThrownBy(() -> new SearchEngine(wrong)).hasMessageContaining("'fused' is the name");
        assertThatThrownBy(() -> LearnedReranker.fit(new LearnedReranker.Options(), List.of(), List.of()))
                .hasMessageContaining("no query has two");
        assertThatThrownBy(() -> new LearnedReranker(List.of(), new double[1])).hasMessageContaining("1 weights of 0 features");
        // of two rankings of which one is right the fit takes that one
        var good = List.of(new SearchHit("x", 1), new SearchHit("y", 0.5));
        assertThat(RankFusion.fitted(List.of(List.of(good, List.of(new SearchHit("y", 1)))), List.of(Map.of("x", 1)), 4).weights().get(0))
                .isGreaterThan(0.6);
    }
}
