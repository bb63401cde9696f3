package lyceum.retrieval;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongPredicate;
import lyceum.random.Rng;
import lyceum.text.internal.TopScores;
import lyceum.withers.Withers;

/**
 * Inverted lists of product-quantised vectors: each lies in the list of its nearest centre {@code c}, and what is left, {@code x - c}, is kept as a byte a part,
 * the nearest of 256 code words. A query reads the lists of its {@code probes} nearest centres; the score of a code is a sum of table entries,
 * {@code q.x ~ q.c + sum_j T_j[code_j]} with {@code T_j[w] = q_j . w}. The best {@code rescored} are compared again by their originals, which lie in a
 * file or memory and are read for those alone.
 *
 * {@snippet :
 * static List<VectorHit> nearest(float[][] vectors, float[] query) {
 *     var index = IvfPq.train(new IvfPq.Options().withLists(64), VectorMetric.COSINE, vectors);
 *     for (int i = 0; i < vectors.length; i++) index.add(i, vectors[i]);
 *     return index.search(query, 10);
 * }
 * }
 *
 * @see <a href="https://doi.org/10.1109/TPAMI.2010.57">Jegou, Douze and Schmid (2011)</a>
 */
public final class IvfPq implements VectorIndex {
    /**
     * How to divide and to search.
     *
     * @param lists that vectors are divided into; at most as many as the sample has vectors
     * @param parts that a vector is cut into, a byte each; at most its numbers
     * @param probes lists that a query reads, at least 1
     * @param rescored of the best that are compared by their originals, at least 1
     * @param steps of k-means for centres and code words
     */
    @Withers
    public record Options(int lists, int parts, int probes, int rescored, int steps, long seed) implements IvfPqOptionsWithers {
        public Options {
            for (int value : new int[] {lists, parts, probes, rescored, steps})
                if (value < 1) throw new IllegalArgumentException("IvfPq: lists " + lists + ", parts " + parts + ", probes " + probes
                        + ", rescored " + rescored + ", steps " + steps + "; each is at least 1");
        }

        /** 64 lists of which 16 are read, 8 parts, 200 rescored, 8 steps, seed 0. */
        public Options() { this(64, 8, 16, 200, 8, 0); }
    }

    private static final String KIND = "ivfpq";

    private final Options options;
    private final VectorRows originals;
    private final Centroids coarse;
    private final Centroids[] words;
    private final int[] cuts;
    private final Map<Long, Integer> rowOf = new HashMap<>();
    private final List<int[]> lists = new ArrayList<>();
    private final int[] sizes;
    private long[] ids = new long[16];
    private int[] listOf = new int[16];
    private byte[] codes;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    private IvfPq(Options options, VectorRows originals, Centroids coarse, Centroids[] words) {
        this.options = options;
        this.originals = originals;
        this.coarse = coarse;
        this.words = words;
        cuts = cuts(originals.dimensions, words.length);
        sizes = new int[coarse.rows.length];
        for (int list = 0; list < sizes.length; list++) lists.add(new int[4]);
        codes = new byte[16 * words.length];
    }

    private static int[] cuts(int dimensions, int parts) {
        var cuts = new int[parts + 1];
        for (int j = 0; j <= parts; j++) cuts[j] = (int) ((long) j * dimensions / parts);
        return cuts;
    }

    /** Learns centres and code words; the index is empty. @param sample at least one vector; some thousands do */
    public static IvfPq train(Options options, VectorMetric metric, float[][] sample) {
        if (sample.length == 0) throw new IllegalArgumentException("IvfPq.train: no vectors; centres are learned from a sample");
        int d = sample[0].length;
        var originals = new VectorRows(d, metric, VectorEncoding.FLOAT32);
        var vectors = new float[sample.length][];
        for (int i = 0; i < vectors.length; i++) vectors[i] = placed(originals.query(sample[i], "vector " + i + " of the sample"), metric);
        var rng = Rng.of(options.seed);
        var coarse = Centroids.learn(vectors, options.lists, options.steps, rng.split(0));
        int[] own = coarse.nearest(vectors, null), cuts = cuts(d, Math.min(options.parts, d));
        var words = new Centroids[cuts.length - 1];
        for (int j = 0; j < words.length; j++) {
            var part = new float[vectors.length][];
            for (int i = 0; i < part.length; i++) part[i] = residual(vectors[i], coarse.rows[own[i]], cuts[j], cuts[j + 1]);
            words[j] = Centroids.learn(part, 256, options.steps, rng.split(1 + j));
        }
        return new IvfPq(options, originals, coarse, words);
    }

    /** Under COSINE all is done with directions. */
    private static float[] placed(VectorRows.Query vector, VectorMetric metric) {
        var values = vector.values().clone();
        if (metric == VectorMetric.COSINE) for (int i = 0; i < values.length; i++) values[i] /= (float) Math.sqrt(vector.square());
        return values;
    }

    private static float[] residual(float[] vector, float[] centre, int from, int to) {
        var part = Arrays.copyOfRange(vector, from, to);
        for (int i = from; i < to; i++) part[i - from] -= centre[i];
        return part;
    }

    public Options options() { return options; }

    @Override public int dimensions() { return originals.dimensions; }

    @Override public VectorMetric metric() { return originals.metric; }

    @Override public int size() {
        lock.readLock().lock();
        try {
            return rowOf.size();
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override public void add(long id, float[] vector) {
        var query = originals.query(vector.clone(), "vector " + id);
        var values = placed(query, metric());
        int list = coarse.nearest(new float[][] {values}, null)[0];
        var code = new byte[words.length];
        for (int j = 0; j < code.length; j++) {
            var part = residual(values, coarse.rows[list], cuts[j], cuts[j + 1]);
            code[j] = (byte) words[j].nearest(new float[][] {part}, null)[0];
        }
        lock.writeLock().lock();
        try {
            if (rowOf.containsKey(id)) throw new IllegalArgumentException("IvfPq: vector " + id + " is in the index; remove it first");
            take(id, originals.add(query), list, code);
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void take(long id, int row, int list, byte[] code) {
        if (row >= ids.length) {
            ids = Arrays.copyOf(ids, 2 * row);
            listOf = Arrays.copyOf(listOf, 2 * row);
            codes = Arrays.copyOf(codes, 2 * row * words.length);
        }
        ids[row] = id;
        listOf[row] = list;
        System.arraycopy(code, 0, codes, row * words.length, words.length);
        var rows = lists.get(list);
        if (sizes[list] == rows.length) lists.set(list, rows = Arrays.copyOf(rows, 2 * rows.length));
        rows[sizes[list]++] = row;
        rowOf.put(id, row);
    }

    @Override public boolean remove(long id) {
        lock.writeLock().lock();
        try {
            var row = rowOf.remove(id);
            if (row == null) return false;
            var rows = lists.get(listOf[row]);
            int at = 0;
            while (rows[at] != row) at++;
            System.arraycopy(rows, at + 1, rows, at, --sizes[listOf[row]] - at);
            return true;
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override public Optional<float[]> get(long id) {
        lock.readLock().lock();
        try {
            var row = rowOf.get(id);
            return row == null ? Optional.empty() : Optional.of(originals.query(row).values());
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override public List<VectorHit> search(float[] query, int k, LongPredicate filter) { return search(query, k, options.probes, filter); }

    /** @param probes lists that are read; with all of them only codes lose anything */
    public List<VectorHit> search(float[] query, int k, int probes, LongPredicate filter) {
        if (k < 1) throw new IllegalArgumentException("search: k is " + k + "; it is at least 1");
        if (probes < 1) throw new IllegalArgumentException("search: probes is " + probes + "; it is at least 1");
        var q = originals.query(query.clone(), "the query");
        var values = placed(q, metric());
        float[] near = coarse.dots(new float[][] {values})[0];
        var tables = new float[words.length][];
        for (int j = 0; j < tables.length; j++)
            tables[j] = words[j].dots(new float[][] {Arrays.copyOfRange(values, cuts[j], cuts[j + 1])})[0];
        var chosen = TopScores.of(probes, near.length);
        for (int c = 0; c < near.length; c++) chosen.offer(c, metric() == VectorMetric.DOT ? near[c] : near[c] - coarse.halfSquare(c));
        lock.readLock().lock();
        try {
            var top = TopScores.of(Math.max(k, options.rescored), Math.max(1, rowOf.size()));
            double square = metric() == VectorMetric.COSINE ? 1 : q.square();
            chosen.best((list, _) -> {
                var rows = lists.get(list);
                for (int i = 0; i < sizes[list]; i++) {
                    int row = rows[i];
                    if (!filter.test(ids[row])) continue;
                    float dot = near[list];
                    for (int j = 0, at = row * tables.length; j < tables.length; j++) dot += tables[j][codes[at + j] & 255];
                    top.offer(row, metric().score(dot, square, metric() == VectorMetric.COSINE ? 1 : originals.square(row)));
                }
            });
            var hits = new ArrayList<VectorHit>();
            top.best((row, _) -> hits.add(new VectorHit(ids[row], originals.exact(q, row))));
            return VectorHit.best(k, hits);
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override public List<VectorHit> among(float[] query, int k, long[] ids) {
        var q = originals.query(query.clone(), "the query");
        lock.readLock().lock();
        try {
            return VectorHit.best(k, ids, id -> rowOf.containsKey(id) ? originals.exact(q, rowOf.get(id)) : Double.NaN);
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override public void save(Path path) throws IOException {
        lock.readLock().lock();
        try {
            int d = originals.dimensions, n = 0;
            var kept = new int[rowOf.size()];
            ByteSink head = new ByteSink(), names = new ByteSink(), own = new ByteSink(), code = new ByteSink(), centres = new ByteSink();
            for (int row = 0; row < originals.size(); row++) {
                if (!rowOf.getOrDefault(ids[row], -1).equals(row)) continue;
                kept[n++] = row;
                names.putLong(ids[row]);
                own.putInt(listOf[row]);
                code.put(Arrays.copyOfRange(codes, row * words.length, (row + 1) * words.length));
            }
            for (int value : new int[] {d, metric().ordinal(), n, coarse.rows.length, words.length, words[0].rows.length, options.lists,
                    options.parts, options.probes, options.rescored, options.steps})
                head.putInt(value);
            head.putLong(options.seed);
            put(centres, coarse);
            for (var each : words) put(centres, each);
            var rows = originals.rows(kept);
            var sections = new LinkedHashMap<String, MemorySegment>();
            sections.put("head", head.segment());
            sections.put("ids", names.segment());
            sections.put("lists", own.segment());
            sections.put("codes", code.segment());
            sections.put("centres", centres.segment());
            sections.put("rows", rows[0]);
            sections.put("extra", rows[1]);
            IndexFile.write(path, KIND, sections);
        } finally {
            lock.readLock().unlock();
        }
    }

    private static void put(ByteSink out, Centroids centres) {
        for (var row : centres.rows) for (float v : row) out.putInt(Float.floatToRawIntBits(v));
    }

    private static Centroids read(MemorySegment from, long at, int n, int d) {
        var rows = new float[n][d];
        for (var row : rows) for (int i = 0; i < d; i++, at += 4) row[i] = Float.intBitsToFloat(from.get(IndexFile.INT, at));
        return new Centroids(rows);
    }

    /** Maps the originals of an index that was saved; it can grow. @throws lyceum.FormatException if the file is damaged or another thing */
    public static IvfPq open(Path path) throws IOException {
        var file = IndexFile.read(path, KIND);
        var head = file.section("head", 52);
        var h = new int[11];
        MemorySegment.copy(head, IndexFile.INT, 0, h, 0, 11);
        int d = h[0], n = h[2], lists = h[3], parts = h[4], each = h[5];
        if (d < 1 || d > 1 << 20 || h[1] < 0 || h[1] >= VectorMetric.values().length || n < 0 || lists < 1 || parts < 1 || parts > d
                || each < 1 || each > 256 || Arrays.stream(h, 6, 11).anyMatch(v -> v < 1))
            throw file.malformed("the head is " + Arrays.toString(h));
        MemorySegment ids = file.section("ids", 8L * n), own = file.section("lists", 4L * n),
                codes = file.section("codes", (long) n * parts), centres = file.section("centres", 4L * d * ((long) lists + each));
        int[] cuts = cuts(d, parts);
        var words = new Centroids[parts];
        for (int j = 0; j < parts; j++) words[j] = read(centres, 4L * d * lists + 4L * each * cuts[j], each, cuts[j + 1] - cuts[j]);
        var index = new IvfPq(new Options(h[6], h[7], h[8], h[9], h[10], head.get(IndexFile.LONG, 44)),
                VectorRows.of(file, "", d, VectorMetric.values()[h[1]], VectorEncoding.FLOAT32, n), read(centres, 0, lists, d), words);
        var code = new byte[parts];
        for (int row = 0; row < n; row++) {
            long id = ids.get(IndexFile.LONG, 8L * row);
            int list = own.get(IndexFile.INT, 4L * row);
            if (list < 0 || list >= lists) throw file.malformed("vector " + id + " lies in list " + list + " of " + lists);
            if (index.rowOf.containsKey(id)) throw file.malformed("id " + id + " occurs twice");
            MemorySegment.copy(codes, ValueLayout.JAVA_BYTE, (long) row * parts, code, 0, parts);
            for (byte word : code) if ((word & 255) >= each) throw file.malformed("vector " + id + " has code word " + (word & 255));
            index.take(id, row, list, code);
        }
        return index;
    }
}
