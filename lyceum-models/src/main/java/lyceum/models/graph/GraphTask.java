package lyceum.models.graph;

/** What a network over a graph answers for. */
public enum GraphTask {
    /** One row a node. */
    NODE,
    /** Pairs of nodes: the product of their states is the logit of an edge between them; see {@link GraphStack#links}. */
    EDGE,
    /** One row a graph of the batch, from pooled states. */
    GRAPH
}
