package lyceum.nn;

/**
 * What a {@link SequenceMixer} knows of the positions before: keys and values of each of them ({@link KvCache}), or a {@link MixerSummary} whose size does not depend
 * on how many there were. It changes with every step. Not differentiable; for one thread.
 */
public interface MixerState {
    /** Positions so far: of the longest row, if they differ. */
    long length();

    /** Bytes of what is known. */
    long bytes();

    /** A state of its own that goes on from the same positions, of those batch entries: all of them if none is named, or those that beams came from. */
    MixerState fork(int... rows);

    /**
     * Forgets positions from there on: one length for all rows, or one each.
     *
     * @throws IllegalArgumentException if there are fewer
     * @throws UnsupportedOperationException if positions cannot be taken back out of it
     */
    void truncate(long... lengths);

    /**
     * Whether a state that goes back to nothing, or not at all, is to forget: what its {@link #truncate} asks.
     *
     * @param reason why positions do not come back
     * @throws IllegalArgumentException if there are fewer positions
     * @throws UnsupportedOperationException if some of them are asked for
     */
    default boolean forgets(String reason, long... lengths) {
        long length = length();
        for (long to : lengths) {
            if (to < 0 || to > length)
                throw new IllegalArgumentException("truncate: " + to + "; the state has seen " + length + " positions");
            if (to != lengths[0] || to > 0 && to < length) throw new UnsupportedOperationException("truncate: to " + to + " of " + length
                    + " positions, but " + reason + "; fork the state before what may be taken back");
        }
        return lengths.length > 0 && lengths[0] != length;
    }
}
