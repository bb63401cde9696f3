package lyceum.retrieval;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.retrieval.DualEncoderTraining.Mining;
import lyceum.retrieval.DualEncoderTraining.Pair;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DenseRetrieverTest {
    private static final String TOPIC = "dense-retrieval";

    private static Tensor bells(Recipe recipe, int rows, int columns) {
        double[] values = recipe.bells(rows * columns);
        var floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) values[i];
        return Tensor.of(floats, rows, columns).to(DType.F64);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void inBatchLossEqualsTorch() {
        double gap = 0;
        int cases = 0;
        for (var each : Golden.load("golden/search.json").cases("loss")) {
            int[] sizes = each.ints("input.sizes");
            var recipe = new Recipe(each.integer("input.seed"));
            Tensor q = bells(recipe, sizes[0], sizes[2]), p = bells(recipe, sizes[0], sizes[2]), h = bells(recipe, sizes[1], sizes[2]);
            double loss = DenseRetriever.inBatchLoss(q, p, sizes[1] == 0 ? null : h, each.number("input.temperature")).item();
            gap = Math.max(gap, Math.abs(loss - each.number("expected.loss")));
            cases++;
        }
        Evidence.of("batches, with and without hard negatives", cases, exactly(5));
        Evidence.of("largest gap of the in-batch loss to torch's cross-entropy", gap, below(1e-6));
    }

    /** Concepts with a word that documents use and one that queries use, some words that mean nothing, and a code in each document. */
    private record World(LinkedHashMap<String, String> passages, List<Pair> train, List<Pair> test, List<Pair> codes) {
        static World of(long seed) {
            var rng = Rng.of(seed);
            int concepts = 150, n = 800;
            var passages = new LinkedHashMap<String, String>();
            List<Pair> train = new ArrayList<>(), test = new ArrayList<>(), codes = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                StringBuilder text = new StringBuilder(), query = new StringBuilder(), second = new StringBuilder();
                for (int w = 0; w < 8; w++) {
                    int concept = rng.nextInt(concepts);
                    text.append("doc").append(concept).append(" filler").append(rng.nextInt(10)).append(' ');
                    if (w % 2 == 0) query.append("query").append(concept).append(" filler").append(rng.nextInt(10)).append(' ');
                    else second.append("query").append(concept).append(' ');
                }
                var code = "xk" + (1000 + i);
                passages.put("p" + i, text + code);
                if (i < 600) {
                    train.add(new Pair(query.toString(), "p" + i));
                    train.add(new Pair(second.toString(), "p" + i));
                } else {
                    test.add(new Pair(query.toString(), "p" + i));
                    codes.add(new Pair("filler" + rng.nextInt(10) + " " + code, "p" + i));
                }
            }
            return new World(passages, train, test, codes);
        }

        /** What the encoder may see in training: the passages of the pairs. */
        Map<String, String> seen() {
            var seen = new LinkedHashMap<String, String>();
            for (var pair : train) seen.put(pair.passage(), passages.get(pair.passage()).replaceAll(" xk.*", ""));
            return seen;
        }
    }

    private static DenseRetriever index(DualEncoder model, Map<String, String> passages) {
        var dense = new DenseRetriever(model::encodeQueries, model::encodePassages, new FlatIndex(model.dimension(), VectorMetric.COSINE));
        dense.add(passages);
        return dense;
    }

    private static double recall(Retriever retriever, List<Pair> queries) {
        double found = 0;
        for (var pair : queries)
            if (retriever.search(pair.query(), 10).stream().anyMatch(h -> h.id().equals(pair.passage()))) found += 1.0 / queries.size();
        return found;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Acceptance(topic = TOPIC, clause = 3)
    @Tag("slow")
    @Test void meaningFindsSynonymsAndWordsFindCodes() {
        var world = World.of(309);
        var model = new DualEncoderTraining().withSteps(300).fit(world.train, world.seen());
        var dense = index(model, world.passages);
        var words = new InvertedIndex(new TextAnalyzer());
        world.passages.forEach(words::add);
        Retriever bm25 = (query, k) -> new Bm25().search(words, query, k);
        int shared = 0;
        for (var pair : world.test)
            for (var term : pair.query().split(" "))
                if (!term.startsWith("filler") && List.of(world.passages.get(pair.passage()).split(" ")).contains(term)) shared++;
        Evidence.of("content words that a query shares with its passage", shared, exactly(0));
        Evidence.of("unseen queries", world.test.size(), exactly(200));
        Evidence.of("recall@10 of the bi-encoder on synonyms, 300 steps", recall(dense, world.test), atLeast(0.9));
        Evidence.of("recall@10 of BM25 on synonyms", recall(bm25, world.test), atMost(0.3));
        Evidence.of("rare-code queries", world.codes.size(), exactly(200));
        double byWords = recall(bm25, world.codes), byMeaning = recall(dense, world.codes);
        Evidence.of("recall@10 of BM25 on rare codes", byWords, atLeast(0.9));
        Evidence.of("recall@10 of the bi-encoder on rare codes", byMeaning, atMost(0.5));
        Evidence.of("lead of BM25 there", byWords - byMeaning, above(0));
    }

    private static double reciprocalRank(Retriever retriever, List<Pair> queries) {
        double sum = 0;
        for (var pair : queries)
            sum += JudgedRanking.inOrder(retriever.search(pair.query(), 100), Map.of(pair.passage(), 1)).reciprocalRank() / queries.size();
        return sum;
    }

    /** Passages of one subject differ in a detail: negatives of other subjects teach the subject alone. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void minedNegativesTeachTheDetail() {
        int better = 0;
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(40 + seed);
            var passages = new LinkedHashMap<String, String>();
            List<Pair> train = new ArrayList<>(), test = new ArrayList<>();
            for (int i = 0; i < 480; i++) {
                int subject = i % 24, detail = rng.nextInt(60), other = rng.nextInt(60);
                passages.put("p" + i, "about" + subject + " about" + subject + " on" + subject + " d" + detail + " d" + other);
                (i < 360 ? train : test).add(new Pair("ask" + subject + " asked" + subject + " q" + detail + " q" + other, "p" + i));
            }
            var training = new DualEncoderTraining().withDimensions(32).withSteps(60).withBatch(8).withNegatives(2).withRefresh(20)
                    .withSeed(seed);
            double random = reciprocalRank(index(training.withMining(Mining.RANDOM).fit(train, passages), passages), test),
                    mined = reciprocalRank(index(training.fit(train, passages), passages), test);
            if (mined > random) better++;
        }
        Evidence.of("seeds of 5 in which mined negatives raise MRR over random ones", better, atLeast(4));
    }

    @Test void indexesDeletesAndErrors() {
        var training = new DualEncoderTraining().withDimensions(8).withSteps(5).withBatch(2);
        var passages = new LinkedHashMap<>(Map.of("a", "one two", "b", "two three", "c", ""));
        var pairs = List.of(new Pair("one", "a"), new Pair("three", "b"), new Pair("two", "b"), new Pair("two", "a"));
        for (var mining : Mining.values()) for (boolean shared : new boolean[] {true, false}) {
            var model = training.withMining(mining).withNegatives(1).withShared(shared).fit(pairs, passages);
            assertThat(model.queries() == model.passages() || !shared).isTrue();
            var dense = new DenseRetriever(model::encodeQueries, model::encodePassages, new Hnsw(8, VectorMetric.COSINE));
            dense.add(passages);
            assertThat(dense.size()).isEqualTo(3);
            assertThat(dense.search("one", 5)).hasSize(3);
            assertThat(dense.hardNegatives("two", Set.of("a", "b"), 4)).containsExactly("c");
            assertThat(dense.delete("c")).isTrue();
            assertThat(dense.delete("c")).isFalse();
            assertThat(dense.search(List.of("one", "unseen word"), 5)).allSatisfy(hits -> assertThat(hits).hasSize(2));
            assertThatThrownBy(() -> dense.add(Map.of("a", "x"))).hasMessageContaining("'a' is in the index");
        }
        assertThatThrownBy(() -> training.fit(List.of(new Pair("q", "z")), passages)).hasMessageContaining("no passage 'z'");
        assertThatThrownBy(() -> training.fit(List.of(), passages)).hasMessageContaining("no pairs");
        assertThatThrownBy(() -> training.withTemperature(0)).hasMessageContaining("temperature 0.0");
        assertThatThrownBy(() -> DenseRetriever.inBatchLoss(Tensor.zeros(2, 3), Tensor.zeros(2, 3), Tensor.zeros(2, 4), 1))
                .hasMessageContaining("negatives");
        assertThatThrownBy(() -> DenseRetriever.inBatchLoss(Tensor.zeros(2, 3), Tensor.zeros(2, 3), null, 0))
                .hasMessageContaining("temperature is 0.0");
    }
}
