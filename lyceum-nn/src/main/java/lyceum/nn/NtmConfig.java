package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.withers.Withers;

/**
 * What a {@link NeuralTuringMachine} is like.
 *
 * @param inputs width of a step
 * @param outputs width of what it says
 * @param rows of the memory
 * @param width of a row
 * @param controller what reads the input and moves the heads
 * @param units of the controller
 * @param readHeads at least 1
 * @param writeHeads at least 1; they write one after the other
 * @param reach how many rows a head can walk in a step, each way; rows are at least {@code 2 reach + 1}
 * @param memory what every number of the memory begins as, small and not zero, so that rows have directions
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record NtmConfig(int inputs, int outputs, int rows, int width, Controller controller, int units, int readHeads, int writeHeads,
        int reach, double memory, DType dtype) implements NtmConfigWithers {

    /** What reads the input and moves the heads. */
    public enum Controller {
        /** One tanh layer; it remembers by the memory alone. */
        FEED_FORWARD,
        /** An LSTM, with a memory of its own. */
        LSTM
    }

    public NtmConfig {
        Objects.requireNonNull(controller, "controller");
        if (inputs < 1 || outputs < 1 || rows < 1 || width < 1 || units < 1 || readHeads < 1 || writeHeads < 1)
            throw new IllegalArgumentException("NtmConfig: " + inputs + " inputs, " + outputs + " outputs, a memory of " + rows + " x "
                    + width + ", " + units + " units, " + readHeads + " and " + writeHeads + " heads; each is at least 1");
        if (reach < 0 || rows < 2 * reach + 1)
            throw new IllegalArgumentException("NtmConfig: a reach of " + reach + " over " + rows + " rows; rows are at least 2 reach + 1");
        if (!(Double.isFinite(memory) && memory != 0))
            throw new IllegalArgumentException("NtmConfig: memory begins as " + memory + "; it is finite and not 0");
        if (dtype != DType.F32 && dtype != DType.F64) throw new DTypeException("NtmConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** A feed-forward controller of 100 units with one head of each kind that walks a row at most, over memory of 0.01, F32. */
    public NtmConfig(int inputs, int outputs, int rows, int width) {
        this(inputs, outputs, rows, width, Controller.FEED_FORWARD, 100, 1, 1, 1, 0.01, DType.F32);
    }
}
