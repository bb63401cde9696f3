package lyceum.nn;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.withers.Withers;

/**
 * The choices of a {@link LatentAttention}.
 *
 * @param width of the input and the output
 * @param heads how many
 * @param latent d_c, the width of what keys and values of all heads are expanded from
 * @param headWidth of a head's queries and keys, without the rotary part
 * @param rotaryWidth d_r of the rotary part, which all heads share; even, 0 for none
 * @param valueWidth of a head's values
 * @param queryLatent width of what queries are expanded from; 0 for queries straight from the input
 * @param norm whether latents are scaled to unit root mean square, with learned gains, before they are expanded
 * @param epsilon of that norm
 * @param attention which keys a query sees; scale 0 for {@code 1 / sqrt(headWidth + rotaryWidth)}
 * @param rotary turns the rotary parts; null with a {@code rotaryWidth} of 0
 * @param bias whether the output has one, and queries that come straight from the input
 * @param dtype of the parameters
 */
@Withers
public record LatentAttentionConfig(int width, int heads, int latent, int headWidth, int rotaryWidth, int valueWidth, int queryLatent,
        boolean norm, double epsilon, Attention attention, RotaryEmbedding rotary, boolean bias, DType dtype)
        implements MixerConfig, LatentAttentionConfigWithers {
    public LatentAttentionConfig {
        if (width < 1 || heads < 1 || latent < 1 || headWidth < 1 || valueWidth < 1 || rotaryWidth < 0 || queryLatent < 0)
            throw new IllegalArgumentException("LatentAttentionConfig: width " + width + ", heads " + heads + ", latent " + latent
                    + ", headWidth " + headWidth + " and valueWidth " + valueWidth + " are positive, rotaryWidth " + rotaryWidth
                    + " and queryLatent " + queryLatent + " at least 0");
        if (rotaryWidth > 0 == (rotary == null)) throw new IllegalArgumentException("LatentAttentionConfig: a rotaryWidth of " + rotaryWidth
                + (rotary == null ? " without" : " with") + " a rotary embedding; give both or neither");
        if (!(epsilon >= 0)) throw new IllegalArgumentException("LatentAttentionConfig: epsilon is " + epsilon + "; it is at least 0");
    }

    /** Causal, with norms, rotary base 10,000 in neighbouring pairs, queries straight from the input, values as wide as keys; F32. */
    public LatentAttentionConfig(int width, int heads, int latent, int headWidth, int rotaryWidth) {
        this(width, heads, latent, headWidth, rotaryWidth, headWidth, 0, true, 1e-6, new Attention().withCausal(true),
                rotaryWidth == 0 ? null : new RotaryEmbedding(RotaryEmbedding.frequencies(rotaryWidth, 10_000), true), false, DType.F32);
    }

    /** DeepSeek-V2: 128 heads, 512 + 64 numbers in the cache for each token and layer. */
    public static LatentAttentionConfig deepSeekV2() { return new LatentAttentionConfig(5120, 128, 512, 128, 64).withQueryLatent(1536); }

    /** Numbers in the cache for each token: {@code latent + rotaryWidth}. */
    public int cached() { return latent + rotaryWidth; }

    /** What keys and values of all heads would take: {@code heads (headWidth + valueWidth)}. */
    public int expanded() { return heads * (headWidth + valueWidth); }

    @Override public LatentAttention build(Rng rng) { return new LatentAttention(this, rng); }
}
