package lyceum.models.multimodal;

import lyceum.withers.Withers;

/**
 * The shape of an {@link AutoregressivePainter}.
 *
 * @param contextWidth of the text's vectors
 * @param contextLength vectors of a text at most
 * @param width of the tokens
 * @param layers blocks
 * @param heads of attention
 * @param temperature of the draws; 0 takes the likeliest codes
 */
@Withers
public record AutoregressivePainterConfig(int contextWidth, int contextLength, int width, int layers, int heads, double temperature)
        implements AutoregressivePainterConfigWithers {
    public AutoregressivePainterConfig {
        if (contextWidth < 1 || contextLength < 1 || width < 1 || layers < 1 || heads < 1 || width % heads != 0)
            throw new IllegalArgumentException("AutoregressivePainterConfig: a context of " + contextLength + " times " + contextWidth
                    + ", width " + width + ", " + layers + " layers, " + heads + " heads; all at least 1, heads divide the width");
        if (!(temperature >= 0 && temperature < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("AutoregressivePainterConfig: temperature is " + temperature + "; it is at least 0");
    }

    /** Drawn at temperature 1. */
    public AutoregressivePainterConfig(int contextWidth, int contextLength, int width, int layers, int heads) {
        this(contextWidth, contextLength, width, layers, heads, 1);
    }
}
