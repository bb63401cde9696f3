package lyceum.backend.simt;

/**
 * Who has read and written the words of an array since the last barrier. Of the readers, writers and atomic adders of a word two different ones are
 * kept each, which is enough to tell whether there is another than oneself.
 */
final class Shadow {
    enum Access {
        READ, WRITE, ATOMIC;

        /** Two accesses that cannot be told in which order they come, and it matters. */
        boolean conflictsWith(Access other) { return this == WRITE || other == WRITE || this != other; }
    }

    private static final int KINDS = Access.values().length, SLOTS = 2 * KINDS;

    private final int[] epochs;
    /** Who, plus one, in the upper half; at which step in the lower. */
    private final long[] who;

    Shadow(int words) {
        epochs = new int[words];
        who = new long[Math.multiplyExact(words, SLOTS)];
    }

    /**
     * Notes an access.
     *
     * @param epoch above 0; what was noted in another one is forgotten
     * @return who else has met the word in a way that conflicts, and at which step: {@code (who << 32) + step}; -1 if nobody
     */
    long note(int word, int epoch, int me, int step, Access access) {
        int base = word * SLOTS;
        if (epochs[word] != epoch) {
            epochs[word] = epoch;
            for (int i = 0; i < SLOTS; i++) who[base + i] = 0;
        }
        long other = -1;
        for (var kind : Access.values()) {
            if (!access.conflictsWith(kind)) continue;
            for (int i = 0; i < 2 && other < 0; i++) {
                long met = who[base + 2 * kind.ordinal() + i];
                if (met != 0 && (int) (met >>> 32) != me + 1) other = met - (1L << 32);
            }
        }
        int slot = base + 2 * access.ordinal();
        long mine = (me + 1L << 32) + step;
        if (who[slot] == 0 || who[slot] >>> 32 == me + 1L) who[slot] = mine;
        else if (who[slot + 1] == 0) who[slot + 1] = mine;
        return other;
    }
}
