package lyceum.nn.loss;

import java.util.Objects;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Similarity;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A yes or no for every pair of two batches: {@code 1/n sum_ij softplus(-z_ij (exp(logScale) x_i . y_j + bias))} with z 1 where i = j and -1 elsewhere.
 * No decision knows of another, so that the loss is a sum over blocks of the matrix of similarities, and one block at a time is enough.
 *
 * <pre>{@code
 * var logScale = Tensor.scalar(Math.log(10)).requiresGrad();
 * var bias = Tensor.scalar(-10).requiresGrad();
 * var loss = new SigmoidContrastiveLoss(logScale, bias).withChunk(512);
 * loss.of(images, texts).backward();
 * }</pre>
 *
 * @param logScale a scalar, the logarithm of what similarities are multiplied by
 * @param bias a scalar, added to each: well below 0 at the start, since but one pair in n is true
 * @param normalised compares by cosine; false for the dot product
 * @param chunk side of the blocks, each computed again for its gradient, which keeps {@code chunk^2} similarities instead of {@code n^2}; 0 for all at once
 * @see <a href="https://arxiv.org/abs/2303.15343">Zhai, Mustafa, Kolesnikov and Beyer (2023)</a>
 */
@Withers
public record SigmoidContrastiveLoss(Tensor logScale, Tensor bias, boolean normalised, int chunk)
        implements SigmoidContrastiveLossWithers, Loss {
    public SigmoidContrastiveLoss {
        Objects.requireNonNull(logScale, "logScale");
        Objects.requireNonNull(bias, "bias");
        if (logScale.count() != 1 || bias.count() != 1) throw new ShapeException(
                "SigmoidContrastiveLoss: logScale " + logScale.shape() + ", bias " + bias.shape() + "; both are scalars");
        if (chunk < 0)
            throw new IllegalArgumentException("SigmoidContrastiveLoss: chunk is " + chunk + "; it is at least 1, or 0 for all at once");
    }

    /** Of cosines, all at once. */
    public SigmoidContrastiveLoss(Tensor logScale, Tensor bias) { this(logScale, bias, true, 0); }

    /** The paper's start, fixed: a scale of 10 and a bias of -10. */
    public SigmoidContrastiveLoss() { this(Tensor.scalar(Math.log(10)), Tensor.scalar(-10)); }

    /** @param x (n, d) @param y (n, d), whose row i is the partner of row i */
    @Override public Tensor of(Tensor x, Tensor y) {
        if (x.rank() != 2 || !x.shape().equals(y.shape()) || x.count() == 0)
            throw new ShapeException("SigmoidContrastiveLoss: " + x.shape() + " and " + y.shape() + "; both are (n, d), not empty");
        Tensor u = normalised ? Similarity.normalise(x) : x, v = normalised ? Similarity.normalise(y) : y;
        long n = u.size(0), side = chunk == 0 ? n : Math.min(chunk, n);
        if (side == n) return block(u, v, true).div(n);
        Tensor sum = null;
        for (long i = 0; i < n; i += side) {
            for (long j = 0; j < n; j += side) {
                var texts = v.narrow(0, j, Math.min(side, n - j));
                boolean diagonal = i == j;
                var block = Autograd.checkpoint(rows -> block(rows, texts, diagonal), u.narrow(0, i, Math.min(side, n - i)));
                sum = sum == null ? block : sum.add(block);
            }
        }
        return sum.div(n);
    }

    /** The sum over a block of pairs, the true ones of which are on its diagonal or nowhere. */
    private Tensor block(Tensor u, Tensor v, boolean diagonal) {
        var logits = logits(u, v);
        if (!diagonal) return logits.softplus().sum();
        var signs = Tensor.eye(logits.dtype(), u.size(0)).mul(-2).add(1);
        return logits.mul(signs).softplus().sum();
    }

    /** {@code exp(logScale) x . y + bias} of unit vectors as they are, (n, m): their sigmoid is the probability of a pair. */
    public Tensor logits(Tensor x, Tensor y) {
        var type = x.dtype();
        return x.matmul(y.transpose()).mul(logScale.to(type).reshape().exp()).add(bias.to(type).reshape());
    }
}
