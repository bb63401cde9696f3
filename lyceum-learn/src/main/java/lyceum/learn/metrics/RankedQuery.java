package lyceum.learn.metrics;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.stats.Correlation;
import lyceum.tensor.Tensor;

/**
 * The items of one query, with their relevance and a model's scores. Items of equal score stand in random order: all measures but average precision, which counts
 * ties as one threshold, are expectations over it.
 *
 * @param relevance at least 0 and finite; items above 0 are relevant
 * @param scores larger is higher up
 */
public record RankedQuery(double[] relevance, double[] scores) {

    /** What an item of relevance r is worth. */
    public enum Gain {
        /** {@code r}, as in scikit-learn. */
        LINEAR,
        /** {@code 2^r - 1}, as in LightGBM: the best items count far more. */
        EXPONENTIAL;

        double of(double relevance) { return this == LINEAR ? relevance : Math.pow(2, relevance) - 1; }
    }

    public RankedQuery {
        if (relevance.length != scores.length || scores.length == 0)
            throw new ShapeException("RankedQuery: " + relevance.length + " relevances and " + scores.length + " scores");
        for (int i = 0; i < scores.length; i++) {
            if (!(relevance[i] >= 0 && relevance[i] < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("RankedQuery: relevance " + i + " is " + relevance[i] + "; it is finite and at least 0");
            if (Double.isNaN(scores[i])) throw new IllegalArgumentException("RankedQuery: score " + i + " is NaN");
        }
    }

    /**
     * Discounted gain of the first k, {@code sum_i gain(r_i) / log2(i + 1)} for the item at rank i, over that of the best order; NaN without relevant items.
     *
     * @param k at least 1; beyond the number of items it means all
     * @see <a href="https://doi.org/10.1145/582415.582418">Järvelin and Kekäläinen (2002)</a>
     */
    public double ndcg(int k, Gain gain) {
        if (k < 1) throw new IllegalArgumentException("ndcg: k is " + k + "; it is at least 1");
        return dcg(k, gain) / new RankedQuery(relevance, relevance).dcg(k, gain);
    }

    /** All items, linear gains. */
    public double ndcg() { return ndcg(scores.length, Gain.LINEAR); }

    /** The discounted gain of the first k by itself. */
    public double dcg(int k, Gain gain) {
        int[] order = descending();
        double sum = 0;
        for (int i = 0; i < order.length && i < k;) {
            int end = tiesEnd(order, i);
            double gains = 0, discounts = 0;
            for (int j = i; j < end; j++) {
                gains += gain.of(relevance[order[j]]);
                if (j < k) discounts += 1 / log2(j + 2);
            }
            sum += gains / (end - i) * discounts;
            i = end;
        }
        return sum;
    }

    private static double log2(double v) { return Math.log(v) / Math.log(2); }

    /** The mean over relevant items of the precision at their score; NaN without relevant items. */
    public double averagePrecision() { return relevantItems() == 0 ? Double.NaN : AveragePrecision.of(relevant(), scores, null); }

    /** One over the rank of the first relevant item; NaN without relevant items. */
    public double reciprocalRank() {
        if (relevantItems() == 0) return Double.NaN;
        int[] order = descending();
        for (int i = 0, end; i < order.length; i = end) {
            end = tiesEnd(order, i);
            int size = end - i, hits = 0;
            for (int j = i; j < end; j++) if (relevance[order[j]] > 0) hits++;
            if (hits == 0) continue;
            // Place by place through the tie: that no hit came before, times that one comes now.
            double none = 1, sum = 0;
            for (int j = 0; j <= size - hits; j++) {
                double now = (double) hits / (size - j);
                sum += none * now / (i + j + 1);
                none *= 1 - now;
            }
            return sum;
        }
        throw new AssertionError("no item is relevant");
    }

    /** Share of relevant items among the first k, at most all. */
    public double precisionAt(int k) { return RankingMetrics.precisionAtK(relevant(), scores, Math.min(k, scores.length)); }

    /** Share of the relevant items that stand among the first k; NaN without relevant items. */
    public double recallAt(int k) { return RankingMetrics.recallAtK(relevant(), scores, Math.min(k, scores.length)); }

    /** Kendall's tau-b of scores and relevance; NaN where one of them is constant or there are fewer than 3 items. */
    public double kendall() { return scores.length < 3 ? Double.NaN : Correlation.kendall(scores, relevance).statistic(); }

    /** Spearman's rank correlation of scores and relevance, midranks for ties; NaN likewise. */
    public double spearman() { return scores.length < 3 ? Double.NaN : Correlation.spearman(scores, relevance).statistic(); }

    private boolean[] relevant() {
        var relevant = new boolean[relevance.length];
        for (int i = 0; i < relevant.length; i++) relevant[i] = relevance[i] > 0;
        return relevant;
    }

    private int relevantItems() { return (int) Arrays.stream(relevance).filter(r -> r > 0).count(); }

    private int[] descending() {
        int n = scores.length;
        int[] up = Tensor.of(scores).argsort(0).toIntArray(), down = new int[n];
        for (int i = 0; i < n; i++) down[i] = up[n - 1 - i];
        return down;
    }

    private int tiesEnd(int[] order, int i) {
        int end = i + 1;
        while (end < order.length && scores[order[end]] == scores[order[i]]) end++;
        return end;
    }
}
