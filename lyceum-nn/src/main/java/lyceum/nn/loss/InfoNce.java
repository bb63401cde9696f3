package lyceum.nn.loss;

import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Similarity;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Contrastive loss: pick the partner out of many by similarity, {@code -log exp(s_ii / t) / sum_j exp(s_ij / t)}.
 *
 * {@snippet :
 * var loss = new InfoNce(0.1);
 * loss.inBatch(queries, keys).loss().backward();                 // (n, d) each: the other keys are the negatives
 * loss.twoViews(first, second).loss();                           // NT-Xent of SimCLR: 2n - 1 candidates
 * loss.symmetric(images, texts).loss();                          // CLIP: rows and columns
 * loss.against(queries, keys, queue.keys()).loss();              // MoCo: the negatives come from a queue
 *
 * var scale = Tensor.scalar(Math.log(1 / 0.07)).requiresGrad();  // learned, as CLIP's logit_scale; keep it below log 100
 * new InfoNce().withLogScale(scale).symmetric(images, texts);
 * }
 *
 * <p>A mask of false negatives is true where a candidate is not to count against a query, as for duplicates in the batch; the partner always counts.
 *
 * @param temperature t, above 0
 * @param normalised compares by cosine; false for the dot product
 * @param logScale a scalar: multiplies similarities by its exponential in place of dividing by the temperature; null for a fixed one
 * @param reduction {@link Reduction#NONE} gives one loss a query
 * @see <a href="https://arxiv.org/abs/1807.03748">van den Oord, Li and Vinyals (2018)</a>
 * @see <a href="https://arxiv.org/abs/2002.05709">Chen, Kornblith, Norouzi and Hinton (2020): two views</a>
 */
@Withers
public record InfoNce(double temperature, boolean normalised, Tensor logScale, Reduction reduction) implements InfoNceWithers, Loss {
    public InfoNce {
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("InfoNce: temperature is " + temperature + "; it is above 0");
        if (logScale != null && logScale.count() != 1)
            throw new ShapeException("InfoNce: logScale has shape " + logScale.shape() + "; it is a scalar");
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Cosines at this temperature. */
    public InfoNce(double temperature) { this(temperature, true, null, Reduction.MEAN); }

    /** At 0.1. */
    public InfoNce() { this(0.1); }

    /** The loss of {@link #inBatch(Tensor, Tensor)}. */
    @Override public Tensor of(Tensor queries, Tensor keys) { return inBatch(queries, keys).loss(); }

    /** Query i against all keys, of which key i is its partner: (n, d) and (n, d). */
    public Contrast inBatch(Tensor queries, Tensor keys) { return inBatch(queries, keys, null); }

    /** @param falseNegatives (n, n), booleans: no negative of query i is key j */
    public Contrast inBatch(Tensor queries, Tensor keys, Tensor falseNegatives) {
        requireAlike("inBatch", queries, keys);
        return square(scaled(compare(queries, keys)), falseNegatives);
    }

    /** Both directions: queries that pick their key and keys that pick their query, 2n rows of n candidates (CLIP). */
    public Contrast symmetric(Tensor queries, Tensor keys) { return symmetric(queries, keys, null); }

    /** @param falseNegatives (n, n), of query i and key j, for both directions */
    public Contrast symmetric(Tensor queries, Tensor keys, Tensor falseNegatives) {
        requireAlike("symmetric", queries, keys);
        var logits = scaled(compare(queries, keys));
        Contrast rows = square(logits, falseNegatives),
                columns = square(logits.transpose(), falseNegatives == null ? null : falseNegatives.transpose());
        return new Contrast(Tensor.concat(0, rows.logits(), columns.logits()), Tensor.concat(0, rows.partners(), columns.partners()),
                reduction);
    }

    /** NT-Xent: each of the 2n views picks the other view of its own among all but itself, 2n rows of 2n - 1 candidates. */
    public Contrast twoViews(Tensor first, Tensor second) { return twoViews(first, second, null); }

    /** @param falseNegatives (2n, 2n), of the first views before the second ones */
    public Contrast twoViews(Tensor first, Tensor second, Tensor falseNegatives) {
        requireAlike("twoViews", first, second);
        long n = first.size(0);
        var all = Tensor.concat(0, first, second);
        var partners = Tensor.arange(2 * n).add(n).mod(2 * n);
        var logits = masked(scaled(compare(all, all)), falseNegatives, partners);
        // Row i without its own column: those before it, then those after it.
        var others = Tensor.arange(2 * n - 1).unsqueeze(0).add(0L).expand(2 * n, 2 * n - 1);
        var self = Tensor.arange(2 * n).unsqueeze(1);
        others = others.add(others.ge(self).to(DType.I64));
        return new Contrast(logits.gather(1, others), partners.sub(partners.gt(Tensor.arange(2 * n)).to(DType.I64)), reduction);
    }

    /** Query i, its key i, and negatives for all queries (m, d), or for each (n, m, d): n rows of 1 + m candidates, the partner first. */
    public Contrast against(Tensor queries, Tensor keys, Tensor negatives) { return against(queries, keys, negatives, null); }

    /** @param falseNegatives (n, m), of query i and negative j */
    public Contrast against(Tensor queries, Tensor keys, Tensor negatives, Tensor falseNegatives) {
        requireAlike("against", queries, keys);
        if (negatives.size(-1) != queries.size(1) || negatives.rank() < 2 || negatives.rank() > 3
                || negatives.rank() == 3 && negatives.size(0) != queries.size(0))
            throw new ShapeException("InfoNce.against: negatives " + negatives.shape() + " for queries " + queries.shape()
                    + "; they are (m, d) or (n, m, d)");
        Tensor q = direction(queries), k = direction(keys), others = direction(negatives);
        var positive = scaled(q.mul(k).sum(1).unsqueeze(1));
        var negative = scaled(others.rank() == 2 ? q.matmul(others.transpose()) : others.matmul(q.unsqueeze(2)).squeeze(2));
        if (falseNegatives != null) {
            requireMask(falseNegatives, negative);
            negative = negative.maskedFill(falseNegatives, Double.NEGATIVE_INFINITY);
        }
        return new Contrast(Tensor.concat(1, positive, negative), Tensor.full(DType.I64, 0L, queries.size(0)), reduction);
    }

    private Contrast square(Tensor logits, Tensor falseNegatives) {
        var partners = Tensor.arange(logits.size(0));
        return new Contrast(masked(logits, falseNegatives, partners), partners, reduction);
    }

    private static Tensor masked(Tensor logits, Tensor falseNegatives, Tensor partners) {
        if (falseNegatives == null) return logits;
        requireMask(falseNegatives, logits);
        var partner = Tensor.arange(logits.size(1)).eq(partners.unsqueeze(1));
        return logits.maskedFill(falseNegatives.and(partner.not()), Double.NEGATIVE_INFINITY);
    }

    private static void requireMask(Tensor mask, Tensor similarities) {
        if (!mask.shape().equals(similarities.shape()))
            throw new ShapeException("InfoNce: false negatives " + mask.shape() + " for similarities " + similarities.shape());
    }

    private Tensor compare(Tensor x, Tensor y) { return direction(x).matmul(direction(y).transpose()); }

    private Tensor direction(Tensor x) { return normalised ? Similarity.normalise(x) : x; }

    private Tensor scaled(Tensor similarities) {
        if (logScale == null) return similarities.div(temperature);
        return similarities.mul(logScale.to(similarities.dtype()).reshape().exp());
    }

    private static void requireAlike(String form, Tensor x, Tensor y) {
        if (x.rank() != 2 || !x.shape().equals(y.shape()) || x.count() == 0)
            throw new ShapeException("InfoNce." + form + ": " + x.shape() + " and " + y.shape() + "; both are (n, d), not empty");
    }
}
