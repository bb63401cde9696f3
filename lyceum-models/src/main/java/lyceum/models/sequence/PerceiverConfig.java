package lyceum.models.sequence;

import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The choices of a {@link Perceiver}.
 *
 * @param inputs channels of an element, positions among them
 * @param latents rows of the latent array
 * @param width of a latent
 * @param outputs of an output query, or classes
 * @param queries width of an output query
 * @param readings how often the latents read the input
 * @param layers of self-attention after each reading
 * @param shared whether all readings but the first have the second's weights, and all towers the first's (2021); else each has its own
 * @param heads of self-attention; reading has one
 * @param widening hidden units of the feed-forward halves for each latent channel
 * @param dtype of the parameters
 */
@Withers
public record PerceiverConfig(int inputs, int latents, int width, int outputs, int queries, int readings, int layers, boolean shared,
        int heads, int widening, DType dtype) implements PerceiverConfigWithers {
    public PerceiverConfig {
        if (inputs < 1 || latents < 1 || width < 1 || outputs < 1 || queries < 1 || readings < 1 || layers < 0 || heads < 1
                || width % heads != 0 || widening < 1)
            throw new IllegalArgumentException("PerceiverConfig: inputs " + inputs + ", latents " + latents + ", width " + width
                    + ", outputs " + outputs + ", queries " + queries + ", readings " + readings + ", layers " + layers + ", heads " + heads
                    + ", widening " + widening + "; layers may be 0, the others are positive, heads divide the width");
    }

    /** Reads once, two layers of 4 heads, four times the width between, queries as wide as the latents, F32. */
    public PerceiverConfig(int inputs, int latents, int width, int outputs) {
        this(inputs, latents, width, outputs, width, 1, 2, true, 4, 4, DType.F32);
    }
}
