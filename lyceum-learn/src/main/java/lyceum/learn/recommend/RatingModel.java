package lyceum.learn.recommend;

import lyceum.tensor.Csr;

/** A {@link Recommender} whose scores are ratings, in the unit of those it was fitted to. */
public interface RatingModel extends Recommender {
    /** The rating to be expected of this user for this item. */
    double predict(int user, int item);

    @Override default double[] scores(int user) {
        var all = new double[items()];
        for (int i = 0; i < all.length; i++) all[i] = predict(user, i);
        return all;
    }

    /** Root mean squared error over the entries of {@code ratings}. */
    default double rmse(Csr ratings) {
        var rows = SparseRows.checked("rmse", ratings);
        double sum = 0;
        for (int u = 0; u < rows.count(); u++) {
            if (rows.start()[u] == rows.start()[u + 1]) continue;
            var all = scores(u);
            for (int e = rows.start()[u]; e < rows.start()[u + 1]; e++) {
                double error = rows.value()[e] - all[rows.column()[e]];
                sum += error * error;
            }
        }
        return Math.sqrt(sum / rows.value().length);
    }
}
