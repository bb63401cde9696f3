package lyceum.learn.active;

/** Which open rows of a pool to ask about next. */
@FunctionalInterface
public interface Query {
    /** At most {@code count} distinct open rows, fewer only if fewer are open. Called where at least one is. */
    int[] choose(Pool pool, int count);
}
