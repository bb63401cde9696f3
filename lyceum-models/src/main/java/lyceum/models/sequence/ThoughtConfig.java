package lyceum.models.sequence;

import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The choices of a {@link ContinuousThoughtMachine}.
 *
 * @param inputs channels of an element of the data
 * @param classes outputs
 * @param neurons D
 * @param ticks T of a thought, at most
 * @param history M, pre-activations that a neuron remembers
 * @param hidden units of each neuron's own network
 * @param pairs of neurons whose synchronisation is read out, and as many that ask the data
 * @param width of the attention over the data; 4 heads divide it
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record ThoughtConfig(int inputs, int classes, int neurons, int ticks, int history, int hidden, int pairs, int width, DType dtype)
        implements ThoughtConfigWithers {
    public ThoughtConfig {
        if (inputs < 1 || classes < 2 || neurons < 1 || ticks < 1 || history < 1 || hidden < 1 || pairs < 1 || width < 1 || width % 4 != 0)
            throw new IllegalArgumentException("ThoughtConfig: inputs " + inputs + ", classes " + classes + ", neurons " + neurons
                    + ", ticks " + ticks + ", history " + history + ", hidden " + hidden + ", pairs " + pairs + ", width " + width
                    + "; all positive, 2 classes, 4 divides the width");
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new IllegalArgumentException("ThoughtConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** A history of 5, 4 hidden units, as many pairs as neurons, a width of 16, F32. */
    public ThoughtConfig(int inputs, int classes, int neurons, int ticks) {
        this(inputs, classes, neurons, ticks, 5, 4, neurons, 16, DType.F32);
    }
}
