package lyceum.serve.schedule;

/** Moves what lies in blocks when whoever hands blocks out says so: the memory itself. A simulation moves nothing. */
public interface BlockMover {
    /** Moves nothing. */
    BlockMover NOTHING = (_, _) -> {};

    /** Block {@code to} becomes a copy of {@code from}. */
    void copy(int from, int to);

    /** Keeps a block's contents elsewhere, under a number. */
    default void out(int block, long place) {}

    /** Takes contents back into a block, and forgets them there. */
    default void in(long place, int block) {}

    /** Forgets contents that are kept elsewhere. */
    default void forget(long place) {}
}
