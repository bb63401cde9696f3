package lyceum.data.corpus;

/** One pass over a {@link Corpus}: documents one at a time, so that none but the current one need be in memory. For one thread. */
public interface DocumentReader extends AutoCloseable {
    /** The next document; null after the last. */
    Document next();

    /** Lets go of the file. */
    @Override default void close() {}
}
