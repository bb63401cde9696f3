package lyceum.nn;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.withers.Withers;

/**
 * The shape of a recurrent network, whatever its cell.
 *
 * {@snippet :
 * var config = new RnnConfig(8, 64).withLayers(2).withBidirectional(true).withDropout(0.2);
 * var lstm = new Lstm(config, Rng.of(1));
 * }
 *
 * @param inputs width of a step
 * @param units of each layer and direction
 * @param layers each reads the one below
 * @param bidirectional whether a second cell of each layer reads from the end, its outputs beside the first's
 * @param batchFirst sequences are (batch, T, inputs), the default; else (T, batch, inputs), PyTorch's default
 * @param dropout of what a layer gives to the next, in [0, 1)
 * @param bias whether the cells add biases
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record RnnConfig(int inputs, int units, int layers, boolean bidirectional, boolean batchFirst, double dropout, boolean bias,
        DType dtype) implements RnnConfigWithers {

    public RnnConfig {
        if (inputs < 1 || units < 1 || layers < 1) throw new IllegalArgumentException(
                "RnnConfig: " + inputs + " inputs, " + units + " units, " + layers + " layers; each is at least 1");
        if (!(dropout >= 0 && dropout < 1)) throw new IllegalArgumentException("RnnConfig: dropout is " + dropout + "; it lies in [0, 1)");
        if (dtype != DType.F32 && dtype != DType.F64) throw new DTypeException("RnnConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** One layer in one direction, batch first, with biases, F32. */
    public RnnConfig(int inputs, int units) { this(inputs, units, 1, false, true, 0, true, DType.F32); }

    /** Cells in a layer. */
    public int directions() { return bidirectional ? 2 : 1; }
}
