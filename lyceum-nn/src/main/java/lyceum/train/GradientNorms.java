package lyceum.train;

/**
 * Squared norms of the gradients of one step, before clipping: of the whole batch, and of each micro-batch or shard that it was computed from.
 *
 * @param units of the whole: rows, or tokens that count
 * @param square of the batch's mean gradient
 * @param partUnits units of each part
 * @param partSquares of each part's own mean gradient
 */
public record GradientNorms(double units, double square, double[] partUnits, double[] partSquares) {}
