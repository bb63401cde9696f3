package lyceum.stats.missing;

import lyceum.linalg.Cholesky;
import lyceum.prob.ChiSquare;
import lyceum.stats.TestResult;
import lyceum.tensor.Tensor;

/**
 * Little's (1988) test of holes made completely at random: do rows with different holes have the same means? Under MCAR
 * {@code d^2 = sum_j n_j (m_j - mu_j)' S_j^-1 (m_j - mu_j)} over the kinds of rows j is chi-squared with {@code sum_j p_j - p} degrees of freedom, mu and S
 * being those of {@link NormalEm}, S with divisor n - 1. It cannot tell MAR from MNAR.
 *
 * @see <a href="https://doi.org/10.1080/01621459.1988.10478722">Little (1988)</a>
 */
public final class LittleTest {
    private LittleTest() {}

    /** @throws IllegalArgumentException if there is one kind of row alone, such as in a table without holes */
    public static TestResult of(Tensor x) {
        var patterns = Patterns.of("LittleTest", x);
        if (patterns.all().size() < 2) throw new IllegalArgumentException(
                "LittleTest: all rows have the same cells, so there is nothing to compare; the test needs two patterns of holes");
        var normal = new NormalEm(1e-6, 10_000).fit(patterns);
        int n = patterns.rows(), freedom = -patterns.columns();
        double statistic = 0;
        for (var pattern : patterns.all()) {
            int k = pattern.seen().length;
            var d = new double[k];
            for (int a = 0; a < k; a++) d[a] = pattern.mean()[a] - normal.mean()[pattern.seen()[a]];
            double[] pulled = Cholesky.of(Tensor.of(Patterns.part(normal.covariance(), pattern.seen(), pattern.seen()))).solve(Tensor.of(d))
                    .toDoubleArray();
            for (int a = 0; a < k; a++) statistic += pattern.count() * d[a] * pulled[a] * (n - 1) / n;
            freedom += k;
        }
        return new TestResult("Little's test of missing completely at random", statistic, new ChiSquare(freedom).survival(statistic),
                freedom);
    }
}
