package lyceum.models.multimodal;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * A batch in the common space, all vectors of unit length: what a {@link VlmObjective} compares.
 *
 * @param pooled one vector each, (n, d); null where tokens alone are compared
 * @param tokens vectors of tokens, (n, k, d); null where they are not wanted
 * @param seen BOOL (n, k), which tokens count; null for all
 */
public record Embedded(Tensor pooled, Tensor tokens, Tensor seen) {
    public Embedded {
        if (pooled == null && tokens == null) throw new IllegalArgumentException("Embedded: neither pooled vectors nor tokens");
        if (pooled != null && pooled.rank() != 2) throw new ShapeException("Embedded: pooled " + pooled.shape() + "; they are (n, d)");
        if (tokens != null && tokens.rank() != 3) throw new ShapeException("Embedded: tokens " + tokens.shape() + "; they are (n, k, d)");
        if (seen != null && (tokens == null || seen.rank() != 2 || seen.size(0) != tokens.size(0) || seen.size(1) != tokens.size(1)))
            throw new ShapeException("Embedded: seen " + seen.shape() + " of tokens " + (tokens == null ? "none" : tokens.shape()));
    }

    /** One vector each. */
    public static Embedded of(Tensor pooled) { return new Embedded(pooled, null, null); }

    /** Tokens that all count. */
    public static Embedded ofTokens(Tensor tokens) { return new Embedded(null, tokens, null); }
}
