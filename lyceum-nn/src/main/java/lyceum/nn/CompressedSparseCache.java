package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/**
 * What a {@link CompressedSparseAttention} knows of the positions so far: an entry for each whole block, the last positions of its window, and raw those that the next
 * entry will be made of.
 */
public final class CompressedSparseCache implements MixerState {
    private final CompressedSparseConfig config;
    private final KvCache entries, index;
    private List<Tensor> window = List.of(), raw = List.of();
    private long length;

    CompressedSparseCache(CompressedSparseConfig config) { this(config, KvCache.contiguous(), KvCache.contiguous()); }

    private CompressedSparseCache(CompressedSparseConfig config, KvCache entries, KvCache index) {
        this.config = config;
        this.entries = entries;
        this.index = index;
    }

    /** Whole blocks. */
    public long compressed() { return entries.length(); }

    /** Positions of the window. */
    public long windowed() { return window.isEmpty() ? 0 : window.getFirst().size(2); }

    /** Positions that wait. */
    public long raw() { return raw.isEmpty() ? 0 : raw.getFirst().size(2); }

    /** All three: {@link CompressedSparseConfig#cached} of the length. */
    public long entries() { return compressed() + windowed() + raw(); }

    /** Keys and values of entries, and their keys for the scorer; null before the first. */
    Tensor keys() { return entries.length() == 0 ? null : entries.past().keys(); }

    Tensor values() { return entries.length() == 0 ? null : entries.past().values(); }

    Tensor indexKeys() { return index.length() == 0 ? null : index.past().keys(); }

    /** Keys and values of the window's positions. */
    List<Tensor> window() { return window; }

    /** Keys, values, their weights, and the same for the scorer, of what waits. */
    List<Tensor> waiting() { return raw; }

    /** @param all with what was held before: the last of it stays */
    void follow(long positions, Tensor keys, Tensor values, Tensor indexKeys, List<Tensor> windowed, List<Tensor> all) {
        if (keys != null) {
            entries.append(keys, values);
            index.append(indexKeys, indexKeys.narrow(3, 0, 0));
        }
        length += positions;
        long whole = length - length % config.stride();
        window = last(windowed, Math.min(length, config.window()));
        raw = last(all, length - whole + Math.min(config.overlap(), whole));
    }

    private static List<Tensor> last(List<Tensor> tensors, long count) {
        if (count == 0) return List.of();
        var kept = new ArrayList<Tensor>();
        try (var scope = Scope.outside()) {
            for (var t : tensors) kept.add(t.detach().narrow(2, t.size(2) - count, count).copy().compute());
        }
        return List.copyOf(kept);
    }

    @Override public long length() { return length; }

    @Override public long bytes() { return entries.bytes() + index.bytes() + bytes(window) + bytes(raw); }

    private static long bytes(List<Tensor> tensors) { return tensors.stream().mapToLong(t -> t.count() * t.dtype().bytes()).sum(); }

    @Override public CompressedSparseCache fork(int... rows) {
        var other = new CompressedSparseCache(config, entries.fork(rows), index.fork(rows));
        other.length = length;
        try (var scope = Scope.outside()) {
            other.window = window.stream().map(t -> (rows.length == 0 ? t : t.rows(rows)).copy().compute()).toList();
            other.raw = raw.stream().map(t -> (rows.length == 0 ? t : t.rows(rows)).copy().compute()).toList();
        }
        return other;
    }

    /** To nothing, or not at all: what was condensed does not come back. */
    @Override public void truncate(long... lengths) {
        if (!forgets("condensed ones do not come back", lengths)) return;
        entries.truncate(0);
        index.truncate(0);
        window = raw = List.of();
        length = 0;
    }
}
