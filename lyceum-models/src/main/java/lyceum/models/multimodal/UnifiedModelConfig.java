package lyceum.models.multimodal;

import lyceum.withers.Withers;

/**
 * The shape of a {@link UnifiedModel}.
 *
 * @param positions ids of a document at most
 * @param width of the tokens
 * @param layers blocks
 * @param heads of attention
 */
@Withers
public record UnifiedModelConfig(int positions, int width, int layers, int heads) implements UnifiedModelConfigWithers {
    public UnifiedModelConfig {
        if (positions < 2 || width < 1 || layers < 1 || heads < 1 || width % heads != 0)
            throw new IllegalArgumentException("UnifiedModelConfig: " + positions + " positions, width " + width + ", " + layers
                    + " layers, " + heads + " heads; at least 2, 1, 1 and 1, and heads divide the width");
    }
}
