package lyceum.learn.recommend;

import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.withers.Withers;

/**
 * Factors of what was seen, where not having seen is weak evidence and not a gap: weighted alternating least squares over all cells,
 *
 * <pre>
 * sum over all u, i of c_ui (s_ui - p_u . q_i)^2 + lambda sum (|p_u|^2 + |q_i|^2),    c = 1 + alpha r, s = 1 where r > 0, else 1 and 0
 * </pre>
 *
 * An iteration costs {@code O(entries k^2 + (users + items) k^3)}, as the unseen cells enter by one Gram matrix only.
 *
 * {@snippet :
 * var model = new ImplicitFactorization(20).withAlpha(40).fit(clicks);
 * model.recommend(7, 10, clicks);
 * }
 *
 * @param factors k, at least 1
 * @param alpha what one count adds to the confidence, above 0; 40 by default, as in the paper
 * @param regularization lambda, 0.1 by default
 * @param iterations 20 at most by default
 * @param tolerance ends when an iteration lowers the objective by less than this times its value; 1e-6 by default, 0 does all
 * @param seed of the start
 * @see <a href="https://doi.org/10.1109/ICDM.2008.22">Hu, Koren and Volinsky (2008)</a>
 */
@Withers
public record ImplicitFactorization(int factors, double alpha, double regularization, int iterations, double tolerance, long seed)
        implements ImplicitFactorizationWithers, Factorizer {
    public ImplicitFactorization {
        if (factors < 1) throw new IllegalArgumentException("ImplicitFactorization: factors is " + factors + "; it is at least 1");
        if (!(alpha > 0 && alpha < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("ImplicitFactorization: alpha is " + alpha + "; it is finite and above 0");
        Factorizer.check("ImplicitFactorization", regularization, iterations, tolerance);
    }

    public ImplicitFactorization(int factors) { this(factors, 40, 0.1, 20, 1e-6, 0); }

    public MatrixFactorizationModel fit(Csr seen) { return fit(seen, AlsEngine.LOCAL, Progress.SILENT); }

    /**
     * @param seen users x items: counts or weights above 0 of what was seen
     * @param engine solves the rows of a half-step
     */
    public MatrixFactorizationModel fit(Csr seen, AlsEngine engine, Progress progress) {
        var rows = SparseRows.positive("ImplicitFactorization.fit", seen);
        var rng = Rng.of(seed);
        return Alternation.run(this, iterations, tolerance, seen, engine, progress, Factorizer.start(rng.split(0), rows.count(), factors),
                Factorizer.start(rng.split(1), rows.width(), factors), 0, (u, q) -> loss(rows, u, q));
    }

    @Override public AlsStep step(double[][] fixed, double mean) { return AlsStep.Implicit.of(fixed, alpha, regularization); }

    /** All cells as if unseen, {@code p' Q'Q p}, then what the seen ones differ by. */
    private double loss(SparseRows rows, double[][] users, double[][] items) {
        var gram = AlsStep.Implicit.of(items, alpha, regularization).gram();
        double sum = 0;
        for (int u = 0; u < users.length; u++) {
            var p = users[u];
            for (int a = 0; a < factors; a++) {
                sum += gram[a][a] * p[a] * p[a];
                for (int b = 0; b < a; b++) sum += 2 * gram[a][b] * p[a] * p[b];
            }
            for (int e = rows.start()[u]; e < rows.start()[u + 1]; e++) {
                double score = MatrixFactorizationModel.rating(0, p, items[rows.column()[e]]);
                sum += (1 + alpha * rows.value()[e]) * (1 - score) * (1 - score) - score * score;
            }
            sum += regularization * Factorizer.square(p);
        }
        for (var q : items) sum += regularization * Factorizer.square(q);
        return sum;
    }
}
