package lyceum.retrieval;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ColBertTest {
    private static final String TOPIC = "colbert";

    private static float[] direction(Rng rng, int d) {
        var v = new float[d];
        double square = 0;
        for (int i = 0; i < d; i++) {
            v[i] = (float) rng.nextGaussian();
            square += v[i] * v[i];
        }
        for (int i = 0; i < d; i++) v[i] /= (float) Math.sqrt(square);
        return v;
    }

    /** Another vector near it, of length 1. */
    private static float[] near(Rng rng, float[] v, double noise) {
        var other = new float[v.length];
        double square = 0;
        for (int i = 0; i < v.length; i++) {
            other[i] = (float) (v[i] + noise / Math.sqrt(v.length) * rng.nextGaussian());
            square += other[i] * other[i];
        }
        for (int i = 0; i < v.length; i++) other[i] /= (float) Math.sqrt(square);
        return other;
    }

    private static double loop(float[][] query, float[][] document) {
        double sum = 0;
        for (var q : query) {
            double best = -2;
            for (var d : document) {
                double dot = 0;
                for (int i = 0; i < q.length; i++) dot += (double) q[i] * d[i];
                if (dot > best) best = dot;
            }
            sum += best;
        }
        return sum;
    }

    /** 1,000 documents of 20 to 40 tokens out of 3,000 words of 300 senses, in 60 topics; a token leans to its document. */
    private static final class World {
        static final int N = 1000, D = 64;
        static final LinkedHashMap<String, float[][]> DOCUMENTS = new LinkedHashMap<>();
        static final List<float[][]> QUERIES = new ArrayList<>();
        static final List<List<String>> TRUTH = new ArrayList<>();
        static {
            var rng = Rng.of(550);
            var senses = new float[300][];
            for (int w = 0; w < senses.length; w++) senses[w] = direction(rng, D);
            var words = new float[3000][];
            for (int w = 0; w < words.length; w++) words[w] = near(rng, senses[w % 300], 0.4);
            var all = new float[N][][];
            for (int d = 0; d < N; d++) {
                int topic = rng.nextInt(60);
                var leaning = direction(rng, D);
                all[d] = new float[20 + rng.nextInt(21)][];
                for (int t = 0; t < all[d].length; t++) {
                    var word = words[rng.nextDouble() < 0.6 ? topic * 50 + rng.nextInt(50) : rng.nextInt(3000)];
                    var token = new float[D];
                    for (int i = 0; i < D; i++) token[i] = word[i] + 0.3f * leaning[i];
                    all[d][t] = near(rng, token, 0.3);
                }
                DOCUMENTS.put("d" + d, all[d]);
            }
            for (int q = 0; q < 60; q++) {
                var from = all[rng.nextInt(N)];
                var query = new float[8][];
                for (int i = 0; i < 8; i++) query[i] = near(rng, from[rng.nextInt(from.length)], 0.4);
                QUERIES.add(query);
                record Scored(String id, double score) {}
                TRUTH.add(DOCUMENTS.entrySet().stream().map(e -> new Scored(e.getKey(), loop(query, e.getValue())))
                        .sorted((a, b) -> Double.compare(b.score, a.score)).limit(10).map(Scored::id).toList());
            }
        }
    }

    private static double overlap(List<SearchHit> found, List<String> truth) {
        return found.stream().filter(h -> truth.contains(h.id())).count() / (double) truth.size();
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void maxSimIsADoubleLoopAndKnowsNoOrder() {
        var rng = Rng.of(1);
        double gap = 0, indexGap = 0, moved = 0, indexMoved = 0;
        int pairs = 0;
        for (int trial = 0; trial < 20; trial++) {
            int d = 1 + rng.nextInt(130);
            var documents = new LinkedHashMap<String, float[][]>();
            for (int n = 0; n < 10; n++) {
                var tokens = new float[1 + rng.nextInt(30)][];
                for (int t = 0; t < tokens.length; t++) tokens[t] = direction(rng, d);
                documents.put("d" + n, tokens);
            }
            var query = new float[1 + rng.nextInt(32)][];
            for (int i = 0; i < query.length; i++) query[i] = direction(rng, d);
            var scores = new LinkedHashMap<String, Double>();
            var index = ColBert.build(new ColBert.Options().withBits(32).withCentroids(3), documents);
            for (var hit : index.exhaustive(query, 10)) scores.put(hit.id(), hit.score());
            for (var hit : index.rerank(query, List.copyOf(documents.keySet())))
                indexGap = Math.max(indexGap, Math.abs(hit.score() - loop(query, documents.get(hit.id()))));
            var turned = new LinkedHashMap<String, float[][]>();
            for (var each : documents.entrySet()) {
                var tokens = each.getValue();
                double truth = loop(query, tokens);
                gap = Math.max(gap, Math.abs(ColBert.maxSim(query, tokens) - truth));
                indexGap = Math.max(indexGap, Math.abs(scores.get(each.getKey()) - truth));
                var mixed = tokens.clone();
                for (int i = mixed.length - 1; i > 0; i--) {
                    int j = rng.nextInt(i + 1);
                    var kept = mixed[i];
                    mixed[i] = mixed[j];
                    mixed[j] = kept;
                }
                moved = Math.max(moved, Math.abs(ColBert.maxSim(query, mixed) - ColBert.maxSim(query, tokens)));
                turned.put(each.getKey(), mixed);
                pairs++;
            }
            for (var hit : ColBert.build(new ColBert.Options().withBits(32).withCentroids(3), turned).exhaustive(query, 10))
                indexMoved = Math.max(indexMoved, Math.abs(hit.score() - scores.get(hit.id())));
        }
        Evidence.of("pairs of query and document", pairs, exactly(200));
        Evidence.of("largest gap of maxSim to a double loop", gap, below(1e-6));
        Evidence.of("largest gap of an index's scores to a double loop", indexGap, below(1e-6));
        Evidence.of("largest change by permuting document tokens", moved, exactly(0));
        Evidence.of("largest change of an index's scores by permuting them", indexMoved, below(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void stagesFindWhatBruteForceFinds() {
        var index = ColBert.build(new ColBert.Options().withBits(32).withCentroids(512), World.DOCUMENTS);
        double found = 0;
        int most = 0;
        for (int q = 0; q < World.QUERIES.size(); q++) {
            var answer = index.find(World.QUERIES.get(q), 10);
            found += overlap(answer.hits(), World.TRUTH.get(q)) / World.QUERIES.size();
            most = Math.max(most, answer.scored());
        }
        Evidence.of("share of brute force's top 10 that the stages find, 60 queries", found, atLeast(0.95));
        Evidence.of("largest share of documents that were fully scored", most / (double) World.N, atMost(0.1));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void twoBitsKeepTheOrder(@TempDir Path folder) throws IOException {
        var index = ColBert.build(new ColBert.Options().withCentroids(512), World.DOCUMENTS);
        assertThat(index.options().bits()).isEqualTo(2);
        double found = 0, one = 0;
        var bit = ColBert.build(new ColBert.Options().withCentroids(512).withBits(1), World.DOCUMENTS);
        for (int q = 0; q < World.QUERIES.size(); q++) {
            found += overlap(index.exhaustive(World.QUERIES.get(q), 10), World.TRUTH.get(q)) / World.QUERIES.size();
            one += overlap(bit.exhaustive(World.QUERIES.get(q), 10), World.TRUTH.get(q)) / World.QUERIES.size();
        }
        index.save(folder.resolve("index"));
        Evidence.of("bytes of the file over those of the tokens in F32",
                Files.size(folder.resolve("index")) / (4.0 * World.D * index.tokens()), below(0.2));
        Evidence.of("overlap of the top 10 with that of F32, 2 bits", found, atLeast(0.9));
        Evidence.of("overlap with 1 bit", one, below(found));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void facetsSurviveThatAMeanLoses() {
        var rng = Rng.of(4);
        int n = 400, facets = 24, d = 64;
        var words = new float[600][];
        for (int w = 0; w < words.length; w++) words[w] = direction(rng, d);
        var documents = new LinkedHashMap<String, float[][]>();
        var pooled = new FlatIndex(d, VectorMetric.COSINE);
        var about = new int[n][facets];
        for (int i = 0; i < n; i++) {
            var tokens = new float[2 * facets][];
            for (int f = 0; f < facets; f++) {
                about[i][f] = rng.nextInt(words.length);
                for (int t = 0; t < 2; t++) tokens[2 * f + t] = near(rng, words[about[i][f]], 0.3);
            }
            documents.put("" + i, tokens);
            pooled.add(i, mean(tokens));
        }
        var index = ColBert.build(new ColBert.Options(), documents);
        double late = 0, early = 0;
        for (int q = 0; q < 200; q++) {
            int target = rng.nextInt(n);
            var query = new float[3][];
            for (int i = 0; i < 3; i++) query[i] = near(rng, words[about[target][8 * i + rng.nextInt(8)]], 0.3);
            if (index.search(query, 1).getFirst().id().equals("" + target)) late += 1 / 200.0;
            if (pooled.search(mean(query), 1).getFirst().id() == target) early += 1 / 200.0;
        }
        Evidence.of("recall@1 of late interaction, 200 queries for 3 of 24 facets", late, atLeast(0.95));
        Evidence.of("recall@1 of mean-pooled vectors of the same tokens", early, atMost(0.6));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Tag("slow")
    @Test void tokensOfMiniLmFindVersesByAPart() {
        var rng = Rng.of(5);
        var queries = new ArrayList<String>();
        var targets = new ArrayList<Integer>();
        while (queries.size() < 150) {
            int verse = rng.nextInt(EncodedVerses.TEXTS.size());
            var words = EncodedVerses.TEXTS.get(verse).split(" ");
            if (words.length < 10) continue;
            int from = rng.nextInt(words.length - 3);
            queries.add(String.join(" ", Arrays.copyOfRange(words, from, from + 4)));
            targets.add(verse);
        }
        var documents = new LinkedHashMap<String, float[][]>();
        for (int i = 0; i < EncodedVerses.TOKENS.size(); i++) documents.put("" + i, EncodedVerses.TOKENS.get(i));
        var index = ColBert.build(new ColBert.Options().withCentroids(512).withSteps(4), documents);
        var asked = EncodedVerses.tokens(queries);
        double late = 0, early = 0;
        for (int q = 0; q < queries.size(); q++) {
            var own = "" + targets.get(q);
            int row = targets.get(q);
            if (index.search(asked.get(q), 10).stream().anyMatch(h -> h.id().equals(own))) late += 1.0 / queries.size();
            if (EncodedVerses.POOLED.search(EncodedVerses.mean(asked.get(q)), 10).stream().anyMatch(h -> h.id() == row))
                early += 1.0 / queries.size();
        }
        Evidence.of("recall@10 of pooled MiniLM, 150 queries of 4 words of a verse", early, below(1));
        Evidence.of("recall@10 of late interaction over MiniLM's tokens, 2 bits, less that of pooled", late - early, atLeast(0));
        Evidence.of("recall@10 of late interaction", late, atLeast(0.5));
    }

    private static float[] mean(float[][] tokens) {
        var mean = new float[tokens[0].length];
        for (var token : tokens) for (int i = 0; i < mean.length; i++) mean[i] += token[i] / tokens.length;
        return mean;
    }

    /** Half of a token's numbers are noise that its text shares: training must learn to leave them out. */
    @Test void trainingFindsWhatCounts() {
        var rng = Rng.of(6);
        int d = 24;
        var words = new float[40][];
        for (int w = 0; w < words.length; w++) words[w] = direction(rng, d / 2);
        var examples = new ArrayList<ColBertTraining.Example>();
        var test = new ArrayList<ColBertTraining.Example>();
        for (int i = 0; i < 160; i++) {
            var own = new int[] {rng.nextInt(40), rng.nextInt(40), rng.nextInt(40)};
            float[][] query = text(rng, words, own), positive = text(rng, words, own),
                    negative = text(rng, words, new int[] {own[0], rng.nextInt(40), rng.nextInt(40)});
            (i < 120 ? examples : test)
                    .add(new ColBertTraining.Example(query, positive, List.<float[][]>of(negative), new double[] {3, 1}));
        }
        var training = new ColBertTraining(8).withSteps(150).withLearningRate(0.02);
        var before = new TokenProjection(Tensor.randn(Rng.of(0), d, 8));
        var after = training.fit(examples);
        assertThat(reciprocalRank(before, test)).isLessThan(0.5);
        assertThat(reciprocalRank(after, test)).isGreaterThan(0.8);
        assertThat(training.loss(after, test).item()).isLessThan(training.loss(before, test).item());
        // scores of the batch are the index's
        var index = ColBert.build(new ColBert.Options().withBits(32).withCentroids(4),
                new LinkedHashMap<>(Map.of("a", after.apply(test.getFirst().positive()))));
        assertThat(index.search(after.apply(test.getFirst().query()), 1).getFirst().score()).isCloseTo(ColBertTraining
                .scores(after, List.<float[][]>of(test.getFirst().query()), List.of(test.getFirst().positive(), new float[5][d])).get(0, 0)
                .item(), within(1e-5));
        // a teacher that knows better moves the loss
        var taught = test.subList(0, 4);
        assertThat(training.loss(after, taught).item()).isGreaterThan(training.withDistillation(0).loss(after, taught).item());
    }

    private static float[][] text(Rng rng, float[][] words, int[] own) {
        var shared = direction(rng, words[0].length);
        var tokens = new float[own.length][];
        for (int t = 0; t < own.length; t++) {
            tokens[t] = Arrays.copyOf(near(rng, words[own[t]], 0.2), 2 * shared.length);
            for (int i = 0; i < shared.length; i++) tokens[t][shared.length + i] = 2 * shared[i];
        }
        return tokens;
    }

    private static double reciprocalRank(TokenProjection projection, List<ColBertTraining.Example> test) {
        double sum = 0;
        for (var each : test) {
            var query = projection.apply(each.query());
            double own = ColBert.maxSim(query, projection.apply(each.positive()));
            int rank = 1;
            for (var other : test) if (other != each && ColBert.maxSim(query, projection.apply(other.positive())) > own) rank++;
            sum += 1.0 / rank;
        }
        return sum / test.size();
    }

    @Test void filesAndBadInput(@TempDir Path folder) throws IOException {
        var documents = new LinkedHashMap<String, float[][]>();
        assertThatThrownBy(() -> ColBert.build(new ColBert.Options(), documents)).hasMessageContaining("no documents");
        documents.put("a", new float[][] {{3, 0, 0}, {0, 1, 0}});
        documents.put("b", new float[][] {{0, 1, 1}});
        for (int bits : new int[] {1, 2, 4, 32}) {
            var index = ColBert.build(new ColBert.Options().withBits(bits).withCentroids(2), documents);
            var path = folder.resolve("colbert" + bits);
            index.save(path);
            var opened = ColBert.open(path);
            var query = new float[][] {{0, 2, 1}, {1, 0, 0}};
            assertThat(opened.find(query, 2)).isEqualTo(index.find(query, 2));
            assertThat(opened.options()).isEqualTo(index.options());
            assertThat(index.search(query, 5)).hasSize(2);
            assertThat(index.rerank(query, List.of("b"))).extracting(SearchHit::id).containsExactly("b");
            assertThat(index.search(new float[0][], 5)).isEmpty();
            if (bits == 32) assertThat(index.document("a")[0]).containsExactly(1, 0, 0);
            byte[] whole = Files.readAllBytes(path);
            whole[whole.length / 2] ^= 1;
            Files.write(path, whole);
            assertThatThrownBy(() -> ColBert.open(path)).isInstanceOf(FormatException.class);
        }
        documents.put("zero", new float[][] {{0, 0, 0}});
        assertThatThrownBy(() -> ColBert.build(new ColBert.Options(), documents)).hasMessageContaining("document 'zero' has length 0.0");
        documents.put("zero", new float[][] {{0, 1}});
        assertThatThrownBy(() -> ColBert.build(new ColBert.Options(), documents)).hasMessageContaining("document 'zero' has 2 numbers");
        documents.put("zero", new float[0][]);
        assertThatThrownBy(() -> ColBert.build(new ColBert.Options(), documents)).hasMessageContaining("'zero' has no token");
        assertThatThrownBy(() -> new ColBert.Options().withBits(3)).hasMessageContaining("bits is 3");
        assertThatThrownBy(() -> ColBert.maxSim(new float[1][2], new float[0][])).hasMessageContaining("no token");
    }
}
