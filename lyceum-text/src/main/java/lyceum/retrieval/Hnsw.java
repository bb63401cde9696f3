package lyceum.retrieval;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;
import lyceum.random.Rng;

/**
 * Nearest neighbours by walking a graph: long steps on thin upper layers, short ones on the layer that holds all.
 *
 * {@snippet :
 * var index = new Hnsw(3, VectorMetric.COSINE);
 * index.add(7, new float[] {1, 0, 0});
 * index.add(8, new float[] {1, 1, 0});
 * index.search(new float[] {0, 1, 0}, 1, 100);                           // 8, with the score 0.7071
 * }
 *
 * <p>A node's top layer is {@code floor(-ln U / ln M)}. It is linked on each of its layers to at most M of the nearest that were found, each of them nearer to it
 * than to every one taken before (the heuristic of the paper, with leftover places filled by the nearest); a list holds at most M, 2M on layer 0. A search
 * keeps the {@code ef} best on layer 0; with {@code ef} of all vectors it is exact, since links of a tree through all nodes are never pruned.
 *
 * <p>Removed vectors are found no more and stay as stepping stones; {@link #compacted} makes a graph without them. Answers of FLOAT32 have scores in double
 * precision; a graph of INT8 is walked by the codes of the query too, and its answers have scores of the query itself. Any thread may call any method at any
 * time; a graph that several threads fill depends on who came first, one that a single thread fills is the same each time.
 *
 * @see <a href="https://arxiv.org/abs/1603.09320">Malkov and Yashunin (2020)</a>
 */
public final class Hnsw implements VectorIndex {
    private static final String KIND = "hnsw";

    /**
     * An answer and what it cost.
     *
     * @param hits the nearest first, ties by id
     * @param computations scores that were computed on the way
     */
    public record Found(List<VectorHit> hits, long computations) {
        public Found { hits = List.copyOf(hits); }
    }

    /** Where a search on upper layers stood: a step. */
    public record Step(int layer, long id, double score) {}

    private final int m, efConstruction;
    private final long seed;
    private final VectorRows store;
    private final HnswLinks links;
    private final NodeIds ids = new NodeIds();
    private final ConcurrentLinkedQueue<HnswWalk> walks = new ConcurrentLinkedQueue<>();
    private final Object growing = new Object(), rising = new Object();
    private volatile boolean[] removed = {};
    private volatile int entry = -1;

    /** M 16, efConstruction 100, FLOAT32, seed 0. */
    public Hnsw(int dimensions, VectorMetric metric) { this(dimensions, metric, VectorEncoding.FLOAT32, 16, 100, 0); }

    /**
     * @param m links of a node on upper layers, from 2 to 256; twice as many on layer 0
     * @param efConstruction candidates for the links of a new node, at least {@code m}
     * @param seed of the nodes' layers
     */
    public Hnsw(int dimensions, VectorMetric metric, VectorEncoding encoding, int m, int efConstruction, long seed) {
        this(new VectorRows(dimensions, metric, encoding), m, efConstruction, seed);
    }

    private Hnsw(VectorRows store, int m, int efConstruction, long seed) {
        if (m < 2 || m > 256) throw new IllegalArgumentException("Hnsw: m is " + m + "; it lies from 2 to 256");
        if (efConstruction < m)
            throw new IllegalArgumentException("Hnsw: efConstruction is " + efConstruction + "; it is at least m, " + m);
        this.store = store;
        this.m = m;
        this.efConstruction = efConstruction;
        this.seed = seed;
        links = new HnswLinks(m);
    }

    @Override public int size() { return ids.size(); }

    /** Nodes of the graph, those of removed vectors too. */
    public int nodes() { return ids.nodes(); }

    @Override public int dimensions() { return store.dimensions; }

    @Override public VectorMetric metric() { return store.metric; }

    public VectorEncoding encoding() { return store.encoding; }

    /** The top layer of each node, in the order of adding. */
    public int[] levels() { return IntStream.range(0, nodes()).map(links::level).toArray(); }

    @Override public void add(long id, float[] vector) {
        var query = store.query(vector.clone(), "vector " + id);
        int node, level;
        synchronized (growing) {
            if (ids.node(id) >= 0)
                throw new IllegalArgumentException("Hnsw: vector " + id + " is in the index; remove it first, or update it");
            node = store.add(query);
            level = (int) (-Math.log(Rng.of(seed).split(node).nextDoublePositive()) / Math.log(m));
            links.grow(node, level);
            ids.add(id);
        }
        insert(node, level);
    }

    @Override public boolean remove(long id) {
        synchronized (growing) {
            int node = ids.remove(id);
            if (node >= 0) remove(node);
            return node >= 0;
        }
    }

    private void remove(int node) {
        if (node >= removed.length) removed = Arrays.copyOf(removed, Math.max(ids.nodes(), 2 * removed.length));
        removed[node] = true;
    }

    private boolean isRemoved(int node) {
        var now = removed;
        return node < now.length && now[node];
    }

    /** Puts another vector in the place of the id's; as {@link #add} where there is none. */
    public void update(long id, float[] vector) {
        store.query(vector, "vector " + id);
        remove(id);
        add(id, vector);
    }

    private void insert(int node, int level) {
        int start;
        synchronized (rising) {
            start = entry;
            if (start < 0 || level > links.level(start)) {
                if (start >= 0) link(node, level, start, links.level(start));
                entry = node;
                return;
            }
        }
        link(node, level, start, links.level(start));
    }

    private void link(int node, int level, int from, int top) {
        var walk = walk();
        var q = store.query(node);
        int near = from;
        for (int layer = top; layer > level; layer--) near = walk.nearest(q, near, layer, null);
        var candidates = new Beam.Candidates[Math.min(level, top) + 1];
        for (int layer = candidates.length - 1; layer >= 0; layer--) {
            candidates[layer] = walk.candidates(q, near, layer, efConstruction, node);
            near = candidates[layer].nodes()[0];
        }
        // from the ground up: who finds the node on a layer finds a way down from it
        for (int layer = 0; layer < candidates.length; layer++) walk.connect(node, layer, candidates[layer]);
        walks.add(walk);
    }

    private HnswWalk walk() {
        var walk = walks.poll();
        return walk != null ? walk : new HnswWalk(store, links);
    }

    @Override public Optional<float[]> get(long id) {
        int node = ids.node(id);
        return node < 0 ? Optional.empty() : Optional.of(store.query(node).values());
    }

    /** With an ef of 100, or 2 k where that is more. An ef is no part of an index, and none is saved. */
    @Override public List<VectorHit> search(float[] query, int k, LongPredicate filter) {
        return find(query, k, Math.max(100, 2 * k), filter).hits();
    }

    @Override public List<VectorHit> among(float[] query, int k, long[] wanted) {
        var q = store.query(query.clone(), "the query");
        return VectorHit.best(k, wanted, id -> {
            int node = ids.node(id); // once: another thread may take it out
            return node >= 0 ? store.exact(q, node) : Double.NaN;
        });
    }

    /** The k nearest of all. */
    public List<VectorHit> search(float[] query, int k, int ef) { return find(query, k, ef, _ -> true).hits(); }

    /**
     * The k nearest of those whose ids {@code filter} takes: others are walked through.
     *
     * @param ef candidates that are kept on layer 0, at least {@code k}; more find more
     */
    public Found find(float[] query, int k, int ef, LongPredicate filter) {
        if (k < 1) throw new IllegalArgumentException("search: k is " + k + "; it is at least 1");
        if (ef < k) throw new IllegalArgumentException("search: ef is " + ef + "; it is at least k, " + k);
        var q = store.query(query.clone(), "the query");
        int start = entry;
        if (start < 0) return new Found(List.of(), 0);
        var walk = walk();
        walk.computations = 0;
        for (int layer = links.level(start); layer > 0; layer--) start = walk.nearest(q, start, layer, null);
        var found = walk.found(q, start, Math.min(ef, ids.nodes()), node -> !isRemoved(node) && filter.test(ids.id(node)));
        long computations = walk.computations;
        walks.add(walk);
        return new Found(best(k, q, found), computations);
    }

    /** The first k by exact scores, which only those take that single precision, or a rounded query, may have kept out of them. */
    private List<VectorHit> best(int k, VectorRows.Query q, Beam.Candidates found) {
        int n = found.nodes().length;
        double longest = 0;
        for (int node : found.nodes()) longest = Math.max(longest, store.square(node));
        double least = n < k ? Double.NEGATIVE_INFINITY : found.scores()[k - 1] - store.roughMargin(q, Math.sqrt(longest));
        int likely = 0;
        while (likely < n && found.scores()[likely] >= least) likely++;
        double[] exact = store.exact(q, found.nodes(), likely);
        var hits = new ArrayList<VectorHit>(likely);
        for (int i = 0; i < likely; i++) hits.add(new VectorHit(ids.id(found.nodes()[i]), exact[i]));
        return VectorHit.best(k, hits);
    }

    /** The way of a search through the upper layers, to show. */
    public List<Step> descent(float[] query) {
        var q = store.query(query.clone(), "the query");
        var steps = new ArrayList<Step>();
        int at = entry;
        if (at < 0) return steps;
        var walk = walk();
        for (int layer = links.level(at); layer > 0; layer--) {
            int now = layer;
            at = walk.nearest(q, at, layer, node -> steps.add(new Step(now, ids.id(node), store.score(q, node))));
        }
        walks.add(walk);
        return steps;
    }

    /** A graph of the vectors that are not removed, in the order of their adding. */
    public Hnsw compacted() {
        var fresh = new Hnsw(store.dimensions, store.metric, store.encoding, m, efConstruction, seed);
        int n = ids.nodes();
        for (int node = 0; node < n; node++) if (!isRemoved(node)) fresh.add(ids.id(node), store.query(node).values());
        return fresh;
    }

    @Override public void save(Path path) throws IOException {
        synchronized (growing) {
            int n = ids.nodes();
            ByteSink head = new ByteSink(), names = new ByteSink(), graph = new ByteSink();
            for (int value : new int[] {store.dimensions, store.metric.ordinal(), store.encoding.ordinal(), n, m, efConstruction, entry})
                head.putInt(value);
            head.putLong(seed);
            var into = new int[2 * m];
            for (int node = 0; node < n; node++) {
                names.putLong(ids.id(node));
                graph.putInt(links.level(node) | (isRemoved(node) ? 1 << 30 : 0));
                graph.putInt(links.parent(node));
                for (int layer = 0; layer <= links.level(node); layer++) {
                    int count = links.read(node, layer, into, 0);
                    graph.putInt(count);
                    for (int i = 0; i < count; i++) graph.putInt(into[i]);
                }
            }
            var rows = store.rows(IntStream.range(0, n).toArray());
            var sections = new LinkedHashMap<String, MemorySegment>();
            sections.put("head", head.segment());
            sections.put("ids", names.segment());
            sections.put("graph", graph.segment());
            sections.put("rows", rows[0]);
            sections.put("extra", rows[1]);
            IndexFile.write(path, KIND, sections);
        }
    }

    /** Maps the vectors of an index that was saved, and reads its links; it can grow. @throws lyceum.FormatException if the file is damaged or another thing */
    public static Hnsw open(Path path) throws IOException {
        var file = IndexFile.read(path, KIND);
        var head = file.section("head", 36);
        int[] h = new int[7];
        MemorySegment.copy(head, IndexFile.INT, 0, h, 0, 7);
        int n = h[3], m = h[4];
        if (h[0] < 1 || h[0] > 1 << 20 || h[1] < 0 || h[1] >= VectorMetric.values().length || h[2] < 0
                || h[2] >= VectorEncoding.values().length || n < 0 || m < 2 || m > 256 || h[5] < m || h[6] < -1 || h[6] >= n
                || (h[6] < 0) != (n == 0))
            throw file.malformed("the head is " + Arrays.toString(h));
        var metric = VectorMetric.values()[h[1]];
        var encoding = VectorEncoding.values()[h[2]];
        var names = file.section("ids", 8L * n);
        var index = new Hnsw(VectorRows.of(file, "", h[0], metric, encoding, n), m, h[5], head.get(IndexFile.LONG, 28));
        index.readGraph(file, names, n);
        index.entry = h[6];
        return index;
    }

    /** The ground's links are written as they are read; those of upper layers are held against the layers of the nodes that they lead to when all are known. */
    private void readGraph(IndexFile file, MemorySegment names, int n) {
        var graph = file.section("graph", 12L * n);
        var into = new int[2 * m];
        var high = new ArrayList<long[]>();
        long at = 0;
        for (int node = 0; node < n; node++) {
            if (at + 8 > graph.byteSize()) throw file.malformed("the graph ends at node " + node);
            int flags = graph.get(IndexFile.INT, at), level = flags & ~(1 << 30), parent = graph.get(IndexFile.INT, at + 4);
            if (level < 0 || level > 64 || parent < -1 || parent >= n)
                throw file.malformed("node " + node + " has layer " + level + ", parent " + parent);
            long id = names.get(IndexFile.LONG, 8L * node);
            if (ids.node(id) >= 0) throw file.malformed("id " + id + " occurs twice");
            ids.add(id);
            links.grow(node, level);
            links.parent(node, parent);
            if (flags != level) {
                ids.remove(id);
                remove(node);
            }
            at = readLinks(file, graph, at + 8, node, 0, n, into);
            if (level > 0) high.add(new long[] {node, at});
            for (int layer = 1; layer <= level; layer++) at += 4 + 4L * count(file, graph, at, node, layer);
        }
        for (var each : high) {
            at = each[1];
            int node = (int) each[0];
            for (int layer = 1; layer <= links.level(node); layer++) at = readLinks(file, graph, at, node, layer, n, into);
        }
    }

    private int count(IndexFile file, MemorySegment graph, long at, int node, int layer) {
        int count = at + 4 <= graph.byteSize() ? graph.get(IndexFile.INT, at) : -1;
        if (count < 0 || count > links.most(layer) || at + 4 + 4L * count > graph.byteSize())
            throw file.malformed("node " + node + " has " + count + " links");
        return count;
    }

    /** Gives where they end. */
    private long readLinks(IndexFile file, MemorySegment graph, long at, int node, int layer, int n, int[] into) {
        int count = count(file, graph, at, node, layer);
        MemorySegment.copy(graph, IndexFile.INT, at + 4, into, 0, count);
        for (int i = 0; i < count; i++)
            if (into[i] < 0 || into[i] >= n || layer > 0 && links.level(into[i]) < layer)
                throw file.malformed("node " + node + " has a link to " + into[i]);
        links.write(node, layer, into, count);
        return at + 4 + 4L * count;
    }
}
