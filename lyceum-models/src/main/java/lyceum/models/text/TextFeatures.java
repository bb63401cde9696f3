package lyceum.models.text;

import lyceum.tensor.Tensor;

/**
 * What a {@link TextTower} makes of texts.
 *
 * @param tokens the vectors of all positions behind the last norm, (batch, T, width): what a picture is painted by
 * @param pooled one vector a text, (batch, width), before any projection
 * @param seen BOOL (batch, T), true for positions that are no padding
 */
public record TextFeatures(Tensor tokens, Tensor pooled, Tensor seen) {}
