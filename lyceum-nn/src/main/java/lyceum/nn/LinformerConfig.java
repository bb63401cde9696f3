package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link Linformer}.
 *
 * @param width of the input and the output
 * @param heads how many; they divide the width
 * @param length of the longest sequence
 * @param rank k, how many mixtures of keys, and of values, are kept
 * @param shared whether values are mixed as keys are, by one matrix
 * @param bias whether the projections of queries, keys, values and outputs have one
 * @param dtype of the parameters
 */
@Withers
public record LinformerConfig(int width, int heads, int length, int rank, boolean shared, boolean bias, DType dtype)
        implements MixerConfig, LinformerConfigWithers {
    public LinformerConfig {
        if (heads < 1 || width < 1 || width % heads != 0 || length < 1 || rank < 1)
            throw new IllegalArgumentException("LinformerConfig: width " + width + ", heads " + heads + ", length " + length + " and rank "
                    + rank + " are positive, and heads divide the width");
    }

    /** Keys and values mixed apart, with biases, F32. */
    public LinformerConfig(int width, int heads, int length, int rank) { this(width, heads, length, rank, false, true, DType.F32); }

    @Override public Linformer build(Rng rng) { return new Linformer(this, rng); }
}
