package lyceum.learn.recommend;

import lyceum.math.Special;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Factors by which a user's seen items outrank the unseen: stochastic ascent of {@code sum log sigmoid(s_ui - s_uj) - lambda |theta|^2 / 2} over
 * triples of a seen item i and an unseen j, with {@code s_ui = b_i + p_u . q_i}. It is a smooth form of the area under each user's ROC curve.
 *
 * @param factors k, at least 1
 * @param regularization lambda, at each triple; 0.01 by default
 * @param iterations passes of as many triples as there are entries; 50 by default
 * @param learningRate 0.05 by default
 * @param seed of start and triples
 * @see <a href="https://arxiv.org/abs/1205.2618">Rendle, Freudenthaler, Gantner and Schmidt-Thieme (2009)</a>
 */
@Withers
public record BayesianPersonalizedRanking(int factors, double regularization, int iterations, double learningRate, long seed)
        implements BayesianPersonalizedRankingWithers, Factorizer {
    public BayesianPersonalizedRanking {
        if (factors < 1) throw new IllegalArgumentException("BayesianPersonalizedRanking: factors is " + factors + "; it is at least 1");
        Factorizer.check("BayesianPersonalizedRanking", regularization, iterations, 0);
        if (!(learningRate > 0))
            throw new IllegalArgumentException("BayesianPersonalizedRanking: learningRate is " + learningRate + "; it is above 0");
    }

    public BayesianPersonalizedRanking(int factors) { this(factors, 0.01, 50, 0.05, 0); }

    public MatrixFactorizationModel fit(Csr seen) { return fit(seen, Progress.SILENT); }

    /** @param seen users x items; entries above 0, whose size does not matter */
    public MatrixFactorizationModel fit(Csr seen, Progress progress) {
        var rows = SparseRows.positive("BayesianPersonalizedRanking.fit", seen);
        int n = rows.column().length, k = factors;
        var rng = Rng.of(seed);
        double[][] users = Factorizer.start(rng.split(0), rows.count(), k), items = Factorizer.start(rng.split(1), rows.width(), k);
        var row = new int[n];
        for (int u = 0; u < rows.count(); u++) for (int e = rows.start()[u]; e < rows.start()[u + 1]; e++) row[e] = u;
        var history = new double[iterations];
        for (int pass = 0; pass < iterations; pass++) {
            var draws = rng.split(2 + pass);
            double sum = 0;
            for (int t = 0; t < n; t++) {
                int e = draws.nextInt(n), u = row[e];
                // Who has seen everything has nothing to rank.
                if (rows.start()[u + 1] - rows.start()[u] == rows.width()) continue;
                int j = draws.nextInt(rows.width());
                while (rows.has(u, j)) j = draws.nextInt(rows.width());
                sum += climb(users[u], items[rows.column()[e]], items[j]);
            }
            history[pass] = sum / n;
            progress.step("Bayesian personalised ranking", pass + 1, iterations, "loss", history[pass]);
        }
        return new MatrixFactorizationModel(Tensor.of(users), Tensor.of(items), 0, history, iterations, true, this);
    }

    /** One step; gives {@code -log sigmoid} before it. */
    private double climb(double[] p, double[] seen, double[] unseen) {
        int k = factors;
        double margin = seen[k] - unseen[k];
        for (int c = 0; c < k; c++) margin += p[c] * (seen[c] - unseen[c]);
        double pull = Special.sigmoid(-margin), rate = learningRate, lambda = regularization;
        for (int c = 0; c < k; c++) {
            double own = p[c], i = seen[c], j = unseen[c];
            p[c] += rate * (pull * (i - j) - lambda * own);
            seen[c] += rate * (pull * own - lambda * i);
            unseen[c] += rate * (-pull * own - lambda * j);
        }
        seen[k] += rate * (pull - lambda * seen[k]);
        unseen[k] += rate * (-pull - lambda * unseen[k]);
        return Special.softplus(-margin);
    }

    /** @throws UnsupportedOperationException always: a ranking has no normal equations */
    @Override public AlsStep step(double[][] fixed, double mean) {
        throw new UnsupportedOperationException(
                "BayesianPersonalizedRanking: a ranking has no closed solution of a row; refit, or take ImplicitFactorization");
    }
}
