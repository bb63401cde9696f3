package lyceum.models.ssl;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * How well the nearest items of a query are of its class, each item in turn being the query and never its own answer. With R the number of others of its class,
 * MAP@R is the mean over queries of {@code 1/R sum over ranks i up to R of precision(i) [item i is of the class]}; it sees what recall@1 does not, whether all
 * of a class come first (Musgrave, Belongie and Lim 2020).
 *
 * {@snippet :
 * var score = RetrievalScore.of(Tensor.randn(rng, 100, 8), new int[100], EmbeddingSearch.exact(), 1, 10);
 * score.recallAt(10);
 * }
 *
 * @param ks of recall, ascending
 * @param recall shares of queries with one of their class among the k nearest
 * @param mapAtR mean average precision at R
 * @param rPrecision mean share of the class among the R nearest
 * @param queries items whose class has another
 * @see <a href="https://arxiv.org/abs/2003.08505">Musgrave, Belongie and Lim (2020), section 3</a>
 */
public record RetrievalScore(int[] ks, double[] recall, double mapAtR, double rPrecision, int queries) {
    /**
     * @param embeddings (n, d)
     * @param labels one a row, from 0
     * @param search exact for the truth; what an approximate index misses counts as wrong
     */
    public static RetrievalScore of(Tensor embeddings, int[] labels, EmbeddingSearch search, int... ks) {
        if (embeddings.rank() != 2 || embeddings.size(0) != labels.length) throw new ShapeException(
                "RetrievalScore: embeddings " + embeddings.shape() + " and " + labels.length + " labels; they are (n, d) and n");
        int[] sorted = Arrays.stream(ks).sorted().toArray();
        if (sorted.length > 0 && sorted[0] < 1)
            throw new IllegalArgumentException("RetrievalScore: k is " + sorted[0] + "; it is at least 1");
        var counts = new int[Arrays.stream(labels).max().orElse(0) + 1];
        for (int label : labels) counts[label]++;
        int deepest = Math.max(sorted.length == 0 ? 1 : sorted[sorted.length - 1], Arrays.stream(counts).max().orElse(1) - 1);
        int[][] nearest = search.over(embeddings).nearest(embeddings, Math.min(labels.length, deepest + 1)).rows();
        var recall = new double[sorted.length];
        double map = 0, precision = 0;
        int queries = 0;
        for (int i = 0; i < labels.length; i++) {
            int r = counts[labels[i]] - 1;
            if (r == 0) continue;
            queries++;
            int rank = 0, right = 0, first = Integer.MAX_VALUE, rightInR = 0;
            double average = 0;
            for (int row : nearest[i]) {
                if (row == i) continue;
                rank++;
                if (labels[row] != labels[i]) continue;
                right++;
                first = Math.min(first, rank);
                if (rank > r) continue;
                rightInR = right;
                average += (double) right / rank;
            }
            map += average / r;
            precision += (double) rightInR / r;
            for (int k = 0; k < recall.length; k++) if (first <= sorted[k]) recall[k]++;
        }
        if (queries == 0) throw new IllegalArgumentException("RetrievalScore: no class has two items");
        for (int k = 0; k < recall.length; k++) recall[k] /= queries;
        return new RetrievalScore(sorted, recall, map / queries, precision / queries, queries);
    }

    /** @param k one of {@link #ks} */
    public double recallAt(int k) {
        int at = Arrays.binarySearch(ks, k);
        if (at < 0) throw new IllegalArgumentException("recallAt: k is " + k + "; measured were " + Arrays.toString(ks));
        return recall[at];
    }
}
