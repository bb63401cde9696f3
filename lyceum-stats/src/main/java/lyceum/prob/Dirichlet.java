package lyceum.prob;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.math.SaddlePoint;
import lyceum.math.Special;
import lyceum.random.Rng;

/**
 * The Dirichlet distribution over probability vectors, with density proportional to {@code prod x_i^(alpha_i - 1)}.
 *
 * {@snippet :
 * var prior = new Dirichlet(1, 1, 1);            // uniform on the simplex
 * prior.posterior(3, 0, 7).mean();               // (4, 1, 8) / 13
 * new Dirichlet(2, 3, 5).merged(new int[] {0, 1}, new int[] {2});   // Dirichlet(5, 5)
 * Dirichlet.fit(new double[][] {{0.2, 0.3, 0.5}, {0.1, 0.4, 0.5}, {0.3, 0.3, 0.4}});
 * }
 */
public final class Dirichlet implements MultivariateDistribution {
    private final double[] alpha;
    private final double total, logConstant;

    /** @param alpha at least two positive numbers */
    public Dirichlet(double... alpha) {
        if (alpha.length < 2) throw new IllegalArgumentException("Dirichlet: " + alpha.length + " parameters; at least two are needed");
        this.alpha = alpha.clone();
        double sum = 0, logs = 0;
        for (int i = 0; i < alpha.length; i++) {
            sum += Arguments.positive("Dirichlet", "alpha " + i, alpha[i]);
            logs += Special.lgamma(alpha[i]);
        }
        total = sum;
        logConstant = Special.lgamma(sum) - logs;
    }

    /**
     * Maximum likelihood, by Newton's method, whose Hessian is a diagonal and a constant and costs O(k) to solve.
     *
     * @param rows (n x k), positive, each with the sum 1 within 1e-8
     * @throws IllegalArgumentException if a share is 0, or the rows are all alike: the likelihood has no maximum then
     * @see <a href="https://tminka.github.io/papers/dirichlet/">Minka (2000), Estimating a Dirichlet distribution</a>
     */
    public static Dirichlet fit(double[][] rows) {
        if (rows.length == 0) throw new IllegalArgumentException("fit: there are no rows");
        var means = new double[rows[0].length];
        for (var row : rows) {
            if (row.length != means.length) throw new ShapeException("fit: rows of " + means.length + " and " + row.length + " entries");
            double sum = 0;
            for (int i = 0; i < row.length; i++) {
                if (!(row[i] > 0)) throw new IllegalArgumentException("fit: the share " + row[i] + " in " + Arrays.toString(row)
                        + "; shares are positive, since a density of infinity has no maximum. Add a little to zeros, or leave the category out");
                sum += row[i];
                means[i] += Math.log(row[i]) / rows.length;
            }
            if (Math.abs(sum - 1) > 1e-8)
                throw new IllegalArgumentException("fit: the row " + Arrays.toString(row) + " has the sum " + sum);
        }
        return ofMeanLogs(means);
    }

    /**
     * The one with {@code E log x_i} of these values: what {@link #fit} makes of average logarithms. @throws IllegalArgumentException if
     * none has them
     */
    public static Dirichlet ofMeanLogs(double... meanLogs) {
        if (!ExponentialFamily.dirichlet(meanLogs.length).attains(meanLogs)) throw new IllegalArgumentException(
                "fit: no Dirichlet distribution has the mean logarithms " + Arrays.toString(meanLogs) + "; all shares are alike");
        double[] alpha = ExponentialFamily.dirichlet(meanLogs.length).start(meanLogs), step = new double[alpha.length];
        for (int i = 0; i < alpha.length; i++) alpha[i]++;
        double last = Double.POSITIVE_INFINITY;
        for (int round = 0; round < 1_000; round++) {
            double total = Arrays.stream(alpha).sum(), above = 0, below = -1 / Special.polygamma(1, total);
            for (int i = 0; i < alpha.length; i++) {
                double curve = 1 / Special.polygamma(1, alpha[i]);
                step[i] = (Special.digamma(total) - Special.digamma(alpha[i]) + meanLogs[i]) * curve; // gradient over the diagonal
                above += step[i];
                below += curve;
            }
            double decrement = 0;
            for (int i = 0; i < alpha.length; i++) {
                double curve = Special.polygamma(1, alpha[i]), slope = step[i] * curve;
                step[i] -= above / below / curve;
                decrement += slope * step[i];
            }
            decrement = Math.sqrt(Math.max(0, decrement));
            if (decrement == 0 || decrement < 1e-7 && decrement >= last / 2) return new Dirichlet(alpha);
            last = decrement;
            double length = decrement < 0.25 ? 1 : 1 / (1 + decrement);
            for (int i = 0; i < alpha.length; i++) while (alpha[i] + length * step[i] <= 0) length /= 2;
            for (int i = 0; i < alpha.length; i++) alpha[i] += length * step[i];
        }
        throw new ArithmeticException("fit: no convergence after 1,000 Newton steps; the rows are too much alike");
    }

    /** After observing outcomes whose probabilities have this prior: counts are added. @param counts at least 0, one an outcome */
    public Dirichlet posterior(double... counts) {
        if (counts.length != alpha.length)
            throw new ShapeException("posterior: " + counts.length + " counts for " + alpha.length + " outcomes");
        var sum = alpha.clone();
        for (int i = 0; i < sum.length; i++) {
            if (!(counts[i] >= 0)) throw new IllegalArgumentException("posterior: the count " + counts[i] + " is negative");
            sum[i] += counts[i];
        }
        return new Dirichlet(sum);
    }

    /** The distribution of one share: {@code Beta(alpha_i, total - alpha_i)}. */
    public Beta marginal(int i) {
        double rest = 0;
        for (int j = 0; j < alpha.length; j++) if (j != i) rest += alpha[j];
        return new Beta(alpha[i], rest);
    }

    /** Of sums of shares: parameters add. @param groups every outcome in exactly one of at least two */
    public Dirichlet merged(int[]... groups) {
        var sums = new double[groups.length];
        var seen = new boolean[alpha.length];
        int count = 0;
        for (int g = 0; g < groups.length; g++) for (int i : groups[g]) {
            if (i < 0 || i >= alpha.length || seen[i])
                throw new IllegalArgumentException("merged: outcome " + i + "; each of 0 to " + (alpha.length - 1) + " is in one group");
            seen[i] = true;
            sums[g] += alpha[i];
            count++;
        }
        if (count < alpha.length) throw new IllegalArgumentException("merged: " + (alpha.length - count) + " outcomes are in no group");
        return new Dirichlet(sums);
    }

    /**
     * {@code dx_i / dalpha_j} at (i, j): how a draw x moves with the parameters. Share j moves at its marginal's fixed cdf, and the others
     * make
     * room in proportion. Averages of {@code grad f(x)} times it are the gradient of {@code E f(x)}.
     */
    public double[][] pathwise(double[] x) {
        if (x.length != alpha.length)
            throw new ShapeException("pathwise: the point has " + x.length + " entries; it needs " + alpha.length);
        var moves = new double[x.length][x.length];
        for (int j = 0; j < x.length; j++) {
            double others = 0;
            for (int i = 0; i < x.length; i++) if (i != j) others += x[i];
            double slope = FixedCdf.betaSlope(alpha[j], marginal(j).beta(), x[j], others);
            for (int i = 0; i < x.length; i++) moves[i][j] = i == j ? slope : others > 0 ? -slope * x[i] / others : 0;
        }
        return moves;
    }

    /** A copy. */
    public double[] alpha() { return alpha.clone(); }

    @Override public int dimensions() { return alpha.length; }

    /**
     * With respect to the first k - 1 coordinates; {@code -Infinity} unless x is non-negative and sums to 1 within 1e-8. Where shares are 0 it is the limit as they
     * shrink alike, infinite or not: their powers add.
     */
    @Override public double logDensity(double[] x) {
        if (x.length != alpha.length)
            throw new ShapeException("logDensity: the point has " + x.length + " entries; it needs " + alpha.length);
        double sum = 0, log = logConstant, power = 0;
        for (int i = 0; i < x.length; i++) {
            if (!(x[i] >= 0)) return x[i] != x[i] ? x[i] : Double.NEGATIVE_INFINITY;
            sum += x[i];
            if (x[i] == 0) power += alpha[i] - 1;
            else if (alpha[i] != 1) log += (alpha[i] - 1) * Math.log(x[i]);
        }
        if (Math.abs(sum - 1) > 1e-8 || power > 0) return Double.NEGATIVE_INFINITY;
        return power < 0 ? Double.POSITIVE_INFINITY : log;
    }

    @Override public double[] mean() {
        var mean = new double[alpha.length];
        for (int i = 0; i < mean.length; i++) mean[i] = alpha[i] / total;
        return mean;
    }

    @Override public double[][] covariance() {
        double[] m = mean();
        var covariance = new double[m.length][m.length];
        for (int i = 0; i < m.length; i++) {
            for (int j = 0; j < m.length; j++) covariance[i][j] = ((i == j ? m[i] : 0) - m[i] * m[j]) / (total + 1);
        }
        return covariance;
    }

    @Override public double entropy() {
        // log B - sum (a - 1) digamma(a) + (n - k) digamma(n), by what is left of each function beside its logarithms: those cancel for
        // large a
        double n = total, k = alpha.length;
        double entropy = 0.5 * ((k - 1) * Math.log(2 * Math.PI) - Math.log(n)) - SaddlePoint.stirlingError(n)
                - (n - k) * Special.logMinusDigamma(n);
        for (double a : alpha)
            entropy += 0.5 * Math.log(a) - Math.log(n) + SaddlePoint.stirlingError(a) + (a - 1) * Special.logMinusDigamma(a);
        return entropy + Math.log(n);
    }

    /** Gamma draws over their sum, in logarithms. */
    @Override public double[] sample(Rng rng) {
        var draw = new double[alpha.length];
        double max = Double.NEGATIVE_INFINITY, sum = 0;
        for (int i = 0; i < draw.length; i++) {
            draw[i] = Gamma.logStandard(rng, alpha[i]);
            max = Math.max(max, draw[i]);
        }
        for (int i = 0; i < draw.length; i++) sum += draw[i] = Math.exp(draw[i] - max);
        for (int i = 0; i < draw.length; i++) draw[i] /= sum;
        return draw;
    }

    @Override public boolean equals(Object o) { return o instanceof Dirichlet d && Arrays.equals(alpha, d.alpha); }

    @Override public int hashCode() { return Arrays.hashCode(alpha); }

    @Override public String toString() { return "Dirichlet" + Arrays.toString(alpha); }
}
