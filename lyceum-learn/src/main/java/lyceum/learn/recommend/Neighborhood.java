package lyceum.learn.recommend;

import java.util.Arrays;
import java.util.Objects;
import lyceum.backend.Parallel;
import lyceum.tensor.Csr;
import lyceum.withers.Withers;

/**
 * Collaborative filtering by likeness of users or of items, the baseline older than factors. With ratings centred by their row's mean m,
 *
 * <pre>
 * r_ui ~ m_u + sum over the k likest v of s_uv (r_vi - m_v) / sum |s_uv|          (users; for items the table is turned)
 * </pre>
 *
 * where s is the cosine of the centred rows over the columns that both rated, times {@code n / (n + shrinkage)} for n common columns. Not
 * centred, for clicks, the score is {@code sum s_uv r_vi} and s the cosine of whole rows. Time {@code O(rows^2)} and memory {@code rows k}.
 *
 * @param neighbors k, at least 1; 40 by default
 * @param side whose likeness counts
 * @param centred true for ratings, false for clicks
 * @param shrinkage at least 0, 10 by default: doubts likeness from few common columns
 * @see <a href="https://doi.org/10.1145/371920.372071">Sarwar, Karypis, Konstan and Riedl (2001): items</a>
 */
@Withers
public record Neighborhood(int neighbors, Side side, boolean centred, double shrinkage) implements NeighborhoodWithers {
    /** Who is compared. */
    public enum Side {
        USERS, ITEMS
    }

    public Neighborhood {
        if (neighbors < 1) throw new IllegalArgumentException("Neighborhood: neighbors is " + neighbors + "; it is at least 1");
        Objects.requireNonNull(side, "side");
        if (!(shrinkage >= 0)) throw new IllegalArgumentException("Neighborhood: shrinkage is " + shrinkage + "; it is at least 0");
    }

    public Neighborhood(Side side) { this(40, side, true, 10); }

    public Fitted fit(Csr ratings) {
        var rows = SparseRows.checked("Neighborhood.fit", side == Side.USERS ? ratings : ratings.transpose());
        int n = rows.count();
        double all = rows.mean();
        double[] means = new double[n], value = rows.value().clone(), norm = new double[n];
        for (int i = 0; i < n; i++) {
            int from = rows.start()[i], to = rows.start()[i + 1];
            if (centred) {
                for (int e = from; e < to; e++) means[i] += value[e] / (to - from);
                if (from == to) means[i] = all;
                for (int e = from; e < to; e++) value[e] -= means[i];
            }
            for (int e = from; e < to; e++) norm[i] += value[e] * value[e];
        }
        var likeness = new double[n][n];
        Parallel.range(n, 4, (first, last) -> {
            var dense = new double[rows.width()];
            var here = new boolean[rows.width()];
            for (int i = (int) first; i < last; i++) {
                for (int e = rows.start()[i]; e < rows.start()[i + 1]; e++) {
                    dense[rows.column()[e]] = value[e];
                    here[rows.column()[e]] = true;
                }
                for (int j = 0; j < n; j++) likeness[i][j] = i == j ? 0 : likeness(rows, value, norm, dense, here, norm[i], j);
                Arrays.fill(dense, 0);
                Arrays.fill(here, false);
            }
        });
        return new Fitted(this, (int) ratings.rows(), (int) ratings.columns(), rows.start(), rows.column(), value, means, likeness);
    }

    private double likeness(SparseRows rows, double[] value, double[] norm, double[] dense, boolean[] here, double own, int j) {
        double dot = 0, a = 0, b = 0;
        int common = 0;
        for (int e = rows.start()[j]; e < rows.start()[j + 1]; e++) {
            int c = rows.column()[e];
            if (!here[c]) continue;
            dot += dense[c] * value[e];
            a += dense[c] * dense[c];
            b += value[e] * value[e];
            common++;
        }
        if (!centred) {
            a = own;
            b = norm[j];
        }
        return a == 0 || b == 0 ? 0 : dot / Math.sqrt(a * b) * common / (common + shrinkage);
    }

    /**
     * Rows are those of the compared side.
     *
     * @param start of each row's entries
     * @param column of each entry
     * @param value of each entry, centred if asked for
     * @param means of each row
     * @param likeness (rows x rows), 0 on the diagonal
     */
    public record Fitted(Neighborhood learner, int users, int items, int[] start, int[] column, double[] value, double[] means,
            double[][] likeness) implements RatingModel {
        @Override public double predict(int user, int item) {
            boolean byUser = learner.side == Side.USERS;
            if (user < 0 || user >= users || item < 0 || item >= items)
                throw new IndexOutOfBoundsException("user " + user + " and item " + item + "; there are " + users + " and " + items);
            int row = byUser ? user : item, of = byUser ? item : user;
            double[] near = likeness[row];
            // The k likest of those that have an entry in this column, by insertion.
            double[] best = new double[learner.neighbors], theirs = new double[learner.neighbors];
            int found = 0;
            for (int j = 0; j < near.length; j++) {
                if (!(near[j] > 0) || found == best.length && near[j] <= best[found - 1]) continue;
                int e = Arrays.binarySearch(column, start[j], start[j + 1], of);
                if (e < 0) continue;
                int at = found < best.length ? found++ : found - 1;
                for (; at > 0 && best[at - 1] < near[j]; at--) {
                    best[at] = best[at - 1];
                    theirs[at] = theirs[at - 1];
                }
                best[at] = near[j];
                theirs[at] = value[e];
            }
            double sum = 0, weight = 0;
            for (int c = 0; c < found; c++) {
                sum += best[c] * theirs[c];
                weight += best[c];
            }
            return learner.centred ? means[row] + (weight == 0 ? 0 : sum / weight) : sum;
        }
    }
}
