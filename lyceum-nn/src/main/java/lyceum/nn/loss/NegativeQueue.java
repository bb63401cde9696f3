package lyceum.nn.loss;

import java.util.Arrays;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * The last keys of earlier batches, as negatives for {@link InfoNce#against}: a ring of fixed size, oldest out first, no gradients.
 *
 * {@snippet :
 * var queue = new NegativeQueue(4096, 128);
 * loss.against(queries, keys, queue.keys()).loss().backward();
 * queue.push(keys);
 * }
 *
 * <p>Not safe for threads: one training loop owns it.
 *
 * @see <a href="https://arxiv.org/abs/1911.05722">He, Fan, Wu, Xie and Girshick (2020): momentum contrast</a>
 */
public final class NegativeQueue {
    private final float[][] ring;
    private final int width;
    private long pushed;

    /** @param capacity keys held at most @param width of a key */
    public NegativeQueue(int capacity, int width) {
        if (capacity < 1 || width < 1)
            throw new IllegalArgumentException("NegativeQueue: capacity " + capacity + " and width " + width + "; both are at least 1");
        ring = new float[capacity][];
        this.width = width;
    }

    /** Takes (n, width) keys in, the last ones last. */
    public void push(Tensor keys) {
        if (keys.rank() != 2 || keys.size(1) != width)
            throw new ShapeException("NegativeQueue.push: keys " + keys.shape() + "; they are (n, " + width + ")");
        float[] values = keys.detach().to(DType.F32).toFloatArray();
        for (int i = 0; i < values.length; i += width) ring[(int) (pushed++ % ring.length)] = Arrays.copyOfRange(values, i, i + width);
    }

    public int size() { return (int) Math.min(pushed, ring.length); }

    /** Those it holds, (size, width) in F32, from the oldest to the newest. @throws LyceumException if it is empty */
    public Tensor keys() {
        int n = size();
        if (n == 0) throw new LyceumException("NegativeQueue: empty; push the keys of a first batch before it serves negatives");
        var all = new float[n * width];
        for (int i = 0; i < n; i++) System.arraycopy(ring[(int) ((pushed - n + i) % ring.length)], 0, all, i * width, width);
        return Tensor.of(all, n, width);
    }
}
