package lyceum.nn;

import lyceum.withers.Withers;

/**
 * Which of the minimal cells, how it goes over a sequence, and how long it remembers before it has learned anything.
 *
 * @param gru one gate, minGRU's; else minLSTM's two
 * @param logSpace candidates pass through {@code x + 0.5} for x >= 0 and {@code sigmoid(x)} below, so that all is positive, and the scan runs on
 *        logarithms, as the paper's; else candidates have either sign and the scan is plain, which gates within (0, 1) keep stable too
 * @param chunk steps that are scanned together; 0 for all, 1 for a loop over single steps
 * @param horizon if above 1, the biases of the gates begin so that units remember for 1 to that many steps, evenly on a logarithmic scale: about the length
 *        of a sequence, where what is far back matters (Tallec and Ollivier 2018). 0 for biases like all others, with which about
 *        half of a state is forgotten at every step
 */
@Withers
public record MinLstmVariant(boolean gru, boolean logSpace, int chunk, double horizon) implements MinLstmVariantWithers {
    public MinLstmVariant {
        if (chunk < 0)
            throw new IllegalArgumentException("MinLstmVariant: chunk is " + chunk + "; it is positive, or 0 for the whole sequence");
        if (!(horizon == 0 || horizon > 1 && horizon < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("MinLstmVariant: horizon is " + horizon + "; it is above 1, or 0 for none");
    }

    /** minLSTM, plain, all at once. */
    public MinLstmVariant() { this(false, false, 0, 0); }
}
