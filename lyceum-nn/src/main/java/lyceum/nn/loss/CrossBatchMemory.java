package lyceum.nn.loss;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * The last embeddings of earlier batches with their labels: a {@link NegativeQueue} that knows who is alike, since in a batch of a few classes hard negatives are
 * rare, and embeddings drift slowly enough for old ones to serve. No gradients; not safe for threads.
 *
 * {@snippet :
 * var memory = new CrossBatchMemory(4096, 128);
 * Tensor alike = labels.unsqueeze(1).eq(memory.labels());                                   // (n, size): no negatives
 * loss.against(queries, keys, memory.embeddings(), alike).loss().backward();
 * memory.push(keys, labels);
 * }
 *
 * @see <a href="https://arxiv.org/abs/1912.06798">Wang, Zhang, Huang and Scott (2020): cross-batch memory</a>
 */
public final class CrossBatchMemory {
    private final NegativeQueue embeddings;
    private final long[] ring;
    private long pushed;

    /** @param capacity embeddings held at most @param width of an embedding */
    public CrossBatchMemory(int capacity, int width) {
        embeddings = new NegativeQueue(capacity, width);
        ring = new long[capacity];
    }

    /** Takes (n, width) embeddings in, the last ones last. @param labels (n), integers */
    public void push(Tensor embeddings, Tensor labels) {
        if (embeddings.rank() != 2 || labels.rank() != 1 || labels.size(0) != embeddings.size(0))
            throw new ShapeException("CrossBatchMemory.push: embeddings " + embeddings.shape() + " and labels " + labels.shape()
                    + "; they are (n, width) and (n)");
        this.embeddings.push(embeddings);
        for (long label : labels.toLongArray()) ring[(int) (pushed++ % ring.length)] = label;
    }

    public int size() { return embeddings.size(); }

    /** Those it holds, (size, width) in F32, from the oldest to the newest. @throws lyceum.LyceumException if it is empty */
    public Tensor embeddings() { return embeddings.keys(); }

    /** Their labels, (size). */
    public Tensor labels() {
        var all = new long[size()];
        for (int i = 0; i < all.length; i++) all[i] = ring[(int) ((pushed - all.length + i) % ring.length)];
        return Tensor.of(all);
    }
}
