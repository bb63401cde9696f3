package lyceum.retrieval;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongPredicate;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.memory.Storage;
import lyceum.tensor.Tensor;
import lyceum.text.internal.TopScores;

/**
 * Every vector is compared with the query: the nearest are the nearest.
 *
 * {@snippet :
 * var index = new FlatIndex(3, VectorMetric.COSINE);
 * index.add(7, new float[] {1, 0, 0});
 * index.add(8, new float[] {1, 1, 0});
 * index.search(new float[] {0, 1, 0}, 1);                                // 8, with the score 0.7071
 * }
 *
 * <p>Vectors in FLOAT32 are ranked as by sums in double precision, ties by id: a fast pass in single precision keeps all that its rounding error could have
 * moved out of the top, and those are scored again. Other encodings are smaller and rank nearly so; with {@code rescored} the originals are kept too, and the
 * best that many by the small ones are scored again by them. Any thread may call any method.
 *
 * @see <a href="https://doi.org/10.1109/TPAMI.2010.57">Jegou, Douze and Schmid (2011)</a>
 */
public final class FlatIndex implements VectorIndex {
    private static final String KIND = "flat";
    /** Rows that are compared in one call. */
    private static final int BATCH = 64;

    private final int dimensions, rescored;
    private final VectorRows store, originals;
    private final NodeIds ids = new NodeIds();
    private boolean[] live = new boolean[16];
    private double longest;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    public FlatIndex(int dimensions, VectorMetric metric) { this(dimensions, metric, VectorEncoding.FLOAT32, 0); }

    /** @param rescored how many of the best by {@code encoding} are scored again by their originals; 0 for none, and then originals are not kept */
    public FlatIndex(int dimensions, VectorMetric metric, VectorEncoding encoding, int rescored) {
        this(new VectorRows(dimensions, metric, encoding),
                rescored == 0 || encoding == VectorEncoding.FLOAT32 ? null : new VectorRows(dimensions, metric, VectorEncoding.FLOAT32),
                rescored);
    }

    private FlatIndex(VectorRows store, VectorRows originals, int rescored) {
        if (rescored < 0) throw new IllegalArgumentException("FlatIndex: rescored is " + rescored + "; it is at least 0");
        this.dimensions = store.dimensions;
        this.rescored = rescored;
        this.store = store;
        this.originals = originals;
    }

    @Override public int dimensions() { return dimensions; }

    @Override public VectorMetric metric() { return store.metric; }

    public VectorEncoding encoding() { return store.encoding; }

    @Override public int size() {
        lock.readLock().lock();
        try {
            return ids.size();
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override public void add(long id, float[] vector) {
        var query = store.query(vector.clone(), "vector " + id);
        lock.writeLock().lock();
        try {
            if (ids.node(id) >= 0) throw new IllegalArgumentException("FlatIndex: vector " + id + " is in the index; remove it first");
            int row = store.add(query);
            if (originals != null) originals.add(originals.query(vector, "vector " + id));
            take(id, row);
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void take(long id, int row) {
        if (row == live.length) live = Arrays.copyOf(live, 2 * row);
        live[row] = true;
        ids.add(id);
        longest = Math.max(longest, Math.sqrt(store.square(row)));
    }

    /** False if there is none of this id. Its room is free after the next {@link #save}. */
    @Override public boolean remove(long id) {
        lock.writeLock().lock();
        try {
            int row = ids.remove(id);
            if (row >= 0) live[row] = false;
            return row >= 0;
        } finally {
            lock.writeLock().unlock();
        }
    }

    boolean has(long id) {
        lock.readLock().lock();
        try {
            return ids.node(id) >= 0;
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The original where it is kept, else the vector as its encoding has it. */
    @Override public Optional<float[]> get(long id) {
        lock.readLock().lock();
        try {
            int row = ids.node(id);
            return row < 0 ? Optional.empty() : Optional.of((originals != null ? originals : store).query(row).values());
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override public List<VectorHit> among(float[] query, int k, long[] wanted) {
        var all = originals != null ? originals : store;
        var q = all.query(query.clone(), "the query");
        lock.readLock().lock();
        try {
            return VectorHit.best(k, wanted, id -> ids.node(id) >= 0 ? all.exact(q, ids.node(id)) : Double.NaN);
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override public List<VectorHit> search(float[] query, int k, LongPredicate filter) {
        if (k < 1) throw new IllegalArgumentException("search: k is " + k + "; it is at least 1");
        var q = store.query(query.clone(), "the query");
        lock.readLock().lock();
        try {
            int n = store.size();
            double[] scores = scores(q, n);
            var top = TopScores.of(originals != null ? Math.max(k, rescored) : k, n);
            var taken = new BitSet();
            for (int row = 0; row < n; row++) {
                if (!live[row]) scores[row] = Double.NaN;
                if (!(scores[row] > top.threshold())) continue;
                if (filter.test(ids.id(row))) {
                    taken.set(row);
                    top.offer(row, scores[row]);
                } else {
                    scores[row] = Double.NaN;
                }
            }
            var second = originals != null ? originals : store;
            var exactQuery = originals != null ? originals.query(query, "the query") : q;
            double least = top.worst() - store.margin(q, longest);
            var hits = new ArrayList<VectorHit>();
            for (int row = 0; row < n; row++)
                if (scores[row] >= least && (taken.get(row) || filter.test(ids.id(row))))
                    hits.add(new VectorHit(ids.id(row), second.exact(exactQuery, row)));
            return VectorHit.best(k, hits);
        } finally {
            lock.readLock().unlock();
        }
    }

    private double[] scores(VectorRows.Query q, int n) {
        var scores = new double[n];
        if (store.encoding != VectorEncoding.FLOAT32) {
            Parallel.range(n, 1024, dimensions, (from, to) -> {
                var some = new RowScores(store, BATCH);
                var rows = new int[BATCH];
                var found = new double[BATCH];
                some.of(q);
                for (int start = (int) from; start < to; start += BATCH) {
                    int count = (int) Math.min(BATCH, to - start);
                    for (int i = 0; i < count; i++) rows[i] = start + i;
                    some.of(rows, 0, count, found);
                    System.arraycopy(found, 0, scores, start, count);
                }
            });
            return scores;
        }
        var right = Tensor.of(q.values()).reshape(dimensions, 1);
        for (int from = 0; from < n; from += VectorRows.CHUNK) {
            int rows = Math.min(VectorRows.CHUNK, n - from);
            float[] dots = Tensor.on(Storage.wrap(store.chunk(from / VectorRows.CHUNK)), 0, DType.F32, rows, dimensions).matmul(right)
                    .toFloatArray();
            for (int i = 0; i < rows; i++) scores[from + i] = store.metric.score(dots[i], q.square(), store.square(from + i));
        }
        return scores;
    }

    /** Writes the vectors that are not removed, in the order of adding. */
    @Override public void save(Path path) throws IOException {
        lock.readLock().lock();
        try {
            var kept = new int[ids.size()];
            int n = 0;
            var head = new ByteSink();
            for (int value : new int[] {dimensions, store.metric.ordinal(), store.encoding.ordinal(), rescored, kept.length})
                head.putInt(value);
            var names = new ByteSink();
            for (int row = 0; row < store.size(); row++) {
                if (!live[row]) continue;
                kept[n++] = row;
                names.putLong(ids.id(row));
            }
            var sections = new LinkedHashMap<String, MemorySegment>();
            sections.put("head", head.segment());
            sections.put("ids", names.segment());
            var rows = store.rows(kept);
            sections.put("rows", rows[0]);
            sections.put("extra", rows[1]);
            if (originals != null) {
                rows = originals.rows(kept);
                sections.put("rows32", rows[0]);
                sections.put("extra32", rows[1]);
            }
            IndexFile.write(path, KIND, sections);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Maps an index that was saved; it can grow, in memory. @throws lyceum.FormatException if the file is damaged or another thing */
    public static FlatIndex open(Path path) throws IOException {
        var file = IndexFile.read(path, KIND);
        var head = file.section("head", 20);
        int[] values = new int[5];
        MemorySegment.copy(head, IndexFile.INT, 0, values, 0, 5);
        int size = values[4], dimensions = values[0];
        if (dimensions < 1 || dimensions > 1 << 20 || size < 0 || values[3] < 0 || values[1] < 0
                || values[1] >= VectorMetric.values().length || values[2] < 0 || values[2] >= VectorEncoding.values().length)
            throw file.malformed("the head is " + Arrays.toString(values));
        var metric = VectorMetric.values()[values[1]];
        var encoding = VectorEncoding.values()[values[2]];
        var names = file.section("ids", 8L * size);
        var store = VectorRows.of(file, "", dimensions, metric, encoding, size);
        var originals = values[3] == 0 || encoding == VectorEncoding.FLOAT32 ? null
                : VectorRows.of(file, "32", dimensions, metric, VectorEncoding.FLOAT32, size);
        var index = new FlatIndex(store, originals, values[3]);
        for (int row = 0; row < size; row++) {
            long id = names.get(IndexFile.LONG, 8L * row);
            if (index.ids.node(id) >= 0) throw file.malformed("id " + id + " occurs twice");
            index.take(id, row);
        }
        return index;
    }
}
