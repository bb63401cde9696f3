package lyceum.nn;

import lyceum.memory.Scope;

/** What a layer knows of all positions before, in tensors whose sizes do not depend on how many there were. */
public final class MixerSummary implements MixerState {
    private RecurrentState tensors;
    private long length;

    /** Of no positions. */
    public MixerSummary() {}

    /** The tensors by name, batch first; null before the first position. */
    public RecurrentState tensors() { return tensors; }

    /** From now on it knows so many positions more, and this of all of them: a copy without history. For who writes a {@link SequenceMixer}. */
    public void follow(RecurrentState after, long positions) {
        try (var kept = Scope.outside()) {
            tensors = after.map(t -> t.detach().copy().compute());
        }
        length += positions;
    }

    @Override public long length() { return length; }

    @Override public long bytes() {
        return tensors == null ? 0 : tensors.tensors().values().stream().mapToLong(t -> t.count() * t.dtype().bytes()).sum();
    }

    @Override public MixerSummary fork(int... rows) {
        var other = new MixerSummary();
        other.length = length;
        if (tensors == null) return other;
        try (var kept = Scope.outside()) {
            other.tensors = tensors.map(t -> (rows.length == 0 ? t : t.rows(rows)).copy().compute());
        }
        return other;
    }

    /** To nothing, or not at all: what has been summed up stays. */
    @Override public void truncate(long... lengths) {
        if (!forgets("a summary does not give them back", lengths)) return;
        length = 0;
        tensors = null;
    }
}
