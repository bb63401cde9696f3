package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link Retention}. Head i forgets by {@link #decay}, {@code 1 - 2^(-5 - i)} for each position.
 *
 * @param width of the input and the output
 * @param heads how many
 * @param keyWidth of a head's queries and keys; even where they are turned
 * @param valueWidth of a head's values
 * @param rotary turns queries and keys by their positions; null for none
 * @param gated whether what is found is multiplied by {@code silu(W_G x)}
 * @param epsilon of the norm of each head
 * @param chunk positions that are done at once: 1 for the recurrence, {@link LinearAttentionConfig#PARALLEL} for all of them
 * @param bias whether the projections have one
 * @param dtype of the parameters
 */
@Withers
public record RetentionConfig(int width, int heads, int keyWidth, int valueWidth, RotaryEmbedding rotary, boolean gated, double epsilon,
        int chunk, boolean bias, DType dtype) implements MixerConfig, RetentionConfigWithers {
    public RetentionConfig {
        if (width < 1 || heads < 1 || keyWidth < 1 || valueWidth < 1 || chunk < 1)
            throw new IllegalArgumentException("RetentionConfig: width " + width + ", heads " + heads + ", keyWidth " + keyWidth
                    + ", valueWidth " + valueWidth + " and chunk " + chunk + " are positive");
        if (heads > 48)
            throw new IllegalArgumentException("RetentionConfig: " + heads + " heads; at most 48, since 1 - 2^(-5 - i) is 1 beyond");
        if (!(epsilon >= 0)) throw new IllegalArgumentException("RetentionConfig: epsilon is " + epsilon + "; it is at least 0");
    }

    /** Turned by base 10,000 in neighbouring pairs, gated, chunks of 64, F32 without biases; heads share the width. @throws IllegalArgumentException unless they divide it */
    public RetentionConfig(int width, int heads) {
        this(width, heads, new AttentionConfig(width, heads).headWidth(), width / heads,
                new RotaryEmbedding(RotaryEmbedding.frequencies(width / heads, 10_000), true), true, 1e-5, 64, false, DType.F32);
    }

    /** {@code 1 - 2^(-5 - i)}, exactly. */
    public double decay(int head) {
        if (head < 0 || head >= heads) throw new IndexOutOfBoundsException("decay: head " + head + " of " + heads);
        return 1 - Math.scalb(1.0, -5 - head);
    }

    /** Numbers of the recurrent state for one sequence: {@code heads keyWidth valueWidth}, whatever its length. */
    public long stateSize() { return (long) heads * keyWidth * valueWidth; }

    @Override public Retention build(Rng rng) { return new Retention(this, rng); }
}
