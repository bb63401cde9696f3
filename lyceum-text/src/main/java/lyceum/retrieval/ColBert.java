package lyceum.retrieval;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.internal.TopScores;
import lyceum.withers.Withers;

/**
 * Late interaction: a vector for every token of query and document, and the sum over query tokens of the best partner's cosine,
 * {@code s(Q, D) = sum_i max_j q_i . d_j}.
 *
 * {@snippet :
 * float[][] lost = {{1, 0}, {0, 1}};                     // vectors of tokens, as any encoder gives them
 * var documents = new LinkedHashMap<String, float[][]>();
 * documents.put("a", new float[][] {{1, 0.1f}, {0.2f, 1}});
 * documents.put("b", new float[][] {{1, 1}});
 * var index = ColBert.build(new ColBert.Options().withCentroids(2), documents);
 * index.search(lost, 1);                                 // a
 * }
 *
 * <p>Documents are kept as ColBERTv2 keeps them: for each token its nearest centre and the residual in a few bits a number. A search has the stages of PLAID:
 * documents with tokens at the {@code probes} centres nearest to each query token; of those the best {@code candidates} when tokens stand for their centres,
 * centres below {@code threshold} for all query tokens left out; a fourth of these when no centre is left out; and only they are decompressed and scored.
 * An index does not change, and any number of threads may search it.
 *
 * @see <a href="https://arxiv.org/abs/2004.12832">Khattab and Zaharia (2020)</a>
 * @see <a href="https://arxiv.org/abs/2112.01488">Santhanam, Khattab et al. (2022): residuals</a>
 * @see <a href="https://arxiv.org/abs/2205.09707">Santhanam, Khattab, Potts and Zaharia (2022): PLAID</a>
 */
public final class ColBert {
    /**
     * How documents are kept and searched.
     *
     * @param centroids of all tokens; 0 for {@code 4 sqrt(tokens)}
     * @param bits of a residual's number: 1, 2, 4, or 32 for vectors that are kept whole
     * @param probes centres that each query token looks at
     * @param candidates after the first pass over centres; a fourth of them, and at least k, are scored
     * @param threshold below which a centre does not count in the first pass, a cosine
     * @param steps of k-means
     */
    @Withers
    public record Options(int centroids, int bits, int probes, int candidates, double threshold, int steps, long seed)
            implements ColBertOptionsWithers {
        public Options {
            if (bits != 1 && bits != 2 && bits != 4 && bits != 32)
                throw new IllegalArgumentException("ColBert: bits is " + bits + "; it is 1, 2, 4 or 32");
            if (centroids < 0 || probes < 1 || candidates < 1 || steps < 1)
                throw new IllegalArgumentException("ColBert: centroids " + centroids + ", probes " + probes + ", candidates " + candidates
                        + ", steps " + steps + "; each is at least 1, or centroids 0");
            if (Double.isNaN(threshold)) throw new IllegalArgumentException("ColBert: threshold is NaN");
        }

        /** 2 bits, 4 probes, 256 candidates, threshold 0.4, 6 steps, seed 0. */
        public Options() { this(0, 2, 4, 256, 0.4, 6, 0); }
    }

    /**
     * An answer and how many documents each stage saw.
     *
     * @param hits the best first; of equal scores the document that stands first
     * @param touched documents with a token at a centre that was looked at
     * @param scored documents that were decompressed and scored by all their tokens
     */
    public record Found(List<SearchHit> hits, int touched, int scored) {
        public Found { hits = List.copyOf(hits); }
    }

    private static final String KIND = "colbert";

    private final Options options;
    private final List<String> ids;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final int[] starts, own;
    private final byte[] codes;
    private final TokenCodec codec;
    private final int[][] documentsOf;

    private ColBert(Options options, List<String> ids, int[] starts, int[] own, byte[] codes, TokenCodec codec) {
        this.options = options;
        this.ids = ids;
        this.starts = starts;
        this.own = own;
        this.codes = codes;
        this.codec = codec;
        for (int d = 0; d < ids.size(); d++) numbers.put(ids.get(d), d);
        int centres = codec.centres.rows.length;
        var last = new int[centres];
        var counts = new int[centres];
        documentsOf = new int[centres][];
        for (int pass = 0; pass < 2; pass++) {
            Arrays.fill(last, -1);
            if (pass == 1) for (int c = 0; c < centres; c++) documentsOf[c] = new int[counts[c]];
            Arrays.fill(counts, 0);
            for (int d = 0; d < ids.size(); d++) for (int t = starts[d]; t < starts[d + 1]; t++) {
                if (last[own[t]] == d) continue;
                last[own[t]] = d;
                if (pass == 1) documentsOf[own[t]][counts[own[t]]] = d;
                counts[own[t]]++;
            }
        }
    }

    /** {@code sum_i max_j q_i . d_j}, of vectors as they are. @throws ShapeException if sizes differ or the document has no token */
    public static double maxSim(float[][] query, float[][] document) {
        if (document.length == 0) throw new ShapeException("maxSim: the document has no token");
        double sum = 0;
        for (var q : query) {
            double best = Double.NEGATIVE_INFINITY;
            for (var d : document) {
                if (d.length != q.length) throw new ShapeException("maxSim: tokens of " + q.length + " and " + d.length + " numbers");
                double dot = 0;
                for (int i = 0; i < q.length; i++) dot += (double) q[i] * d[i];
                best = Math.max(best, dot);
            }
            sum += best;
        }
        return sum;
    }

    /**
     * An index of documents by id.
     *
     * @param documents vectors of their tokens, of any length above 0; they are scaled to length 1
     * @throws IllegalArgumentException if there is no document, or one has no token, or a vector is zero, not finite or of another size: names the id
     */
    public static ColBert build(Options options, SequencedMap<String, float[][]> documents) {
        if (documents.isEmpty()) throw new IllegalArgumentException("ColBert.build: no documents");
        var ids = List.copyOf(documents.sequencedKeySet());
        var starts = new int[ids.size() + 1];
        var tokens = new ArrayList<float[]>();
        for (int d = 0; d < ids.size(); d++) {
            var own = documents.get(ids.get(d));
            if (own.length == 0) throw new IllegalArgumentException("ColBert.build: document '" + ids.get(d) + "' has no token");
            for (var token : own)
                tokens.add(unit(token, tokens.isEmpty() ? token.length : tokens.getFirst().length, "document '" + ids.get(d) + "'"));
            starts[d + 1] = tokens.size();
        }
        var all = tokens.toArray(float[][]::new);
        int k = options.centroids > 0 ? options.centroids : (int) Math.ceil(4 * Math.sqrt(all.length));
        var rng = Rng.of(options.seed);
        int sampled = Math.min(all.length, 64 * k);
        var sample = new float[sampled][];
        for (int i = 0; i < sampled; i++) sample[i] = all[(int) ((long) i * all.length / sampled)];
        var centres = Centroids.learn(sample, k, options.steps, rng);
        int[] own = centres.nearest(all, null);
        var codec = TokenCodec.learn(all, own, options.bits, centres);
        return new ColBert(options, ids, starts, own, codec.encode(all, own), codec);
    }

    private static float[] unit(float[] token, int dimensions, String what) {
        if (token.length != dimensions) throw new IllegalArgumentException(
                "ColBert: a token of " + what + " has " + token.length + " numbers; others have " + dimensions);
        double square = 0;
        for (float v : token) square += (double) v * v;
        if (!(square > 0 && square < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                "ColBert: a token of " + what + " has length " + Math.sqrt(square) + "; it has no direction");
        var unit = new float[dimensions];
        for (int i = 0; i < dimensions; i++) unit[i] = (float) (token[i] / Math.sqrt(square));
        return unit;
    }

    private float[][] units(float[][] query) {
        var units = new float[query.length][];
        for (int i = 0; i < units.length; i++) units[i] = unit(query[i], codec.dimensions, "the query");
        return units;
    }

    public Options options() { return options; }

    /** Documents in it. */
    public int size() { return ids.size(); }

    public int dimensions() { return codec.dimensions; }

    /** Tokens of all documents. */
    public int tokens() { return own.length; }

    /** Bytes of all tokens as they are kept: centre (4) and residual each, and the centres. */
    public long bytes() { return own.length * (4L + codec.bytes()) + 4L * codec.dimensions * codec.centres.rows.length; }

    private int number(String id) {
        var number = numbers.get(id);
        if (number == null) throw new IllegalArgumentException("ColBert: no document '" + id + "'");
        return number;
    }

    /** A document's tokens as they are kept, of length 1. @throws IllegalArgumentException if there is none of this id */
    public float[][] document(String id) {
        int d = number(id);
        var tokens = new float[length(d)][codec.dimensions];
        for (int t = 0; t < tokens.length; t++) codec.decode(codes, (starts[d] + t) * codec.bytes(), own[starts[d] + t], tokens[t]);
        return tokens;
    }

    /** The k best documents. */
    public List<SearchHit> search(float[][] query, int k) { return find(query, k).hits(); }

    /** The same, with what it cost. */
    public Found find(float[][] query, int k) {
        if (k < 1) throw new IllegalArgumentException("search: k is " + k + "; it is at least 1");
        if (query.length == 0) return new Found(List.of(), 0, 0);
        var units = units(query);
        float[][] near = codec.centres.dots(units);
        var touched = new BitSet(ids.size());
        for (var row : near) {
            var probes = TopScores.of(options.probes, row.length);
            for (int c = 0; c < row.length; c++) probes.offer(c, row[c]);
            probes.best((c, _) -> {
                for (int d : documentsOf[c]) touched.set(d);
            });
        }
        var counting = new BitSet(near[0].length);
        for (int c = 0; c < near[0].length; c++) for (var row : near) if (row[c] >= options.threshold) counting.set(c);
        var first = byCentres(near, touched, Math.max(options.candidates, k), counting);
        counting.set(0, near[0].length);
        var second = byCentres(near, first, Math.max((options.candidates + 3) / 4, k), counting);
        return new Found(exact(units, second, k), touched.cardinality(), second.cardinality());
    }

    /** The best of the documents when a token is its centre; centres that do not count give nothing. */
    private BitSet byCentres(float[][] near, BitSet documents, int best, BitSet counting) {
        if (documents.cardinality() <= best) return documents;
        var top = TopScores.of(best, ids.size());
        var most = new float[near.length];
        for (int d = documents.nextSetBit(0); d >= 0; d = documents.nextSetBit(d + 1)) {
            Arrays.fill(most, counting.cardinality() == near[0].length ? Float.NEGATIVE_INFINITY : 0);
            for (int t = starts[d]; t < starts[d + 1]; t++) {
                int c = own[t];
                if (counting.get(c)) for (int i = 0; i < most.length; i++) if (near[i][c] > most[i]) most[i] = near[i][c];
            }
            double sum = 0;
            for (float each : most) sum += each;
            top.offer(d, sum);
        }
        var kept = new BitSet(ids.size());
        top.best((d, _) -> kept.set(d));
        return kept;
    }

    private List<SearchHit> exact(float[][] units, BitSet documents, int k) {
        int[] all = documents.stream().toArray();
        double[] scores = scores(units, all);
        var top = TopScores.of(k, ids.size());
        for (int i = 0; i < all.length; i++) top.offer(all[i], scores[i]);
        var hits = new ArrayList<SearchHit>();
        top.best((d, score) -> hits.add(new SearchHit(ids.get(d), score)));
        return hits;
    }

    /** {@link #maxSim} of documents, some thousand tokens at a time: products by the matrix kernel. */
    private double[] scores(float[][] units, int[] documents) {
        int width = units.length, dimensions = codec.dimensions;
        var columns = new float[dimensions * width];
        for (int i = 0; i < width; i++) for (int j = 0; j < dimensions; j++) columns[j * width + i] = units[i][j];
        var query = Tensor.of(columns, dimensions, width);
        var scores = new double[documents.length];
        for (int from = 0, to; from < documents.length; from = to) {
            int tokens = 0;
            for (to = from; to < documents.length && (to == from || tokens < 4096); to++) tokens += length(documents[to]);
            var flat = new float[tokens * dimensions];
            var token = new float[dimensions];
            int at = 0;
            for (int i = from; i < to; i++) for (int t = starts[documents[i]]; t < starts[documents[i] + 1]; t++, at++) {
                codec.decode(codes, t * codec.bytes(), own[t], token);
                System.arraycopy(token, 0, flat, at * dimensions, dimensions);
            }
            float[] dots = Tensor.of(flat, tokens, dimensions).matmul(query).toFloatArray();
            var most = new float[width];
            at = 0;
            for (int i = from; i < to; i++) {
                Arrays.fill(most, Float.NEGATIVE_INFINITY);
                for (int t = length(documents[i]); t > 0; t--) for (int j = 0; j < width; j++) most[j] = Math.max(most[j], dots[at++]);
                for (float each : most) scores[i] += each;
            }
        }
        return scores;
    }

    private int length(int d) { return starts[d + 1] - starts[d]; }

    /** The k best when every document is decompressed and scored: to compare with. */
    public List<SearchHit> exhaustive(float[][] query, int k) {
        var all = new BitSet();
        all.set(0, ids.size());
        return exact(units(query), all, k);
    }

    /** These documents with their scores, the best first: what reranks the hits of another search. */
    public List<SearchHit> rerank(float[][] query, List<String> candidates) {
        double[] scores = scores(units(query), candidates.stream().mapToInt(this::number).toArray());
        var hits = new ArrayList<SearchHit>();
        for (var id : candidates) hits.add(new SearchHit(id, scores[hits.size()]));
        hits.sort((a, b) -> Double.compare(b.score(), a.score()));
        return hits;
    }

    public void save(Path path) throws IOException {
        ByteSink head = new ByteSink(), places = new ByteSink(), vectors = new ByteSink();
        for (int value : new int[] {codec.dimensions, options.bits, options.centroids, options.probes, options.candidates, options.steps,
                codec.centres.rows.length})
            head.putInt(value);
        head.putLong(Double.doubleToRawLongBits(options.threshold));
        head.putLong(options.seed);
        for (int start : starts) places.putInt(start);
        for (int each : own) places.putInt(each);
        for (var row : codec.centres.rows) Payload.put(vectors, row);
        Payload.put(vectors, codec.ends);
        Payload.put(vectors, codec.weights);
        var sections = new LinkedHashMap<String, MemorySegment>();
        sections.put("head", head.segment());
        sections.put("ids", StringTable.write(ids.stream().map(id -> id.getBytes(StandardCharsets.UTF_8)).toList()));
        sections.put("places", places.segment());
        sections.put("vectors", vectors.segment());
        sections.put("codes", MemorySegment.ofArray(codes));
        IndexFile.write(path, KIND, sections);
    }

    /** @throws lyceum.FormatException if the file is damaged or another thing */
    public static ColBert open(Path path) throws IOException {
        var file = IndexFile.read(path, KIND);
        var head = file.section("head", 44);
        var h = new int[7];
        MemorySegment.copy(head, IndexFile.INT, 0, h, 0, 7);
        if (h[0] < 1 || h[0] > 1 << 20 || h[6] < 1) throw file.malformed("the head is " + Arrays.toString(h));
        var options = new Options(h[2], h[1], h[3], h[4], Double.longBitsToDouble(head.get(IndexFile.LONG, 28)), h[5],
                head.get(IndexFile.LONG, 36));
        var table = new StringTable(file.section("ids", 8));
        var ids = new ArrayList<String>();
        for (int d = 0; d < table.size(); d++) ids.add(table.get(d));
        var places = file.section("places", 4L * (ids.size() + 1));
        var starts = new int[ids.size() + 1];
        MemorySegment.copy(places, IndexFile.INT, 0, starts, 0, starts.length);
        for (int d = 0; d < ids.size(); d++)
            if (starts[d + 1] <= starts[d] || starts[0] != 0) throw file.malformed("document " + d + " has no tokens");
        var own = new int[starts[ids.size()]];
        if (places.byteSize() != 4L * (starts.length + (long) own.length)) throw file.malformed("the places of tokens do not fit");
        MemorySegment.copy(places, IndexFile.INT, 4L * starts.length, own, 0, own.length);
        for (int c : own) if (c < 0 || c >= h[6]) throw file.malformed("a token has centre " + c + " of " + h[6]);
        int buckets = h[1] == 32 ? 0 : 1 << h[1];
        var in = new Payload.Reader(file.section("vectors", 4L * ((long) h[6] * h[0] + 2L * buckets - (buckets > 0 ? 1 : 0))));
        var centres = new float[h[6]][];
        for (int c = 0; c < centres.length; c++) centres[c] = in.vector(h[0]);
        var codec = new TokenCodec(h[0], h[1], new Centroids(centres), in.vector(Math.max(0, buckets - 1)), in.vector(buckets));
        byte[] codes = file.section("codes", (long) own.length * codec.bytes()).toArray(ValueLayout.JAVA_BYTE);
        return new ColBert(options, ids, starts, own, codes, codec);
    }
}
