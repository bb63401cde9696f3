package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.tensor.Attention;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;

/**
 * See {@link SlidingWindowAttention#cache}. Position t of the global ones lies in slot t, any other in slot {@code globals + (t - globals) % window}: a step
 * of one position reads the slots as they lie, since softmax does not ask for their order.
 */
final class RollingKvCache implements KvCache {
    private final SlidingWindowAttention band;
    private final int slots;
    private Tensor keys, values;
    private long length;

    RollingKvCache(SlidingWindowAttention band) {
        this.band = band;
        slots = Math.addExact(band.globals(), band.window());
    }

    @Override public boolean isWhole() { return false; }

    @Override public long[] lengths() { return new long[] {length}; }

    private long held() { return Math.min(length, slots); }

    @Override public long bytes() { return keys == null ? 0 : reservedBytes() / slots * held(); }

    @Override public long reservedBytes() {
        return keys == null ? 0 : keys.count() * keys.dtype().bytes() + values.count() * values.dtype().bytes();
    }

    @Override public Past append(Tensor k, Tensor v) {
        begin(k, v);
        long n = k.size(2);
        Tensor added = k.detach().to(keys.dtype()), worth = v.detach().to(values.dtype());
        var all = n == 1 || length == 0 ? new Past(added, worth)
                : new Past(Tensor.concat(2, ordered(keys), added), Tensor.concat(2, ordered(values), worth));
        if (n > 1) all = new Past(all.keys().compute(), all.values().compute()); // before the slots are written
        for (long t = Math.max(length, 0); t < length + n; t++) {
            if (t >= band.globals() && t + band.window() < length + n) continue; // it leaves again at once
            long slot = slot(t), from = t - length;
            Autograd.noGrad(() -> {
                keys.set_(added.narrow(2, from, 1), Index.all(), Index.all(), Index.range(slot, slot + 1));
                values.set_(worth.narrow(2, from, 1), Index.all(), Index.all(), Index.range(slot, slot + 1));
            });
        }
        length += n;
        return n == 1 ? new Past(keys.narrow(2, 0, held()), values.narrow(2, 0, held())) : all;
    }

    private long slot(long t) { return t < band.globals() ? t : band.globals() + (t - band.globals()) % band.window(); }

    private void begin(Tensor k, Tensor v) {
        if (k.rank() != 4 || v.rank() != 4 || k.size(2) != v.size(2))
            throw new ShapeException("KvCache: keys " + k.shape() + " and values " + v.shape() + "; they are (batch, heads, T, d)");
        if (keys == null) {
            try (var kept = Scope.outside()) {
                keys = Tensor.zeros(k.dtype(), k.size(0), k.size(1), slots, k.size(3)).compute();
                values = Tensor.zeros(v.dtype(), v.size(0), v.size(1), slots, v.size(3)).compute();
            }
        } else if (keys.size(0) != k.size(0) || keys.size(1) != k.size(1) || keys.size(3) != k.size(3) || values.size(3) != v.size(3)) {
            throw new ShapeException("KvCache: keys " + k.shape() + " do not follow a batch of " + keys.size(0) + " with " + keys.size(1)
                    + " heads of " + keys.size(3));
        }
    }

    @Override public Past past() { return keys == null ? null : new Past(ordered(keys), ordered(values)); }

    /** The slots in the order of positions. */
    private Tensor ordered(Tensor t) {
        if (length <= slots) return t.narrow(2, 0, length);
        long oldest = slot(length), g = band.globals();
        return Tensor.concat(2, t.narrow(2, 0, g), t.narrow(2, oldest, slots - oldest), t.narrow(2, g, oldest - g));
    }

    @Override public Attention over(Attention attention, AttentionMask pattern, long queries) {
        boolean fits = pattern == null ? attention.causal() && attention.window() == band.window() && band.globals() == 0
                : pattern.equals(band);
        if (!fits) throw new IllegalArgumentException("KvCache: one of " + band + " goes with causal attention in that window, not with "
                + (pattern == null ? "a window of " + attention.window() : pattern));
        if (attention.bias() != null || attention.alibi() != null || attention.blocks() != null || attention.keyLengths() != null
                || attention.queryStarts() != null || attention.packing() != null)
            throw new IllegalArgumentException(
                    "KvCache: a window that rolls goes without biases, slopes, blocks, lengths and packed sequences");
        if (queries == 1) return attention.withCausal(false).withWindow(0); // whatever is held is seen
        if (band.globals() == 0) return attention.withCausal(true).withWindow(band.window());
        // Held were positions up to globals, and those from 'gone' places later on.
        long before = length - queries, gone = Math.max(0, before - slots), g = band.globals(), kept = length - gone;
        var seen = AttentionMask.of((p, j) -> band.sees(0, p + gone, j < g ? j : j + gone)).seen(queries, kept);
        return attention.withCausal(false).withWindow(0).withBias(seen.reshape(1, 1, queries, kept));
    }

    @Override public void truncate(long... lengths) {
        for (long to : lengths) {
            if (to != lengths[0]) throw new UnsupportedOperationException("truncate: the rows of a rolling cache have one length");
            if (to < 0 || to > length)
                throw new IllegalArgumentException("truncate: " + to + "; the cache has seen " + length + " positions");
            if (to > 0 && to < length && length > slots) throw new UnsupportedOperationException("truncate: to " + to + " of " + length
                    + " positions, but those before are gone; a cache of " + slots + " goes back while it has seen no more");
        }
        if (lengths.length > 0) length = lengths[0];
    }

    @Override public KvCache fork(int... rows) { return copy(null, rows); }

    @Override public KvCache to(DType type) { return copy(type); }

    private RollingKvCache copy(DType type, int... rows) {
        var other = new RollingKvCache(band);
        if (keys == null) return other;
        try (var kept = Scope.outside()) {
            other.keys = rows(keys, rows).to(type == null ? keys.dtype() : type).copy().compute();
            other.values = rows(values, rows).to(type == null ? values.dtype() : type).copy().compute();
        }
        other.length = length;
        return other;
    }

    private static Tensor rows(Tensor t, int... rows) { return rows.length == 0 ? t : t.rows(rows); }

    @Override public void reorder(int... rows) {
        var other = copy(null, rows);
        keys = other.keys;
        values = other.values;
    }
}
