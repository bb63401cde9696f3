package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link LinearAttention}.
 *
 * @param width of the input and the output
 * @param heads how many
 * @param headWidth d of each head's queries, keys and values
 * @param features of queries and keys
 * @param featureCount how many random ones; not looked at for {@code ELU}
 * @param update how a position enters the state
 * @param causal whether a position sees only what came before; {@code DELTA} must be
 * @param chunk positions that are done at once: 1 for the recurrence, {@link #PARALLEL} for all of them, quadratic; between them the work is linear in the length
 *        and the state is passed from chunk to chunk
 * @param bias whether the projections have one
 * @param dtype of the parameters
 */
@Withers
public record LinearAttentionConfig(int width, int heads, int headWidth, Features features, int featureCount, Update update, boolean causal,
        int chunk, boolean bias, DType dtype) implements MixerConfig, LinearAttentionConfigWithers {
    /** A {@link #chunk} of all positions. */
    public static final int PARALLEL = Integer.MAX_VALUE;

    /** Kinds of {@link FeatureMap}. */
    public enum Features {
        /** {@code elu(x) + 1}, as many as the head is wide. */
        ELU,
        /** {@link PositiveFeatures} in orthogonal directions, of queries and keys scaled by {@code d^(-1/4)}: softmax attention in the mean. */
        FAVOR
    }

    /** What a position does to the state S. */
    public enum Update {
        /** {@code S + phi(k)' v}; what is read is divided by {@code phi(q)} times the sum of {@code phi(k)}. */
        SUM,
        /**
         * {@code S + b phi(k)' (v - phi(k) S)}, with b in (0, 1) from the input and features that sum to 1: what stood under a key gives way
         * (Schlag, Irie and Schmidhuber 2021).
         */
        DELTA
    }

    public LinearAttentionConfig {
        Objects.requireNonNull(features, "features");
        Objects.requireNonNull(update, "update");
        if (width < 1 || heads < 1 || headWidth < 1 || featureCount < 1 || chunk < 1)
            throw new IllegalArgumentException("LinearAttentionConfig: width " + width + ", heads " + heads + ", headWidth " + headWidth
                    + ", featureCount " + featureCount + " and chunk " + chunk + " are positive");
        if (update == Update.DELTA && !causal) throw new IllegalArgumentException(
                "LinearAttentionConfig: the delta rule goes from the first position " + "to the last; it needs causal");
    }

    /** Causal sums of {@code elu + 1}, chunks of 64, F32 with biases. @throws IllegalArgumentException unless heads divide the width */
    public LinearAttentionConfig(int width, int heads) {
        this(width, heads, new AttentionConfig(width, heads).headWidth(), Features.ELU, 256, Update.SUM, true, 64, true, DType.F32);
    }

    @Override public LinearAttention build(Rng rng) { return new LinearAttention(this, rng); }
}
