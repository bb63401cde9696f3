package lyceum.models.generative;

import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The choices of a {@link VectorQuantizer}.
 *
 * @param codes entries of the book
 * @param width numbers of a vector
 * @param learning how the entries follow the vectors
 * @param decay of the moving averages, in [0, 1): how much of them stays after a batch. 0 is a k-means step on the batch alone
 * @param commitment weight of the loss that holds vectors near their codes, at least 0
 * @param deadBelow an entry whose moving count is under this share of the mean one is moved to a vector of the batch, in [0, 1); 0 leaves
 *         it
 * @param startSteps most k-means steps on the first batch that is learned from; 0 begins with small random entries
 * @param dtype F32 or F64
 */
@Withers
public record VectorQuantizerConfig(int codes, int width, Learning learning, double decay, double commitment, double deadBelow,
        int startSteps, DType dtype) implements VectorQuantizerConfigWithers {

    /** How a codebook learns. */
    public enum Learning {
        /** Each entry is the moving average of its vectors: k-means, spread over batches. The book has no gradient. */
        AVERAGE,
        /** The book is a parameter, and {@code mean (e - sg[x])^2} is part of the loss. */
        GRADIENT
    }

    public VectorQuantizerConfig {
        Objects.requireNonNull(learning, "learning");
        if (codes < 1 || width < 1 || startSteps < 0) throw new IllegalArgumentException("VectorQuantizerConfig: " + codes
                + " codes of width " + width + ", " + startSteps + " first steps; the first two are at least 1, the last at least 0");
        if (!(decay >= 0 && decay < 1) || !(deadBelow >= 0 && deadBelow < 1) || !(commitment >= 0))
            throw new IllegalArgumentException("VectorQuantizerConfig: decay is " + decay + ", deadBelow " + deadBelow + ", commitment "
                    + commitment + "; the first two lie in [0, 1), the last is at least 0");
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new IllegalArgumentException("VectorQuantizerConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /**
     * Moving averages with decay 0.99, commitment 0.25, entries under a twentieth of the mean count restarted, up to 20 first steps, F32.
     */
    public VectorQuantizerConfig(int codes, int width) { this(codes, width, Learning.AVERAGE, 0.99, 0.25, 0.05, 20, DType.F32); }
}
