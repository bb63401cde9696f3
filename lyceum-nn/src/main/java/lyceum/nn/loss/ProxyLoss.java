package lyceum.nn.loss;

import lyceum.ShapeException;
import lyceum.linalg.Similarity;
import lyceum.tensor.Tensor;

/**
 * Embeddings against one learned vector a class, its proxy: n x classes comparisons whatever the number of items, and nothing to sample.
 *
 * {@snippet :
 * ProxyLoss loss = MarginSoftmax.arcFace();
 * loss.of(embeddings, proxies, labels).backward();           // (n, d), (classes, d) and (n)
 * new ProxyAnchor().of(embeddings, proxies, labels);
 * new ProxyNca().of(embeddings, proxies, labels);
 * }
 *
 * <p>All losses compare directions: lengths of embeddings and of proxies do not count.
 */
@FunctionalInterface
public interface ProxyLoss {
    /**
     * @param embeddings (n, d)
     * @param proxies (classes, d)
     * @param labels (n), integers from 0
     */
    Tensor of(Tensor embeddings, Tensor proxies, Tensor labels);

    /** Cosines (n, classes) of embeddings and proxies that fit. */
    static Tensor cosines(String loss, Tensor embeddings, Tensor proxies, Tensor labels) {
        if (embeddings.rank() != 2 || proxies.rank() != 2 || embeddings.size(1) != proxies.size(1) || labels.rank() != 1
                || labels.size(0) != embeddings.size(0) || embeddings.size(0) == 0 || !labels.dtype().isInteger())
            throw new ShapeException(loss + ": embeddings " + embeddings.shape() + ", proxies " + proxies.shape() + ", labels "
                    + labels.dtype() + " " + labels.shape() + "; they are (n, d), (classes, d) and class numbers (n), n above 0");
        for (long label : labels.toLongArray())
            if (label < 0 || label >= proxies.size(0))
                throw new IllegalArgumentException(loss + ": label " + label + " with " + proxies.size(0) + " proxies; labels begin at 0");
        return Similarity.normalise(embeddings).matmul(Similarity.normalise(proxies).transpose());
    }

    /** True where a class is the row's own: (n, classes). */
    static Tensor own(Tensor labels, long classes) { return labels.unsqueeze(1).eq(Tensor.arange(classes).to(labels.dtype())); }
}
