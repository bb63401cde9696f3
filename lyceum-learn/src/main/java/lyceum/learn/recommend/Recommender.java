package lyceum.learn.recommend;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.learn.metrics.RankedQuery;
import lyceum.learn.metrics.Ranking;
import lyceum.stats.learner.Model;
import lyceum.tensor.Csr;

/**
 * Scores items for the users that it was fitted on.
 *
 * {@snippet :
 * Recommender model = new ImplicitFactorization(20).fit(clicks);
 * int[] ten = model.recommend(7, 10, clicks);                     // without what user 7 has clicked
 * double recall = model.evaluate(clicks, later).recallAt(10);
 * }
 */
public interface Recommender extends Model {
    int users();

    int items();

    /** Columns of the ratings: {@link #items()}. */
    @Override default int nFeatures() { return items(); }

    /** A score of each item (items) for a user; larger is better. */
    double[] scores(int user);

    /** The n best items for a user, best first, ties in order of their numbers, without those that {@code seen} (users x items, may be null) holds. */
    default int[] recommend(int user, int n, Csr seen) {
        if (n < 0) throw new IllegalArgumentException("recommend: n is " + n + "; it is at least 0");
        if (seen != null) checkShape("recommend", seen);
        return best(scores(user), n, seen == null ? null : seen.rows(user));
    }

    /** @param seen one row of items to leave out, or null */
    static int[] best(double[] scores, int n, Csr seen) {
        var open = new boolean[scores.length];
        Arrays.fill(open, true);
        if (seen != null) for (int e = 0; e < seen.entries(); e++) open[seen.column(e)] = false;
        var order = new ArrayList<Integer>();
        for (int i = 0; i < scores.length; i++) if (open[i]) order.add(i);
        order.sort((a, b) -> Double.compare(scores[b], scores[a]));
        return order.subList(0, Math.min(n, order.size())).stream().mapToInt(Integer::intValue).toArray();
    }

    /**
     * Each user with held-out items as a query over all items outside {@code train}: {@code recallAt(k)}, {@code ndcg(k)} and the like.
     *
     * @param train users x items, left out of the ranking
     * @param heldOut users x items; entries above 0 are relevant
     */
    default Ranking evaluate(Csr train, Csr heldOut) {
        checkShape("evaluate", train);
        checkShape("evaluate", heldOut);
        SparseRows known = SparseRows.of(train), hidden = SparseRows.of(heldOut);
        var queries = new ArrayList<RankedQuery>();
        for (int u = 0; u < users(); u++) {
            if (hidden.start()[u] == hidden.start()[u + 1]) continue;
            var all = scores(u);
            var relevance = new double[items()];
            for (int e = hidden.start()[u]; e < hidden.start()[u + 1]; e++) relevance[hidden.column()[e]] = hidden.value()[e];
            double[] r = new double[items()], s = new double[items()];
            int count = 0;
            for (int i = 0; i < all.length; i++) if (!known.has(u, i)) {
                r[count] = relevance[i];
                s[count++] = all[i];
            }
            if (count > 0) queries.add(new RankedQuery(Arrays.copyOf(r, count), Arrays.copyOf(s, count)));
        }
        return new Ranking(queries, Double.NaN);
    }

    private void checkShape(String operation, Csr matrix) {
        if (matrix.rows() != users() || matrix.columns() != items()) throw new ShapeException(operation + ": a matrix of " + matrix.rows()
                + " x " + matrix.columns() + " for " + users() + " users and " + items() + " items");
    }
}
