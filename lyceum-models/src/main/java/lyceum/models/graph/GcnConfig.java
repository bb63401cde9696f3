package lyceum.models.graph;

import java.util.Objects;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.withers.Withers;

/**
 * The shape of a {@link Gcn}.
 *
 * @param inputs features of a node
 * @param hidden width of all layers but the last
 * @param outputs classes or numbers
 * @param layers at least 1
 * @param propagation the operator of a layer
 * @param activation between layers
 * @param dropout before each layer, in [0, 1)
 * @param residual adds a layer's input to its output where both are as wide: against over-smoothing
 * @param task what is answered for
 * @param readout of a graph's states, for {@link GraphTask#GRAPH}
 * @param dtype F32 or F64
 */
@Withers
public record GcnConfig(int inputs, int hidden, int outputs, int layers, GcnLayer.Propagation propagation, Activation activation,
        double dropout, boolean residual, GraphTask task, Aggregation readout, DType dtype) implements GcnConfigWithers {

    public GcnConfig {
        if (inputs < 1 || hidden < 1 || outputs < 1 || layers < 1) throw new IllegalArgumentException("GcnConfig: " + inputs + " inputs, "
                + hidden + " hidden, " + outputs + " outputs, " + layers + " layers; all are at least 1");
        if (!(dropout >= 0 && dropout < 1)) throw new IllegalArgumentException("GcnConfig: dropout is " + dropout + "; it lies in [0, 1)");
        Objects.requireNonNull(propagation, "propagation");
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(task, "task");
        Objects.requireNonNull(readout, "readout");
        Objects.requireNonNull(dtype, "dtype");
    }

    /** Two renormalised layers with ReLU and dropout 0.5 for nodes, in F32: the paper's. */
    public GcnConfig(int inputs, int hidden, int outputs) {
        this(inputs, hidden, outputs, 2, GcnLayer.Propagation.RENORMALISED, Activation.RELU, 0.5, false, GraphTask.NODE, Aggregation.MEAN,
                DType.F32);
    }

    /** Width of what layer i reads. */
    int inputs(int i) { return i == 0 ? inputs : hidden; }

    /** Width of what layer i gives. */
    int outputs(int i) { return i == layers - 1 && task != GraphTask.GRAPH ? outputs : hidden; }
}
