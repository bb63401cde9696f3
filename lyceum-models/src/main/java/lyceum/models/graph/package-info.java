/**
 * Networks over nodes and edges. Begin with {@link lyceum.models.graph.GraphData}, the graph, and {@link lyceum.models.graph.Gcn}; layers of your own are a
 * {@link lyceum.models.graph.MessagePassing}.
 */
package lyceum.models.graph;
