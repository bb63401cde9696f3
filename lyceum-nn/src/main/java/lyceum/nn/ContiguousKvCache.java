package lyceum.nn;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.tensor.Attention;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;

/** See {@link KvCache#contiguous}. */
final class ContiguousKvCache implements KvCache {
    private final DType stored;
    private Tensor keys, values;
    private long[] lengths = {0};

    /** @param stored null for the type that comes first */
    ContiguousKvCache(DType stored) { this.stored = stored; }

    @Override public long[] lengths() { return lengths.clone(); }

    private boolean isRagged() { return lengths.length > 1; }

    @Override public long bytes() {
        if (keys == null) return 0;
        long positions = isRagged() ? Arrays.stream(lengths).sum() : keys.size(0) * lengths[0];
        return positions * (keys.size(1) * keys.size(3) * keys.dtype().bytes() + values.size(1) * values.size(3) * values.dtype().bytes());
    }

    @Override public long reservedBytes() {
        return keys == null ? 0 : keys.count() * keys.dtype().bytes() + values.count() * values.dtype().bytes();
    }

    @Override public Past append(Tensor k, Tensor v) {
        if (k.rank() != 4 || v.rank() != 4 || k.size(2) != v.size(2) || k.size(0) != v.size(0)) throw new ShapeException(
                "KvCache: keys " + k.shape() + " and values " + v.shape() + "; they are (batch, heads, T, d) with one batch and T");
        Autograd.noGrad(() -> {
            keys = room(keys, k);
            values = room(values, v);
            write(keys, k);
            write(values, v);
            for (int i = 0; i < lengths.length; i++) lengths[i] += k.size(2);
        });
        return past();
    }

    private void write(Tensor held, Tensor added) {
        var fitting = added.detach().to(held.dtype());
        long n = added.size(2);
        if (!isRagged()) held.set_(fitting, Index.all(), Index.all(), Index.range(lengths[0], lengths[0] + n));
        else for (int b = 0; b < lengths.length; b++)
            held.set_(fitting.narrow(0, b, 1), Index.range(b, b + 1), Index.all(), Index.range(lengths[b], lengths[b] + n));
    }

    @Override public Past past() { return keys == null ? null : new Past(keys.narrow(2, 0, length()), values.narrow(2, 0, length())); }

    @Override public Attention over(Attention attention, AttentionMask pattern, long queries) {
        if (!isRagged()) return attention;
        if (attention.keyLengths() != null || attention.queryStarts() != null || pattern != null)
            throw new IllegalArgumentException("KvCache: its rows have lengths " + Arrays.toString(lengths)
                    + "; they go without other key lengths and query starts, and without a pattern");
        var ends = Tensor.of(lengths);
        return attention.withKeyLengths(ends).withQueryStarts(ends.sub(queries));
    }

    @Override public void truncate(long... to) {
        if (to.length != 1 && (keys == null || to.length != keys.size(0))) throw new IllegalArgumentException(
                "truncate: " + to.length + " lengths for a cache of " + (keys == null ? 0 : keys.size(0)) + " rows; one, or one each");
        var kept = new long[Math.max(to.length, lengths.length)];
        for (int i = 0; i < kept.length; i++) {
            long wanted = to[to.length == 1 ? 0 : i], held = lengths[isRagged() ? i : 0];
            // One length for rows that differ cuts those that are longer.
            if (wanted < 0 || wanted > (to.length == 1 ? length() : held))
                throw new IllegalArgumentException("truncate: " + wanted + "; the cache holds " + held + " positions");
            kept[i] = Math.min(wanted, held);
        }
        lengths = alike(kept);
    }

    private static long[] alike(long[] lengths) {
        for (long n : lengths) if (n != lengths[0]) return lengths;
        return new long[] {lengths.length == 0 ? 0 : lengths[0]};
    }

    @Override public KvCache fork(int... rows) {
        var copy = new ContiguousKvCache(stored);
        copy.take(this, rows);
        return copy;
    }

    @Override public void reorder(int... rows) { take(this, rows); }

    private void take(ContiguousKvCache from, int... rows) {
        if (from.keys == null) return;
        long longest = from.length();
        var places = rows.length > 0 ? rows : IntStream.range(0, (int) from.keys.size(0)).toArray();
        Tensor k = from.keys.narrow(2, 0, longest).rows(places), v = from.values.narrow(2, 0, longest).rows(places);
        long[] taken = from.isRagged() ? alike(Arrays.stream(places).mapToLong(r -> from.lengths[r]).toArray()) : from.lengths.clone();
        keys = null;
        values = null;
        lengths = new long[] {0};
        append(k.compute(), v.compute());
        lengths = taken;
    }

    @Override public KvCache to(DType type) {
        var other = (ContiguousKvCache) KvCache.contiguous(type);
        other.take(this);
        return other;
    }

    private Tensor room(Tensor held, Tensor added) {
        long needed = length() + added.size(2);
        if (held != null) {
            if (held.size(0) != added.size(0) || held.size(1) != added.size(1) || held.size(3) != added.size(3)
                    || stored == null && held.dtype() != added.dtype())
                throw new ShapeException(
                        "KvCache: " + added.dtype() + " " + added.shape() + " does not follow " + held.dtype() + " " + held.shape());
            if (held.size(2) >= needed) return held;
        }
        try (var kept = Scope.outside()) {
            var larger = Tensor.zeros(stored == null ? added.dtype() : stored, added.size(0), added.size(1),
                    Math.max(64, Long.highestOneBit(needed) * 2), added.size(3)).compute();
            if (length() > 0) larger.set_(held.narrow(2, 0, length()), Index.all(), Index.all(), Index.range(0, length()));
            return larger;
        }
    }
}
