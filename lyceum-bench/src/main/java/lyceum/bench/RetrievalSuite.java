package lyceum.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.corpus.Corpora;
import lyceum.retrieval.Bm25;
import lyceum.retrieval.FlatIndex;
import lyceum.retrieval.Hnsw;
import lyceum.retrieval.InvertedIndex;
import lyceum.retrieval.VectorEncoding;
import lyceum.retrieval.VectorHit;
import lyceum.retrieval.VectorMetric;
import lyceum.text.encoder.SentenceEncoder;

/** BM25 beside Lucene 10, HNSW beside Lucene and JVector, in this process: the same tokens, one segment, each side tuned to the same recall; and the store. */
final class RetrievalSuite implements Suite {
    private static final int QUERIES = 200;
    private static final int VECTORS = 200_000;
    private static final int WIDTH = 64;
    private static final int K = 10;

    @Override public void measure(SideBySide bench) {
        var verses = Corpora.kingJames().stream().flatMap(d -> d.text().lines()).map(RetrievalSuite::tokens).toList();
        words(bench, "King James", verses);
        words(bench, "500,000 generated", generated(500_000));
        if (bench.threads() == 1) {
            vectors(bench);
            sentences(bench);
        }
        StoreRows.measure(bench);
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
        var rows = clusters(new Random(1), VECTORS);
        var queries = clusters(new Random(1), QUERIES + VECTORS).subList(VECTORS, VECTORS + QUERIES);
        var shape = VECTORS + "x" + WIDTH;
        var build = new Case("HNSW build", shape, DType.F32, new Unit.Time("s", 1)).on("").besideCalls("Lucene", 1,
                calls -> Timing.seconds(() -> LuceneVectors.of(rows), calls));
        var peer = VectorPeer.find();
        if (peer.isPresent()) build = build.besideCalls(peer.get().name(), 1, calls -> Timing.seconds(() -> peer.get().of(rows, 1), calls));
        bench.single(build, () -> graph(rows, VectorEncoding.FLOAT32));
        var flat = new FlatIndex(WIDTH, VectorMetric.L2);
        for (int i = 0; i < rows.size(); i++) flat.add(i, rows.get(i));
        bench.measure(new Case("flat scan", shape, DType.F32, Unit.gigabytes((double) QUERIES * VECTORS * WIDTH * 4)), () -> () -> {
            long sum = 0;
            for (var q : queries) sum += flat.search(q, K).size();
            return sum;
        });
        atEqualRecall(bench, shape, rows, queries, flat);
    }

    /** MiniLM's vectors of verses and of Brown's sentences, which are made once and kept; every 88th asks. */
    private static void sentences(SideBySide bench) {
        var c = new Case("HNSW at recall " + 0.95, "88,000x384", DType.F32, new Unit.Rate("queries/s", QUERIES));
        if (!bench.wants(c) || !SentenceEncoder.hasMiniLm()) return;
        var all = SentenceVectors.ofVersesAndBrown(88_000 + QUERIES);
        var queries = IntStream.range(0, QUERIES).mapToObj(i -> all.get(i * (all.size() / QUERIES))).toList();
        var asked = new HashSet<>(queries);
        var rows = all.stream().filter(row -> !asked.contains(row)).toList();
        var flat = new FlatIndex(rows.getFirst().length, VectorMetric.L2);
        for (int i = 0; i < rows.size(); i++) flat.add(i, rows.get(i));
        atEqualRecall(bench, "88,000x384", rows, queries, flat);
    }

    /** Each side with the narrowest beam that reaches the recall. */
    private static void atEqualRecall(SideBySide bench, String shape, List<float[]> rows, List<float[]> queries, FlatIndex flat) {
        var truth = queries.stream().map(q -> ids(flat.search(q, K))).toList();
        var rate = new Unit.Rate("queries/s", QUERIES);
        Supplier<LuceneVectors> lucene = once(() -> LuceneVectors.of(rows));
        Supplier<Hnsw> floats = once(() -> graph(rows, VectorEncoding.FLOAT32)), bytes = once(() -> graph(rows, VectorEncoding.INT8));
        var peer = VectorPeer.find();
        Supplier<VectorPeer.Graph> theirs = once(() -> peer.orElseThrow().of(rows, 1));
        for (double recall : new double[] {0.95, 0.99}) {
            var c = new Case("HNSW at recall " + recall, shape, DType.F32, rate).on("").besideOurs("Lucene", 1.2, () -> {
                int ef = least(recall, queries, truth, width -> q -> lucene.get().search(q, K, width));
                return () -> queries.stream().mapToInt(q -> lucene.get().search(q, K, ef).size()).sum();
            });
            if (peer.isPresent()) c = c.besideOurs(peer.get().name(), 1.2, () -> {
                int ef = least(recall, queries, truth, width -> q -> theirs.get().search(q, K, width));
                return () -> queries.stream().mapToInt(q -> theirs.get().search(q, K, ef).size()).sum();
            });
            bench.measure(c, () -> searching(floats.get(), recall, queries, truth));
        }
        // a point is what rounding may cost
        bench.measure(new Case("HNSW at recall 0.94, bytes beside F32 at 0.95", shape, DType.I8, rate).on("").besideOurs("F32", 1.5,
                () -> searching(floats.get(), 0.95, queries, truth)), () -> searching(bytes.get(), 0.94, queries, truth));
    }

    private static Supplier<?> searching(Hnsw own, double recall, List<float[]> queries, List<Set<Long>> truth) {
        int ef = least(recall, queries, truth, width -> q -> ids(own.search(q, K, width)));
        return () -> queries.stream().mapToInt(q -> own.search(q, K, ef).size()).sum();
    }

    private static <T> Supplier<T> once(Supplier<T> source) {
        return new Supplier<>() {
            private T made;

            @Override public T get() {
                if (made == null) made = source.get();
                return made;
            }
        };
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
        var index = new Hnsw(rows.getFirst().length, VectorMetric.L2, encoding, 16, 100, 1);
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
