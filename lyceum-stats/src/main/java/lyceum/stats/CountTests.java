package lyceum.stats;

import lyceum.ShapeException;
import lyceum.math.Incomplete;
import lyceum.math.Special;
import lyceum.prob.Binomial;

/** Tests of counts: see {@link HypothesisTest}. */
final class CountTests {
    private CountTests() {}

    static TestResult goodnessOfFit(double[] observed, double[] expected) {
        if (observed.length != expected.length || observed.length == 0)
            throw new ShapeException("chi-square: " + observed.length + " observed and " + expected.length + " expected counts");
        double n = count("observed", observed), total = Descriptive.sum(expected), chi = 0;
        if (!(Math.abs(n - total) <= 1e-8 * n)) throw new IllegalArgumentException(
                "chi-square: " + n + " observed but " + total + " expected; scale the expected counts to the same sum");
        for (int i = 0; i < observed.length; i++) {
            if (!(expected[i] > 0))
                throw new IllegalArgumentException("chi-square: expected count " + i + " is " + expected[i] + "; it must be positive");
            chi += (observed[i] - expected[i]) * (observed[i] - expected[i]) / expected[i];
        }
        return HypothesisTest.chiSquare("chi-square", chi, observed.length - 1, n, 1);
    }

    static TestResult independence(double[][] table, boolean corrected) {
        int r = table.length, c = r == 0 ? 0 : table[0].length;
        if (r < 2 || c < 2)
            throw new ShapeException("chi-square: a table of " + r + " x " + c + "; it needs 2 rows and 2 columns at least");
        double[] rows = new double[r], columns = new double[c];
        double n = 0, chi = 0;
        for (int i = 0; i < r; i++) {
            if (table[i].length != c)
                throw new ShapeException("chi-square: row " + i + " has " + table[i].length + " columns, row 0 has " + c);
            n += rows[i] = count("row " + i, table[i]);
            for (int j = 0; j < c; j++) columns[j] += table[i][j];
        }
        boolean yates = corrected && r == 2 && c == 2;
        for (int i = 0; i < r; i++) {
            for (int j = 0; j < c; j++) {
                double expected = rows[i] * columns[j] / n, d = Math.abs(table[i][j] - expected);
                if (!(expected > 0))
                    throw new IllegalArgumentException("chi-square: row " + i + " or column " + j + " is empty; leave it out");
                if (yates) d -= Math.min(0.5, d);
                chi += d * d / expected;
            }
        }
        return HypothesisTest.chiSquare("independence", chi, (r - 1) * (c - 1), n, Math.min(r, c) - 1);
    }

    private static double count(String what, double[] counts) {
        double sum = 0;
        for (double v : counts) {
            if (!(v >= 0) || v == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException("chi-square: a count of " + what + " is " + v + "; it is at least 0");
            sum += v;
        }
        return sum;
    }

    static TestResult fisher(int[][] table, Alternative alternative) {
        if (table.length != 2 || table[0].length != 2 || table[1].length != 2) throw new ShapeException("fisher: the table is 2 x 2");
        int a = table[0][0], b = table[0][1], c = table[1][0], d = table[1][1];
        if (Math.min(Math.min(a, b), Math.min(c, d)) < 0) throw new IllegalArgumentException("fisher: a count is negative");
        int row = a + b, column = a + c, n = a + b + c + d, low = Math.max(0, row + column - n), high = Math.min(row, column);
        double odds = (double) a * d / ((double) b * c), seen = hypergeometric(a, row, column, n), below = 0, above = 0, asRare = 0;
        for (int k = low; k <= high; k++) {
            double p = hypergeometric(k, row, column, n);
            if (k <= a) below += p;
            if (k >= a) above += p;
            // tables of equal probability differ by rounding
            if (p <= seen * (1 + 1e-12)) asRare += p;
        }
        boolean degenerate = low == high;
        double p = degenerate ? 1
                : Math.min(1, alternative == Alternative.LESS ? below : alternative == Alternative.GREATER ? above : asRare);
        double half = -Incomplete.normalQuantile(0.025) * Math.sqrt(1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d), log = Math.log(odds);
        return new TestResult("Fisher exact", degenerate ? Double.NaN : odds, p, Double.NaN, log, odds,
                Double.isFinite(half) ? new Interval(Math.exp(log - half), Math.exp(log + half)) : TestResult.NO_INTERVAL);
    }

    private static double hypergeometric(int k, int row, int column, int n) {
        return Math.exp(logChoose(row, k) + logChoose(n - row, column - k) - logChoose(n, column));
    }

    private static double logChoose(int n, int k) {
        return Special.lgamma(n + 1.0) - Special.lgamma(k + 1.0) - Special.lgamma(n - k + 1.0);
    }

    static TestResult binomial(int k, int n, double probability, Alternative alternative) {
        if (n < 1 || k < 0 || k > n) throw new IllegalArgumentException("binomial test: " + k + " successes in " + n + " trials");
        if (!(probability >= 0 && probability <= 1))
            throw new IllegalArgumentException("binomial test: the probability is " + probability + "; it lies between 0 and 1");
        var law = new Binomial(n, probability);
        double seen = law.density(k), asRare = 0, share = (double) k / n;
        for (int i = 0; i <= n; i++) if (law.density(i) <= seen * (1 + 1e-7)) asRare += law.density(i);
        double p = switch (alternative) {
            case LESS -> law.cdf(k);
            case GREATER -> k == 0 ? 1 : law.survival(k - 1);
            case TWO_SIDED -> Math.min(1, asRare);
        };
        return new TestResult("binomial", share, p, Double.NaN, 2 * Math.asin(Math.sqrt(share)) - 2 * Math.asin(Math.sqrt(probability)),
                share, ProportionInterval.clopperPearson(k, n, 0.95));
    }
}
