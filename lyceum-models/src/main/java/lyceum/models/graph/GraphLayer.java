package lyceum.models.graph;

import lyceum.ShapeException;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** A module whose value depends on a graph beside the states of its nodes, (nodes, features). */
public abstract class GraphLayer extends Module {

    /** The value of states h (nodes, features). @throws ShapeException if there is not one row a node */
    public final Tensor forward(GraphData graph, Tensor h, Pass pass) {
        if (h.rank() != 2 || h.size(0) != graph.nodes()) throw new ShapeException(getClass().getSimpleName() + ": states " + h.shape()
                + " for a graph of " + graph.nodes() + " nodes; they are (nodes, features)");
        return emit(h, compute(graph, h, pass), pass);
    }

    /** Predicting. */
    public final Tensor forward(GraphData graph, Tensor h) { return forward(graph, h, Pass.inference()); }

    /** This layer on one graph, for what takes a layer of one input. */
    public final Layer on(GraphData graph) { return (h, pass) -> forward(graph, h, pass); }

    protected abstract Tensor compute(GraphData graph, Tensor h, Pass pass);

    @Override protected final Tensor compute(Tensor h, Pass pass) {
        throw new IllegalStateException(getClass().getSimpleName() + ": there is no graph; use forward(graph, h, pass), or on(graph)");
    }
}
