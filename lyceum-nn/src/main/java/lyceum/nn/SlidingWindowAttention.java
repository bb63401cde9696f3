package lyceum.nn;

import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Attention in a band: query p sees key j where {@code |p - j| < window}, and of these only {@code j <= p} if it is causal; the first positions may be seen
 * by, and see, everybody. Time and memory are linear in the length.
 *
 * {@snippet :
 * var band = new SlidingWindowAttention(4096);
 * Tensor y = band.of(q, k, v);                                                    // (batch, heads, T, d) each
 * var layer = new MultiHeadAttention(config.withPattern(band.withGlobals(4)), rng);
 * var state = layer.start();                                                      // a cache that keeps 4 + 4096 positions
 * }
 *
 * <p>The window counts the query itself: what FlashAttention calls {@code (window - 1, 0)}. Without global positions a kernel does it that leaves hidden
 * blocks out, else {@link SparseAttention}.
 *
 * @param window how many positions a query sees on one side, itself among them; at least 1
 * @param causal whether it sees only what came before
 * @param globals how many positions at the beginning everybody sees (and who see everybody, as far as causality lets them): attention sinks; 0 for none
 * @see <a href="https://arxiv.org/abs/2004.05150">Beltagy, Peters and Cohan (2020)</a>
 * @see <a href="https://arxiv.org/abs/2310.06825">Jiang et al. (2023)</a>
 * @see <a href="https://arxiv.org/abs/2309.17453">Xiao et al. (2024): sinks</a>
 */
@Withers
public record SlidingWindowAttention(int window, boolean causal, int globals) implements AttentionMask, SlidingWindowAttentionWithers {
    public SlidingWindowAttention {
        if (window < 1 || globals < 0) throw new IllegalArgumentException(
                "SlidingWindowAttention: window " + window + " and globals " + globals + "; a window is at least 1, globals at least 0");
    }

    /** Causal, without global positions. */
    public SlidingWindowAttention(int window) { this(window, true, 0); }

    /** Of queries, keys and values (batch, heads, T, d), with scale {@code 1 / sqrt(d)}. */
    public Tensor of(Tensor q, Tensor k, Tensor v) { return attend(new Attention(), q, k, v); }

    @Override public Tensor attend(Attention attention, Tensor q, Tensor k, Tensor v) {
        if (globals > 0) return AttentionMask.super.attend(attention, q, k, v);
        long narrower = attention.window() == 0 ? window : Math.min(window, attention.window());
        return attention.withWindow(narrower).withCausal(causal || attention.causal()).of(q, k, v);
    }

    @Override public boolean sees(int b, long p, long j) {
        if (causal) return j <= p && (p - j < window || j < globals);
        return Math.abs(p - j) < window || j < globals || p < globals;
    }

    @Override public Cover cover(int b, long p0, long p1, long j0, long j1) {
        AttentionMask mask = AttentionMask.window(window - 1, causal ? 0 : window - 1);
        if (globals > 0) mask = mask.or(AttentionMasks.Globals.first(globals));
        if (causal) mask = mask.and(AttentionMask.causal());
        return mask.cover(b, p0, p1, j0, j1);
    }

    /** How far back a position's output can depend on the input, through so many layers: {@code layers (window - 1)}, if there are no global positions. */
    public long reach(int layers) { return (long) layers * (window - 1); }

    /**
     * A cache of exactly {@code globals + window} positions: a new one takes the place of the one that leaves the window.
     *
     * @throws IllegalArgumentException if this is not causal
     */
    public KvCache cache() {
        if (!causal) throw new IllegalArgumentException("SlidingWindowAttention: a cache needs causal attention");
        return new RollingKvCache(this);
    }
}
