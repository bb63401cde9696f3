package lyceum.models.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.nn.Activation;
import lyceum.nn.Dropout;
import lyceum.nn.FeedForward;
import lyceum.nn.Init;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Attention over the nodes of a graph, every one to every other of the same graph, which learns of the edges by encodings: eigenvectors and walks join the
 * features, degrees the states, and the score of j for i gets {@code b[hops(i, j)]} and the mean of {@code w_k e_k} over the edges e_k of a shortest path; of several shortest
 * paths the mean, since a choice among them would hang on the numbers of the nodes. A layer is
 * {@code h += attention(norm(h)) [+ GIN(norm(h))]; h += perceptron(norm(h))}.
 *
 * {@snippet :
 * var model = GraphTransformer.create(GraphTransformerConfig.gps(features, 64, 4, 3, classes, 0).withTask(GraphTask.GRAPH), Rng.of(1));
 * Tensor logits = model.forward(GraphData.batch(graphs), x, GraphPositions.batch(positions), pass);
 * }
 *
 * <p>Graphs of a batch do not see each other. Cost: graphs times the square of the largest one's nodes.
 *
 * @see <a href="https://arxiv.org/abs/2106.05234">Ying et al. (2021), Graphormer</a>
 * @see <a href="https://arxiv.org/abs/2205.12454">Rampášek et al. (2022), GPS</a>
 */
public final class GraphTransformer extends Module {
    private final GraphTransformerConfig config;
    private final Linear input, edges, head;
    private final Tensor hops, path, in_degree, out_degree;
    private final List<Block> layers;
    private final LayerNorm norm;

    private static final class Block extends Module {
        private final LayerNorm norm1, norm2;
        private final Linear qkv, out;
        private final GinLayer local;
        private final FeedForward mlp;

        Block(GraphTransformerConfig c, Rng rng) {
            norm1 = new LayerNorm(1e-5, c.dtype(), c.width());
            norm2 = new LayerNorm(1e-5, c.dtype(), c.width());
            qkv = linear(c.width(), 3 * c.width(), c, rng);
            out = linear(c.width(), c.width(), c, rng);
            local = c.local() ? new GinLayer(c.width(), c.width(), c.dtype(), rng) : null;
            mlp = new FeedForward(c.width(), 2 * c.width(), Activation.GELU, true, c.dropout(), c.dtype(), rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            throw new IllegalStateException("GraphTransformer: a block has more inputs than one");
        }
    }

    private GraphTransformer(GraphTransformerConfig c, Rng rng) {
        config = c;
        input = linear(c.inputs() + c.eigenvectors() + c.walks(), c.width(), c, rng);
        edges = c.features() > 0 && c.local() ? linear(c.features(), c.width(), c, rng) : null;
        hops = c.hops() == 0 ? null : table(c.hops() + 3, c.heads(), c, rng);
        path = c.hops() == 0 || c.features() == 0 ? null : table(c.hops() * c.heads(), c.features(), c, rng);
        in_degree = c.degrees() == 0 ? null : table(c.degrees() + 1, c.width(), c, rng);
        out_degree = c.degrees() == 0 ? null : table(c.degrees() + 1, c.width(), c, rng);
        layers = IntStream.range(0, c.layers()).mapToObj(i -> new Block(c, rng)).toList();
        norm = new LayerNorm(1e-5, c.dtype(), c.width());
        head = linear(c.width(), c.outputs(), c, rng);
    }

    private static Linear linear(int inputs, int outputs, GraphTransformerConfig c, Rng rng) {
        return new Linear(inputs, outputs, true, c.dtype(), Init.glorotUniform(), rng);
    }

    private static Tensor table(int rows, int columns, GraphTransformerConfig c, Rng rng) {
        return Init.normal(0.02).sample(rng, c.dtype(), rows, columns).compute().requiresGrad();
    }

    public static GraphTransformer create(GraphTransformerConfig config, Rng rng) { return new GraphTransformer(config, rng); }

    public GraphTransformerConfig config() { return config; }

    /** As {@link #forward(GraphData, Tensor, GraphPositions, Pass)} with positions computed here, for one graph. */
    public Tensor forward(GraphData graph, Tensor x) { return forward(graph, x, positions(graph), Pass.inference()); }

    /** The positions of one graph that this network reads. */
    public GraphPositions positions(GraphData graph) { return GraphPositions.of(graph, config.eigenvectors(), config.walks()); }

    /**
     * Rows of nodes, or of graphs, (.., outputs).
     *
     * @param x (nodes, inputs)
     * @throws ShapeException if x, positions or features of edges do not fit graph and config
     */
    public Tensor forward(GraphData graph, Tensor x, GraphPositions positions, Pass pass) {
        var h = states(graph, x, positions, pass);
        return emit(x, head.forward(config.task() == GraphTask.GRAPH ? graph.pool(config.readout(), h) : h, pass), pass);
    }

    /** Logits of edges between {@code a[i]} and {@code b[i]}: the products of what the nodes have as outputs. */
    public Tensor links(GraphData graph, Tensor x, GraphPositions positions, int[] a, int[] b, Pass pass) {
        var y = head.forward(states(graph, x, positions, pass), pass);
        return y.rows(a).mul(y.rows(b)).sum(1);
    }

    private Tensor states(GraphData graph, Tensor x, GraphPositions positions, Pass pass) {
        check(graph, x, positions);
        var dense = new Dense(graph, positions);
        var h = begin(graph, x, positions, pass);
        var bias = bias(graph, dense);
        for (var layer : layers) h = next(layer, graph, dense, bias, h, pass);
        return norm.forward(h, pass);
    }

    /** Where the nodes of a layer look, (graphs, heads, most nodes, most nodes): rows look at columns. Predicting. */
    public Tensor attention(GraphData graph, Tensor x, GraphPositions positions, int layer) {
        check(graph, x, positions);
        var dense = new Dense(graph, positions);
        var h = begin(graph, x, positions, Pass.inference());
        var bias = bias(graph, dense);
        for (int i = 0; i < layer; i++) h = next(layers.get(i), graph, dense, bias, h, Pass.inference());
        return shares(dense, parts(layers.get(layer), dense, layers.get(layer).norm1.forward(h, Pass.inference()), Pass.inference()), bias)
                .detach();
    }

    private void check(GraphData graph, Tensor x, GraphPositions positions) {
        if (x.rank() != 2 || x.size(0) != graph.nodes() || x.size(1) != config.inputs()) throw new ShapeException(
                "GraphTransformer: features " + x.shape() + " for " + graph.nodes() + " nodes of " + config.inputs() + " inputs");
        if (positions.nodes() != graph.nodes() || positions.graphs() != graph.graphs()) throw new ShapeException(
                "GraphTransformer: positions of " + positions.nodes() + " nodes in " + positions.graphs() + " graphs for " + graph);
        if (positions.eigenvectors().size(1) != config.eigenvectors() || positions.walks().size(1) != config.walks())
            throw new ShapeException("GraphTransformer: positions have " + positions.eigenvectors().size(1) + " eigenvectors and "
                    + positions.walks().size(1) + " walks, the network wants " + config.eigenvectors() + " and " + config.walks());
        if (config.features() > 0 && (graph.features() == null || graph.features().size(1) != config.features()))
            throw new ShapeException("GraphTransformer: edges have no " + config.features() + " features; see GraphData.withFeatures");
    }

    private Tensor begin(GraphData graph, Tensor x, GraphPositions positions, Pass pass) {
        var type = config.dtype();
        var all = new ArrayList<>(List.of(x.to(type)));
        if (config.eigenvectors() > 0) all.add((pass.isTraining() ? positions.flipped(pass.rng()) : positions.eigenvectors()).to(type));
        if (config.walks() > 0) all.add(positions.walks().to(type));
        var h = input.forward(Tensor.concat(1, all.toArray(Tensor[]::new)), pass);
        if (in_degree == null) return h;
        int most = config.degrees();
        int[] in = IntStream.range(0, graph.nodes()).map(i -> Math.min(most, graph.inDegree(i))).toArray();
        int[] out = IntStream.range(0, graph.nodes()).map(i -> Math.min(most, graph.outDegree(i))).toArray();
        return h.add(in_degree.rows(in)).add(out_degree.rows(out));
    }

    private Tensor next(Block b, GraphData graph, Dense dense, Tensor bias, Tensor h, Pass pass) {
        var dropout = new Dropout(config.dropout());
        var z = b.norm1.forward(h, pass);
        var qkv = parts(b, dense, z, pass);
        int width = config.width();
        var mixed = shares(dense, qkv, bias).matmul(qkv[2]).transpose(1, 2).reshape(dense.graphs * (long) dense.most, width);
        var y = h.add(dropout.forward(b.out.forward(mixed.indexSelect(0, dense.slots), pass), pass));
        if (b.local != null) {
            var g = edges == null ? graph.bare() : graph.bare().carrying(edges.forward(graph.features(), pass));
            y = y.add(dropout.forward(b.local.forward(g, z, pass), pass));
        }
        return y.add(dropout.forward(b.mlp.forward(b.norm2.forward(y, pass), pass), pass));
    }

    /** Queries, keys, values: (graphs, heads, most, d). */
    private Tensor[] parts(Block b, Dense dense, Tensor z, Pass pass) {
        int width = config.width(), heads = config.heads();
        var flat = b.qkv.forward(z, pass);
        var padded = Tensor.zeros(flat.dtype(), dense.graphs * (long) dense.most, 3 * width).indexAdd(0, dense.slots, flat);
        return padded.reshape(dense.graphs, dense.most, 3 * heads, width / heads).transpose(1, 2).chunk(1, 3);
    }

    private Tensor shares(Dense dense, Tensor[] qkv, Tensor bias) {
        var scores = qkv[0].matmul(qkv[1].transpose(2, 3)).mul(1 / Math.sqrt(qkv[0].size(3)));
        if (bias != null) scores = scores.add(bias);
        // An empty place looks at itself, so that its softmax is one; nobody reads it.
        return scores.maskedFill(dense.hidden, -1e30).softmax(3);
    }

    /** (graphs, heads, most, most), or null. */
    private Tensor bias(GraphData graph, Dense dense) {
        if (hops == null) return null;
        long cells = dense.graphs * (long) dense.most * dense.most;
        var b = hops.indexSelect(0, Tensor.of(dense.bucket(config.hops())));
        if (path != null && graph.edges() > 0) {
            var steps = dense.steps(config.hops());
            var each = graph.features().to(config.dtype()).matmul(path.transpose()).reshape(graph.edges() * (long) config.hops(),
                    config.heads());
            b = b.add(each.indexSelect(0, Tensor.of(steps.row())).mul(Tensor.of(steps.share()).to(config.dtype()).unsqueeze(1))
                    .segmentSum(Tensor.of(steps.cell()), cells));
        }
        return b.reshape(dense.graphs, dense.most, dense.most, config.heads()).permute(0, 3, 1, 2);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new IllegalStateException("GraphTransformer: there is no graph; use forward(graph, x, positions, pass)");
    }

    /** Graphs as rows of one length. */
    private static final class Dense {
        final int graphs, most;
        final Tensor slots, hidden;
        final List<GraphPositions.Paths> paths;

        /** For pair {@code cell} an edge and its step, as a {@code row}, and the weight of its product. */
        record Steps(long[] cell, long[] row, double[] share) {}

        Dense(GraphData graph, GraphPositions positions) {
            paths = positions.paths();
            graphs = graph.graphs();
            most = paths.stream().mapToInt(GraphPositions.Paths::n).max().orElse(0);
            var slot = new long[graph.nodes()];
            var hide = new boolean[graphs * most * most];
            int at = 0;
            for (int g = 0; g < graphs; g++) {
                int n = paths.get(g).n();
                for (int i = 0; i < n; i++) {
                    if (graph.graphOf(at) != g) throw new ShapeException("GraphTransformer: positions are of other graphs: node " + at
                            + " belongs to graph " + graph.graphOf(at) + ", positions say " + g);
                    slot[at++] = (long) g * most + i;
                }
                for (int i = 0; i < most; i++) for (int j = 0; j < most; j++) hide[(g * most + i) * most + j] = i < n ? j >= n : j != i;
            }
            slots = Tensor.of(slot);
            hidden = Tensor.of(hide).reshape(graphs, 1, most, most);
        }

        /** 0 to most: hops; then what is farther, what is out of reach, and 0 for empty places. */
        long[] bucket(int far) {
            var found = new long[graphs * most * most];
            for (int g = 0; g < graphs; g++) {
                var p = paths.get(g);
                for (int i = 0; i < p.n(); i++) for (int j = 0; j < p.n(); j++) {
                    int hops = p.hops(i, j);
                    found[(g * most + i) * most + j] = hops < 0 ? far + 2 : Math.min(hops, far + 1);
                }
            }
            return found;
        }

        Steps steps(int far) {
            long[] cell = new long[64], row = new long[64];
            var share = new double[64];
            int n = 0, firstEdge = 0;
            for (int g = 0; g < graphs; g++) {
                var p = paths.get(g);
                for (int i = 0; i < p.n(); i++) for (int j = 0; j < p.n(); j++) for (int e = 0; e < p.source().length; e++) {
                    double part = p.share(i, j, e);
                    int step = p.hops(i, p.source()[e]);
                    if (part == 0 || step >= far) continue;
                    if (n == cell.length) {
                        cell = Arrays.copyOf(cell, 2 * n);
                        row = Arrays.copyOf(row, 2 * n);
                        share = Arrays.copyOf(share, 2 * n);
                    }
                    cell[n] = (long) (g * most + i) * most + j;
                    row[n] = (long) (firstEdge + e) * far + step;
                    share[n++] = part / Math.min(far, p.hops(i, j));
                }
                firstEdge += p.source().length;
            }
            return new Steps(Arrays.copyOf(cell, n), Arrays.copyOf(row, n), Arrays.copyOf(share, n));
        }
    }
}
