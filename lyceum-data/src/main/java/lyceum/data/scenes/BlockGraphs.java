package lyceum.data.scenes;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Stochastic block graphs: nodes of classes as equal as can be, in random order; an edge between two nodes with a probability that depends on whether their classes agree. A node's
 * features are normal with deviation 1 about {@code signal} times the axis of its class, the same in every graph: a small signal makes neighbours worth asking.
 *
 * @param nodes at least 2
 * @param classes at least 1
 * @param inside probability of an edge within a class
 * @param between probability of an edge between classes
 * @param features at least as many as classes
 * @param signal distance of a class's mean from 0
 * @see <a href="https://doi.org/10.1016/0378-8733(83)90021-7">Holland, Laskey and Leinhardt (1983)</a>
 */
@Withers
public record BlockGraphs(int nodes, int classes, double inside, double between, int features, double signal)
        implements BlockGraphsWithers {

    public BlockGraphs {
        if (nodes < 2 || classes < 1 || features < classes) throw new IllegalArgumentException("BlockGraphs: " + nodes + " nodes, "
                + classes + " classes, " + features + " features; at least 2, at least 1, at least as many as classes");
        if (!(inside >= 0 && inside <= 1 && between >= 0 && between <= 1))
            throw new IllegalArgumentException("BlockGraphs: probabilities " + inside + " and " + between + "; both lie in [0, 1]");
    }

    /** 500 nodes of 4 classes, of 12 neighbours about 10 of the same class; 16 features that alone tell little. */
    public BlockGraphs() { this(500, 4, 0.08, 0.006, 16, 1); }

    /** A graph. */
    public LabelledGraph sample(Rng rng) {
        var label = new int[nodes];
        for (int i = 0; i < nodes; i++) label[i] = i % classes;
        rng.shuffle(label);
        int[] a = new int[16], b = new int[16];
        int n = 0;
        for (int i = 0; i < nodes; i++) for (int j = i + 1; j < nodes; j++) {
            if (rng.nextDouble() >= (label[i] == label[j] ? inside : between)) continue;
            if (n == a.length) {
                a = Arrays.copyOf(a, 2 * n);
                b = Arrays.copyOf(b, 2 * n);
            }
            a[n] = i;
            b[n++] = j;
        }
        var x = new float[nodes * features];
        for (int i = 0; i < x.length; i++) x[i] = (float) (rng.nextGaussian() + (i % features == label[i / features] ? signal : 0));
        return new LabelledGraph(classes, Arrays.copyOf(a, n), Arrays.copyOf(b, n), Tensor.of(x, nodes, features), label);
    }

    /** The graph with {@code n} more edges between random nodes of different classes: noise that a network may learn to ignore. */
    public static LabelledGraph withFalseEdges(LabelledGraph graph, int n, Rng rng) {
        if (graph.classes() < 2) throw new IllegalArgumentException("BlockGraphs.withFalseEdges: one class; there is no edge to add");
        int[] a = new int[n], b = new int[n];
        for (int e = 0; e < n;) {
            a[e] = rng.nextInt(graph.nodes());
            b[e] = rng.nextInt(graph.nodes());
            if (graph.labels()[a[e]] != graph.labels()[b[e]]) e++;
        }
        return graph.withEdges(a, b);
    }
}
