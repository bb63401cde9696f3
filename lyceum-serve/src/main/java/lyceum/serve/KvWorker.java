package lyceum.serve;

import java.util.List;

/**
 * A model with memory for keys and values, in this process ({@link LocalWorker}) or in another ({@link RemoteWorker}): computes ids of several sequences in one pass, and
 * gives and takes what it knows of a sequence layer by layer. A {@link DisaggregatedEngine} draws the ids. Methods may be called by any thread, one at a time each.
 */
public interface KvWorker extends AutoCloseable {
    /**
     * The next ids of a sequence.
     *
     * @param sequence its number
     * @param ids at least one
     */
    record Span(long sequence, int[] ids) {}

    int layers();

    int vocabulary();

    /** Positions that its memory has room for when nothing is open. */
    int positions();

    /** Positions for which memory is free, those that open sequences may still come to need taken off. */
    int freePositions();

    /** Keeps memory for a sequence. @return false if there is too little */
    boolean open(long sequence, int most);

    /** Reads the ids and gives the logits behind the last one of each span. @throws WorkerLostException if the worker is gone */
    float[][] compute(List<Span> spans);

    /** Keys and values of a sequence's first positions in one layer. */
    byte[] read(long sequence, int layer, int count);

    /** What {@link #read} of another worker of the same model gave; layers come in order, from 0. */
    void write(long sequence, int layer, int count, byte[] bytes);

    /** Forgets a sequence. */
    void end(long sequence);

    @Override void close();
}
