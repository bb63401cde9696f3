package lyceum.models.graph;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A graph convolutional network: layers {@code H' = relu(S H W)} whose operator S averages, about, a node with its neighbours.
 *
 * {@snippet :
 * var gcn = Gcn.create(new GcnConfig(features, 16, classes), Rng.of(1));
 * BatchLoss loss = (rows, pass) -> Loss.crossEntropy(gcn.forward(graph, x, pass).rows(rows), labels.rows(rows));
 * new Trainer(new Adam(0.01), 200).withBatchSize(labelled).start(gcn, labelled, loss, null, Rng.of(2)).finish(Progress.SILENT);
 * gcn.classes(graph, x);
 * }
 *
 * <p>Two or three layers are usual: {@link #energy} tells how far deeper ones have smoothed everything away. Parameters: {@code layers.0.lin.weight},
 * {@code layers.0.bias}, ..., for graphs {@code head.weight}, {@code head.bias}.
 *
 * @see <a href="https://arxiv.org/abs/1609.02907">Kipf and Welling (2017)</a>
 */
public final class Gcn extends GraphStack {
    private final GcnConfig config;

    private Gcn(GcnConfig config, Rng rng) {
        super(IntStream.range(0, config.layers())
                .mapToObj(i -> new GcnLayer(config.inputs(i), config.outputs(i), config.propagation(), true, config.dtype(), rng)).toList(),
                config.activation(), config.dropout(), config.residual(), config.task() == GraphTask.GRAPH ? config.readout() : null,
                head(config, rng));
        this.config = config;
    }

    private static Linear head(GcnConfig c, Rng rng) {
        return c.task() != GraphTask.GRAPH ? null : new Linear(c.hidden(), c.outputs(), true, c.dtype(), Init.glorotUniform(), rng);
    }

    public static Gcn create(GcnConfig config, Rng rng) { return new Gcn(config, rng); }

    public GcnConfig config() { return config; }

    /**
     * The degree-normalised Dirichlet energy of states, {@code 1/2 sum over edges u -> v, loops added, of w_uv |h_u / sqrt(d_u) - h_v / sqrt(d_v)|^2}: 0 where
     * nothing but the degree is left to tell nodes apart. {@code tr H' (I - S) H} on an undirected graph.
     */
    public static double energy(GraphData graph, Tensor h) {
        var g = graph.withLoops();
        var x = h.detach().to(DType.F64);
        var w = g.weights() == null ? Tensor.ones(DType.F64, g.edges()) : g.weights().detach().to(DType.F64);
        var degree = w.segmentSum(g.target(), g.nodes());
        var scaled = x.div(degree.sqrt().unsqueeze(1));
        var gap = scaled.indexSelect(0, g.source()).sub(scaled.indexSelect(0, g.target())).square().sum(1);
        return gap.mul(w).sum().item() / 2;
    }
}
