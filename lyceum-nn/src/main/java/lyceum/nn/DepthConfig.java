package lyceum.nn;

import lyceum.withers.Withers;

/**
 * The choices of a {@link MixtureOfDepths}.
 *
 * {@snippet :
 * var routed = block.withDepth(new DepthConfig(0.125));
 * }
 *
 * @param capacity c, in (0, 1]: of T tokens {@code floor(c T)} pass the block while learning
 * @param hidden units of the predictor that tells in decoding who will have been among them
 * @param price weight of the predictor's loss, which changes nothing else
 * @param squashed whether a token's score becomes a weight by a sigmoid; else it is the weight, as in the paper
 */
@Withers
public record DepthConfig(double capacity, int hidden, double price, boolean squashed) implements DepthConfigWithers {
    public DepthConfig {
        if (!(capacity > 0 && capacity <= 1))
            throw new IllegalArgumentException("DepthConfig: the capacity is " + capacity + "; it lies in (0, 1]");
        if (hidden < 1 || !(price >= 0 && Double.isFinite(price))) throw new IllegalArgumentException(
                "DepthConfig: " + hidden + " hidden units of the predictor, its loss weighs " + price + "; at least 1, and at least 0");
    }

    /** A predictor of 64 units, price 0.1, scores as weights. */
    public DepthConfig(double capacity) { this(capacity, 64, 0.1, false); }

    /** {@code floor(c T)}: how many of so many tokens pass the block. */
    public int chosen(long tokens) { return (int) Math.floor(capacity * tokens * (1 + 1e-12)); }

    /** Numbers of router and predictor. */
    long parameters(int width) { return width + (width + 1L) * hidden + hidden + 1; }
}
