package lyceum.bayes;

import java.util.Arrays;

/**
 * Belief propagation on a normal distribution in information form, {@code p(x) ~ exp(-x^T A x / 2 + b^T x)}: its means solve {@code A x = b}.
 *
 * {@snippet :
 * double[][] a = {{4, 1, 0}, {1, 3, 1}, {0, 1, 5}};
 * var beliefs = GaussianBeliefPropagation.run(a, new double[] {1, 2, 3}, 1e-12, 100);
 * beliefs.means();          // the solution
 * beliefs.variances();      // the diagonal of A^-1, as the graph of A has no cycle
 * }
 *
 * <p>Messages run along the non-zero entries of A and are exact after as many rounds as the graph is wide if it has no cycle. With cycles it converges
 * for A that is diagonally dominant, among others; then the means are exact and the variances in general are not.
 *
 * @param means of the variables
 * @param variances of the variables, by what the messages say
 * @param rounds in which all messages were sent
 * @param converged whether they settled
 * @see <a href="https://doi.org/10.1162/089976601750541769">Weiss and Freeman (2001), Correctness of belief propagation in Gaussian graphical models</a>
 */
public record GaussianBeliefPropagation(double[] means, double[] variances, int rounds, boolean converged) {
    /**
     * @param a symmetric, with a positive diagonal; only non-zero entries cost
     * @param tolerance settled when no mean and no variance changes by more, relative beyond 1
     * @throws IllegalArgumentException if the precision of a message's sender is not positive: A is too far from diagonal dominance
     */
    public static GaussianBeliefPropagation run(double[][] a, double[] b, double tolerance, int maxRounds) {
        int n = a.length;
        if (b.length != n)
            throw new IllegalArgumentException("GaussianBeliefPropagation: " + b.length + " right-hand sides for " + n + " rows");
        var neighbours = new int[n][];
        for (int i = 0; i < n; i++) {
            if (a[i].length != n || !(a[i][i] > 0)) throw new IllegalArgumentException("GaussianBeliefPropagation: row " + i + " has "
                    + a[i].length + " entries for " + n + " rows, or a diagonal that is not positive: " + Arrays.toString(a[i]));
            var row = new int[n];
            int count = 0;
            for (int j = 0; j < n; j++) {
                if (a[i][j] != a[j][i]) throw new IllegalArgumentException("GaussianBeliefPropagation: entries (" + i + ", " + j + ") are "
                        + a[i][j] + " and " + a[j][i] + "; A is symmetric");
                if (j != i && a[i][j] != 0) row[count++] = j;
            }
            neighbours[i] = Arrays.copyOf(row, count);
        }
        // From i to j: precision and potential that i, without j, adds to j.
        double[][] precision = new double[n][n], potential = new double[n][n];
        double[] means = new double[n], variances = new double[n];
        boolean converged = false;
        int round = 0;
        while (round < maxRounds && !converged) {
            round++;
            double[][] nextPrecision = new double[n][n], nextPotential = new double[n][n];
            for (int i = 0; i < n; i++) for (int j : neighbours[i]) {
                double p = a[i][i], h = b[i];
                for (int k : neighbours[i]) if (k != j) {
                    p += precision[k][i];
                    h += potential[k][i];
                }
                if (!(p > 0)) throw new IllegalArgumentException("GaussianBeliefPropagation: variable " + i + " has precision " + p
                        + " in round " + round + "; the messages need an A that is nearer to diagonally dominant");
                nextPrecision[i][j] = -a[i][j] * a[i][j] / p;
                nextPotential[i][j] = -a[i][j] * h / p;
            }
            precision = nextPrecision;
            potential = nextPotential;
            double moved = 0;
            for (int i = 0; i < n; i++) {
                double p = a[i][i], h = b[i];
                for (int k : neighbours[i]) {
                    p += precision[k][i];
                    h += potential[k][i];
                }
                moved = Math.max(moved, Math.abs(h / p - means[i]) / Math.max(1, Math.abs(h / p)));
                moved = Math.max(moved, Math.abs(1 / p - variances[i]) / Math.max(1, Math.abs(1 / p)));
                means[i] = h / p;
                variances[i] = 1 / p;
            }
            converged = moved <= tolerance;
        }
        return new GaussianBeliefPropagation(means, variances, round, converged);
    }
}
