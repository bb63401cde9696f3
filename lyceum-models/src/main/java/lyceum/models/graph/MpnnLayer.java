package lyceum.models.graph;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.GruCell;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The message passing network of quantum chemistry: along an edge of features e goes {@code A(e) h_u}, A a network that gives a matrix, and a GRU takes the pooled
 * messages as its input: {@code h_v' = GRU(heard, h_v)}. States keep their width; one layer may be used for several rounds, as in the paper.
 *
 * @see <a href="https://arxiv.org/abs/1704.01212">Gilmer et al. (2017), section 5</a>
 */
public final class MpnnLayer extends MessagePassing {
    private final Mlp edge;
    private final GruCell cell;
    private final int width;

    /** @param width of the states @param features of an edge @param hidden units of the edge network, 0 for a linear one */
    public MpnnLayer(int width, int features, int hidden, Aggregation aggregation, DType dtype, Rng rng) {
        super(aggregation);
        this.width = width;
        var config = hidden == 0 ? MlpConfig.regressor(features, width * width) : MlpConfig.regressor(features, width * width, hidden);
        edge = new Mlp(config.withDtype(dtype), rng);
        cell = new GruCell(width, width, true, true, dtype, rng);
    }

    @Override protected Tensor messages(GraphData graph, Tensor h, Pass pass) {
        if (graph.features() == null) throw new ShapeException("MpnnLayer: the graph's edges have no features; see GraphData.withFeatures");
        if (h.size(1) != width) throw new ShapeException("MpnnLayer: states " + h.shape() + "; they are (nodes, " + width + ")");
        var matrices = edge.forward(graph.features(), pass).reshape(graph.edges(), width, width);
        return matrices.matmul(h.indexSelect(0, graph.source()).unsqueeze(2)).squeeze(2);
    }

    @Override protected Tensor update(Tensor h, Tensor heard, Pass pass) {
        return cell.step(heard, RecurrentState.of("h", h), pass).get("h");
    }
}
