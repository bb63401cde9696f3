package lyceum.models.graph;

import java.util.List;
import lyceum.ShapeException;
import lyceum.nn.Activation;
import lyceum.nn.Dropout;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * Graph layers one after the other, {@code h = activation(layer(dropout(h)))}, the last one without activation if nodes are answered for. With residuals, a layer's
 * input is added to its output where both are as wide. Any layers do: {@link SageLayer}, {@link GinLayer}; {@link Gcn} and {@link Gat} are stacks of theirs.
 *
 * <p>Parameters: {@code layers.0...}, {@code head.weight}, {@code head.bias}.
 */
public class GraphStack extends GraphLayer {
    private final List<GraphLayer> layers;
    private final Layer activation;
    private final double dropout;
    private final boolean residual;
    private final Aggregation readout;
    private final Linear head;

    /** For nodes and edges. */
    public GraphStack(List<? extends GraphLayer> layers, Layer activation, double dropout, boolean residual) {
        this(layers, activation, dropout, residual, null, null);
    }

    /** @param readout of a graph's states, and the head behind it; both null for nodes and edges */
    public GraphStack(List<? extends GraphLayer> layers, Layer activation, double dropout, boolean residual, Aggregation readout,
            Linear head) {
        if (layers.isEmpty()) throw new IllegalArgumentException("GraphStack: no layers; there is one at least");
        if ((readout == null) != (head == null)) throw new IllegalArgumentException("GraphStack: a read-out and a head go together");
        this.layers = List.copyOf(layers);
        this.activation = activation;
        this.dropout = new Dropout(dropout).p();
        this.residual = residual;
        this.readout = readout;
        this.head = head;
    }

    public final List<GraphLayer> layers() { return layers; }

    /** States after the last layer, (nodes, features), whatever is answered for. */
    public final Tensor states(GraphData graph, Tensor x, Pass pass) {
        for (int i = 0; i < layers.size(); i++) {
            var y = layers.get(i).forward(graph, new Dropout(dropout).forward(x, pass), pass);
            if (head != null || i < layers.size() - 1) y = activation.forward(y, pass);
            x = residual && y.shape().equals(x.shape()) ? y.add(x) : y;
        }
        return x;
    }

    /** States of nodes, or with a head the answer for each graph. */
    @Override protected Tensor compute(GraphData graph, Tensor x, Pass pass) {
        var h = states(graph, x, pass);
        return head == null ? h : head.forward(graph.pool(readout, h), pass);
    }

    /** Logits of edges between {@code a[i]} and {@code b[i]}: the products of their states, (pairs). @throws ShapeException if the arrays differ in length */
    public final Tensor links(GraphData graph, Tensor x, int[] a, int[] b, Pass pass) {
        if (a.length != b.length) throw new ShapeException("links: " + a.length + " nodes and " + b.length + "; they are pairs");
        var h = states(graph, x, pass);
        return h.rows(a).mul(h.rows(b)).sum(1);
    }

    /** The classes of nodes or graphs, I64. */
    public final Tensor classes(GraphData graph, Tensor x) { return forward(graph, x).detach().argmax(1); }
}
