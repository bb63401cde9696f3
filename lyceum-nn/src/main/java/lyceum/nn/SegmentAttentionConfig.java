package lyceum.nn;

import java.util.Objects;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link SegmentAttention}.
 *
 * @param attention heads, widths, positions within a segment (rotary or none), type
 * @param segment positions that see each other
 * @param store what is kept of the segments before
 * @param neighbours keys that a query reads of {@link Store#NEIGHBOURS}
 * @param capacity positions that it keeps at most, the oldest falling out
 * @param delta whether {@link Store#COMPRESSIVE} writes only what it does not predict yet
 */
@Withers
public record SegmentAttentionConfig(AttentionConfig attention, int segment, Store store, int neighbours, long capacity, boolean delta)
        implements MixerConfig, SegmentAttentionConfigWithers {

    /** What is kept of the segments before. */
    public enum Store {
        /** Nothing. */
        NONE,
        /** All keys and values, without gradient, of which each query reads those of the largest products (Wu et al. 2022). */
        NEIGHBOURS,
        /** A matrix and a vector a head (Munkhdalai et al. 2024). */
        COMPRESSIVE
    }

    public SegmentAttentionConfig {
        Objects.requireNonNull(store, "store");
        if (segment < 1 || neighbours < 1 || capacity < 1) throw new IllegalArgumentException("SegmentAttentionConfig: segments of "
                + segment + ", " + neighbours + " neighbours of " + capacity + " positions; all are at least 1");
        boolean placed = attention.positions() instanceof RotaryEmbedding turn ? !turn.turnsLate()
                : attention.positions() instanceof PositionalEncoding.None;
        boolean plain = placed && attention.pattern() == null && attention.qkNorm() == null && attention.dropout() == 0;
        if (!plain) throw new IllegalArgumentException(
                "SegmentAttentionConfig: attention with rotary positions or none, without patterns, norms of queries and dropout of weights");
    }

    /** Keeps as much as there is of neighbours, writes by the delta rule. */
    public SegmentAttentionConfig(AttentionConfig attention, int segment, Store store) {
        this(attention, segment, store, 32, Integer.MAX_VALUE, true);
    }

    @Override public int width() { return attention.width(); }

    @Override public SegmentAttention build(Rng rng) { return new SegmentAttention(this, rng); }
}
