package lyceum.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.data.corpus.Corpora;
import lyceum.retrieval.Bm25;
import lyceum.retrieval.FlatIndex;
import lyceum.retrieval.Hnsw;
import lyceum.retrieval.InvertedIndex;
import lyceum.retrieval.VectorEncoding;
import lyceum.retrieval.VectorHit;
import lyceum.retrieval.VectorMetric;

/** BM25 and HNSW beside Lucene 10 in this process: the same tokens, one segment, and for HNSW each side tuned to the same recall. */
final class RetrievalSuite implements Suite {
    private static final int QUERIES = 200;
    private static final int VECTORS = 200_000;
    private static final int WIDTH = 64;
    private static final int K = 10;

    @Override public void measure(SideBySide bench) {
        var verses = Corpora.kingJames().stream().flatMap(d -> d.text().lines()).map(RetrievalSuite::tokens).toList();
        words(bench, "King James", verses);
        words(bench, "500,000 generated", generated(500_000));
        vectors(bench);
    }

    private static List<String> tokens(String text) {
        return List.of(text.toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", " ").strip().split(" "));
    }

    /** Passages of 40 words whose frequencies fall as Zipf says. */
    private static List<List<String>> generated(int count) {
        var random = new Random(5);
        var passages = new ArrayList<List<String>>(count);
        for (int i = 0; i < count; i++) {
            var words = new String[40];
            for (int w = 0; w < words.length; w++) words[w] = "w" + (int) Math.pow(50_000, random.nextDouble());
            passages.add(List.of(words));
        }
        return passages;
    }

    private static void words(SideBySide bench, String shape, List<List<String>> passages) {
        var texts = passages.stream().map(words -> String.join(" ", words)).toList();
        var random = new Random(9);
        var queries = new ArrayList<String>();
        for (int q = 0; q < QUERIES; q++) {
            var words = passages.get(random.nextInt(passages.size()));
            queries.add(random.ints(1 + q % 5, 0, words.size()).mapToObj(words::get).collect(Collectors.joining(" ")));
        }
        var index = new Case("BM25 indexing", shape, DType.F32, Unit.MILLISECONDS).on("").besideOurs("Lucene", 1,
                () -> () -> LuceneWords.of(texts));
        bench.measure(index, () -> () -> ours(texts));
        var search = new Case("BM25 top 10", shape, DType.F32, new Unit.Rate("queries/s", QUERIES)).on("").besideOurs("Lucene", 1.2, () -> {
            var lucene = LuceneWords.of(texts);
            return () -> lucene.all(queries, K);
        });
        bench.measure(search, () -> {
            var own = ours(texts);
            var bm25 = new Bm25().withNorms(Bm25.Norms.LUCENE);
            return () -> {
                long sum = 0;
                for (var query : queries) sum += bm25.search(own, query, K).size();
                return sum;
            };
        });
    }

    private static InvertedIndex ours(List<String> texts) {
        var index = new InvertedIndex(text -> List.of(text.split(" ")));
        for (int i = 0; i < texts.size(); i++) index.add(Integer.toString(i), texts.get(i));
        index.commit();
        return index;
    }

    private static void vectors(SideBySide bench) {
        if (bench.threads() > 1) return;
        var rows = clusters(new Random(1), VECTORS);
        var queries = clusters(new Random(1), QUERIES + VECTORS).subList(VECTORS, VECTORS + QUERIES);
        var shape = VECTORS + "x" + WIDTH;
        bench.measure(new Case("HNSW build", shape, DType.F32, new Unit.Time("s", 1)).on("").besideOurs("Lucene", 1,
                () -> () -> LuceneVectors.of(rows)), () -> () -> graph(rows, VectorEncoding.FLOAT32));
        var flat = new FlatIndex(WIDTH, VectorMetric.L2);
        for (int i = 0; i < rows.size(); i++) flat.add(i, rows.get(i));
        var truth = queries.stream().map(q -> ids(flat.search(q, K))).toList();
        bench.measure(new Case("flat scan", shape, DType.F32, Unit.gigabytes((double) QUERIES * VECTORS * WIDTH * 4)), () -> () -> {
            long sum = 0;
            for (var q : queries) sum += flat.search(q, K).size();
            return sum;
        });
        for (double recall : new double[] {0.95, 0.99}) {
            var c = new Case("HNSW at recall " + recall, shape, DType.F32, new Unit.Rate("queries/s", QUERIES)).on("").besideOurs("Lucene",
                    1.2, () -> {
                        var lucene = LuceneVectors.of(rows);
                        int ef = least(recall, queries, truth, width -> q -> lucene.search(q, K, width));
                        return () -> queries.stream().mapToInt(q -> lucene.search(q, K, ef).size()).sum();
                    });
            bench.measure(c, () -> {
                var own = graph(rows, VectorEncoding.FLOAT32);
                int ef = least(recall, queries, truth, width -> q -> ids(own.search(q, K, width)));
                return () -> queries.stream().mapToInt(q -> own.search(q, K, ef).size()).sum();
            });
        }
    }

    private interface Search {
        Set<Long> of(float[] query);
    }

    /** The narrowest beam that reaches the recall. */
    private static int least(double recall, List<float[]> queries, List<Set<Long>> truth, IntFunction<Search> search) {
        int ef = K;
        for (; ef < 2000; ef += Math.max(2, ef / 8)) {
            var found = search.apply(ef);
            long right = 0;
            for (int q = 0; q < queries.size(); q++) {
                var own = new HashSet<>(found.of(queries.get(q)));
                own.retainAll(truth.get(q));
                right += own.size();
            }
            if (right >= recall * K * queries.size()) break;
        }
        return ef;
    }

    private static Set<Long> ids(List<VectorHit> hits) { return hits.stream().map(VectorHit::id).collect(Collectors.toSet()); }

    private static Hnsw graph(List<float[]> rows, VectorEncoding encoding) {
        var index = new Hnsw(WIDTH, VectorMetric.L2, encoding, 16, 100, 1);
        for (int i = 0; i < rows.size(); i++) index.add(i, rows.get(i));
        return index;
    }

    /** Of a thousand centres. */
    private static List<float[]> clusters(Random random, int count) {
        var centres = new float[1000][WIDTH];
        for (var centre : centres) for (int j = 0; j < WIDTH; j++) centre[j] = (float) random.nextGaussian();
        var rows = new float[count][WIDTH];
        for (var row : rows) {
            var centre = centres[random.nextInt(centres.length)];
            for (int j = 0; j < WIDTH; j++) row[j] = centre[j] + 0.5f * (float) random.nextGaussian();
        }
        return Arrays.asList(rows);
    }
}
