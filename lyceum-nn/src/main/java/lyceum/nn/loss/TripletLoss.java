package lyceum.nn.loss;

import java.util.Objects;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The positive shall be nearer to the anchor than the negative, by a margin: {@code max(0, d(a, p) - d(a, n) + margin)}.
 *
 * {@snippet :
 * new TripletLoss().of(anchor, positive, negative).backward();                       // (n, d) each, as PyTorch's TripletMarginLoss
 * var loss = new TripletLoss().withMargin(0.2).withDistance(PairDistance.COSINE).withMining(TripletMining.SEMI_HARD);
 * loss.of(embeddings, labels).backward();                                            // (n, d) and (n): triplets found in the batch
 * int active = loss.withMining(TripletMining.ALL).mine(embeddings, labels).count();
 * }
 *
 * <p>A satisfied triplet has loss 0 and gradient 0. Over a batch, mining looks at all n^2 distances, unrecorded, and at up to n^3 triplets; the loss
 * is then taken over the triplets found, and is 0 where there are none.
 *
 * @param margin at least 0; 1 by default
 * @param distance Euclidean by default
 * @param swap takes the smaller of {@code d(a, n)} and {@code d(p, n)} (Balntas et al. 2016)
 * @param soft {@code log(1 + exp(d(a, p) - d(a, n)))} in place of the hinge, without margin: it never stops pulling (Hermans et al. 2017)
 * @param mining of batches with labels
 * @param reduction {@link Reduction#NONE} gives one loss a triplet
 * @see <a href="https://arxiv.org/abs/1503.03832">Schroff, Kalenichenko and Philbin (2015)</a>
 */
@Withers
public record TripletLoss(double margin, PairDistance distance, boolean swap, boolean soft, TripletMining mining, Reduction reduction)
        implements TripletLossWithers, Loss {
    public TripletLoss {
        if (!(margin >= 0 && margin < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("TripletLoss: margin is " + margin + "; it is at least 0");
        Objects.requireNonNull(distance, "distance");
        Objects.requireNonNull(mining, "mining");
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Margin 1, Euclidean, the mean; batches by their semi-hard triplets. */
    public TripletLoss() { this(1, PairDistance.norm(2), false, false, TripletMining.SEMI_HARD, Reduction.MEAN); }

    /** The loss of given triplets, all of one shape (n, d), or (d) for a single one. */
    public Tensor of(Tensor anchor, Tensor positive, Tensor negative) {
        if (anchor.rank() == 0 || !anchor.shape().equals(positive.shape()) || !anchor.shape().equals(negative.shape()))
            throw new ShapeException("TripletLoss: anchors " + anchor.shape() + ", positives " + positive.shape() + " and negatives "
                    + negative.shape() + "; all are (n, d)");
        Tensor near = distance.between(anchor, positive), far = distance.between(anchor, negative);
        if (swap) far = far.minimum(distance.between(positive, negative));
        var excess = near.sub(far);
        var losses = soft ? excess.softplus() : excess.add(margin).relu();
        return reduction.of(losses);
    }

    /**
     * The loss of the triplets that {@link #mining} finds.
     *
     * @param embeddings (n, d)
     * @param labels (n), integers: rows of one label are alike
     */
    @Override public Tensor of(Tensor embeddings, Tensor labels) {
        var found = mine(embeddings, labels);
        if (found.count() == 0) return reduction == Reduction.NONE ? embeddings.narrow(0, 0, 0).sum(1) : embeddings.narrow(0, 0, 0).sum();
        return of(embeddings.rows(found.anchors()), embeddings.rows(found.positives()), embeddings.rows(found.negatives()));
    }

    /** The triplets of a batch, by anchor, positive and negative ascending. */
    public Triplets mine(Tensor embeddings, Tensor labels) {
        if (embeddings.rank() != 2 || labels.rank() != 1 || labels.size(0) != embeddings.size(0)) throw new ShapeException(
                "TripletLoss: embeddings " + embeddings.shape() + " and labels " + labels.shape() + "; they are (n, d) and (n)");
        var between = Autograd.noGrad(() -> distance.between(embeddings.unsqueeze(1), embeddings.unsqueeze(0)).toRows());
        var found = new Triplets.Found();
        mining.mine(between, labels.toLongArray(), this, found);
        return found.triplets();
    }
}
