package lyceum.stats;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import lyceum.math.Special;

/** Distances of distribution functions and their laws: see {@link HypothesisTest}. */
final class KolmogorovSmirnov {
    private static final int EXACT_UP_TO = 1_000;
    private static final long EXACT_PAIRS = 10_000_000;

    private KolmogorovSmirnov() {}

    static TestResult oneSample(double[] x, DoubleUnaryOperator cdf, Alternative alternative) {
        Tails.atLeast("Kolmogorov-Smirnov", x, 1);
        double[] sorted = x.clone();
        Arrays.sort(sorted);
        int n = x.length;
        double above = 0, below = 0;
        for (int i = 0; i < n; i++) {
            double f = cdf.applyAsDouble(sorted[i]);
            above = Math.max(above, (i + 1.0) / n - f);
            below = Math.max(below, f - (double) i / n);
        }
        double d = alternative == Alternative.GREATER ? above : alternative == Alternative.LESS ? below : Math.max(above, below);
        return result("Kolmogorov-Smirnov", d, alternative == Alternative.TWO_SIDED ? twoSidedTail(n, d) : oneSidedTail(n, d));
    }

    private static TestResult result(String test, double d, double p) {
        return new TestResult(test, d, Math.clamp(p, 0, 1), Double.NaN, d, d, TestResult.NO_INTERVAL);
    }

    /** {@code P(D+ >= d)} (Birnbaum and Tingey 1951). */
    private static double oneSidedTail(int n, double d) {
        if (d <= 0) return 1;
        if (d >= 1) return 0;
        double sum = 0;
        for (int j = 0; j <= n * (1 - d); j++) {
            double rest = 1 - d - (double) j / n;
            if (rest < 0 || rest == 0 && j < n) continue;
            sum += Math.exp(Special.lgamma(n + 1.0) - Special.lgamma(j + 1.0) - Special.lgamma(n - j + 1.0)
                    + (j - 1) * Math.log(d + (double) j / n) + (rest == 0 ? 0 : (n - j) * Math.log(rest)));
        }
        return d * sum;
    }

    static double twoSidedTail(int n, double d) {
        if (d >= 1) return 0;
        if (n > EXACT_UP_TO) {
            // Vrbik (2018): the limit law at a shifted argument errs by less than 1e-5 at such n
            double root = Math.sqrt(n);
            return limitTail(d * root + 1 / (6 * root) + (d * root - 1) / (4 * n));
        }
        // Above, one crossing excludes the other.
        if (d >= 0.5) return 2 * oneSidedTail(n, d);
        return 1 - marsagliaTsangWang(n, d);
    }

    /** {@code 2 sum (-1)^(k-1) exp(-2 k^2 z^2)}, or its theta-function twin where that converges faster. */
    static double limitTail(double z) {
        if (z <= 0) return 1;
        double sum = 0;
        if (z < 1) {
            for (int k = 1; k <= 20; k++) sum += Math.exp(-(2 * k - 1) * (2 * k - 1) * Math.PI * Math.PI / (8 * z * z));
            return 1 - Math.sqrt(2 * Math.PI) / z * sum;
        }
        for (int k = 1; k <= 20; k++) sum += (k % 2 == 1 ? 2 : -2) * Math.exp(-2.0 * k * k * z * z);
        return sum;
    }

    /** {@code P(D < d)} exactly, by the power of a matrix (Marsaglia, Tsang and Wang 2003). */
    private static double marsagliaTsangWang(int n, double d) {
        int k = (int) (n * d) + 1, m = 2 * k - 1;
        double h = k - n * d;
        var a = new double[m][m];
        for (int i = 0; i < m; i++) for (int j = 0; j < m; j++) a[i][j] = i - j + 1 < 0 ? 0 : 1;
        for (int i = 0; i < m; i++) {
            a[i][0] -= Math.pow(h, i + 1);
            a[m - 1][i] -= Math.pow(h, m - i);
        }
        a[m - 1][0] += 2 * h - 1 > 0 ? Math.pow(2 * h - 1, m) : 0;
        for (int i = 0; i < m; i++) {
            double factorial = 1;
            for (int j = i; j >= 0; j--) {
                if (i - j + 1 > 0) a[i][j] /= factorial *= i - j + 1;
            }
        }
        // Row k - 1 of a^n, by binary powers that are scaled against overflow
        int scale = 0, powerScale = 0;
        double[] row = new double[m];
        row[k - 1] = 1;
        for (int e = n; e > 0; e >>= 1) {
            if ((e & 1) == 1) {
                row = times(row, a);
                scale += powerScale;
                if (row[k - 1] > 1e140) {
                    for (int i = 0; i < m; i++) row[i] *= 0x1p-465;
                    scale += 465;
                }
            }
            if (e == 1) break;
            var square = new double[m][];
            for (int i = 0; i < m; i++) square[i] = times(a[i], a);
            a = square;
            powerScale *= 2;
            if (a[k - 1][k - 1] > 1e140) {
                for (var r : a) for (int i = 0; i < m; i++) r[i] *= 0x1p-465;
                powerScale += 465;
            }
        }
        return Math.exp(Math.log(row[k - 1]) + scale * Math.log(2) + Special.lgamma(n + 1.0) - n * Math.log(n));
    }

    private static double[] times(double[] row, double[][] a) {
        var product = new double[row.length];
        for (int k = 0; k < row.length; k++) {
            double r = row[k];
            if (r == 0) continue;
            for (int j = 0; j < row.length; j++) product[j] += r * a[k][j];
        }
        return product;
    }

    static TestResult twoSamples(double[] x, double[] y, Alternative alternative) {
        Tails.atLeast("Kolmogorov-Smirnov", x, 1);
        Tails.atLeast("Kolmogorov-Smirnov", y, 1);
        double[] a = x.clone(), b = y.clone();
        Arrays.sort(a);
        Arrays.sort(b);
        int m = a.length, n = b.length;
        // distances in units of 1 / (m n), so that equal ones are equal
        long above = 0, below = 0;
        for (int i = 0, j = 0; i < m && j < n;) {
            double v = Math.min(a[i], b[j]);
            while (i < m && a[i] == v) i++;
            while (j < n && b[j] == v) j++;
            long gap = (long) i * n - (long) j * m;
            above = Math.max(above, gap);
            below = Math.max(below, -gap);
        }
        long h = alternative == Alternative.GREATER ? above : alternative == Alternative.LESS ? below : Math.max(above, below);
        double d = h / ((double) m * n), p;
        boolean both = alternative == Alternative.TWO_SIDED;
        if ((long) m * n <= EXACT_PAIRS) p = h == 0 ? 1 : pathTail(m, n, h, both);
        else {
            double z = d * Math.sqrt((double) m * n / (m + n));
            p = both ? limitTail(z) : Math.exp(-2 * z * z);
        }
        return result("two-sample Kolmogorov-Smirnov", d, p);
    }

    /**
     * Probability that a random path from (0, 0) to (m, n), each step a value of x or y, comes as far as {@code i n - j m >= h} (or {@code <= -h}):
     * mass that arrives at the boundary is taken out and summed.
     */
    private static double pathTail(int m, int n, long h, boolean both) {
        var mass = new double[n + 1];
        double out = 0;
        for (int i = 0; i <= m; i++) {
            for (int j = 0; j <= n; j++) {
                double arrived = i == 0 && j == 0 ? 1 : 0;
                // from (i - 1, j) by an x, of which m - i + 1 of m + n - i - j + 1 are left
                if (i > 0) arrived += mass[j] * (m - i + 1) / (m + n - i - j + 1.0);
                if (j > 0) arrived += mass[j - 1] * (n - j + 1) / (m + n - i - j + 1.0);
                long gap = (long) i * n - (long) j * m;
                if (gap >= h || both && gap <= -h) {
                    out += arrived;
                    arrived = 0;
                }
                mass[j] = arrived;
            }
        }
        return out;
    }
}
