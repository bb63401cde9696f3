package lyceum.learn.recommend;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Factors and biases: {@code mean + b_u + b_i + p_u . q_i}, a rating after {@link MatrixFactorization}, else a score.
 *
 * @param userRows factors of each user and, last, the bias (users x (k + 1)), F64
 * @param itemRows the same of each item
 * @param mean of the ratings, or 0
 * @param history the objective: before ALS and after each half-step (items first), or after each pass of descent
 * @param iterations done
 * @param converged whether ALS ended by its tolerance
 * @param learner what was fitted
 */
public record MatrixFactorizationModel(Tensor userRows, Tensor itemRows, double mean, double[] history, int iterations, boolean converged,
        Factorizer learner) implements RatingModel {
    /** A copy. */
    @Override public double[] history() { return history.clone(); }

    @Override public int users() { return (int) userRows.size(0); }

    @Override public int items() { return (int) itemRows.size(0); }

    /** (users x k). */
    public Tensor userFactors() { return userRows.narrow(1, 0, learner.factors()); }

    /** (items x k). */
    public Tensor itemFactors() { return itemRows.narrow(1, 0, learner.factors()); }

    /** (users). */
    public Tensor userBiases() { return userRows.select(1, learner.factors()); }

    /** (items). */
    public Tensor itemBiases() { return itemRows.select(1, learner.factors()); }

    @Override public double predict(int user, int item) { return rating(mean, row(userRows, "user", user), row(itemRows, "item", item)); }

    @Override public double[] scores(int user) { return scores(row(userRows, "user", user)); }

    /** Scores of all items for factors and a bias that {@link #foldIn} gave. */
    public double[] scores(double[] userRow) {
        if (userRow.length != itemRows.size(1))
            throw new ShapeException("scores: " + userRow.length + " numbers; a user has " + itemRows.size(1) + ", its bias last");
        double[] q = itemRows.toDoubleArray(), all = new double[items()];
        for (int i = 0; i < all.length; i++)
            all[i] = rating(mean, userRow, Arrays.copyOfRange(q, i * userRow.length, (i + 1) * userRow.length));
        return all;
    }

    /**
     * Factors, and last the bias, of a user who came later: the exact half-step with the items as they stand.
     *
     * @param items rated or seen, distinct
     * @param values ratings or counts
     * @throws UnsupportedOperationException after {@link BayesianPersonalizedRanking}
     */
    public double[] foldIn(int[] items, double[] values) {
        check("foldIn", items, values);
        return learner.step(itemRows.toRows(), mean).solve(items, values);
    }

    /** The same for an item that came later, of the users who rated or saw it, as they stand. */
    public double[] foldInItem(int[] users, double[] values) {
        for (int u : users) row(userRows, "user", u);
        if (users.length != values.length)
            throw new ShapeException("foldInItem: " + users.length + " users but " + values.length + " values");
        return learner.step(userRows.toRows(), mean).solve(users, values);
    }

    /**
     * What each known item adds to the forecast for {@code item}, for the user with these ratings: the forecast is linear in the values, and so
     * what the entries add and the rest (mean, biases, and the last number) sum up to it.
     *
     * @return as many numbers as entries, and last what would be forecast if no entry had anything to say
     * @see <a href="https://doi.org/10.1109/ICDM.2008.22">Hu, Koren and Volinsky (2008), section 5</a>
     */
    public double[] explain(int[] items, double[] values, int item) {
        check("explain", items, values);
        var q = row(itemRows, "item", item);
        var step = learner.step(itemRows.toRows(), mean);
        var parts = new double[items.length + 1];
        double all = rating(mean, step.solve(items, values), q), rest = all;
        for (int e = 0; e < items.length; e++) {
            parts[e] = all - rating(mean, without(step, items, values, e), q);
            rest -= parts[e];
        }
        parts[items.length] = rest;
        return parts;
    }

    /** The solution whose target at entry e alone is 0: the entry stays in the normal equations and adds nothing to the right side. */
    private static double[] without(AlsStep step, int[] items, double[] values, int e) {
        return switch (step) {
            case AlsStep.Explicit s -> {
                var other = values.clone();
                other[e] = s.mean() + s.fixed()[items[e]][s.fixed()[0].length - 1];
                yield s.solve(items, other);
            }
            case AlsStep.Implicit s -> s.solve(items, values, e);
        };
    }

    static double rating(double mean, double[] p, double[] q) {
        int k = p.length - 1;
        double sum = mean + p[k] + q[k];
        for (int c = 0; c < k; c++) sum += p[c] * q[c];
        return sum;
    }

    private void check(String operation, int[] items, double[] values) {
        if (items.length != values.length)
            throw new ShapeException(operation + ": " + items.length + " items but " + values.length + " values");
        for (int i : items) row(itemRows, "item", i);
        for (double v : values)
            if (!Double.isFinite(v)) throw new IllegalArgumentException(operation + ": a value is " + v + "; values are finite");
    }

    private static double[] row(Tensor rows, String what, int i) {
        if (i < 0 || i >= rows.size(0))
            throw new IndexOutOfBoundsException(what + " " + i + "; the model knows " + rows.size(0) + ", a new one is folded in");
        return rows.select(0, i).toDoubleArray();
    }
}
