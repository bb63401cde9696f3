package lyceum.learn.recommend;

import java.util.Objects;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Explicit ratings as inner products of factors plus biases, {@code r_ui ~ mean + b_u + b_i + p_u . q_i}. Minimises, over the known cells K,
 *
 * <pre>
 * sum over K of (r_ui - mean - b_u - b_i - p_u . q_i)^2 + lambda sum (|p_u|^2 + |q_i|^2 + b_u^2 + b_i^2)
 * </pre>
 *
 * {@snippet :
 * Csr ratings = Csr.fromEntries(users, items, user, item, stars);   // a stored 0 is a rating; a cell that is not stored is unknown
 * var model = new MatrixFactorization(20).fit(ratings);
 * model.predict(3, 17);
 * model.recommend(3, 10, ratings);
 * double[] fresh = model.foldIn(new int[] {4, 17}, new double[] {5, 1});       // a user who came later
 * }
 *
 * <p>Alternating least squares never raises the objective and runs in parallel; descent visits single ratings in random order. Computed in
 * F64. A user without ratings has factors of 0, and so the items' biases for a forecast. 0 factors fit the biases alone, the baseline.
 *
 * @param factors k, at least 0; 20 to 200 for real data
 * @param solver ALS by default
 * @param regularization lambda, 0.1 by default. Descent applies it at each rating, as {@code scaled} does, and tells that objective
 * @param scaled whether ALS multiplies lambda by a row's number of ratings, as Spark does; no by default
 * @param biased whether mean and biases are fitted; yes by default
 * @param iterations over all ratings at most, 30 by default
 * @param tolerance ALS ends when an iteration lowers the objective by less than this times its value; 1e-6 by default, 0 does all
 * @param learningRate of descent, 0.01 by default
 * @param seed of the start and of the order
 * @see <a href="https://doi.org/10.1109/MC.2009.263">Koren, Bell and Volinsky (2009)</a>
 * @see <a href="https://doi.org/10.1007/978-3-540-68880-8_32">Zhou, Wilkinson, Schreiber and Pan (2008): ALS with scaled lambda</a>
 */
@Withers
public record MatrixFactorization(int factors, Solver solver, double regularization, boolean scaled, boolean biased, int iterations,
        double tolerance, double learningRate, long seed) implements MatrixFactorizationWithers, Factorizer {

    /** How the objective is lowered. */
    public enum Solver {
        /** Users and items in turn, each row exactly. */
        ALS,
        /** A step along the gradient of one rating at a time. */
        SGD
    }

    public MatrixFactorization {
        if (factors < 0) throw new IllegalArgumentException("MatrixFactorization: factors is " + factors + "; it is at least 0");
        Objects.requireNonNull(solver, "solver");
        Factorizer.check("MatrixFactorization", regularization, iterations, tolerance);
        if (factors == 0 && !biased)
            throw new IllegalArgumentException("MatrixFactorization: neither factors nor biases; take one of them");
        if (!(learningRate > 0))
            throw new IllegalArgumentException("MatrixFactorization: learningRate is " + learningRate + "; it is above 0");
    }

    public MatrixFactorization(int factors) { this(factors, Solver.ALS, 0.1, false, true, 30, 1e-6, 0.01, 0); }

    public MatrixFactorizationModel fit(Csr ratings) { return fit(ratings, AlsEngine.LOCAL, Progress.SILENT); }

    /**
     * @param ratings users x items
     * @param engine solves the rows of a half-step; descent does not use it
     * @throws IllegalArgumentException if a rating is not finite, or lambda is 0 and a row has too few ratings
     */
    public MatrixFactorizationModel fit(Csr ratings, AlsEngine engine, Progress progress) {
        var rows = SparseRows.checked("MatrixFactorization.fit", ratings);
        double mean = biased ? rows.mean() : 0;
        var rng = Rng.of(seed);
        double[][] users = Factorizer.start(rng.split(0), rows.count(), factors),
                items = Factorizer.start(rng.split(1), rows.width(), factors);
        if (solver == Solver.SGD) return descend(rows, users, items, mean, rng, progress);
        return Alternation.run(this, iterations, tolerance, ratings, engine, progress, users, items, mean,
                (u, q) -> loss(rows, u, q, mean));
    }

    @Override public AlsStep step(double[][] fixed, double mean) {
        return new AlsStep.Explicit(fixed, mean, regularization, scaled, biased);
    }

    private double loss(SparseRows rows, double[][] users, double[][] items, double mean) {
        double sum = 0;
        // descent pays the penalty at each rating
        boolean each = scaled || solver == Solver.SGD;
        var seen = new int[items.length];
        for (int u = 0; u < users.length; u++) {
            int from = rows.start()[u], to = rows.start()[u + 1];
            for (int e = from; e < to; e++) {
                double error = rows.value()[e] - MatrixFactorizationModel.rating(mean, users[u], items[rows.column()[e]]);
                sum += error * error;
                seen[rows.column()[e]]++;
            }
            sum += regularization * (each ? to - from : 1) * Factorizer.square(users[u]);
        }
        for (int i = 0; i < items.length; i++) sum += regularization * (each ? seen[i] : 1) * Factorizer.square(items[i]);
        return sum;
    }

    private MatrixFactorizationModel descend(SparseRows rows, double[][] users, double[][] items, double mean, Rng rng, Progress progress) {
        int n = rows.value().length, k = factors;
        var row = new int[n];
        for (int u = 0; u < rows.count(); u++) for (int e = rows.start()[u]; e < rows.start()[u + 1]; e++) row[e] = u;
        var history = new double[iterations + 1];
        history[0] = loss(rows, users, items, mean);
        for (int epoch = 1; epoch <= iterations; epoch++) {
            for (int e : rng.split(1 + epoch).permutation(n)) {
                double[] p = users[row[e]], q = items[rows.column()[e]];
                double error = rows.value()[e] - MatrixFactorizationModel.rating(mean, p, q);
                for (int c = 0; c < k; c++) {
                    double before = p[c];
                    p[c] += learningRate * (error * q[c] - regularization * before);
                    q[c] += learningRate * (error * before - regularization * q[c]);
                }
                if (!biased) continue;
                p[k] += learningRate * (error - regularization * p[k]);
                q[k] += learningRate * (error - regularization * q[k]);
            }
            history[epoch] = loss(rows, users, items, mean);
            if (!Double.isFinite(history[epoch])) throw new IllegalArgumentException("MatrixFactorization.fit: descent diverged in pass "
                    + epoch + " with learningRate " + learningRate + "; take a smaller one, or scale the ratings");
            progress.step("matrix factorisation", epoch, iterations, "objective", history[epoch]);
        }
        return new MatrixFactorizationModel(Tensor.of(users), Tensor.of(items), mean, history, iterations, true, this);
    }
}
