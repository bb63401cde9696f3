package lyceum.models.graph;

import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The shape of a {@link GraphTransformer}.
 *
 * @param inputs features of a node
 * @param width of the states, a multiple of heads
 * @param heads of attention
 * @param layers at least 1
 * @param outputs classes or numbers
 * @param eigenvectors of the Laplacian that join the features, with random signs in training; 0 for none
 * @param walks return probabilities of random walks that join the features; 0 for none
 * @param hops scores get a learned number a head for each distance up to this one, for what is farther, and for what is out of reach; 0 for none
 * @param degrees states get a learned vector for each in- and out-degree up to this one; 0 for none
 * @param features of an edge; 0 for none
 * @param local whether each layer adds a round of message passing, GIN, to its attention (GPS)
 * @param dropout of attention's and the perceptron's results, in [0, 1)
 * @param task what is answered for
 * @param readout of a graph's states, for {@link GraphTask#GRAPH}
 * @param dtype F32 or F64
 */
@Withers
public record GraphTransformerConfig(int inputs, int width, int heads, int layers, int outputs, int eigenvectors, int walks, int hops,
        int degrees, int features, boolean local, double dropout, GraphTask task, Aggregation readout, DType dtype)
        implements GraphTransformerConfigWithers {

    public GraphTransformerConfig {
        if (inputs < 1 || width < 1 || heads < 1 || layers < 1 || outputs < 1)
            throw new IllegalArgumentException("GraphTransformerConfig: " + inputs + " inputs, width " + width + ", " + heads + " heads, "
                    + layers + " layers, " + outputs + " outputs; all are at least 1");
        if (width % heads != 0) throw new IllegalArgumentException(
                "GraphTransformerConfig: width " + width + " for " + heads + " heads; it is a multiple of them");
        if (eigenvectors < 0 || walks < 0 || hops < 0 || degrees < 0 || features < 0)
            throw new IllegalArgumentException("GraphTransformerConfig: " + eigenvectors + " eigenvectors, " + walks + " walks, " + hops
                    + " hops, " + degrees + " degrees, " + features + " features of edges; none is below 0");
        if (features > 0 && hops == 0 && !local) throw new IllegalArgumentException(
                "GraphTransformerConfig: " + features + " features of edges that nobody reads; set hops for biases along paths, or local");
        if (!(dropout >= 0 && dropout < 1))
            throw new IllegalArgumentException("GraphTransformerConfig: dropout is " + dropout + "; it lies in [0, 1)");
        Objects.requireNonNull(task, "task");
        Objects.requireNonNull(readout, "readout");
        Objects.requireNonNull(dtype, "dtype");
    }

    /** Walks of 8 steps, distances to 8, no message passing, for nodes, in F32. */
    public GraphTransformerConfig(int inputs, int width, int heads, int layers, int outputs) {
        this(inputs, width, heads, layers, outputs, 0, 8, 8, 0, 0, false, 0, GraphTask.NODE, Aggregation.MEAN, DType.F32);
    }

    /** Graphormer's: distances, degrees and edges along paths. */
    public static GraphTransformerConfig graphormer(int inputs, int width, int heads, int layers, int outputs, int features) {
        return new GraphTransformerConfig(inputs, width, heads, layers, outputs).withWalks(0).withDegrees(8).withFeatures(features);
    }

    /** GPS's: eigenvectors and walks, and message passing beside attention. */
    public static GraphTransformerConfig gps(int inputs, int width, int heads, int layers, int outputs, int features) {
        return new GraphTransformerConfig(inputs, width, heads, layers, outputs).withEigenvectors(4).withHops(0).withFeatures(features)
                .withLocal(true);
    }
}
