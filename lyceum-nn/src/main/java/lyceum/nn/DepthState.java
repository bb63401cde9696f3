package lyceum.nn;

import java.util.Arrays;

/** What a block that few tokens pass knows: keys and values of those alone, and where they stood. */
final class DepthState implements MixerState {
    private final KvCache cache;
    /** Of each row the positions of the chosen; null before the first. */
    private long[][] chosen;
    private long[] lengths = {0};

    DepthState(KvCache cache) { this.cache = cache; }

    KvCache cache() { return cache; }

    /** Positions of all rows, or of each. */
    long[] lengths() { return lengths.clone(); }

    void begin(MixtureOfDepths.Chosen more, int positions) {
        int rows = more.counts().length;
        if (chosen == null) {
            chosen = new long[rows][0];
        } else if (chosen.length != rows) throw new IllegalArgumentException("MixtureOfDepths: " + rows + " rows follow " + chosen.length);
        long[] at = more.positions().toLongArray();
        for (int r = 0; r < rows; r++) {
            int had = chosen[r].length, count = (int) more.counts()[r];
            chosen[r] = Arrays.copyOf(chosen[r], had + count);
            System.arraycopy(at, r * more.most(), chosen[r], had, count);
        }
        for (int i = 0; i < lengths.length; i++) lengths[i] += positions;
    }

    /** What was padding in the cache is forgotten. */
    void end(MixtureOfDepths.Chosen more) { if (!more.isEven()) cut(); }

    private void cut() { if (cache.length() > 0) cache.truncate(Arrays.stream(chosen).mapToLong(c -> c.length).toArray()); }

    @Override public long length() { return Arrays.stream(lengths).max().orElse(0); }

    @Override public long bytes() { return cache.bytes(); }

    @Override public DepthState fork(int... rows) {
        var other = new DepthState(cache.fork(rows));
        if (chosen == null) return other;
        boolean all = rows.length == 0;
        other.chosen = new long[all ? chosen.length : rows.length][];
        for (int r = 0; r < other.chosen.length; r++) other.chosen[r] = chosen[all ? r : rows[r]].clone();
        other.lengths = lengths.length == 1 || all ? lengths.clone() : Arrays.stream(rows).mapToLong(r -> lengths[r]).toArray();
        return other;
    }

    @Override public void truncate(long... to) {
        if (to.length != 1 && (chosen == null || to.length != chosen.length)) throw new IllegalArgumentException(
                "truncate: " + to.length + " lengths for " + (chosen == null ? 0 : chosen.length) + " rows; one, or one each");
        var kept = new long[Math.max(to.length, lengths.length)];
        for (int r = 0; r < kept.length; r++) {
            long wanted = to[to.length == 1 ? 0 : r], held = lengths[lengths.length == 1 ? 0 : r];
            if (wanted < 0 || wanted > (to.length == 1 ? length() : held))
                throw new IllegalArgumentException("truncate: " + wanted + "; the state holds " + held + " positions");
            kept[r] = Math.min(wanted, held);
        }
        lengths = kept;
        if (chosen == null) return;
        for (int r = 0; r < chosen.length; r++) {
            long end = kept[kept.length == 1 ? 0 : r];
            chosen[r] = Arrays.stream(chosen[r]).filter(p -> p < end).toArray();
        }
        cut();
    }
}
