package lyceum.models.graph;

import java.util.Objects;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.withers.Withers;

/**
 * The shape of a {@link Gat}.
 *
 * @param inputs features of a node
 * @param width of a head in all layers but the last
 * @param heads of all layers but the last, concatenated
 * @param outputs classes or numbers
 * @param outputHeads of the last layer, averaged
 * @param layers at least 1
 * @param features of an edge; 0 for none
 * @param scoring static or dynamic
 * @param loops whether each node hears itself too
 * @param activation between layers
 * @param dropout before each layer, in [0, 1)
 * @param attentionDropout of the shares, in [0, 1)
 * @param residual adds a layer's input to its output where both are as wide
 * @param task what is answered for
 * @param readout of a graph's states, for {@link GraphTask#GRAPH}
 * @param dtype F32 or F64
 */
@Withers
public record GatConfig(int inputs, int width, int heads, int outputs, int outputHeads, int layers, int features, GatLayer.Scoring scoring,
        boolean loops, Activation activation, double dropout, double attentionDropout, boolean residual, GraphTask task,
        Aggregation readout, DType dtype) implements GatConfigWithers {

    public GatConfig {
        if (inputs < 1 || width < 1 || heads < 1 || outputs < 1 || outputHeads < 1 || layers < 1 || features < 0)
            throw new IllegalArgumentException(
                    "GatConfig: " + inputs + " inputs, " + heads + " heads of " + width + ", " + outputs + " outputs of " + outputHeads
                            + " heads, " + layers + " layers, " + features + " features of edges; all but the last are at least 1");
        if (!(dropout >= 0 && dropout < 1 && attentionDropout >= 0 && attentionDropout < 1)) throw new IllegalArgumentException(
                "GatConfig: dropout " + dropout + ", of attention " + attentionDropout + "; both lie in [0, 1)");
        Objects.requireNonNull(scoring, "scoring");
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(task, "task");
        Objects.requireNonNull(readout, "readout");
        Objects.requireNonNull(dtype, "dtype");
    }

    /** Two dynamic layers, 8 heads of 8 and one head, ELU, loops, no dropout, for nodes, in F32. */
    public GatConfig(int inputs, int outputs) {
        this(inputs, 8, 8, outputs, 1, 2, 0, GatLayer.Scoring.DYNAMIC, true, Activation.ELU, 0, 0, false, GraphTask.NODE, Aggregation.MEAN,
                DType.F32);
    }

    /** Whether layer i answers. */
    boolean isLast(int i) { return i == layers - 1 && task != GraphTask.GRAPH; }
}
