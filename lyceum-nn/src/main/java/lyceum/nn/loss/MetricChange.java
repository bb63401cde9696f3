package lyceum.nn.loss;

import java.util.Arrays;
import lyceum.ShapeException;

/**
 * What a metric of a ranking would change by if two items changed places: the weight of a pair in LambdaRank. It is a constant to derivatives.
 *
 * {@snippet :
 * double change = MetricChange.ndcg(10).of(new double[] {2, 1, 0}, new double[] {0, 3, 1})[0][1];
 * new PairwiseRankingLoss(PairwiseRankingLoss.Form.LOGISTIC).withChange(MetricChange.ndcg(10));
 * }
 *
 * @see PairwiseRankingLoss#change
 */
@FunctionalInterface
public interface MetricChange {

    /**
     * @param scores of one query's items
     * @param relevance of the same items; NaN for a place without one
     * @return {@code [i][j]}, at least 0, symmetric: items ranked by falling score, i and j swapped
     */
    double[][] of(double[] scores, double[] relevance);

    /**
     * {@code |2^y_i - 2^y_j| |D(rank i) - D(rank j)| / best}, with {@code D(r) = 1 / log2(r + 1)} for ranks up to k and 0 below; best is the largest DCG
     * there is, and the change 0 where that is 0. Equal scores rank by their order.
     *
     * @param k counted from the top; {@link Integer#MAX_VALUE} for all
     * @see <a href="https://www.microsoft.com/en-us/research/publication/from-ranknet-to-lambdarank-to-lambdamart-an-overview/">Burges (2010)</a>
     */
    static MetricChange ndcg(int k) {
        if (k < 1) throw new IllegalArgumentException("MetricChange.ndcg: k is " + k + "; it is at least 1");
        return (scores, relevance) -> {
            int n = scores.length;
            if (relevance.length != n)
                throw new ShapeException("MetricChange.ndcg: " + n + " scores and " + relevance.length + " relevances");
            double[] gain = new double[n], discount = new double[n];
            for (int i = 0; i < n; i++) gain[i] = Double.isNaN(relevance[i]) ? 0 : Math.pow(2, relevance[i]) - 1;
            for (int i = 0; i < n; i++) {
                int rank = 1;
                for (int j = 0; j < n; j++)
                    if (!Double.isNaN(relevance[j]) && (scores[j] > scores[i] || scores[j] == scores[i] && j < i)) rank++;
                discount[i] = rank > k ? 0 : 1 / log2(rank + 1);
            }
            var ideal = gain.clone();
            Arrays.sort(ideal);
            double best = 0;
            for (int r = 1; r <= Math.min(k, n); r++) best += ideal[n - r] / log2(r + 1);
            var change = new double[n][n];
            if (best > 0) for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) change[i][j] = Math.abs((gain[i] - gain[j]) * (discount[i] - discount[j])) / best;
            return change;
        };
    }

    private static double log2(double x) { return Math.log(x) / Math.log(2); }
}
