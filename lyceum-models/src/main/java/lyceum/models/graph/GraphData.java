package lyceum.models.graph;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.SparseRows;
import lyceum.memory.Scope;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/**
 * A directed graph, or a batch of graphs without an edge between them: nodes 0 to n - 1, and edges by the node that hears. Edges may have weights and
 * features; what the nodes know is a tensor beside it, (nodes, features).
 *
 * {@snippet :
 * var graph = GraphData.undirected(4, new int[] {0, 1, 2}, new int[] {1, 2, 3});
 * Tensor heard = graph.gather(Aggregation.MEAN, h);             // (nodes, features): of each node's neighbours
 * var two = GraphData.batch(List.of(graph, graph));             // 8 nodes; two.pool(Aggregation.SUM, h) is (2, features)
 * }
 *
 * <p>Edges are kept sorted by target, in the given order where targets are equal: {@link #source()}, {@link #target()}, {@link #weights()},
 * {@link #features()} and all that has a row an edge follow that order. Several edges from one node to another are several edges.
 * Sums over neighbours hold nothing of the size edges times features, forwards or backwards. Immutable and safe for threads.
 */
public final class GraphData {
    final int[] source, target;
    private final int nodes, graphs;
    private final int[] order, start, graphOf;
    private final Tensor weights, features;
    private final boolean normalised;
    private final Neighbours.Side in;
    private volatile Neighbours.Side out;
    private volatile Tensor sources, targets;
    private volatile GraphData looped, symmetric, scaled;
    private volatile Single single = Single.NONE;

    /**
     * The weights as a column of F32 where they do not change (null: not asked for, or ones), and each way with them that was gone: kept for the next layer,
     * and the next step.
     *
     * @param version writes to the weights that it knows of
     */
    private record Single(Tensor column, int version, SparseRows in, SparseRows out) {
        static final Single NONE = new Single(null, 0, null, null);

        SparseRows way(boolean back) { return back ? out : in; }

        Single with(boolean back, SparseRows rows) { return new Single(column, version, back ? in : rows, back ? rows : out); }
    }

    private GraphData(int nodes, int[] source, int[] target, int[] order, Tensor weights, Tensor features, int[] graphOf, int graphs,
            boolean normalised) {
        this.nodes = nodes;
        this.source = source;
        this.target = target;
        this.order = order;
        this.weights = weights;
        this.features = features;
        this.graphOf = graphOf;
        this.graphs = graphs;
        this.normalised = normalised;
        start = starts(nodes, target);
        in = new Neighbours.Side(start, null, source);
    }

    /**
     * Edges from {@code source[e]} to {@code target[e]}.
     *
     * @throws ShapeException if the arrays differ in length, or an edge has an end that is no node: it says which
     */
    public static GraphData of(int nodes, int[] source, int[] target) {
        if (nodes < 0) throw new ShapeException("GraphData: " + nodes + " nodes; they are at least 0");
        if (source.length != target.length)
            throw new ShapeException("GraphData: " + source.length + " sources and " + target.length + " targets; edges have one of each");
        for (int e = 0; e < source.length; e++)
            if (source[e] < 0 || source[e] >= nodes || target[e] < 0 || target[e] >= nodes) throw new ShapeException(
                    "GraphData: edge " + e + " goes from " + source[e] + " to " + target[e] + " in a graph of " + nodes + " nodes");
        return sorted(nodes, source, target, null, null, new int[nodes], 1, false);
    }

    /** Edges both ways between {@code a[e]} and {@code b[e]}, those back after all others; a loop once. @see #of */
    public static GraphData undirected(int nodes, int[] a, int[] b) {
        if (a.length != b.length) throw new ShapeException("GraphData: edges between " + a.length + " and " + b.length + " nodes");
        int[] back = IntStream.range(0, a.length).filter(e -> a[e] != b[e]).toArray();
        return of(nodes, joined(a, Arrays.stream(back).map(e -> b[e]).toArray()), joined(b, Arrays.stream(back).map(e -> a[e]).toArray()));
    }

    /** Weights and features in the order of the arrays. */
    private static GraphData sorted(int nodes, int[] source, int[] target, Tensor weights, Tensor features, int[] graphOf, int graphs,
            boolean normalised) {
        int[] next = starts(nodes, target), order = new int[source.length], from = new int[source.length], to = new int[source.length];
        for (int e = 0; e < source.length; e++) {
            int place = next[target[e]]++;
            order[place] = e;
            from[place] = source[e];
            to[place] = target[e];
        }
        var index = Tensor.of(order);
        return new GraphData(nodes, from, to, order, weights == null ? null : weights.indexSelect(0, index),
                features == null ? null : features.indexSelect(0, index), graphOf, graphs, normalised);
    }

    private static int[] starts(int groups, int[] of) {
        var start = new int[groups + 1];
        for (int i : of) start[i + 1]++;
        for (int i = 0; i < groups; i++) start[i + 1] += start[i];
        return start;
    }

    private static int[] joined(int[] a, int[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    /** With a weight for each edge, (edges), in the order in which edges were given; {@link #weights} has them sorted. Gradients reach them. */
    public GraphData withWeights(Tensor given) {
        if (given.rank() != 1 || given.size(0) != edges())
            throw new ShapeException("GraphData.withWeights: " + given.shape() + " for " + edges() + " edges; one number each");
        if (!given.dtype().isFloat()) throw new DTypeException("GraphData.withWeights: weights are " + given.dtype() + ", not floats");
        return new GraphData(nodes, source, target, order, given.indexSelect(0, Tensor.of(order)), features, graphOf, graphs, false);
    }

    /** With features for each edge, (edges, features), in the order in which edges were given. */
    public GraphData withFeatures(Tensor given) {
        if (given.rank() != 2 || given.size(0) != edges())
            throw new ShapeException("GraphData.withFeatures: " + given.shape() + " for " + edges() + " edges; they are (edges, features)");
        return new GraphData(nodes, source, target, order, weights, given.indexSelect(0, Tensor.of(order)), graphOf, graphs, normalised);
    }

    /** Without weights and features. */
    GraphData bare() {
        return weights == null && features == null ? this : new GraphData(nodes, source, target, order, null, null, graphOf, graphs, false);
    }

    /** With features that stand in this graph's order already. */
    GraphData carrying(Tensor sorted) { return new GraphData(nodes, source, target, order, weights, sorted, graphOf, graphs, false); }

    /** Graphs side by side, their nodes and edges one after the other. @throws ShapeException unless all have weights, or features, or none has */
    public static GraphData batch(List<GraphData> parts) {
        if (parts.isEmpty()) throw new ShapeException("GraphData.batch: no graphs; there is one at least");
        int n = parts.stream().mapToInt(g -> g.nodes).sum(), e = parts.stream().mapToInt(GraphData::edges).sum(), node = 0, edge = 0,
                graph = 0;
        int[] source = new int[e], target = new int[e], order = new int[e], graphOf = new int[n];
        for (var g : parts) {
            for (int i = 0; i < g.nodes; i++) graphOf[node + i] = graph + g.graphOf[i];
            for (int i = 0; i < g.edges(); i++) {
                source[edge + i] = node + g.source[i];
                target[edge + i] = node + g.target[i];
                order[edge + i] = edge + g.order[i];
            }
            node += g.nodes;
            edge += g.edges();
            graph += g.graphs;
        }
        return new GraphData(n, source, target, order, together("weights", parts.stream().map(g -> g.weights).toList()),
                together("features", parts.stream().map(g -> g.features).toList()), graphOf, graph,
                parts.stream().allMatch(g -> g.normalised));
    }

    private static Tensor together(String what, List<Tensor> parts) {
        if (parts.stream().allMatch(t -> t == null)) return null;
        if (parts.contains(null)) throw new ShapeException("GraphData.batch: some graphs have " + what + " of edges and some have none");
        return Tensor.concat(0, parts.toArray(Tensor[]::new));
    }

    public int nodes() { return nodes; }

    public int edges() { return source.length; }

    /** Of a batch; 1 otherwise. */
    public int graphs() { return graphs; }

    /** The graph of node i within the batch. */
    public int graphOf(int i) { return graphOf[i]; }

    /** The node that speaks along each edge, I64 (edges). */
    public Tensor source() {
        var known = sources;
        return known != null ? known : kept(() -> Tensor.of(Arrays.stream(source).asLongStream().toArray()), t -> sources = t);
    }

    /** The node that hears along each edge, ascending, I64 (edges). */
    public Tensor target() {
        var known = targets;
        return known != null ? known : kept(() -> Tensor.of(Arrays.stream(target).asLongStream().toArray()), t -> targets = t);
    }

    /** The number that edge e had when the edges were given. */
    public int order(int e) { return order[e]; }

    /** (edges), or null for ones. */
    public Tensor weights() { return weights; }

    /** (edges, features), or null. */
    public Tensor features() { return features; }

    /** Edges that arrive at node i are {@code firstIn(i) .. firstIn(i + 1) - 1}. */
    public int firstIn(int i) { return start[i]; }

    /** How many edges arrive at node i. */
    public int inDegree(int i) { return start[i + 1] - start[i]; }

    /** How many edges leave node i. */
    public int outDegree(int i) { return side(true).start()[i + 1] - side(true).start()[i]; }

    Neighbours.Side side(boolean back) {
        if (!back) return in;
        if (out == null) {
            int[] from = starts(nodes, source), next = from.clone(), edge = new int[source.length], read = new int[source.length];
            for (int e = 0; e < source.length; e++) {
                int place = next[source[e]]++;
                edge[place] = e;
                read[place] = target[e];
            }
            out = new Neighbours.Side(from, edge, read);
        }
        return out;
    }

    /** The sources of a node's incoming edges. */
    public int[] neighbours(int i) { return Arrays.copyOfRange(source, start[i], start[i + 1]); }

    /** All edges turned round. */
    public GraphData reversed() { return sorted(nodes, target, source, weights, features, graphOf, graphs, false); }

    /** The same graph with its nodes renumbered: node i becomes {@code to[i]}. */
    public GraphData renumbered(int... to) {
        var graph = new int[nodes];
        for (int i = 0; i < nodes; i++) graph[to[i]] = graphOf[i];
        return sorted(nodes, Arrays.stream(source).map(i -> to[i]).toArray(), Arrays.stream(target).map(i -> to[i]).toArray(), weights,
                features, graph, graphs, normalised);
    }

    /** The edges chosen, by number, among the nodes chosen, which are numbered anew in that order; a graph of its own. Both ends of an edge must be chosen. */
    public GraphData part(int[] chosen, int[] edges) {
        var number = new int[nodes];
        Arrays.fill(number, -1);
        for (int i = 0; i < chosen.length; i++) number[chosen[i]] = i;
        int[] from = Arrays.stream(edges).map(e -> number[source[e]]).toArray(),
                to = Arrays.stream(edges).map(e -> number[target[e]]).toArray();
        for (int e = 0; e < edges.length; e++)
            if (from[e] < 0 || to[e] < 0) throw new ShapeException("GraphData.part: edge " + edges[e] + " from " + source[edges[e]] + " to "
                    + target[edges[e]] + " leaves the " + chosen.length + " nodes chosen");
        var index = Tensor.of(edges);
        return sorted(chosen.length, from, to, weights == null ? null : weights.indexSelect(0, index),
                features == null ? null : features.indexSelect(0, index), new int[chosen.length], 1, normalised);
    }

    /** What is remembered for later calls outlives the scope of the first one; a run for shapes alone has nothing to remember. */
    private static <T> T kept(Supplier<T> made, Consumer<T> keep) {
        if (ShapesOnly.isRunning()) return made.get();
        try (var outside = Scope.outside()) {
            var found = made.get();
            keep.accept(found);
            return found;
        }
    }

    private boolean isTracked() { return weights != null && weights.isTracked() || features != null && features.isTracked(); }

    /** With an edge of weight 1 from each node to itself where there is none; its features are the mean of those that arrive, 0 if none do. */
    public GraphData withLoops() {
        if (looped != null) return looped;
        return isTracked() ? looped() : kept(this::looped, g -> looped = g);
    }

    private GraphData looped() {
        var has = new boolean[nodes];
        for (int e = 0; e < edges(); e++) if (source[e] == target[e]) has[source[e]] = true;
        int[] bare = IntStream.range(0, nodes).filter(i -> !has[i]).toArray();
        if (bare.length == 0) return this;
        var w = weights == null ? null : Tensor.concat(0, weights, Tensor.ones(weights.dtype(), bare.length)).compute();
        var f = features == null ? null
                : Tensor.concat(0, features, features.segmentMean(target(), nodes).indexSelect(0, Tensor.of(bare))).compute();
        return sorted(nodes, joined(source, bare), joined(target, bare), w, f, graphOf, graphs, false);
    }

    /**
     * With the weights {@code w_uv / sqrt(d_u d_v)} for d the sums of the weights that arrive, a loop among them if asked for: GCN's operator on an
     * undirected graph. Of a graph that is normalised already, itself, so that its parts keep the degrees of the whole. A node where nothing arrives counts 0.
     */
    public GraphData normalised(boolean loops) {
        if (normalised) return this;
        var known = loops ? symmetric : scaled;
        if (known != null) return known;
        if (isTracked()) return scaled(loops);
        return kept(() -> scaled(loops), loops ? g -> symmetric = g : g -> scaled = g);
    }

    private GraphData scaled(boolean loops) {
        var g = loops ? withLoops() : this;
        var w = g.weights == null ? Tensor.ones(DType.F64, g.edges()) : g.weights;
        var degree = w.segmentSum(g.target(), nodes);
        var root = degree.gt(0).where(degree.gt(0).where(degree, degree.onesLike()).rsqrt(), degree.zerosLike());
        var all = w.mul(root.indexSelect(0, g.source())).mul(root.indexSelect(0, g.target())).compute();
        return new GraphData(nodes, g.source, g.target, g.order, all, g.features, graphOf, graphs, true);
    }

    /** What the neighbours of each node say together: of states (nodes, features), (nodes, features). @throws IllegalArgumentException for ATTENTION, which wants scores */
    public Tensor gather(Aggregation how, Tensor h) {
        return switch (how) {
            case SUM -> Neighbours.sum(this, false, column(h), h);
            case MEAN -> gather(Aggregation.SUM, h).div(total(h));
            case MAX -> weights == null ? Neighbours.max(start, source, h) : gatherEdges(how, h.indexSelect(0, source()));
            case ATTENTION -> throw new IllegalArgumentException("GraphData.gather: attention wants scores; use attend(scores, h)");
        };
    }

    /** The same of one message an edge, (edges, features). */
    public Tensor gatherEdges(Aggregation how, Tensor messages) {
        var m = weights == null ? messages : messages.mul(column(messages));
        return switch (how) {
            case SUM -> m.segmentSum(target(), nodes);
            case MEAN -> m.segmentSum(target(), nodes).div(total(m));
            case MAX -> Neighbours.max(start, IntStream.range(0, edges()).toArray(), m);
            case ATTENTION -> throw new IllegalArgumentException("GraphData.gatherEdges: attention wants scores; use attendEdges");
        };
    }

    /** {@code sum of a_e h_u} with weights a (edges, heads) instead of this graph's: h (nodes, heads d) in heads one after the other. */
    public Tensor attend(Tensor a, Tensor h) { return Neighbours.sum(this, false, a, h); }

    /** The products of {@code a} at an edge's target with {@code b} at its source, head by head: (edges, heads). */
    public Tensor products(Tensor a, Tensor b, int heads) { return Neighbours.dots(this, a, b, heads); }

    /** Scores (edges, heads) as shares: of the edges that arrive at one node they sum to 1. */
    public Tensor softmax(Tensor scores) { return edges() == 0 ? scores : Neighbours.shares(this, scores); }

    /** One vector a graph of the batch, (graphs, features). @throws IllegalArgumentException for ATTENTION */
    public Tensor pool(Aggregation how, Tensor h) {
        var index = Tensor.of(graphOf);
        return switch (how) {
            case SUM -> h.segmentSum(index, graphs);
            case MEAN -> h.segmentMean(index, graphs);
            case MAX -> Neighbours.max(starts(graphs, graphOf), byGraph(), h);
            case ATTENTION -> throw new IllegalArgumentException("GraphData.pool: attention has scores; weigh the nodes yourself");
        };
    }

    /** Nodes of graph 0, of graph 1, ... */
    private int[] byGraph() {
        int[] next = starts(graphs, graphOf), found = new int[nodes];
        for (int i = 0; i < nodes; i++) found[next[graphOf[i]]++] = i;
        return found;
    }

    private Tensor column(Tensor like) {
        if (weights == null) return null;
        if (like.dtype() != DType.F32 || weights.isTracked() || Tracing.on() || ShapesOnly.isRunning())
            return weights.to(like.dtype()).unsqueeze(1);
        synchronized (start) {
            int now = weights.view().storage().version();
            if (single.column == null || single.version != now)
                kept(() -> weights.detach().to(DType.F32).copy().unsqueeze(1).compute(), c -> single = new Single(c, now, null, null));
            return single.column;
        }
    }

    /** The operator of a sum by one weight an edge: w (edges, 1), or null for ones. */
    SparseRows rows(boolean back, Tensor w, DType type) {
        var own = single;
        boolean isOwn = w == null ? weights == null && type == DType.F32
                : own.column != null && w.view().storage() == own.column.view().storage();
        if (!isOwn) return side(back).rows(w, type);
        if (own.way(back) != null) return own.way(back);
        return kept(() -> side(back).rows(w, type), rows -> {
            synchronized (start) {
                if (single.column == own.column) single = single.with(back, rows); // and not beside weights that were written since
            }
        });
    }

    /** Sums of weights that arrive; 1 where that is 0. */
    private Tensor total(Tensor like) {
        var w = weights == null ? Tensor.ones(like.dtype(), edges()) : weights.to(like.dtype());
        var sum = w.segmentSum(target(), nodes).unsqueeze(1);
        return sum.eq(0).where(sum.onesLike(), sum);
    }

    @Override public String toString() {
        return "GraphData(" + nodes + " nodes, " + edges() + " edges, " + graphs + (graphs == 1 ? " graph)" : " graphs)");
    }
}
