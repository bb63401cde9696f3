package lyceum.models.graph;

import java.util.Objects;
import lyceum.ShapeException;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * One round of gossip: every node hears what its neighbours say, pooled without regard to order, and revises its state,
 * {@code h_v' = update(h_v, pool over edges u -> v of message(h_u, h_v, e_uv))}.
 *
 * {@snippet :
 * final class Heat extends MessagePassing {
 *     Heat() { super(Aggregation.MEAN); }
 *     @Override protected Tensor update(Tensor h, Tensor heard, Pass pass) { return h.lerp(heard, 0.1); }
 * }
 * Tensor warmer = new Heat().forward(graph, h);
 * }
 *
 * <p>A layer whose nodes say the same to all who listen overrides {@link #message}: it then costs no memory an edge. One whose message depends on the listener or
 * the edge overrides {@link #messages}, one row an edge. Weights of edges multiply what is said, except under
 * {@link Aggregation#ATTENTION}, whose shares are of the scores alone: a layer that wants them there puts them into its {@link #scores}. After K layers a node has heard of all within K hops.
 *
 * @see <a href="https://arxiv.org/abs/1704.01212">Gilmer et al. (2017)</a>
 */
public abstract class MessagePassing extends GraphLayer {
    private final Aggregation aggregation;

    protected MessagePassing(Aggregation aggregation) { this.aggregation = Objects.requireNonNull(aggregation, "aggregation"); }

    public final Aggregation aggregation() { return aggregation; }

    /** What each node says to all who listen, (nodes, m); its state, unless overridden. */
    protected Tensor message(Tensor h, Pass pass) { return h; }

    /** What is said along each edge, (edges, m), from the states of its ends and {@link GraphData#features}; null, the default, for {@link #message}. */
    protected Tensor messages(GraphData graph, Tensor h, Pass pass) { return null; }

    /** For {@link Aggregation#ATTENTION}: scores (edges, heads) whose softmax over a node's edges weighs them. @param said what {@code message} or {@code messages} gave */
    protected Tensor scores(GraphData graph, Tensor h, Tensor said, Pass pass) {
        throw new IllegalStateException(getClass().getSimpleName() + ": ATTENTION wants scores; override scores(graph, h, said, pass)");
    }

    /** The shares of the edges, which may be changed (dropped) before they weigh. */
    protected Tensor shares(GraphData graph, Tensor h, Tensor said, Pass pass) { return graph.softmax(scores(graph, h, said, pass)); }

    /** The next state from the present one and what was heard, (nodes, m). */
    protected abstract Tensor update(Tensor h, Tensor heard, Pass pass);

    @Override protected Tensor compute(GraphData graph, Tensor h, Pass pass) { return update(h, heard(graph, h, pass), pass); }

    private Tensor heard(GraphData graph, Tensor h, Pass pass) {
        var along = messages(graph, h, pass);
        if (along != null && along.size(0) != graph.edges())
            throw new ShapeException(getClass().getSimpleName() + ": messages " + along.shape() + " for " + graph.edges() + " edges");
        if (aggregation != Aggregation.ATTENTION)
            return along == null ? graph.gather(aggregation, message(h, pass)) : graph.gatherEdges(aggregation, along);
        var said = along == null ? message(h, pass) : along;
        var shares = shares(graph, h, said, pass);
        if (along == null) return graph.attend(shares, said);
        long heads = shares.size(1), width = along.size(1);
        var weighed = along.reshape(along.size(0), heads, width / heads).mul(shares.unsqueeze(2)).reshape(along.size(0), width);
        return weighed.segmentSum(graph.target(), graph.nodes());
    }
}
