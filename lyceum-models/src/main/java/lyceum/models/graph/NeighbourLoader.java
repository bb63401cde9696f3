package lyceum.models.graph;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.random.Rng;

/**
 * Mini-batches of nodes of a large graph, each with a sample of what reaches it: of the edges that arrive at a node, at most {@code fanouts[0]} for the nodes
 * asked for, {@code fanouts[1]} for those that these hear, and so on, one number a layer. A node is opened where it is met first.
 *
 * {@snippet :
 * var loader = new NeighbourLoader(graph, 10, 10);
 * var batch = loader.sample(nodes, rng);
 * Tensor y = model.forward(batch.graph(), x.rows(batch.nodes())).narrow(0, 0, nodes.length);
 * }
 *
 * <p>With {@link #ALL} everywhere the rows of the nodes asked for are those of the whole graph. Sums shrink with the sample, means do not. A GCN should be given a
 * {@linkplain GraphData#normalised normalised} graph, whose weights go along. Safe for threads.
 *
 * @see <a href="https://arxiv.org/abs/1706.02216">Hamilton, Ying and Leskovec (2017), algorithm 2</a>
 */
public final class NeighbourLoader {
    /** A fan-out that keeps every edge. */
    public static final int ALL = Integer.MAX_VALUE;

    private final GraphData graph;
    private final int[] fanouts;

    /** @param nodes of the whole graph by their number here: first those asked for, in their order */
    public record Batch(GraphData graph, int[] nodes) {}

    public NeighbourLoader(GraphData graph, int... fanouts) {
        for (int f : fanouts) if (f < 1) throw new IllegalArgumentException("NeighbourLoader: a fan-out is " + f + "; they are at least 1");
        this.graph = graph;
        this.fanouts = fanouts.clone();
    }

    /** @throws IllegalArgumentException if a node is asked for twice, or is none */
    public Batch sample(int[] asked, Rng rng) {
        var seen = new boolean[graph.nodes()];
        for (int node : asked) {
            if (node < 0 || node >= seen.length || seen[node]) throw new IllegalArgumentException("NeighbourLoader.sample: node " + node
                    + (node < 0 || node >= seen.length ? " of " + seen.length : " is asked for twice"));
            seen[node] = true;
        }
        int[] nodes = Arrays.copyOf(asked, graph.nodes());
        int known = asked.length, from = 0;
        var edges = new ArrayList<int[]>();
        for (int fanout : fanouts) {
            int end = known;
            for (int i = from; i < end; i++) {
                var arriving = arriving(nodes[i], fanout, rng);
                edges.add(arriving);
                for (int e : arriving) {
                    int u = graph.source[e];
                    if (seen[u]) continue;
                    seen[u] = true;
                    nodes[known++] = u;
                }
            }
            from = end;
        }
        nodes = Arrays.copyOf(nodes, known);
        return new Batch(graph.part(nodes, edges.stream().flatMapToInt(Arrays::stream).toArray()), nodes);
    }

    private int[] arriving(int node, int fanout, Rng rng) {
        int first = graph.firstIn(node), n = graph.inDegree(node);
        int[] edges = n <= fanout ? new int[n] : rng.sample(n, fanout);
        if (n <= fanout) Arrays.setAll(edges, i -> i);
        for (int i = 0; i < edges.length; i++) edges[i] += first;
        return edges;
    }
}
