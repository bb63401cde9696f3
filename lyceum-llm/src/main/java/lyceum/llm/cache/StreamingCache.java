package lyceum.llm.cache;

import java.util.Arrays;
import java.util.function.IntFunction;
import lyceum.nn.AttentionCache;
import lyceum.nn.KvCache;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.SinusoidalPositions;
import lyceum.nn.SlidingWindowAttention;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Keys and values of the first {@code sinks} positions and the latest {@code window}, for texts without an end. Positions are counted by place in the cache, 0 to
 * {@code sinks + window - 1}: keys wait unturned and are turned in their place at every step, so that no position was not met in training.
 *
 * {@snippet :
 * var decoding = model.begin(StreamingCache.of(4, 60));      // of each layer
 * Tensor next = decoding.next(tokens);                       // any number of them, one call after the other
 * }
 *
 * <p>A query sees what a whole pass over the kept tokens would show it: exact for one layer; in deeper ones what is kept was computed from tokens that have left since.
 * What has left the window is forgotten. Goes with rotary positions, ALiBi or none; positions that are added to embeddings cannot be renumbered. Rows of a batch
 * have one length. With {@code sinks = 0} it is a plain window.
 *
 * @see <a href="https://arxiv.org/abs/2309.17453">Xiao et al. (2024)</a>
 */
public final class StreamingCache implements AttentionCache {
    private final int sinks, window;
    private final KvCache store; // unturned
    private int last = -1;

    /** @param sinks first positions that stay @param window latest positions, the newest included, at least 1 */
    public StreamingCache(int sinks, int window) { this(sinks, window, new SlidingWindowAttention(window, true, sinks).cache()); }

    private StreamingCache(int sinks, int window, KvCache store) {
        this.sinks = sinks;
        this.window = window;
        this.store = store;
    }

    /** One for each layer, as {@link lyceum.llm.DecoderLM#begin(IntFunction)} takes them. */
    public static IntFunction<StreamingCache> of(int sinks, int window) {
        new StreamingCache(sinks, window);
        return layer -> new StreamingCache(sinks, window);
    }

    public int sinks() { return sinks; }

    public int window() { return window; }

    /** Positions whose keys and values are held now, {@code sinks + window} at most. */
    public int held() { return (int) Math.min(length(), (long) sinks + window); }

    /** The place that the newest position was given; -1 before the first. */
    public int lastPosition() { return last; }

    /** Which positions of the text are held, in order. */
    public long[] kept() {
        var kept = new long[held()];
        for (int i = 0; i < kept.length; i++) kept[i] = i < sinks ? i : length() - kept.length + i;
        return kept;
    }

    @Override public boolean isEndless() { return true; }

    @Override public Tensor attend(Tensor q, Tensor k, Tensor v, PositionalEncoding positions, Attention attention) {
        if (positions instanceof PositionalEncoding.Learned || positions instanceof SinusoidalPositions) throw new IllegalArgumentException(
                "StreamingCache: positions that are added to embeddings stay with a token; it goes with rotary ones, ALiBi or none");
        long n = q.size(2), fits = Math.clamp((long) sinks + window - length(), 1, n);
        var found = new Tensor[(int) (n - fits) + 1];
        found[0] = step(q, k, v, 0, fits, positions, attention);
        for (int i = 1; i < found.length; i++) found[i] = step(q, k, v, fits + i - 1, 1, positions, attention);
        return found.length == 1 ? found[0] : Tensor.concat(2, found);
    }

    private Tensor step(Tensor q, Tensor k, Tensor v, long from, long n, PositionalEncoding positions, Attention attention) {
        store.append(k.narrow(2, from, n), v.narrow(2, from, n));
        var past = store.past();
        int held = held();
        last = held - 1;
        return attention.of(positions.turned(q.narrow(2, from, n), held - n), positions.turned(past.keys(), 0), past.values()).compute();
    }

    @Override public long length() { return store.length(); }

    @Override public long bytes() { return store.bytes(); }

    /** Goes back as long as nothing was dropped, or to 0. */
    @Override public void truncate(long... lengths) {
        store.truncate(lengths);
        last = held() - 1;
    }

    @Override public StreamingCache fork(int... rows) {
        var copy = new StreamingCache(sinks, window, store.fork(rows));
        copy.last = last;
        return copy;
    }

    @Override public String toString() { return "StreamingCache of " + sinks + " and " + window + ", holding " + Arrays.toString(kept()); }
}
