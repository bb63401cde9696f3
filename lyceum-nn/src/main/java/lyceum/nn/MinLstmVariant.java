package lyceum.nn;

import lyceum.withers.Withers;

/**
 * Which of the minimal cells, and how it goes over a sequence.
 *
 * @param gru one gate, minGRU's; else minLSTM's two
 * @param logSpace candidates pass through {@code x + 0.5} for x >= 0 and {@code sigmoid(x)} below, so that all is positive, and the scan runs on
 *        logarithms, as the paper's; else candidates have either sign and the scan is plain, which gates within (0, 1) keep stable too
 * @param chunk steps that are scanned together; 0 for all, 1 for a loop over single steps
 */
@Withers
public record MinLstmVariant(boolean gru, boolean logSpace, int chunk) implements MinLstmVariantWithers {
    public MinLstmVariant {
        if (chunk < 0)
            throw new IllegalArgumentException("MinLstmVariant: chunk is " + chunk + "; it is positive, or 0 for the whole sequence");
    }

    /** minLSTM, plain, all at once. */
    public MinLstmVariant() { this(false, false, 0); }
}
