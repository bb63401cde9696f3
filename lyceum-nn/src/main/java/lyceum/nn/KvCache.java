package lyceum.nn;

import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;

/**
 * Keys and values of the positions so far, for one attention layer: decoding then computes new positions only.
 *
 * <p>Memory doubles when it is full; what {@link #append} gives are views of it. Not differentiable. For one thread.
 */
public final class KvCache {
    private Tensor keys, values;
    private long length;

    /** All keys and values, (batch, heads, length, d). */
    public record Past(Tensor keys, Tensor values) {}

    /** Positions held. */
    public long length() { return length; }

    /** Bytes of the positions held. */
    public long bytes() {
        return keys == null ? 0
                : (keys.count() / keys.size(2) * keys.dtype().bytes() + values.count() / values.size(2) * values.dtype().bytes()) * length;
    }

    /** Adds positions (batch, heads, T, d) and gives all. @throws ShapeException if they do not fit those before */
    public Past append(Tensor k, Tensor v) {
        Autograd.noGrad(() -> {
            keys = room(keys, k);
            values = room(values, v);
            keys.set_(k.detach(), Index.all(), Index.all(), Index.range(length, length + k.size(2)));
            values.set_(v.detach(), Index.all(), Index.all(), Index.range(length, length + v.size(2)));
            length += k.size(2);
        });
        return new Past(keys.narrow(2, 0, length), values.narrow(2, 0, length));
    }

    /** Forgets the positions from {@code length} on. */
    public void truncate(long length) {
        if (length < 0 || length > this.length)
            throw new IllegalArgumentException("truncate: " + length + "; the cache holds " + this.length + " positions");
        this.length = length;
    }

    /** An independent cache that continues from the same positions, of the batch entries that {@code rows} names: all of them, or those that beams came from. */
    public KvCache fork(int... rows) {
        var copy = new KvCache();
        if (length > 0) copy.append(keys.narrow(2, 0, length).rows(rows), values.narrow(2, 0, length).rows(rows));
        return copy;
    }

    private Tensor room(Tensor held, Tensor added) {
        long needed = length + added.size(2);
        if (held != null) {
            if (held.size(0) != added.size(0) || held.size(1) != added.size(1) || held.size(3) != added.size(3)
                    || held.dtype() != added.dtype())
                throw new ShapeException(
                        "KvCache: " + added.dtype() + " " + added.shape() + " does not follow " + held.dtype() + " " + held.shape());
            if (held.size(2) >= needed) return held;
        }
        try (var kept = Scope.outside()) {
            var larger = Tensor
                    .zeros(added.dtype(), added.size(0), added.size(1), Math.max(64, Long.highestOneBit(needed) * 2), added.size(3))
                    .compute();
            if (length > 0) larger.set_(held.narrow(2, 0, length), Index.all(), Index.all(), Index.range(0, length));
            return larger;
        }
    }
}
