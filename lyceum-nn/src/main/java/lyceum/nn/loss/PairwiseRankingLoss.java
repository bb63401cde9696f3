package lyceum.nn.loss;

import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Of two items the preferred one shall score higher: a falling function of the difference {@code s_i - s_j}.
 *
 * {@snippet :
 * var relevance = Tensor.of(3.0, 0.0, 2.0, 0.0, 1.0);
 * var scores = Tensor.of(0.2, 1.1, 0.4, -0.3, 0.0);
 * var loss = new PairwiseRankingLoss(PairwiseRankingLoss.Form.LOGISTIC);             // RankNet
 * loss.of(scores, relevance);                                                        // the items of a query
 * loss.ofPairs(Tensor.of(0.2, 0.4), Tensor.of(1.1, 0.4));                            // preferred ones, others
 * loss.withChange(MetricChange.ndcg(5)).of(scores, relevance);                       // LambdaRank
 * loss.withPairs(10).of(scores, relevance, Rng.of(1));                               // ten pairs of the query, drawn
 * double wrong = PairwiseRankingLoss.wrongPairs(scores, relevance);                  // 1 - AUC where relevance is 0 and 1
 * }
 *
 * <p>A query's loss is the average over its pairs, so that none drowns another: the sum divided by their number, or with a metric change by nothing, as
 * LambdaRank's weights say already what a pair is worth. Queries without a pair have loss 0; the reduction is over queries.
 *
 * @param form of the falling function
 * @param margin of the hinge, at least 0
 * @param change weights pairs by what swapping them would do to a metric; null for equal weights
 * @param ties what items of equal relevance count
 * @param pairs drawn of a query with replacement; 0 for all of them
 * @param reduction over queries, or over the pairs of {@link #ofPairs}
 * @see <a href="https://doi.org/10.1145/1102351.1102363">Burges et al. (2005): RankNet</a>
 * @see <a href="https://doi.org/10.1145/775047.775067">Joachims (2002): RankSVM</a>
 * @see <a href="https://www.jmlr.org/papers/v4/freund03a.html">Freund, Iyer, Schapire and Singer (2003): RankBoost</a>
 */
@Withers
public record PairwiseRankingLoss(Form form, double margin, MetricChange change, Ties ties, int pairs, Reduction reduction)
        implements PairwiseRankingLossWithers, Loss {
    /** Of the difference d of the scores. */
    public enum Form {
        /** {@code max(0, margin - d)}, RankSVM. */
        HINGE,
        /** {@code log(1 + exp(-d))}, RankNet: the Bradley-Terry likelihood. */
        LOGISTIC,
        /** {@code exp(-d)}, RankBoost. */
        EXPONENTIAL
    }

    /** What two items of equal relevance count. */
    public enum Ties {
        /** Nothing: they are no pair. */
        SKIP,
        /** A half for either order: they are drawn together, as by RankNet's target of 1/2. */
        HALF
    }

    public PairwiseRankingLoss {
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(ties, "ties");
        Objects.requireNonNull(reduction, "reduction");
        if (!(margin >= 0 && margin < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("PairwiseRankingLoss: margin is " + margin + "; it is at least 0");
        if (pairs < 0) throw new IllegalArgumentException("PairwiseRankingLoss: pairs is " + pairs + "; it is at least 1, or 0 for all");
    }

    /** Margin 1, all pairs alike, ties skipped, the mean. */
    public PairwiseRankingLoss(Form form) { this(form, 1, null, Ties.SKIP, 0, Reduction.MEAN); }

    /** The loss of given pairs, of one shape: PyTorch's MarginRankingLoss, whose margin is 0 by default, with the hinge. */
    public Tensor ofPairs(Tensor preferred, Tensor other) {
        if (!preferred.shape().equals(other.shape()))
            throw new ShapeException("PairwiseRankingLoss: preferred " + preferred.shape() + " and other " + other.shape() + " differ");
        return reduction.of(losses(preferred.sub(other)));
    }

    private Tensor losses(Tensor d) {
        return switch (form) {
            case HINGE -> d.rsub(margin).relu();
            case LOGISTIC -> d.neg().softplus();
            case EXPONENTIAL -> d.neg().exp();
        };
    }

    /**
     * The loss over all pairs of each query.
     *
     * @param scores (items) or (queries, items)
     * @param relevance of that shape, larger is better; NaN for a place without an item
     * @throws IllegalArgumentException if pairs are to be drawn, which wants an Rng
     */
    @Override public Tensor of(Tensor scores, Tensor relevance) {
        if (pairs > 0) throw new IllegalArgumentException("PairwiseRankingLoss: " + pairs + " pairs are to be drawn; give an Rng as well");
        return of(scores, relevance, null);
    }

    /** As {@link #of(Tensor, Tensor)}, over {@link #pairs} of them drawn by {@code rng}. */
    public Tensor of(Tensor scores, Tensor relevance, Rng rng) {
        if (!scores.shape().equals(relevance.shape()) || scores.rank() < 1 || scores.rank() > 2 || scores.count() == 0)
            throw new ShapeException("PairwiseRankingLoss: scores " + scores.shape() + " and relevance " + relevance.shape()
                    + "; both are (items) or (queries, items), not empty");
        if (scores.rank() == 1) return reduction.of(queries(scores.unsqueeze(0), relevance.unsqueeze(0), rng));
        return reduction.of(queries(scores, relevance, rng));
    }

    private Tensor queries(Tensor scores, Tensor relevance, Rng rng) {
        var preference = preference(relevance.to(scores.dtype()));
        var counts = preference.sum(new int[] {1, 2}, true);
        var weights = pairs == 0 ? preference : drawn(preference, counts, rng);
        if (change == null) weights = weights.div(pairs == 0 ? counts.maximum(0.5) : Tensor.scalar(pairs).to(scores.dtype()));
        else weights = weights.mul(changes(scores, relevance)).mul(pairs == 0 ? counts.onesLike() : counts.div(pairs));
        var present = relevance.isNaN().not();
        var s = present.where(scores, scores.zerosLike());
        var d = s.unsqueeze(2).sub(s.unsqueeze(1));
        return losses(weights.eq(0).where(d.zerosLike(), d)).mul(weights).sum(1, 2); // exp(-d) of no pair may be infinite
    }

    /** (queries, items, items): 1 where item i is preferred to item j, a half where they tie, if ties count. */
    private Tensor preference(Tensor y) {
        Tensor mine = y.unsqueeze(2), other = y.unsqueeze(1);
        var preferred = mine.gt(other).to(y.dtype());
        if (ties == Ties.SKIP) return preferred;
        return preferred.add(mine.eq(other).to(y.dtype()).mul(Tensor.eye(y.dtype(), y.size(1)).rsub(1)).mul(0.5));
    }

    /** How often each pair was drawn; a tie's two orders make up one pair. */
    private Tensor drawn(Tensor preference, Tensor counts, Rng rng) {
        Objects.requireNonNull(rng, "rng");
        double[] all = preference.toDoubleArray(), totals = counts.toDoubleArray(), times = new double[all.length];
        int each = all.length / totals.length;
        for (int q = 0; q < totals.length; q++) {
            if (totals[q] == 0) continue;
            var sums = new double[each];
            double sum = 0;
            for (int i = 0; i < each; i++) sums[i] = sum += all[q * each + i];
            for (int draw = 0; draw < pairs; draw++) {
                double u = rng.nextDouble() * sum;
                int low = 0, high = each - 1; // the first place whose running sum is above u
                while (low < high) {
                    int middle = (low + high) >>> 1;
                    if (sums[middle] > u) high = middle;
                    else low = middle + 1;
                }
                times[q * each + low]++;
            }
        }
        return Tensor.of(times, preference.shape().toArray()).to(preference.dtype());
    }

    private Tensor changes(Tensor scores, Tensor relevance) {
        return Autograd.noGrad(() -> {
            double[][] s = scores.toRows(), y = relevance.toRows();
            int n = s[0].length;
            var all = new double[s.length * n * n];
            for (int q = 0; q < s.length; q++) {
                var of = change.of(s[q], y[q]);
                for (int i = 0; i < n; i++) System.arraycopy(of[i], 0, all, (q * n + i) * n, n);
            }
            return Tensor.of(all, s.length, n, n).to(scores.dtype());
        });
    }

    /** Share of a query's pairs that the scores order wrongly, equal scores counted half: the zero-one loss. NaN without a pair. O(n^2). */
    public static double wrongPairs(Tensor scores, Tensor relevance) {
        if (!scores.shape().equals(relevance.shape()) || scores.rank() != 1)
            throw new ShapeException("wrongPairs: scores " + scores.shape() + " and relevance " + relevance.shape() + "; both are (items)");
        double[] s = scores.to(DType.F64).toDoubleArray(), y = relevance.to(DType.F64).toDoubleArray();
        long twice = 0, pairs = 0;
        for (int i = 0; i < s.length; i++) for (int j = 0; j < s.length; j++) if (y[i] > y[j]) {
            pairs++;
            twice += s[i] < s[j] ? 2 : s[i] == s[j] ? 1 : 0;
        }
        return pairs == 0 ? Double.NaN : twice / 2.0 / pairs;
    }
}
